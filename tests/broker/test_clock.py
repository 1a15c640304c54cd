"""The clock as a process of its own, with a real worker and broker: what time frees goes out once, whoever is killed meanwhile."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from prometheus_client import generate_latest

from schemas.channels import BY_NAME
from schemas.records import Due, Timer
from streams import clock as clock_module
from streams import topics
from streams.clock import Clock
from streams.kafka import kafka_client_kwargs
from streams.metrics import Exposition
from streams.settings import Settings
from tests.broker.test_flow import Flow, decision, flow, seizure
from tests.system import PATIENT_S

EUROPOL = [{"partner": "EUROPOL", "hops": 1}]


def until(moment: float) -> str:
    """RFC 3339 of a moment in seconds since 1970."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


def listening(settings: Settings, channel: str) -> AIOKafkaConsumer:
    """To what is committed in the channel, from its beginning."""
    return AIOKafkaConsumer(
        BY_NAME[channel].topic(settings.space),
        **kafka_client_kwargs(settings),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )


def embargoed(report_id: str, moment: float, revision: int = 1) -> dict[str, Any]:
    sent = seizure("TJ-DCA", report_id, revision, release=EUROPOL)
    return {**sent, "handling": {**sent["handling"], "embargo_until": until(moment)}}


class Watcher:
    """Reads the feed as it grows."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self.seen: list[dict[str, Any]] = []

    async def until(self, going: Flow, keys: set[str]) -> None:
        """Wait until each of these reports was released, at whatever time."""
        try:
            async with asyncio.timeout(PATIENT_S):
                while keys - self.released().keys():
                    record = await self._consumer.getone()
                    self.seen.append(orjson.loads(record.value)["change"])
        except TimeoutError:
            logs = "\n".join(f"{name}:\n{going.system.log(name).read_text()[-2000:]}" for name in going.system.processes)
            raise AssertionError(f"not released: {sorted(keys - self.released().keys())}\n{logs}") from None

    def released(self) -> Counter[str]:
        return Counter(change["key"] for change in self.seen if change["change"] == "released")


@asynccontextmanager
async def watching(kafka: str, home: Path) -> AsyncIterator[tuple[Flow, Watcher]]:
    """A warm worker, and a reader of its feed; the clock is the test's to start."""
    async with flow(kafka, home) as going:
        await going.send(seizure("TJ-DCA", "warm"), "accepted")
        await going.settled()
        consumer = AIOKafkaConsumer(
            **kafka_client_kwargs(going.system.settings),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            consumer.assign(going.places("feed"))
            yield going, Watcher(consumer)
        finally:
            await consumer.stop()


async def written(going: Flow) -> list[dict[str, Any]]:
    """What the clock wrote into the system of record."""
    found = [value for value in await going.read("reports.enriched") if value["type"] == "due"]
    for value in found:
        Due.model_validate_json(orjson.dumps(value))
    return found


async def waiting(going: Flow) -> list[dict[str, Any]]:
    """What `timers` holds once it is compacted."""
    at = going.places("timers")
    consumer = AIOKafkaConsumer(**kafka_client_kwargs(going.system.settings), isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    left: dict[bytes, bytes | None] = {}
    try:
        consumer.assign(at)
        await consumer.seek_to_beginning(*at)
        ends = await consumer.end_offsets(at)
        while any([await consumer.position(place) < ends[place] for place in at]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                left |= {record.key: record.value for record in records}
    finally:
        await consumer.stop()
    for value in left.values():
        if value is not None:
            Timer.model_validate_json(value)
    return [orjson.loads(value) for value in left.values() if value is not None]


async def test_what_time_frees_goes_out_by_itself(kafka, tmp_path):
    async with watching(kafka, tmp_path) as (going, watcher):
        going.system.start("clock")
        soon = time.time() + 5
        await going.send(embargoed("embargo", soon), "accepted")
        await going.send(embargoed("moved", soon), "accepted")
        await going.send(embargoed("moved", soon + 1_000, 2), "accepted")
        hold = {**decision("hold", "TJ-DCA", "warm"), "until": until(soon)}
        await going.send(hold, None, channel="decisions", agency="CARICC", key="TJ-DCA/warm")
        await watcher.until(going, {"TJ-DCA/embargo", "TJ-DCA/warm"})
        assert time.time() >= soon
        await going.settled()

        currents = await going.read("reports.current")
        changes = [(change["version"], change["change"]) for change in currents if change["key"] == "TJ-DCA/embargo"]
        assert sorted(changes) == [(1, "applied"), (2, "released")]
        (freed,) = [change for change in currents if change["key"] == "TJ-DCA/embargo" and change["change"] == "released"]
        assert freed["late_ms"] >= 0
        assert datetime.fromisoformat(freed["at"]) >= datetime.fromtimestamp(soon, UTC) - timedelta(milliseconds=1)
        assert [c["act"] for c in await going.read("bridges.candidates") if c["key"] == "TJ-DCA/embargo"] == ["release"]
        assert [change["change"] for change in watcher.seen if change["key"] == "TJ-DCA/embargo"] == ["released"]
        assert [change["change"] for change in watcher.seen if change["key"] == "TJ-DCA/warm"] == ["applied", "held", "released"]
        assert [change for change in watcher.seen if change["key"] == "TJ-DCA/moved"] == []
        assert len(await written(going)) == 2, "a real event each, and no ticks"
        assert [timer["key"] for timer in await waiting(going)] == ["TJ-DCA/moved"]


async def test_clocks_that_are_killed_fire_each_timer_once(kafka, tmp_path):
    async with watching(kafka, tmp_path) as (going, watcher):
        system = going.system
        system.environment["RIC_SESSION_TIMEOUT_S"] = "6"
        system.start("clock")
        begin = time.time() + 6
        names = [f"r{number}" for number in range(40)]
        for number, name in enumerate(names):
            await going.send(embargoed(name, begin + number * 0.05), "accepted")
        await watcher.until(going, {"TJ-DCA/r5"})
        system.kill("clock")
        system.start("clock", "clock-2")
        await watcher.until(going, {"TJ-DCA/r30"})
        system.kill("clock")
        system.kill("clock-2")
        system.start("clock-3")
        keys = {f"TJ-DCA/{name}" for name in names}
        await watcher.until(going, keys)
        # Timers that come after the kills find a clock too.
        await going.send(embargoed("after", time.time() + 3), "accepted")
        await watcher.until(going, {"TJ-DCA/after"})
        await going.settled()

        assert watcher.released() == Counter(keys | {"TJ-DCA/after"})
        assert "the group is told that whoever worked here before has ended" in system.log("clock-3").read_text()
        fired = Counter(value["timer"] for value in await written(going))
        assert set(fired.values()) == {1}
        assert len(fired) == len(names) + 1
        assert await waiting(going) == []
        system.end("clock-3")


async def test_what_is_no_timer_is_passed_over_and_the_next_fires_into_the_inbox_that_it_names(kafka, tmp_path):
    async with watching(kafka, tmp_path) as (going, _):
        settings: Settings = going.system.settings
        going.system.start("clock")
        asked = {"timer": "2f3c2b1e-6f4e-5f3e-8a39-1b1c2d3e4f50", "key": "D-1", "name": "contact", "due": until(time.time())}
        topic = BY_NAME["timers"].topic(settings.space)
        async with AIOKafkaProducer(**kafka_client_kwargs(settings), enable_idempotence=True) as producer:
            await producer.send_and_wait(topic, b"not JSON", key=b"a", partition=0)
            await producer.send_and_wait(topic, orjson.dumps({**asked, "inbox": "feed"}), key=b"b", partition=0)
            await producer.send_and_wait(topic, orjson.dumps({**asked, "inbox": "deliveries.inbox"}), key=b"c", partition=0)
        consumer = listening(settings, "deliveries.inbox")
        await consumer.start()
        try:
            async with asyncio.timeout(PATIENT_S):
                record = await consumer.getone()
        finally:
            await consumer.stop()
        assert (record.key, record.partition) == (b"D-1", 0)
        assert orjson.loads(record.value) == {name: value for name, value in asked.items() if name != "key"} | {"type": "due"}
        assert "not JSON" not in going.system.log("clock").read_text()
        assert going.system.log("clock").read_text().count("is passed over") == 2


@pytest.mark.parametrize("hours", [-1, 0, 1])
async def test_a_clock_fires_by_the_broker_s_time_whatever_this_computer_s_is(kafka, space, settings_for_tests, hours):
    chosen = settings_for_tests(kafka=kafka, space=space)
    await topics.apply(chosen)
    due = int(time.time() * 1000) + 3_000
    asked = {"timer": "x", "inbox": "reports.enriched", "key": "TJ-DCA/1", "name": "freed", "due": until(due / 1000)}
    clock = Clock(chosen, lambda: int(time.time() * 1000) + hours * 3_600_000)
    async with (
        AIOKafkaProducer(**kafka_client_kwargs(chosen), enable_idempotence=True) as producer,
        listening(chosen, "reports.enriched") as consumer,
        asyncio.timeout(PATIENT_S),
        asyncio.TaskGroup() as group,
    ):
        group.create_task(clock.run())
        await producer.send_and_wait(BY_NAME["timers"].topic(space), orjson.dumps(asked), key=b"x", partition=1)
        record = await consumer.getone()
        assert record.timestamp >= due
        # A timer behind it shows that nothing else was written for the first.
        await producer.send_and_wait(BY_NAME["timers"].topic(space), orjson.dumps({**asked, "key": "next"}), key=b"y", partition=1)
        assert (await consumer.getone()).key == b"next"
        clock.stop()


async def test_a_clock_notices_when_its_own_time_is_not_what_it_was(kafka, space, settings_for_tests, monkeypatch):
    """A machine that slept counts too little: the broker is asked again, and what was due is not hours late."""
    monkeypatch.setattr(clock_module, "ASK_EVERY_MS", 500)
    chosen = settings_for_tests(kafka=kafka, space=space)
    await topics.apply(chosen)
    slept = [0]
    exposition = Exposition()
    clock = Clock(chosen, lambda: int(time.time() * 1000) - slept[0], exposition)
    timers = BY_NAME["timers"].topic(space)
    async with (
        AIOKafkaProducer(**kafka_client_kwargs(chosen), enable_idempotence=True) as producer,
        listening(chosen, "deliveries.inbox") as consumer,
        asyncio.timeout(PATIENT_S),
        asyncio.TaskGroup() as group,
    ):
        group.create_task(clock.run())
        for name in ("first", "second"):
            asked = {"timer": name, "inbox": "deliveries.inbox", "key": name, "name": "contact", "due": until(time.time() + 2)}
            await producer.send_and_wait(timers, orjson.dumps(asked), key=name.encode(), partition=1)
            assert (await consumer.getone()).key == name.encode()
            slept[0] = 3_600_000
        later = {"timer": "later", "inbox": "deliveries.inbox", "key": "k", "name": "contact", "due": until(time.time() + 3_600)}
        await producer.send_and_wait(timers, orjson.dumps(later), key=b"later", partition=0)
        while "ric_timers_waiting{" not in (told := generate_latest(exposition.registry).decode()) or waiting_by(told) != 1:
            await asyncio.sleep(0.05)
        group_label = f'messaging_consumer_group_name="{space}.clock"'
        assert f"ric_timer_lateness_seconds_count{{{group_label}}} 2.0" in told
        assert f'messaging_client_sent_messages_total{{{group_label},messaging_destination_name="{space}.deliveries.inbox"' in told
        clock.stop()


def waiting_by(told: str) -> float:
    """How many timers wait, over all partitions."""
    return sum(float(line.rpartition(" ")[2]) for line in told.splitlines() if line.startswith("ric_timers_waiting{"))

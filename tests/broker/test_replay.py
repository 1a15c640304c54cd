"""A state decided again from its inbox, beside a worker that goes on: equal to the one that stands, and in its place where it is not."""

import asyncio
import dataclasses
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from schemas.channels import BY_NAME
from streams import replay, topology
from streams.cli.failures import Exit
from streams.engine.decide import Turns
from streams.engine.effects import App, Effect, Emit, Record, State
from streams.engine.watchdog import Watchdog
from streams.kafka import kafka_client_kwargs
from tests.broker.test_deliveries import LEAD, room
from tests.broker.test_flow import decision, flow, seizure
from tests.system import PATIENT_S, System
from tests.unit.deliveries.office import AUTHORISATION, form, plan


async def records(system: System, channel: str) -> list[ConsumerRecord[bytes, bytes]]:
    """Everything that is committed on a channel, partition by partition."""
    consumer = AIOKafkaConsumer(**kafka_client_kwargs(system.settings), isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    found = []
    try:
        places = [TopicPartition(BY_NAME[channel].topic(system.space), number) for number in range(system.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for fetched in (await consumer.getmany(timeout_ms=200)).values():
                found += fetched
    finally:
        await consumer.stop()
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def newest(system: System, channel: str) -> dict[bytes, bytes]:
    """The canonical dump of what a compacted channel holds."""
    last = {record.key: record.value for record in await records(system, channel)}
    return {key: value for key, value in sorted(last.items()) if value is not None}


async def armed(system: System) -> dict[bytes, bytes]:
    """The timers of deliveries that wait."""
    return {key: value for key, value in (await newest(system, "timers")).items() if orjson.loads(value)["inbox"] == "deliveries.inbox"}


async def write(system: System, channel: str, changes: Iterable[tuple[bytes, bytes | None, int]]) -> None:
    """Put records where only a worker may: what a defect would have left."""
    async with AIOKafkaProducer(**kafka_client_kwargs(system.settings), enable_idempotence=True) as producer:
        for key, value, partition in changes:
            await producer.send_and_wait(BY_NAME[channel].topic(system.space), value, key=key, partition=partition)


def ric(system: System, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, as an operator runs it."""
    environment = {
        "PATH": "",
        "RIC_SPACE": system.space,
        "RIC_DATA_DIR": str(system.data_dir),
        "RIC_KAFKA_BOOTSTRAP_SERVERS": system.kafka,
    }
    command = [sys.executable, "-m", "streams.cli.main", "replay", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=PATIENT_S)


async def test_a_state_that_is_wrong_is_made_anew_under_a_worker_that_goes_on(kafka, postgres_url, space, tmp_path):
    async with room(kafka, postgres_url, space, tmp_path) as going:
        system = going.system
        await going.running()
        stood, timers = await newest(system, "deliveries.changelog"), await armed(system)
        assert len(stood) > 3
        assert timers
        # A defect has left this: a key is lost, one is wrong, one is invented, and the clock has forgotten the timers.
        system.end("worker")
        (partition,) = {record.partition for record in await records(system, "deliveries.changelog")}
        first, second, *_ = stood
        await write(system, "deliveries.changelog", [(first, None, partition), (second, b"{}", partition), (b"x#0", b"{}", partition)])
        await write(system, "timers", [(key, None, partition) for key in timers])
        system.start("worker")

        looked = await asyncio.to_thread(ric, system, "--state", "deliveries", "--json")
        assert looked.returncode == Exit.REFUSED, looked.stderr
        assert looked.stdout, looked.stderr
        (differs,) = [each for each in json.loads(looked.stdout)["partitions"] if each["records"]]
        assert (differs["keys"], differs["outputs"], differs["taken_over"]) == (3, {"timers": len(timers)}, False)
        assert await newest(system, "deliveries.changelog") != stood

        done = await asyncio.to_thread(ric, system, "--state", "deliveries", "--apply", "--json")
        assert done.returncode == Exit.DONE, done.stderr
        assert (await newest(system, "deliveries.changelog"), await armed(system)) == (stood, timers)
        # The worker that was shut out commits nothing any more; its successor goes on from the state that took over.
        consented = await going.act("KZ-GP/p.rosecutor", "consent", leg=3, authorisation=AUTHORISATION)
        await asyncio.to_thread(system.processes.pop("worker").wait)
        assert "worker ends: " in system.log("worker").read_text()
        system.start("worker")
        assert (await going.answer(consented))["status"] == "applied"
        events = going.heard["deliveries.events"]
        assert [event["number"] for event in events] == list(range(1, len(events) + 1))
        again = await asyncio.to_thread(ric, system, "--state", "deliveries", "--from", "2026-01-01")
        assert again.returncode == Exit.DONE, again.stdout + again.stderr


def apps_with(change: Callable[[Record, Effect], Effect]) -> tuple[App, ...]:
    """A release whose reports app decides otherwise."""

    def changed(app: App) -> App:
        if app.name != "reports":
            return app
        (stage,) = app.stages

        def decide(record: Record, state: State) -> list[Effect]:
            return [change(record, effect) for effect in stage.decide(record, state)]

        return dataclasses.replace(app, stages=(dataclasses.replace(stage, decide=decide),))

    return tuple(map(changed, topology.APPS))


async def test_what_comes_out_otherwise_since_a_time_is_written_once(kafka, tmp_path):
    async with flow(kafka, tmp_path) as going:
        system = going.system
        await going.send(seizure("TJ-DCA", "old"), "accepted")
        await going.settled()
        (old,) = await records(system, "receipts")
        for number in range(3):
            await going.send(seizure("TJ-DCA", f"r{number}"), "accepted")
        await going.send(decision("hold", "TJ-DCA", "r1"), None, channel="decisions", agency="CARICC", key="TJ-DCA/r1")
        await going.settled()
        stood = await newest(system, "reports.changelog")
        turns, told = Turns(Watchdog(60)), list[str]()
        since = datetime.fromtimestamp(old.timestamp / 1000, UTC) + timedelta(milliseconds=1)

        async def decided(apps: Sequence[App], *, apply: bool) -> tuple[int, Counter[str]]:
            found = await replay.replay(system.settings, apps, "reports", since, apply, told.append, turns)
            return sum(each.keys for each in found), sum((Counter(each.outputs) for each in found), Counter())

        # What this release decides stands, whatever the records ask to be read again.
        assert await decided(topology.APPS, apply=False) == (0, {})

        def finds(record: Record, effect: Effect) -> Effect:
            if isinstance(effect, Emit) and effect.channel == "receipts":
                return effect._replace(value=orjson.dumps(orjson.loads(effect.value or b"") | {"revised": True}))
            return effect

        mended = apps_with(finds)
        assert await decided(mended, apply=False) == (0, {"receipts": 3})
        before = await records(system, "receipts")
        assert await decided(mended, apply=True) == (0, {"receipts": 3})
        after = await records(system, "receipts")
        corrected = [orjson.loads(record.value) for record in after if b'"revised":true' in record.value]
        assert len(after) == len(before) + 3
        assert {receipt["report_id"] for receipt in corrected} == {"r0", "r1", "r2"}
        # Doing it again writes nothing again, and the state never moved.
        assert await decided(mended, apply=True) == (0, {})
        assert await newest(system, "reports.changelog") == stood


async def test_a_timeline_that_was_told_is_not_told_otherwise(kafka, postgres_url, space, tmp_path):
    async with room(kafka, postgres_url, space, tmp_path) as going:
        system = going.system
        await going.must(LEAD, "request", form=form(), plan=plan())
        told = await records(system, "deliveries.events")
        stage = next(app for app in topology.APPS if app.name == "deliveries").stages[0]

        def decide(record: Record, state: State) -> list[Effect]:
            effects = list(stage.decide(record, state))
            return [
                e._replace(value=(e.value or b"") + b" ") if isinstance(e, Emit) and e.channel == "deliveries.events" else e
                for e in effects
            ]

        other = App("deliveries", (dataclasses.replace(stage, decide=decide),), topology.APPS[3].writes)
        with pytest.raises(replay.Refused, match=r"deliveries\.events would come out otherwise"):
            await replay.replay(system.settings, (other,), "deliveries", None, True, print, Turns(Watchdog(60)))
        # Refused before anybody was shut out.
        assert system.alive("worker")
        assert len(await records(system, "deliveries.events")) == len(told)

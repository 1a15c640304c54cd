"""A fresh centre on servers of its own, the traffic it gets, and what it makes of it: every committed output, and the tables."""

import asyncio
import contextlib
import itertools
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.gateway.batches import Piece, read_item
from streams.kafka import kafka_client_kwargs
from streams.local.kafka import EmbeddedKafka
from streams.local.postgres import EmbeddedPostgres
from streams.local.process import ended, tail
from streams.simulate.traffic import Message, Traffic
from streams.store.rebuild import canonical_dump
from tests.system import System

CAST = {country: (f"{country}-DCA", f"{country}-CUS", f"{country}-MVD") for country in ("AZ", "KZ", "KG", "RU", "TJ", "TM", "UZ")}
APPS = {"intake": None, "reports": "reports.enriched", "links": "sightings"}
"""And the one inbox of each that an app writes; intake reads what is published."""
OUTPUTS = ("receipts", "reports.current", "reports.rejected", "reports.enriched", "bridges.candidates", "feed", "incidents", "sightings")
COMPARED = ("receipts", "reports.current", "reports.rejected", "reports.enriched", "bridges.candidates")
CLOCK_FIELDS = {"at", "received", "time"}
CLOCK_HEADERS = {"ce_time"}
FAILED = 70
"""The code with which the engine ends a process that cannot go on."""
POLL_S = 0.02


def traffic(seed: int, number: int) -> list[Message]:
    """The same for every run with this seed: two months of it, so that no block of matching overflows and forgets."""
    minutes = itertools.count()
    began = datetime.now(UTC) - timedelta(days=60)
    return list(itertools.islice(Traffic(seed, CAST, lambda: began + timedelta(minutes=next(minutes))), number))


@dataclass
class Outcome:
    """What a run left: committed records by channel and rows of the tables, each as text, and how often it occurs."""

    records: dict[str, Counter[bytes]]
    changes: Counter[tuple[str, int]]
    """The reports' changes in the feed, by key and version."""
    rows: Counter[bytes]


def check_same(found: Outcome, undisturbed: Outcome) -> None:
    """Every output was seen once and is the undisturbed run's, and so are the tables. Times are the broker's, which no two runs share."""
    for channel, records in undisturbed.records.items():
        _check_equal(channel, found.records[channel], records)
    ((change, times),) = found.changes.most_common(1)
    assert times == 1, f"{change} was seen {times} times in the feed"
    assert any(row.startswith(b'["incidents"') for row in found.rows)
    _check_equal("the tables", found.rows, undisturbed.rows)


def _check_equal(what: str, found: Counter[bytes], expected: Counter[bytes]) -> None:
    missing, extra = expected - found, found - expected
    if missing or extra:
        raise AssertionError(
            f"{what}: {missing.total()} missing, {extra.total()} too many\nmissing: {list(missing)[:3]}\ntoo many: {list(extra)[:3]}"
        )


def canonical(value: Any) -> bytes:
    """The record or row as text, without the broker's and the sender's times."""
    return orjson.dumps(_without_clock(value), option=orjson.OPT_SORT_KEYS)


def _without_clock(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_clock(inner) for name, inner in value.items() if name not in CLOCK_FIELDS}
    if isinstance(value, list):
        return [_without_clock(inner) for inner in value if not (isinstance(inner, list) and inner and inner[0] in CLOCK_HEADERS)]
    return value


class Reader:
    """A read_committed consumer of every output, from the beginning."""

    def __init__(self, system: System) -> None:
        self._space = system.space
        self._settings = system.settings
        self.values: dict[str, list[bytes]] = {name: [] for name in OUTPUTS}
        self.last: dict[TopicPartition, int] = {}

    async def __aenter__(self) -> "Reader":
        self._consumer = AIOKafkaConsumer(
            **kafka_client_kwargs(self._settings), isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False
        )
        await self._consumer.start()
        self._consumer.assign([TopicPartition(f"{self._space}.{name}", n) for name in OUTPUTS for n in range(self._settings.partitions)])
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            for partition, records in (await self._consumer.getmany(timeout_ms=200)).items():
                self.values[partition.topic.removeprefix(f"{self._space}.")] += [record.value for record in records]
                self.last[partition] = records[-1].offset

    async def at_end(self) -> bool:
        """Whether all that is committed was read."""
        ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
        return all([await self._consumer.position(partition) >= end for partition, end in ends.items()])


@dataclass
class Centre:
    """Servers, processes, a producer and a reader. `sent` counts what was published: each message leaves one receipt."""

    kafka: EmbeddedKafka
    postgres: EmbeddedPostgres
    system: System
    producer: AIOKafkaProducer
    reader: Reader
    sent: int = 0
    last: dict[TopicPartition, int] = field(default_factory=dict)
    """The last offset published, by partition."""
    ends: list[str] = field(default_factory=list)
    """How the processes that joined ended: name and exit code."""
    keepers: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Send them as the gateway would, customs by the bulk lane; returns when the broker has them."""
        waiting = []
        for message in messages:
            item = read_item(Piece(message.body), "bulk" if message.agency.endswith("-CUS") else "live")
            headers = [("ric_agency", message.agency.encode()), ("ric_person", message.person.encode())]
            key = (item.key or message.agency).encode()
            waiting.append(await self.producer.send(f"{self.system.space}.{item.channel}", message.body, key, headers=headers))
        for stored in await asyncio.gather(*waiting):
            self.last[stored.topic_partition] = max(stored.offset, self.last.get(stored.topic_partition, 0))
        self.sent += len(messages)

    @contextlib.asynccontextmanager
    async def under_load(self, messages: Sequence[Message], moment: random.Random) -> AsyncIterator[None]:
        """Publish, and begin the block at a random moment of what the worker makes of it."""
        number = len(self.reader.values["receipts"]) + int(moment.random() * 0.9 * len(messages))
        publishing = asyncio.create_task(self.publish(messages))
        try:
            await self.until(lambda: len(self.reader.values["receipts"]) >= number, f"{number} receipts")
            yield
        finally:
            await publishing

    @contextlib.asynccontextmanager
    async def under_steady_load(self, messages: Sequence[Message], per_second: int) -> AsyncIterator[asyncio.Task[None]]:
        """Publish at this rate during the block, and what is left of it afterwards."""

        async def publishing() -> None:
            for first in range(0, len(messages), per_second // 10):
                await asyncio.gather(self.publish(messages[first : first + per_second // 10]), asyncio.sleep(0.1))

        task = asyncio.create_task(publishing())
        try:
            yield task
        finally:
            await task

    def join(self, name: str, **environment: str) -> None:
        """Start a process, and again whenever it ends by itself or is killed, as the supervisor of `ric up` does."""
        self.system.start(name, **environment)
        self.keepers[name] = asyncio.create_task(self._keep(name, environment))

    async def leave(self, name: str) -> None:
        """Stop a process in order."""
        self.keepers.pop(name).cancel()
        process = self.system.processes[name]
        await asyncio.to_thread(self.system.end, name)
        assert process.returncode == 0, tail(self.system.log(name), 30)

    async def _keep(self, name: str, environment: dict[str, str]) -> None:
        while True:
            code = await ended(self.system.processes[name])
            self.ends.append(f"{name}: {code}")
            if code not in (FAILED, -signal.SIGKILL):
                raise AssertionError(f"{name} ended with {code}:\n{tail(self.system.log(name), 30)}")
            # A broker that is away is not asked all the time.
            await asyncio.sleep(0.5)
            self.system.start(name, **environment)

    async def stop(self) -> None:
        """End everything that runs."""
        for keeper in self.keepers.values():
            keeper.cancel()
        await asyncio.gather(*self.keepers.values(), return_exceptions=True)
        await asyncio.to_thread(self.system.end_all)

    def check(self) -> None:
        """Fails where a process ended as none may."""
        for keeper in self.keepers.values():
            if keeper.done():
                keeper.result()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a process a signal."""
        self.system.processes[name].send_signal(number)

    async def kill(self, name: str) -> None:
        """Kill the process, once it runs: its supervisor may be about to start it again."""
        await self.until(lambda: self.system.processes[name].poll() is None, f"{name} running")
        seen = len(self.ends)
        self.signal(name, signal.SIGKILL)
        await self.until(lambda: len(self.ends) > seen, f"{name}'s end")

    def said(self, name: str, text: str) -> int:
        """How often the process's log has this text."""
        return self.log(name).count(text)

    def log(self, name: str) -> str:
        """What the process has said."""
        log = self.system.log(name)
        return log.read_text(errors="replace") if log.exists() else ""

    async def until(self, condition: Any, what: str, within: float = 120) -> None:
        """Until `condition()` holds; fails naming `what`."""
        try:
            async with asyncio.timeout(within):
                while not condition():
                    self.check()
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise AssertionError(f"not within {within:g} s: {what}; processes that ended: {self.ends}") from None

    async def outcome(self) -> Outcome:
        """Everything, once all that was published is worked off by every app and the projector."""
        await self.until(lambda: len(self.reader.values["receipts"]) >= self.sent, "all receipts", 180)
        await self._settled()
        self.check()
        records = {name: Counter(canonical(orjson.loads(value)) for value in self.reader.values[name]) for name in COMPARED}
        feed = [item for item in map(orjson.loads, self.reader.values["feed"]) if item["type"] == "report"]
        records["feed"] = Counter(map(canonical, feed))
        changes = Counter((item["change"]["key"], item["change"]["version"]) for item in feed)
        return Outcome(records, changes, Counter(await self._rows()))

    async def _settled(self, within: float = 120) -> None:
        admin = AIOKafkaAdminClient(**kafka_client_kwargs(self.system.settings))
        await admin.start()
        waiting_for = "the apps"
        try:
            async with asyncio.timeout(within):
                for app, inbox in APPS.items():
                    waiting_for = f"app {app}"
                    while not (await self.reader.at_end() and await self._all_read(admin, app, inbox)):
                        await asyncio.sleep(0.1)
                waiting_for = "the reader"
                while not await self.reader.at_end():
                    await asyncio.sleep(0.1)
                waiting_for = "the projector"
                while not await asyncio.to_thread(self._all_projected):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not settled within {within:g} s: still waiting for {waiting_for}; ended: {self.ends}") from None
        finally:
            await admin.close()

    async def _all_read(self, admin: AIOKafkaAdminClient, app: str, inbox: str | None) -> bool:
        """Whether the app has committed past every record of its inbox, so that none will be read again."""
        committed = await admin.list_consumer_group_offsets(f"{self.system.space}.{app}")
        topic = f"{self.system.space}.{inbox}"
        last = self.last if inbox is None else {tp: last for tp, last in self.reader.last.items() if tp.topic == topic}
        return all(partition in committed and committed[partition].offset > offset for partition, offset in last.items())

    def _all_projected(self) -> bool:
        """Whether the tables have every record of their topics that the reader saw."""
        rows = self.system.rows("SELECT topic, partition, next FROM projector_offsets")
        projected = {TopicPartition(topic, number): done for topic, number, done in rows}
        return all(projected[partition] > offset for partition, offset in self.reader.last.items() if partition in projected)

    async def _rows(self) -> list[bytes]:
        """Every row that the topics determine.

        A proposal that fell is left out: whether two first revisions met before the second ones came depends on which partition was
        quicker.
        """
        rows = []
        async with await psycopg.AsyncConnection.connect(self.system.database) as connection:
            async for line in canonical_dump(connection, self.system.space):
                table, row = orjson.loads(line)
                if table != "incidents" or row["status"] == "proposed":
                    rows.append(canonical([table, row]))
        return rows


@contextlib.asynccontextmanager
async def centre(home: Path) -> AsyncIterator[Centre]:
    """A centre with topics and tables and no process yet; all ends with the block. Every one has the same space and so the same ids."""
    with EmbeddedKafka(home / "kafka") as kafka, EmbeddedPostgres(home / "postgres") as postgres:
        system = System(kafka.bootstrap_servers, postgres.url, "live", home / "ric", environment={"RIC_SESSION_TIMEOUT_S": "4"})
        await system.install()
        # Patient: where the broker is away it holds on to what it has, in order, and each record arrives once.
        producer = AIOKafkaProducer(**kafka_client_kwargs(system.settings), enable_idempotence=True, acks="all", request_timeout_ms=180_000)
        await producer.start()
        try:
            async with Reader(system) as reader:
                place = Centre(kafka, postgres, system, producer, reader)
                try:
                    yield place
                finally:
                    await place.stop()
        finally:
            with contextlib.suppress(KafkaError):
                await producer.stop()

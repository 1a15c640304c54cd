"""A fresh centre on servers of its own, the traffic it gets, and what it makes of it: every committed output, and the tables."""

import asyncio
import contextlib
import itertools
import json
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
APPS = ("intake", "reports", "links")
OUTPUTS = ("receipts", "reports.current", "reports.rejected", "reports.enriched", "bridges.candidates", "feed", "incidents")
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
    """What a run left: committed records by channel, as JSON, and the rows of the tables."""

    records: dict[str, list[dict[str, Any]]]
    rows: Counter[str]


def check_same(found: Outcome, undisturbed: Outcome) -> None:
    """Every output was seen once and is the undisturbed run's, and so are the tables. Times are the broker's, which no two runs share."""
    for channel in COMPARED:
        _check_equal(channel, canonical(found.records[channel]), canonical(undisturbed.records[channel]))
    feeds = [[item for item in outcome.records["feed"] if item["type"] == "report"] for outcome in (found, undisturbed)]
    _check_equal("feed", canonical(feeds[0]), canonical(feeds[1]))
    identities = Counter((item["change"]["key"], item["change"]["version"]) for item in feeds[0])
    assert max(identities.values()) == 1, f"seen more than once in feed: {identities.most_common(3)}"
    assert any(row.startswith('["incidents"') for row in found.rows)
    _check_equal("the tables", found.rows, undisturbed.rows)


def _check_equal(what: str, found: Counter[str], expected: Counter[str]) -> None:
    missing, extra = expected - found, found - expected
    if missing or extra:
        raise AssertionError(
            f"{what}: {missing.total()} missing, {extra.total()} too many\nmissing: {list(missing)[:3]}\ntoo many: {list(extra)[:3]}"
        )


def canonical(records: Iterable[dict[str, Any]]) -> Counter[str]:
    """Each record as text, and how often it occurs."""
    return Counter(json.dumps(without_clock(record), sort_keys=True) for record in records)


def without_clock(value: Any) -> Any:
    """The record without the broker's and the sender's times."""
    if isinstance(value, dict):
        return {name: without_clock(inner) for name, inner in value.items() if name not in CLOCK_FIELDS}
    if isinstance(value, list):
        return [without_clock(inner) for inner in value if not (isinstance(inner, list) and inner and inner[0] in CLOCK_HEADERS)]
    return value


class Reader:
    """A read_committed consumer of every output, from the beginning."""

    def __init__(self, system: System) -> None:
        self._space = system.space
        self._settings = system.settings
        self.records: dict[str, list[dict[str, Any]]] = {name: [] for name in OUTPUTS}
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
        async for record in self._consumer:
            channel = record.topic.removeprefix(f"{self._space}.")
            self.records[channel].append(json.loads(record.value))
            self.last[TopicPartition(record.topic, record.partition)] = record.offset

    async def ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Up to where each partition may be read."""
        return dict(await self._consumer.end_offsets(list(partitions)))

    async def at_end(self) -> bool:
        """Whether all that is committed was read."""
        ends = await self.ends(list(self._consumer.assignment()))
        return all([await self._consumer.position(partition) >= end for partition, end in ends.items()])

    async def until_receipts(self, number: int, within: float = 180) -> None:
        """Until that many receipts were seen."""
        try:
            async with asyncio.timeout(within):
                while len(self.records["receipts"]) < number:
                    assert not self._task.done(), self._task
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise AssertionError(f"{len(self.records['receipts'])} of {number} receipts within {within:g} s") from None


@dataclass
class Centre:
    """Servers, processes, a producer and a reader. `sent` counts what was published: each message leaves one receipt."""

    kafka: EmbeddedKafka
    postgres: EmbeddedPostgres
    system: System
    producer: AIOKafkaProducer
    reader: Reader
    sent: int = 0
    ends: list[str] = field(default_factory=list)
    """How supervised processes ended: name and exit code."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Send them as the gateway would, customs by the bulk lane; returns when the broker has them."""
        waiting = []
        for message in messages:
            item = read_item(Piece(message.body), "bulk" if message.agency.endswith("-CUS") else "live")
            headers = [("ric_agency", message.agency.encode()), ("ric_person", message.person.encode())]
            key = (item.key or message.agency).encode()
            waiting.append(await self.producer.send(f"{self.system.space}.{item.channel}", message.body, key, headers=headers))
        await asyncio.gather(*waiting)
        self.sent += len(messages)

    @contextlib.asynccontextmanager
    async def under_load(self, messages: Sequence[Message], moment: random.Random) -> AsyncIterator[None]:
        """Publish, and begin the block at a random moment of what the worker makes of it."""
        before = len(self.reader.records["receipts"])
        publishing = asyncio.create_task(self.publish(messages))
        try:
            await self.reader.until_receipts(before + int(moment.random() * 0.9 * len(messages)))
            yield
        finally:
            await publishing

    @contextlib.asynccontextmanager
    async def supervised(self, *names: str, **environment: str) -> AsyncIterator[None]:
        """Processes that are started again whenever they end, as every one is."""
        keepers = [asyncio.create_task(self._keep(name, environment)) for name in names]
        try:
            yield
            broken = [keeper for keeper in keepers if keeper.done()]
            assert not broken, broken
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _keep(self, name: str, environment: dict[str, str]) -> None:
        while True:
            if name not in self.system.processes:
                self.system.start(name, **environment)
            code = await ended(self.system.processes[name])
            self.ends.append(f"{name}: {code}")
            del self.system.processes[name]
            assert code in (FAILED, -signal.SIGKILL), f"{name} ended with {code}:\n{tail(self.system.log(name), 30)}"
            # As the supervisor of `ric up` does: a broker that is away is not asked all the time.
            await asyncio.sleep(0.5)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a process a signal."""
        self.system.processes[name].send_signal(number)

    def said(self, name: str, text: str) -> int:
        """How often the process's log has this text."""
        log = self.system.log(name)
        return log.read_text(errors="replace").count(text) if log.exists() else 0

    async def until(self, condition: Any, what: str, within: float = 120) -> None:
        """Until `condition()` holds; fails naming `what`."""
        try:
            async with asyncio.timeout(within):
                while not condition():
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise AssertionError(f"not within {within:g} s: {what}; processes that ended: {self.ends}") from None

    async def outcome(self) -> Outcome:
        """Everything, once all that was published is worked off by every app and the projector."""
        await self.reader.until_receipts(self.sent)
        await self._settled()
        return Outcome(self.reader.records, Counter(await self._rows()))

    async def _settled(self, within: float = 120) -> None:
        admin = AIOKafkaAdminClient(**kafka_client_kwargs(self.system.settings))
        await admin.start()
        waiting_for = "the apps"
        try:
            async with asyncio.timeout(within):
                for app in APPS:
                    waiting_for = f"app {app}"
                    while not await self._all_read(admin, app):
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

    async def _all_read(self, admin: AIOKafkaAdminClient, app: str) -> bool:
        """Whether the app has committed up to the end of what it reads."""
        committed = await admin.list_consumer_group_offsets(f"{self.system.space}.{app}")
        ends = await self.reader.ends(list(committed))
        return bool(committed) and all(done.offset >= ends[partition] for partition, done in committed.items())

    def _all_projected(self) -> bool:
        """Whether the tables have every record of their topics that the reader saw."""
        rows = self.system.rows("SELECT topic, partition, next FROM projector_offsets")
        projected = {TopicPartition(topic, number): done for topic, number, done in rows}
        return all(projected[partition] > offset for partition, offset in self.reader.last.items() if partition in projected)

    async def _rows(self) -> list[str]:
        """Every row that the topics determine.

        A proposal that fell is left out: whether two first revisions met before the second ones came depends on which partition was
        quicker.
        """
        rows = []
        async with await psycopg.AsyncConnection.connect(self.system.database) as connection:
            async for line in canonical_dump(connection, self.system.space):
                table, row = json.loads(line)
                if table != "incidents" or row["status"] == "proposed":
                    rows.append(json.dumps(without_clock([table, row]), sort_keys=True))
        return rows


@contextlib.asynccontextmanager
async def centre(home: Path, *, kafka_logs: Path | None = None) -> AsyncIterator[Centre]:
    """A centre with topics and tables and no process yet; all ends with the block. Every one has the same space and so the same ids."""
    with EmbeddedKafka(home / "kafka") as kafka, EmbeddedPostgres(home / "postgres") as postgres:
        system = System(kafka.bootstrap_servers, postgres.url, "live", home / "ric", environment={"RIC_SESSION_TIMEOUT_S": "4"})
        await system.install()
        # Patient: where the broker is away it holds on to what it has, in order, and each record arrives once.
        producer = AIOKafkaProducer(**kafka_client_kwargs(system.settings), enable_idempotence=True, acks="all", request_timeout_ms=180_000)
        await producer.start()
        try:
            async with Reader(system) as reader:
                yield Centre(kafka, postgres, system, producer, reader)
        finally:
            await asyncio.to_thread(system.end_all)
            with contextlib.suppress(KafkaError):
                await producer.stop()

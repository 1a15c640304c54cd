"""A fresh centre on servers of its own, what it gets, and everything that it commits, read as it comes."""

import asyncio
import contextlib
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import time

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from schemas.channels import BY_NAME
from streams import topology
from streams.kafka import kafka_client_kwargs
from streams.local.kafka import EmbeddedKafka
from streams.local.postgres import EmbeddedPostgres
from streams.local.process import ended, tail
from streams.settings import Settings
from streams.store.rebuild import canonical_dump, rebuild
from tests.crash import oracle
from tests.crash.brokers import COUNT, Brokers, brokers
from tests.crash.load import Sent
from tests.crash.oracle import Stored
from tests.system import PATIENT_S, System

ANSWERS = ("receipts", "deliveries.answers", "directory.answers", "duty.answers")
"""Each record that is sent leaves one record in one of these, beside which there is only who is asked to call."""
FAILED = 70
"""The code with which the engine ends a process that cannot go on."""
POLL_S = 0.02
READY = "ready at offset"


class Replicated(System):
    """A system on as many brokers as `replication` says."""

    replication = 1

    @property
    def settings(self) -> Settings:
        """What every process is started with."""
        return super().settings.model_copy(update={"replication": self.replication})


class Reader:
    """A read_committed consumer of every topic of the space, from the beginning; without `keeps` of the answers alone, which it counts."""

    def __init__(self, system: System, *, keeps: bool = True) -> None:
        self._settings = system.settings
        self._space = system.space
        self.keeps = keeps
        self.answered = 0
        """How many records have been answered."""
        self.answers: set[bytes | None] = set()
        self.log: dict[tuple[str, int], list[Stored]] = {}

    async def __aenter__(self) -> "Reader":
        self._consumer = AIOKafkaConsumer(
            **kafka_client_kwargs(self._settings), isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False
        )
        await self._consumer.start()
        count = self._settings.partitions
        spread = {channel.name: count if channel.spread == "keyed" else 1 for channel in BY_NAME.values() if "{agency}" not in channel.name}
        self.log = {(name, number): [] for name, partitions in spread.items() for number in range(partitions)}
        self._consumer.assign(
            [TopicPartition(f"{self._space}.{name}", number) for name, number in self.log if self.keeps or name in ANSWERS]
        )
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            for partition, records in (await self._consumer.getmany(timeout_ms=200)).items():
                channel = partition.topic.removeprefix(f"{self._space}.")
                if channel in ANSWERS:
                    self.answered += sum(not oracle.asks_to_call(record.value) for record in records)
                    self.answers.update(record.key for record in records)
                if self.keeps:
                    self.log[channel, partition.partition] += [
                        Stored(record.offset, record.key, record.value, tuple(record.headers), record.timestamp) for record in records
                    ]

    async def at_end(self) -> bool:
        """Whether all that is committed was read."""
        ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
        return all([await self._consumer.position(partition) >= end for partition, end in ends.items()])


@dataclass
class Centre:
    """Servers, processes, a producer and a reader."""

    kafka: EmbeddedKafka
    """The broker; of three the first."""
    postgres: EmbeddedPostgres
    system: System
    producer: AIOKafkaProducer
    reader: Reader
    sent: Counter[tuple[str, bytes]] = field(default_factory=Counter)
    """What was written from outside, by channel and value."""
    to_answer: int = 0
    """How much of it leaves an answer."""
    ends: list[str] = field(default_factory=list)
    """How the processes that joined ended: name and exit code."""
    keepers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    three: Brokers | None = None

    async def publish(self, load: Sequence[Sent]) -> None:
        """Write as the gateway would, each when what it comes after is there; returns when the broker has everything."""
        waiting = []
        for each in load:
            if each.after is not None:
                await self.until(partial(each.after, self.reader.log), f"what {each.key.decode()} comes after")
            body = each.body(datetime.now(UTC))
            self.to_answer += each.answered
            if self.reader.keeps:
                self.sent[each.channel, body] += 1
            waiting.append(await self.producer.send(f"{self.system.space}.{each.channel}", body, each.key, headers=list(each.headers)))
        await asyncio.gather(*waiting)

    @contextlib.asynccontextmanager
    async def under_load(self, load: Sequence[Sent], moment: random.Random) -> AsyncIterator[None]:
        """Publish, and begin the block at a random moment of what the workers make of it."""
        number = self.reader.answered + int(moment.random() * 0.9 * sum(each.answered for each in load))
        publishing = asyncio.create_task(self.publish(load))
        try:
            await self.until(lambda: self.reader.answered >= number, f"{number} answers")
            yield
        finally:
            await publishing

    @contextlib.asynccontextmanager
    async def under_steady_load(self, load: Sequence[Sent], per_second: int) -> AsyncIterator[asyncio.Task[None]]:
        """Publish at this rate during the block, and what is left of it afterwards."""

        async def publishing() -> None:
            for first in range(0, len(load), per_second // 10):
                await asyncio.gather(self.publish(load[first : first + per_second // 10]), asyncio.sleep(0.1))

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
        assert process.returncode == 0, f"{name} ended with {process.returncode}:\n{tail(self.system.log(name), 30)}"

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
        self.keepers.clear()
        await asyncio.to_thread(self.system.end_all)

    def check_processes(self) -> None:
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

    async def until(self, condition: Callable[[], object], what: str, within: float = PATIENT_S) -> None:
        """Until `condition()` holds; fails naming `what`."""
        try:
            async with asyncio.timeout(within):
                while not condition():
                    self.check_processes()
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise AssertionError(f"not within {within:g} s: {what}; processes that ended: {self.ends}") from None

    async def check(self) -> dict[str, int]:
        """Fails unless everything is what its inbox says, once: topics, changelogs, timers, and the tables. What was compared, by channel.

        Waits until all that was published is worked off, and ends the processes.
        """
        await self.until(lambda: self.reader.answered >= self.to_answer, "all answers")
        async with AdminOf(self.system) as admin:
            # A timer that fires makes work again. When none is due any more the clock goes, and what it wrote last is worked off.
            await self._settled(admin)
            clocks = [name for name in self.system.processes if name.startswith("clock")]
            for name in clocks:
                if keeper := self.keepers.pop(name, None):
                    keeper.cancel()
                await asyncio.to_thread(self.system.end, name)
            await self._settled(admin, timers=False)
        self.check_processes()
        await self.stop()
        partitions, space = self.system.partitions, self.system.space
        compared = oracle.check(self.reader.log, topology.APPS, space, partitions, self.sent)
        print("compared:", compared, "events in chains:", oracle.chains(self.reader.log))
        called = sum(
            oracle.asks_to_call(at.value) for (channel, _), records in self.reader.log.items() if channel in ANSWERS for at in records
        )
        assert sum(compared.get(channel, 0) for channel in ANSWERS) - called == self.to_answer
        found = await self._rows()
        await asyncio.to_thread(rebuild, self.system.settings)
        assert await self._rows() == found, "the tables are not what their topics say"
        return compared

    async def _settled(self, admin: AIOKafkaAdminClient, *, timers: bool = True, within: float = PATIENT_S) -> None:
        waiting_for = ""
        try:
            async with asyncio.timeout(within):
                while waiting_for := await self._waiting(admin, timers=timers):
                    self.check_processes()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not settled within {within:g} s: still waiting for {waiting_for}; ended: {self.ends}") from None

    async def _waiting(self, admin: AIOKafkaAdminClient, *, timers: bool) -> str:
        """What is not done yet; empty where all is."""
        if timers and (due := oracle.overdue(self.reader.log, int(time() * 1000) + 1_000)):
            return f"{len(due)} timers"
        if not await self.reader.at_end():
            return "the reader"
        last = {place: records[-1].offset for place, records in self.reader.log.items() if records}
        for app in topology.APPS:
            committed = await admin.list_consumer_group_offsets(f"{self.system.space}.{app.name}")
            for stage in app.stages:
                for (channel, number), offset in last.items():
                    at = committed.get(TopicPartition(f"{self.system.space}.{channel}", number))
                    # So that none of them will be read again.
                    if channel in stage.inbox and (at is None or at.offset <= offset):
                        return f"app {app.name}"
        rows = await asyncio.to_thread(self.system.rows, "SELECT topic, partition, next FROM projector_offsets")
        projected = {(topic.removeprefix(f"{self.system.space}."), number): following for topic, number, following in rows}
        behind = any(following <= last.get(place, -1) for place, following in projected.items())
        if behind:
            return "the projector"
        return "" if await self.reader.at_end() else "the reader"

    async def _rows(self) -> list[str]:
        async with await psycopg.AsyncConnection.connect(self.system.database) as connection:
            return [line async for line in canonical_dump(connection, self.system.space)]


class AdminOf:
    """An admin client of the system's broker."""

    def __init__(self, system: System) -> None:
        self._client = AIOKafkaAdminClient(**kafka_client_kwargs(system.settings))

    async def __aenter__(self) -> AIOKafkaAdminClient:
        await self._client.start()
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


@contextlib.asynccontextmanager
async def centre(home: Path, *, three: bool = False, keeps: bool = True) -> AsyncIterator[Centre]:
    """A centre with topics and tables and no process yet, on one broker or on three; all ends with the block.

    Every one has the same space and so the same ids. Without `keeps` what it commits is counted only.
    """
    with (
        brokers(home / "kafka") if three else contextlib.nullcontext() as nodes,
        contextlib.nullcontext(nodes.nodes[0]) if nodes else EmbeddedKafka(home / "kafka") as kafka,
        EmbeddedPostgres(home / "postgres") as postgres,
    ):
        system = Replicated(
            (nodes or kafka).bootstrap_servers, postgres.url, "live", home / "ric", environment={"RIC_SESSION_TIMEOUT_S": "6"}
        )
        system.replication = COUNT if three else 1
        await system.install()
        # Patient: where the broker is away it holds on to what it has, in order, and each record arrives once.
        producer = AIOKafkaProducer(**kafka_client_kwargs(system.settings), enable_idempotence=True, acks="all", request_timeout_ms=180_000)
        await producer.start()
        try:
            async with Reader(system, keeps=keeps) as reader:
                place = Centre(kafka, postgres, system, producer, reader, three=nodes)
                try:
                    yield place
                finally:
                    await place.stop()
        finally:
            with contextlib.suppress(KafkaError):
                await producer.stop()

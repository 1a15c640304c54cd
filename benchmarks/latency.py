"""Milliseconds from when a report is due to be sent until a coordinator has it: HTTP POST, and Kafka, to server-sent events.

    python -m benchmarks.latency [--rates 10,200,2000] [--seconds 30] [--seed 1]

The whole centre as real processes: broker, database, worker, projector, clock, gateway. One process, this one, sends the reports and
watches the feed `all` as a coordinator does, so that one clock reads both ends. Reports are new seizures, one to a call or record, with
pauses as independent arrivals have them (exponential, seeded). The time counts from when a report was due, not from when it left: where
the centre or this process falls behind, the wait is in the figures. What was sent in the first 5 seconds of each phase is not counted.

`import`: all the while a backlog on `reports.bulk` is taken in, filled up before each phase; the remark says where it ended before the
phase did. A rate that was not reached, reports that were refused, and events that had not come 30 s after the last one are in the table.
`own cpu` is this process's share of one core: near 100 % the figures are its own. Idle phases begin when the projector has everything.

`floor`: from the same producer to a consumer of the same topic, with nothing between them: what two wake-ups of broker and this process
take on this machine. A report of the way `Kafka` goes through two transactions and the gateway besides, and each of them wakes the broker
six times. Before the first phase the centre works for a minute at 100 reports a second: until then the broker's compiler takes half a core.

Takes some 20 minutes and 10 GB under TMPDIR, most of it for the imports; with `--rates 10,200` a third. The goal at 200 a second: p50 at
most 25 ms, p99 at most 80 ms, during an import no more than twice that.
"""

import argparse
import asyncio
import gc
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic, process_time
from typing import Self

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from benchmarks.centre import measured
from benchmarks.growth import AGENCY, seizures, write
from schemas.report import report_key
from streams.kafka import kafka_client_kwargs
from tests.system import System

WARM_UP_S = 5.0
WARMING, WARMING_S = 100, 30.0
QUIET_S = 30.0
CAUGHT_UP_WITHIN_S = 300.0
IMPORT_PER_SECOND = 2_500
"""More than a worker takes in: the backlog must outlast the phase."""

LINE_LIMIT = 4 * 1024 * 1024
PROJECTED = "SELECT count(*) FROM reports"

Send = Callable[[bytes], Awaitable[bool]]
"""Send one report; whether it was taken."""

Way = Callable[[System, int], AbstractAsyncContextManager[Sequence[Send]]]
"""Ways to send side by side, as many as the rate (a second) needs."""


class Watcher:
    """A coordinator's open feed: when each report was first seen, by its key."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self._awaited: set[str] = set()
        self._came = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def of(cls, system: System) -> AsyncIterator[Self]:
        """Watching for the block. Raises RuntimeError where the feed cannot be had, and in the block's place where it ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", system.port, limit=LINE_LIMIT)
        token = system.token("CARICC", "coordinator", "a.saidova")
        writer.write(f"GET /v1/feeds/all HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(f"the feed cannot be watched: {head!r}")
        watcher = cls()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(watcher._read(reader))
            yield watcher
            task.cancel()
        writer.close()

    def await_(self, keys: set[str]) -> None:
        """Note these from now on, and no others."""
        self.seen, self._awaited = {}, keys

    async def settle(self, number: int, quiet_s: float) -> None:
        """Until so many have been seen, or none has come for so long."""
        while len(self.seen) < number:
            self._came.clear()
            try:
                async with asyncio.timeout(quiet_s):
                    await self._came.wait()
            except TimeoutError:
                return

    async def _read(self, reader: asyncio.StreamReader) -> None:
        # Every event is a chunk of its own, so no line is torn by the chunks' own lines.
        event = b""
        while line := await reader.readline():
            if line.startswith(b"event: "):
                event = line[7:].strip()
            elif line.startswith(b"data: ") and event == b"report":
                self._see(orjson.loads(line[6:]), monotonic())
        raise RuntimeError("the feed ended")

    async def _see_all(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            report = orjson.loads(record.value)
            self._see({"originator": AGENCY, "report_id": report["report_id"]}, monotonic())

    def _see(self, summary: Mapping[str, str], now: float) -> None:
        key = report_key(summary["originator"], summary["report_id"])
        if key in self._awaited:
            self.seen.setdefault(key, now)
            self._came.set()

    @classmethod
    @asynccontextmanager
    async def of_floor(cls, system: System) -> AsyncIterator[Self]:
        """Reading the floor's own topic for the block."""
        watcher, settings = cls(), system.settings
        topic = floor_topic(system)
        admin = AIOKafkaAdminClient(**kafka_client_kwargs(settings))
        await admin.start()
        await admin.create_topics([NewTopic(topic, settings.partitions, 1)])
        await admin.close()
        async with (
            AIOKafkaConsumer(**kafka_client_kwargs(settings), enable_auto_commit=False) as consumer,
            asyncio.TaskGroup() as group,
        ):
            consumer.assign([TopicPartition(topic, number) for number in range(settings.partitions)])
            task = group.create_task(watcher._see_all(consumer))
            yield watcher
            task.cancel()


def floor_topic(system: System) -> str:
    """A topic that nobody of the centre reads."""
    return f"{system.space}.benchmark-floor"


@asynccontextmanager
async def http(system: System, rate: int) -> AsyncIterator[Sequence[Send]]:
    """Connections to the gateway that stay open, as an agency's own system keeps them."""
    token = system.token(AGENCY)
    head = f"POST /v1/reports HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    connections = [await asyncio.open_connection("127.0.0.1", system.port) for _ in range(min(64, 4 + rate // 8))]

    def sender(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Send:
        async def send(body: bytes) -> bool:
            writer.write(b"%sContent-Length: %d\r\n\r\n%s" % (head.encode(), len(body), body))
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = answer.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            return b" 202 " in answer.partition(b"\r\n")[0]

        return send

    try:
        yield [sender(*connection) for connection in connections]
    finally:
        for _, writer in connections:
            writer.close()


def kafka(system: System, rate: int) -> AbstractAsyncContextManager[Sequence[Send]]:
    """The agency's own producer, on its inbound topic."""
    return produced(system, rate, f"{system.space}.inbound.{AGENCY}")


def floor(system: System, rate: int) -> AbstractAsyncContextManager[Sequence[Send]]:
    """The same producer, on the floor's topic."""
    return produced(system, rate, floor_topic(system))


@asynccontextmanager
async def produced(system: System, rate: int, topic: str) -> AsyncIterator[Sequence[Send]]:
    """An idempotent producer that waits for all replicas."""
    async with AIOKafkaProducer(**kafka_client_kwargs(system.settings), acks="all", enable_idempotence=True) as producer:

        async def send(body: bytes) -> bool:
            await producer.send_and_wait(topic, body)
            return True

        yield [send] * min(64, 4 + rate // 8)


WAYS: dict[str, Way] = {"HTTP": http, "Kafka": kafka}
FLOOR = "floor"


@dataclass
class Offer:
    """Reports with the moment (seconds from the start) that each is due; what became of them."""

    bodies: list[bytes]
    due: list[float]
    keys: list[str] = field(init=False)
    taken: dict[int, float] = field(default_factory=dict)
    """When each was taken, in seconds from the start."""

    refused: int = 0
    began: float = 0.0

    def __post_init__(self) -> None:
        self.keys = [report_key(AGENCY, orjson.loads(body)["report_id"]) for body in self.bodies]

    @classmethod
    def of(cls, seed: int, rate: int, seconds: float) -> Self:
        """So many a second on average, for so long."""
        chance, at, due = random.Random(seed), 0.0, list[float]()
        while (at := at + chance.expovariate(rate)) < seconds:
            due.append(at)
        return cls([message.body for message in seizures(seed, len(due), AGENCY)], due)

    async def make(self, senders: Sequence[Send], seconds: float) -> None:
        """Send each when it is due, or as soon after as a sender is free; what is not on its way when the time is over is left.

        A sender whose connection breaks is one less.
        """
        self.began = monotonic() + 0.1
        numbers = iter(range(len(self.bodies)))

        async def work(send: Send) -> None:
            for number in numbers:
                await asyncio.sleep(max(0.0, self.began + self.due[number] - monotonic()))
                if monotonic() > self.began + seconds:
                    return
                try:
                    taken = await send(self.bodies[number])
                except (OSError, EOFError, KafkaError):
                    self.refused += 1
                    return
                if taken:
                    self.taken[number] = monotonic() - self.began
                else:
                    self.refused += 1

        async with asyncio.TaskGroup() as group:
            for send in senders:
                group.create_task(work(send))


async def phase(system: System, watcher: Watcher, way: str, rate: int, seconds: float, seed: int, backlog: "Backlog | None") -> int:
    """Print a line of the table; how many reports were taken."""
    offer = Offer.of(seed, rate, WARM_UP_S + seconds)
    if backlog is not None:
        await backlog.fill(WARM_UP_S + seconds)
    gc.collect()
    gc.freeze()
    watcher.await_(set(offer.keys))
    async with (WAYS | {FLOOR: floor})[way](system, rate) as senders:
        began, cpu = monotonic(), process_time()
        await offer.make(senders, WARM_UP_S + seconds)
        own, left = (process_time() - cpu) / (monotonic() - began), await backlog.left() if backlog is not None else None
    await watcher.settle(len(offer.taken), QUIET_S)
    counted = [number for number, at in offer.taken.items() if at >= WARM_UP_S]
    there = [(number, watcher.seen[offer.keys[number]]) for number in counted if offer.keys[number] in watcher.seen]
    took = sorted(at - offer.began - offer.due[number] for number, at in there)
    unsent = len(offer.due) - len(offer.taken) - offer.refused
    remark = remarks(len(offer.due), unsent, offer.refused, len(counted) - len(took), left)
    show(way, rate, backlog is not None, len(counted) / seconds, took, own, remark)
    return len(offer.taken)


def remarks(due: int, unsent: int, refused: int, missing: int, left: int | None) -> str:
    """What is not as it should be."""
    said = []
    if unsent > 0:
        said.append(f"rate not reached: {unsent:,} of {due:,} not sent")
    if refused:
        said.append(f"{refused:,} refused")
    if missing > 0:
        said.append(f"{missing:,} events had not come")
    if left == 0:
        said.append("the import ended before the phase")
    return "; ".join(said)


def show(way: str, rate: int, importing: bool, sent: float, took: Sequence[float], own: float, remark: str) -> None:
    """A line of the table. Of less than 100 a 99th percentile is the longest."""
    figures = [took[min(len(took) - 1, int(len(took) * share))] * 1e3 if took else float("nan") for share in (0.5, 0.99, 1.0)]
    times = " ".join(f"{figure:>8.1f}" for figure in figures)
    beside = "import" if importing else "idle"
    print(f"{way:>6} {rate:>7,} {beside:>7} {sent:>8,.1f} {len(took):>8,} {times} {own:>8.0%}  {remark}", flush=True)


class Backlog:
    """What an import left on `reports.bulk` for the worker to take in."""

    def __init__(self, system: System, seed: int) -> None:
        self._system, self._seeds = system, itertools.count(seed)

    async def left(self) -> int:
        """Offsets that the worker has not committed yet; the ends of transactions are not among them, for imports have none."""
        settings = self._system.settings
        partitions = [TopicPartition(f"{settings.space}.reports.bulk", number) for number in range(settings.partitions)]
        consumer = AIOKafkaConsumer(**kafka_client_kwargs(settings), group_id=f"{settings.space}.intake", enable_auto_commit=False)
        async with consumer:
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            return sum([end - (await consumer.committed(one) or 0) for one, end in ends.items()])

    async def fill(self, seconds: float) -> None:
        """Enough for so long."""
        wanted = int(seconds * IMPORT_PER_SECOND) - await self.left()
        if wanted <= 0:
            return
        rows = []
        for message in seizures(next(self._seeds), wanted):
            key = report_key(message.agency, orjson.loads(message.body)["report_id"]).encode()
            rows.append((key, message.body, (("ric_agency", message.agency.encode()), ("ric_person", message.person.encode()))))
        await write(self._system.settings, "reports.bulk", rows)


async def projected(system: System, reports: int) -> None:
    """Wait until the store has every report that was taken: what a phase left to do is not in the next one's figures."""
    until = monotonic() + CAUGHT_UP_WITHIN_S
    while (rows := system.rows(PROJECTED)[0][0]) < reports:
        if monotonic() > until:
            print(f"        the store has {rows:,} of {reports:,} reports after {CAUGHT_UP_WITHIN_S:g} s", flush=True)
            return
        await asyncio.sleep(0.5)


async def measure(system: System, rates: Sequence[int], seconds: float, seed: int) -> None:
    """Every phase, the idle ones first."""
    await system.install()
    system.start("worker", "projector", "clock", "gateway")
    system.wait_ready()
    seeds = itertools.count(seed * 1_000)
    async with Watcher.of(system) as watcher:
        taken = 0
        # What a process does for the first time is no phase's figure.
        for open_ in WAYS.values():
            offer = Offer.of(next(seeds), WARMING, WARMING_S)
            watcher.await_(set(offer.keys))
            async with open_(system, WARMING) as senders:
                await offer.make(senders, WARMING_S)
            taken += len(offer.taken)
            await watcher.settle(len(offer.taken), 60)
        titles = ("way", "rate", "beside", "sent/s", "counted", "p50 ms", "p99 ms", "max ms", "own cpu")
        print("{:>6} {:>7} {:>7} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}".format(*titles), flush=True)
        async with Watcher.of_floor(system) as reader:
            for rate in rates:
                await projected(system, taken)
                await phase(system, reader, FLOOR, rate, seconds, next(seeds), None)
        for way, rate in itertools.product(WAYS, rates):
            await projected(system, taken)
            taken += await phase(system, watcher, way, rate, seconds, next(seeds), None)
        await projected(system, taken)
        backlog = Backlog(system, seed * 1_000 + 500)
        for way, rate in itertools.product(WAYS, rates):
            await phase(system, watcher, way, rate, seconds, next(seeds), backlog)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.latency", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rates", default="10,200,2000", help="reports a second (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="counted of each phase (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same reports (default %(default)s)")
    arguments = parser.parse_args()
    rates = [int(rate) for rate in arguments.rates.split(",")]
    print(
        f"from due to a coordinator's feed, {arguments.seconds:g} s counted of each phase, 4 partitions, seed {arguments.seed}", flush=True
    )
    measured(lambda system: measure(system, rates, arguments.seconds, arguments.seed), agencies=(AGENCY,))


if __name__ == "__main__":
    main()

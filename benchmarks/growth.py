"""What a report costs, and how much memory a worker takes, by how many reports the centre knows already.

    python -m benchmarks.growth [--known 10000,100000,1000000] [--reports 20000] [--seed 1]

For each size a fresh broker and a state filled by the engine's own transactions and local store: real state values (of simulated seizures
that went through the stages), every key with a digest and an origin of its own, 250 in a transaction. What the
known reports left in other topics and in the links app's state is not made: a report's cost does not look there.

Then four backlogs, each through a worker started for it and warmed up with other reports; it is stopped (SIGSTOP) while the backlog is
written, so that all of it is processed in full batches and between two readings of its processor time:
`new`: reports never heard of, the reports app alone; `revision`: revisions of known reports chosen at random, the reports app alone,
with its state in the system's memory, where a machine with room keeps it; `cold`: the same with none of it in memory, so that every one
reads from disk; `whole`: reports never heard of, from the kind topics through all apps of one worker.
Figures are processor time of the worker for each, background compaction of its store included as it happens. `rss` is the most that the
worker's process had resident.

Takes some 5 minutes and 2 GB under TMPDIR with the sizes above; `--known 10000000` some 20 minutes and 8 GB (it says so first).
"""

import argparse
import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from time import time
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from benchmarks.flow import fill
from streams import topics
from streams.engine.effects import Emit, Headers, Record, Remember
from streams.engine.state import LocalStore, Overlay
from streams.engine.topics import key_hash, partition_counts
from streams.engine.transaction import NO_HEADERS, Outgoing, Transactor
from streams.kafka import kafka_client_kwargs
from streams.local.kafka import EmbeddedKafka
from streams.local.process import spawn, stop, tail
from streams.reference.agencies import Agencies
from streams.reference.load import load
from streams.settings import Settings
from streams.simulate.__main__ import cast
from streams.simulate.traffic import Cast, Message, Traffic
from streams.stages import deduplicate, intake
from streams.stages.memory import Memory, recall, remember

SPACE, APP, PARTITIONS, AGENCY = "bench", "reports", 4, "TJ-DCA"
TEMPLATES = 1_000
WARM_UP = 0.2
"""Reports to warm a worker up, as a share of those measured."""

FILLED_AT_ONCE = 250
"""Reports made known in a transaction."""

UNTIDY = ("compaction-pending", "num-running-compactions")
STALLED_S = 120.0
FILL_US, FILL_BYTES = 60.0, 700
"""Microseconds and bytes of disk to make one report known, seen on two virtual cores: for the announcement of a long run alone."""

Row = tuple[bytes, bytes, Headers]
"""Key, value, headers."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of the worker for each report (microseconds), and the most memory that its process had (bytes)."""

    us: float
    rss: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many reports, each of which leads to one receipt, and how they are written."""

    reports: int
    write: Callable[[], Awaitable[None]]


def seizures(seed: int, number: int, agency: str | None = None) -> list[Message]:
    """New seizures, each of its own, all in the past and some 600 a day, as a region has. With `agency`, all are its own."""
    minutes = count()
    began = datetime.now(UTC) - timedelta(minutes=6 * number)
    agencies: Cast = cast(Agencies())
    if agency is not None:
        agencies = {country: (agency, *others) for country, others in agencies.items()}
    traffic = Traffic(seed, agencies, lambda: began + timedelta(minutes=next(minutes) / 2))
    chosen = (one for one in traffic if one.about == "seizure" and agency in (None, one.agency))
    return list(islice(chosen, number))


def known_id(number: int) -> str:
    """The report id of a known report of `AGENCY`."""
    return f"2026-{number:08d}"


def corrections(seed: int, number: int, known: int, revision: int) -> list[bytes]:
    """This revision of known reports chosen at random."""
    chosen = random.Random(seed).sample(range(known), min(number, known))
    bodies = []
    for which, message in zip(chosen, seizures(seed, len(chosen), AGENCY), strict=True):
        report = orjson.loads(message.body)
        report |= {"report_id": known_id(which), "revision": revision, "correction": {"reason": "weighed again"}}
        bodies.append(orjson.dumps(report))
    return bodies


def enriched(bodies: Iterable[bytes]) -> list[Emit]:
    """What intake makes of them: records of `reports.enriched`."""
    stage, at = intake.stage(load), int(time() * 1000)
    emits = []
    for offset, body in enumerate(bodies):
        agency = orjson.loads(body)["handling"]["originator"]
        headers = (("ric_agency", agency.encode()), ("ric_person", b"officer"))
        record = Record("seizures", f"{SPACE}.seizures", 0, offset, None, body, headers, at)
        made = [effect for effect in stage.decide(record, Overlay(None)) if isinstance(effect, Emit)]
        if [emit.channel for emit in made] != ["reports.enriched"]:
            raise SystemExit(f"intake refuses a simulated seizure: {made}")
        emits += made
    return emits


def memories(seed: int) -> list[Memory]:
    """What the reports app remembers of simulated seizures."""
    stage, made = deduplicate.stage(), []
    for offset, emit in enumerate(enriched(message.body for message in seizures(seed, TEMPLATES, AGENCY))):
        state = Overlay({})
        record = Record("reports.enriched", f"{SPACE}.reports.enriched", 0, offset, emit.key, emit.value, emit.headers, int(time() * 1000))
        state.changes |= {effect.key: effect.value for effect in stage.decide(record, state) if isinstance(effect, Remember)}
        made.append(recall(emit.key, state))
    return made


class Known:
    """One partition of the reports app, written as its worker would: transactions to the changelog, then the local store."""

    def __init__(self, settings: Settings, cluster: str, partition: int) -> None:
        app_id, source = f"{SPACE}.{APP}", TopicPartition(f"{SPACE}.reports.enriched", partition)
        self._changelog = TopicPartition(f"{SPACE}.{APP}.changelog", partition)
        self._transactor = Transactor(source, app_id, kafka_client_kwargs(settings), 60.0)
        self._store = LocalStore(settings.data_dir / "state" / app_id / str(partition), f"{cluster}/{self._changelog.topic}/{partition}")
        self._changes: list[Outgoing] = []

    async def open(self) -> None:
        """As when the partition is assigned."""
        await self._transactor.fence()
        self._store.open()

    async def put(self, key: bytes, value: bytes | None) -> None:
        """One change of state."""
        self._changes.append((key, value, NO_HEADERS, 0))
        if len(self._changes) == FILLED_AT_ONCE:
            await self.commit()

    async def commit(self) -> None:
        """Everything put since the last time, with offset 0 of the inbox: nothing of it has been read."""
        changes, self._changes = self._changes, []
        end = await self._transactor.commit({}, self._changelog, changes, 0)
        if end is not None:
            self._store.apply(((key, value) for key, value, _, _ in changes), end)

    async def close(self) -> None:
        """When the store has nothing more to tidy: the worker must not do it in the time that is measured."""
        await self.commit()
        while any(self._store._open.property_int_value(f"rocksdb.{name}") for name in UNTIDY):  # noqa: ASYNC110 - its threads tell nobody
            await asyncio.sleep(0.05)
        self._store.close()
        await self._transactor.close()


async def know(settings: Settings, known: int, seed: int) -> None:
    """Make so many reports known to the reports app: changelog, committed offsets, local state."""
    cluster, _ = await partition_counts(kafka_client_kwargs(settings))
    partitions = [Known(settings, cluster, partition) for partition in range(PARTITIONS)]
    for partition in partitions:
        await partition.open()
    templates = memories(seed)
    for number in range(known):
        key = f"{AGENCY}/{known_id(number)}".encode()
        memory = templates[number % TEMPLATES]
        digest = hashlib.sha256(b"%d/%d" % (seed, number)).hexdigest()
        memory.first, memory.lies_at = {"1": [digest, f"{SPACE}.seizures/{number % PARTITIONS}/{number // PARTITIONS}"]}, number
        for change in remember(key, memory):
            await partitions[key_hash(key) % PARTITIONS].put(change.key, change.value)
    for partition in partitions:
        await partition.close()


async def write(settings: Settings, channel: str, rows: Iterable[Row]) -> None:
    """Put records on a keyed channel, each in its key's partition."""
    held: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        held[key_hash(row[0]) % settings.partitions].append(row)
    async with AIOKafkaProducer(**kafka_client_kwargs(settings), acks="all", max_batch_size=512 * 1024) as producer:
        for partition, mine in held.items():
            batch = producer.create_batch()
            for key, value, headers in mine:
                if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
                    await producer.send_batch(batch, f"{settings.space}.{channel}", partition=partition)
                    batch = producer.create_batch()
                    batch.append(key=key, value=value, timestamp=None, headers=list(headers))
            await producer.send_batch(batch, f"{settings.space}.{channel}", partition=partition)
        await producer.flush()


def start_worker(settings: Settings, log: Path, apps: str = "") -> subprocess.Popen[bytes]:
    """A worker as an operator starts it, of the apps named, or of all."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "RIC_SPACE": settings.space,
        "RIC_DATA_DIR": str(settings.data_dir),
        "RIC_KAFKA_BOOTSTRAP_SERVERS": str(settings.kafka_bootstrap_servers),
        "RIC_PARTITIONS": str(settings.partitions),
        "RIC_APPS": apps,
    }
    return spawn([sys.executable, "-m", "faust", "-A", "streams.app", "worker", "-l", "info"], log=log, env=environment)


@contextmanager
def working(settings: Settings, log: Path, apps: str = "") -> Any:
    """A worker for the block; ended as an operator would."""
    worker = start_worker(settings, log, apps)
    try:
        yield worker
    finally:
        stop(worker, (signal.SIGTERM, 20))


@asynccontextmanager
async def receipts(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """A reader of the receipts that are written from now on."""
    partitions = [TopicPartition(f"{settings.space}.receipts", number) for number in range(settings.partitions)]
    consumer = AIOKafkaConsumer(**kafka_client_kwargs(settings), isolation_level="read_committed", enable_auto_commit=False)
    async with consumer:
        consumer.assign(partitions)
        for partition, end in (await consumer.end_offsets(partitions)).items():
            consumer.seek(partition, end)
        yield consumer


async def drain(consumer: AIOKafkaConsumer, number: int, worker: subprocess.Popen[bytes], log: Path) -> int:
    """Wait for so many receipts; the most memory that the worker was seen to have, in bytes."""
    process, seen, rss = psutil.Process(worker.pid), 0, 0
    loop = asyncio.get_running_loop()
    heard = loop.time()
    while seen < number:
        got = sum(len(records) for records in (await consumer.getmany(timeout_ms=200)).values())
        if worker.poll() is not None or loop.time() - heard > STALLED_S:
            raise SystemExit(f"the worker ended, or wrote nothing for {STALLED_S:g} s, at {seen} of {number}:\n{tail(log)}")
        if got:
            heard, seen, rss = loop.time(), seen + got, max(rss, process.memory_info().rss)
    return rss


def in_memory(settings: Settings) -> None:
    """Have the system keep the state's files in memory: some machines page out within a minute what nobody touches."""
    for file in _state(settings):
        file.read_bytes()


def on_disk(settings: Settings) -> None:
    """Have the system keep nothing of the state's files in memory."""
    for file in _state(settings):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _state(settings: Settings) -> list[Path]:
    return list((settings.data_dir / "state").rglob("*.sst"))


async def cost(
    settings: Settings, log: Path, apps: str, warm_up: Backlog, backlog: Backlog, state: Callable[[Settings], None] = in_memory
) -> Cost:
    """One worker, its warm-up, and its backlog; `state` is done to the files of its state right before."""
    async with receipts(settings) as consumer:
        await warm_up.write()
        with working(settings, log, apps) as worker:
            await drain(consumer, warm_up.reports, worker, log)
            worker.send_signal(signal.SIGSTOP)
            try:
                await backlog.write()
                state(settings)
                began = _cpu(worker)
            finally:
                worker.send_signal(signal.SIGCONT)
            rss = await drain(consumer, backlog.reports, worker, log)
            return Cost((_cpu(worker) - began) / backlog.reports * 1e6, rss)


def _cpu(worker: subprocess.Popen[bytes]) -> float:
    times = psutil.Process(worker.pid).cpu_times()
    return float(times.user + times.system)


async def measure(home: Path, known: int, number: int, seed: int) -> tuple[Mapping[str, Cost], int]:
    """The four costs at this size, and the bytes of state on the worker's disk."""
    with EmbeddedKafka(home / "kafka") as kafka:
        settings = Settings(space=SPACE, data_dir=home / "ric", kafka_bootstrap_servers=kafka.bootstrap_servers, partitions=PARTITIONS)
        await topics.apply(settings)
        await know(settings, known, seed)
        disk = sum(file.stat().st_size for file in (settings.data_dir / "state").rglob("*") if file.is_file())

        def inbox(bodies: Sequence[bytes]) -> Backlog:
            rows = [(emit.key, emit.value or b"", emit.headers) for emit in enriched(bodies)]
            return Backlog(len(rows), lambda: write(settings, "reports.enriched", rows))

        def kinds(messages: list[Message]) -> Backlog:
            return Backlog(len(messages), lambda: fill(settings, messages))

        warm = max(1, int(number * WARM_UP))
        new = [message.body for message in seizures(seed + 1, warm + number)]
        again = corrections(seed + 2, warm + number, known, 2)
        cold = corrections(seed + 4, warm + number, known, 3)
        warm_again = len(again) * warm // (warm + number)
        everything = seizures(seed + 3, warm + number)
        return {
            "new": await cost(settings, home / "new.log", APP, inbox(new[:warm]), inbox(new[warm:])),
            "revision": await cost(settings, home / "revision.log", APP, inbox(again[:warm_again]), inbox(again[warm_again:])),
            "cold": await cost(settings, home / "cold.log", APP, inbox(cold[:warm_again]), inbox(cold[warm_again:]), on_disk),
            "whole": await cost(settings, home / "whole.log", "", kinds(everything[:warm]), kinds(everything[warm:])),
        }, disk


def announce(sizes: Sequence[int]) -> None:
    """What a long run will take."""
    for known in sizes:
        if known >= 5_000_000:
            minutes, gigabytes = known * FILL_US / 6e7, known * FILL_BYTES / 1e9
            print(f"{known:,} known: expect {minutes:.0f} minutes to fill them in, {gigabytes:.0f} GB of disk", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--known", default="10000,100000,1000000", help="sizes, smallest first (default %(default)s)")
    parser.add_argument("--reports", type=int, default=20_000, help="reports measured at each size and backlog (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same reports (default %(default)s)")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.known.split(",")]
    announce(sizes)
    print(f"microseconds of worker a report, {arguments.reports:,} of each, seed {arguments.seed}; in brackets the ratio to the first size")
    titles = ("known ids", "new", "revision", "cold", "whole", "rss reports", "rss whole", "state")
    print("{:>12} {:>14} {:>14} {:>14} {:>14} {:>14} {:>12} {:>10}".format(*titles), flush=True)
    first: Mapping[str, Cost] = {}
    for known in sizes:
        with tempfile.TemporaryDirectory() as home:
            costs, disk = asyncio.run(measure(Path(home), known, arguments.reports, arguments.seed))
        first = first or costs
        shown = [f"{cost.us:>7.0f} ({cost.us / first[name].us:4.2f})" for name, cost in costs.items()]
        alone, whole = max(costs["new"].rss, costs["revision"].rss) / 1e6, costs["whole"].rss / 1e6
        print(f"{known:>12,} {' '.join(shown)} {alone:>11.0f} MB {whole:>9.0f} MB {disk / 1e6:>7.0f} MB", flush=True)


if __name__ == "__main__":
    main()

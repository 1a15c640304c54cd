"""The real flow step by step: a backlog of all kinds through intake, reports, links and into the store, each step alone and in turn.

`python -m benchmarks.steps [reports] [seed]`. Real Kafka and PostgreSQL, the real processes, exactly once. A step is done when its group
has read all that stood in its inbox; the clock and processor time run from its first commit on, so that start-up is not counted.
Beside each step stands its floor: reading the same records as JSON and writing them again. 200 000 reports take some five minutes.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic, process_time

import orjson
import psutil
import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from benchmarks.flow import backlog, codec_floor, fill
from streams import topics
from streams.kafka import kafka_client_kwargs
from streams.local.kafka import EmbeddedKafka
from streams.local.postgres import EmbeddedPostgres
from streams.local.process import spawn, stop
from streams.settings import Settings
from streams.simulate.traffic import Message
from streams.store.migrations import migrate

KINDS = ("seizures", "controlled-deliveries", "intelligence", "assistance-requests", "laboratory-results")
SAMPLE = 5_000
MARKERS = 32
"""Offsets at a partition's end that may be no records: the ends of the last transactions, of which several may have written to it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One process and what it reads. `app` is the worker's; the store's projector keeps its offsets in the database."""

    name: str
    inbox: tuple[str, ...]
    app: str | None


STEPS = (
    Step("intake", KINDS, "intake"),
    Step("reports", ("reports.enriched",), "reports"),
    Step("links", ("sightings",), "links"),
    Step("store", ("reports.current", "receipts", "incidents", "reports.rejected"), None),
)

Position = dict[TopicPartition, int]


async def ends(settings: Settings, step: Step) -> Position:
    """Where each partition of the step's inbox ends."""
    partitions = [TopicPartition(f"{settings.space}.{channel}", number) for channel in step.inbox for number in range(settings.partitions)]
    async with AIOKafkaConsumer(**kafka_client_kwargs(settings)) as consumer:
        found: Position = await consumer.end_offsets(partitions)
    return found


async def floor(settings: Settings, step: Step) -> tuple[float, float]:
    """Microseconds to read a record of the inbox as JSON and to write it again, and its bytes, by the first records of each topic."""
    values: list[bytes] = []
    async with AIOKafkaConsumer(
        **kafka_client_kwargs(settings), isolation_level="read_committed", auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign(list(await ends(settings, step)))
        while len(values) < SAMPLE and (fetched := await consumer.getmany(timeout_ms=2_000)):
            values += [record.value for records in fetched.values() for record in records if record.value]
    began = process_time()
    for value in values:
        try:
            orjson.dumps(orjson.loads(value))
        except orjson.JSONDecodeError:
            continue
    return (process_time() - began) / len(values) * 1e6, sum(map(len, values)) / len(values)


def spent(root: psutil.Process) -> float:
    """Seconds of processor time of a process and its children."""
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


async def watch(
    step: Step, until: Position, reached: Callable[[], Awaitable[Position]], processes: list[psutil.Process], log: Path
) -> tuple[float, float, list[float]]:
    """Records and seconds from the first commit to the last, and the seconds of processor time of each process meanwhile."""
    began, at_first, spent_at_first = 0.0, 0, [0.0] * len(processes)
    while True:
        now = await reached()
        done = sum(min(now.get(partition, 0), end) for partition, end in until.items())
        if done and not began:
            began, at_first, spent_at_first = monotonic(), done, [spent(process) for process in processes]
        if all(now.get(partition, 0) >= end - MARKERS for partition, end in until.items()):
            took = [spent(process) - before for process, before in zip(processes, spent_at_first, strict=True)]
            return done - at_first, monotonic() - began, took
        if not processes[0].is_running() or processes[0].status() == psutil.STATUS_ZOMBIE:
            raise SystemExit(f"{step.name} ended: see {log}")
        await asyncio.sleep(0.2)


@contextmanager
def running(step: Step, settings: Settings, kafka: EmbeddedKafka, database: EmbeddedPostgres, log: Path) -> Iterator[psutil.Process]:
    """The step's own process."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "RIC_SPACE": settings.space,
        "RIC_DATA_DIR": str(settings.data_dir),
        "RIC_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "RIC_DATABASE_URL": database.url,
        "RIC_PARTITIONS": str(settings.partitions),
        "RIC_APPS": step.app or "",
    }
    module = ["faust", "-A", "streams.app", "worker", "-l", "warn"] if step.app else ["streams.store.projector"]
    process = spawn([sys.executable, "-m", *module], log=log, env=environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        stop(process)


async def committed(settings: Settings, app: str) -> Position:
    """Where the app's group stands."""
    admin = AIOKafkaAdminClient(**kafka_client_kwargs(settings))
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(f"{settings.space}.{app}")
    except GroupCoordinatorNotAvailableError:
        return {}
    finally:
        await admin.close()
    return {partition: at.offset for partition, at in offsets.items()}


async def projected(database: EmbeddedPostgres, space: str) -> Position:
    """Where the projector stands."""
    try:
        async with await psycopg.AsyncConnection.connect(database.url) as connection:
            found = await connection.execute(f'SELECT topic, partition, next FROM "{space}".projector_offsets')
            return {TopicPartition(topic, partition): following for topic, partition, following in await found.fetchall()}
    except psycopg.errors.UndefinedTable:
        return {}


async def measure(settings: Settings, kafka: EmbeddedKafka, database: EmbeddedPostgres, home: Path, count: int) -> None:
    """Run the steps in turn and print a line for each."""
    for step in STEPS:
        until = await ends(settings, step)
        at_least, size = await floor(settings, step)
        log = home / f"{step.name}.log"
        with running(step, settings, kafka, database, log) as process:
            servers = [psutil.Process(server) for server in (kafka.pid, database.pid) if server is not None]

            async def reached(step: Step = step) -> Position:
                return await committed(settings, step.app) if step.app else await projected(database, settings.space)

            records, seconds, took = await watch(step, until, reached, [process, *servers], log)
        if not records:
            raise SystemExit(f"{step.name} read everything before it could be looked at: measure with more reports")
        own, broker, base = (each / records * 1e6 for each in took)
        share = sum(until.values()) / count
        print(
            f"{step.name:<9}{records / seconds:>10,.0f}{own:>10.1f}{broker:>9.1f}{base:>9.1f}{at_least:>9.1f}{own / at_least:>7.1f}"
            f"{share:>9.2f}{size:>8.0f}",
            flush=True,
        )


async def run(messages: list[Message], home: Path) -> None:
    """Fill a broker and measure."""
    with EmbeddedKafka(home / "kafka") as kafka, EmbeddedPostgres(home / "postgres") as database:
        settings = Settings(space="bench", data_dir=home / "ric", kafka_bootstrap_servers=kafka.bootstrap_servers, partitions=4)
        await topics.apply(settings)
        migrate(database.url, settings.space)
        await fill(settings, messages)
        await measure(settings, kafka, database, home, len(messages))


def main(count: int = 200_000, seed: int = 1) -> None:
    """Print the table."""
    messages = backlog(count, seed)
    strictly = codec_floor(list(islice(messages, SAMPLE)))
    print(f"backlog of {count:,} reports of all kinds, seed {seed}; reading a report strictly and writing it again: {strictly:.1f} us")
    print("step     records/s    own us broker us  base us floor us  ratio a report   bytes", flush=True)
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(run(messages, Path(home)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""A backlog through one worker: from the kind topics to the deduplicated topic, beside its floor, the codec loop alone.

`python -m benchmarks.flow [reports] [seed]`. Real Kafka, the real worker process, exactly once. The clock runs from the first receipt to
the last, so that start-up is not counted; processor time is the worker's own, from its start.
"""

import asyncio
import itertools
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, process_time

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import murmur2
from pydantic import ValidationError

from schemas.channels import KIND_CHANNELS
from schemas.report import report_key
from schemas.reports import read_report
from streams import topics
from streams.kafka import kafka_client_kwargs
from streams.local.kafka import EmbeddedKafka
from streams.local.process import spawn, stop
from streams.reference.agencies import Agencies
from streams.settings import Settings
from streams.simulate.__main__ import cast
from streams.simulate.traffic import Message, Traffic


@dataclass(frozen=True, slots=True)
class Result:
    """Reports a second over the run, and the worker's processor time for each, in microseconds."""

    reports: int
    per_second: float
    cpu_us: float


def backlog(count: int, seed: int) -> list[Message]:
    """Everything that a centre lives with: new, again, corrected, withdrawn, from two agencies, malformed; some 600 reports a day.

    Were all of one day, the matching of one seizure with another would find hundreds of candidates for each, as no region has.
    """
    minutes = itertools.count()
    began = datetime.now(UTC) - timedelta(minutes=4 * count)
    traffic = Traffic(seed, cast(Agencies()), lambda: began + timedelta(minutes=next(minutes)))
    return list(itertools.islice(traffic, count))


def codec_floor(messages: list[Message]) -> float:
    """Microseconds to read a report strictly and to write it again, with nothing else."""
    began = process_time()
    for message in messages:
        try:
            read_report(message.body)
            orjson.dumps(orjson.loads(message.body))
        except (ValidationError, orjson.JSONDecodeError):
            continue
    return (process_time() - began) / len(messages) * 1e6


def _where(message: Message, partitions: int) -> tuple[str, int, bytes]:
    try:
        report = orjson.loads(message.body)
        key = report_key(report["handling"]["originator"], report["report_id"]).encode()
        channel = KIND_CHANNELS[report.get("withdraws") or report["kind"]]
    except orjson.JSONDecodeError:
        key, channel = message.agency.encode(), "seizures"
    return channel, (murmur2(key) & 0x7FFFFFFF) % partitions, key


async def fill(settings: Settings, messages: list[Message]) -> None:
    """Put the backlog on the kind topics, as the gateway would."""
    by_partition: defaultdict[tuple[str, int], list[tuple[bytes, Message]]] = defaultdict(list)
    for message in messages:
        channel, partition, key = _where(message, settings.partitions)
        by_partition[channel, partition].append((key, message))
    async with AIOKafkaProducer(**kafka_client_kwargs(settings), acks="all", max_batch_size=512 * 1024) as producer:
        for (channel, partition), held in by_partition.items():
            batch = producer.create_batch()
            for key, message in held:
                headers = [("ric_agency", message.agency.encode()), ("ric_person", message.person.encode())]
                if batch.append(key=key, value=message.body, timestamp=None, headers=headers) is None:
                    await producer.send_batch(batch, f"{settings.space}.{channel}", partition=partition)
                    batch = producer.create_batch()
                    batch.append(key=key, value=message.body, timestamp=None, headers=headers)
            await producer.send_batch(batch, f"{settings.space}.{channel}", partition=partition)
        await producer.flush()


async def drain(settings: Settings, count: int, worker: psutil.Process) -> Result:
    """Count receipts, one for each report, until all are there."""
    consumer = AIOKafkaConsumer(
        **kafka_client_kwargs(settings), isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False
    )
    async with consumer:
        partitions = [TopicPartition(f"{settings.space}.receipts", number) for number in range(settings.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        seen, first_at, first = 0, 0.0, 0
        while seen < count:
            got = sum(len(records) for records in (await consumer.getmany(timeout_ms=1000)).values())
            if got and not seen:
                first_at, first = monotonic(), got
            seen += got
            if not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE:
                raise SystemExit("the worker ended: see its log")
        elapsed = monotonic() - first_at
    times = worker.cpu_times()
    return Result(count, (count - first) / elapsed, (times.user + times.system) / count * 1e6)


async def measure(messages: list[Message], home: Path) -> Result:
    """One run on a fresh broker."""
    with EmbeddedKafka(home / "kafka") as kafka:
        settings = Settings(space="bench", data_dir=home / "ric", kafka_bootstrap_servers=kafka.bootstrap_servers, partitions=4)
        await topics.apply(settings)
        await fill(settings, messages)
        environment = {
            "PATH": "/usr/bin:/bin",
            "RIC_SPACE": settings.space,
            "RIC_DATA_DIR": str(settings.data_dir),
            "RIC_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "RIC_PARTITIONS": "4",
        }
        command = [sys.executable, "-m", "faust", "-A", "streams.app", "worker", "-l", "warn"]
        worker = spawn(command, log=home / "worker.log", env=environment)
        try:
            return await drain(settings, len(messages), psutil.Process(worker.pid))
        finally:
            stop(worker)


def main(count: int = 60_000, seed: int = 1, runs: int = 3) -> None:
    """Print the table."""
    messages = backlog(count, seed)
    size = sum(len(message.body) for message in messages) / count
    print(f"backlog of {count:,} reports of all kinds, {size:.0f} bytes each, seed {seed}; 4 partitions, one worker, exactly once")
    print(f"{'run':>4} {'reports/s':>10} {'worker cpu µs':>14} {'codec floor µs':>15} {'ratio':>6}")
    for run in range(1, runs + 1):
        floor = codec_floor(messages)
        with tempfile.TemporaryDirectory() as home:
            result = asyncio.run(measure(messages, Path(home)))
        print(f"{run:>4} {result.per_second:>10,.0f} {result.cpu_us:>14.1f} {floor:>15.1f} {result.cpu_us / floor:>6.1f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

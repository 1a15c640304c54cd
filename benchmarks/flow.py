"""A backlog through one worker: from the kind topics to the deduplicated topic, beside its floor, the codec loop alone.

`python -m benchmarks.flow [reports] [seed] [runs]`. Real Kafka, the real worker process, exactly once; each run on a copy of one filled
broker. First the apps that lead to the deduplicated topic, then all of them. The clock runs from the first receipt to the last, and
processor time over the same stretch, so that start-up is not counted. 60 000 reports take about a minute a run.
"""

import asyncio
import itertools
import shutil
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
    """Reports a second, and the processor time of worker and broker for each, in microseconds."""

    per_second: float
    worker_us: float
    broker_us: float


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


async def drain(settings: Settings, count: int, worker: psutil.Process, broker: psutil.Process) -> Result:
    """Count receipts, one for each report, until all are there."""
    consumer = AIOKafkaConsumer(
        **kafka_client_kwargs(settings), isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False
    )
    async with consumer:
        partitions = [TopicPartition(f"{settings.space}.receipts", number) for number in range(settings.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        seen = first = 0
        began, spent = 0.0, (0.0, 0.0)
        while seen < count:
            got = sum(len(records) for records in (await consumer.getmany(timeout_ms=1000)).values())
            if got and not seen:
                first, began, spent = got, monotonic(), (_spent(worker), _spent(broker))
            seen += got
            if not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE:
                raise SystemExit("the worker ended: see its log")
        done, elapsed = count - first, monotonic() - began
    return Result(done / elapsed, (_spent(worker) - spent[0]) / done * 1e6, (_spent(broker) - spent[1]) / done * 1e6)


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _settings(home: Path, kafka: EmbeddedKafka) -> Settings:
    return Settings(space="bench", data_dir=home / "ric", kafka_bootstrap_servers=kafka.bootstrap_servers, partitions=4)


async def prepare(messages: list[Message], home: Path) -> None:
    """A broker with the backlog on it, stopped again."""
    with EmbeddedKafka(home / "kafka") as kafka:
        settings = _settings(home, kafka)
        await topics.apply(settings)
        await fill(settings, messages)


async def measure(count: int, filled: Path, home: Path, apps: str) -> Result:
    """One run on a copy of the filled broker."""
    shutil.copytree(filled / "kafka", home / "kafka")
    with EmbeddedKafka(home / "kafka") as kafka:
        settings = _settings(home, kafka)
        environment = {
            "PATH": "/usr/bin:/bin",
            "RIC_SPACE": settings.space,
            "RIC_DATA_DIR": str(settings.data_dir),
            "RIC_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "RIC_PARTITIONS": "4",
            "RIC_APPS": apps,
        }
        command = [sys.executable, "-m", "faust", "-A", "streams.app", "worker", "-l", "warn"]
        worker = spawn(command, log=home / "worker.log", env=environment)
        try:
            assert kafka.pid is not None
            return await drain(settings, count, psutil.Process(worker.pid), psutil.Process(kafka.pid))
        finally:
            stop(worker)


def main(count: int = 60_000, seed: int = 1, runs: int = 3) -> None:
    """Print the table."""
    messages = backlog(count, seed)
    size = sum(len(message.body) for message in messages) / count
    print(f"backlog of {count:,} reports of all kinds, {size:.0f} bytes each, seed {seed}; 4 partitions, one worker, exactly once")
    print(f"{'run':>4} {'apps':<18} {'reports/s':>10} {'worker us':>10} {'broker us':>10} {'codec floor us':>15} {'ratio':>6}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder)
        asyncio.run(prepare(messages, filled))
        for run in range(1, runs + 1):
            for apps in ("intake,reports", ""):
                floor = codec_floor(messages)
                with tempfile.TemporaryDirectory() as home:
                    result = asyncio.run(measure(count, filled, Path(home), apps))
                figures = f"{result.per_second:>10,.0f} {result.worker_us:>10.1f} {result.broker_us:>10.1f} {floor:>15.1f}"
                print(f"{run:>4} {apps or 'all':<18} {figures} {result.worker_us / floor:>6.1f}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""J1 by every peer, side by side: `python -m benchmarks.j1 [events] [rounds] [part of a peer's name]`.

Each run has a fresh copy of one filled broker. The clock runs from a fifth of the outputs to the last, so that start-up and the first
compilation are nobody's loss; processor time is that of the peer's processes over the same stretch. Peers take turns to be first.
"""

import asyncio
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import monotonic, process_time

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.j1.job import PARTITIONS, digest, enriched, events, written
from benchmarks.j1.peers import Peer, environment, java_command, peers, quix_python
from streams.engine.topics import key_hash
from streams.local.kafka import EmbeddedKafka
from streams.local.process import spawn, stop

SEED = 1
SKIPPED = 0.2
STALLED_S = 60.0
TOPICS = ("in", "out", "refused", "j1.changelog")


@dataclass(frozen=True, slots=True)
class Run:
    """Events a second; processor time of peer and broker for each event, in microseconds; outputs that were there twice."""

    per_second: float
    peer_us: float
    broker_us: float
    doubled: int


def main(count: int = 200_000, rounds: int = 5, only: str = "") -> None:
    """Print the table."""
    messages = list(events(count, SEED))
    floor = codec_floor(messages[:20_000])
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    print(f"J1: {count:,} events, seed {SEED}, {PARTITIONS} partitions; {datetime.now(UTC):%Y-%m-%d}, commit {commit or 'unknown'}")
    print(f"{platform.machine()}, {psutil.cpu_count()} cores, Python {platform.python_version()}, pydantic {version('pydantic')}")
    print(f"floor: the codec loop alone {floor:.1f} us an event, {1e6 / floor:,.0f}/s", flush=True)
    results: defaultdict[tuple[str, str], list[Run]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        quix, java = quix_python(), java_command(home / "classes")
        filled = {}
        for share in (1.0, 0.1):
            filled[share] = home / f"filled-{share}"
            with EmbeddedKafka(filled[share]) as kafka:
                asyncio.run(fill(kafka.bootstrap_servers, messages[: int(count * share)]))
        chosen = [peer for peer in peers("", home, quix, java) if only.lower() in peer.name.lower()]
        for round_ in range(1, rounds + 1):
            # Whoever comes first finds the machine as the last one left it: take turns.
            for peer in chosen[round_ % len(chosen) :] + chosen[: round_ % len(chosen)]:
                run = once(peer, home / "run", filled[peer.share], messages[: int(count * peer.share)], quix, java)
                results[peer.name, peer.guarantee].append(run)
                print(f"  round {round_}: {peer.name}, {peer.guarantee}: {run.per_second:,.0f}/s", file=sys.stderr, flush=True)
    table(results, floor)


def codec_floor(messages: list[tuple[bytes, bytes]]) -> float:
    """Microseconds of the job's own code for an event, with no engine around it: the best of three."""
    best = float("inf")
    for _ in range(3):
        began = process_time()
        for _, body in messages:
            written(body, enriched(body))
            digest(body)
        best = min(best, (process_time() - began) / len(messages) * 1e6)
    return best


async def fill(broker: str, messages: list[tuple[bytes, bytes]]) -> None:
    """Make the topics and put the events on them, by the partitioner that everybody uses."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    compacted = {"cleanup.policy": "compact"}
    await admin.create_topics(
        [NewTopic(f"j1.{name}", PARTITIONS, 1, topic_configs=compacted if "changelog" in name else {}) for name in TOPICS]
    )
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=broker, acks="all", max_batch_size=512 * 1024) as producer:
        batches = [producer.create_batch() for _ in range(PARTITIONS)]
        for key, value in messages:
            number = key_hash(key) % PARTITIONS
            if batches[number].append(key=key, value=value, timestamp=None) is None:
                await producer.send_batch(batches[number], "j1.in", partition=number)
                batches[number] = producer.create_batch()
                batches[number].append(key=key, value=value, timestamp=None)
        for number, batch in enumerate(batches):
            await producer.send_batch(batch, "j1.in", partition=number)
        await producer.flush()


def once(peer: Peer, home: Path, filled: Path, messages: list[tuple[bytes, bytes]], quix: Path, java: tuple[str, ...]) -> Run:
    """One run of one peer on a copy of the filled broker."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(filled, home / "kafka")
    with EmbeddedKafka(home / "kafka") as kafka:
        broker = kafka.bootstrap_servers
        started = next(one for one in peers(broker, home / "state", quix, java) if (one.name, one.guarantee) == (peer.name, peer.guarantee))
        running = [
            spawn(list(started.command), log=home / f"peer-{number}.log", env=environment(started)) for number in range(peer.processes)
        ]
        try:
            assert kafka.pid is not None
            processes = [psutil.Process(process.pid) for process in running]
            return asyncio.run(drain(broker, messages, processes, psutil.Process(kafka.pid), peer))
        except Stalled as stalled:
            log = (home / "peer-0.log").read_text(errors="replace")[-2_000:]
            raise SystemExit(f"{peer.name}, {peer.guarantee}: {stalled}\n{log}") from None
        finally:
            for process in running:
                stop(process)


class Stalled(RuntimeError):
    """A peer wrote nothing for a minute with outputs missing."""


async def drain(broker: str, messages: list[tuple[bytes, bytes]], running: list[psutil.Process], kafka: psutil.Process, peer: Peer) -> Run:
    """Clock the outputs as they are written, then count those that are committed.

    Quix Streams commits every five seconds and we every few milliseconds: clocked by commits, a short run would say more of that than
    of the work done.
    """
    guaranteed = peer.guarantee != "none"
    wanted = len({key for key, _ in messages}) if guaranteed else len(messages)
    keys: set[bytes] = set()
    seen = first = 0
    began = ended = 0.0
    at_start = at_end = (0.0, 0.0)
    async for records in _outputs(broker, "read_uncommitted"):
        seen += len(records)
        keys.update(record.key for record in records)
        now, spent = monotonic(), (_spent(running), _spent([kafka]))
        if not first and seen > wanted * SKIPPED:
            first, began, at_start = seen, now, spent
        ended, at_end = now, spent
        if (len(keys) if guaranteed else seen) >= wanted:
            break
    keys.clear()
    committed = 0
    async for records in _outputs(broker, "read_committed"):
        committed += len(records)
        keys.update(record.key for record in records)
        if not guaranteed or len(keys) == wanted:
            break
    done = (seen - first) * len(messages) / wanted
    peer_us, broker_us = ((after - before) / done * 1e6 for before, after in zip(at_start, at_end, strict=True))
    return Run(done / (ended - began), peer_us, broker_us, committed - len(keys) if guaranteed else 0)


async def _outputs(broker: str, isolation: str) -> AsyncIterator[list[ConsumerRecord]]:
    """All outputs from the first on. Raises Stalled after a minute without one."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, isolation_level=isolation, enable_auto_commit=False, max_partition_fetch_bytes=4 * 1024 * 1024
    )
    async with consumer:
        partitions = [TopicPartition("j1.out", number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        last = monotonic()
        while monotonic() - last < STALLED_S:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                last = monotonic()
                yield records
    raise Stalled("no output for a minute, with some missing")


def _spent(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))


def table(results: dict[tuple[str, str], list[Run]], floor: float) -> None:
    """Medians, least and most, and ratios to Quix Streams and to the codec loop."""
    quix = results.get(("Quix Streams", "exactly-once"))
    base = median(run.per_second for run in quix) if quix else None
    print("\n| peer | guarantee | events/s, median | least to most | x Quix | peer us | broker us | x codec floor | doubled |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (name, guarantee), runs in sorted(results.items(), key=lambda item: -median(run.per_second for run in item[1])):
        rates = sorted(run.per_second for run in runs)
        middle, peer_us, broker_us = median(rates), median(run.peer_us for run in runs), median(run.broker_us for run in runs)
        ratio = "" if base is None else f"{middle / base:.2f}"
        print(
            f"| {name} | {guarantee} | {middle:,.0f} | {rates[0]:,.0f} to {rates[-1]:,.0f} | {ratio} | {peer_us:.1f} | {broker_us:.1f} "
            f"| {peer_us / floor:.1f} | {max(run.doubled for run in runs):,} |"
        )


if __name__ == "__main__":
    main(*[int(text) for text in sys.argv[1:3]], *sys.argv[3:4])

"""Seconds from a worker's start to the first report that it processes, with a million keys of state behind it.

    python -m benchmarks.recovery [--keys 1000000] [--rounds 3] [--seed 1]

The whole worker, one process, four partitions, on a real broker; state and changelog as `benchmarks.growth` makes them (real values of
some 360 bytes, 250 in a transaction). Before each start twenty new reports are written to the kind topics. The clock runs from the start
of the process to the first receipt of one of them, and to the last; `all` is when every partition of every app works, by the worker's log.
`restoring` is what that says of the slowest partition.

Four cases: the worker's disk is there or lost, all of it; the worker before was ended (SIGTERM) or killed (SIGKILL). A worker that finds
on its disk which member of the group was killed tells the group; without its disk the broker gives it the partitions only when the session
of the dead one is over, 10 s by default: that is waiting, not work. The disk is warm: what the system keeps in memory of the files stays
there.

Takes some 3 minutes with a million keys, 1 GB under TMPDIR; `--keys 10000` is a look that takes one.
"""

import argparse
import asyncio
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path
from time import monotonic

from aiokafka import AIOKafkaConsumer

from benchmarks.flow import fill
from benchmarks.growth import PARTITIONS, SPACE, know, receipts, seizures, start_worker
from streams import topics
from streams.local.kafka import EmbeddedKafka
from streams.local.process import stop, tail
from streams.settings import Settings
from streams.topology import APPS

PROBES = 20
STALLED_S = 300.0
_GIVEN = re.compile(r"(\S+) is given (.+?) *$", re.MULTILINE)
_READY = re.compile(r"(\S+/\d+): ready at offset")
_RESTORED = re.compile(r"(\d+) changes of state restored in ([\d.]+) s")


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds to the first and last probe and until all apps work; changes restored, and the seconds of the slowest partition."""

    first_s: float
    last_s: float
    all_s: float
    restored: int
    restoring_s: float


async def answered(consumer: AIOKafkaConsumer, began: float, worker: subprocess.Popen[bytes], log: Path) -> Recovery:
    """Wait for a receipt of each probe."""
    times: list[float] = []
    all_s = 0.0
    while len(times) < PROBES or not all_s:
        found = await consumer.getmany(timeout_ms=20)
        times += [monotonic() - began] * sum(len(records) for records in found.values())
        all_s = all_s or (monotonic() - began if _all_work(tail(log, 1_000)) else 0.0)
        if worker.poll() is not None or monotonic() - began > STALLED_S:
            raise SystemExit(f"the worker ended, or has not answered {PROBES} reports in {STALLED_S:g} s:\n{tail(log)}")
    restored = _RESTORED.findall(tail(log, 1_000))
    slowest = max((float(took) for _, took in restored), default=0.0)
    return Recovery(times[0], times[-1], all_s, sum(int(number) for number, _ in restored), slowest)


def _all_work(said: str) -> bool:
    given = dict(_GIVEN.findall(said))
    return len(given) == len(APPS) and set(", ".join(given.values()).split(", ")) <= set(_READY.findall(said))


async def measure(home: Path, keys: int, rounds: int, seed: int) -> None:
    """Print a line for each case and round."""
    with EmbeddedKafka(home / "kafka") as kafka:
        settings = Settings(space=SPACE, data_dir=home / "ric", kafka_bootstrap_servers=kafka.bootstrap_servers, partitions=PARTITIONS)
        await topics.apply(settings)
        began = monotonic()
        await know(settings, keys, seed)
        print(f"{keys:,} keys written in {monotonic() - began:.0f} s, seed {seed}", flush=True)
        titles = ("round", "worker before", "disk", "first s", "last s", "all s", "restored", "restoring s")
        print("{:>5} {:>14} {:>6} {:>8} {:>7} {:>7} {:>10} {:>12}".format(*titles), flush=True)
        seeds = iter(count(seed + 1))
        # One start that is not counted: the interpreter's compiled files, and a member of the group to follow.
        worker, _ = await recovered(settings, home / "warm-up.log", None, signal.SIGTERM, lost=False, seeds=seeds)
        try:
            for round_, end, lost in product(range(1, rounds + 1), (signal.SIGTERM, signal.SIGKILL), (False, True)):
                log = home / f"{round_}-{end.name}-{lost}.log"
                worker, took = await recovered(settings, log, worker, end, lost=lost, seeds=seeds)
                before, disk = "ended" if end == signal.SIGTERM else "killed", "lost" if lost else "there"
                times = f"{took.first_s:>8.1f} {took.last_s:>7.1f} {took.all_s:>7.1f} {took.restored:>10,} {took.restoring_s:>12.1f}"
                print(f"{round_:>5} {before:>14} {disk:>6} {times}", flush=True)
        finally:
            stop(worker)


async def recovered(
    settings: Settings, log: Path, before: subprocess.Popen[bytes] | None, end: signal.Signals, *, lost: bool, seeds: Iterator[int]
) -> tuple[subprocess.Popen[bytes], Recovery]:
    """End the worker that runs, start the next, and measure it."""
    async with receipts(settings) as consumer:
        probes = seizures(next(seeds), PROBES)
        if before is not None:
            stop(before, (end, 20))
        if lost:
            shutil.rmtree(settings.data_dir)
        await fill(settings, probes)
        began = monotonic()
        worker = start_worker(settings, log)
        try:
            return worker, await answered(consumer, began, worker, log)
        except BaseException:
            stop(worker)
            raise


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recovery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=1_000_000, help="keys in the changelog (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="starts of each case (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same reports (default %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(measure(Path(home), arguments.keys, arguments.rounds, arguments.seed))


if __name__ == "__main__":
    main()

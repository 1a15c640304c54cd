"""What a transaction of one record costs: this engine's, and the same by aiokafka's transactional producer, on one broker.

    python -m benchmarks.transactions [--count 1500] [--rounds 3]

Each transaction writes 800 bytes to two topics and a changelog and commits one offset, as a stage's does for one report. By turns from one
source partition, from four at once and from eight. Milliseconds from begin to end of one, and microseconds of processor time for each, of
this process and of the broker. The first round is the broker's warming up and not counted. Takes a minute.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from time import monotonic, process_time

import psutil
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.engine.transaction import Outgoing, Transactor
from streams.local.kafka import EmbeddedKafka

PARTITIONS = 8
AT_ONCE = (1, 4, 8)
WARM_UP = 20
GROUP = "bench.relay"
VALUE = b"x" * 800
TOPICS = ("in", "receipts", "out", "changelog")

Commit = Callable[[int], Awaitable[None]]
"""Commit the batch that ends before this offset."""


async def ours(bootstrap: str, partition: int) -> tuple[Commit, Callable[[], Awaitable[None]]]:
    """The engine's."""
    transactor = Transactor(TopicPartition("in", partition), GROUP, {"bootstrap_servers": bootstrap}, 30.0)
    await transactor.fence()
    record: Outgoing = (b"k", VALUE, [], 1)

    async def commit(offset: int) -> None:
        outputs = {("receipts", partition): [record], ("out", partition): [record]}
        await transactor.commit(outputs, TopicPartition("changelog", partition), [record], offset)

    return commit, transactor.close


async def aiokafkas(bootstrap: str, partition: int) -> tuple[Commit, Callable[[], Awaitable[None]]]:
    """The library's."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"peer.{partition}", retry_backoff_ms=5)
    await producer.start()

    async def commit(offset: int) -> None:
        async with producer.transaction():
            await asyncio.gather(*[await producer.send(topic, VALUE, b"k", partition=partition) for topic in TOPICS[1:]])
            await producer.send_offsets_to_transaction({TopicPartition("in", partition): offset}, GROUP)

    return commit, producer.stop


async def measure(count: int, rounds: int) -> None:
    """Print a line for each width: medians over the rounds."""
    with tempfile.TemporaryDirectory() as home, EmbeddedKafka(Path(home) / "kafka") as kafka:
        assert kafka.pid is not None
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        await admin.start()
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in TOPICS])
        await admin.close()
        figures: dict[tuple[int, str], list[tuple[float, float, float]]] = {}
        for turn in range(rounds + 1):
            for width in AT_ONCE:
                for name, make in (("aiokafka", aiokafkas), ("ric", ours)):
                    made = [await make(kafka.bootstrap_servers, partition) for partition in range(width)]
                    figure = await timed([commit for commit, _ in made], count // width, kafka.pid)
                    for _, close in made:
                        await close()
                    if turn:
                        figures.setdefault((width, name), []).append(figure)
        print(f"{count:,} transactions, {rounds} rounds\nat once  by        ms each  a second  own us  broker us")
        for (width, name), rows in figures.items():
            took, own, broker = (median(column) for column in zip(*rows, strict=True))
            print(f"{width:>7}  {name:<8} {took * 1e3:>8.2f} {width / took:>9.0f} {own * 1e6:>7.0f} {broker * 1e6:>10.0f}")


def cpu_seconds(process: int) -> float:
    """Processor time that it has taken."""
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


async def timed(commits: list[Commit], each: int, broker: int) -> tuple[float, float, float]:
    """Seconds from begin to end of a transaction; processor seconds for each, of this process and of the broker."""

    async def work(commit: Commit, first: int, last: int) -> None:
        for offset in range(first, last):
            await commit(offset)

    await asyncio.gather(*(work(commit, 1, WARM_UP) for commit in commits))
    began, own, brokers = monotonic(), process_time(), cpu_seconds(broker)
    await asyncio.gather(*(work(commit, WARM_UP, WARM_UP + each) for commit in commits))
    number = each * len(commits)
    return (monotonic() - began) / each, (process_time() - own) / number, (cpu_seconds(broker) - brokers) / number


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transactions", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=1_500, help="transactions a round and width (default 1500)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that are counted (default 3)")
    args = parser.parse_args()
    asyncio.run(measure(args.count, args.rounds))


if __name__ == "__main__":
    main()

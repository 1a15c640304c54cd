"""What a broker cannot give: one partition that is damaged on its disk or has no leader stops neither its app nor the apps beside it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.answers import known_ends
from streams.engine.topics import key_hash
from streams.local.kafka import EmbeddedKafka
from streams.local.process import free_port
from tests.broker.engine_bench import PARTITIONS, started
from tests.system import PATIENT_S


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """One whose disk the test may damage."""
    with EmbeddedKafka(tmp_path_factory.mktemp("damaged")) as kafka:
        yield kafka


def replace(broker: EmbeddedKafka, place: TopicPartition, old: bytes, new: bytes) -> None:
    (log,) = (broker.data_dir / "log" / f"{place.topic}-{place.partition}").glob("*.log")
    stored = log.read_bytes()
    assert stored.count(old) == 1
    with log.open("r+b") as file:
        file.seek(stored.index(old))
        file.write(new)


async def test_a_partition_with_a_damaged_batch_is_parked_alone_and_goes_on_from_a_good_copy(broker: EmbeddedKafka, tmp_path: Path) -> None:
    async with started(broker.bootstrap_servers, "damaged", tmp_path) as bench:
        place = TopicPartition(bench.topic("in"), key_hash(b"k") % PARTITIONS)
        other = next(key for key in (b"k%d" % n for n in range(100)) if key_hash(key) % PARTITIONS != place.partition)
        for value in (b"before", b"damaged", b"after"):
            await bench.publish("in", [(b"k", value)])
        replace(broker, place, b"damaged", b"dAmaged")
        worker = bench.start_worker(RIC_METRICS_PORT=str(port := free_port()))
        said = f"{place.topic}/{place.partition}: offset 1 cannot be read: "
        await worker._until(lambda: said in worker.output(), "said what is damaged")
        assert "set it to offset 2 with kafka-consumer-groups" in worker.output()
        await bench.publish("in", [(other, b"beside")])
        await bench.publish("mid", [(b"k", b"another app's")])
        assert {answer["of"] for answer in await bench.read("counted", 3)} == {"before", "beside", "another app's"}
        async with httpx.AsyncClient() as client, asyncio.timeout(PATIENT_S):
            # One look at the log's ends that is answered late makes an app unready for a while.
            while (ready := (await client.get(f"http://127.0.0.1:{port}/readyz")).json())["damaged.counter"] != "ok":
                await asyncio.sleep(0.1)
            metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
        assert ready["damaged.relay"].startswith(f"parked: {said}")
        assert sum(line.startswith("ric_partition_parked{") and line.endswith(" 1.0") for line in metrics.splitlines()) == 1
        assert await worker.stop() == 0
        replace(broker, place, b"dAmaged", b"damaged")
        worker = bench.start_worker()
        assert [answer["of"] for answer in await bench.read("counted", 5)][3:] == ["damaged", "after"]
        assert await worker.stop() == 0
        state = TopicPartition(bench.topic("counter.changelog"), key_hash(other) % PARTITIONS)
        replace(broker, state, other, other.upper())
        bench.lose_disk()
        worker = bench.start_worker()
        said = f"{state.topic}/{state.partition}: offset 0 cannot be read: "
        await worker._until(lambda: said in worker.output(), "said what state is damaged")
        assert "`ric replay --state counter --apply`" in worker.output()
        await bench.publish("in", [(b"k", b"goes on")])
        assert (await bench.read("counted", 6))[-1]["n"] == 5


async def test_where_a_partition_without_a_leader_ends_is_not_known_and_of_the_others_it_is(kafka: str, space: str, tmp_path: Path) -> None:
    async with started(kafka, space, tmp_path) as bench:
        await bench.publish("in", [(b"k", b"v")])
        filled = TopicPartition(bench.topic("in"), key_hash(b"k") % PARTITIONS)
        # To who asks, a partition that there is not is one without a leader.
        without = TopicPartition(bench.topic("in"), PARTITIONS)
        consumer = AIOKafkaConsumer(bootstrap_servers=kafka, isolation_level="read_committed")
        await consumer.start()
        try:
            found = await known_ends(consumer, [without, *(TopicPartition(filled.topic, n) for n in range(PARTITIONS))], within_s=2.0)
        finally:
            await consumer.stop()
        assert found == {TopicPartition(filled.topic, n): int(n == filled.partition) for n in range(PARTITIONS)}

"""The fence: of two owners of a partition only the newer one can commit."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import TopicPartition

from streams.engine.transaction import Outgoing, TransactionFailed, Transactor
from tests.broker.engine_bench import Bench, started


@pytest.fixture
async def bench(kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with started(kafka, space, tmp_path_factory.mktemp("fence")) as bench:
        yield bench


def transactor(bench: Bench) -> Transactor:
    source = TopicPartition(bench.topic("in"), 0)
    return Transactor(source, f"{bench.space}.relay", {"bootstrap_servers": bench.kafka}, 10.0)


async def test_a_predecessor_cannot_commit_after_its_successors_fence(bench: Bench) -> None:
    old, new, counted = transactor(bench), transactor(bench), (bench.topic("counted"), 0)
    await old.fence()
    await old.commit({counted: [(b"k", b'{"by": "old"}', [], 1)]}, None, (), 1)
    await new.fence()
    with pytest.raises(TransactionFailed):
        await old.commit({counted: [(b"k", b'{"by": "zombie"}', [], 1)]}, None, (), 2)
    await new.commit({counted: [(b"k", b'{"by": "new"}', [], 1)]}, None, (), 2)
    assert [answer["by"] for answer in await bench.read("counted", 2)] == ["old", "new"]
    assert len(await bench.all_records("counted")) == 2
    await old.close()
    await new.close()


async def test_the_changelogs_end_is_told(bench: Bench) -> None:
    one, changelog = transactor(bench), TopicPartition(bench.topic("counter.changelog"), 0)
    await one.fence()
    large: list[Outgoing] = [(b"%d" % n, b"x" * 60_000, [], 1) for n in range(25)]
    assert await one.commit({}, changelog, large, 1) == 25
    # A transaction's marker takes an offset too.
    assert await one.commit({}, changelog, large[:3], 2) == 29
    assert await one.commit({}, changelog, (), 3) is None
    await one.close()

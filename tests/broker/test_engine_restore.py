"""Old local state: believed while it has everything, rebuilt where a change is missing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from streams.engine.state import LocalStore, Mark, restore
from streams.engine.transaction import NO_HEADERS, Outgoing, Transactor
from tests.broker.engine_bench import Bench, started

IDENTITY = "cluster/changelog/0"


@pytest.fixture
async def bench(kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with started(kafka, space, tmp_path_factory.mktemp("restore")) as bench:
        yield bench


def owning(bench: Bench) -> Transactor:
    return Transactor(TopicPartition(bench.topic("in"), 0), f"{bench.space}.counter", {"bootstrap_servers": bench.kafka}, 10.0)


async def commit(bench: Bench, changelog: TopicPartition, *keys: bytes) -> int:
    """One transaction of the changelog's owner; the offset after its last change."""
    owner = owning(bench)
    changes: list[Outgoing] = [(key, b"1", NO_HEADERS, 1) for key in keys]
    await owner.fence()
    try:
        end = await owner.commit({}, changelog, changes, 1)
    finally:
        await owner.close()
    assert end is not None
    return end


async def restored(bench: Bench, store: LocalStore, changelog: TopicPartition) -> int:
    """As a worker restores: after the fence, before which a transaction that was committed may still want its marker."""
    owner = owning(bench)
    await owner.fence()
    await owner.close()
    return await restore(store, changelog, {"bootstrap_servers": bench.kafka})


def years_old(root: Path, next_offset: int) -> LocalStore:
    """A store that has the changelog up to `next_offset`, with one key of its own that shows whether it was kept, untouched for years."""
    store = LocalStore(root, IDENTITY)
    store.open()
    store.apply([(b"a", b"1"), (b"only here", b"1")], next_offset)
    store.mark = Mark(next_offset, 0.0)
    return store


async def test_old_state_that_has_everything_is_kept(bench: Bench, tmp_path: Path) -> None:
    changelog = TopicPartition(bench.topic("counter.changelog"), 0)
    store = years_old(tmp_path, await commit(bench, changelog, b"a"))
    assert await restored(bench, store, changelog) == 0
    assert store.get(b"only here") == b"1"
    store.close()


async def test_old_state_that_misses_a_change_is_rebuilt(bench: Bench, tmp_path: Path) -> None:
    changelog = TopicPartition(bench.topic("counter.changelog"), 0)
    store = years_old(tmp_path, await commit(bench, changelog, b"a"))
    await commit(bench, changelog, b"b")
    assert await restored(bench, store, changelog) == 2
    assert (store.get(b"a"), store.get(b"b"), store.get(b"only here")) == (b"1", b"1", None)
    store.close()

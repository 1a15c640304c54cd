"""A rolling upgrade: the next release of a stage takes over from the present one under load, and for a while both work."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator

import pytest

from tests.broker.engine_bench import PARTITIONS, Bench, started
from tests.system import PATIENT_S

KEYS = 40
OVERLAP = 1_000


@pytest.fixture
async def bench(kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with started(kafka, space, tmp_path_factory.mktemp("upgrade")) as bench:
        yield bench


class Load:
    """Records, numbered from 0, a few hundred a second until `stop`."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._stopped = asyncio.Event()
        self._task = asyncio.create_task(self._run())
        self.published = 0

    async def _run(self) -> None:
        while not self._stopped.is_set():
            numbers = range(self.published, self.published + 20)
            await self._bench.publish("in", [(b"k%d" % (n % KEYS), b"%d" % n) for n in numbers])
            self.published += 20
            await asyncio.sleep(0.05)

    async def until(self, published: int) -> None:
        """Return when so many are published."""
        async with asyncio.timeout(PATIENT_S):
            while self.published < published:
                assert not self._task.done(), self._task
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        self._stopped.set()
        await self._task


async def test_the_next_release_takes_over_under_load_and_nothing_is_lost_or_doubled(bench: Bench) -> None:
    load = Load(bench)
    old = bench.start_worker()
    everything = set(range(PARTITIONS))
    await old.owns(bench.topic("mid"), everything)
    await load.until(OVERLAP)
    await bench.read("counted", OVERLAP)

    new = bench.start_worker(RELEASE="2")
    await new.owns_some(bench.topic("mid"), PARTITIONS // 2)
    await old.owns_some(bench.topic("mid"), PARTITIONS // 2)
    both_from = load.published
    await load.until(both_from + OVERLAP)
    await bench.read("counted", both_from + OVERLAP)

    assert await old.stop() == 0
    await new.owns(bench.topic("mid"), everything)
    new_from = load.published
    await load.until(new_from + OVERLAP)
    await load.stop()

    answers = await bench.read("counted", load.published)
    assert Counter(int(answer["of"]) for answer in answers) == Counter(range(load.published))
    assert len(await bench.all_records("counted")) == len(await bench.all_records("mid")) == load.published
    counts: dict[bytes, list[int]] = defaultdict(list)
    for answer in answers:
        counts[answer["key"]].append(answer["n"])
    # Each release went on counting where the other had stopped.
    assert counts == {b"k%d" % key: list(range(1, len(range(key, load.published, KEYS)) + 1)) for key in range(KEYS)}

    release = {int(answer["of"]): answer.get("release", 1) for answer in answers}
    assert {release[n] for n in range(OVERLAP)} == {1}
    assert {release[n] for n in range(both_from, both_from + OVERLAP)} == {1, 2}
    assert {release[n] for n in range(new_from, load.published)} == {2}

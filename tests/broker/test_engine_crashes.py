"""Exactly once, whatever ends a worker: SIGKILL at every step of the protocol, and at random moments under load.

A seed repeats who is killed after how long, not where in its work it is by then.
"""

import asyncio
import os
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.broker.engine_bench import Bench, started

STEPS = (
    *(("counter", step) for step in ("begun", "outputs", "changelog", "offsets", "committed", "unapplied")),
    ("relay", "outputs"),
    ("relay", "committed"),
)
KEYS = 40
QUICK = {"RIC_SESSION_TIMEOUT_S": "3"}


@pytest.fixture
async def bench(kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with started(kafka, space, tmp_path_factory.mktemp("crashes")) as bench:
        yield bench


def traffic(first: int, number: int) -> list[tuple[bytes, bytes]]:
    return [(b"k%d" % (n % KEYS), b"%d" % n) for n in range(first, first + number)]


def check_exactly_once(answers: list[dict[str, Any]], published: int) -> None:
    """Each record counted once, and each key's counts are those of an undisturbed run: 1, 2, 3 …"""
    assert Counter(answer["of"] for answer in answers) == Counter(str(n) for n in range(published))
    counts: dict[bytes, list[int]] = defaultdict(list)
    for answer in answers:
        counts[answer["key"]].append(answer["n"])
    assert counts == {b"k%d" % key: list(range(1, len(range(key, published, KEYS)) + 1)) for key in range(KEYS)}


async def state(bench: Bench) -> dict[bytes | None, bytes | None]:
    """What the changelog says in the end."""
    records = sorted(await bench.all_records("counter.changelog"), key=lambda record: (record.partition, record.offset))
    return {record.key: record.value for record in records}


async def check(bench: Bench, published: int) -> None:
    answers = await bench.read("counted", published)
    check_exactly_once(answers, published)
    # Nothing comes after what was expected, and the state is the undisturbed run's.
    assert len(await bench.all_records("counted")) == len(await bench.all_records("mid")) == published
    assert await state(bench) == {b"k%d" % key: b"%d" % len(range(key, published, KEYS)) for key in range(KEYS)}


async def test_a_kill_at_any_step_of_the_protocol_loses_and_doubles_nothing(bench: Bench) -> None:
    published = 0
    for app, step in STEPS:
        await bench.publish("in", traffic(published, 100))
        published += 100
        # On a machine that is too busy a worker may end by itself first, as it should.
        while await bench.start_worker(RIC_FAULT=f"{app}/{step}=SIGKILL", **QUICK).ended() != -9:
            pass
    async with bench.supervised(1, **QUICK):
        await check(bench, published)


async def test_kills_at_random_moments_under_load_lose_and_double_nothing(bench: Bench) -> None:
    seed = int(os.environ.get("TEST_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {seed}: run again with TEST_SEED={seed}")
    moments = random.Random(seed)
    kills, published = 6, 12_000

    async def load() -> None:
        for first in range(0, published, 100):
            await bench.publish("in", traffic(first, 100))
            await asyncio.sleep(0.1)

    async with bench.supervised(2, **QUICK) as running:
        loading = asyncio.create_task(load())
        for _ in range(kills):
            await asyncio.sleep(moments.uniform(1.0, 4.0))
            running[moments.randrange(2)].kill()
        await loading
        await check(bench, published)


async def test_who_is_started_where_one_was_killed_tells_its_groups_so(bench: Bench) -> None:
    await bench.publish("in", traffic(0, 100))
    worker = bench.start_worker()
    for app in ("counter", "relay"):
        await worker.said(f"{bench.space}.{app} is given {bench.space}.")
    worker.kill()
    assert await worker.ended() == -9
    successor = bench.start_worker()
    for app in ("counter", "relay"):
        await successor.said(f"{bench.space}.{app}: the group is told that whoever worked here before has ended")
    await check(bench, 100)


async def test_a_worker_that_lost_its_partitions_in_mid_transaction_cannot_end_it(bench: Bench) -> None:
    """A zombie: frozen for longer than its session, it goes on with a transaction whose records its successor has processed."""
    await bench.publish("in", traffic(0, 400))
    zombie = bench.start_worker(RIC_FAULT="counter/changelog=SIGSTOP", **QUICK)
    await zombie.frozen()
    async with bench.supervised(1, **QUICK):
        await bench.read("counted", 400)
        zombie.thaw()
        assert await zombie.ended() == 70
        assert "worker ends: " in zombie.output()
        await bench.publish("in", traffic(400, 400))
        await check(bench, 800)

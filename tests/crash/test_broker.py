"""A broker that goes away under load, in order, by SIGKILL or because its disk is full: nothing is lost, and no offset is ahead."""

import asyncio
import random
import resource
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from tests.crash.centre import Centre, centre
from tests.crash.conftest import LONG
from tests.crash.forking import Zygote
from tests.crash.load import Sent

TIMES = 5 if LONG else 1


async def stopped(place: Centre) -> None:
    await asyncio.to_thread(place.kafka.stop)


async def killed(place: Centre) -> None:
    await asyncio.to_thread(place.kafka.kill)


async def full(place: Centre) -> None:
    """No file may grow any more, which a broker takes as it takes a full disk: what it cannot store it refuses, and it ends."""
    assert place.kafka.pid is not None
    psutil.Process(place.kafka.pid).rlimit(psutil.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    await place.until(lambda: place.kafka.pid is None, "the broker ends because it cannot write")
    await killed(place)


async def started_again(place: Centre) -> None:
    await asyncio.to_thread(place.kafka.prepare)
    # In this thread, which lives as long as the broker should.
    place.kafka.spawn()
    await asyncio.to_thread(place.kafka.wait_ready)


async def test_a_broker_that_goes_away_and_comes_back_changes_nothing(
    tmp_path: Path, zygote: Zygote, messages: list[Sent], seed: int
) -> None:
    moments = random.Random(seed)
    disturbances: list[Callable[[Centre], Awaitable[None]]] = [stopped, killed, full] * TIMES
    async with centre(tmp_path, zygote) as place:
        place.system.start("projector")
        place.join("worker")
        place.join("clock")
        segment = len(messages) // len(disturbances) + 1
        for number, disturb in enumerate(disturbances):
            async with place.under_load(messages[number * segment : (number + 1) * segment], moments):
                await disturb(place)
                await asyncio.sleep(moments.uniform(0, 3))
                await started_again(place)
        await place.check()
        # It waits for the broker, or it ends and says why.
        print("ended:", place.ends)
        assert place.said("worker", "worker ends: ") == sum(end.startswith("worker") for end in place.ends)

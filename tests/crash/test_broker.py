"""A broker that goes away under load, in order, by SIGKILL or because its disk is full, or that stands still again and again, and three of
which one after the other is killed: nothing is lost, and no offset is ahead.

A slow disk is played by a broker that is stopped (SIGSTOP) for up to a second and a half at a time, heartbeats and reads included: no block
device is slowed here.

`TEST_LONG=1` for the three brokers, and for five rounds of the one.
"""

import asyncio
import os
import random
import resource
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil

from tests.crash import oracle
from tests.crash.brokers import COUNT, Brokers, until_whole
from tests.crash.centre import PATIENT_S, Centre, centre
from tests.crash.conftest import LONG
from tests.crash.load import Sent

TIMES = 5 if LONG else 1
PAUSES = 8


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


async def stalled(place: Centre) -> None:
    """Stops for up to a second and a half at a time: everything asked of the broker in between waits that long."""
    assert place.kafka.pid is not None
    for number in range(PAUSES):
        os.kill(place.kafka.pid, signal.SIGSTOP)
        await asyncio.sleep(0.3 + 1.2 * number / PAUSES)
        os.kill(place.kafka.pid, signal.SIGCONT)
        await asyncio.sleep(0.3)


async def started_again(place: Centre) -> None:
    if place.kafka.pid is not None:
        return
    await asyncio.to_thread(place.kafka.prepare)
    # In this thread, which lives as long as the broker should.
    place.kafka.spawn()
    await asyncio.to_thread(place.kafka.wait_ready, PATIENT_S)


async def test_a_broker_that_goes_away_or_stalls_and_comes_back_changes_nothing(tmp_path: Path, messages: list[Sent], seed: int) -> None:
    moments = random.Random(seed)
    disturbances: list[Callable[[Centre], Awaitable[None]]] = [stopped, stalled, killed, full] * TIMES
    async with centre(tmp_path) as place:
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
        oracle.guarded(place.reader.log)
        # It waits for the broker, or it ends and says why.
        print("ended:", place.ends)
        assert place.said("worker", "worker ends: ") == sum(end.startswith("worker") for end in place.ends)


async def killed_in_turn(place: Centre, three: Brokers, load: Sequence[Sent], moments: random.Random) -> None:
    """Each node is killed while it leads partitions that are being written, and comes back before the next."""
    led = []
    segment = len(load) // COUNT + 1
    for number, node in enumerate(three.nodes):
        await until_whole(three)
        led.append(await three.leading(number))
        async with place.under_load(load[number * segment : (number + 1) * segment], moments):
            await asyncio.to_thread(node.kill)
            # Long enough for the other two to notice, and for work to go on with what is left.
            await asyncio.sleep(moments.uniform(4, 8))
            await asyncio.to_thread(node.prepare)
            node.spawn()
            await asyncio.to_thread(node.wait_ready, PATIENT_S)
    print("partitions that each node led when it was killed:", led)
    assert all(led)
    await until_whole(three)


if LONG:

    async def test_three_brokers_killed_in_turn_change_nothing(tmp_path: Path, messages: list[Sent], seed: int) -> None:
        async with centre(tmp_path, three=True) as place:
            assert place.three is not None
            place.join("projector")
            place.join("worker")
            place.join("clock")
            await killed_in_turn(place, place.three, messages, random.Random(seed))
            await place.check()
            oracle.guarded(place.reader.log)
            print("ended:", place.ends)

"""A worker killed at any step of the protocol, or at any moment, leaves what an undisturbed run leaves, and readers see each output once.

Five random kills; with TEST_LONG set sixty.
"""

import asyncio
import random
import signal
from pathlib import Path

from streams import topology
from streams.local.process import ended, tail
from streams.simulate.traffic import Message
from tests.crash.centre import APPS, FAILED, Centre, Outcome, centre, check_same
from tests.crash.conftest import LONG

KILLS = 60 if LONG else 5

# In an order in which each app soon has passed something on: the next one is killed meanwhile.
STEPS = ("committed", "unapplied", "begun", "outputs", "changelog", "offsets")


async def killed_at_each_step(place: Centre, app: str) -> None:
    """Run the app alone in a worker that dies at one step after the other, and then in one that works."""
    name = f"worker-{app}"
    for step in STEPS:
        while True:
            place.system.start(name, RIC_APPS=app, RIC_FAULT=f"{app}/{step}=SIGKILL")
            code = await ended(place.system.processes.pop(name))
            if code == -signal.SIGKILL:
                break
            # On a machine that is too busy a worker may end by itself first, as it should.
            assert code == FAILED, tail(place.system.log(name), 30)
    place.join(name, RIC_APPS=app)


async def test_a_kill_at_every_step_of_every_app_changes_nothing(tmp_path: Path, messages: list[Message], undisturbed: Outcome) -> None:
    async with centre(tmp_path) as place:
        place.system.start("projector")
        place.join("worker", RIC_APPS=",".join(app.name for app in topology.APPS if app.name not in APPS))
        publishing = asyncio.create_task(place.publish(messages))
        async with asyncio.timeout(300):
            await asyncio.gather(*(killed_at_each_step(place, app) for app in APPS))
        await publishing
        check_same(await place.outcome(), undisturbed)


async def test_kills_at_random_moments_change_nothing(tmp_path: Path, messages: list[Message], undisturbed: Outcome, seed: int) -> None:
    moments = random.Random(seed)
    async with centre(tmp_path) as place:
        place.system.start("projector")
        place.join("worker")
        segment = len(messages) // KILLS + 1
        for first in range(0, len(messages), segment):
            async with place.under_load(messages[first : first + segment], moments):
                await asyncio.sleep(moments.random() * 0.2)
                await place.kill("worker")
        check_same(await place.outcome(), undisturbed)
        assert len(place.ends) >= KILLS, place.ends

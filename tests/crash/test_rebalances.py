"""Workers that come, go and freeze under load: partitions change hands, and nothing is lost or counted twice."""

import asyncio
import random
import signal
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import psutil

from streams.local.process import ended, tail
from tests.crash.centre import FAILED, READY, Centre, centre
from tests.crash.conftest import LONG
from tests.crash.forking import Zygote
from tests.crash.load import Sent
from tests.system import PATIENT_S

PER_SECOND = 100
CHANGES = 3
MOST_WORKERS = 3
INBOXES = {"intake": "seizures", "reports": "reports.enriched", "links": "sightings", "deliveries": "deliveries.inbox"}

# Steps inside the transaction: a worker that slept through its session there must not be able to end it.
ZOMBIES = [("reports", "offsets"), ("intake", "outputs")]
if LONG:
    ZOMBIES = [(app, step) for app in INBOXES for step in ("begun", "outputs", "changelog", "offsets")]


async def test_workers_that_come_and_go_under_load_change_nothing(tmp_path: Path, zygote: Zygote, messages: list[Sent], seed: int) -> None:
    moments, numbers = random.Random(seed), count(1)
    async with centre(tmp_path, zygote) as place:
        place.system.start("projector", "clock")
        place.join("worker")
        running, changes = ["worker"], 0
        async with place.under_steady_load(messages, PER_SECOND) as loading:
            while not loading.done() or changes < CHANGES:
                if len(running) == 1 or (len(running) < MOST_WORKERS and moments.random() < 0.5):
                    running.append(f"worker-{next(numbers)}")
                    place.join(running[-1])
                    await place.until(lambda: place.said(running[-1], READY), f"{running[-1]} has partitions")
                else:
                    await place.leave(running.pop(moments.randrange(len(running))))
                changes += 1
        print(f"{changes} changes of the group")
        await place.check()


def _halted(status: Callable[[], str]) -> bool:
    return status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)


async def zombie(place: Centre, app: str, step: str, messages: list[Sent]) -> None:
    """A worker freezes in its transaction, sleeps until the other one has its partitions, goes on, and must end."""
    name = f"worker-{app}-{step}"
    publishing = None
    while True:
        place.system.start(name, RIC_APPS=app, RIC_FAULT=f"{app}/{step}=SIGSTOP")
        status = psutil.Process(place.system.processes[name].pid).status
        await place.until(lambda: place.said(name, READY) > 0, f"{name} has partitions")
        publishing = publishing or asyncio.create_task(place.publish(messages))
        await place.until(partial(_halted, status), f"{name} freezes")
        if status() == psutil.STATUS_STOPPED:
            break
        # On a machine that is too busy a worker may end by itself first, as it should.
    heard = len(place.log("worker"))
    topic = f"{place.system.space}.{INBOXES[app]}"
    taken = [f"{topic}/{number}: {READY}" for number in range(place.system.partitions)]
    await place.until(lambda: all(one in place.log("worker")[heard:] for one in taken), "the other one takes over")
    place.signal(name, signal.SIGCONT)
    async with asyncio.timeout(PATIENT_S):
        code = await ended(place.system.processes.pop(name))
    assert code == FAILED, tail(place.system.log(name), 30)
    assert "worker ends: " in place.log(name)
    await publishing


async def test_a_worker_that_slept_through_its_session_does_no_harm(tmp_path: Path, zygote: Zygote, messages: list[Sent]) -> None:
    async with centre(tmp_path, zygote) as place:
        place.system.start("projector", "clock")
        place.join("worker")
        await place.until(lambda: place.said("worker", READY) > 0, "the worker has partitions")
        segment = len(messages) // len(ZOMBIES) + 1
        for number, (app, step) in enumerate(ZOMBIES):
            await zombie(place, app, step, messages[number * segment : (number + 1) * segment])
        await place.check()

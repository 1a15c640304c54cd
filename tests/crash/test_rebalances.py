"""Workers that come, go and freeze under load: partitions change hands, and nothing is lost or counted twice."""

import asyncio
import random
import signal
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import psutil

from schemas.channels import BY_NAME
from streams import topology
from streams.local.process import ended, tail
from tests.crash import oracle
from tests.crash.centre import FAILED, READY, Centre, centre
from tests.crash.conftest import LONG
from tests.crash.each import app_of, for_each_app
from tests.crash.load import Sent
from tests.system import PATIENT_S

PER_SECOND = 100
CHANGES = 3
MOST_WORKERS = 3

# Inside the transaction: a worker that slept through its session there must not be able to end it.
STEPS = ("begun", "outputs", "changelog", "offsets")
ZOMBIES = {"intake": ("outputs",), "reports": ("offsets",)}
"""In long mode every stage of every app, at each of the steps."""


async def test_workers_that_come_and_go_under_load_change_nothing(tmp_path: Path, messages: list[Sent], seed: int) -> None:
    moments, numbers = random.Random(seed), count(1)
    async with centre(tmp_path) as place:
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
        oracle.guarded(place.reader.log)


def _halted(status: Callable[[], str]) -> bool:
    return status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)


def inboxes(place: Centre, app: str) -> list[str]:
    """Every partition that the app reads, but for agencies' own topics."""
    (stages,) = (each.stages for each in topology.APPS if each.name == app)
    channels = [BY_NAME[name] for stage in stages for name in stage.inbox if "{agency}" not in name]
    counts = {each.topic(place.system.space): 1 if each.spread == "one" else place.system.partitions for each in channels}
    return [f"{topic}/{number}" for topic, count in counts.items() for number in range(count)]


async def zombie(place: Centre, where: str, step: str, load: list[Sent]) -> None:
    """The only worker of an app freezes in its transaction, sleeps until another one has its partitions, goes on, and must end."""
    app = app_of(where)
    name, other = f"worker-{where.replace(':', '-')}-{step}", f"worker-{app}"
    if other in place.keepers:
        await place.leave(other)
    await place.publish(load)
    while True:
        place.system.start(name, RIC_APPS=app, RIC_FAULT=f"{where}/{step}=SIGSTOP", RIC_SESSION_TIMEOUT_S="3")
        status = psutil.Process(place.system.processes[name].pid).status
        await place.until(partial(_halted, status), f"{name} freezes")
        if status() == psutil.STATUS_STOPPED:
            break
        # On a machine that is too busy a worker may end by itself first, as it should.
    heard = len(place.log(other))
    place.join(other, RIC_APPS=app)
    taken = [f"{partition}: {READY}" for partition in inboxes(place, app)]
    await place.until(lambda: all(one in place.log(other)[heard:] for one in taken), "the other one takes over")
    place.signal(name, signal.SIGCONT)
    async with asyncio.timeout(PATIENT_S):
        code = await ended(place.system.processes.pop(name))
    assert code == FAILED, tail(place.system.log(name), 30)
    assert "worker ends: " in place.log(name)


async def test_a_worker_that_slept_through_its_session_does_no_harm(tmp_path: Path, seed: int) -> None:
    load = for_each_app(seed, len(STEPS))
    assert {app_of(where) for where in load} == {app.name for app in topology.APPS}
    zombies = dict.fromkeys(load, STEPS) if LONG else ZOMBIES
    async with centre(tmp_path) as place:
        place.system.start("projector", "clock")
        for where, steps in zombies.items():
            for step, some in zip(steps, load[where][: len(steps)], strict=True):
                await zombie(place, where, step, some)
        if rest := [app.name for app in topology.APPS if f"worker-{app.name}" not in place.keepers]:
            place.join("worker", RIC_APPS=",".join(rest))
        await place.check()

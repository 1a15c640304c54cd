"""A worker or the clock killed at any step of the protocol, or these and the projector at any moment while the time of day jumps: as if
nothing had happened.

Five random kills; with TEST_LONG set sixty.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from streams import topology
from streams.local.process import ended, tail
from tests.crash import guarded, oracle
from tests.crash.centre import FAILED, Centre, centre
from tests.crash.conftest import LONG
from tests.crash.each import REPORTS, app_of, for_each_app, shares
from tests.crash.load import Sent, reports
from tests.crash.oracle import Log

Loads = dict[str, list[list[Sent]]]

KILLS = 60 if LONG else 5
VICTIMS = (("worker",), ("worker", "projector"), ("worker", "clock"), ("worker", "clock", "projector"))
"""Killed at one moment: in turn, in an order of chance."""

# In an order in which each app soon has passed something on: the next one is killed meanwhile.
STEPS = ("committed", "unapplied", "begun", "outputs", "changelog", "offsets")
CLOCK_STEPS = ("committed", "begun", "fired", "forgotten")
"""`fired`: what is due is written, and the timers are not forgotten yet."""

WRITTEN = ("deliveries.answers", "deliveries.positions", "deliveries.conflicts", "deliveries.inbox", "duty.answers", "directory.answers")
MATCHES = "guard:live.deliveries.matches"
STEPS_OF = {} if LONG else {MATCHES: STEPS[:2]}
"""Where fewer do: such a transaction is as intake's, with outputs and without state."""
ACTS, ENDS, LETTING_OUT = (STEPS, STEPS, STEPS) if LONG else (STEPS[:3], STEPS[3:], ("offsets", "unapplied"))
"""Of deliveries, and again; of reports, once more."""
MET = 4
"""Reports that meet each delivery."""

EMBARGOES_A_STEP = 10


async def killed_at_each_step(place: Centre, app: str, loads: Loads) -> None:
    """Run the app alone in a worker that dies at one step after the other, for each of its stages, and then in one that works."""
    for where, load in loads.items():
        steps = STEPS_OF.get(where, STEPS)
        await killed_at(place, app, where, steps, load[: len(steps)])
    works(place, app)


async def killed_at(place: Centre, app: str, where: str, steps: Sequence[str], load: list[list[Sent]]) -> None:
    """Run the app alone in a worker that dies at one of these steps after the other."""
    for step, some in zip(steps, load, strict=True):
        await place.publish(some)
        await dies(place, f"worker-{app}", f"{where}/{step}", RIC_APPS=app)


def works(place: Centre, app: str) -> None:
    """Run the app alone, and again whenever it ends."""
    place.join(f"worker-{app}", RIC_APPS=app)


def works_no_more(place: Centre, app: str) -> None:
    """Kill it, whatever it is at."""
    place.keepers.pop(f"worker-{app}").cancel()
    place.system.kill(f"worker-{app}")


async def dies(place: Centre, name: str, fault: str, **environment: str) -> None:
    """Run the process until it is killed at this step."""
    while True:
        place.system.start(name, RIC_FAULT=f"{fault}=SIGKILL", **environment)
        code = await ended(place.system.processes.pop(name))
        if code == -signal.SIGKILL:
            return
        # On a machine that is too busy a worker may end by itself first, as it should.
        assert code == FAILED, tail(place.system.log(name), 30)


async def killed_along_the_guard(place: Centre, apps: dict[str, Loads], met: list[guarded.Story], seed: int) -> None:
    """Each at what the guard gives it to do, which lies there by then.

    Intake is killed at the reports that meet the deliveries under way, reports at keeping them in, guard at the matches, deliveries at
    matches and ends, and reports once more at letting out.
    """

    async def until(there: Callable[[list[guarded.Story]], Callable[[Log], bool]], what: str) -> None:
        in_log = there(met)
        await place.until(lambda: in_log(place.reader.log), what)

    works(place, "deliveries")
    await place.publish([act for story in met for act in story.opening])
    await until(guarded.watched, "all are under watch")
    works_no_more(place, "deliveries")
    acts, ends = [act for some in apps["deliveries"]["deliveries"] for act in some], [act for story in met for act in story.end]
    await asyncio.gather(
        *(killed_at_each_step(place, app, apps[app]) for app in ("intake", "reports")),
        killed_at(place, "deliveries", "deliveries", ACTS, shares(acts, len(ACTS))),
    )
    await until(guarded.stand, "all reports are taken in")
    await killed_at_each_step(place, "guard", {MATCHES: apps["guard"].pop(MATCHES)})
    await until(guarded.matched, "each delivery has its matches")
    works_no_more(place, "guard")
    works_no_more(place, "reports")
    watches = asyncio.create_task(killed_at_each_step(place, "guard", apps["guard"]))
    await killed_at(place, "deliveries", "deliveries", ENDS, shares(ends, len(ENDS)))
    works(place, "deliveries")
    await until(guarded.let_out, "all reports are let out")
    await killed_at(place, "reports", "reports", LETTING_OUT, shares(reports(seed + 2, REPORTS), len(LETTING_OUT)))
    works(place, "reports")
    await watches


async def clock_killed_at_each_step(place: Centre, seed: int) -> None:
    """Embargoes end at each of its steps."""
    kept_in = reports(seed + 1, len(CLOCK_STEPS) * EMBARGOES_A_STEP, embargoed=1)
    for number, step in enumerate(CLOCK_STEPS):
        await place.publish(kept_in[number * EMBARGOES_A_STEP : (number + 1) * EMBARGOES_A_STEP])
        await dies(place, "clock", f"clock/{step}")
    place.join("clock")


async def test_a_kill_at_every_step_of_every_app_and_of_the_clock_changes_nothing(tmp_path: Path, seed: int) -> None:
    """What an app gets lies in its inbox before it is started: what it is killed at is a batch that writes."""
    load = for_each_app(seed, len(STEPS))
    assert STEPS_OF.keys() <= load.keys()
    met = [guarded.story(seed, number, MET) for number in range(len(STEPS))]
    for number, story in enumerate(met):
        load["intake"][number] += story.reports
    apps = {app.name: {where: some for where, some in load.items() if app_of(where) == app.name} for app in topology.APPS}
    assert all(len(loads) == len(app.stages) for app, loads in zip(topology.APPS, apps.values(), strict=True))
    async with centre(tmp_path) as place:
        place.system.start("projector")
        async with asyncio.timeout(600):
            await asyncio.gather(
                killed_along_the_guard(place, {app: apps.pop(app) for app in ("deliveries", "guard", "intake", "reports")}, met, seed),
                *(killed_at_each_step(place, app, loads) for app, loads in apps.items()),
                clock_killed_at_each_step(place, seed),
            )
        compared = await place.check()
        assert [channel for channel in WRITTEN if not compared.get(channel)] == []
        assert oracle.guarded(place.reader.log)["kept in"] == len(met) * MET
        kept = {
            channel.partition(".")[0] for (channel, _), records in place.reader.log.items() if channel.endswith(".changelog") and records
        }
        assert kept == {app.name for app in topology.APPS for stage in app.stages if stage.stateful}


async def test_kills_at_random_moments_and_clocks_that_jump_by_hours_change_nothing(
    tmp_path: Path, messages: list[Sent], seed: int
) -> None:
    moments = random.Random(seed)
    async with centre(tmp_path) as place:
        place.system.environment["CLOCK_JUMPS"] = str(seed)
        place.join("projector")
        place.join("worker")
        place.join("clock")
        victims = [VICTIMS[number % len(VICTIMS)] for number in range(KILLS)]
        moments.shuffle(victims)
        segment = len(messages) // KILLS + 1
        for number, names in enumerate(victims):
            async with place.under_load(messages[number * segment : (number + 1) * segment], moments):
                await asyncio.sleep(moments.random() * 0.2)
                await asyncio.gather(*(place.kill(name) for name in names))
        await place.check()
        oracle.guarded(place.reader.log)
        assert Counter(chain(*victims)) <= Counter(end.partition(":")[0] for end in place.ends), place.ends

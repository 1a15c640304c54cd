"""Plays the exercise's story against a gateway, as officers do it: every act over HTTP with the token of whoever acts.

It waits for answers and for what the centre then shows, never for a time alone. `streams.simulate.exercise_scenario` is the story.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson

from schemas.request import DeliveryRequest
from streams.planning import calendars, crossings
from streams.planning.directory import exercise as fictional
from streams.planning.plan import LegConsent, Planner
from streams.settings import Settings
from streams.simulate.exercise_cast import DUTY
from streams.simulate.exercise_line import CannotGoOn, Line, OffScript, in_words
from streams.simulate.exercise_looks import at_the_desk, called, file, near, unnoticed
from streams.simulate.exercise_photo import send
from streams.simulate.exercise_role import Turn, whose
from streams.simulate.exercise_scenario import story
from streams.simulate.exercise_story import (
    CallUs,
    Consult,
    Desk,
    Happening,
    Near,
    Photo,
    Report,
    Shows,
    Step,
    Story,
    Unnoticed,
    Wait,
    Word,
    act_id,
    body_of,
)  # fmt: skip
from streams.simulate.exercise_track import Hush, Track, kept, onward, pause
from streams.simulate.exercise_turns import SHOWN_S, Trainee, links

PACE_S = (3.0, 8.0)
"""Between two acts a person reads what happened; drawn from the seed."""
MOST_ASTRAY = 4
"""So many happenings in a row may miss what the script has, where a person plays a role: then there is no story any more."""

Say = Callable[[str, Mapping[str, Any]], None]
Json = dict[str, Any]


@dataclass
class Player:
    """One exercise against the gateway of an exercise space. `say` takes a line for people and facts for programs.

    `trainee`: the person who plays one role; unset: the script plays all.
    """

    settings: Settings
    client: httpx.AsyncClient
    say: Say
    seed: int
    fast: bool = False
    trainee: Trainee | None = None
    _reporting: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """Devices that are live, by the step that placed them."""
    _answers: dict[str, Json] = field(default_factory=dict)
    """What the gateway answered to each step, but for the act's id."""
    _astray: int = 0

    def __post_init__(self) -> None:
        self._line = Line(self.settings, self.client, shown_s=SHOWN_S if self.trainee else None)
        self._began = datetime.now(UTC)
        self._chance = random.Random(self.seed)
        self._directory = fictional()

    async def play(self, number: str) -> Json:
        """The whole story; the after-action report as the coordinator gets it. Raises CannotGoOn."""
        told = story(number, datetime.now(UTC))
        self.say(
            f"EXERCISE {told.delivery}: a controlled delivery through four countries, seed {self.seed}",
            {"event": "begins", "seed": self.seed},
        )
        await self.through(told)
        return await self._report(told)

    async def through(self, told: Story) -> None:
        """Everything that happens in the story, in its order. Raises CannotGoOn."""
        try:
            for number_of, happening in enumerate(told.happens, 1):
                await self._on(told, happening, told.happens[number_of:])
        finally:
            for task in self._reporting.values():
                task.cancel()

    async def _on(self, told: Story, happening: Happening, ahead: tuple[Happening, ...]) -> None:
        """Let it happen. What a person has brought about otherwise than the script is told, and the story goes on."""
        try:
            await self._happen(told, happening, ahead)
            self._astray = 0
        except OffScript as error:
            if self.trainee is None:
                raise
            self._astray += 1
            if self._astray >= MOST_ASTRAY:
                raise CannotGoOn(f"too much is not as the script has it; the last: {error}") from error
            self.say(f"              not as the script has it, and it goes on: {error}", {"event": "off-script"})
        if self.trainee is not None:
            self.trainee.over()
        if not self.fast and not isinstance(happening, Wait):
            await asyncio.sleep(self._chance.uniform(*PACE_S))

    async def _happen(self, told: Story, happening: Happening, ahead: tuple[Happening, ...]) -> None:
        if isinstance(happening, Step):
            await self._step(told, happening, ahead)
        elif isinstance(happening, Wait):
            self._tell(happening)
            if self.trainee is not None and happening.silent == self.trainee.who:
                self.say("              your silence is what is trained: send nothing until it rings", {"event": "silence"})
            await self._shown(told, happening)
        elif isinstance(happening, Consult):
            self._tell(happening)
            self._consult(told, happening.refused)
        elif isinstance(happening, Near):
            entry = await near(self._line, told.delivery, happening)
            self._tell(happening)
            self._tell_of_sides(entry)
        elif isinstance(happening, CallUs):
            await called(self._line, told.delivery, happening, self._began)
            self._tell(happening)
        elif isinstance(happening, Report):
            await file(self._line, told.delivery, happening)
            self._tell(happening)
        elif isinstance(happening, Photo):
            seen = await send(self._line, told.delivery, happening, datetime.now(UTC))
            self._tell(happening, seen)
        elif isinstance(happening, Unnoticed):
            self._tell(happening, await unnoticed(self._line, told.delivery, happening, self._answers))
        else:
            self._tell(happening)
            await self._go_about(told, happening)

    async def _step(self, told: Story, step: Step, ahead: tuple[Happening, ...]) -> None:
        """One act, by the script or by the person whose turn it is."""
        mine = "script" if self.trainee is None else whose(step, self.trainee.who)
        if mine == "left out":
            self._tell(step, "left out: the script errs here on purpose")
            return
        if mine == "turn":
            await self._turn(told, step, ahead)
            return
        await self._act(told, step)
        if step.shows is not None:
            await self._until(told, step.shows)

    async def _turn(self, told: Story, step: Step, ahead: tuple[Happening, ...]) -> None:
        """The person acts, or after the grace the script in the person's name. Raises OffScript where there is nothing to do."""
        assert self.trainee is not None
        turn: Turn = await self.trainee.take(self._line, told, step, await self._body(told, step))
        try:
            if turn.played:
                await self._act(told, step)
                await self.trainee.mark(self._line, told, step)
            else:
                self._tell(step)
            if step.shows is not None:
                await self._until(told, step.shows)
        except OffScript as error:
            turn.lacking = str(error)
        await self.trainee.settle(self._line, told, turn, ahead)
        if turn.lacking:
            raise OffScript(turn.lacking)

    async def _go_about(self, told: Story, happening: Track | Hush | Desk) -> None:
        if isinstance(happening, Track):
            await self._track(told, happening)
        elif isinstance(happening, Hush):
            self._reporting.pop(happening.device).cancel()
        else:
            await at_the_desk(self._line, happening.delivery or told.delivery, happening)

    def _tell(self, happening: Happening, why: str = "") -> None:
        inject, look = getattr(happening, "inject", ""), getattr(happening, "look", "")
        facts: Json = {"event": "exercise", "inject": inject or None}
        by = ""
        if isinstance(happening, Step):
            facts |= {"step": happening.name, "who": happening.who, "act": happening.act, "refused": bool(happening.refused)}
            by = f"{happening.who}, {happening.act}: "
        elif isinstance(happening, Report | Photo):
            facts |= {"step": happening.name, "who": happening.who}
            by = f"{happening.who}, {'report' if isinstance(happening, Report) else 'photograph'}: "
        if self._done_for_the_person(happening):
            why = "; ".join(filter(None, (why, "the script does this for you")))
        mark = f"[{inject}] " if inject else ""
        self.say(f"{datetime.now(UTC):%H:%M:%S} UTC  {mark}{by}{happening.says}{why and f' ({why})'}", facts)
        if look:
            self.say(f"              look: {look}", facts | {"event": "look"})

    def _done_for_the_person(self, happening: Happening) -> bool:
        who = self.trainee.who if self.trainee is not None else None
        if isinstance(happening, Step):
            return happening.who == who and whose(happening, happening.who) == "script"
        return isinstance(happening, Desk | Photo | Track) and happening.who == who

    def _tell_of_sides(self, entry: Json | None) -> None:
        for side in entry["sides"] if entry else ():
            self.say(f"              {side['delivery']}: {', '.join(side['coordinators']) or 'nobody of the centre'}", {"event": "near"})

    async def _track(self, told: Story, track: Track) -> None:
        """The device sends what it has kept, and goes on in a task of its own. Raises CannotGoOn where it is not taken."""
        path = f"/v1/deliveries/{told.delivery}/devices/{act_id(told.delivery, track.device)}/credential"
        answer = await self._line.call(track.who, "POST", path)
        if answer.status_code != 200:
            raise CannotGoOn(f"{track.who} got no credential of {track.device}: {in_words(answer.json())}")
        headers = {"Authorization": f"Bearer {answer.json()['credential']}"}
        fixes = list(kept(track.way, track.hours, datetime.now(UTC)))
        taken = await self.client.post("/v1/positions", json=fixes, headers=headers)
        if taken.status_code != 202:
            raise CannotGoOn(f"what {track.device} has kept was refused: {in_words(taken.json())}")
        self._reporting[track.device] = asyncio.create_task(self._live(track, headers))

    async def _live(self, track: Track, headers: Mapping[str, str]) -> None:
        """Where the device is, until its credential is over. What is not taken now, the next fix makes up for."""
        began, clock = asyncio.get_running_loop().time(), asyncio.get_running_loop().time
        status = 0
        while status != 401:
            await pause()
            with suppress(httpx.TransportError):
                fix = onward(track.way, clock() - began, datetime.now(UTC))
                status = (await self.client.post("/v1/positions", json=fix, headers=headers)).status_code

    async def _act(self, told: Story, step: Step) -> None:
        """Do it, and see it applied, or refused as it must be. Raises CannotGoOn with what was refused, why, and what stands."""
        answer = await self._line.answered(step.who, step.act, await self._body(told, step))
        if answer.status_code == 200 and not step.refused:
            self._answers[step.name] = {name: value for name, value in answer.json().items() if name != "act"}
            self._tell(step)
            return
        problem = answer.json()
        why = str(problem.get("detail"))
        if answer.status_code == 409 and step.refused and step.refused in why:
            self._tell(step, why)
            return
        if answer.status_code == 200:
            raise OffScript(f"{step.who}'s {step.act} ({step.name}) was applied, and should have been refused: {step.refused}")
        raise OffScript(f"{step.who}'s {step.act} ({step.name}) was refused with {answer.status_code}: {in_words(problem)}")

    async def _body(self, told: Story, step: Step) -> Json:
        """The act as the script sends it. Raises OffScript where it is about an alarm that is not open."""
        of_alarms = step.act.startswith("alarm_") or step.act == "match_released"
        snapshot = await self._snapshot(told) if of_alarms else None
        sealed = any(isinstance(each, Word) for each in step.said.values())
        key = str((await self._line.read(step.who, "/v1/me"))["word"]) if sealed else ""
        made = self.trainee.made if self.trainee is not None else {}
        try:
            return body_of(step, told.delivery, snapshot, datetime.now(UTC), made=made, key=key)
        except LookupError as error:
            raise OffScript(f"{step.who}'s {step.act} ({step.name}) cannot be sent: {error}") from error

    async def _shown(self, told: Story, wait: Wait) -> None:
        """Raises CannotGoOn where it is not shown to all whom it is for, or shown to others."""
        for who in wait.to or (DUTY,):
            await self._until(told, wait.shows, wait.within_s, who)
        for who in wait.hidden:
            if wait.shows.lacking(await self._snapshot(told, who)) is None:
                raise CannotGoOn(f"{who} is shown what should be hidden: {wait.says}")

    async def _until(self, told: Story, shows: Shows, within_s: float = 0.0, who: str = DUTY) -> None:
        """Wait until the centre shows it to `who`. Raises CannotGoOn saying what it shows instead."""

        async def lacking() -> str | None:
            missing = shows.lacking(await self._snapshot(told, who))
            return missing and f"{missing}, as {who} sees it"

        await self._line.until(lacking, within_s)

    async def _snapshot(self, told: Story, who: str = DUTY) -> Json:
        found: Json = (await self._line.read(who, f"/v1/deliveries/{told.delivery}"))["delivery"]
        return found

    async def _report(self, told: Story) -> Json:
        """The after-action report, once it holds all that happened. Raises CannotGoOn where a chain of it is not whole."""
        report: Json = {}

        async def lacking() -> str | None:
            report.update(await self._line.read(DUTY, f"/v1/deliveries/{told.delivery}/report.json"))
            chain = report["chain"]
            return f"the after-action report lacks what happened: {chain['reason']}" if chain["verdict"] == "incomplete" else None

        await self._line.until(lacking)
        for chain in ("chain", "guard_chain", "restricted_chain"):
            # Where a person played, there may have been nothing to tell the centre alone.
            if (chain in report or self.trainee is None) and report.get(chain, {}).get("verdict") != "intact":
                raise CannotGoOn(f"the after-action report's {chain} is not whole: {report.get(chain)}")
        return report

    def _consult(self, told: Story, refused: tuple[int, ...]) -> None:
        """What the planner says, from the fictional directory alone."""
        now = datetime.now(UTC)
        planner = Planner(self._directory, calendars.load(), crossings.load(), now)
        request = DeliveryRequest.model_validate_json(orjson.dumps(told.form))
        found = planner.plan(request, {number: LegConsent(state="refused") for number in refused})
        facts = {"event": "plan"}
        if refused:
            for each in found.alternatives:
                self.say(f"              {each.kind}: {each.text}", facts)
            return
        for leg in found.legs:
            for ask in leg.asks:
                reach = ask.reach[0].address if ask.reach else "no way known"
                until = f" until {ask.latest.text}" if ask.latest else ""
                self.say(f"              leg {leg.number}: {ask.authority} {ask.competence}{until}; {reach}", facts)
            for finding in leg.findings:
                if finding.severity == "blocking":
                    self.say(f"              leg {leg.number} BLOCKS: {finding.text}", facts)


def told_by(report: Mapping[str, Any]) -> list[str]:
    """The after-action report in a few lines."""
    chain, outcome = report["chain"], report["outcome"] or {}
    gaps = [f"{gap['kind']} of {gap['part']}" + ("" if gap["until"] else ", never closed") for gap in report["gaps"]]
    matches = {event["what"]["match"]: event["what"]["contact"] for event in report["timeline"] if event["kind"] == "watch_match"}
    alarms = [event["what"] for event in report["timeline"] if event["kind"] == "alarm"]
    forced = [what["reason"] for what in alarms if what["alarm_kind"] == "duress"]
    kept = [f"{match} ({contact} was to be called)" for match, contact in matches.items()]
    voices = [f"{each['kind']} for {each['on_behalf_of']}, {each['voice']}" for each in report["entries_by_voice"]]
    return [
        f"{report['status']}: {outcome.get('outcome')}",
        f"{len(report['timeline'])} entries in the timeline, their chain {chain['verdict']}",
        f"gaps: {'; '.join(gaps) or 'none'}",
        f"by voice: {'; '.join(voices) or 'none'}",
        f"met what was under watch: {'; '.join(kept) or 'nothing'}",
        f"told to the centre alone: {'; '.join(forced) or 'nothing'}",
        *(f"lesson: {lesson}" for lesson in outcome.get("lessons") or ()),
    ]


async def play(settings: Settings, say: Say, *, base: str, seed: int, fast: bool, role: str | None = None) -> Json:
    """Play one exercise in the running exercise space at `base` and tell its report, which is returned. Raises CannotGoOn.

    `role`: of the officer whom a person plays; then there is a debrief, however it ends.
    """
    trainee = Trainee(role, say, lambda: links(settings, base, role)) if role is not None else None
    if trainee is not None:
        trainee.welcome()
    try:
        return await _played(settings, say, base, seed, fast, trainee)
    finally:
        if trainee is not None:
            trainee.debrief()


async def _played(settings: Settings, say: Say, base: str, seed: int, fast: bool, trainee: Trainee | None) -> Json:  # noqa: PLR0917
    # From this machine, where the operator's certificate may name another host.
    async with httpx.AsyncClient(base_url=base, timeout=30, verify=False, trust_env=False) as client:  # noqa: S501
        report = await Player(settings, client, say, seed, fast, trainee).play(f"EX-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    delivery = str(report["delivery"])
    for line in told_by(report):
        say(f"              {line}", {"event": "report"})
    path = f"{base}/v1/deliveries/{delivery}/report"
    told = f"EXERCISE {delivery} is over. After-action report, where the link has signed in: {path}.pdf and {path}.json"
    say(told, {"event": "played", "delivery": delivery, "report": f"{path}.json"})
    return report

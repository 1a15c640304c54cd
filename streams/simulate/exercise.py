"""Plays the exercise's story against a gateway, as officers do it: every act over HTTP with the token of whoever acts.

It waits for answers and for what the centre then shows, never for a time alone. `streams.simulate.exercise_scenario` is the story.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from schemas.channels import is_exercise
from schemas.request import DeliveryRequest
from streams.gateway import tokens
from streams.planning import calendars, crossings
from streams.planning.directory import exercise as fictional
from streams.planning.plan import LegConsent, Planner
from streams.reference.agencies import Agencies
from streams.settings import Settings
from streams.simulate.exercise_cast import DUTY, OFFICERS
from streams.simulate.exercise_scenario import story
from streams.simulate.exercise_story import Consult, Desk, Happening, Shows, Step, Story, Wait, act_id, body_of
from streams.simulate.exercise_track import Hush, Track, kept, onward, pause

LIFETIME = timedelta(hours=12)
PACE_S = (3.0, 8.0)
"""Between two acts a person reads what happened; drawn from the seed."""
PATIENT_S = 60.0
"""For an answer, or for what an act brings about: many times what a quiet machine needs."""
POLL_S = 0.2

Say = Callable[[str, Mapping[str, Any]], None]
Json = dict[str, Any]


class CannotGoOn(RuntimeError):
    """The exercise ends here: what was refused and why, or what did not come."""


@dataclass
class Player:
    """One exercise against the gateway of an exercise space. `say` takes a line for people and facts for programs."""

    settings: Settings
    client: httpx.AsyncClient
    say: Say
    seed: int
    fast: bool = False
    _tokens: dict[str, str] = field(default_factory=dict)
    _reporting: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """Devices that are live, by the step that placed them."""

    def __post_init__(self) -> None:
        if not is_exercise(self.settings.space):
            raise CannotGoOn(f"{self.settings.space} is no exercise space: nothing was sent")
        self._chance = random.Random(self.seed)
        self._directory = fictional()
        keys, now = tokens.Keys.of(self.settings), datetime.now(UTC)
        listed = Agencies()
        for officer in OFFICERS:
            of, _, person = officer.partition("/")
            found = listed.get(of)
            role = "coordinator" if officer == DUTY else "officer"
            who = tokens.claims(
                person, of, (found.country if found else None) or "", role, space=self.settings.space, lifetime=LIFETIME, now=now
            )
            self._tokens[officer] = tokens.issue(keys, who)

    async def play(self, number: str) -> Json:
        """The whole story; the after-action report as the coordinator gets it. Raises CannotGoOn."""
        told = story(number, datetime.now(UTC))
        self.say(
            f"EXERCISE {told.delivery}: a controlled delivery through four countries, seed {self.seed}",
            {"event": "begins", "seed": self.seed},
        )
        try:
            for happening in told.happens:
                await self._happen(told, happening)
        finally:
            for task in self._reporting.values():
                task.cancel()
        return await self._report(told)

    async def _happen(self, told: Story, happening: Happening) -> None:
        if isinstance(happening, Consult):
            self._tell(happening.says, None)
            self._consult(told, happening.refused)
        elif isinstance(happening, Track):
            self._tell_of(happening)
            await self._track(told, happening)
        elif isinstance(happening, Hush):
            self._tell_of(happening)
            self._reporting.pop(happening.device).cancel()
        elif isinstance(happening, Desk):
            self._tell_of(happening)
            await self._at_the_desk(told, happening)
        elif isinstance(happening, Wait):
            self._tell(happening.says, happening)
            await self._until(told, happening.shows, happening.within_s + PATIENT_S)
        else:
            await self._act(told, happening)
            if happening.shows is not None:
                await self._until(told, happening.shows, PATIENT_S)
        if not self.fast and not isinstance(happening, Wait):
            await asyncio.sleep(self._chance.uniform(*PACE_S))

    def _tell(self, says: str, happening: Step | Wait | None) -> None:
        inject = happening.inject if happening else ""
        by = f"{happening.who}, {happening.act}: " if isinstance(happening, Step) else ""
        facts: Json = {"event": "exercise", "inject": inject or None}
        if isinstance(happening, Step):
            facts |= {"step": happening.name, "who": happening.who, "act": happening.act, "refused": bool(happening.refused)}
        mark = f"[{inject}] " if inject else ""
        self.say(f"{datetime.now(UTC):%H:%M:%S} UTC  {mark}{by}{says}", facts)
        if happening is not None and happening.look:
            self.say(f"              look: {happening.look}", facts | {"event": "look"})

    def _tell_of(self, happening: Track | Hush | Desk) -> None:
        self._tell(happening.says, None)
        if happening.look:
            self.say(f"              look: {happening.look}", {"event": "look"})

    async def _at_the_desk(self, told: Story, desk: Desk) -> None:
        """One act of the duty. Raises CannotGoOn."""
        said: Json = {"id": str(act_id(told.delivery, f"{desk.who} {desk.act}")), "act": desk.act}
        if desk.act == "accept":
            deadline = asyncio.get_running_loop().time() + PATIENT_S
            while (item := await self._open(desk.who, told.delivery)) is None:
                if asyncio.get_running_loop().time() > deadline:
                    raise CannotGoOn(f"{told.delivery} did not come to the shift's page within {PATIENT_S:g} s")
                await asyncio.sleep(POLL_S)
            said |= {"item": item["item"], "seen": item["version"]}
        answer = await self._answered(desk.who, said, "/v1/shift/acts")
        if answer.status_code != 200:
            raise CannotGoOn(f"{desk.who}'s {desk.act} was refused with {answer.status_code}: {_in_words(answer.json())}")

    async def _open(self, who: str, delivery: str) -> Json | None:
        """The delivery on the page of the shift, where it is there."""
        items: list[Json] = (await self._read(who, "/v1/shift"))["items"]
        return next((one for one in items if one["kind"] == "delivery" and one["about"]["delivery"] == delivery), None)

    async def _track(self, told: Story, track: Track) -> None:
        """The device sends what it has kept, and goes on in a task of its own. Raises CannotGoOn where it is not taken."""
        path = f"/v1/deliveries/{told.delivery}/devices/{act_id(told.delivery, track.device)}/credential"
        answer = await self._call(track.who, "POST", path)
        if answer.status_code != 200:
            raise CannotGoOn(f"{track.who} got no credential of {track.device}: {_in_words(answer.json())}")
        headers = {"Authorization": f"Bearer {answer.json()['credential']}"}
        fixes = list(kept(track.way, track.hours, datetime.now(UTC)))
        taken = await self.client.post("/v1/positions", json=fixes, headers=headers)
        if taken.status_code != 202:
            raise CannotGoOn(f"what {track.device} has kept was refused: {_in_words(taken.json())}")
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
        snapshot = await self._snapshot(told) if step.act.startswith("alarm_") else None
        try:
            body = body_of(step, told.delivery, snapshot, datetime.now(UTC))
        except LookupError as error:
            raise CannotGoOn(f"{step.who}'s {step.act} ({step.name}) cannot be sent: {error}") from error
        answer = await self._answered(step.who, body)
        if answer.status_code == 200 and not step.refused:
            self._tell(step.says, step)
            return
        problem = answer.json()
        why = str(problem.get("detail"))
        if answer.status_code == 409 and step.refused and step.refused in why:
            self._tell(f"{step.says} ({why})", step)
            return
        if answer.status_code == 200:
            raise CannotGoOn(f"{step.who}'s {step.act} ({step.name}) was applied, and should have been refused: {step.refused}")
        raise CannotGoOn(f"{step.who}'s {step.act} ({step.name}) was refused with {answer.status_code}: {_in_words(problem)}")

    async def _answered(self, who: str, body: Json, path: str = "/v1/deliveries/acts") -> httpx.Response:
        """The gateway's last word on an act. Sending it again is safe, so it is until there is one."""
        deadline = asyncio.get_running_loop().time() + PATIENT_S
        what = f"{who}'s {body['act']}"
        while True:
            try:
                answer = await self._call(who, "POST", path, body, {"wait": "10s"})
            except httpx.TransportError as error:
                unheard, pause = f"the gateway does not answer ({type(error).__name__})", 1.0
            else:
                if answer.status_code not in (202, 503):
                    return answer
                unheard, pause = f"the gateway answers {answer.status_code}", float(answer.headers.get("Retry-After", POLL_S))
            if asyncio.get_running_loop().time() > deadline:
                raise CannotGoOn(f"{what} had no answer within {PATIENT_S:g} s: {unheard}")
            await asyncio.sleep(pause)

    async def _until(self, told: Story, shows: Shows, within_s: float) -> None:
        """Wait until the centre shows it. Raises CannotGoOn saying what it shows instead."""
        deadline = asyncio.get_running_loop().time() + within_s
        while (lacking := shows.lacking(await self._snapshot(told))) is not None:
            if asyncio.get_running_loop().time() > deadline:
                raise CannotGoOn(f"not shown within {within_s:g} s: {lacking}")
            await asyncio.sleep(POLL_S)

    async def _snapshot(self, told: Story) -> Json:
        # A draft is in the tables a moment after the act was answered.
        found: Json = (await self._read(DUTY, f"/v1/deliveries/{told.delivery}"))["delivery"]
        return found

    async def _report(self, told: Story) -> Json:
        """The after-action report, once it holds all that happened."""
        deadline = asyncio.get_running_loop().time() + PATIENT_S
        while (report := await self._read(DUTY, f"/v1/deliveries/{told.delivery}/report.json"))["chain"]["verdict"] == "incomplete":
            if asyncio.get_running_loop().time() > deadline:
                raise CannotGoOn(f"the after-action report lacks what happened: {report['chain']['reason']}")
            await asyncio.sleep(POLL_S)
        return report

    async def _read(self, who: str, path: str) -> Json:
        deadline = asyncio.get_running_loop().time() + PATIENT_S
        while True:
            try:
                answer = await self._call(who, "GET", path)
            except httpx.TransportError as error:
                unread = f"the gateway does not answer ({type(error).__name__})"
            else:
                if answer.status_code == 200:
                    found: Json = answer.json()
                    return found
                unread = f"{answer.status_code} {_in_words(answer.json())}"
            if asyncio.get_running_loop().time() > deadline:
                raise CannotGoOn(f"{path} cannot be read: {unread}")
            await asyncio.sleep(POLL_S)

    async def _call(self, who: str, method: str, path: str, body: Json | None = None, params: Json | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._tokens[who]}", "Content-Type": "application/json"}
        content = None if body is None else orjson.dumps(body)
        return await self.client.request(method, path, content=content, params=params, headers=headers)

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


def _in_words(problem: Json) -> str:
    """A problem (RFC 9457) on one line: reason, field, mend, and what stands."""
    parts = [str(problem.get("detail") or problem.get("title"))]
    parts += [f"{each.get('field')}: {each.get('reason')}" for each in problem.get("problems") or ()]
    parts += [f"{name}: {problem[name]}" for name in ("field", "mend") if problem.get(name)]
    if stands := problem.get("stands"):
        parts.append(f"what stands: {', '.join(f'{name} {value}' for name, value in stands.items() if value is not None)}")
    return "; ".join(parts)


def told_by(report: Mapping[str, Any]) -> list[str]:
    """The after-action report in a few lines."""
    chain, outcome = report["chain"], report["outcome"] or {}
    gaps = [f"{gap['kind']} of {gap['part']}" + ("" if gap["until"] else ", never closed") for gap in report["gaps"]]
    voices = [f"{each['kind']} for {each['on_behalf_of']}, {each['voice']}" for each in report["entries_by_voice"]]
    return [
        f"{report['status']}: {outcome.get('outcome')}",
        f"{len(report['timeline'])} entries in the timeline, their chain {chain['verdict']}",
        f"gaps: {'; '.join(gaps) or 'none'}",
        f"by voice: {'; '.join(voices) or 'none'}",
        *(f"lesson: {lesson}" for lesson in outcome.get("lessons") or ()),
    ]


async def play(settings: Settings, say: Say, *, base: str, seed: int, fast: bool) -> Json:
    """Play one exercise in the running exercise space at `base` and tell its report, which is returned. Raises CannotGoOn."""
    # From this machine, where the operator's certificate may name another host.
    async with httpx.AsyncClient(base_url=base, timeout=30, verify=False, trust_env=False) as client:  # noqa: S501
        report = await Player(settings, client, say, seed, fast).play(f"EX-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    delivery = str(report["delivery"])
    for line in told_by(report):
        say(f"              {line}", {"event": "report"})
    path = f"{base}/v1/deliveries/{delivery}/report"
    told = f"EXERCISE {delivery} is over. After-action report, where the link has signed in: {path}.pdf and {path}.json"
    say(told, {"event": "played", "delivery": delivery, "report": f"{path}.json"})
    return report

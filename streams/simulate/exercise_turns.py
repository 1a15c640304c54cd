"""The turns of a person who plays one role of the exercise: told in the terminal, acted on the pages, read from the delivery's timeline.

Whether an act came is never asked of the person: the timeline has it, or it did not come.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from streams.gateway.signin import new_code
from streams.settings import Settings
from streams.simulate.exercise_cast import DUTY, OFFICERS
from streams.simulate.exercise_line import Json, Line
from streams.simulate.exercise_role import Turn, Waits, asked, astray, debrief, done_by, situation, word_due
from streams.simulate.exercise_story import Happening, Step, Story, act_id, agency

LOOK_S = 0.5
SHOWN_S = 20.0
"""How long the script looks for what it expects, where a person may have done something else."""

Say = Callable[[str, Mapping[str, Any]], None]


def links(settings: Settings, base: str, officer: str) -> dict[str, str]:
    """One-time links that sign in as this officer, by page: the dashboard, and for those in the field the phone's."""
    (of, _, person), role = officer.partition("/"), OFFICERS[officer]
    pages = {"dashboard": "", "phone": "&to=phone"} if role == "officer" else {"dashboard": ""}
    return {page: f"{base}/sign-in?code={new_code(settings.data_dir, person, of, role)}{to}" for page, to in pages.items()}


@dataclass
class Trainee:
    """The person who plays `who`. `made`: the ids of the person's acts, by the step they were made for."""

    who: str
    say: Say
    invite: Callable[[], Mapping[str, str]]
    waits: Waits = field(default_factory=Waits)
    turns: list[Turn] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    _events: list[Json] = field(default_factory=list)
    _since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def welcome(self) -> None:
        """Who the person is, and where to act."""
        text = f"You are {self.who}, {OFFICERS[self.who]}. The script plays everybody else, and says here when it is your turn."
        self.say(text, {"event": "role", "who": self.who})
        self._invite()

    def over(self) -> None:
        """A happening of the story is over: a check-in from now on is about what comes next."""
        self._since = datetime.now(UTC)

    async def take(self, line: Line, told: Story, step: Step, said: Json) -> Turn:
        """Wait for the act of this turn; `said` is what the script would send. Afterwards it came, or the script is to play it."""
        turn = Turn(step.name, step.act, datetime.now(UTC))
        self.turns.append(turn)
        used = {*self.made.values(), *(str(act_id(told.delivery, each.name)) for each in told.happens if isinstance(each, Step))}
        snapshot = await self._look(line, told, turn)
        while (event := done_by(self.who, said, await self._timeline(line, told), used, self._since)) is None:
            if not turn.asked:
                turn.asked = True
                self._ask(step, situation(snapshot, self.who))
            now = datetime.now(UTC)
            stands = self.waits.stands(turn.began, now)
            if stands == "over":
                turn.played = True
                self._tell("the script plays it for you, and says so in the room", "turn-played", step)
                return turn
            if stands == "late" and not turn.late:
                turn.late = True
                self._miss(step)
            for part, officer in word_due(snapshot, now, agency(self.who)):
                await self._send(line, told, officer, {"act": "check_in", "part": part, "eyes_on": True})
            await asyncio.sleep(LOOK_S)
            snapshot = await self._look(line, told, turn)
        turn.came = datetime.fromisoformat(event["received"])
        self.made[step.name] = event["act"]
        return turn

    async def settle(self, line: Line, told: Story, turn: Turn, ahead: Iterable[Happening]) -> None:
        """What rang meanwhile, and is not of the story, is resolved by whoever answers for the delivery, where its cause is over."""
        snapshot = await self._look(line, told, turn)
        for alarm in astray(snapshot, ahead):
            by = snapshot["coordinator"] or DUTY
            reason = "УЧЕНИЕ: причина отпала / its cause is over"
            await self._send(line, told, by, {"act": "alarm_resolved", "alarm": alarm["id"], "reason": reason})

    async def mark(self, line: Line, told: Story, step: Step) -> None:
        """Say in the room, and so in the timeline, that the act was not the person's."""
        text = f"УЧЕНИЕ: {step.act} за {self.who} сыграно сценарием / EXERCISE: {step.act} of {self.who} was played by the script"
        await self._send(line, told, DUTY, {"act": "room", "says": text})

    def debrief(self) -> None:
        """Each turn so far: how long it took, what rang."""
        text = f"Debrief of {self.who}: {len(self.turns)} turns" if self.turns else f"{self.who} had no turn yet"
        self.say(text, {"event": "debrief", "turns": len(self.turns)})
        for turn, text in zip(self.turns, debrief(self.turns), strict=True):
            facts = {"event": "debrief-turn", "step": turn.step, "played": turn.played, "late": turn.late, "alarms": [*turn.alarms]}
            self.say(f"              {text}", facts)

    def _ask(self, step: Step, stands: list[str]) -> None:
        until = datetime.now(UTC) + self.waits.window
        self._tell(f"YOUR TURN, until {until:%H:%M:%S} UTC: {step.says}", "turn", step)
        for line in stands:
            self._tell(f"              it stands: {line}", "turn-stands", step)
        self._tell(f"              expected: {asked(step)}", "turn-expects", step)
        if not any(turn.came for turn in self.turns):
            # A link lasts ten minutes, and the first turn may come later than that.
            self._invite()

    def _miss(self, step: Step) -> None:
        window, grace = (each.total_seconds() for each in (self.waits.window, self.waits.grace))
        text = f"nothing came within {window:g} s: the clocks run on, and what is open rings up its ladder"
        self._tell(f"{text}. In {grace:g} s the script plays it for you", "turn-late", step)

    def _invite(self) -> None:
        for where, url in self.invite().items():
            self.say(f"              your {where}, signs in once: {url}", {"event": "sign-in", "role": OFFICERS[self.who], "url": url})

    def _tell(self, text: str, event: str, step: Step) -> None:
        at = "" if text.startswith(" ") else f"{datetime.now(UTC):%H:%M:%S} UTC  "
        self.say(at + text, {"event": event, "step": step.name, "who": self.who, "act": step.act})

    async def _look(self, line: Line, told: Story, turn: Turn) -> Json:
        snapshot: Json = (await line.read(DUTY, f"/v1/deliveries/{told.delivery}"))["delivery"]
        turn.see(snapshot)
        return snapshot

    async def _timeline(self, line: Line, told: Story) -> list[Json]:
        page: Json = {"next": self._events[-1]["seq"] if self._events else 0}
        while page["next"] is not None:
            page = await line.read(DUTY, f"/v1/deliveries/{told.delivery}/events", {"after": page["next"], "limit": 1000})
            self._events += page["items"]
        return self._events

    async def _send(self, line: Line, told: Story, who: str, said: Json) -> None:
        # Refused, it changes nothing: the clock then rings, or the alarm stays.
        now = datetime.now(UTC).isoformat()
        about = {"id": str(uuid4()), "delivery": told.delivery, "at": now, "sent": now}
        await line.answered(who, said["act"], about | said)

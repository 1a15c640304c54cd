"""One role of the exercise is a person's: whose turn it is, what is asked, whether it came, and what became of it. Nothing here waits."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from streams.simulate.exercise_cast import DUTY, KG, KZ, LEAD, OFFICERS, RU, UZ
from streams.simulate.exercise_story import AlarmId, Happening, Id, In, Json, Match, Step, Word, agency

ROLES: dict[str, str] = {agency(officer): officer for officer in (LEAD, KG, UZ, KZ, RU, DUTY)}
"""The role's name, and the officer who is played."""

WINDOW = timedelta(minutes=2)
GRACE = timedelta(minutes=3)
"""After the window: so long that the ladder is seen to climb, from the coordinator to the supervisors."""

WORD_AHEAD = timedelta(seconds=20)
BY_HAND = frozenset(
    {
        "acceptance", "alarm_acknowledged", "alarm_resolved", "check_in", "closed", "conditional_consent", "conditions_accepted", "consent",
        "crossed", "delivered_under_watch", "held", "match_released", "offer", "provisional_consent", "radio_shadow", "ready_confirmed",
        "receiver_in_place", "refusal", "resumed", "secured", "start", "strike", "strike_ready", "voice_confirmed",
    }
)  # fmt: skip
"""Acts that a person decides. Others of the role are paper (the request, the plan, devices, evidence) on whose every word the story
goes on: the script writes them."""

ANY_TIME = BY_HAND - {"check_in"}
"""Acts that count when they come before their turn. A check-in says how it is now."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the script waits for an act, and how much longer it lets the clocks run before it makes the act itself."""

    window: timedelta = WINDOW
    grace: timedelta = GRACE

    def stands(self, began: datetime, now: datetime) -> Literal["waiting", "late", "over"]:
        """How it stands with a turn that began then."""
        if now < began + self.window:
            return "waiting"
        return "late" if now < began + self.window + self.grace else "over"


@dataclass(slots=True)
class Turn:
    """One turn of the person's. `came`: when the act was received; `played`: the script made it in the end; `lacking`: what it did
    not bring about; `asked`: it had not come when it was due.
    """

    step: str
    act: str
    began: datetime
    came: datetime | None = None
    late: bool = False
    played: bool = False
    lacking: str = ""
    asked: bool = False
    alarms: dict[str, Json] = field(default_factory=dict)
    """Alarms that were open meanwhile, as they were seen last."""

    def see(self, snapshot: Mapping[str, Any]) -> None:
        """Note what is open now."""
        self.alarms |= {alarm["id"]: alarm for alarm in snapshot["alarms"]}


def whose(step: Step, who: str) -> str:
    """What becomes of a step where a person plays `who`: "script", "turn", or "left out", for the script alone errs on purpose."""
    if step.who != who or step.delivery:
        return "script"
    if step.refused:
        return "left out"
    return "turn" if step.act in BY_HAND else "script"


def done_by(who: str, said: Mapping[str, Any], events: Iterable[Json], used: Collection[str], since: datetime) -> Json | None:
    """The newest event of the timeline that is this act by this officer; acts of `used` were for something else. None: it has not come."""
    found = None
    for event in events:
        by = event["by"] or {}
        if event["kind"] != said["act"] or f"{by.get('agency')}/{by.get('person')}" != who or event["act"] in used:
            continue
        early = said["act"] not in ANY_TIME and datetime.fromisoformat(event["received"]) < since
        if not early and all(_about(event, name) == said[name] for name in ("part", "leg", "alarm", "match", "entry") if name in said):
            found = event
    return found


def _about(event: Json, name: str) -> Any:
    return event[name] if name in event else event["what"].get(name)


def asked(step: Step) -> str:
    """What the act is to say, in words: as the script would say it. Ids that the page fills in are left out."""
    said = ", ".join(f"{name} {text}" for name, each in step.said.items() if (text := _words(each)))
    return f"{step.act}{f' ({said})' if said else ''}"


def _words(value: Any) -> str:
    match value:
        case Id() | Match():
            return ""
        case Word():
            return "under duress: a touch on the sheet's heading" if value.duress else ""
        case In():
            return f"in {value.minutes:g} minutes"
        case AlarmId():
            return value.kind + (f" of part {value.part}" if value.part else "")
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return "; ".join(f"{name} {text}" for name, each in value.items() if (text := _words(each)))
        case list() | tuple():
            return " and ".join(text for each in value if (text := _words(each)))
        case _:
            return str(value)


def situation(snapshot: Mapping[str, Any], who: str) -> list[str]:
    """How it stands, a line for each part that goes on and one for the alarms that `who` may hear of."""
    lines = [f"the delivery is {snapshot['status']}"]
    for part in snapshot["parts"]:
        if part["ended"] is None and not part["became"]:
            due = part["clocks"]["contact_due"]
            clock = f"; word is due by {clock_time(due)}" if due else ""
            lines.append(f"part {part['part']}: {part['state']}, {part['controller'] or 'nobody'} in control, leg {part['leg']}{clock}")
    heard = [alarm for alarm in snapshot["alarms"] if alarm["audience"] is None or any(_hears(who, each) for each in alarm["audience"])]
    if heard:
        lines.append(f"open: {'; '.join(sorted(named(alarm) for alarm in heard))}")
    return lines


def _hears(who: str, one: Mapping[str, Any]) -> bool:
    centre = OFFICERS[who] != "officer"
    return one["agency"] == agency(who) or (centre and one["agency"] is None)


def clock_time(at: str) -> str:
    """A time of the centre's as the terminal tells it."""
    return f"{datetime.fromisoformat(at):%H:%M:%S} UTC"


def named(alarm: Mapping[str, Any]) -> str:
    """An alarm in words."""
    return f"{alarm['kind']} of part {alarm['part']}" if alarm["part"] else str(alarm["kind"])


def word_due(snapshot: Mapping[str, Any], now: datetime, but: str) -> Iterator[tuple[str, str]]:
    """Parts whose clock is about to ring, with the officer whom the script lets check in: of any agency but the person's."""
    officers = {agency(officer): officer for officer in (LEAD, KG, KZ, RU)}
    for part in snapshot["parts"]:
        due = [datetime.fromisoformat(at) for name in ("contact_due", "eyes_due") if (at := part["clocks"][name])]
        officer = officers.get(part["controller"] or "")
        if officer is not None and part["controller"] != but and any(now + WORD_AHEAD >= at for at in due):
            yield part["part"], officer


def astray(snapshot: Mapping[str, Any], ahead: Iterable[Happening]) -> Iterator[Json]:
    """Open alarms of which the rest of the story knows nothing, whose cause is over: whoever answers for the delivery resolves them."""
    known = {
        (each.kind, each.part)
        for happening in ahead
        if isinstance(happening, Step)
        for each in happening.said.values()
        if isinstance(each, AlarmId)
    }
    for alarm in snapshot["alarms"]:
        if (alarm["kind"], alarm["part"]) not in known and not alarm["stands"] and alarm["kind"] != "guard_match":
            yield alarm


def debrief(turns: Iterable[Turn]) -> list[str]:
    """Each turn in a line: how long it took, and which alarms came of it or stood meanwhile."""
    return [f"{turn.step}, {turn.act}: {_took(turn)}; {_rang(turn)}" for turn in turns]


def _took(turn: Turn) -> str:
    if turn.came is None:
        return "never came, the script played it" if turn.played else "never came"
    took = (turn.came - turn.began).total_seconds()
    if took < 0:
        told = "came before it was asked for"
    else:
        minutes, seconds = divmod(round(took), 60)
        told = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return told + (", later than the script waits" if turn.late else "") + (f", but {turn.lacking}" if turn.lacking else "")


def _rang(turn: Turn) -> str:
    told = []
    for alarm in turn.alarms.values():
        came = datetime.fromisoformat(alarm["raised"]) >= turn.began
        rung = f", rung up to minute {alarm['rung']}" if alarm["rung"] > 0 else ""
        told.append(f"{named(alarm)} {'was raised' if came else 'stood open'}{rung}")
    return ", ".join(told) or "no alarm"

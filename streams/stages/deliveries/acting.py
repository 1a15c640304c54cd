"""One act held against the tables: who really acts, when it happened, which part is meant, and whether it is theirs to do."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.acts import ActBase, Officer
from schemas.consignment import WRITTEN_DUE_HOURS, state_of
from streams.stages.deliveries.case import Case, Json, Leg, Part
from streams.stages.deliveries.states import ALWAYS, NEEDS_THE_START, NEVER_BY_VOICE, RULES, shown

CENTRE = ("coordinator", "supervisor")
LIVE_WITHIN_MS = 5 * 60_000
"""An act older than this when it is received was queued: it is no word from now."""

MOST_REASON = 1_000


class No(Exception):
    """An act is refused. `part`: whose state is told as what stands."""

    def __init__(self, reason: str, mend: str | None = None, field: str | None = None, part: Part | None = None) -> None:
        super().__init__(reason)
        # What it names may be as many as the legs squared, and every answer is kept.
        self.reason = reason if len(reason) <= MOST_REASON else f"{reason[: MOST_REASON - 1]}…"
        self.mend, self.field, self.part = mend, field, part


@dataclass(slots=True)
class Deed:
    """An act with its circumstances. `agency` and `person` are who acts, which by voice is not who enters it; `now` and `happened` in ms.

    `events` collects what is to be told, `items` the items of evidence that were read or changed. `terms`: by authority within how many
    hours its oral consent is confirmed in writing, as the directory said when the gateway took the act; `known`: which of the agencies
    that it names were known then, None where nobody could look.
    """

    case: Case
    act: Any
    officer: Officer
    now: int
    where: "Where"
    happened: int = 0
    agency: str = ""
    person: str = ""
    events: list[Json] = field(default_factory=list)
    items: dict[str, Json] = field(default_factory=dict)
    terms: Mapping[str, float] = field(default_factory=dict)
    known: Container[str] | None = None

    @property
    def who(self) -> str:
        return f"{self.agency}/{self.person}"

    @property
    def country(self) -> str | None:
        """Of whose state the actor is: by the token; by voice, and where the token names none, by the agency's id."""
        return (self.officer.country if self.act.by_voice is None else None) or state_of(self.agency)

    @property
    def id(self) -> str:
        return str(self.act.id)

    def knows(self, agency: str) -> bool:
        """Whether the centre knew the agency, or could not look: a strike does not wait for the database."""
        return self.known is None or agency in self.known

    @property
    def live(self) -> bool:
        """Fresh enough to say something about now."""
        return self.now - self.happened <= LIVE_WITHIN_MS

    def tell(self, what: Json | None = None, *, part: Part | None = None, leg: int | None = None, kind: str | None = None) -> None:
        """Put one line into the timeline; the act's own has the officer's note."""
        own = kind in (None, "message") and all("note" not in line["what"] for line in self.events)
        self.events.append(event(kind or self.act.act, part, leg, {**(what or {}), **(self.note if own else {})}))

    @property
    def note(self) -> Json:
        """For the line of the act. What was heard beside a duress code is the centre's, as the code is."""
        apart = self.act.note is None or (self.act.by_voice is not None and getattr(self.act, "duress", None))
        return {} if apart else {"note": self.act.note}


Where = Callable[[float, float, float | None, str], str | None]
"""Latitude, longitude, accuracy in metres and the country where it should be → the country where it is beyond doubt, or None."""


def event(
    kind: str, part: Part | None, leg: int | None, what: Json, *, audience: list[Json] | None = None, late_ms: int | None = None
) -> Json:
    """A line of the timeline before it is numbered. `late_ms` only of a clock."""
    line: Json = {"kind": kind, "part": part.name if part else None, "leg": leg, "what": what, "audience": audience}
    return line if late_ms is None else {**line, "late_ms": late_ms}


def milliseconds(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def happened(act: ActBase, now: int, at: datetime | None = None) -> int:
    """When it happened by the broker's clock: received minus the age by the sender's own clock, never after it was received."""
    captured = milliseconds(at or act.at)
    if act.sent is not None:
        return now - max(0, milliseconds(act.sent) - captured)
    return min(captured, now)


def inside(case: Case, agency: str, person: str, role: str, act: str) -> bool:
    """Whether this person may do such an act here. An agency with named members acts through them, except in need and to sign."""
    named = [member for member in case.members if member.startswith(f"{agency}/")]
    if role in CENTRE:
        return f"{agency}/{person}" in named
    if role != "officer" or agency not in case.agencies:
        return False
    signs = act == "signature" and case.status == "draft" and agency == case.lead
    return not named or act in ALWAYS or signs or f"{agency}/{person}" in named


def told(case: Case, officer: Officer, act: str) -> bool:
    """Whether this officer may be told of the delivery: in need anyone of a party acts, and learns nothing from it that he may not see."""
    return inside(case, officer.agency, officer.person, officer.role, "" if act in ALWAYS else act)


def identify(deed: Deed) -> None:
    """Set who acts. Raises No where an entry by voice may not be made so."""
    voice, act, officer = deed.act.by_voice, deed.act.act, deed.officer
    deed.agency, deed.person = officer.agency, officer.person
    if voice is None:
        return
    if act in NEVER_BY_VOICE:
        raise No(f"{act} is never entered by voice", "the officer does it with a token of his own", "by_voice")
    if act in ("consent", "conditional_consent"):
        legs = (part.at(deed.act.leg) for part in deed.case.parts.values() if part.live)
        hours = min((leg.written_due_hours for leg in legs if leg is not None), default=WRITTEN_DUE_HOURS)
        mend = f"enter it as provisional_consent; the written one is due within {hours:g} hours"
        raise No("a consent by voice is provisional", mend, "act")
    if officer.role not in CENTRE and voice.agency != officer.agency:
        raise No("an entry for another agency is the coordinator's", "ask the centre's coordinator to enter it", "by_voice.agency")
    if voice.agency not in deed.case.agencies:
        mend = "check the agency; one of a country off the way takes part once the lead sends a route_change with a leg there"
        raise No(f"{voice.agency} takes no part in this delivery", mend, "by_voice.agency")
    if not voice.code_word_checked and act not in ALWAYS:
        raise No("the code word was not checked", "check it, then enter it again", "by_voice.code_word_checked")
    deed.agency, deed.person = voice.agency, voice.person


def meant(deed: Deed) -> Part:
    """The part that the act is about. Raises No where it is unknown, has ended, or is not said."""
    case, name = deed.case, deed.act.part
    if name is None:
        live = [part for part in case.parts.values() if part.live]
        if len(live) != 1:
            which = ", ".join(part.name for part in live) or "none on the way"
            raise No(f"which part is meant is not said: there are {which}", "name the part", "part")
        return live[0]
    part = case.parts.get(name)
    if part is None:
        raise No(f"there is no part {name}", f"the parts are {', '.join(case.parts)}", "part")
    if not part.live:
        became = f"part {name} is {part.phase} and became {', '.join(part.became)}"
        raise No(became if part.became else f"part {name} is {part.phase}", "name a part that is on its way", "part", part)
    return part


def all_meant(deed: Deed) -> list[Part]:
    """The live parts that a stop, a loss or an alert is about: what the named part is by now; every part, where none is named or known."""
    name = deed.act.part
    if name in deed.case.parts:
        return deed.case.descendants(name)
    return [part for part in deed.case.parts.values() if part.live]


def leg_of(part: Part, number: int) -> Leg:
    """A leg of the part. Raises No where it has none of that number."""
    leg = part.at(number)
    if leg is None:
        raise No(f"part {part.name} has no leg {number}", f"its legs are {', '.join(str(leg.number) for leg in part.legs)}", "leg", part)
    return leg


def permit(deed: Deed) -> None:
    """Raises No unless the delivery is far enough for the act, and the act is the actor's by right of more than its part."""
    rule, case, act = RULES[deed.act.act], deed.case, deed.act.act
    if case.status not in rule.statuses:
        raise No(f"{act} belongs to a delivery that is {' or '.join(sorted(rule.statuses))}; this one is {case.status}")
    if rule.by == "lead" and deed.agency != case.lead:
        raise No(f"{act} is the lead's: {case.lead}", "ask the lead")
    if rule.by == "centre" and deed.officer.role not in CENTRE:
        raise No(f"{act} is the coordinator's", "ask the centre's coordinator")


def permitted(deed: Deed) -> Part:
    """The part that is meant, where its phase and the actor's right over it allow the act. Raises No, and says what stands."""
    part, rule = meant(deed), RULES[deed.act.act]
    early = deed.act.act in NEEDS_THE_START and not part.started
    if rule.phases is not None and (early or part.phase not in rule.phases):
        raise No(f"{deed.act.act} is not possible while part {part.name} is {shown(part)}", part=part)
    right = RIGHTS.get(rule.by)
    if right is not None and not right[0](deed, part):
        mend = "ask them, or the coordinator to enter it by voice"
        if rule.by == "territory" and off_the_way(part, part.territory):
            mend = "no leg is there: the lead sends a route_change with one, then its authority and controller can act"
        raise No(f"{deed.act.act} is for {right[1](part)}, not for {deed.agency}", mend, part=part)
    return part


def off_the_way(part: Part, country: str) -> bool:
    """Whether no leg is in the country: then nobody there takes part."""
    return all(leg.country != country for leg in part.legs)


def _territory(deed: Deed, part: Part) -> bool:
    return deed.country == part.territory or (part.phase == "PLANNED" and deed.agency == deed.case.lead)


def _receiver(deed: Deed, part: Part) -> bool:
    leg = part.at(deed.act.leg)
    return leg is not None and leg.controller == deed.agency


def _follower(deed: Deed, part: Part) -> bool:
    following = part.following
    return deed.agency in (part.current.controller, part.last, following.controller if following is not None and following.open else None)


RIGHTS: dict[str, tuple[Callable[[Deed, Part], bool], Callable[[Part], str]]] = {
    "controller": (lambda deed, part: deed.agency == part.controller, lambda part: part.controller or "nobody: control is lost"),
    "receiver": (_receiver, lambda part: "the controller of the leg that is named"),
    "follower": (_follower, lambda part: "the controller of this leg, or of the next where it is consented"),
    "territory": (_territory, lambda part: f"the state having territory ({part.territory})"),
}
"""Rights over one part: the test, and whose it is in words."""

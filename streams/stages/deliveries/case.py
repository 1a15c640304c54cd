"""The state of one controlled delivery. Times are milliseconds since 1970 by the broker's clock, masses whole milligrams."""

from dataclasses import dataclass, field
from typing import Any

from schemas.consignment import WRITTEN_DUE_HOURS

Json = dict[str, Any]

PLANNED, ACTIVE, STOP_REQUESTED, HELD, STRIKE, DELIVERED = "PLANNED", "ACTIVE", "STOP_REQUESTED", "HELD", "STRIKE", "DELIVERED_UNDER_WATCH"
SECURED, INTERVENED, ABORTED, SPLIT, MERGED = "SECURED", "INTERVENED", "ABORTED", "SPLIT", "MERGED"
ENDED = frozenset({SECURED, INTERVENED, ABORTED, SPLIT, MERGED})

HEARD, CONTACT_LOST, CONTROL_LOST = "HEARD", "CONTACT_LOST", "CONTROL_LOST"

IN_PLACE_MS = 2 * 60 * 60_000
"""So long before the handover at most a team says that it is in place and sees the load [R]: what it saw before says nothing of then."""

HOUR_MS = 60 * 60_000
MOST_ORAL = 20
"""So many oral consents of one leg are told apart; of more the first count."""

FIRM = ("CONSENTED", "CONDITIONAL", "PROVISIONAL")
"""Words that may be in force."""


@dataclass(slots=True)
class Word:
    """What a leg's authority has said last. `given`: the state that it was said to be; `warned`: hours before its end that were announced.

    `rests_on`: of merged parts, the other consents without which the leg is not consented for all of them.
    """

    state: str
    given: str
    id: str
    by: str
    said: int
    valid_until: int | None = None
    written_due: int | None = None
    authorisation: Json | None = None
    terms: list[str] = field(default_factory=list)
    accepted: bool = False
    reason: str | None = None
    warned: list[int] = field(default_factory=list)
    rests_on: list[str] = field(default_factory=list)

    @property
    def in_force(self) -> bool:
        """Whether the leg may be entered. What has run out is EXPIRED before anyone asks: clocks come first."""
        return self.state in ("CONSENTED", "PROVISIONAL") or (self.state == "CONDITIONAL" and self.accepted)

    @property
    def ends(self) -> int | None:
        """When it runs out; None: never, or it is no consent."""
        if self.state not in FIRM:
            return None
        if self.valid_until is None or self.written_due is None:
            return self.written_due if self.valid_until is None else self.valid_until
        return min(self.valid_until, self.written_due)


@dataclass(slots=True)
class Earlier:
    """The authority's last word of a way that was changed after it was said, with its leg as it was planned then."""

    word: Word
    plan: Json


@dataclass(slots=True)
class Leg:
    """A leg of one part. `revoked`: consents taken back before they came; `revoked_until`: nothing said up to then counts (any more).

    `oral`: when oral consents were said since the last in writing, which was said at `written`.
    `changed`: when the way was changed to it, None where it is as it was signed; `earlier`: what that made void.
    """

    number: int
    country: str
    authority: str
    controller: str
    plan: Json
    exit_planned: int | None = None
    shadows: list[list[int]] = field(default_factory=list)
    word: Word | None = None
    revoked: list[str] = field(default_factory=list)
    revoked_until: int = -1
    oral: list[int] = field(default_factory=list)
    written: int = -1
    in_place: int | None = None
    changed: int | None = None
    earlier: Earlier | None = None

    @property
    def open(self) -> bool:
        """Consented, and the consent stands."""
        return self.word is not None and self.word.in_force

    def consented_at(self, said: int, *, orally: bool) -> None:
        """Note when a consent was said, whether it stands or not: the term of an oral one runs by all, in whatever order they came."""
        if orally:
            self.oral = sorted({*self.oral, said})[:MOST_ORAL]
        else:
            self.written = max(self.written, said)
        self.oral = [at for at in self.oral if at > self.written]

    def oral_due(self, said: int) -> int:
        """When an oral consent of that time is due in writing: by the first since the last in writing, for another sets no later."""
        return min(self.oral, default=said) + int(self.written_due_hours * HOUR_MS)

    def waits(self, handover_at: int | None) -> bool:
        """Whether its team is in place for the handover at that time; None: for whichever comes."""
        return self.in_place is not None and (handover_at is None or self.in_place >= handover_at - IN_PLACE_MS)

    @property
    def written_due_hours(self) -> float:
        """Within how many hours an oral consent is to be confirmed in writing."""
        hours: float = self.plan.get("written_due_hours", WRITTEN_DUE_HOURS)
        return hours


@dataclass(slots=True)
class Offer:
    """A handover offered to the leg `to`."""

    id: str
    to: int
    handover_at: int
    expires: int
    place: str
    by: str


@dataclass(slots=True)
class Stop:
    """A stop that stands. `before`: the phase to go on with. `agreed`: agency → person."""

    id: str
    by: str
    reason: str
    at: int
    before: str
    touches: list[int] = field(default_factory=list)
    place: str | None = None
    guard: str | None = None
    agreed: dict[str, str] = field(default_factory=dict)
    unconfirmed: bool = False


@dataclass(slots=True)
class Part:
    """One part of the load.

    `controller` None: nobody is in control. `last`: who was last. `lost_at`: since when contact counts as lost. `border_at`: what is
    older says nothing about the country any more. `entered`: the leg's own country has been reached. `windows`: handover windows done.
    `sealed_at`: when it was said last under way which seals it bears. `stopped`: the stop that a strike on a held load broke off.
    `reply_called`: who had not replied in time was told. `secured_at`: by substance when what `secured` says of it was weighed.
    `unweighed`: by substance since when it is regained and was not weighed.
    """

    name: str
    phase: str
    controller: str | None
    last: str
    territory: str
    leg: int
    legs: list[Leg]
    contact: str = HEARD
    started: bool = False
    crossed: bool = False
    offer: Offer | None = None
    stop: Stop | None = None
    strike: Json | None = None
    stopped: Stop | None = None
    watched: Json | None = None
    heard: int = 0
    seen: int = 0
    lost_at: int = 0
    shadow: list[int] | None = None
    profile: str = "moving"
    next_event: int | None = None
    position: Json | None = None
    believed: Json | None = None
    devices: dict[str, Json] = field(default_factory=dict)
    border_at: int = 0
    entered: bool = True
    windows: list[int] = field(default_factory=list)
    mass: dict[str, list[int]] = field(default_factory=dict)
    seals: list[str] = field(default_factory=list)
    sealed_at: int = 0
    reply_called: bool = False
    ended: Json | None = None
    secured: dict[str, list[int]] = field(default_factory=dict)
    secured_at: dict[str, int] = field(default_factory=dict)
    unweighed: dict[str, int] = field(default_factory=dict)
    came_from: list[str] = field(default_factory=list)
    became: list[str] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Started and not ended: its clocks go."""
        return self.started and self.phase not in ENDED

    @property
    def live(self) -> bool:
        return self.phase not in ENDED

    def at(self, number: int) -> Leg | None:
        """The leg of this number, or None."""
        for leg in self.legs:
            if leg.number == number:
                return leg
        return None

    @property
    def current(self) -> Leg:
        leg = self.at(self.leg)
        assert leg is not None, "a part is on a leg of its way"
        return leg

    @property
    def following(self) -> Leg | None:
        """The leg after the present one; None on the last."""
        for leg in self.legs:
            if leg.number > self.leg:
                return leg
        return None

    @property
    def hard_stop(self) -> Leg | None:
        """The leg at whose exit the consents end; None: they reach to the end of the way, or the present leg has none."""
        reached = None
        for leg in self.legs:
            if leg.number < self.leg:
                continue
            if not leg.open:
                return reached
            reached = leg
        return None


@dataclass(slots=True)
class Alarm:
    """An open alarm. `rung`: minutes of the ladder that were rung. `latest`: when it was raised last. `audience`: who alone learns it.

    `doers`: whose own doing it is about, and who therefore do not resolve it. `about`: of a kind with words of its own, which they are.
    `calls`: the agencies of the strike that it is about. `contact`: whom to call, with whom the reason ends.
    """

    id: str
    kind: str
    part: str | None
    leg: int | None
    raised: int
    due: int | None
    reason: str
    count: int = 1
    acknowledged: Json | None = None
    rung: int = -1
    next_ring: int = 0
    latest: int = 0
    audience: list[Json] | None = None
    doers: list[str] = field(default_factory=list)
    about: str | None = None
    calls: list[str] = field(default_factory=list)
    contact: str | None = None


def _unguarded() -> Json:
    """`since`: the watch has begun; `numbers`: key → by whom and why; `released`: reports to be let out; counts for its audience.

    `kept`: match → since when its report is kept in, and by what kinds of number, of those that were told.
    Of `matches` so many are of reports from `before` the watch; `looked`: the last look back that was told of; `elsewhere`: the match that
    stands for other deliveries.
    """
    counts: Json = {"matches": 0, "before": 0, "looked": -1, "alarms": 0, "events": 0, "hash": ""}
    return {"since": None, "digest": "", "numbers": {}, "names": [], "refused": [], "released": [], "kept": {}, "elsewhere": None, **counts}


@dataclass(slots=True)
class Case:
    """One delivery.

    `wake`: the due time for which a timer is out. `plan`: the one announced for deconfliction, and its answer; `handovers`: the form's.
    `informed`: posts that parties told; those of the lead's checklist are in `ready`.
    `duty`: what it was told last, and who at the centre answers for the delivery.
    `evidence`: item → who holds it, until it is destroyed. `unconfirmed`: entries by voice without the officer's word. `silent`: what the
    centre alone learns is counted and chained apart, for a gap would tell the others (leak rule 1).
    """

    delivery: str
    lead: str
    request: str
    requested_by: str
    status: str = "draft"
    version: int = 0
    events: int = 0
    hash: str = ""
    missing: list[str] = field(default_factory=list)
    reply_by: int | None = None
    signed_by: str | None = None
    ready: Json | None = None
    informed: list[Json] = field(default_factory=list)
    plan: Json = field(default_factory=lambda: {"number": 0, "digest": "", "answered": None, "contact": False, "answers": 0})
    handovers: list[Json] = field(default_factory=list)
    duty: Json = field(default_factory=lambda: {"digest": "", "coordinator": None})
    members: list[str] = field(default_factory=list)
    strikers: list[str] = field(default_factory=list)
    alarms_made: int = 0
    silent: Json = field(default_factory=lambda: {"alarms": 0, "events": 0, "hash": ""})
    guard: Json = field(default_factory=_unguarded)
    wake: int | None = None
    handing_over: list[str] = field(default_factory=list)
    evidence: dict[str, str] = field(default_factory=dict)
    outcome: Json | None = None
    announced: str = ""
    parts: dict[str, Part] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    unconfirmed: dict[str, Json] = field(default_factory=dict)

    @property
    def agencies(self) -> set[str]:
        """Every agency that takes part: the lead, who consents, who follows, who was named for a strike, who is in the room.

        What was never signed is the lead's own, given up or not.
        """
        found = {self.lead} | {member.partition("/")[0] for member in self.members}
        if self.signed_by is None:
            return found
        for part in self.parts.values():
            for leg in part.legs:
                found.add(leg.authority)
                found.add(leg.controller)
        return found.union(self.strikers)

    def descendants(self, name: str) -> list[Part]:
        """What a part is now: itself while it lives, else what it became, to the end."""
        part = self.parts.get(name)
        if part is None:
            return []
        if part.live or not part.became:
            return [part] if part.live else []
        found = {each.name: each for heir in part.became for each in self.descendants(heir)}
        return list(found.values())

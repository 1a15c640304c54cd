"""What the centre says of a controlled delivery: the state that stands, what happened, answers to officers, and who is to be rung.

Written by the stage `deliveries` and read without validation. Times are RFC 3339 in UTC by the broker's clock unless they are named
`captured`: those are as the officer's clock had them.
"""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from schemas.acts import Officer
from schemas.bounds import Instant
from schemas.records import Open

Status = Literal["draft", "requested", "declared", "ready", "running", "ended", "closed", "evaluated"]
PartState = Literal[
    "PLANNED", "ACTIVE", "OFFERED", "RECEIVER_IN_PLACE", "CROSSED_UNACCEPTED", "CONTACT_LOST", "CONTROL_LOST", "STOP_REQUESTED", "HELD",
    "STRIKE", "DELIVERED_UNDER_WATCH", "SECURED", "INTERVENED", "ABORTED", "SPLIT", "MERGED",
]  # fmt: skip
GUARD_CHAIN = 1_048_576
"""Events of the guard have a chain of their own, numbered from the one after this."""

ConsentState = Literal["PENDING", "PROVISIONAL", "CONSENTED", "CONDITIONAL", "REFUSED", "EXPIRED", "REVOKED"]
AlarmKind = Literal[
    "crossed_unaccepted", "contact_lost", "control_lost", "alert", "duress", "stop_requested", "stop_unconfirmed", "no_go", "offer_expired",
    "consent_ends", "consent_expired", "consent_revoked", "consent_refused", "seal_broken", "shortfall", "surplus", "voice_disputed",
    "glass_broken", "plan_touched", "terms_conflict", "strike_not_ready", "strike_changed", "reply_due", "guard_match", "guard_warning",
    "watched_elsewhere",
]  # fmt: skip


class ConsentView(Open):
    """The word of one leg's authority for one part. `in_force`: it may be entered. `id`: the act, whose paper is in `papers`."""

    state: ConsentState
    in_force: bool
    id: UUID | None = None
    by: str | None = Field(None, description="agency/person")
    said: Instant | None = Field(None, description="When it was said, as well as the centre knows")
    valid_until: Instant | None = None
    written_due: Instant | None = None
    terms: tuple[str, ...] = ()
    accepted: bool | None = Field(None, description="Of a conditional consent: the lead has accepted the conditions")
    reason: str | None = None


class EarlierConsent(ConsentView):
    """What the authority had said before the way was changed: no longer in force. `plan`: the leg that it was said of, in `plans`."""

    plan: str


class LegView(Open):
    """A leg of a part: who consents and follows, the consent, and under which name `plans` has its `PlannedLeg`."""

    number: int
    country: str
    authority: str
    controller: str
    plan: str
    consent: ConsentView
    in_place: bool = Field(False, description="Its team waits with the load in sight; where it is offered: said at most two hours before")
    changed: Instant | None = Field(None, description="When the way was changed to this; None: as it was signed")
    earlier: EarlierConsent | None = None


class ClockView(Open):
    """The two clocks: when word was last had and the load last seen, and when that becomes an alarm. None where a clock stands still."""

    heard: Instant | None = None
    contact_due: Instant | None = None
    seen: Instant | None = None
    eyes_due: Instant | None = None
    shadow_until: Instant | None = None
    profile: str


class PartView(Open):
    """One part. `controller` None: nobody is in control, and an alarm is open. `state` is the worst of what stands."""

    part: str
    state: PartState
    phase: str
    started: bool = Field(False, description="It has set out; one that is stopped or held before has not")
    controller: str | None
    territory: str | None
    leg: int
    legs: tuple[LegView, ...]
    hard_stop: dict[str, Any] | None = Field(None, description="The last border that consents reach: leg, country, exit; None: none ahead")
    offer: dict[str, Any] | None = None
    hold: dict[str, Any] | None = Field(None, description="The stop that stands: id, by, reason, place, guard, agreed, needed")
    strike: dict[str, Any] | None = None
    clocks: ClockView
    position: dict[str, Any] | None = Field(None, description="The newest position, with source, age and accuracy")
    devices: tuple[dict[str, Any], ...] = Field((), description="Tracking devices: id, kind, device, placed_by, legal_basis, ended")
    seals: tuple[str, ...] = ()
    mass: dict[str, dict[str, str]] = Field(default_factory=dict, description="Substance → kg, uncertainty_kg, as booked")
    unweighed: dict[str, Instant] = Field(
        default_factory=dict, description="Substance → since when it is regained, where it was not weighed since"
    )
    ended: dict[str, Any] | None = None
    came_from: tuple[str, ...] = ()
    became: tuple[str, ...] = ()


class Audience(Open):
    """Who is meant: an agency, or the named role of it. Roles of the centre have no agency."""

    agency: str | None = None
    role: Literal["officers", "coordinator", "supervisor"] = "officers"
    person: str | None = Field(None, description="agency/person: who answers for the delivery at the centre, and nobody else")


class AlarmView(Open):
    """An open alarm. `stands`: its cause does, and it cannot be resolved yet. `audience`: who may see it; None: all in the room."""

    id: str
    kind: AlarmKind
    part: str | None
    leg: int | None
    raised: Instant
    due: Instant | None = Field(None, description="Of a clock's alarm: when it was due")
    reason: str
    count: int
    acknowledged: dict[str, Any] | None = None
    rung: int = Field(description="Minutes since the alarm up to which the ladder has been climbed; -1: not yet")
    next_ring: Instant
    stands: bool
    calls: tuple[str, ...] = Field((), description="The agencies of the strike that it is about")
    audience: tuple[Audience, ...] | None = None


class KeptIn(Open):
    """Reports that met what is under watch, and that the delivery keeps in: what an act `match_released` names. For its audience alone."""

    audience: tuple[Audience, ...]
    matches: tuple[dict[str, Any], ...] = Field(description="match, since, on: the kinds of number by which it was met")


class PostView(Open):
    """A post where the way enters or leaves a country. `post`: as the gazetteer names it; None where it has none of that name.

    `named`: as the plan does; None with a `post`: the one opposite of what the plan names; None without: the plan names neither side.
    `state` later: its leg is not consented yet, and who follows there tells it then.
    """

    leg: int
    side: Literal["entry", "exit"]
    country: str
    post: str | None
    named: str | None
    state: Literal["informed", "missing", "later", "unnamed"]


class Visibility(Open):
    """What the gateway decides by, for each viewer and each time it sends.

    A viewer sees the delivery whose agency is in `agencies` and, where that agency has named members, who is one of them; of the centre
    only who is in `members`. `lead` is the originator.
    """

    lead: str
    agencies: tuple[str, ...]
    members: tuple[str, ...] = Field(description="agency/person")


class DeliverySnapshot(Open):
    """All that stands of one delivery but its form. `version` grows with every change; a reader keeps the highest."""

    type: Literal["delivery"]
    delivery: str
    version: int
    at: Instant
    status: Status
    lead: str
    request: UUID
    reply_by: Instant | None = Field(None, description="By when the authorities are asked to reply")
    signed_by: str | None = None
    ready: dict[str, Any] | None = None
    coordinator: str | None = Field(None, description="agency/person who answers for it at the centre; None: nobody has it")
    deconfliction: dict[str, Any] | None = Field(
        None,
        description="When the plan of this number was answered, how often in all, legs not compared; for lead and centre `contact`",
    )
    informed: tuple[dict[str, Any], ...] = Field((), description="Posts that were told: `InformedPost`, and who entered it (`by`)")
    posts: tuple[PostView, ...] = Field((), description="The posts that lie ahead on the way, and whether they know")
    parts: tuple[PartView, ...]
    plans: dict[str, dict[str, Any]] = Field(description="The legs as planned (`PlannedLeg`), by name: parts share them")
    papers: dict[str, dict[str, Any] | None] = Field(description="The paper behind each consent (`Authorisation`), by the consent's id")
    alarms: tuple[AlarmView, ...]
    kept_in: KeptIn | None = None
    unconfirmed: tuple[dict[str, Any], ...] = Field((), description="Entries by voice that wait for the officer's word")
    evidence: tuple[dict[str, Any], ...] = Field((), description="Items that are not destroyed: item, holder, and whether it is on its way")
    outcome: dict[str, Any] | None = None
    visibility: Visibility
    events: int = Field(description="How many events there are")
    hash: str = Field(description="Hash of the newest event")


class DeliveryForm(Open):
    """The request form that stands, with named contacts: for whoever sees the delivery by its snapshot. Key: `{delivery}/form`."""

    type: Literal["form"]
    delivery: str
    version: int
    request: UUID
    form: dict[str, Any]


class DeliveryEvent(Open):
    """One line of the timeline. `hash` is the SHA-256 of the canonical JSON of all other fields; `previous` is the event's before it.

    Events with an `audience` are numbered and chained among themselves, those of the guard apart: who does not see them sees no gap.
    """

    delivery: str
    number: int
    kind: str = Field(description="An act's name, or what a clock or the rules made of it")
    part: str | None
    leg: int | None
    by: Officer | None = Field(None, description="None: a clock")
    on_behalf_of: str | None = None
    act: UUID | None
    captured: Instant | None = Field(None, description="By the officer's clock")
    happened: Instant = Field(description="By the broker's clock, as well as it can be told")
    received: Instant
    late_s: int = Field(0, description="Of a clock: seconds past its due time. Of an act: its age when it was received")
    audience: tuple[Audience, ...] | None = Field(None, description="Who may see it; None: all in the room")
    what: dict[str, Any]
    previous: str
    hash: str


class DeliveryAnswer(Open):
    """What the officer is told of an act. `repeated`: it had been received before, and this is what was answered then.

    An officer who is no party learns only that there is no such delivery; then `stands` is None.
    """

    answer: UUID
    delivery: str
    act: UUID | None
    agency: str
    person: str
    status: Literal["applied", "refused", "repeated"]
    reason: str | None = None
    field: str | None = None
    mend: str | None = None
    stands: dict[str, Any] | None = Field(None, description="State, controller, territory, leg and hard stop of the part that was meant")
    version: int | None = None
    at: Instant


class AlarmRing(Open):
    """One ring: who is to be told now, of which alarm. Telling is others' work; the same `ring` twice is one."""

    ring: UUID
    delivery: str
    alarm: str
    kind: AlarmKind
    part: str | None
    minute: int = Field(description="Rung of the ladder, minutes after the alarm; past 15 every five minutes")
    told: tuple[Audience, ...]
    reason: str
    at: Instant
    late_s: int

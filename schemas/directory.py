"""The directory of competent authorities for controlled deliveries (1988 Convention, article 11): one entry an authority, one a crossing.

An entry is edited by persons of its own authority alone, and every edit gives the next version. `streams.planning.editing` applies edits.
"""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.bounds import Agency, Code, Country, Instant, Language, Line, Short, Strict
from schemas.handling import NamedPerson

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"), Field(description="Local time", examples=["09:00"])]
Zone = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", max_length=60), Field(examples=["Asia/Almaty"])
]
Rule = Literal["required", "allowed", "forbidden"]
Passage = Literal["out", "through", "into", "internal"]
Substitution = Literal["none", "partial", "full"]
Practice = Literal[
    "armed_escort", "foreign_officers", "foreign_armed_officers", "undercover_officers", "tracking_device", "audio_video", "sampling"
]
PaperKind = Literal[
    "written_request",
    "letter_rogatory",
    "prosecutor_authorisation",
    "court_authorisation",
    "case_decision",
    "legal_provisions",
    "undertakings",
    "risk_assessment",
    "laboratory_certificate",
    "inventory_of_goods",
    "substitution_record",
    "vehicle_and_driver_data",
    "customs_transit_document",
    "list_of_officers",
    "weapons_permit",
    "translation",
    "other",
]


class Hours(Strict):
    """When someone answers, local time. A closing time that is not after the opening one is the next day's."""

    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7)
    opens: Clock
    closes: Clock

    @model_validator(mode="after")
    def _opens_within_the_day(self) -> Self:
        if self.opens == "24:00":
            raise ValueError("24:00 ends a day: write 00:00 as the opening time of the next")
        return self


class Reach(Strict):
    """One way to reach a contact point. Changing any of them takes two persons and a call back."""

    kind: Literal["telephone", "mobile", "satellite", "radio", "fax", "email", "messenger", "secure_channel"]
    address: Short

    @property
    def voice(self) -> bool:
        """Whether a person can be called back on it."""
        return self.kind in {"telephone", "mobile", "satellite"}


class NamedContact(Strict):
    """An officer by name: for the parties of a delivery alone."""

    name: Line
    rank: Short | None = None
    reach: tuple[Reach, ...] = Field((), max_length=5)


class ContactPoint(Strict):
    """A desk that answers. Without `hours` it answers round the clock, holidays included."""

    code: Code
    desk: Line = Field(description="What the desk is, in the languages accepted")
    time_zone: Zone
    hours: tuple[Hours, ...] = Field((), max_length=14)
    works_on_holidays: bool = False
    closed_on: tuple[date, ...] = Field((), max_length=120, description="Closed beyond the country's holidays")
    open_on: tuple[date, ...] = Field(
        (), max_length=60, description="Working days by decree, as after a transferred holiday; hours as on Monday"
    )
    reach: tuple[Reach, ...] = Field(min_length=1, max_length=12)
    named: tuple[NamedContact, ...] = Field((), max_length=10)

    def ways(self) -> tuple[Reach, ...]:
        """Every way to reach the desk or an officer of it."""
        return (*self.reach, *(way for officer in self.named for way in officer.reach))


class Notice(Strict):
    """How long before entry a request must have been received in the desk's hours. [R] configuration of each authority.

    `clock`: hours by the clock from its receipt; `working`: hours in which the desk is open.
    """

    hours: float = Field(ge=0, le=2_160)
    counted: Literal["clock", "working"]
    desk: Code = Field(description="The contact point that takes the request")


class UrgentNotice(Strict):
    """A request by voice that is answered by provisional consent; the written one is due within `written_due_hours` (72 by default) [R]."""

    hours: float = Field(ge=0, le=720)
    desk: Code
    written_due_hours: float = Field(72, gt=0, le=720)


class Paper(Strict):
    """A document that must accompany the request."""

    kind: PaperKind
    language: Language | None = None
    note: Line | None = None


class Law(Strict):
    """What the law of the authority's state allows. A practice that is not named is not stated, and has to be asked for."""

    controlled_delivery: bool
    passages: tuple[Passage, ...] = Field((), max_length=4)
    substitution: tuple[Substitution, ...] = Field(
        (), max_length=3, description="What the load may be: original, partly or fully substituted"
    )
    practices: dict[Practice, Rule] = Field(default_factory=dict, max_length=20)
    maximum_hours: float | None = Field(None, gt=0, le=8_760, description="From entry to exit")
    basis: Line | None = Field(None, description="The provision")


class EntryBase(Strict):
    """Identity, versions and validity of an entry."""

    version: int = Field(ge=1, le=1_000_000)
    authority: Agency
    country: Country
    name: dict[Language, Line] = Field(min_length=1, max_length=12)
    contacts: tuple[ContactPoint, ...] = Field(min_length=1, max_length=20)
    special_requirements: tuple[Line, ...] = Field((), max_length=30)
    valid_from: Instant
    valid_until: Instant
    verified: Instant = Field(description="When the authority last said that all of it is right")
    verified_by: NamedPerson
    exercise: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be later than valid_from")
        codes = [desk.code for desk in self.desks()]
        if len(set(codes)) != len(codes):
            raise ValueError("two contact points share a code: each needs its own")
        if agency_of(self.verified_by) != self.authority:
            raise ValueError("verified_by must be a person of the authority: an entry is verified by those whose it is")
        if self.exercise and (ringing := [way.address for desk in self.desks() for way in desk.ways() if not cannot_ring(way)]):
            raise ValueError(f"{ringing[0]} may reach a real desk: an exercise uses +999 numbers and .invalid or .example addresses")
        return self

    def desks(self) -> tuple[ContactPoint, ...]:
        """Every contact point, those at the gate included."""
        return self.contacts

    def contact(self, code: str) -> ContactPoint | None:
        """The contact point of that code."""
        return next((desk for desk in self.desks() if desk.code == code), None)


class AuthorityEntry(EntryBase):
    """An authority that consents to a leg, or has to be told of it."""

    kind: Literal["authority"]
    competence: Literal["consents", "is_informed"] = "consents"
    languages: tuple[Language, ...] = Field(min_length=1, max_length=12, description="Accepted, the preferred first")
    law: Law
    papers: tuple[Paper, ...] = Field((), max_length=40)
    notice: Notice
    urgent: UrgentNotice | None = None
    reply_desk: Code = Field(description="The contact point that replies are sent from and to")

    @model_validator(mode="after")
    def _desks_exist(self) -> Self:
        for field, code in (
            ("notice.desk", self.notice.desk),
            ("urgent.desk", self.urgent and self.urgent.desk),
            ("reply_desk", self.reply_desk),
        ):
            if code and self.contact(code) is None:
                raise ValueError(f"{field} names {code}, which is no contact point of this entry: use one of contacts[].code")
        return self


class CrossingEntry(EntryBase):
    """An authority's post at one crossing. The law is in the authority's own entry."""

    kind: Literal["crossing"]
    crossing: Line = Field(description="As the gazetteer of border crossings names it on this side")
    gate: ContactPoint = Field(description="When goods can pass, and who answers there")
    equipment: tuple[Line, ...] = Field((), max_length=20, description="Scanner, scales, guarded yard, laboratory")

    def desks(self) -> tuple[ContactPoint, ...]:
        """The contact points and the gate."""
        return (*self.contacts, self.gate)


DirectoryEntry = Annotated[AuthorityEntry | CrossingEntry, Field(discriminator="kind")]


class CallBack(Strict):
    """That a person of the authority was called on a number that stood before, and what was said."""

    contact: Code
    number: Short = Field(description="The old number that was called")
    at: Instant
    spoke_with: Line


class EditBase(Strict):
    """Who edits which entry, and the version that they saw; 0 where there is none yet."""

    authority: Agency
    crossing: Line | None = None
    base_version: int = Field(ge=0, le=1_000_000)
    by: NamedPerson
    at: Instant


class Publish(EditBase):
    """The next version, whole. Where it changes a way to reach somebody it is a proposal until another person confirms it."""

    act: Literal["publish"]
    entry: DirectoryEntry


class Confirm(EditBase):
    """Another person of the authority confirms the proposal that stands, having called back on the old numbers."""

    act: Literal["confirm"]
    call_backs: tuple[CallBack, ...] = Field((), max_length=20)


class Drop(EditBase):
    """Take the standing proposal back."""

    act: Literal["drop"]
    reason: Line


class Verify(EditBase):
    """Everything in it is still right."""

    act: Literal["verify"]


class Retire(EditBase):
    """The entry ends now; it stays readable."""

    act: Literal["retire"]
    reason: Line


DirectoryEdit = Annotated[Publish | Confirm | Drop | Verify | Retire, Field(discriminator="act")]


class Standing(Strict):
    """What stands for one key: the entry (None before the first confirmation), and a proposal that awaits its second person."""

    entry: DirectoryEntry | None = None
    proposal: Publish | None = None


VERIFY_EVERY = timedelta(days=90)
"""How long a verification is good unless an installation says otherwise [R]."""


def cannot_ring(way: Reach) -> bool:
    """Country code 999 is kept unassigned by the ITU; RFC 2606 and 6761 keep .invalid and .example from the public DNS."""
    if way.kind == "email":
        return way.address.endswith((".invalid", ".example"))
    return way.kind in {"radio", "secure_channel"} or way.address.startswith("+999")


def agency_of(person: str) -> str:
    """The agency of a named person: `KZ-KNB/a.seitkali` is of KZ-KNB."""
    return person.split("/", 1)[0]


def entry_key(authority: str, crossing: str | None) -> str:
    """The key of an entry: `TJ-DCA`, or `TJ-BRD@Panji Poyon`."""
    return f"{authority}@{crossing}" if crossing else authority

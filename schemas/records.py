"""Records between the centre's own stages. They are written trusted and read without validation; these models publish and test them.

Stages keep fields that they do not know. Times are RFC 3339 in UTC, decimals are strings.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from schemas.bounds import Agency, Code, Instant, Line, Strict
from schemas.handling import Person
from schemas.problems import Problem


class Open(BaseModel):
    """Base of records that readers keep whole, unknown fields included."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Sender(Open):
    """Who sent it: by the token that the gateway checked, or by the inbound topic (then `person` is None)."""

    agency: Agency
    person: Person | None = None


class Location(Open):
    """A place found for a report. `basis` says from what: as reported, crossing, airport, unlocode, seaport, subdivision or country."""

    field: str
    country: str | None = None
    subdivision: str | None = None
    name: str | None = None
    code: str | None = None
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    basis: str


class SubstanceFound(Open):
    """A substance recognised. `kg` is the kg-equivalent with `factor` and `basis`, or None where the unit gives none."""

    field: str
    slug: str
    name: str
    group: str
    control: tuple[str, ...] = ()
    cas: str | None = None
    matched_on: str
    kg: str | None = None
    factor: str | None = None
    basis: str | None = None


class IdentifierFound(Open):
    """A number checked. `key` is what equal things share: `container:MSKU1234565`; `valid` None: nothing to check."""

    field: str
    kind: str
    value: str
    key: str
    valid: bool | None = None
    strong: bool = False


class NameFound(Open):
    """A name in Latin letters, and its keys for matching."""

    field: str
    name: str
    latin: str
    keys: tuple[str, ...] = ()


class Occurred(Open):
    """When, as a range in UTC: start inclusive, end exclusive."""

    start: Instant
    end: Instant
    precision: Literal["second", "day", "month", "year"]


class Enrichment(Open):
    """What the centre found out. It stands beside the report, which is never changed. `reference` is the reference data's version."""

    reference: str
    occurred: Occurred
    place: Location | None = Field(None, description="The main place: where it happened")
    locations: tuple[Location, ...] = Field((), description="Every place named, with the field that named it")
    countries: tuple[str, ...] = Field((), description="Every country that the report concerns, the originator's included")
    substances: tuple[SubstanceFound, ...] = ()
    identifiers: tuple[IdentifierFound, ...] = ()
    names: tuple[NameFound, ...] = ()
    findings: tuple[Problem, ...] = ()


class EnrichedReport(Open):
    """One valid revision as sent, with pinned enrichment. `digest` is the SHA-256 of the report's canonical JSON."""

    type: Literal["report"]
    origin: str
    received: Instant
    sender: Sender
    lane: Literal["live", "bulk"] = "live"
    event: dict[str, Any] = Field(description="CloudEvents attributes as received")
    about: dict[str, Any] | None = Field(None, description="For the next stage alone: what it decides by, from report and enrichment")
    report: dict[str, Any]
    enrichment: Enrichment
    digest: str


class Decision(Strict):
    """A human act about one report; `hold` keeps it from every way out until `release`, or until `until`."""

    type: Literal["decision"]
    act: Literal["hold", "release"]
    originator: Agency
    report_id: Code
    by: Person
    by_agency: Agency
    reason: Line
    until: Instant | None = None
    at: Instant


class Timer(Open):
    """What a stage asks of the clock: a `Due` for this key in this inbox, in the partition of the same number, no earlier than `due`."""

    timer: UUID
    inbox: str
    key: str
    name: str
    due: Instant


class Due(Open):
    """A timer that has run out, written by the clock into the inbox. A stage that waits for another one by now, or for none, drops it."""

    type: Literal["due"]
    timer: UUID
    name: str
    due: Instant


class Hold(Open):
    """Why a report is held, by whom, until when (None: until released by name)."""

    by: str
    reason: str
    until: Instant | None = None


class Guard(Open):
    """A live delivery keeps the report in: the agencies in `for` alone see it, and to them it looks like any other (decision 0808)."""

    agencies: tuple[str, ...] = Field(alias="for")


class CurrentReport(Open):
    """One change to what is known of a report.

    `change`: `applied` (this revision is now the current one), `history` (a late lower revision, kept), `withdrawn`, `held` and
    `released` (routing only; `report` is the revision that stands). `version` grows with every change of a report.
    """

    report_uuid: UUID
    key: str
    version: int
    change: Literal["applied", "history", "withdrawn", "held", "released"]
    kind: str
    revision: int
    current_revision: int = Field(description="The revision that stands after this change")
    withdrawn: bool = False
    hold: Hold | None = None
    guard: Guard | None = None
    origin: str
    received: Instant
    at: Instant = Field(description="Broker time of the change")
    late_ms: int | None = Field(None, description="Of a release by time alone: milliseconds from the instant that was due to this change")
    sender: Sender
    report: dict[str, Any]
    enrichment: dict[str, Any] | None = None
    digest: str


class FeedItem(Open):
    """One thing that changed for those who watch: a change of a report (as in `reports.current`) or an incident proposal."""

    type: Literal["report", "incident"]
    change: dict[str, Any]


class ReleaseCandidate(Open):
    """A report that its originator lets go to a partner, or the recall of one; policy is applied again when it is sent."""

    partner: str
    hops: int
    act: Literal["release", "recall"]
    key: str
    revision: int
    version: int
    change: dict[str, Any] | None = None


State = Annotated[dict[str, Any], Field(description="A stage's own state: versioned, not for others")]

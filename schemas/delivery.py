"""A message in a controlled delivery (1988 Convention, articles 1 and 11). The state machine that reads them is the centre's."""

from typing import Literal

from pydantic import Field

from schemas.bounds import Country, Instant, Line, Short, Strict
from schemas.places import Coordinates, Place
from schemas.quantities import Quantity
from schemas.report import ReportBase
from schemas.substances import Substance

Act = Literal[
    "request",
    "consent",
    "provisional_consent",
    "conditional_consent",
    "refusal",
    "revocation",
    "ready",
    "start",
    "offer",
    "receiver_in_place",
    "acceptance",
    "check_in",
    "contact_lost",
    "control_lost",
    "regained",
    "stop_request",
    "held",
    "resumed",
    "strike",
    "delivered_under_watch",
    "secured",
    "intervened",
    "aborted",
    "closed",
    "message",
]


class Authorisation(Strict):
    """The paper behind a consent."""

    number: Short
    date: Instant
    issued_by: Line = Field(description="Prosecutor, court or authority")
    officer: Line = Field(description="Name and rank")
    valid_until: Instant | None = None
    conditions: tuple[Line, ...] = Field((), max_length=30)


class Position(Strict):
    """A position shows where something was seen; it never proves control."""

    coordinates: Coordinates
    captured: Instant
    source: Literal["hand", "tracker", "ais", "radio", "camera", "other"]
    speed_kmh: float | None = Field(None, ge=0, le=3_500)
    heading: float | None = Field(None, ge=0, lt=360)


class Leg(Strict):
    """The passage through one country."""

    country: Country
    number: int = Field(ge=1, le=60)
    entry: Place | None = None
    exit: Place | None = None
    entry_planned: Instant | None = None
    exit_planned: Instant | None = None


class DeliveryMessage(ReportBase):
    """One act in one delivery, by one officer, for one leg and part."""

    kind: Literal["controlled_delivery"]
    delivery_ref: Short
    act: Act
    at: Instant = Field(description="When the act took place; the centre keeps apart when it was received")
    leg: Leg | None = None
    itinerary: tuple[Leg, ...] = Field((), max_length=60)
    part: Short | None = Field(None, description="Which part of a split load")
    by_voice: Line | None = Field(None, description="On behalf of whom, by which means, code word checked")
    authorisation: Authorisation | None = None
    position: Position | None = None
    place: Place | None = None
    goods: tuple[Substance, ...] = Field((), max_length=50)
    weight: Quantity | None = None
    seals: tuple[Short, ...] = Field((), max_length=50)
    reason: Line | None = None

"""What is under watch while a controlled delivery is live, and the reports that meet it (decision 0808).

A value under watch is grounded: it stands in the signed request form, in what the parts are declared to bear, or a party has put it there
with its grounds. No agency reads any of this.
"""

from typing import Any, Literal

from pydantic import Field

from schemas.bounds import Country, Instant, Line, Short, Strict
from schemas.records import Open

WatchedKind = Literal[
    "container", "plate", "vin", "imo", "mmsi", "seal", "cmr", "tir", "bill_of_lading", "air_waybill", "customs_declaration",
    "passport", "identity_card", "driving_licence", "permit", "imei", "sim", "device", "phone",
]  # fmt: skip
HANDLING_TOLD = ("originator", "tlp", "recipients", "match_mode")
"""Of a report's handling, what says who may be told of a match."""

MOST_NUMBERS = 60
"""Numbers that one delivery may have under watch, and as many seals that its parts bear."""


class WatchedValue(Strict):
    """One number that is to be watched, and why."""

    kind: WatchedKind
    number: Short = Field(description="As written; it is compared as the numbers of reports are")
    country: Country | None = Field(None, description="Of registration or issue; a number plate needs it")
    grounds: Line


class WatchedNumber(Open):
    """A number under watch. `key` as in `IdentifierFound`; `by`: who signed for it; `grounds`: form, part, or the officer's words."""

    key: str
    by: str
    grounds: str
    part: str | None = None


class WatchedPlace(Open):
    """Where the delivery means to be, and around when: what is reported there and then is told as a warning."""

    country: str
    names: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    begins: Instant
    ends: Instant


class DeliveryWatch(Open):
    """All that one delivery has under watch. The key's tombstone ends it."""

    type: Literal["watch"]
    delivery: str
    since: Instant
    by: str
    members: tuple[str, ...] = Field(description="agency/person: they know, so their own reports do not concern it")
    countries: tuple[str, ...]
    numbers: tuple[WatchedNumber, ...]
    names: tuple[str, ...] = Field(description="Keys of names, as in `NameFound`")
    places: tuple[WatchedPlace, ...]


class WatchMatch(Open):
    """A revision of a report meets what a delivery has under watch. `held`: that keeps it in; `closed`: a hold or an embargo does, too.

    The reports app writes it of what arrives, and the store of what had arrived before: that only warns.
    """

    type: Literal["match"]
    delivery: str
    report: str = Field(description="The report's key; shown to nobody")
    revision: int
    held: bool
    on: tuple[dict[str, str], ...] = Field(description="kind, and how: number, text, name, place")
    handling: dict[str, Any]
    countries: tuple[str, ...]
    closed: bool
    received: Instant | None = Field(None, description="Of a report from before the watch alone: when it was received")
    at: Instant


class LookedBack(Open):
    """More reports from before the watch meet it than are told each. `look`: the watch's offset in `deliveries.watch`."""

    type: Literal["looked_back"]
    delivery: str
    look: int
    found: int
    told: int
    at: Instant


class WatchedElsewhere(Open):
    """Another delivery has the same number under watch: in the inbox of each of the two. It does not name the other.

    `numbers`: as both have them, with the kind before a colon. The stage tells what they are to nobody.
    """

    type: Literal["watched_elsewhere"]
    delivery: str
    kinds: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    at: Instant


class Unguard(Open):
    """A delivery lets a report out: in the report's inbox. `why`: released by name, or the delivery has ended."""

    type: Literal["unguard"]
    delivery: str
    why: Literal["released", "ended"]

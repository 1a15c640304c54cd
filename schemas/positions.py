"""Positions of consignments that come by themselves: from tracking devices and from AIS (decision 0812).

A position shows where something was. It never counts as contact and never proves control.
"""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from schemas.bounds import Code, Instant, Strict
from schemas.records import Due, Open

Mmsi = Annotated[str, StringConstraints(pattern=r"^[2-7]\d{8}$"), Field(description="A ship's MMSI: 9 digits, the first three its MID")]
FIRST_MID, LAST_MID = 201, 775
"""Maritime identification digits (ITU-R M.585, annex 1): those of a ship station begin its number."""

MOST_FIXES = 500
"""In one call."""

DeviceKind = Literal["tracker", "ais"]


def mmsi_problem(text: str) -> str | None:
    """Why this is no ship's MMSI, or None. A coast station (00…), a group (0…), an aid (99…) or a craft's boat (98…) is none."""
    if not (text.isascii() and text.isdigit() and len(text) == 9):
        return f"{text!r} is no MMSI: it has nine digits"
    if not FIRST_MID <= int(text[:3]) <= LAST_MID:
        return f"{text} is no ship's MMSI: the first three digits are {FIRST_MID} to {LAST_MID}"
    return None


class Fix(Strict):
    """One position as a device reports it. `at` names it among the device's: a second one of that time changes nothing."""

    at: Instant = Field(description="By the device's clock")
    sent: Instant | None = Field(None, description="When it was sent, by the same clock: a wrong clock is then allowed for")
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    accuracy_m: float | None = Field(None, gt=0, le=1_000_000, description="Radius within which it lies")
    speed_kmh: float | None = Field(None, ge=0, le=3_500)
    course: float | None = Field(None, ge=0, lt=360, description="Over ground, degrees from true north")
    battery_percent: int | None = Field(None, ge=0, le=100)
    mmsi: Mmsi | None = Field(None, description="Of AIS: whose position it is")

    @model_validator(mode="after")
    def _not_null_island(self) -> Self:
        if self.lat == 0 and self.lon == 0:
            raise ValueError("0, 0 is what a receiver without a fix says: send nothing then")
        return self


class Fixes(Strict):
    """What one call of a device brought, as the gateway puts it into `positions.inbox`."""

    type: Literal["fixes"]
    device: UUID = Field(description="The act that placed it")
    fixes: tuple[Fix, ...] = Field(min_length=1, max_length=MOST_FIXES)


class Watched(Open):
    """One device as the delivery has it. `active`: neither removed nor over with its part."""

    part: str
    kind: DeviceKind
    silent_after_s: int
    active: bool
    running: bool = Field(description="The part has started and not ended: beyond a border without acceptance is an alarm")
    profile: str
    territory: str
    border_at: int = Field(description="Broker time (ms): what is older says nothing about the country any more")


class WatchedDevices(Open):
    """Which devices a delivery has now: the stage `deliveries` says so whenever it changes."""

    type: Literal["watched"]
    devices: dict[str, Watched]


PositionRecord = Annotated[Fixes | WatchedDevices | Due, Field(discriminator="type")]
"""Any record of `positions.inbox`."""

POSITION_RECORD: TypeAdapter[PositionRecord] = TypeAdapter(PositionRecord)

Why = Literal["first", "crossing", "jump", "settled", "silent", "heard", "apart", "together", "last"]


class MarkedFix(Open):
    """A position that the timeline keeps, in `deliveries.inbox`. `position`: as a snapshot shows one; `why`: each reason."""

    type: Literal["fix"]
    device: UUID
    why: tuple[Why, ...]
    position: dict[str, Any] | None
    more: dict[str, Any] = Field(default_factory=dict, description="silent_s, other, kilometres: what belongs to a reason")


class DevicePosition(Open):
    """The newest of one device, for those who watch. Key: the device. The highest `version` stands."""

    type: Literal["position"]
    delivery: Code
    part: str
    device: UUID
    kind: DeviceKind
    version: int
    position: dict[str, Any] | None = Field(description="The newest that is no impossible jump: lat, lon, accuracy_m, captured, …")
    jump: dict[str, Any] | None = Field(None, description="The newest, where it is an impossible jump from `position`")
    straddles: bool = Field(False, description="Too near a border for its accuracy to say in which country it is")
    apart: UUID | None = Field(None, description="Another device of the part, which is impossibly far away")
    skew_s: int = Field(0, description="How far the device's clock is ahead of the centre's, where that is a minute or more")
    heard: Instant | None = Field(description="When word of it was last received")
    silent: bool = False
    silent_after_s: int
    ended: bool = False


class DeviceTrail(Open):
    """Where one device has been in one hour: `[lon, lat, milliseconds since 1970, jump]`, the oldest first. Key: `{device}/{hour}`.

    `jump` 1: nothing goes so fast as from the point before to this one.
    """

    type: Literal["trail"]
    delivery: Code
    device: UUID
    hour: int = Field(description="Since 1970")
    points: tuple[tuple[float, float, int, int], ...]

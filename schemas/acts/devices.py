"""Devices that report positions for a part, and their positions."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.acts.base import ActBase
from schemas.bounds import Country, Line, Short
from schemas.delivery import Position
from schemas.positions import DeviceKind, mmsi_problem


class Tracked(ActBase):
    """A position from a device or from AIS. It shows where something was, and never counts as contact."""

    act: Literal["tracked"]
    position: Position
    country: Country | None = None


class DevicePlaced(ActBase):
    """The controller has a device report for one part. Its credential is bound to this act, and ends with the part or by removal."""

    act: Literal["device_placed"]
    kind: DeviceKind
    device: Short = Field(description="The maker's number of the tracker; of AIS the ship's MMSI")
    placed_by: Line = Field(description="Who placed it, or who declares the ship: name and rank")
    legal_basis: Line = Field(description="The authorisation under which it is tracked")
    silent_after_minutes: Annotated[int, Field(ge=1, le=1_440)] = 5
    """Longer without a position, and it is shown as silent."""

    @model_validator(mode="after")
    def _a_ship(self) -> Self:
        if self.kind == "ais" and (wrong := mmsi_problem(self.device)):
            raise ValueError(wrong)
        return self


class DeviceRemoved(ActBase):
    """The device reports no more: taken off, failed, or no longer authorised."""

    act: Literal["device_removed"]
    device: UUID = Field(description="The id of the act that placed it")
    reason: Line

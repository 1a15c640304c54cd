"""Loads that split and merge, and the way that they take."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.acts.base import ActBase
from schemas.bounds import Line, Short, Strict
from schemas.consignment import Legs, Mass, PartName, weighed_once


class NewPart(Strict):
    """One of the parts that a load is split into. `legs`: its way from the present leg on, unset: as before."""

    name: PartName
    goods: tuple[Mass, ...] = Field((), max_length=20)
    legs: Legs | None = None
    seals: tuple[Short, ...] = Field((), max_length=50)
    devices: tuple[UUID, ...] = Field((), max_length=20, description="Devices that go on with it, by the acts that placed them")

    @model_validator(mode="after")
    def _weighed_once(self) -> Self:
        weighed_once(self.goods)
        return self


class Split(ActBase):
    """The controller notes that the part goes on as several. `goods` of all of them make up what the part had."""

    act: Literal["split"]
    into: tuple["NewPart", ...] = Field(min_length=2, max_length=10)

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        if len({new.name for new in self.into}) != len(self.into):
            raise ValueError("into names a part twice: every part has its own name")
        devices = [device for new in self.into for device in new.devices]
        if len(set(devices)) != len(devices):
            raise ValueError("into names a device twice: it goes on with one part")
        return self


class Merge(ActBase):
    """The controller notes that several parts go on as one."""

    act: Literal["merge"]
    parts: tuple[PartName, ...] = Field(min_length=2, max_length=10)
    into: PartName


class RouteChange(ActBase):
    """The lead gives another way after the present leg, or another end to that leg too. Consents that it touches are open again."""

    act: Literal["route_change"]
    legs: Legs = Field(description="Every leg after the present one; before them the present one, where its exit or its times are others")
    reason: Line

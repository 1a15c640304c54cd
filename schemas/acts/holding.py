"""A stop, the load under guard, and the agreements that it goes on."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.acts.base import ActBase, LegNumber
from schemas.bounds import Line, Short


class StopRequest(ActBase):
    """Stop: any party alone. `touches` names the legs whose conditions are at stake."""

    act: Literal["stop_request"]
    reason: Line
    touches: tuple[LegNumber, ...] = Field((), max_length=60)


class Held(ActBase):
    """The controller holds the consignment under guard."""

    act: Literal["held"]
    place: Line
    guard: Line
    seals: tuple[Short, ...] = Field(
        (), max_length=50, description="From whoever is in control: all the seals that it bears from then on; none: as before"
    )


class Resumed(ActBase):
    """One agreement that the consignment goes on; it does when all who must have agreed."""

    act: Literal["resumed"]
    stop: UUID = Field(description="The id of the stop that stands")

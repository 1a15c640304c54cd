"""Acts by which control passes to the next leg."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.acts.base import ActBase, LegAct
from schemas.bounds import Country, Instant, Line
from schemas.consignment import Mass


class Offer(ActBase):
    """The controller offers the consignment to the next leg."""

    act: Literal["offer"]
    handover_at: Instant
    place: Line
    expires: Instant | None = Field(None, description="Unset: an hour after handover_at")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.expires is not None and self.expires <= self.handover_at:
            raise ValueError("the offer expires before the handover: set expires after handover_at")
        return self


class ReceiverInPlace(LegAct):
    """The receiving team is there and sees the consignment."""

    act: Literal["receiver_in_place"]
    eyes_on: Literal[True]
    place: Line | None = None


class Acceptance(LegAct):
    """The receiving controller takes over. `offer` may be unset only after a border was crossed without acceptance."""

    act: Literal["acceptance"]
    offer: UUID | None = None
    eyes_on: Literal[True]
    country: Country | None = Field(None, description="On whose soil; unset: where the load stands by what is known")
    seals_intact: bool | None = None
    weighed: tuple[Mass, ...] = Field((), max_length=20)

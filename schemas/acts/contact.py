"""Word from those who follow, and what becomes of it when there is none."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.acts.base import ActBase
from schemas.bounds import Country, Instant, Line, Short
from schemas.consignment import Mass, Profile
from schemas.delivery import Position


class Crossed(ActBase):
    """Somebody reports the consignment in this country."""

    act: Literal["crossed"]
    country: Country


class CheckIn(ActBase):
    """Word from those who follow: nothing in it proves control but that they say so."""

    act: Literal["check_in"]
    eyes_on: bool
    position: Position | None = None
    country: Country | None = Field(None, description="Where the consignment is, as the officer knows it")
    battery_percent: int | None = Field(None, ge=0, le=100)
    seals_intact: bool | None = None
    seals: tuple[Short, ...] = Field(
        (), max_length=50, description="From whoever is in control: all the seals that it bears from then on; none: as before"
    )
    weighed: tuple[Mass, ...] = Field((), max_length=20)
    profile: Profile | None = Field(None, description="How it goes on from here")
    next_event: Instant | None = Field(None, description="The next expected event of an aircraft, a ferry or the post")
    duress: bool = Field(False, description="The duress code was given: only the centre learns it")
    word: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{40,200}$")] | None = Field(
        None, description="From the phone: well or duress, sealed for the gateway, which opens it into `duress` and leaves it out"
    )


class RadioShadow(ActBase):
    """No radio from now until then; declared before it begins."""

    act: Literal["radio_shadow"]
    minutes: Annotated[int, Field(ge=1, le=720)]


class ContactLost(ActBase):
    """They do not answer."""

    act: Literal["contact_lost"]
    reason: Line | None = None


class ControlLost(ActBase):
    """Nobody has the consignment in sight."""

    act: Literal["control_lost"]
    reason: Line | None = None


class Regained(ActBase):
    """The consignment is in sight again, and what was found when it was checked."""

    act: Literal["regained"]
    country: Country
    eyes_on: Literal[True]
    seals_intact: bool
    weighed: tuple[Mass, ...] = Field((), max_length=20)


class Alert(ActBase):
    """Anything that everybody must know at once."""

    act: Literal["alert"]
    reason: Line

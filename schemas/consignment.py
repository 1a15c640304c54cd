"""The consignment of a controlled delivery and its way, as the centre coordinates it; the request form is `schemas.request`.

Times and limits of national law are configuration of each leg, never assumed.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.bounds import Agency, Code, Instant, Line, Short, Strict
from schemas.delivery import Leg
from schemas.handling import NamedPerson


def state_of(agency: str) -> str | None:
    """The country that the id of a state's agency begins with; None of a body of several states: SELEC is not Sweden."""
    first = agency.partition("-")[0]
    return first if len(first) == 2 else None


PartName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,11}$"),
    Field(description="A part of the load; a whole load is part A", examples=["A", "A2"]),
]
Profile = Literal["moving", "guarded_stop", "aircraft", "ferry", "post"]
Kilograms = Annotated[Decimal, Field(ge=0, le=10_000_000, max_digits=13, decimal_places=6)]
Minutes = Annotated[int, Field(ge=1, le=10_080)]
WRITTEN_DUE_HOURS = 72.0
"""Within so many hours an oral consent is confirmed in writing where its authority's entry of the directory says nothing else [R]."""

HoursToWrite = Annotated[float, Field(gt=0, le=720)]
Term = Literal["substitute", "no_substitution", "no_split", "seize_here", "no_foreign_officers", "foreign_officers"]
"""Conditions that the centre can compare; all others are in words, for persons to compare."""


class Mass(Strict):
    """A weight with its expanded uncertainty (k = 2, about 95 %; GUM 6.2), both in kilograms, net of packing."""

    substance: Short = Field(description="As the request names it; every later weighing uses the same word")
    kg: Kilograms
    uncertainty_kg: Kilograms


class Shadow(Strict):
    """A declared stretch without radio: the clocks wait until it ends, at most twelve hours."""

    begins: Instant
    ends: Instant

    @model_validator(mode="after")
    def _a_while(self) -> Self:
        if not 0 < (self.ends - self.begins).total_seconds() <= 43_200:
            raise ValueError("a radio shadow ends after it begins, within twelve hours: declare a longer one in pieces")
        return self


class PlannedLeg(Leg):
    """A leg with who consents and who follows. The same agency may do both."""

    authority: Agency = Field(description="Who alone may consent for this country: an agency of its own, whose id begins with it")
    controller: Agency = Field(description="Who follows the consignment here, where its authority consents also of another country")
    profile: Profile = "moving"
    contact_minutes: Minutes | None = Field(None, description="Longest silence; unset: the profile's")
    eyes_minutes: Minutes | None = Field(None, description="Longest time without the load in sight; unset: the profile's")
    grace_minutes: Minutes = Field(30, description="After the next expected event of an aircraft, a ferry or the post")
    shadows: tuple[Shadow, ...] = Field((), max_length=20)
    handover_place: Line | None = Field(None, description="Where the next leg takes over")
    written_due_hours: HoursToWrite | None = Field(
        None, description="Within how many hours an oral consent is confirmed in writing; at most what its authority's entry says, or 72"
    )

    @model_validator(mode="after")
    def _of_the_country(self) -> Self:
        if state_of(self.authority) != self.country:
            raise ValueError(
                f"{self.authority} is no authority of {self.country}: only the state entered consents, name the one of {self.country}"
            )
        return self

    @model_validator(mode="after")
    def _enters_before_it_leaves(self) -> Self:
        if self.entry_planned and self.exit_planned and self.exit_planned <= self.entry_planned:
            raise ValueError(f"leg {self.number} leaves before it enters: exit_planned must be after entry_planned")
        return self


class Early(NamedTuple):
    """By position in the way: the leg that begins or ends too early, by which of its times, and the leg before it that says so."""

    leg: int
    time: Literal["entry_planned", "exit_planned"]
    before: int


def early(times: Iterable[tuple[datetime | None, datetime | None]]) -> Iterator[Early]:
    """Each leg, by when it is entered and left, whose time is before the last that is known of the legs before it, near or far."""
    latest: tuple[datetime, int] | None = None
    for leg, (entry, leaves) in enumerate(times):
        if latest is not None and entry is not None and entry < latest[0]:
            yield Early(leg, "entry_planned", latest[1])
        elif latest is not None and leaves is not None and leaves < latest[0]:
            yield Early(leg, "exit_planned", latest[1])
        for at in (entry, leaves):
            if at is not None and (latest is None or at >= latest[0]):
                latest = at, leg


def _in_order(legs: tuple[PlannedLeg, ...]) -> tuple[PlannedLeg, ...]:
    """The legs, if their numbers rise and so do the times that are known. Raises ValueError naming the leg."""
    for before, leg in pairwise(legs):
        if leg.number <= before.number:
            raise ValueError(f"leg {leg.number} stands after leg {before.number}: number the legs in the order of the way")
    for wrong in early((leg.entry_planned, leg.exit_planned) for leg in legs):
        leg, before = legs[wrong.leg], legs[wrong.before]
        if wrong.time == "entry_planned":
            raise ValueError(f"leg {leg.number} is entered before leg {before.number} is left: check the times and their zones")
        raise ValueError(f"leg {leg.number} is left before leg {before.number} is left: check the times and their zones")
    return legs


Legs = Annotated[tuple[PlannedLeg, ...], Field(min_length=1, max_length=60), AfterValidator(_in_order)]


def weighed_once(goods: tuple[Mass, ...]) -> None:
    """Raises ValueError where a substance stands twice."""
    if len({mass.substance for mass in goods}) != len(goods):
        raise ValueError("goods names a substance twice: give its weight once")


class Plan(Strict):
    """What the centre coordinates by: who consents and follows where, and how much there is. The request form says the rest."""

    legs: Legs
    goods: tuple[Mass, ...] = Field((), max_length=20)
    seals: tuple[Short, ...] = Field((), max_length=50)
    coordinators: tuple[NamedPerson, ...] = Field(min_length=1, max_length=10, description="The centre's officers in the room")

    @model_validator(mode="after")
    def _weighed_once(self) -> Self:
        weighed_once(self.goods)
        return self


class Substitution(Strict):
    """Goods taken out and replaced before the start."""

    by: Line
    taken_out: tuple[Mass, ...] = Field(min_length=1, max_length=20)
    put_in: Line
    put_in_kg: Kilograms
    seals: tuple[Short, ...] = Field(min_length=1, max_length=50)
    sample_custodian: Line


class SeizureLink(Strict):
    """The seizure report that says what was secured."""

    originator: Agency
    report_id: Code

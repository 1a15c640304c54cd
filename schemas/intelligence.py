"""An intelligence report: information about persons, groups, routes and methods, evaluated by its originator."""

from typing import Literal

from pydantic import Field

from schemas.bounds import Country, Instant, Line, Moment, Text
from schemas.places import Place
from schemas.report import ReportBase
from schemas.substances import Substance


class Intelligence(ReportBase):
    """What is reported, about when and where."""

    kind: Literal["intelligence"]
    summary: Text
    topic: (
        Literal[
            "trafficking", "production", "precursors", "organisation", "finance", "route", "method", "corruption", "new_substance", "other"
        ]
        | None
    ) = None
    occurred: Moment | None = None
    valid_until: Instant | None = None
    places: tuple[Place, ...] = Field((), max_length=100)
    countries: tuple[Country, ...] = Field((), max_length=50)
    substances: tuple[Substance, ...] = Field((), max_length=100)
    groups: tuple[Line, ...] = Field((), max_length=50)

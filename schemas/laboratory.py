"""A laboratory's result for an earlier report, often by another agency and weeks later."""

from typing import Literal

from pydantic import Field

from schemas.bounds import Agency, Code, Instant, Line, Percent, Short, Strict
from schemas.quantities import Quantity
from schemas.report import ReportBase
from schemas.substances import Substance


class Component(Strict):
    """One component of a sample."""

    substance: Substance
    percent: Percent | None = None
    role: Literal["active", "adulterant", "diluent", "by_product", "solvent", "marker", "other"] = "active"


class Sample(Strict):
    """One sample and what was found in it."""

    number: Short
    item: Line | None = None
    weight: Quantity | None = None
    components: tuple[Component, ...] = Field(min_length=1, max_length=100)
    profile: Code | None = Field(None, description="Reference of the chemical profile")


class ReportReference(Strict):
    """An agency's report, by its own number."""

    originator: Agency
    report_id: Code


class LaboratoryResult(ReportBase):
    """What was analysed, by which method, with which result."""

    kind: Literal["laboratory_result"]
    about: ReportReference
    laboratory: Line
    analysed: Instant
    method: Line | None = None
    samples: tuple[Sample, ...] = Field(min_length=1, max_length=500)

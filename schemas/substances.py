"""Substances as reported, with their packaging, marks and concealment."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.bounds import Line, Percent, Sha256, Short, Strict
from schemas.quantities import Quantity

Form = Literal[
    "powder", "crystal", "paste", "resin", "herbal", "plant", "liquid", "tablet", "capsule", "ampoule", "blotter", "patch", "seed", "other"
]
Cas = Annotated[str, StringConstraints(pattern=r"^\d{2,7}-\d{2}-\d$")]


class Mark(Strict):
    """A logo, stamp, tool mark or text on the goods or their wrapping; it may tell the origin (INTERPOL's Relief)."""

    kind: Literal["logo", "stamp", "tool_mark", "text", "barcode", "colour", "other"]
    description: Line
    photograph: Sha256 | None = None


class Packaging(Strict):
    """How the goods were packed."""

    kind: Short | None = None
    packages: int | None = Field(None, ge=0, le=10_000_000)
    weight_each: Quantity | None = None
    marks: tuple[Mark, ...] = Field((), max_length=50)
    seals: tuple[Short, ...] = Field((), max_length=50)


class Substance(Strict):
    """One substance seized, found or discussed."""

    name: Line = Field(description="As the agency calls it, in any language")
    cas: Cas | None = None
    form: Form | None = None
    quantity: Quantity | None = None
    purity_percent: Percent | None = None
    packaging: Packaging | None = None
    concealment: Line | None = None
    price: Line | None = Field(None, description="As reported, with its currency")

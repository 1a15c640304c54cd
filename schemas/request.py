"""A request for consent to a controlled delivery: the case file that the planner reads and that the forms are filled from.

Whatever is left out is shown as not stated; nothing is made up for it.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.bounds import Agency, Code, Country, Instant, Language, Line, Short, Strict, Text
from schemas.delivery import Authorisation, Leg
from schemas.directory import PaperKind, Practice, Substitution
from schemas.handling import Handling
from schemas.identifiers import Container, Conveyance, Document
from schemas.parties import Party
from schemas.places import Place
from schemas.quantities import Quantity
from schemas.substances import Substance

Undertaking = Literal["control_without_break", "seize", "investigate", "report"]


class HeldPaper(Strict):
    """A paper that is at hand; `country` limits it to the authority that it was made for."""

    kind: PaperKind
    reference: Short | None = None
    language: Language | None = None
    country: Country | None = None


class SubstitutionPlan(Strict):
    """What the load is to be, and how it gets so."""

    wanted: Substitution
    by: Line | None = Field(None, description="Who substitutes")
    place: Place | None = None
    sample_custodian: Line | None = None
    details: Line | None = None


class CustomsTransit(Strict):
    """The customs regime and its papers."""

    regime: Line | None = None
    documents: tuple[Document, ...] = Field((), max_length=30)


class Carrier(Strict):
    """Who carries, and whether they know."""

    name: Line
    knowledge: Literal["innocent", "complicit", "unknown"]
    details: Line | None = None


class Handover(Strict):
    """Where control passes from the leg to the next one."""

    after_leg: int = Field(ge=1, le=60)
    place: Place
    at: Instant | None = None
    how: Line | None = None


class Officers(Strict):
    """Officers who go with the consignment or visit."""

    kind: Literal["armed", "undercover", "visiting"]
    agency: Agency | None = None
    count: int | None = Field(None, ge=1, le=1_000)
    details: Line | None = None


class Intervention(Strict):
    """When and how officers may step in, in one country."""

    country: Country
    rule: Line


class Sample(Strict):
    """The sample that is asked for or handed over, and its papers."""

    size: Quantity | None = None
    papers: tuple[Line, ...] = Field((), max_length=10)


class Hazards(Strict):
    """What may hurt those who open it."""

    protection: Line | None = Field(None, description="Personal protective equipment")
    naloxone: Literal["needed", "at_hand", "not_needed"] | None = None
    adr: Line | None = Field(None, description="UN number and class (ADR)")
    other: Line | None = None


class Contact24(Strict):
    """Who answers at any hour."""

    desk: Line
    agency: Agency | None = None
    reach: tuple[Line, ...] = Field(min_length=1, max_length=6)


class DeliveryRequest(Strict):
    """The items of the request form; only the references, the handling and the legs are required."""

    schema_version: Literal["1"] = "1"
    delivery_ref: Code
    requesting: Agency
    handling: Handling
    legs: tuple[Leg, ...] = Field(min_length=1, max_length=60)
    exercise: bool = False
    language: Language | None = Field(None, description="The language of the free texts")
    case_reference: Short | None = None
    offence: Text | None = None
    penalty: Line | None = None
    legal_basis: tuple[Line, ...] = Field((), max_length=20)
    authorisation: Authorisation | None = None
    grounds: Text | None = None
    goods: tuple[Substance, ...] = Field((), max_length=50)
    packing: Line | None = None
    seals: tuple[Short, ...] = Field((), max_length=50)
    substitution: SubstitutionPlan | None = None
    parties: tuple[Party, ...] = Field((), max_length=100)
    warrants: tuple[Line, ...] = Field((), max_length=30)
    conveyances: tuple[Conveyance, ...] = Field((), max_length=30)
    containers: tuple[Container, ...] = Field((), max_length=30)
    customs: CustomsTransit | None = None
    carrier: Carrier | None = None
    surveillance: tuple[Line, ...] = Field((), max_length=20)
    practices: tuple[Practice, ...] = Field((), max_length=20, description="What the plan needs to be allowed")
    officers: tuple[Officers, ...] = Field((), max_length=20)
    seize_if: tuple[Line, ...] = Field((), max_length=20)
    interventions: tuple[Intervention, ...] = Field((), max_length=60)
    handovers: tuple[Handover, ...] = Field((), max_length=60)
    evidence: Text | None = Field(None, description="The form in which evidence is asked for")
    sample: Sample | None = None
    hazards: Hazards | None = None
    communications: Text | None = None
    embargo: Line | None = None
    undertakings: tuple[Undertaking, ...] = Field((), max_length=4)
    costs: Line | None = None
    contacts: tuple[Contact24, ...] = Field((), max_length=20)
    reply_by: Instant | None = None
    languages: tuple[Language, ...] = Field((), max_length=12)
    papers: tuple[HeldPaper, ...] = Field((), max_length=100)

    @model_validator(mode="after")
    def _handovers_follow_legs(self) -> Self:
        for position, handover in enumerate(self.handovers):
            if handover.after_leg >= len(self.legs):
                raise ValueError(f"handovers[{position}].after_leg: there is no leg after {handover.after_leg}, so nobody takes over")
        return self

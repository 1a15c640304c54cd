"""A seizure: what was taken, where, when, how it was hidden and who was there (UNODC individual drug seizures; WCO CEN)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.bounds import Amount, Line, Moment, Short, Strict
from schemas.places import Place
from schemas.quantities import Money, Quantity
from schemas.report import ReportBase
from schemas.substances import Substance


class Firearm(Strict):
    """Firearms or ammunition."""

    kind: Literal["pistol", "rifle", "shotgun", "machine_gun", "grenade", "ammunition", "explosive", "other"]
    count: int = Field(1, ge=1, le=10_000_000)
    make: Short | None = None
    calibre: Short | None = None
    serial: Short | None = None


class Laboratory(Strict):
    """A clandestine laboratory."""

    kind: Literal["extraction", "conversion", "synthesis", "tabletting", "cultivation", "storage", "other"]
    scale: Literal["kitchen", "small", "medium", "industrial"] | None = None
    product: Line | None = None
    description: Line | None = None


class Goods(Strict):
    """Anything else taken: valuables, equipment, counterfeit goods."""

    description: Line
    quantity: Quantity | None = None
    value: Money | None = None


class Seizure(ReportBase):
    """One seizure by one agency; conveyances that were taken carry `seized`."""

    kind: Literal["seizure"]
    occurred: Moment
    place: Place
    substances: tuple[Substance, ...] = Field((), max_length=200)
    cash: tuple[Money, ...] = Field((), max_length=50)
    firearms: tuple[Firearm, ...] = Field((), max_length=200)
    laboratories: tuple[Laboratory, ...] = Field((), max_length=50)
    goods: tuple[Goods, ...] = Field((), max_length=200)
    concealment: Line | None = None
    method: (
        Literal["routine_control", "profiling", "intelligence", "controlled_delivery", "dog", "x_ray", "undercover", "chance", "other"]
        | None
    ) = None
    arrests: int | None = Field(None, ge=0, le=10_000)
    street_value: Money | None = None
    delivery_ref: Line | None = Field(None, description="The controlled delivery that ended in this seizure")
    mass_total_kg: Amount | None = None

    @model_validator(mode="after")
    def _something_seized(self) -> Self:
        if not (
            self.substances or self.cash or self.firearms or self.laboratories or self.goods or any(c.seized for c in self.conveyances)
        ):
            raise ValueError("nothing is seized: give substances, cash, firearms, laboratories, goods, or a conveyance with seized=true")
        return self

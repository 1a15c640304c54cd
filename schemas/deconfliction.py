"""Deconfliction: where a delivery means to be and when, whether the centre must speak to its people, and which two come near.

Written by the stages `deliveries` and `deconfliction` and read without validation. What a plan says is read by a stage alone; a conflict
is for the centre's supervisors, and for coordinators who are named in both rooms.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from schemas.bounds import Instant
from schemas.records import Due, Open

Kind = Literal["entry", "exit", "handover", "watch", "strike"]


class PlannedPlace(Open):
    """One place of the way and when the load ought to be there. `begins` or `ends` None: as early or as late as may be."""

    leg: int
    kind: Kind
    place: dict[str, Any] = Field(description="`schemas.places.Place`; of a place in words its name and country")
    begins: Instant | None = None
    ends: Instant | None = None


class DeliveryPlan(Open):
    """The places still ahead of one delivery. `number` counts its plans; the last one, when all has ended, does not stand."""

    type: Literal["plan"]
    delivery: str
    number: int
    stands: bool
    changed: Instant = Field(description="When the plan changed, by the broker's clock: the answer is due a constant time after it")
    places: tuple[PlannedPlace, ...]


PlanRecord = Annotated[DeliveryPlan | Due, Field(discriminator="type")]


class Deconflicted(Open):
    """The answer to a plan, in `deliveries.inbox`. `contact`: the coordinator will contact them; it never says more."""

    type: Literal["deconfliction"]
    plan: int
    at: Instant = Field(description="When the answer was due, which depends on the plan's own time alone")
    contact: bool


class NearPlace(Open):
    """A place of one of the two."""

    leg: int
    kind: Kind
    name: str
    begins: Instant | None = None
    ends: Instant | None = None


class Near(Open):
    """Two places that come near each other, one of each delivery."""

    first: NearPlace
    second: NearPlace


class Conflict(Open):
    """Two deliveries come near each other. `order` grows: of two words about one pair the higher is the later."""

    conflict: UUID
    order: int
    first: str = Field(description="The delivery whose id sorts first")
    second: str
    open: bool
    since: Instant
    at: Instant
    near: tuple[Near, ...] = Field(description="At most 20, the soonest first; none of a conflict that is over")
    plans: tuple[int, int] = Field(description="Numbers of the two plans: who plans again and again may be asking where others are")

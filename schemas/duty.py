"""Who at the centre answers for each open delivery, alarm and request for assistance, and how that passes to the next officer.

An officer comes on duty, accepts each item singly, and goes off when nothing is his any more. The stage `duty` decides; who may know of an
item is decided when it is read.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from schemas.acts import Officer
from schemas.bounds import Instant, Line, Short, Strict
from schemas.records import Due, Open

CENTRE = "CARICC"
"""The agency of the centre's own officers."""

Kind = Literal["delivery", "alarm", "request"]


class DutyActBase(Strict):
    """`id` is made where the act is made. Sending an act again has no second effect."""

    id: UUID


class ComeOn(DutyActBase):
    """Comes on duty. What nobody answers for, and what comes from now on, falls to whoever came on last."""

    act: Literal["on"]


class Leave(DutyActBase):
    """The shift is over: everything of this officer's waits to be accepted by another, and is this officer's until then."""

    act: Literal["leave"]


class Off(DutyActBase):
    """Goes off duty. Refused while anything is still this officer's."""

    act: Literal["off"]


class Accept(DutyActBase):
    """Answers for one item from now on. There is no act for several."""

    act: Literal["accept"]
    item: Short
    seen: int = Field(ge=1, description="The item's version that the officer looked at; refused where it has changed since")


class Settle(DutyActBase):
    """A request for assistance is dealt with, by whom it is with. Deliveries and alarms end where they are led."""

    act: Literal["settle"]
    item: Short
    how: Line


DutyAct = Annotated[ComeOn | Leave | Off | Accept | Settle, Field(discriminator="act")]
DUTY_ACT: TypeAdapter[DutyAct] = TypeAdapter(DutyAct)


class DutyActRecord(Strict):
    """An act in `duty.inbox`, as the gateway writes it: `item` is the item's own id, which outside is sealed."""

    type: Literal["act"]
    by: Officer
    act: DutyAct


class OpenDelivery(Open):
    """What the duty must know of a delivery, written whenever it changes. `members`: the centre's officers in its room."""

    type: Literal["delivery"]
    delivery: str
    open: bool
    members: tuple[str, ...]
    alarms: tuple[dict[str, Any], ...] = Field(description="Open ones: id, kind, part, raised, count")


class OpenRequest(Open):
    """What the duty must know of a request for assistance. `members`: who of the centre may read it; None: any coordinator.

    `held`: deliveries whose guard keeps it in. Then it is not open to the desk, but to those of its officers who are in their rooms.
    """

    type: Literal["request"]
    report: str
    open: bool
    members: tuple[str, ...] | None
    priority: Literal["routine", "urgent", "flash"]
    reply_by: Instant | None = None
    revision: int
    held: tuple[str, ...] = ()


DutyRecord = Annotated[DutyActRecord | OpenDelivery | OpenRequest | Due, Field(discriminator="type")]


class DutyItem(Open):
    """One item and who answers for it. `number` grows; of two the higher is the later. Key: `item`.

    `responsible` None, or `waiting` with `rings`: it stands in the supervisors' list. `accepted` None: it fell to the officer, who has not
    looked yet.
    """

    type: Literal["item"]
    item: UUID
    number: int
    kind: Kind
    about: dict[str, Any] = Field(
        description="delivery, and of an alarm its id; or report, priority, reply_by, and where a guard keeps it in `held`, its delivery"
    )
    open: bool
    opened: Instant
    members: tuple[str, ...] | None = Field(description="Who may know of it; None: any coordinator")
    responsible: str | None
    since: Instant = Field(description="Since when that is so")
    accepted: Instant | None
    waiting: Instant | None = Field(description="Since when it waits to be accepted")
    rings: int = Field(description="How often the supervisors were rung since")
    rung: Instant | None
    version: int
    how: str | None = Field(None, description="Of a request that is settled")
    at: Instant


class DutyOfficer(Open):
    """One officer's shift. Key: `officer/` and the person. `alarms`: every time that one was raised for what is theirs, counted singly."""

    type: Literal["officer"]
    person: str
    role: str
    number: int
    on: bool
    since: Instant
    leaving: Instant | None
    until: Instant | None
    alarms: int
    fell: int
    accepted: int
    at: Instant


DutyStanding = Annotated[DutyItem | DutyOfficer, Field(discriminator="type")]


class OnDuty(Open):
    """Who answers for a delivery at the centre, for its stage: the ladder rings that person. In `deliveries.inbox`."""

    type: Literal["duty"]
    coordinator: str | None


class DutyAnswer(Open):
    """What the officer is told of an act."""

    answer: UUID
    agency: str
    person: str
    act: UUID | None
    status: Literal["applied", "refused"]
    reason: str | None = None
    field: str | None = None
    mend: str | None = None
    stands: dict[str, Any] | None = Field(None, description="Of the item: responsible, since, version")
    at: Instant

"""How a part ends, by a strike or otherwise, and the delivery after it."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.acts.base import ActBase
from schemas.bounds import Agency, Code, Country, Instant, Line, Strict
from schemas.consignment import Mass, SeizureLink


class Strike(ActBase):
    """The state having territory sets the hour; `agencies` must be ready."""

    act: Literal["strike"]
    h_hour: Instant
    agencies: tuple[Agency, ...] = Field(min_length=1, max_length=30)
    embargo_until: Instant | None = None


class StrikeReady(ActBase):
    """One agency is ready for the strike."""

    act: Literal["strike_ready"]
    strike: UUID


class StrikeCalledOff(ActBase):
    """The state having territory calls the strike off: the load goes on as before it, or is held where it was."""

    act: Literal["strike_called_off"]
    strike: UUID
    reason: Line


class DeliveredUnderWatch(ActBase):
    """The consignment reached its consignee and is watched."""

    act: Literal["delivered_under_watch"]
    place: Line


class Secured(ActBase):
    """The consignment is seized at its end."""

    act: Literal["secured"]
    report: SeizureLink
    weighed: tuple[Mass, ...] = Field((), max_length=20)


class Intervened(ActBase):
    """The state having territory ended it by seizing."""

    act: Literal["intervened"]
    reason: Line
    report: SeizureLink
    weighed: tuple[Mass, ...] = Field((), max_length=20)


class Weighing(ActBase):
    """What was seized at the end of the part, weighed after it; of a substance the newest weighing stands."""

    act: Literal["weighing"]
    weighed: tuple[Mass, ...] = Field(min_length=1, max_length=20)


class Aborted(ActBase):
    """The state having territory gives the operation up for this part."""

    act: Literal["aborted"]
    reason: Line


class Stays(Strict):
    """An item of evidence that stays with another state than the lead's."""

    item: Code
    place: Line = Field(description="Where, with which authority, and for which case")


class Closed(ActBase):
    """The lead closes the delivery: evidence handed over, weights reconciled or the shortfall signed, entries by voice confirmed."""

    act: Literal["closed"]
    shortfall_signed: Line | None = None
    evidence_handed_over: Literal[True]
    stays: tuple[Stays, ...] = Field((), max_length=500, description="Each item that is neither with the lead nor destroyed")
    unconfirmed: tuple[UUID, ...] = Field(
        (), max_length=200, description="Entries by voice that wait for the officer's word, and that the lead answers for"
    )


class Share(Strict):
    """One state's part in the outcome."""

    country: Country
    did: Line


class Evaluated(ActBase):
    """What came of it, and until when it is kept."""

    act: Literal["evaluated"]
    outcome: Line
    shares: tuple[Share, ...] = Field((), max_length=60)
    arrests: int = Field(0, ge=0, le=10_000)
    vessels: int = Field(0, ge=0, le=1_000, description="Seized vessels")
    laboratories: int = Field(0, ge=0, le=1_000, description="Dismantled clandestine laboratories")
    routes_dismantled: int = Field(0, ge=0, le=100)
    lessons: tuple[Line, ...] = Field((), max_length=30)
    retain_until: Instant

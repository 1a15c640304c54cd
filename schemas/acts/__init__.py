"""Acts in a controlled delivery: what an officer does, as the gateway puts it into the delivery's inbox.

An act changes the state of a delivery or is refused with the reason and what stands. Who acts is never part of an act: the gateway takes
person and agency from the token (`Officer`). Words are those of `schemas.delivery.Act` where a report has them too. The acts stand by room,
as the stages that decide them do, and are imported from here.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.acts.base import ActBase, ByVoice, LegAct, Officer
from schemas.acts.consents import ConditionalConsent, ConditionsAccepted, Consent, ProvisionalConsent, Refusal, Revocation
from schemas.acts.contact import Alert, CheckIn, ContactLost, ControlLost, Crossed, RadioShadow, Regained
from schemas.acts.devices import DevicePlaced, DeviceRemoved, Tracked
from schemas.acts.ending import (
    Aborted,
    Closed,
    DeliveredUnderWatch,
    Evaluated,
    Intervened,
    Secured,
    Share,
    Strike,
    StrikeCalledOff,
    StrikeReady,
    Weighing,
)
from schemas.acts.handover import Acceptance, Offer, ReceiverInPlace
from schemas.acts.holding import Held, Resumed, StopRequest
from schemas.acts.opening import Ready, ReadyConfirmed, Request, Signature, Start
from schemas.acts.parts import Merge, NewPart, RouteChange, Split
from schemas.acts.posts import InformedPost, PostsInformed
from schemas.acts.room import AlarmAcknowledged, AlarmResolved, Attached, Attachments, Evidence, MatchReleased, Room, VoiceConfirmed, Watch
from schemas.bounds import Agency, Strict
from schemas.consignment import HoursToWrite

__all__ = [
    "ACT",
    "Aborted",
    "Acceptance",
    "Act",
    "ActBase",
    "ActRecord",
    "AlarmAcknowledged",
    "AlarmResolved",
    "Alert",
    "Attached",
    "Attachments",
    "ByVoice",
    "CheckIn",
    "Closed",
    "ConditionalConsent",
    "ConditionsAccepted",
    "Consent",
    "ContactLost",
    "ControlLost",
    "Crossed",
    "DeliveredUnderWatch",
    "DevicePlaced",
    "DeviceRemoved",
    "Evaluated",
    "Evidence",
    "Held",
    "InformedPost",
    "Intervened",
    "LegAct",
    "MatchReleased",
    "Merge",
    "NewPart",
    "Offer",
    "Officer",
    "PostsInformed",
    "ProvisionalConsent",
    "RadioShadow",
    "Ready",
    "ReadyConfirmed",
    "ReceiverInPlace",
    "Refusal",
    "Regained",
    "Request",
    "Resumed",
    "Revocation",
    "Room",
    "RouteChange",
    "Secured",
    "Share",
    "Signature",
    "Split",
    "Start",
    "StopRequest",
    "Strike",
    "StrikeCalledOff",
    "StrikeReady",
    "Tracked",
    "VoiceConfirmed",
    "Watch",
    "Weighing",
]

Act = Annotated[
    Request | Signature | PostsInformed | Ready | ReadyConfirmed
    | Consent | ProvisionalConsent | ConditionalConsent | ConditionsAccepted | Refusal | Revocation
    | Start | Offer | ReceiverInPlace | Acceptance | Crossed
    | CheckIn | Tracked | DevicePlaced | DeviceRemoved | RadioShadow | ContactLost | ControlLost | Regained | Alert
    | StopRequest | Held | Resumed
    | Strike | StrikeReady | StrikeCalledOff | DeliveredUnderWatch | Secured | Intervened | Aborted | Weighing
    | Split | Merge | RouteChange | Room | VoiceConfirmed | Evidence | Watch | MatchReleased | AlarmAcknowledged | AlarmResolved
    | Closed | Evaluated,
    Field(discriminator="act"),
]  # fmt: skip
"""Any act, by its field `act`."""

ACT: TypeAdapter[Act] = TypeAdapter(Act)


class ActRecord(Strict):
    """An act in `deliveries.inbox`, as the gateway writes it: the officer from the token beside what the officer sent.

    Of an act that plans legs or names who strikes also what the directory says of those agencies, so that the stage needs no directory.
    """

    type: Literal["act"]
    by: Officer
    act: Act
    written_due_hours: dict[Agency, HoursToWrite] = Field(
        default_factory=dict, max_length=120, description="By authority: within how many hours its oral consent is confirmed in writing"
    )
    known_agencies: tuple[Agency, ...] | None = Field(
        None, max_length=30, description="Of the agencies that a strike names those that the centre knows; absent: nobody could look"
    )

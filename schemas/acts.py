"""Acts in a controlled delivery: what an officer does, as the gateway puts it into the delivery's inbox.

An act changes the state of a delivery or is refused with the reason and what stands. Who acts is never part of an act: the gateway takes
person and agency from the token (`Officer`). Words are those of `schemas.delivery.Act` where a report has them too.
"""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from schemas.bounds import PLAIN, Agency, Code, Country, Instant, Line, Sha256, Short, Strict
from schemas.consignment import Legs, Mass, PartName, Plan, Profile, SeizureLink, Substitution, Term, in_order, weighed_once
from schemas.delivery import Authorisation, Position
from schemas.handling import NamedPerson, Person
from schemas.positions import DeviceKind, mmsi_problem
from schemas.request import DeliveryRequest
from schemas.watching import WatchedValue

LegNumber = Annotated[int, Field(ge=1, le=60)]
Message = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=PLAIN)]
Role = Literal["officer", "analyst", "coordinator", "supervisor"]


class Officer(Strict):
    """Who acts, from the token."""

    agency: Agency
    person: Person
    role: Role
    country: Country | None = Field(None, description="None for the centre")


class ByVoice(Strict):
    """An entry for somebody who cannot make it: by the centre's coordinator, or by a colleague of the same agency."""

    agency: Agency
    person: Person
    means: Literal["radio", "telephone", "in_person"]
    code_word_checked: bool


class ActBase(Strict):
    """What every act says. `id` is made where the act is made, so that sending it again has one effect."""

    id: UUID
    delivery: Code
    part: PartName | None = Field(None, description="Unset: the only part there is; for a stop, a loss or an alert every part")
    at: Instant = Field(description="When it happened, by the clock of whoever notes it")
    sent: Instant | None = Field(None, description="When it was sent, by the same clock: the age is then right though the clock is wrong")
    by_voice: ByVoice | None = None
    note: Line | None = None


class LegAct(ActBase):
    """An act about one leg."""

    leg: LegNumber


class Request(ActBase):
    """Opens a delivery as a draft, or replaces a draft that is not signed yet."""

    act: Literal["request"]
    plan: Plan
    form: DeliveryRequest

    @model_validator(mode="after")
    def _one_delivery(self) -> Self:
        if self.form.delivery_ref != self.delivery:
            raise ValueError(f"form.delivery_ref is {self.form.delivery_ref}, the act's delivery {self.delivery}: they must be the same")
        if [(leg.number, leg.country) for leg in self.form.legs] != [(leg.number, leg.country) for leg in self.plan.legs]:
            raise ValueError("form.legs and plan.legs differ in number or country: they must be the same way")
        return self


class Signature(ActBase):
    """A second officer of the requesting agency signs exactly the form that he has read."""

    act: Literal["signature"]
    request: UUID = Field(description="The id of the request that is signed")


class Ready(ActBase):
    """The lead's declaration before the start."""

    act: Literal["ready"]
    substitution: Substitution | None = Field(None, description="Unset: nothing was replaced")
    informed_posts: tuple[Line, ...] = Field(min_length=1, max_length=60, description="Posts that know, each by its officer's name")


class ReadyConfirmed(ActBase):
    """The coordinator's word that the checklist is complete, deconfliction included."""

    act: Literal["ready_confirmed"]
    ready: UUID = Field(description="The id of the declaration that is confirmed")
    deconfliction: Literal["clear", "arranged"]


class Consent(LegAct):
    """The written consent of the leg's authority."""

    act: Literal["consent"]
    authorisation: Authorisation
    terms: tuple[Term, ...] = Field((), max_length=6)


class ProvisionalConsent(LegAct):
    """Oral consent; the written one is due within 72 hours, else it lapses."""

    act: Literal["provisional_consent"]
    officer: Line = Field(description="Who consented, name and rank")
    terms: tuple[Term, ...] = Field((), max_length=6)


class ConditionalConsent(LegAct):
    """Consent on conditions: it holds once the lead has accepted them."""

    act: Literal["conditional_consent"]
    authorisation: Authorisation
    terms: tuple[Term, ...] = Field((), max_length=6)

    @model_validator(mode="after")
    def _conditions(self) -> Self:
        if not (self.authorisation.conditions or self.terms):
            raise ValueError("a conditional consent names its conditions: put them in authorisation.conditions, or send consent")
        return self


class ConditionsAccepted(LegAct):
    """The lead takes over the conditions of one consent."""

    act: Literal["conditions_accepted"]
    consent: UUID


class Refusal(LegAct):
    """The leg's authority does not consent."""

    act: Literal["refusal"]
    reason: Line


class Revocation(LegAct):
    """The leg's authority takes its consent back. It is never too late, whatever the clock says."""

    act: Literal["revocation"]
    consent: UUID | None = Field(None, description="The consent that is taken back; unset: whatever stands")
    reason: Line


class Start(ActBase):
    """The controller of the first leg begins to follow."""

    act: Literal["start"]


class Offer(ActBase):
    """The controller offers the consignment to the next leg."""

    act: Literal["offer"]
    handover_at: Instant
    place: Line
    expires: Instant | None = Field(None, description="Unset: an hour after handover_at")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.expires is not None and self.expires <= self.handover_at:
            raise ValueError("the offer expires before the handover: set expires after handover_at")
        return self


class ReceiverInPlace(LegAct):
    """The receiving team is there and sees the consignment."""

    act: Literal["receiver_in_place"]
    eyes_on: Literal[True]
    place: Line | None = None


class Acceptance(LegAct):
    """The receiving controller takes over. `offer` may be unset only after a border was crossed without acceptance."""

    act: Literal["acceptance"]
    offer: UUID | None = None
    eyes_on: Literal[True]
    country: Country | None = Field(None, description="On whose soil; unset: the receiver's")
    seals_intact: bool | None = None
    weighed: tuple[Mass, ...] = Field((), max_length=20)


class Crossed(ActBase):
    """Somebody reports the consignment in this country."""

    act: Literal["crossed"]
    country: Country


class CheckIn(ActBase):
    """Word from those who follow: nothing in it proves control but that they say so."""

    act: Literal["check_in"]
    eyes_on: bool
    position: Position | None = None
    country: Country | None = Field(None, description="Where the consignment is, as the officer knows it")
    battery_percent: int | None = Field(None, ge=0, le=100)
    seals_intact: bool | None = None
    weighed: tuple[Mass, ...] = Field((), max_length=20)
    profile: Profile | None = Field(None, description="How it goes on from here")
    next_event: Instant | None = Field(None, description="The next expected event of an aircraft, a ferry or the post")
    duress: bool = Field(False, description="The duress code was given: only the centre learns it")
    word: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{40,200}$")] | None = Field(
        None, description="From the phone: well or duress, sealed for the gateway, which opens it into `duress` and leaves it out"
    )


class Tracked(ActBase):
    """A position from a device or from AIS. It shows where something was, and never counts as contact."""

    act: Literal["tracked"]
    position: Position
    country: Country | None = None


class DevicePlaced(ActBase):
    """The controller has a device report for one part. Its credential is bound to this act, and ends with the part or by removal."""

    act: Literal["device_placed"]
    kind: DeviceKind
    device: Short = Field(description="The maker's number of the tracker; of AIS the ship's MMSI")
    placed_by: Line = Field(description="Who placed it, or who declares the ship: name and rank")
    legal_basis: Line = Field(description="The authorisation under which it is tracked")
    silent_after_minutes: Annotated[int, Field(ge=1, le=1_440)] = 5
    """Longer without a position, and it is shown as silent."""

    @model_validator(mode="after")
    def _a_ship(self) -> Self:
        if self.kind == "ais" and (wrong := mmsi_problem(self.device)):
            raise ValueError(wrong)
        return self


class DeviceRemoved(ActBase):
    """The device reports no more: taken off, failed, or no longer authorised."""

    act: Literal["device_removed"]
    device: UUID = Field(description="The id of the act that placed it")
    reason: Line


class RadioShadow(ActBase):
    """No radio from now until then; declared before it begins."""

    act: Literal["radio_shadow"]
    minutes: Annotated[int, Field(ge=1, le=720)]


class ContactLost(ActBase):
    """They do not answer."""

    act: Literal["contact_lost"]
    reason: Line | None = None


class ControlLost(ActBase):
    """Nobody has the consignment in sight."""

    act: Literal["control_lost"]
    reason: Line | None = None


class Regained(ActBase):
    """The consignment is in sight again, and what was found when it was checked."""

    act: Literal["regained"]
    country: Country
    eyes_on: Literal[True]
    seals_intact: bool
    weighed: tuple[Mass, ...] = Field((), max_length=20)


class Alert(ActBase):
    """Anything that everybody must know at once."""

    act: Literal["alert"]
    reason: Line


class StopRequest(ActBase):
    """Stop: any party alone. `touches` names the legs whose conditions are at stake."""

    act: Literal["stop_request"]
    reason: Line
    touches: tuple[LegNumber, ...] = Field((), max_length=60)


class Held(ActBase):
    """The controller holds the consignment under guard."""

    act: Literal["held"]
    place: Line
    guard: Line


class Resumed(ActBase):
    """One agreement that the consignment goes on; it does when all who must have agreed."""

    act: Literal["resumed"]
    stop: UUID = Field(description="The id of the stop that stands")


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


class Aborted(ActBase):
    """The state having territory gives the operation up for this part."""

    act: Literal["aborted"]
    reason: Line


class Split(ActBase):
    """The controller notes that the part goes on as several. `goods` of all of them make up what the part had."""

    act: Literal["split"]
    into: tuple["NewPart", ...] = Field(min_length=2, max_length=10)

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        if len({new.name for new in self.into}) != len(self.into):
            raise ValueError("into names a part twice: every part has its own name")
        devices = [device for new in self.into for device in new.devices]
        if len(set(devices)) != len(devices):
            raise ValueError("into names a device twice: it goes on with one part")
        return self


class NewPart(Strict):
    """One of the parts that a load is split into. `legs`: its way from the present leg on, unset: as before."""

    name: PartName
    goods: tuple[Mass, ...] = Field((), max_length=20)
    legs: Legs | None = None
    seals: tuple[Short, ...] = Field((), max_length=50)
    devices: tuple[UUID, ...] = Field((), max_length=20, description="Devices that go on with it, by the acts that placed them")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        in_order(self.legs or ())
        weighed_once(self.goods)
        return self


class Merge(ActBase):
    """The controller notes that several parts go on as one."""

    act: Literal["merge"]
    parts: tuple[PartName, ...] = Field(min_length=2, max_length=10)
    into: PartName


class RouteChange(ActBase):
    """The lead gives another way after the present leg. Consents that it touches are open again."""

    act: Literal["route_change"]
    legs: Legs = Field(description="Every leg after the present one")
    reason: Line

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        in_order(self.legs)
        return self


class Attached(Strict):
    """A file that was uploaded to this delivery, named by what the centre found in it: the bytes are the gateway's to give.

    `sha256` and `bytes` are of the original; `media_type` is what its content says.
    """

    id: UUID
    sha256: Sha256
    media_type: str = Field(pattern=r"^[a-z]+/[a-z0-9.+-]{1,80}$")
    bytes: int = Field(ge=1, le=1_000_000_000)


Attachments = Annotated[tuple[Attached, ...], Field(max_length=10)]


class Room(ActBase):
    """Who is in the room, and what is said in it.

    An agency names its own officers; breaking glass is a coordinator's own entry, and the lead is told. `originals`: the lead asks for the
    originals of these attachments as evidence, and `says` why; then everybody in the room can read that he did.
    """

    act: Literal["room"]
    enters: tuple[NamedPerson, ...] = Field((), max_length=30)
    leaves: tuple[NamedPerson, ...] = Field((), max_length=30)
    break_glass: Line | None = Field(None, description="Why a coordinator enters unasked")
    says: Message | None = None
    attachments: Attachments = ()
    originals: tuple[UUID, ...] = Field((), max_length=10)

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.originals and self.says is None:
            raise ValueError("originals are asked for without a reason: put it into says")
        return self


class VoiceConfirmed(ActBase):
    """The officer on whose behalf an entry was made says whether it was so."""

    act: Literal["voice_confirmed"]
    entry: UUID = Field(description="The id of the entry by voice")
    agrees: bool


class Evidence(ActBase):
    """One entry in the chain of custody of one item: a seal, a sample, a photograph, the goods."""

    act: Literal["evidence"]
    item: Code
    entry: Literal["collected", "sealed", "seal_changed", "sampled", "handed_over", "received", "returned", "destroyed"]
    description: Line | None = None
    seal: Short | None = None
    to: NamedPerson | None = Field(None, description="Who receives it: he confirms with an entry of his own")
    taken: Mass | None = Field(None, description="A sample's weight: no longer in the load")
    sha256: Sha256 | None = Field(None, description="Of the original of a photograph or paper")
    attachments: Attachments = Field((), description="Photographs and papers of the item, uploaded to this delivery")


class Watch(ActBase):
    """A party puts numbers under watch beside those of the form, with its grounds, or takes off what was put there so."""

    act: Literal["watch"]
    adds: tuple[WatchedValue, ...] = Field((), max_length=20)
    drops: tuple[Short, ...] = Field((), max_length=20, description="Numbers that were added, or names, that are not watched any more")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.adds or self.drops):
            raise ValueError("the act changes nothing: name what is to be watched, or no longer")
        return self


class MatchReleased(ActBase):
    """A report that met what is under watch goes its ways: it is no danger, or it can no longer be helped."""

    act: Literal["match_released"]
    match: Short = Field(description="As the alarm names it", examples=["m1"])
    reason: Line


class AlarmAcknowledged(ActBase):
    """Somebody has heard the alarm. It rings on until it is resolved."""

    act: Literal["alarm_acknowledged"]
    alarm: Short


class AlarmResolved(ActBase):
    """Somebody has dealt with the cause, and says how."""

    act: Literal["alarm_resolved"]
    alarm: Short
    reason: Line


class Closed(ActBase):
    """The lead closes the delivery: evidence handed over, weights reconciled or the shortfall signed."""

    act: Literal["closed"]
    shortfall_signed: Line | None = None
    evidence_handed_over: Literal[True]


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
    routes_dismantled: int = Field(0, ge=0, le=100)
    lessons: tuple[Line, ...] = Field((), max_length=30)
    retain_until: Instant


Act = Annotated[
    Request | Signature | Ready | ReadyConfirmed
    | Consent | ProvisionalConsent | ConditionalConsent | ConditionsAccepted | Refusal | Revocation
    | Start | Offer | ReceiverInPlace | Acceptance | Crossed
    | CheckIn | Tracked | DevicePlaced | DeviceRemoved | RadioShadow | ContactLost | ControlLost | Regained | Alert
    | StopRequest | Held | Resumed
    | Strike | StrikeReady | DeliveredUnderWatch | Secured | Intervened | Aborted
    | Split | Merge | RouteChange | Room | VoiceConfirmed | Evidence | Watch | MatchReleased | AlarmAcknowledged | AlarmResolved
    | Closed | Evaluated,
    Field(discriminator="act"),
]  # fmt: skip
"""Any act, by its field `act`."""

ACT: TypeAdapter[Act] = TypeAdapter(Act)


class ActRecord(Strict):
    """An act in `deliveries.inbox`, as the gateway writes it: the officer from the token beside what the officer sent."""

    type: Literal["act"]
    by: Officer
    act: Act

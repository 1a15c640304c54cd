"""Acts in the room of a delivery: who is there, what is said, evidence, what is under watch, alarms."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from schemas.acts.base import ActBase
from schemas.bounds import PLAIN, Code, Line, Sha256, Short, Strict
from schemas.consignment import Mass
from schemas.handling import NamedPerson
from schemas.watching import WatchedValue

Message = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=PLAIN)]


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

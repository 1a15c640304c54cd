"""What every act says, and who acts."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.bounds import Agency, Code, Country, Instant, Line, Strict
from schemas.consignment import PartName
from schemas.handling import Person

LegNumber = Annotated[int, Field(ge=1, le=60)]
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

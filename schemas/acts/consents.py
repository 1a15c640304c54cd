"""Acts of a leg's authority, and the lead's acceptance of its conditions."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.acts.base import LegAct
from schemas.bounds import Line
from schemas.consignment import Term
from schemas.delivery import Authorisation


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

"""Acts before a delivery runs: its request and second signature, the declaration that it is ready, the start."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.acts.base import ActBase
from schemas.acts.posts import InformedPosts
from schemas.consignment import Plan, Substitution
from schemas.request import DeliveryRequest


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
    informed_posts: InformedPosts = Field((), description="Beside those that were told before; an earlier declaration's are replaced")


class ReadyConfirmed(ActBase):
    """The coordinator's word that the checklist is complete, deconfliction included."""

    act: Literal["ready_confirmed"]
    ready: UUID = Field(description="The id of the declaration that is confirmed")
    deconfliction: Literal["clear", "arranged"]


class Start(ActBase):
    """The controller of the first leg begins to follow."""

    act: Literal["start"]

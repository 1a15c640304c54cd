"""A request for assistance between members."""

from typing import Literal

from pydantic import Field

from schemas.bounds import Agency, Code, Country, Instant, Line, Text
from schemas.report import ReportBase


class AssistanceRequest(ReportBase):
    """What is asked of whom, how urgently. `flash` is acknowledged by name within 5 minutes or the desk telephones."""

    kind: Literal["assistance_request"]
    priority: Literal["routine", "urgent", "flash"]
    subject: Line
    request: Text
    addressees: tuple[Agency, ...] = Field(min_length=1, max_length=30)
    countries: tuple[Country, ...] = Field((), max_length=30)
    reply_by: Instant | None = None
    thread: Code | None = Field(None, description="The first request of the exchange")
    legal_basis: Line | None = None

"""A withdrawal: the revision with which an agency takes a report back."""

from typing import Literal

from pydantic import Field

from schemas.bounds import Code, Instant, Line, Strict
from schemas.handling import ReportHandling

ReportKind = Literal["seizure", "controlled_delivery", "intelligence", "assistance_request", "laboratory_result"]


class Withdrawal(Strict):
    """Takes back every earlier revision. Withdrawing an unknown report leaves a tombstone that later-arriving revisions meet."""

    kind: Literal["withdrawal"]
    schema_version: Literal["1"] = "1"
    withdraws: ReportKind
    report_id: Code
    revision: int = Field(ge=2, le=1_000_000)
    handling: ReportHandling
    issued: Instant
    reason: Line

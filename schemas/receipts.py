"""What the sender gets back for each report: exactly one receipt."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.bounds import Agency, Code, Instant, Line, Strict
from schemas.handling import Person
from schemas.problems import Problem

Status = Literal["accepted", "duplicate", "superseded", "rejected", "call_us"]
StageName = Literal["intake", "reports", "links", "deliveries", "positions", "deconfliction", "matches", "meetings", "duty", "directory"]
"""Every stage of the flow; `ric topology` counts dead letters by these names."""


class Receipt(Strict):
    """The centre's answer. `rejected` has `problems`; `duplicate` and `superseded` name only the sender's own report.

    `superseded`: the revision is kept as history, a higher one stands. An accepted report may carry `findings`: what looks wrong in it.
    `call_us`: no answer to a report; the agency's duty chief is asked to call `contact`, and is told nothing else here.
    A receipt says the same whether or not others have reported the same thing (leak rules 2 and 4).
    """

    receipt: UUID = Field(description="UUIDv5 of the origin")
    origin: Line
    agency: Agency = Field(description="The sender, by its token or topic")
    person: Person | None = None
    status: Status
    originator: Agency | None = None
    report_id: Code | None = None
    revision: int | None = None
    stands: int | None = Field(None, description="The revision that stands, for duplicate and superseded")
    problems: tuple[Problem, ...] = ()
    findings: tuple[Problem, ...] = ()
    contact: Line | None = None
    at: Instant


class DeadLetter(Strict):
    """What could not be processed, with its original bytes (base64). Handled as RED: for the sender and the steward (leak rule 6)."""

    letter: UUID
    origin: Line
    stage: StageName
    agency: Agency | None = None
    person: Person | None = None
    problems: tuple[Problem, ...]
    key_base64: str | None = None
    value_base64: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    value_bytes: int = Field(ge=0, description="Size of the original value; value_base64 is cut at 512 KiB")
    at: Instant

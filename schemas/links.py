"""Judgements across reports are edges, never merges: scored, explained, reversible."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.bounds import Agency, Line, Short, Strict


class Fingerprint(Strict):
    """What matching needs of one seizure report at one revision; none of it leaves the centre."""

    report: UUID
    originator: Agency
    report_id: Short
    revision: int
    version: int = Field(0, ge=0, description="Counts the changes of the report, holds included")
    country: Short | None = None
    start: str
    end: str
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    place: Line | None = None
    substances: tuple[tuple[str, float | None], ...] = Field((), description="slug, kg-equivalent")
    strong: tuple[Line, ...] = Field((), description="Keys of identifiers that hold a match alone: container:MSKU1234565")


class Sighting(Strict):
    """One fingerprint in one block; `gone` says that this revision no longer belongs to the block."""

    block: Line
    fingerprint: Fingerprint
    gone: bool = False


class Reason(Strict):
    """Why two reports may describe one seizure, in words, with its share of the score."""

    reason: Line
    weight: float


class IncidentProposal(Strict):
    """Two reports, proposed as one seizure, to coordinators who may see both. The higher `order` (sum of versions) is newer."""

    proposal: UUID
    first: UUID
    second: UUID
    first_key: Line
    second_key: Line
    status: Literal["proposed", "withdrawn"]
    score: float = Field(ge=0, le=1)
    reasons: tuple[Reason, ...] = ()
    order: int
    decided_by: Line = "rules/1"

"""What every report carries. A report's identity is its originator and its own `report_id`; a revision is a full snapshot."""

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.bounds import Code, Instant, Language, Line, Strict, Text
from schemas.handling import ReportHandling
from schemas.identifiers import Account, Attachment, Container, Conveyance, Document, Phone
from schemas.parties import Party
from schemas.places import Route


class Correction(Strict):
    """Why a later revision differs."""

    reason: Line
    fields: tuple[Line, ...] = Field((), max_length=50)


class ReportBase(Strict):
    """Identity, handling and the things with numbers that any kind of report may name."""

    schema_version: Literal["1"] = "1"
    report_id: Code
    revision: int = Field(1, ge=1, le=1_000_000)
    handling: ReportHandling
    issued: Instant = Field(description="When the agency issued this revision")
    language: Language | None = None
    correction: Correction | None = None
    title: Line | None = None
    narrative: Text | None = None
    parties: tuple[Party, ...] = Field((), max_length=200)
    conveyances: tuple[Conveyance, ...] = Field((), max_length=100)
    containers: tuple[Container, ...] = Field((), max_length=200)
    documents: tuple[Document, ...] = Field((), max_length=200)
    phones: tuple[Phone, ...] = Field((), max_length=200)
    accounts: tuple[Account, ...] = Field((), max_length=200)
    route: Route | None = None
    attachments: tuple[Attachment, ...] = Field((), max_length=100)

    @model_validator(mode="after")
    def _correction_revises(self) -> Self:
        if self.correction is not None and self.revision == 1:
            raise ValueError("correction belongs to revision 2 and later: raise revision, or leave correction out")
        return self


def report_key(originator: str, report_id: str) -> str:
    """The key of a report in every keyed topic: `TJ-DCA/2026-0117`."""
    return f"{originator}/{report_id}"

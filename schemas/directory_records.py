"""The directory on its way: an edit as the gateway writes it, what stands, what changed, and what the officer is told."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from schemas.acts import Officer
from schemas.bounds import Instant, Strict
from schemas.directory import DirectoryEdit, DirectoryEntry
from schemas.records import Open

MAX_EDIT_BYTES = 40_960
"""An entry stands in the state of a stage, whose values have at most 64 KiB."""

Change = Literal["publish", "propose", "confirm", "drop", "verify", "retire", "fiction"]


class EditRecord(Strict):
    """An edit in `directory.inbox`: the officer from the token beside what the officer sent."""

    type: Literal["edit"]
    by: Officer
    edit: DirectoryEdit


class FictionRecord(Strict):
    """An entry of the fictional directory, for an exercise space in which nothing stands under its key."""

    type: Literal["fiction"]
    entry: DirectoryEntry


DirectoryRecord = Annotated[EditRecord | FictionRecord, Field(discriminator="type")]


class DirectoryStanding(Open):
    """What stands under one key: `TJ-DCA`, or `TJ-BRD@Panji Poyon`. `number` counts the changes; of two the higher is the later."""

    type: Literal["standing"]
    key: str
    number: int
    authority: str
    entry: dict[str, Any] | None = Field(None, description="`DirectoryEntry`; None before the first one is confirmed")
    changed: Instant | None = Field(None, description="When the entry got its present version")
    reach_changed: Instant | None = Field(None, description="When a way to reach somebody was last changed, by two persons")
    proposal: dict[str, Any] | None = Field(None, description="The `Publish` that awaits its second person")
    proposed: Instant | None = None


class DirectoryChange(Open):
    """One applied edit. `propose`: a `publish` that awaits its second person. Key: `{number}#{key}`, so that each is kept for ever."""

    type: Literal["change"]
    key: str
    number: int
    authority: str
    act: Change
    at: Instant
    by: str | None = Field(None, description="agency/person; None of the fictional directory")
    version: int | None = Field(None, description="Of the entry after it; None before the first one is confirmed")
    entry: dict[str, Any] | None = Field(None, description="The entry after it, where it was changed")
    proposed: dict[str, Any] | None = Field(None, description="The entry that was proposed")
    call_backs: tuple[dict[str, Any], ...] = ()
    reason: str | None = None


class DirectoryAnswer(Open):
    """What the officer is told of an edit. `repeated`: it is the newest that was applied, sent again. `stands`: for the authority's own."""

    answer: UUID
    key: str
    agency: str
    person: str
    status: Literal["applied", "refused", "repeated"]
    reason: str | None = None
    field: str | None = None
    mend: str | None = None
    stands: dict[str, Any] | None = Field(None, description="number, version, and the proposal: by whom, when")
    at: Instant

"""What the directory's form makes of an entry is an edit of its language, and an entry that is opened stays as it was.

The pages' own code runs, in Node: what a browser adds are the inputs.
"""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from schemas.directory import AuthorityEntry, ContactPoint, CrossingEntry, DirectoryEdit, DirectoryEntry, Law, Publish, Reach
from streams.planning.directory import exercise
from streams.planning.editing import changed_desks
from tests.contract.pages import printed

EDIT: TypeAdapter[DirectoryEdit] = TypeAdapter(DirectoryEdit)
STAMPED = {"version", "verified", "verified_by"}

Json = dict[str, Any]


def pairs() -> list[tuple[DirectoryEntry | None, DirectoryEntry]]:
    """Versions whose ways to be reached differ in every manner, and do not."""
    entry = exercise().entries[0]
    desk, *rest = entry.contacts
    way = Reach(kind="radio", address="канал 7")

    def version(*contacts: ContactPoint) -> DirectoryEntry:
        return entry.model_copy(update={"contacts": contacts})

    officer = rest[-1].model_copy(update={"named": tuple(one.model_copy(update={"reach": (way,)}) for one in rest[-1].named)})
    return [
        (None, entry),
        (entry, entry),
        (entry, version(desk.model_copy(update={"hours": (), "desk": "другая"}), *rest)),
        (entry, version(desk.model_copy(update={"reach": (*desk.reach, way)}), *rest)),
        (entry, version(desk.model_copy(update={"reach": tuple(reversed(desk.reach))}), *rest)),
        (entry, version(desk.model_copy(update={"code": "renamed"}), *rest)),
        (entry, version(desk)),
        (entry, version(desk, officer)),
    ]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What tests/contract/forms/directory.ts prints."""
    given = tmp_path_factory.mktemp("forms") / "given.json"
    entries = [entry.model_dump(mode="json") for entry in exercise().entries]
    both = [[old and old.model_dump(mode="json"), new.model_dump(mode="json")] for old, new in pairs()]
    given.write_text(json.dumps({"entries": entries, "pairs": both}))
    return printed("directory", given.parent, str(given))


def published(edit: Json) -> DirectoryEntry:
    read = EDIT.validate_python(edit)
    assert isinstance(read, Publish)
    return read.entry


def test_an_entry_that_is_opened_and_published_again_says_the_same(told: Json) -> None:
    entries = exercise().entries
    assert len(told["opened"]) == len(entries) > 30
    for before, opened in zip(entries, told["opened"], strict=True):
        again = published(opened["edit"])
        assert content(again) == content(before), before.authority
        assert (again.version, opened["edit"]["base_version"]) == (before.version + 1, before.version)
        assert opened["wrong"] == opened["differs"] == opened["desks"] == []


def content(entry: DirectoryEntry) -> Json:
    """What it says: days of a week have no order, and a desk that answers round the clock has no holidays."""
    dumped = entry.model_dump(exclude=STAMPED)
    for desk in [*dumped["contacts"], *([dumped["gate"]] if "gate" in dumped else [])]:
        if not desk["hours"]:
            del desk["works_on_holidays"]
        desk["hours"] = [hours | {"days": set(hours["days"])} for hours in desk["hours"]]
    return dumped


@pytest.mark.parametrize("kind", ["authority", "crossing"])
def test_a_first_entry_is_an_edit_and_says_all_that_an_entry_can(told: Json, kind: str) -> None:
    bare, whole = (published(told[kind][how]["edit"]) for how in ("bare", "whole"))
    assert bare.version == whole.version == 1
    assert told[kind]["bare"]["wrong"] == told[kind]["whole"]["wrong"] == []
    silent = {"kind", "exercise", *STAMPED}
    said = whole.model_dump(exclude_defaults=True)
    assert set(type(whole).model_fields) - silent - set(said) <= {"competence"}
    for desk in whole.desks():
        assert set(ContactPoint.model_fields) == set(desk.model_dump(exclude_defaults=True))
        assert desk.named[0].rank
        assert desk.named[0].reach
    if isinstance(whole, AuthorityEntry):
        assert set(Law.model_fields) == set(whole.law.model_dump(exclude_defaults=True))
        assert len(whole.law.practices) == 7
        assert whole.papers[0].note
    else:
        assert isinstance(whole, CrossingEntry)
        assert told[kind]["bare"]["edit"]["crossing"] == "Alat port"


def test_the_page_knows_as_the_stage_does_which_desks_are_called_back(told: Json) -> None:
    assert told["desks"] == [changed_desks(old, new) for old, new in pairs()]
    assert sum(map(bool, told["desks"])) == 5


def test_what_the_language_would_refuse_is_said_before_it_is_sent(told: Json) -> None:
    assert "name.ru" in [field for field, *_ in told["authority"]["empty"]["wrong"]]
    assert [field for field, *_ in told["rings"]] == ["contacts[0].reach[0].address"]

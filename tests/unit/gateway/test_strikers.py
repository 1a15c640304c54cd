"""What the gateway finds of the agencies that a strike names."""

from uuid import uuid4

import pytest

from schemas.acts import ACT, Act
from schemas.directory import DirectoryEntry
from streams.gateway.centre import Centre
from streams.gateway.strikers import known_agencies
from streams.planning.directory import exercise
from streams.store.queries import Store


def strike(*agencies: str) -> Act:
    said = {"id": str(uuid4()), "delivery": "TJ-DCA/CD-1", "at": "2026-03-18T06:00:00Z", "act": "strike", "h_hour": "2026-03-18T07:00:00Z"}
    return ACT.validate_python(said | {"agencies": agencies})


async def test_those_of_the_centres_table_and_of_the_directory_are_known(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    async def entries(self: Store) -> tuple[DirectoryEntry, ...]:
        return exercise().entries

    monkeypatch.setattr(Store, "directory_entries", entries)
    assert await known_agencies(centre, strike("TJ-DCA", "KG-DCS", "TJ-ALPHA")) == ["KG-DCS", "TJ-DCA"]


async def test_a_strike_does_not_wait_for_the_database_and_of_other_acts_nothing_is_said(centre: Centre) -> None:
    assert await known_agencies(centre, strike("TJ-DCA")) == ["TJ-DCA"]
    assert await known_agencies(centre, strike("TJ-DCA", "TJ-ALPHA")) is None
    called_off = {"id": str(uuid4()), "delivery": "TJ-DCA/CD-1", "at": "2026-03-18T06:00:00Z", "act": "strike_called_off"}
    assert await known_agencies(centre, ACT.validate_python(called_off | {"strike": str(uuid4()), "reason": "нет"})) is None

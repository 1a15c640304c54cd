"""What the gateway finds of the agencies that a strike names."""

from uuid import uuid4

import pytest

from schemas.acts import ACT, Act
from schemas.directory import DirectoryEntry
from streams.gateway.centre import Centre
from streams.gateway.strikers import known_agencies
from streams.store.queries import Store
from tests.unit.planning.building import changed


def strike(*agencies: str) -> Act:
    said = {"id": str(uuid4()), "delivery": "TJ-DCA/CD-1", "at": "2026-03-18T06:00:00Z", "act": "strike", "h_hour": "2026-03-18T07:00:00Z"}
    return ACT.validate_python(said | {"agencies": agencies})


async def test_those_of_the_centres_table_and_of_the_directory_are_known(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    async def entries(self: Store) -> tuple[DirectoryEntry, ...]:
        return tuple(changed("KG-DCS", valid_until="2099-01-01T00:00:00Z"))

    monkeypatch.setattr(Store, "directory_entries", entries)
    assert await known_agencies(centre, strike("TJ-DCA", "KG-DCS", "TJ-ALPHA")) == ["KG-DCS", "TJ-DCA"]


async def test_an_entry_that_nobody_verified_still_names_an_agency_and_one_that_has_ended_names_none(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = {"valid_from": "2020-01-01T00:00:00Z", "verified": "2020-01-02T06:00:00Z"}

    async def known(valid_until: str) -> list[str] | None:
        async def entries(self: Store) -> tuple[DirectoryEntry, ...]:
            return tuple(changed("KG-DCS", valid_until=valid_until, **long_ago))

        monkeypatch.setattr(Store, "directory_entries", entries)
        return await known_agencies(centre, strike("TJ-DCA", "KG-DCS"))

    assert await known("2099-01-01T00:00:00Z") == ["KG-DCS", "TJ-DCA"]
    assert await known("2020-03-01T00:00:00Z") == ["TJ-DCA"]


async def test_a_strike_does_not_wait_for_the_database_and_of_other_acts_nothing_is_said(centre: Centre) -> None:
    assert await known_agencies(centre, strike("TJ-DCA")) == ["TJ-DCA"]
    assert await known_agencies(centre, strike("TJ-DCA", "TJ-ALPHA")) is None
    called_off = {"id": str(uuid4()), "delivery": "TJ-DCA/CD-1", "at": "2026-03-18T06:00:00Z", "act": "strike_called_off"}
    assert await known_agencies(centre, ACT.validate_python(called_off | {"strike": str(uuid4()), "reason": "нет"})) is None

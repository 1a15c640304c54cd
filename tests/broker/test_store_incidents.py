"""Hits and incidents in the store, on a real PostgreSQL: whose they are to see, and that nobody else learns of them."""

import pytest

from streams.store.queries import Store
from tests.store_cases import Database, current, incident, uuid_of
from tests.store_viewers import ABROAD, CHIEF, DESK, NOW, OWN, STEWARD, answers


# Leak rule 2.
async def test_an_incident_is_for_coordinators_who_may_see_both(database: Database, store: Store) -> None:
    first, second, red = current("A"), current("B", originator="KG-DCS"), current("C", originator="UZ-SCC", tlp="RED")
    await database.put("reports.current", [first, second, red])
    await database.put("incidents", [incident(first, second), incident(first, red)])
    page = await store.incidents(DESK, None, 10, now=NOW)
    assert [{one["first"]["report_id"], one["second"]["report_id"]} for one in page.items] == [{"A", "B"}]
    assert page.items[0]["reasons"] == [{"reason": "the same container", "weight": 0.9}]
    assert (await store.incidents(OWN, None, 10, now=NOW)).items == []
    report = await store.report(OWN, uuid_of(first), now=NOW)
    assert report is not None
    assert "incidents" not in report
    await database.put("incidents", [incident(first, second, order=3, status="withdrawn"), incident(first, second, order=2)])
    assert (await store.incidents(DESK, None, 10, now=NOW)).items == []


# Leak rule 2: a hit that is nobody's to see changes no byte of any answer, and of the others it is said whose word comes first.
@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        (None, None, ["KG-DCS", "TJ-DCA"]),
        ("mutual", None, ["KG-DCS"]),
        ("mutual", "mutual", []),
        ("never", None, None),
        ("mutual", "never", None),
    ],
)
async def test_a_hit_is_shown_as_its_owners_say(
    database: Database, store: Store, first: str | None, second: str | None, asked: list[str] | None
) -> None:
    mine, theirs = current("A", match_mode=first), current("B", originator="KG-DCS", match_mode=second)
    everybody, ids = (OWN, ABROAD, STEWARD, DESK, CHIEF), [uuid_of(mine), uuid_of(theirs)]
    await database.put("reports.current", [mine, theirs])
    without = [await answers(store, viewer, ids) for viewer in everybody]
    await database.put("incidents", [incident(mine, theirs)])
    same = [await answers(store, viewer, ids) == before for viewer, before in zip(everybody, without, strict=True)]
    shown = asked is not None
    assert same == [True, True, True, not shown, not shown]
    items = (await store.incidents(DESK, None, 10, now=NOW)).items
    assert [item["ask_first"] for item in items] == ([asked] if shown else [])
    report = await store.report(DESK, uuid_of(mine), now=NOW)
    assert report is not None
    assert report["incidents"] == items


# Leak rule 4: what a guard keeps in meets nothing, so nobody is shown what a report of the own agency meets.
async def test_the_desk_is_not_shown_what_its_own_report_meets(database: Database, store: Store) -> None:
    own, other = current("A", originator="CARICC"), current("B")
    await database.put("reports.current", [own, other])
    without = [await answers(store, viewer, [uuid_of(own), uuid_of(other)]) for viewer in (DESK, CHIEF)]
    await database.put("incidents", [incident(own, other)])
    assert [await answers(store, viewer, [uuid_of(own), uuid_of(other)]) for viewer in (DESK, CHIEF)] == without

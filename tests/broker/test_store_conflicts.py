"""Deliveries that come near each other, in PostgreSQL: who is told of it, by today's rooms."""

from typing import Any

from streams.store.migrations import migrate
from streams.store.queries import Store
from streams.store.visibility import Viewer
from tests.delivery_cases import CHIEF, DUTY, IN_THE_ROOM, OTHER_DUTY, OUTSIDE, Recorded, records
from tests.store_cases import Database

NEAR = {
    "first": {"leg": 1, "kind": "exit", "name": "Karamyk", "begins": None, "ends": None},
    "second": {"leg": 2, "kind": "entry", "name": "Карамык", "begins": None, "ends": None},
}
CONFLICT: dict[str, Any] = {
    "conflict": "6b0d4f0e-6f0c-5c36-8a49-5d1b6f2f7f10",
    "order": 7,
    "first": "KZ-KNB/CD-7",
    "second": "TJ-DCA/CD-1",
    "open": True,
    "since": "2026-03-18T06:00:00.000Z",
    "at": "2026-03-18T06:00:00.000Z",
    "near": [NEAR],
    "plans": [1, 3],
}


async def test_supervisors_are_told_and_who_is_named_in_both_rooms_and_nobody_else(postgres_url: str, space: str) -> None:
    database = Database(postgres_url, space)
    migrate(postgres_url, space)
    office = Recorded()
    office.requested()
    snapshot = records(office, "deliveries.current")[-1]
    other = snapshot | {"delivery": "KZ-KNB/CD-7", "lead": "KZ-KNB"}
    theirs = other["visibility"] | {"lead": "KZ-KNB", "members": ["CARICC/o.ther", "KZ-KNB/a.seitkali"]}
    await database.put("deliveries.current", [snapshot, other | {"visibility": theirs}])
    await database.put("deliveries.conflicts", [CONFLICT])
    store = await Store.open(database.url, space)
    (found,) = await store.conflicts(CHIEF)
    assert [side["delivery"] for side in found["sides"]] == ["KZ-KNB/CD-7", "TJ-DCA/CD-1"]
    assert [side["coordinators"] for side in found["sides"]] == [["CARICC/o.ther"], ["CARICC/d.duty", "CARICC/s.super"]]
    assert found["near"] == [NEAR]
    abroad = Viewer("s.super", "TJ-DCA", "TJ", "supervisor")
    for viewer in (DUTY, OTHER_DUTY, abroad, *IN_THE_ROOM, *OUTSIDE):
        assert await store.conflicts(viewer) == [], viewer

    # Named in both rooms by now; and when they are apart nobody is told any more.
    both = theirs | {"members": [*theirs["members"], "CARICC/d.duty"]}
    await database.put("deliveries.current", [other | {"visibility": both, "version": other["version"] + 1}])
    assert len(await store.conflicts(DUTY)) == 1
    assert await store.conflicts(OTHER_DUTY) == []
    await database.put("deliveries.conflicts", [CONFLICT | {"order": 9, "open": False, "near": []}])
    assert await store.conflicts(CHIEF) == []
    await store.close()

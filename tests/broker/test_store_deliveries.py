"""Controlled deliveries in PostgreSQL: who finds what, what nobody learns, and that the tables can be made again."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams import topics
from streams.store.aftermath import aftermath
from streams.store.migrations import migrate
from streams.store.paging import BadCursor
from streams.store.queries import Store
from streams.store.rebuild import canonical_dump, rebuild
from streams.store.rooms import may_enter, may_hear, snapshot_for
from streams.store.visibility import Viewer
from tests.broker.store_bench import Centre, projecting
from tests.conftest import MakeSettings
from tests.delivery_cases import ANALYST, CHIEF, DUTY, FOLLOWER, IN_THE_ROOM, LEAD, OUTSIDE, Json, Recorded, history, records
from tests.store_cases import Database
from tests.system import PATIENT_S
from tests.unit.deliveries.office import DELIVERY

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHANNELS = ("deliveries.current", "deliveries.events")


async def put(database: Database, office: Recorded) -> None:
    for channel in CHANNELS:
        await database.put(channel, records(office, channel))


async def everything(store: Store, viewer: Viewer) -> bytes:
    """All that a viewer can ask for, as bytes."""
    listed = await store.deliveries(viewer, None, None, 50)
    found = await store.delivery(viewer, DELIVERY)
    pages, after = [], 0
    while page := await store.delivery_events(viewer, DELIVERY, after, 7):
        pages.append(page)
        after = page[-1]["seq"]
    told: list[Any] = [listed.items, listed.next, pages]
    if found is not None:
        shown = snapshot_for(viewer, found[0])
        told += [shown, found[1], aftermath(shown, found[1], [one for page in pages for one in page], viewer.person, NOW)]
    return orjson.dumps(told)


async def test_rule_1_duress_changes_no_byte_of_what_the_room_reads(postgres_url: str, space: str) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    read: dict[bool, dict[Viewer, bytes]] = {}
    for duress in (True, False):
        database = Database(postgres_url, f"{space}-{duress}".lower())
        migrate(postgres_url, database.space)
        await put(database, history(seed, duress=duress)[0])
        store = await Store.open(database.url, database.space)
        read[duress] = {viewer: await everything(store, viewer) for viewer in (*IN_THE_ROOM, *OUTSIDE, DUTY)}
        await store.close()
    for viewer in (*IN_THE_ROOM, *OUTSIDE):
        assert read[True][viewer] == read[False][viewer]
    assert read[True][DUTY] != read[False][DUTY]
    assert {read[True][viewer] for viewer in OUTSIDE} == {b"[[],null,[]]"}


PEOPLE = ("n.rahimov", "t.eam", "d.duty")
AGENCIES = ("TJ-DCA", "KG-SCNBC", "KZ-KNB", "CARICC", "")
ROLES = ("officer", "analyst", "coordinator", "supervisor", "steward", "contributor", "partner", "operator", "root", "")
NAMED = st.sampled_from([f"{agency}/{person}" for agency in AGENCIES if agency for person in PEOPLE])
VISIBILITIES = st.builds(
    lambda agencies, members: {"lead": "TJ-DCA", "agencies": sorted(agencies), "members": sorted(members)},
    st.sets(st.sampled_from([agency for agency in AGENCIES if agency])),
    st.sets(NAMED),
)
VIEWERS = st.builds(
    Viewer, st.sampled_from([*PEOPLE, ""]), st.sampled_from(AGENCIES), st.sampled_from([None, "TJ"]), st.sampled_from(ROLES)
)
ONE_OF_AUDIENCE = st.builds(
    lambda agency, role: {"agency": agency, "role": role},
    st.sampled_from([None, "TJ-DCA", "KG-SCNBC", "CARICC"]),
    st.sampled_from(["officers", "coordinator", "supervisor"]),
)
AUDIENCES = st.lists(st.one_of(st.none(), st.lists(ONE_OF_AUDIENCE, max_size=3)), min_size=1, max_size=6)


async def test_sql_and_python_agree_on_who_sees_what(database: Database, store: Store) -> None:
    base = Recorded()
    base.requested()
    snapshot, event = records(base, "deliveries.current")[0], records(base, "deliveries.events")[0]
    loop, seen = asyncio.get_running_loop(), [0, 0]

    async def agree(viewer: Viewer, visibility: Json, audiences: list[list[Json] | None]) -> None:
        numbers = {True: 0, False: 0}
        told = []
        for audience in audiences:
            numbers[audience is not None] += 1
            told.append(event | {"audience": audience, "number": numbers[audience is not None], "received": "2026-11-22T08:00:00Z"})
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(f'TRUNCATE "{database.space}".deliveries, "{database.space}".delivery_events')
        await database.put("deliveries.current", [snapshot | {"visibility": visibility}])
        await database.put("deliveries.events", told)
        expected = may_enter(viewer, visibility)
        seen[expected] += 1
        assert (await store.delivery(viewer, DELIVERY) is not None) is expected
        assert len((await store.deliveries(viewer, None, None, 5)).items) == expected
        found = await store.delivery_events(viewer, DELIVERY, 0, 50)
        if not expected:
            assert found is None
            return
        assert found is not None
        heard = [one for one in told if may_hear(viewer, one["audience"])]
        assert sorted((one["number"], one["audience"] is None) for one in found) == sorted(
            (one["number"], one["audience"] is None) for one in heard
        )
        assert [one["seq"] for one in found] == list(range(1, len(heard) + 1))

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(VIEWERS, VISIBILITIES, AUDIENCES)
    @example(Viewer("n.rahimov", "TJ-DCA", None, "officer"), {"lead": "TJ-DCA", "agencies": ["TJ-DCA"], "members": []}, [None, []])
    def check(viewer: Viewer, visibility: Json, audiences: list[list[Json] | None]) -> None:
        asyncio.run_coroutine_threadsafe(agree(viewer, visibility, audiences), loop).result(60)

    await asyncio.to_thread(check)
    assert all(seen), "some were to see it and some were not"


async def test_the_newest_change_that_one_may_see_comes_first(database: Database, store: Store) -> None:
    offices = {}
    for number, minutes in ((1, 0), (2, 30), (3, 60)):
        office = Recorded()
        office.pass_minutes(minutes)
        office.running(2)
        offices[number] = office
    # Only the centre learns of this: for the others the first is still the oldest.
    offices[1].pass_minutes(90)
    offices[1].act("TJ-DCA/n.rahimov", "check_in", part="Z", eyes_on=True, duress=True)
    for number, office in offices.items():
        renamed = [
            (channel, body | {"delivery": f"TJ-DCA/CD-{number}"}) for channel, body in office.told if "alarm" not in body.get("kind", "")
        ]
        for channel in CHANNELS:
            await database.put(channel, [body for of, body in renamed if of == channel and "ring" not in body])
    for viewer in (LEAD, ANALYST):
        first = await store.deliveries(viewer, True, None, 2)
        rest = await store.deliveries(viewer, True, first.next, 2)
        assert [one["delivery"] for one in first.items + rest.items] == ["TJ-DCA/CD-3", "TJ-DCA/CD-2", "TJ-DCA/CD-1"]
        assert rest.next is None
    assert (await store.deliveries(LEAD, False, None, 2)).items == []
    with pytest.raises(BadCursor):
        await store.deliveries(LEAD, None, "nonsense", 2)


async def test_an_older_snapshot_that_comes_late_changes_nothing(database: Database, store: Store) -> None:
    office = Recorded()
    office.running(2)
    told = records(office, "deliveries.current")
    await database.put("deliveries.current", reversed(told), one_by_one=True)
    found = await store.delivery(LEAD, DELIVERY)
    assert found is not None
    assert found[0]["version"] == office.board["version"]
    assert found[1] is not None
    assert found[1]["form"]["case_reference"] == "2026/117"


async def test_rebuilt_they_are_the_same_and_compaction_is_no_other_topic(
    kafka: str, postgres_url: str, space: str, settings_for_tests: MakeSettings
) -> None:
    chosen = settings_for_tests(kafka=kafka, postgres=postgres_url, space=space)
    await topics.apply(chosen)
    migrate(postgres_url, space)
    centre = Centre(chosen, await Store.open(postgres_url, space))
    office, _ = history(7, duress=True)
    for channel in CHANNELS:
        await centre.write(channel, *records(office, channel), key=lambda body: f"{body['delivery']}/{body.get('type', '')}")
    whole = len(records(office, "deliveries.events")) + 2
    async with projecting(chosen), asyncio.timeout(PATIENT_S):
        while len(before := await _dump(postgres_url, space)) < whole:
            await asyncio.sleep(0.05)
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute(
            f"SELECT topic, first_at FROM \"{space}\".projector_offsets WHERE topic LIKE '%%.deliveries.current'"
        ).fetchall()
    # A compacted topic's first record goes away by itself: it must not make the tables look like another topic's.
    assert {first for _, first in found} == {None}
    await asyncio.to_thread(rebuild, chosen)
    assert await _dump(postgres_url, space) == before
    for viewer in (LEAD, FOLLOWER, CHIEF):
        assert await centre.store.delivery(viewer, DELIVERY) is not None
    await centre.close()


async def _dump(url: str, space: str) -> list[str]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return [line async for line in canonical_dump(connection, space) if line.startswith('["deliver')]

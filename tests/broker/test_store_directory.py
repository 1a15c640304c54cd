"""The directory in PostgreSQL: who reads whose names, what is stale at reading, and that the tables can be made again."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg

from streams import topics
from streams.planning.directory import read_entries, without_names
from streams.store.migrations import migrate
from streams.store.queries import Store
from streams.store.rebuild import canonical_dump, rebuild
from streams.store.visibility import Viewer
from tests.broker.store_bench import Centre, projecting
from tests.conftest import MakeSettings
from tests.delivery_cases import DUTY, FOLLOWER, LEAD, OTHER_DUTY, STRANGER, Json, Recorded, records
from tests.store_cases import Database
from tests.system import PATIENT_S
from tests.unit.deliveries.office import form, plan
from tests.unit.directory.desk import FIRST, NEW, OLD, SECOND, Desk

WAY = ("TJ", "KG")
OWN, OWN_ANALYST = LEAD, Viewer("a.nalyst", "TJ-DCA", "TJ", "analyst")
STEWARD = Viewer("s.teward", "CARICC", None, "steward")
OWN_CONTRIBUTOR = Viewer("n.rahimov", "TJ-DCA", "TJ", "contributor")
OUTSIDE = (STRANGER, OTHER_DUTY, STEWARD, OWN_CONTRIBUTOR)
SOON, LATER = datetime(2026, 3, 19, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
SECRETS = ("Назаров", "Каримов", "Саидов", "+992 93 000 00", "f.saidov", "n.rahimov", "call_backs", "proposed")


def history(name: str, reach: str, other: str = "Саидов") -> Desk:
    """TJ-DCA with one officer by name: confirmed, changed with another number and officer, confirmed again; then a third change waits."""
    desk = Desk()
    ways = [{"kind": "mobile", "address": reach}]
    desk.publish(named=[{"name": name, "rank": "майор", "reach": ways}])
    desk.pass_minutes(1)
    desk.confirm()
    desk.publish(number=NEW, version=2, named=[{"name": name, "reach": ways}])
    desk.pass_minutes(1)
    desk.confirm(base=1)
    desk.publish(number=OLD, version=3, named=[{"name": other}, {"name": name}])
    assert [answer["status"] for answer in desk.answers] == ["applied"] * 5
    return desk


async def put(database: Database, desk: Desk) -> None:
    await database.put("directory.current", [*desk.standing.values(), *desk.changes])


async def everything(store: Store, viewer: Viewer) -> bytes:
    """All that a viewer can ask of the directory, as bytes."""
    found: list[Any] = [await store.directory(viewer, country, now=now) for country in (None, "TJ", "KG") for now in (SOON, LATER)]
    found += [await store.directory_entry(viewer, key, now=SOON) for key in ("TJ-DCA", "KG-DCS")]
    return orjson.dumps(found)


async def test_named_contacts_change_no_byte_of_what_others_read(postgres_url: str, space: str) -> None:
    read: dict[str, dict[Viewer, bytes]] = {}
    for name, reach, other in (("Каримов", "+992 93 000 00 01", "Саидов"), ("Одинаев", "+992 93 111 11 11", "Холов")):
        database = Database(postgres_url, f"{space}-{len(read)}")
        migrate(postgres_url, database.space)
        await put(database, history(name, reach, other))
        store = await Store.open(database.url, database.space)
        read[name] = {viewer: await everything(store, viewer) for viewer in (*OUTSIDE, FOLLOWER, OWN, OWN_ANALYST)}
        await store.close()
    for viewer in (*OUTSIDE, FOLLOWER):
        assert read["Каримов"][viewer] == read["Одинаев"][viewer]
        text = read["Каримов"][viewer].decode()
        assert NEW in text
        assert not [secret for secret in SECRETS if secret in text]
    for viewer in (OWN, OWN_ANALYST):
        assert read["Каримов"][viewer] != read["Одинаев"][viewer]
        assert all(secret in read["Каримов"][viewer].decode() for secret in SECRETS)


async def test_names_are_for_the_parties_of_a_delivery_while_it_is_requested_and_open(database: Database, store: Store) -> None:
    await put(database, history("Каримов", "+992 93 000 00 01"))
    office = Recorded()

    async def named(viewer: Viewer) -> list[Json]:
        found = await store.directory_entry(viewer, "TJ-DCA", now=SOON)
        assert found is not None
        assert (found[0]["pending"].get("entry") is not None) is (viewer in (OWN, OWN_ANALYST))
        return found[0]["entry"]["contacts"][0]["named"]

    office.act("TJ-DCA/n.rahimov", "request", form=form(WAY), plan=plan(WAY))
    await database.put("deliveries.current", records(office, "deliveries.current"))
    assert not await named(FOLLOWER), "a draft is no delivery yet"
    office = Recorded()
    office.running(2)
    await database.put("deliveries.current", records(office, "deliveries.current"))
    for viewer in (FOLLOWER, DUTY):
        assert [one["name"] for one in await named(viewer)] == ["Каримов"]
    for viewer in OUTSIDE:
        assert not await named(viewer)
    closed = records(office, "deliveries.current")[-1] | {"status": "closed", "version": 10_000}
    await database.put("deliveries.current", [closed])
    assert not await named(FOLLOWER)
    assert await named(OWN)


async def test_what_is_stale_is_decided_when_it_is_read(database: Database, store: Store) -> None:
    await put(database, history("Каримов", "+992 93 000 00 01"))
    [fresh], [stale] = [await store.directory(STRANGER, now=now) for now in (SOON, LATER)]
    assert (fresh["stale"], fresh["entry"]["version"], fresh["reach_changed"]) == (None, 2, "2026-03-18T06:02:00.000Z")
    assert stale["stale"] == "not verified for 104 days, 90 are allowed"
    assert fresh["pending"] == {"since": "2026-03-18T06:02:00.000Z"}
    shown = without_names(read_entries(orjson.dumps([fresh["entry"] | {"verified_by": FIRST}]))[0])
    assert fresh["entry"] == shown.model_dump(mode="json", exclude={"verified_by"})


async def test_nobody_else_learns_of_an_entry_before_two_persons_made_it(database: Database, store: Store) -> None:
    desk = Desk()
    desk.publish()
    await put(database, desk)
    for viewer in (*OUTSIDE, FOLLOWER):
        assert await everything(store, viewer) == b"[[],[],[],[],[],[],null,null]"
    [mine] = await store.directory(OWN, now=SOON)
    assert (mine["entry"], mine["pending"]["by"], mine["pending"]["entry"]["version"]) == (None, FIRST, 1)
    assert await store.directory_entries() == ()


async def test_the_history_says_who_changed_what_with_which_call_back(database: Database, store: Store) -> None:
    await put(database, history("Каримов", "+992 93 000 00 01"))
    found = await store.directory_entry(OWN, "TJ-DCA", now=SOON)
    assert found is not None
    told = [(one["number"], one["act"], one["by"], [call["number"] for call in one["call_backs"]]) for one in found[1]]
    assert told == [
        (5, "propose", FIRST, []),
        (4, "confirm", SECOND, [OLD]),
        (3, "propose", FIRST, []),
        (2, "confirm", SECOND, [OLD]),
        (1, "propose", FIRST, []),
    ]
    first = await store.directory_entry(STRANGER, "TJ-DCA", limit=2, now=SOON)
    rest = await store.directory_entry(STRANGER, "TJ-DCA", before=4, now=SOON)
    assert first is not None
    assert rest is not None
    assert [one["number"] for one in first[1] + rest[1]] == [5, 4, 3, 2, 1]
    assert set(first[1][0]) == {"number", "act", "at", "version", "entry"}


async def test_rebuilt_it_is_the_same(kafka: str, postgres_url: str, space: str, settings_for_tests: MakeSettings) -> None:
    chosen = settings_for_tests(kafka=kafka, postgres=postgres_url, space=space)
    await topics.apply(chosen)
    migrate(postgres_url, space)
    centre = Centre(chosen, await Store.open(postgres_url, space))
    desk = history("Каримов", "+992 93 000 00 01")
    told = [*desk.changes[:3], *desk.standing.values(), *desk.changes[3:]]
    await centre.write(
        "directory.current", *told, key=lambda body: body["key"] if body["type"] == "standing" else f"{body['number']}#{body['key']}"
    )
    async with projecting(chosen), asyncio.timeout(PATIENT_S):
        while len(before := await _dump(postgres_url, space)) < 6:
            await asyncio.sleep(0.05)
    await asyncio.to_thread(rebuild, chosen)
    assert await _dump(postgres_url, space) == before
    assert len(await centre.store.directory_entries()) == 1
    await centre.close()


async def _dump(url: str, space: str) -> list[str]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return [line async for line in canonical_dump(connection, space) if line.startswith('["directory')]

"""Questions to the store on a real PostgreSQL: what is found, by whom, and what nobody learns."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.store.migrations import migrate
from streams.store.paging import BadCursor
from streams.store.queries import Store, StoreDown
from streams.store.search import BadSearch, Meaning, Search
from streams.store.visibility import POLICY, Viewer, facts, may_see, reach, where
from tests.store_cases import Database, current, incident, receipt, uuid_of
from tests.store_viewers import ABROAD, CHIEF, DESK, FAR, NOW, OWN, STEWARD, answers

PANJ = {"field": "place", "name": "Panji Poyon", "country": "TJ", "lat": 37.2, "lon": 68.6, "accuracy_m": 500.0, "basis": "crossing"}
HOLD = {"by": "d.coord", "reason": "operation", "until": None}
Json = dict[str, Any]


async def found(store: Store, viewer: Viewer = DESK, **asked: Any) -> list[str]:
    """Report numbers of the first page, in order."""
    page = await store.search(viewer, Search(**asked), now=NOW)
    assert page.total is not None
    assert page.total >= len(page.items)
    return [item["report_id"] for item in page.items]


# Leak rule 1: what a viewer may not see changes no byte of any answer.
async def test_noninterference(postgres_url: str, space: str) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    records = [_random_report(chance, number) for number in range(60)]
    by_report = {record["report_uuid"]: record for record in records}
    for viewer in (OWN, ABROAD, FAR, DESK):
        visible = [record for record in records if may_see(viewer, facts(record), NOW)]
        pairs = [(records[n], records[n + 1]) for n in range(0, 58, 2)]
        seen_pairs = [pair for pair in pairs if all(one in visible for one in pair)]
        full, part = Database(postgres_url, f"{space}-{viewer.agency}-all"), Database(postgres_url, f"{space}-{viewer.agency}-some")
        results = []
        for database, kept, kept_pairs in ((full, records, pairs), (part, visible, seen_pairs)):
            migrate(postgres_url, database.space)
            await database.put("reports.current", kept)
            await database.put("incidents", [incident(*pair) for pair in kept_pairs])
            await database.put("receipts", [receipt(one) for one in kept if one["sender"]["agency"] == viewer.agency or database is full])
            store = await Store.open(database.url, database.space)
            results.append(await answers(store, viewer, [UUID(one) for one in by_report]))
            await store.close()
            with psycopg.connect(postgres_url, autocommit=True) as connection:
                connection.execute(f'DROP SCHEMA "{database.space}" CASCADE')
        assert 0 < len(visible) < len(records)
        assert results[0] == results[1]


# Leak rule 4: whoever reports, and whoever lists holds, gets the same bytes whether or not a guard keeps the report in.
async def test_a_guard_is_no_oracle(postgres_url: str, space: str) -> None:
    plain, own = current("R-1", place=PANJ, title="Тайник"), Viewer("d.coord", "TJ-DCA", "TJ", "analyst")
    results = []
    for guard in (None, ("TJ-DCA",)):
        database = Database(postgres_url, f"{space}-{'guarded' if guard else 'open'}")
        migrate(postgres_url, database.space)
        record = plain | ({"guard": {"for": list(guard)}} if guard else {})
        await database.put("reports.current", [record])
        await database.put("receipts", [receipt(record)])
        store = await Store.open(database.url, database.space)
        results.append([await answers(store, viewer, [uuid_of(record)]) for viewer in (OWN, own)])
        results[-1].append(orjson.dumps([await store.holds(viewer, now=NOW) for viewer in (CHIEF, STEWARD)]))
        if guard:
            assert [await found(store, viewer) for viewer in (ABROAD, DESK, CHIEF)] == [[], [], []]
            assert [await store.held_key(viewer, uuid_of(record)) for viewer in (DESK, CHIEF)] == [None, None]
        await store.close()
    assert results[0] == results[1]


def _random_report(chance: random.Random, number: int) -> Json:
    tlp, originator = chance.choice(list(POLICY)), chance.choice(["TJ-DCA", "KG-DCS", "UZ-SCC"])
    return current(
        f"R-{number}",
        originator=originator,
        tlp=tlp,
        recipients=tuple(chance.sample(["KG-DCS", "KG-DCS/b.osmonov", "CARICC", "UZ-SCC", "BR-PF", "BR-PF/l.souza"], chance.randrange(3))),
        countries=tuple(chance.sample(["TJ", "KG", "UZ", "BR"], 2)),
        embargo_until=chance.choice([None, None, "2026-11-23T00:00:00Z", "2026-11-21T00:00:00Z"]),
        hold=chance.choice([None, None, None, HOLD]),
        guard=chance.choice([None, None, None, (originator,), (originator, "CARICC")]),
        place=PANJ,
        title=chance.choice(["Тайник", "тайнеки", "Тайна", "груз"]),
        occurred=f"2026-11-{chance.randrange(1, 20):02d}",
        identifiers=({"field": "c", "kind": "container", "value": "MSKU1234565", "key": "container:MSKU1234565"},),
    )


NAMES = st.sampled_from(["TJ-DCA", "KG-DCS", "CARICC", "n.rahimov", "b.osmonov", ""])
VIEWERS = st.builds(
    Viewer,
    NAMES,
    NAMES,
    st.sampled_from([None, "TJ", "KG", "BR"]),
    st.sampled_from(["officer", "analyst", "coordinator", "supervisor", "steward", "contributor", "partner", "operator", "root", ""]),
)
REPORTS = st.builds(
    lambda **fields: current("X", **fields),
    originator=NAMES,
    tlp=st.sampled_from([*POLICY, "PURPLE", "", "red"]),
    recipients=st.lists(NAMES | st.builds("{}/{}".format, NAMES, NAMES), max_size=3).map(tuple),
    countries=st.lists(st.sampled_from(["TJ", "KG", "BR"]), max_size=2).map(tuple),
    embargo_until=st.sampled_from([None, "2026-11-22T12:00:00Z", "2026-11-22T12:00:00.000001Z", "2026-11-22T17:00:00+05:00"]),
    guard=st.none() | st.lists(NAMES, min_size=1, max_size=2).map(tuple),
    hold=st.sampled_from([None, HOLD, {**HOLD, "until": "2026-11-22T12:00:00Z"}, {**HOLD, "until": "2026-11-22T12:00:01Z"}]),
)


def test_the_sql_clause_and_the_predicate_agree(postgres_url: str, space: str) -> None:
    with psycopg.connect(postgres_url) as connection:

        @settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
        @given(VIEWERS, st.lists(REPORTS, min_size=1, max_size=6))
        def agree(viewer: Viewer, reports: list[Json]) -> None:
            clause, parameters = where(viewer, NOW)
            judged = [facts(report) for report in reports]
            values = ", ".join(
                f"({n}, %(o{n})s, %(t{n})s, %(r{n})s::text[], %(c{n})s::text[], %(h{n})s, %(e{n})s::timestamptz, %(g{n})s::text[])"
                for n in range(len(judged))
            )
            for n, one in enumerate(judged):
                parameters |= {f"o{n}": one.originator, f"t{n}": one.tlp, f"r{n}": list(one.recipients), f"c{n}": list(one.countries)}
                parameters |= {f"h{n}": one.held, f"e{n}": one.embargo_until}
                parameters |= {f"g{n}": None if one.guarded_for is None else list(one.guarded_for)}
            names = "n, originator, tlp, recipients, countries, held, embargo_until, guarded_for"
            within, reached = reach(viewer) or ("TRUE", {})
            for condition in (clause, f"{within} AND {clause}"):
                asked = f"SELECT n FROM (VALUES {values}) r ({names}) WHERE {condition} ORDER BY n"
                seen = [n for (n,) in connection.execute(asked, parameters | reached).fetchall()]
                assert seen == [n for n, one in enumerate(judged) if may_see(viewer, one, NOW)]

        agree()


async def test_any_order_and_repetition_of_changes_ends_the_same(database: Database, store: Store) -> None:
    changes = [
        current(version=1, revision=1, title="первая"),
        current(version=2, revision=3, title="третья"),
        current(version=3, revision=2, title="вторая", change="history", current_revision=3),
        current(version=4, revision=3, title="третья", change="held", hold=HOLD),
        current(version=5, revision=3, title="третья", change="released"),
    ]
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    shuffled = changes * 2
    random.Random(seed).shuffle(shuffled)
    await database.put("reports.current", shuffled[:5], one_by_one=True)
    await database.put("reports.current", shuffled[5:])
    report = await store.report(OWN, uuid_of(changes[0]), now=NOW)
    assert report is not None
    assert (report["title"], report["revision"], report["hold"]) == ("третья", 3, None)
    assert [(one["revision"], one["disposition"]) for one in report["revisions"]] == [(3, "applied"), (2, "history"), (1, "applied")]
    assert await found(store, q="третья") == ["2026-1"]
    assert await found(store, q="вторая") == []
    counted = (await store.counters(DESK, NOW))["7d"]
    assert counted["substances"] == [{"slug": "heroin", "name": "Heroin", "group": "opioids", "seizures": 1, "kg": "2.5"}]


def received(days: float) -> str:
    """A report's time of receipt, so many days ago."""
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


async def test_a_window_is_counted_alone_as_among_all(database: Database, store: Store) -> None:
    opium = {"slug": "opium", "name": "Opium", "group": "opioids", "kg": "1", "reported": "опий"}
    lately = [current(f"R-{days}", tlp="CLEAR", received=received(days), substances=(opium,)) for days in (0.1, 2)]
    await database.put(
        "reports.current", lately + [current(f"R-{days}", tlp="CLEAR", received=received(days)) for days in (30, 400, 36_500)]
    )
    for viewer in (DESK, OWN, FAR):
        together = await store.counters(viewer, NOW)
        assert {window: one["reports"] for window, one in together.items()} == {"24h": 1, "7d": 2, "all": 5}
        assert [(one["slug"], one["seizures"]) for one in together["all"]["substances"]] == [("heroin", 3), ("opium", 2)]
        assert await store.counters(viewer, NOW, ["7d", "24h"]) == {window: together[window] for window in ("7d", "24h")}
        assert await store.counters(viewer, NOW, ["all"]) == {"all": together["all"]}


async def test_a_withdrawal_takes_everything_back(database: Database, store: Store) -> None:
    report = current(title="Тайник", place=PANJ)
    await database.put("reports.current", [report, current(version=2, revision=2, change="withdrawn")])
    assert await found(store, q="тайник") == []
    assert await store.points(DESK, None, None, None, 10, now=NOW) == []
    assert (await store.counters(DESK, NOW))["all"]["reports"] == 0
    abroad = await store.report(ABROAD, uuid_of(report), now=NOW)
    assert abroad is not None
    assert (abroad["withdrawn"], abroad["title"], abroad["revisions"]) == (True, None, [])
    own = await store.report(OWN, uuid_of(report), now=NOW)
    assert own is not None
    assert [one["title"] for one in own["revisions"]] == [None, "Тайник"]
    await database.put("reports.current", [current(version=3, revision=3, title="Снова")])
    assert await found(store, ABROAD, q="снова") == ["2026-1"]


async def test_a_hold_hides_everywhere_but_at_home(database: Database, store: Store) -> None:
    report, other = current(title="Тайник", place=PANJ), current("2026-2", place=PANJ)
    await database.put("reports.current", [report, other])
    await database.put("incidents", [incident(report, other)])
    assert len((await store.incidents(DESK, None, 10, now=NOW)).items) == 1
    await database.put("reports.current", [current(version=2, title="Тайник", place=PANJ, change="held", hold=HOLD)])
    for viewer in (ABROAD, DESK, CHIEF):
        assert await found(store, viewer) == ["2026-2"]
        assert (await store.search(viewer, Search(), now=NOW)).total == 1
        assert (await store.counters(viewer, NOW))["7d"]["kinds"] == {"seizure": 1}
        assert len(await store.points(viewer, None, None, None, 10, now=NOW)) == 1
        assert await store.report(viewer, uuid_of(report), now=NOW) is None
        assert (await store.incidents(viewer, None, 10, now=NOW)).items == []
    assert set(await found(store, OWN)) == {"2026-1", "2026-2"}
    own = await store.report(OWN, uuid_of(report), now=NOW)
    assert own is not None
    assert own["hold"] == HOLD
    listed = {"report_uuid": report["report_uuid"], "originator": "TJ-DCA", "by": "d.coord", "reason": "operation", "until": None}
    assert await store.holds(STEWARD, now=NOW) == await store.holds(CHIEF, now=NOW) == [listed]
    assert await store.holds(DESK, now=NOW) == [listed], "whoever held it finds it again"
    for nobody in (OWN, Viewer("another", "CARICC", None, "coordinator"), Viewer("d.coord", "TJ-DCA", "TJ", "coordinator")):
        assert await store.holds(nobody, now=NOW) == []
    assert await store.held_key(DESK, uuid_of(report)) == ("TJ-DCA", "2026-1")
    assert await store.held_key(DESK, uuid_of(other)) is None
    for nobody in (OWN, STEWARD, Viewer("x", "TJ-DCA", "TJ", "coordinator"), Viewer("x", "TJ-DCA", "TJ", "supervisor")):
        assert await store.held_key(nobody, uuid_of(report)) is None


async def test_an_embargo_ends_by_the_clock_alone(database: Database, store: Store) -> None:
    await database.put("reports.current", [current(embargo_until="2026-11-22T13:00:00Z")])
    assert await found(store, ABROAD) == []
    assert (await store.search(ABROAD, Search(), now=NOW + timedelta(hours=1))).total == 1


# Leak rule 1: whoever held it learns nothing of the originator's embargo, neither that there is one nor when it ends.
async def test_who_held_a_report_finds_his_hold_alone(database: Database, store: Store) -> None:
    hold = HOLD | {"until": "2026-11-22T13:00:00+00:00"}
    seen = []
    for embargo in ({}, {"embargo_until": "2026-12-01T00:00:00Z"}):
        await database.put("reports.current", [current(version=2 + len(seen), change="held", hold=hold, **embargo)])
        seen.append([await store.holds(DESK, now=NOW + timedelta(hours=hours)) for hours in (0, 2)])
    assert seen[0] == seen[1]
    assert [[held["until"] for held in at] for at in seen[0]] == [["2026-11-22T13:00:00+00:00"], []]
    (listed,) = await store.holds(CHIEF, now=NOW)
    assert listed["until"] == "2026-12-01T00:00:00+00:00"


# Leak rule 5.
async def test_raising_to_red_pulls_back_and_an_earlier_red_stays_red(database: Database, store: Store) -> None:
    green = current(title="Открыто")
    await database.put("reports.current", [green])
    assert await found(store, ABROAD) == ["2026-1"]
    await database.put("reports.current", [current(version=2, revision=2, tlp="RED", title="Закрыто")])
    assert await found(store, ABROAD) == []
    assert await store.report(ABROAD, uuid_of(green), now=NOW) is None
    await database.put("reports.current", [current(version=3, revision=3, title="Снова открыто")])
    abroad = await store.report(ABROAD, uuid_of(green), now=NOW)
    assert abroad is not None
    assert [one["revision"] for one in abroad["revisions"]] == [3, 1]
    assert "sender" not in abroad
    assert abroad["receipts"] == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Героин в тайнике, Панджи Поён", "ГЕРОИН"),
        ("Героин в тайнике, Панджи Поён", "поен тайник"),
        ("کریموف عبدالرحمن", "كريموف"),
        ("مُحَمَّد", "محمد"),
        ("Jalolиддin Qodirov", "qodir"),
        ("São Paulo — cocaína", "sao cocaina"),
        ("Ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("Ə́liyev Əli", "əliyev"),
        ("İstanbul", "istanbul"),
        ("Straße 5", "STRASSE"),
        ("海洛因走私", "洛因"),
        ("o‘g‘li Baxtiyor", "o'g'li"),
        ("100% чистый _груз_", "100%"),
    ],
)
async def test_text_is_found_in_any_script(database: Database, store: Store, text: str, asked: str) -> None:
    await database.put("reports.current", [current(title=text), current("2026-2", title="Something else", substances=())])
    assert await found(store, q=asked) == ["2026-1"]


# What a word also means is the gateway's to say; the store finds any of its names, and only whole beginnings of words by them.
async def test_a_word_is_found_by_what_it_means(database: Database, store: Store) -> None:
    uzbek = {**PANJ, "name": "Termez", "country": "UZ"}
    await database.put(
        "reports.current",
        [
            current("LATIN", title="heroin at Osh", substances=(), place=PANJ, occurred="2026-11-03"),
            current("CYRILLIC", title="героин, г. Ош", substances=(), place=uzbek, occurred="2026-11-02"),
            current("NEITHER", title="methheroin, Poshnok", substances=(), place=PANJ, occurred="2026-11-01"),
        ],
    )
    heroin, osh = Meaning(("героин",), names=("heroin",)), Meaning(("ош",), names=("osh",))
    assert await found(store, q="героин") == ["CYRILLIC"]
    assert await found(store, q="героин", meanings=(heroin,)) == ["LATIN", "CYRILLIC"]
    assert await found(store, q="Ош героин", meanings=(osh, heroin)) == ["LATIN", "CYRILLIC"]
    assert await found(store, q="героин узбекистан", meanings=(heroin, Meaning(("узбекистан",), country="UZ"))) == ["CYRILLIC"]


async def test_a_misspelt_word_finds_what_is_spelt_like_it_and_only_then(database: Database, store: Store) -> None:
    await database.put("reports.current", [current(title="Каримов"), current("2026-2", title="Керимов"), current("2026-3", title="груз")])
    assert await found(store, q="каримоф") == ["2026-1"]
    assert await found(store, q="каримов") == ["2026-1"]
    assert await found(store, q="совсемдругое") == []


async def test_a_misspelling_never_finds_by_a_hidden_word(database: Database, store: Store) -> None:
    await database.put("reports.current", [current(title="Каримов", tlp="RED")])
    assert await found(store, OWN, q="каримоф") == ["2026-1"]
    assert await found(store, DESK, q="каримоф") == []


NUMBERS = [
    {"q": "MSKU 123456-5"},
    {"q": "msku1234565"},
    {"identifier": "container:MSKU1234565"},
    {"identifier": "MSKU-1234565"},
    {"q": "2026/1"},
]


@pytest.mark.parametrize("asked", NUMBERS)
async def test_a_number_is_found_in_any_spelling(database: Database, store: Store, asked: Json) -> None:
    container = ({"field": "containers[0].number", "kind": "container", "value": "MSKU1234565", "key": "container:MSKU1234565"},)
    await database.put("reports.current", [current(identifiers=container), current("2026-2", title="без номера 20")])
    assert await found(store, **asked) == ["2026-1"]


async def test_the_bearer_of_a_number_comes_before_those_that_mention_it(database: Database, store: Store) -> None:
    mentions = [current(f"M-{n}", narrative="см. отчёт ABC-77", occurred=f"2026-11-{n + 10}") for n in range(5)]
    await database.put("reports.current", [*mentions, current("ABC-77", occurred="2020-01-01")])
    assert await found(store, q="ABC-77") == ["ABC-77", "M-4", "M-3", "M-2", "M-1", "M-0"]
    pages, cursor = [], None
    while True:
        page = await store.search(DESK, Search(q="ABC-77", limit=2, cursor=cursor), now=NOW)
        assert page.total == 6
        pages += [item["report_id"] for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert pages == ["ABC-77", "M-4", "M-3", "M-2", "M-1", "M-0"]


async def test_filters_narrow(database: Database, store: Store) -> None:
    opium = ({"slug": "opium", "name": "Opium", "group": "opioids", "kg": None, "reported": "Опий-сырец"},)
    osh = {**PANJ, "country": "KG", "lat": 40.5, "lon": 72.8}
    await database.put(
        "reports.current",
        [
            current("A", place=PANJ, occurred="2026-10-01"),
            current("B", place=osh, originator="KG-DCS", substances=opium, occurred="2026-11-01"),
            current("C", kind="intelligence", occurred="2026-11-15"),
        ],
    )
    assert await found(store) == ["C", "B", "A"]
    assert await found(store, country="kg") == ["B"]
    assert await found(store, agency="KG-DCS") == ["B"]
    assert await found(store, kind="intelligence") == ["C"]
    assert (
        await found(store, substance="opium")
        == await found(store, substance="ОПИЙ-СЫРЕЦ")
        == await found(store, substance="Opium")
        == ["B"]
    )
    assert await found(store, start=datetime(2026, 11, 1, 12, tzinfo=UTC), end=datetime(2026, 11, 15, tzinfo=UTC)) == ["B"]
    assert await found(store, bbox=(72.0, 40.0, 73.0, 41.0)) == ["B"]
    assert await found(store, bbox=(170.0, 30.0, 69.0, 50.0)) == ["A"]
    assert await found(store, q="опий", country="TJ") == []


@pytest.mark.parametrize(
    "q", ["'; DROP TABLE reports; --", "%", "_", "\\", "%%%", "$1", "{}", "%(see_agency)s", "((((", "' OR 1=1", "\u202e", "   "]
)
async def test_strange_text_finds_nothing_and_harms_nothing(database: Database, store: Store, q: str) -> None:
    await database.put("reports.current", [current(substances=())])
    for field in ("q", "substance", "agency", "identifier"):
        assert await found(store, DESK, **{field: q}) == []
    for field in ("country", "kind"):
        with pytest.raises(BadSearch, match=field):
            await found(store, DESK, **{field: q})
    assert await found(store) == ["2026-1"]


async def test_a_report_as_long_as_can_be_is_kept_and_found(database: Database, store: Store) -> None:
    ligature = "ﷺ"  # folded it is 18 letters
    substance = {"slug": "heroin", "name": "Heroin", "group": "opioids", "kg": "1", "reported": ligature * 400}
    number = {"kind": "other", "value": ligature * 120, "key": "other:" + ligature * 120}
    long = current(
        title="Тайник",
        narrative=ligature * 20_000,
        parties=[{"kind": "person", "names": ["Ы" * 400] * 20} for _ in range(20)],
        substances=(substance,) * 200,
        identifiers=tuple({"field": f"documents[{n}].number", **number} for n in range(200)),
    )
    await database.put("reports.current", [long])
    assert await found(store, q="тайник") == ["2026-1"]
    assert (await store.counters(DESK, NOW))["all"]["substances"][0]["kg"] == "200"


@pytest.mark.parametrize("cursor", ["", "x", "WzBd", "W1tdXQ", "bnVsbA", "é", "A" * 5000])
async def test_a_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(BadCursor):
        await store.search(DESK, Search(cursor=cursor))
    with pytest.raises(BadCursor):
        await store.receipts("TJ-DCA", None, cursor, 10)


async def test_receipts_are_the_agency_s_own_newest_first(database: Database, store: Store) -> None:
    records = [current(f"R-{n}", received=f"2026-11-{n:02d}T00:00:00Z") for n in range(1, 6)]
    await database.put("receipts", [receipt(one, status="duplicate" if n == 2 else "accepted") for n, one in enumerate(records)])
    await database.put("receipts", [receipt(current("K-1", originator="KG-DCS"))])
    numbers: list[str] = []
    cursor = None
    while True:
        page = await store.receipts("TJ-DCA", None, cursor, 2)
        numbers += [one["report_id"] for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert numbers == ["R-5", "R-4", "R-3", "R-2", "R-1"]
    assert [one["report_id"] for one in (await store.receipts("TJ-DCA", "duplicate", None, 9)).items] == ["R-3"]
    known = UUID(receipt(records[0])["receipt"])
    assert await store.receipt("TJ-DCA", known) is not None
    assert await store.receipt("KG-DCS", known) is None


# Leak rule 6.
async def test_dead_letters_are_for_their_sender_and_the_steward(database: Database, store: Store) -> None:
    ids = ["00000000-0000-5000-8000-00000000000" + n for n in "12"]
    letter = {"stage": "intake", "problems": [], "value_base64": "AAE=", "value_bytes": 2}
    letters = [
        {"letter": ids[0], "origin": "a", "agency": "TJ-DCA", "at": "2026-11-20T08:00:00Z", **letter},
        {"letter": ids[1], "origin": "b", "agency": None, "at": "2026-11-20T09:00:00Z", **letter},
    ]
    await database.put("reports.rejected", letters)
    contributor = Viewer("p", "TJ-DCA", "TJ", "contributor")
    seen = {
        viewer: [one["letter"] for one in (await store.rejected(viewer, None, 10)).items]
        for viewer in (OWN, ABROAD, DESK, STEWARD, contributor)
    }
    assert seen == {OWN: ids[:1], ABROAD: [], DESK: [], STEWARD: [ids[1], ids[0]], contributor: []}
    assert "value_base64" not in (await store.rejected(OWN, None, 10)).items[0]
    one = await store.rejected_one(OWN, UUID(ids[0]))
    assert one is not None
    assert one["value_base64"] == "AAE="
    assert await store.rejected_one(ABROAD, UUID(ids[0])) is None


# Leak rule 3: the hash of a file is for who reads the report that names it.
async def test_the_hash_of_an_attachment_finds_nothing_for_who_may_not_read_the_report(database: Database, store: Store) -> None:
    named, unknown = "ab" * 32, "cd" * 32
    number = {"field": "attachments[0].sha256", "kind": "sha256", "value": named, "key": f"sha256:{named}", "valid": None, "strong": True}
    await database.put("reports.current", [current("A", tlp="AMBER+STRICT", identifiers=(number,)), current("B")])
    for field in ("q", "identifier"):
        for viewer, finds in ((DESK, ["A"]), (OWN, ["A"]), (ABROAD, [])):
            assert await found(store, viewer, **{field: named}) == finds
            assert await found(store, viewer, **{field: unknown}) == []


async def test_an_answer_is_kept_under_its_key_and_the_first_stands(store: Store) -> None:
    mine = ("TJ-DCA", "n.rahimov", "key")
    assert await store.idempotency(*mine) is None
    await store.remember_idempotency(*mine, "digest", 202, "application/json", {"receipts": []})
    await store.remember_idempotency(*mine, "other", 422, "application/json", {})
    assert await store.idempotency(*mine) == {
        "digest": "digest",
        "status": 202,
        "media_type": "application/json",
        "answer": {"receipts": []},
    }
    assert await store.idempotency("KG-DCS", "n.rahimov", "key") is None


async def test_without_tables_or_database_the_store_is_down(postgres_url: str, space: str, unused: Callable[[], int]) -> None:
    for url in (postgres_url, f"postgresql://ric@127.0.0.1:{unused()}/ric"):
        store = await Store.open(url, space)
        with pytest.raises(StoreDown):
            await store.ready()
        await store.close()


@pytest.fixture
def unused() -> Callable[[], int]:
    from streams.local.process import free_port

    return free_port

"""What is due is listed, decided and carried out, and a store made again does not bring it back."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from streams.cli.failures import Failure
from streams.cli.retention_verb import retention
from streams.gateway.centre import Centre as Gateway
from streams.gateway.deliveries import whole_report
from streams.gateway.ids import Ids
from streams.gateway.live import Tail
from streams.gateway.producer import Producer
from streams.gateway.tokens import Keys, claims
from streams.settings import Settings
from streams.store.migrations import kept, migrate
from streams.store.queries import Store
from streams.store.rebuild import RebuildRuns, rebuild
from streams.store.reviewing import Act, decide, reached
from streams.store.search import Search
from tests.broker.store_bench import DESK, Centre, projecting
from tests.delivery_cases import LEAD, Recorded
from tests.store_cases import Database, current, incident
from tests.unit.deliveries.office import DELIVERY, form, plan
from tests.unit.gateway.conftest import Directory

NOW = datetime.now(UTC)
LONG_AGO = (NOW - timedelta(days=4 * 366)).isoformat()


def closed(**outcome: str) -> Recorded:
    office = Recorded()
    office.running(2)
    strike = office.must("TJ-DCA/n.rahimov", "strike", h_hour=(office.now + timedelta(minutes=5)).isoformat(), agencies=["TJ-DCA"])["act"]
    office.must("TJ-DCA/n.rahimov", "strike_ready", strike=strike)
    weighed = [{"substance": "heroin", "kg": "24", "uncertainty_kg": "0.1"}]
    office.must("TJ-DCA/n.rahimov", "secured", report={"originator": "TJ-DCA", "report_id": "2026-0117"}, weighed=weighed)
    office.must("TJ-DCA/n.rahimov", "closed", evidence_handed_over=True)
    if outcome:
        office.must("TJ-DCA/n.rahimov", "evaluated", outcome="4 задержаны", shares=[{"country": "TJ", "did": "изъятие"}], **outcome)
    return office


async def put(database: Database, office: Recorded) -> None:
    for channel in ("deliveries.current", "deliveries.events"):
        await database.put(channel, [body for name, body in office.told if name == channel])


async def due(database: Database, by: datetime = NOW) -> dict[str, tuple[str, str]]:
    async with await psycopg.AsyncConnection.connect(database.url) as connection:
        found = await reached(connection, database.space, by, 3)
    return {entry.item: (entry.term.act, entry.handling) for entry in found}


async def decided(url: str, space: str, item: str, act: Act) -> None:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        entries = [entry for entry in await reached(connection, space, NOW, 3) if entry.item == item]
        assert entries
        await decide(connection, space, entries, act, person="o.perator", because="дело закрыто")


async def test_the_owners_terms_and_the_reviews_are_listed_when_they_are_reached(database: Database) -> None:
    own = {"originator": "TJ-DCA", "tlp": "AMBER", "europol": ["H1", "H3"], "europol_text": "не для суда"}
    evaluation = {"scheme": "4x4", "source": "A", "information": "1"}
    let = {
        name: {**own, "evaluation": evaluation, "retain_until": until}
        for name, until in (("past", LONG_AGO), ("ahead", "2099-01-01T00:00:00Z"))
    }
    await database.put(
        "reports.current",
        [
            current("OLD", received=LONG_AGO),
            # A revision does not begin the years anew.
            current("OLD", version=2, revision=2),
            current("NEW", received=NOW.isoformat()),
            current("LET", handling=let["past"]),
            current("MAY", received=LONG_AGO, handling=let["ahead"]),
        ],
    )
    assert await due(database) == {
        "report/TJ-DCA/LET": ("remove", "TLP:AMBER H1 H3 не для суда"),
        "report/TJ-DCA/OLD": ("review", "TLP:GREEN"),
    }
    await put(database, closed())
    in_three_years = NOW + timedelta(days=3 * 366)
    assert (await due(database, in_three_years))[f"delivery/{DELIVERY}"] == ("review", "TLP:RED")
    assert f"delivery/{DELIVERY}" not in await due(database)
    await decided(database.url, database.space, "report/TJ-DCA/OLD", "keep")
    assert set(await due(database)) == {"report/TJ-DCA/LET"}


async def test_a_draft_that_nobody_went_on_with_is_reviewed_and_removed_once_its_lead_gave_it_up(database: Database, store: Store) -> None:
    office = Recorded()
    office.must("TJ-DCA/n.rahimov", "request", form=form(), plan=plan())
    await put(database, office)
    item = f"delivery/{DELIVERY}"
    said = datetime.fromisoformat(office.events[-1]["received"])
    assert item not in await due(database, said + timedelta(days=89))
    assert (await due(database, said + timedelta(days=91)))[item] == ("review", "TLP:RED")
    async with await psycopg.AsyncConnection.connect(database.url) as connection:
        (entry,) = await reached(connection, database.space, said + timedelta(days=91), 3)
    assert (entry.why_not("keep"), entry.why_not("remove")) == (None, "it is a draft: its lead gives it up and closes it first")
    await decided(database.url, database.space, item, "keep")
    assert item not in await due(database)
    office.must("TJ-DCA/n.rahimov", "aborted", reason="груз ушёл")
    office.must("TJ-DCA/n.rahimov", "closed", evidence_handed_over=True)
    await put(database, office)
    in_a_quarter = NOW + timedelta(days=91)
    assert (await due(database, in_a_quarter))[item] == ("review", "TLP:RED")
    async with await psycopg.AsyncConnection.connect(database.url) as connection:
        (entry,) = await reached(connection, database.space, in_a_quarter, 3)
        assert entry.why_not("remove") is None
        await decide(connection, database.space, [entry], "remove", person="o.perator", because="не начата")
    assert await store.delivery(LEAD, DELIVERY) is None


@pytest.mark.parametrize(
    ("outcome", "term"),
    [({"retain_until": "2031-01-01T00:00:00Z"}, ("remove", "2031-01-01T00:00:00")), ({}, ("review", "2029-03-18T06:00:00"))],
)
async def test_the_after_action_report_has_the_term(
    database: Database, store: Store, tmp_path: Path, outcome: dict[str, str], term: tuple[str, str]
) -> None:
    settings = Settings(data_dir=tmp_path, space=database.space, kafka_bootstrap_servers="127.0.0.1:1")
    centre = Gateway(settings, Keys.of(settings), Ids.of(settings), Directory(), Producer(settings), Tail(settings), store)
    reader = claims("n.rahimov", "TJ-DCA", "TJ", "officer", space=database.space, lifetime=timedelta(hours=1), now=NOW)
    await put(database, closed(**outcome))
    found = (await whole_report(DELIVERY, reader, centre))["retention"]
    assert (found["act"], found["due"][:19]) == term
    await centre.producer.close()


async def test_a_removed_delivery_is_gone_with_its_files_and_who_decided_stays(database: Database, store: Store) -> None:
    await put(database, closed(retain_until="2026-04-01T00:00:00Z"))
    with psycopg.connect(database.url, autocommit=True) as connection:
        made = (
            f'INSERT INTO "{kept(database.space)}".uploads (upload, delivery_uuid, agency, person, sha256, length, expires)'
            " SELECT gen_random_uuid(), delivery_uuid, 'TJ-DCA', 'n.rahimov', 'x', 1, now() FROM"
        )
        connection.execute(f'{made} "{database.space}".deliveries')
    assert await store.delivery(LEAD, DELIVERY) is not None
    await decided(database.url, database.space, f"delivery/{DELIVERY}", "remove")
    assert await store.delivery(LEAD, DELIVERY) is None
    assert await store.delivery_events(LEAD, DELIVERY, 0, 10) is None
    with psycopg.connect(database.url) as connection:
        left = f'SELECT count(*) FROM "{kept(database.space)}".uploads'
        assert connection.execute(left).fetchone() == (0,)
        said = f'SELECT kind, name, act, person, because, due_act FROM "{kept(database.space)}".retention_decisions'
        assert connection.execute(said).fetchall() == [("delivery", DELIVERY, "remove", "o.perator", "дело закрыто", "remove")]


def test_without_apply_nothing_is_decided_and_what_is_not_due_cannot_be(
    postgres_url: str, space: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate(postgres_url, space)
    held = current("HELD", received=LONG_AGO, change="held", version=2, hold={"by": "d.coord", "reason": "x", "until": None})
    asyncio.run(
        Database(postgres_url, space).put("reports.current", [current("OLD", received=LONG_AGO), current("HELD", received=LONG_AGO), held])
    )
    monkeypatch.setenv("RIC_DATABASE_URL", postgres_url)
    monkeypatch.setenv("RIC_SPACE", space)
    assert retention() == 0
    assert retention(["report/TJ-DCA/OLD"], because="не нужен") == 0
    assert capsys.readouterr().out.count("report/TJ-DCA/OLD") == 2
    with pytest.raises(Failure, match="not due"):
        retention(["report/TJ-DCA/NONE"], because="x", apply=True)
    with pytest.raises(Failure, match="why"):
        retention(["report/TJ-DCA/OLD"], apply=True)
    # All or none.
    assert retention(["report/TJ-DCA/OLD", "report/TJ-DCA/HELD"], because="x", apply=True) == 1
    assert "it is held" in capsys.readouterr().out
    assert retention(["report/TJ-DCA/OLD"], because="не нужен", apply=True) == 0
    assert retention() == 0
    assert "report/TJ-DCA/OLD" not in capsys.readouterr().out.splitlines()[-1]


async def test_what_was_removed_does_not_come_back_by_the_topics(centre: Centre, postgres_url: str, space: str) -> None:
    first, other = current("GONE", received=LONG_AGO, title="kalandarov"), current("STAYS", title="opium")
    async with projecting(centre.settings):
        await centre.write("reports.current", first, other)
        await centre.write("incidents", incident(first, other), key=lambda r: r["proposal"])
        assert await centre.until_seen(2) == ["GONE", "STAYS"]
        await decided(postgres_url, space, "report/TJ-DCA/GONE", "remove")
        assert await centre.until_seen(1) == ["STAYS"]
        # A hold carries the whole report, and it was removed: the next report shows that the hold was read and not let in.
        hold = {**first, "version": 2, "change": "held", "hold": {"by": "d.coord", "reason": "x", "until": None}}
        await centre.write("reports.current", hold, current("LATER"))
        assert await centre.until_seen(2) == ["LATER", "STAYS"]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"ric rebuild {space}",))
        async with await psycopg.AsyncConnection.connect(postgres_url) as second:
            with pytest.raises(RebuildRuns):
                await decide(second, space, [], "remove", person="o.perator", because="x")
    await asyncio.to_thread(rebuild, centre.settings)
    assert await centre.until_seen(2) == ["LATER", "STAYS"]
    assert (await centre.store.search(DESK, Search(q="kalandarov"))).total == 0
    with psycopg.connect(postgres_url) as connection:
        for table, column in (("revisions", "report"), ("incidents", "body"), ("search_words", "word"), ("reports", "search_text")):
            query = f"SELECT count(*) FROM \"{space}\".{table} WHERE {column}::text ~* 'kalandarov|GONE'"
            assert connection.execute(query).fetchone() == (0,), table
    # A revision that comes after is news: the originator sends it again.
    async with projecting(centre.settings):
        await centre.write("reports.current", current("GONE", version=3, revision=2, received=(NOW + timedelta(days=1)).isoformat()))
        assert await centre.until_seen(3) == ["GONE", "LATER", "STAYS"]

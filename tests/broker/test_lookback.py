"""A raid is announced the evening before with the plate of a load that becomes a live delivery; the projector is killed on the way."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.reference.load import load
from streams.stages.enrich import enrich
from streams.store.earlier import QUERY, Look, met
from streams.store.lookback import _search
from tests.broker.test_gateway_deliveries import ORIGIN, Officer
from tests.broker.test_guard import persons
from tests.store_cases import Database, current
from tests.system import System, wait_until
from tests.unit.deliveries.office import AUTHORISATION, INFORMED, form, plan
from tests.unit.stages.test_stage_guard import HOW, watch

Json = dict[str, Any]
WAY = ("TJ", "KG")
GREEN = {"originator": "KG-SDCA", "tlp": "GREEN", "evaluation": {"scheme": "4x4", "source": "A", "information": "1"}}
LORRY = [{"kind": "truck", "registration": "1234 AB 01", "country": "TJ"}]


def kept_from(system: System, *channels: str) -> list[Json]:
    """What the channels have, decoded."""

    async def read() -> list[Json]:
        sources = [TopicPartition(f"{system.space}.{name}", number) for name in channels for number in range(system.partitions)]
        kafka: Json = {"bootstrap_servers": system.kafka, "isolation_level": "read_committed", "auto_offset_reset": "earliest"}
        async with AIOKafkaConsumer(**kafka) as consumer:
            consumer.assign(sources)
            ends, found = await consumer.end_offsets(sources), []
            while any([await consumer.position(source) < ends[source] for source in sources]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [orjson.loads(record.value) for record in records]
            return found

    return asyncio.run(read())


def looked_back(system: System) -> int:
    """Up to where the store has looked back."""
    with psycopg.connect(system.database) as connection:
        query = f"SELECT next FROM \"{system.space}\".projector_offsets WHERE topic = '{system.space}.deliveries.watch'"
        row = connection.execute(query).fetchone()
    return row[0] if row is not None else 0


def sent(patrol: httpx.Client, number: str, **fields: Any) -> None:
    now = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    kind: Json = {"kind": "seizure", "occurred": now, "substances": [{"name": "heroin"}], "place": {"country": "KG"}}
    report = {**(kind if "kind" not in fields else {}), "issued": now, "report_id": number, "handling": GREEN, **fields}
    answer = patrol.post("/v1/reports?wait=60s", json=report)
    assert answer.status_code == 202, answer.text
    assert [receipt["status"] for receipt in answer.json()["receipts"]] == ["accepted"], answer.text


def seen_by(patrol: httpx.Client) -> list[bytes]:
    """All that the reporting agency is shown, to the byte."""
    found = patrol.get("/v1/search").json()["items"]
    paths = ["/v1/search", "/v1/search?identifier=1234AB01", "/v1/receipts", "/v1/counters", "/v1/deliveries"]
    return [patrol.get(path).content for path in (*paths, *(f"/v1/reports/{item['id']}" for item in found))]


def revisions(client: httpx.Client) -> dict[str, int]:
    """What the search shows of each report: its newest revision."""
    return {item["report_id"]: item["revision"] for item in client.get("/v1/search").json()["items"]}


def test_a_raid_announced_before_the_watch_warns_its_controller_once_and_whoever_announced_it_sees_nothing(system: System) -> None:
    system.start("clock")
    with persons(
        system,
        ("TJ-DCA", "officer", "n.rahimov"),
        ("TJ-DCA", "officer", "f.saidov"),
        ("CARICC", "coordinator", "d.duty"),
        ("KG-SDCA", "officer", "p.atrol"),
    ) as (lead, second, duty, patrol):
        raid = {"priority": "urgent", "subject": "raid", "request": "утром остановить 1234-AB-01 у поста", "addressees": ["KG-GP"]}
        sent(patrol, "R-1", kind="assistance_request", **raid)
        sent(patrol, "R-2", conveyances=LORRY)
        sent(patrol, "R-2", revision=2)
        sent(patrol, "R-3", conveyances=LORRY)
        sent(patrol, "R-3", kind="withdrawal", revision=2, withdraws="seizure", reason="entered in error")
        all_of_it = {"R-1": 1, "R-2": 2, "R-3": 2}
        wait_until(lambda: revisions(patrol) == all_of_it, "the store has them, and what became of them")
        before = seen_by(patrol)

        officer = Officer(lead)
        request = officer.must("request", form=form(WAY), plan=plan(WAY))
        Officer(second).must("signature", request=request["act"])
        officer.must("consent", leg=1, authorisation=AUTHORISATION)
        ready = officer.must("ready", informed_posts=INFORMED)
        wait_until(lambda: lead.get(ORIGIN).json()["delivery"]["deconfliction"]["answered"], "deconfliction's answer")
        # The store is away while the watch begins, and goes again when its word is out and it has not noted so.
        system.kill("projector")
        Officer(duty).must("ready_confirmed", ready=ready["act"], deconfliction="clear")
        system.start("projector", RIC_FAULT="lookback/acknowledged=SIGKILL")
        wait_until(lambda: not system.alive("projector"), "the projector is killed")
        assert looked_back(system) == 0
        system.start("projector")
        wait_until(lambda: looked_back(system) > 0, "it has looked again")

        wait_until(lambda: sum(item["type"] == "match" for item in kept_from(system, "deliveries.inbox")) == 2, "told twice")
        officer.must("start")
        events = [event for event in lead.get(f"{ORIGIN}/events").json()["items"] if event["kind"] == "watch_match"]
        told = [tuple(event["what"][name] for name in ("match", "held", "on")) for event in events]
        assert told == [("m1", False, ["plate (text)"])]
        (alarm,) = [alarm for alarm in lead.get(ORIGIN).json()["delivery"]["alarms"] if alarm["kind"].startswith("guard")]
        assert (alarm["kind"], alarm["count"]) == ("guard_warning", 1)
        assert alarm["reason"].endswith("take it to be out. Call the duty desk of KG-SDCA")
        assert "R-1" not in str(lead.get(ORIGIN).json()) + str(events)
        assert seen_by(patrol) == before
        assert [item for item in kept_from(system, "receipts") if item["status"] == "call_us"] == []
        assert [item for item in kept_from(system, "reports.enriched") if item["type"] == "unguard"] == []


@pytest.fixture
async def filled(database: Database) -> Database:
    """A store with one report for each way of writing a number, and one that bears none."""
    reports = []
    bearings: list[Any] = [bearing for _, bearing, _ in HOW]
    for number, bearing in enumerate([*bearings, {}]):
        made = current(f"R-{number}", originator="KG-SDCA", received="2026-11-21T18:00:00Z", occurred="2026-11-21", **bearing)
        made["enrichment"] = made["enrichment"] | enrich(made["report"], load())
        reports.append(made)
    await database.put("reports.current", reports)
    return database


async def test_the_store_fetches_every_report_that_intake_would_have_found(filled: Database) -> None:
    """The query may fetch too much and never too little."""
    options = f'-c search_path="{filled.space}",public'
    for number, (key, _, holds) in enumerate(HOW):
        look = Look(1, datetime(2026, 11, 22, tzinfo=UTC), orjson.loads(watch(key)))
        async with await psycopg.AsyncConnection.connect(filled.url, options=options) as connection:
            found = {match["report"] for match in await _search(connection, look)}
            everything = QUERY.replace("AND (EXISTS", "AND (true OR EXISTS")
            cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
            rows = await (await cursor.execute(everything, look.parameters())).fetchall()
            assert len(rows) == len(HOW) + 1
            assert found == {row["key"] for row in rows if met(look.watches(), row, look.at) is not None}, key
        assert (f"KG-SDCA/R-{number}" in found) is holds, key
        late = look._replace(at=look.at + timedelta(days=31))
        async with await psycopg.AsyncConnection.connect(filled.url, options=options) as connection:
            assert await _search(connection, late) == []

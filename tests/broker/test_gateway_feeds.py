"""Live feeds on a real broker, and the leak rules on everything that a reader can see."""

import asyncio
import re
from typing import Any

import httpx
import orjson
import pytest

from streams import topics
from streams.gateway import live, streaming
from streams.store.migrations import migrate
from tests.broker.gateway_bench import Event, Gateway, Stream, projecting, serving, watching
from tests.conftest import MakeSettings
from tests.store_cases import current, incident, receipt
from tests.system import PATIENT_S

UUID = re.compile(rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
PLACE = {"name": "Panji Poyon", "country": "TJ", "lat": 37.2, "lon": 68.6, "accuracy_m": 500, "basis": "crossing", "field": "place"}


def names(events: list[Event]) -> list[str]:
    return [str(event.data.get("report_id")) for event in events]


async def test_a_change_arrives_and_a_break_leaves_no_gap(gateway: Gateway) -> None:
    async with gateway.client("CARICC", "coordinator", "a.bekova") as client:
        async with watching(client, "all") as stream:
            first = await stream.next(heartbeats=True)
            assert first.name is None
            await gateway.feed(current("A-1"))
            event = await stream.next()
        assert (event.name, event.data["report_id"], event.data["tlp"]) == ("report", "A-1", "GREEN")
        assert "report_uuid" not in event.data
        await gateway.feed(*[current(f"A-{number}") for number in range(2, 30)])
        async with watching(client, "all", event.id) as stream:
            await gateway.feed(*[current(f"A-{number}") for number in range(30, 40)])
            events = await stream.take(38)
        assert sorted(names(events)) == sorted(f"A-{number}" for number in range(2, 40))
        # From the very first place, everything once more.
        async with watching(client, "all", first.id) as stream:
            assert sorted(names(await stream.take(39))) == sorted(f"A-{number}" for number in range(1, 40))


async def test_from_replay_to_live_nothing_is_lost_or_doubled(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records keep coming while the replay runs, and more than a watcher's queue holds."""
    monkeypatch.setattr(live, "QUEUED", 20)
    async with gateway.client("CARICC", "coordinator", "a.bekova") as client:
        async with watching(client, "all") as stream:
            start = (await stream.next(heartbeats=True)).id
        count = 400
        writing = asyncio.create_task(gateway.feed(*[current(f"R-{number}") for number in range(count)]))
        async with watching(client, "all", start) as stream:
            events = await stream.take(count)
        await writing
    assert sorted(names(events)) == sorted(f"R-{number}" for number in range(count))


async def test_a_heartbeat_moves_the_place_on(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.2)
    async with gateway.client() as client, watching(client, "all") as stream:
        beats = [await stream.next(heartbeats=True) for _ in range(3)]
    assert len({beat.id for beat in beats}) == 3
    assert all(beat.name is None for beat in beats)


@pytest.mark.parametrize("cursor", ["g1.AAAA", "nonsense", "g1." + "A" * 171])
async def test_a_place_that_was_never_given_is_a_gap(gateway: Gateway, cursor: str) -> None:
    async with gateway.client() as client, watching(client, "all", cursor) as stream:
        gap = await stream.next()
        assert gap.name == "gap"
        assert gap.data["query"] == "/v1/search"
        await gateway.feed(current("AFTER"))
        assert names([await stream.next()]) == ["AFTER"]


async def test_anothers_place_is_a_gap(gateway: Gateway) -> None:
    async with gateway.client() as mine, gateway.client("UZ-SCC") as theirs:
        async with watching(mine, "all") as stream:
            place = (await stream.next(heartbeats=True)).id
        async with watching(theirs, "all", place) as stream:
            assert (await stream.next(heartbeats=True)).name == "gap"
        async with watching(mine, "receipts", place) as stream:
            assert (await stream.next(heartbeats=True)).name == "gap"


async def test_feeds_select(gateway: Gateway) -> None:
    async with gateway.client("UZ-SCC") as client:
        async with watching(client, "all") as stream:
            start = (await stream.next(heartbeats=True)).id
        await gateway.feed(
            current("TJ-1"),
            current("UZ-1", originator="UZ-SCC", countries=("UZ",)),
            current("UZ-2", originator="UZ-SCC", countries=("UZ", "TJ"), kind="intelligence"),
        )
        expected = {"own": ["UZ-1", "UZ-2"], "country-TJ": ["TJ-1", "UZ-2"], "kind-intelligence": ["UZ-2"], "all": ["TJ-1", "UZ-1", "UZ-2"]}
        for feed, found in expected.items():
            async with watching(client, feed, start) as stream:
                assert sorted(names(await stream.take(len(found)))) == found
        for unknown in ("country-xx", "kind-x", "everything", ""):
            assert (await client.get(f"/v1/feeds/{unknown}")).status_code == 404


async def test_receipts_go_to_their_agency_alone(gateway: Gateway) -> None:
    mine, theirs = receipt(current("A-1")), receipt(current("B-1", originator="UZ-SCC"))
    async with gateway.client("TJ-DCA", "contributor", "carrier.desk") as client:
        assert (await client.get("/v1/feeds/all")).status_code == 404
        async with watching(client, "receipts") as stream:
            await stream.next(heartbeats=True)
            await gateway.write("receipts", theirs, mine, key=lambda r: r["receipt"])
            event = await stream.next()
    assert (event.name, event.data["report_id"], event.data["status"]) == ("receipt", "A-1", "accepted")
    assert "origin" not in event.data


async def test_a_proposal_goes_to_a_coordinator_who_may_see_both(gateway: Gateway) -> None:
    seen, other, hidden = current("A-1"), current("B-1", originator="UZ-SCC"), current("C-1", originator="UZ-SCC", tlp="RED")
    async with (
        gateway.client("CARICC", "coordinator", "a.bekova") as desk,
        gateway.client() as officer,
        watching(desk, "incidents") as stream,
        watching(officer, "incidents") as outside,
    ):
        await stream.next(heartbeats=True)
        await gateway.feed(seen, other, hidden)
        for pair in ((seen, hidden), (seen, other)):
            proposal = {"type": "incident", "change": incident(*pair)}
            await gateway.write("feed", proposal, key=lambda r: r["change"]["proposal"], partition=0)
        event = await stream.next()
        assert event.name == "incident"
        assert "first_key" not in event.data
        with pytest.raises(TimeoutError):
            await outside.next(0.5)


async def test_rule_5_raised_to_red_an_item_is_pulled_back_and_never_replayed(gateway: Gateway) -> None:
    async with gateway.client("UZ-SCC") as client:
        async with watching(client, "all") as stream:
            start = (await stream.next(heartbeats=True)).id
            await gateway.feed(current("A-1"), partition=0)
            shown = await stream.next()
            await gateway.feed(current("A-1", version=2, revision=2, tlp="RED"), partition=0)
            taken = await stream.next()
        assert (taken.name, taken.data) == ("withdrawn", {"id": shown.data["id"]})
        await gateway.feed(current("LAST"), partition=0)
        # A client that was shown it, and broke off before the pull, hears of the pull; one that never was hears nothing.
        async with watching(client, "all", shown.id) as stream:
            first, second = await stream.take(2)
            assert (first.name, first.data) == ("withdrawn", {"id": shown.data["id"]})
            assert names([second]) == ["LAST"]
        async with watching(client, "all", start) as stream:
            assert names([await stream.next()]) == ["LAST"]


async def test_rule_5_held_it_is_pulled_back_and_released_it_returns(gateway: Gateway) -> None:
    hold = {"by": "a.bekova", "reason": "operation", "until": None}
    async with (
        gateway.client("UZ-SCC") as client,
        gateway.client() as owner,
        watching(client, "all") as stream,
        watching(owner, "all") as own,
    ):
        await stream.next(heartbeats=True)
        await own.next(heartbeats=True)
        await gateway.feed(current("A-1"), current("A-1", version=2, change="held", hold=hold))
        await gateway.feed(current("A-1", version=3, change="released"))
        assert [event.name for event in await stream.take(1)] in (["report"], ["withdrawn"])
        last = await _until_report(stream)
        assert last.data["report_id"] == "A-1"
        assert [event.name for event in await own.take(3)] == ["report"] * 3


async def _until_report(stream: Stream) -> Event:
    while (event := await stream.next()).name != "report":
        pass
    return event


VISIBLE = [
    current("V-1", place=PLACE),
    current("V-2", originator="UZ-SCC", countries=("UZ",), place={**PLACE, "country": "UZ"}),
    current("V-1", version=2, revision=2, place=PLACE, title="corrected"),
]
HIDDEN = [
    current("H-1", tlp="RED", place=PLACE, title="opium-harvest"),
    current("H-2", tlp="AMBER+STRICT", recipients=("KZ-KNB",), place=PLACE, title="opium-harvest"),
    current("H-3", embargo_until="2099-01-01T00:00:00Z", title="opium-harvest"),
    current("H-4", hold={"by": "a.bekova", "reason": "x", "until": None}, title="opium-harvest"),
    current("H-1", version=2, revision=2, tlp="RED", countries=("UZ",)),
]
READS = [
    "/v1/search", "/v1/search?q=opium-harvest", "/v1/search?q=opium-harvset", "/v1/search?limit=1",
    "/v1/search?country=TJ&from=2026-01-01T00:00:00Z",
    "/v1/counters", "/v1/counters?window=24h&window=7d",
    "/v1/map", "/v1/map?bbox=60,30,75,45", "/v1/incidents", "/v1/rejected", "/v1/receipts",
]  # fmt: skip


async def _world(gateway: Gateway, records: list[dict[str, Any]], hidden: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything that an officer of UZ-SCC can see of these records."""
    async with projecting(gateway.settings), gateway.client("UZ-SCC") as client:
        async with watching(client, "all") as stream:
            start = (await stream.next(heartbeats=True)).id
            for record in records:
                await gateway.feed(record, partition=0)
            events = await stream.take(len(VISIBLE))
        async with watching(client, "all", start) as stream:
            replayed = await stream.take(len(VISIBLE))
        await gateway.write("reports.current", *records)
        if hidden:
            await gateway.write("receipts", *[receipt(record) for record in hidden], key=lambda r: r["receipt"])
            await gateway.write("incidents", incident(VISIBLE[0], HIDDEN[0]), key=lambda r: r["proposal"])
        last = max(range(len(records)), key=lambda number: records[number] is VISIBLE[-1])
        assert records[last] is VISIBLE[-1]
        await _projected(gateway)
        reads: dict[str, bytes] = {}
        for path in READS:
            answer = await client.get(path)
            assert answer.status_code == 200, (path, answer.text)
            assert not UUID.search(answer.content), path
            reads[path] = answer.content
        probe = gateway.centre.ids.seal("report", "UZ-SCC", b"\x00" * 16)
        hidden_id = _id_of(gateway, HIDDEN[0])
        return {
            "events": [(event.name, event.data) for event in events],
            "replayed": [(event.name, event.data) for event in replayed],
            "id lengths": {len(event.id or "") for event in events + replayed},
            "reads": reads,
            "missing": _shape(await client.get(f"/v1/reports/{probe}")),
            "hidden": _shape(await client.get(f"/v1/reports/{hidden_id}")),
        }


def _id_of(gateway: Gateway, record: dict[str, Any], agency: str = "UZ-SCC") -> str:
    return gateway.centre.ids.seal("report", agency, bytes.fromhex(record["report_uuid"].replace("-", "")))


def _shape(answer: httpx.Response) -> tuple[int, bytes, list[str]]:
    return answer.status_code, answer.content, sorted(answer.headers)


async def _projected(gateway: Gateway) -> None:
    async with asyncio.timeout(PATIENT_S):
        for channel in ("reports.current", "receipts", "incidents"):
            ends: dict[int, int] = {}
            for record in await gateway.records(channel):
                ends[record.partition] = record.offset
            for partition, offset in ends.items():
                while not await gateway.centre.store.wait_projected(f"{gateway.settings.space}.{channel}", partition, offset, 5):
                    pass


async def test_rules_1_and_3_the_same_with_and_without_what_is_hidden(
    kafka: str, postgres_url: str, space: str, settings_for_tests: MakeSettings
) -> None:
    worlds = []
    for suffix, records, hidden in (
        ("a", VISIBLE, []),
        ("b", [HIDDEN[0], VISIBLE[0], *HIDDEN[1:4], VISIBLE[1], HIDDEN[4], VISIBLE[2]], HIDDEN),
    ):
        settings = settings_for_tests(kafka=kafka, postgres=postgres_url, space=space + suffix)
        await topics.apply(settings)
        migrate(postgres_url, settings.space)
        async with serving(settings) as gateway:
            worlds.append(await _world(gateway, records, hidden))
    without, with_hidden = worlds
    assert without["hidden"] == without["missing"] == with_hidden["hidden"] == with_hidden["missing"]
    assert with_hidden["hidden"][0] == 404
    for path in READS:
        assert with_hidden["reads"][path] == without["reads"][path], path
    assert with_hidden == without


async def test_rules_2_and_6_receipts_and_dead_letters_are_the_senders(gateway: Gateway) -> None:
    letter = {
        "letter": "7f1d0c5e-3b0a-5b0e-9b57-1f3c2a7d9e41", "origin": "live.seizures/0/7", "stage": "intake", "agency": "TJ-DCA",
        "problems": [],
        "headers": [], "value_base64": "AAE=", "value_bytes": 2, "at": "2026-11-20T08:00:00Z",
    }  # fmt: skip
    async with projecting(gateway.settings):
        await gateway.write("reports.rejected", letter, key=lambda r: r["origin"])
        async with (
            gateway.client() as sender,
            gateway.client("UZ-SCC") as other,
            gateway.client("CARICC", "steward", "s.teward") as steward,
            gateway.client("CARICC", "coordinator", "a.bekova") as desk,
        ):
            async with asyncio.timeout(PATIENT_S):
                while not (mine := (await sender.get("/v1/rejected")).json()["items"]):
                    await asyncio.sleep(0.05)
            (held,) = (await steward.get("/v1/rejected")).json()["items"]
            assert mine[0]["id"] != held["id"]
            assert "origin" not in mine[0]
            assert (await sender.get(f"/v1/rejected/{mine[0]['id']}")).json()["value_base64"] == "AAE="
            assert (await steward.get(f"/v1/rejected/{held['id']}")).status_code == 200
            for client in (other, desk):
                assert (await client.get("/v1/rejected")).json()["items"] == []
                refused, missing = await client.get(f"/v1/rejected/{mine[0]['id']}"), await client.get("/v1/rejected/letter-AA")
                assert _shape(refused) == _shape(missing)
                assert refused.status_code == 404


async def test_a_coordinator_holds_and_releases_by_name(gateway: Gateway) -> None:
    report = current("A-1")
    async with (
        projecting(gateway.settings),
        gateway.client("CARICC", "coordinator", "a.bekova") as desk,
        gateway.client("CARICC", "supervisor", "s.visor") as supervisor,
    ):
        await gateway.write("reports.current", report)
        await _projected(gateway)
        found = (await desk.get("/v1/search")).json()["items"][0]["id"]
        assert (await desk.post(f"/v1/reports/{found}/release", json={"reason": "x"})).status_code == 404
        answer = await desk.post(f"/v1/reports/{found}/hold", json={"reason": "operation Sher"})
        assert answer.status_code == 202
        (record,) = await gateway.records("decisions")
        decision = orjson.loads(record.value)
        assert record.key == b"TJ-DCA/A-1"
        assert [decision[name] for name in ("act", "by", "by_agency")] == ["hold", "a.bekova", "CARICC"]
        assert decision["reason"] == "operation Sher"
        hold = {"by": "a.bekova", "reason": "operation Sher", "until": None}
        await gateway.write("reports.current", current("A-1", version=2, change="held", hold=hold))
        await _projected(gateway)
        assert (await desk.get(f"/v1/reports/{found}")).status_code == 404
        (held,) = (await supervisor.get("/v1/holds")).json()["items"]
        assert (held["originator"], held["by"]) == ("TJ-DCA", "a.bekova")
        (own,) = (await desk.get("/v1/holds")).json()["items"]
        assert (own["id"], own["reason"]) == (found, "operation Sher")
        async with gateway.client("CARICC", "coordinator", "another") as other, gateway.client() as officer:
            assert (await other.get("/v1/holds")).json()["items"] == []
            assert (await officer.get("/v1/holds")).status_code == 403
        assert "report_uuid" not in held
        assert (await desk.post(f"/v1/reports/{found}/release", json={"reason": "over"})).status_code == 202
        assert len(await gateway.records("decisions")) == 2


async def test_a_report_is_read_with_sealed_ids_alone(gateway: Gateway) -> None:
    async with projecting(gateway.settings), gateway.client() as owner, gateway.client("UZ-SCC") as other:
        await gateway.write("reports.current", current("A-1"), current("A-1", version=2, revision=2))
        await gateway.write("receipts", receipt(current("A-1")), key=lambda r: r["receipt"])
        await _projected(gateway)
        mine, theirs = [(await client.get("/v1/search")).json()["items"][0]["id"] for client in (owner, other)]
        assert mine != theirs
        whole = await owner.get(f"/v1/reports/{mine}")
        assert whole.status_code == 200
        assert not UUID.search(whole.content)
        assert [one["revision"] for one in whole.json()["revisions"]] == [2, 1]
        assert len(whole.json()["receipts"]) == 1
        assert (await other.get(f"/v1/reports/{theirs}")).json()["receipts"] == []
        assert (await other.get(f"/v1/reports/{mine}")).status_code == 404

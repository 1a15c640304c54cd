"""Acts and the feed `deliveries` on a real broker, with a hand that writes what the stage would, in the order that hurts most."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schemas.identity import answer_uuid
from streams import topics
from streams.gateway import streaming
from streams.local.kafka import EmbeddedKafka
from streams.store.migrations import migrate
from tests.broker.gateway_bench import Gateway, serving, watching
from tests.conftest import MakeSettings
from tests.delivery_cases import Json, Recorded
from tests.system import PATIENT_S
from tests.unit.deliveries.office import DELIVERY

INBOX, ANSWERS = "deliveries.inbox", "deliveries.answers"


async def tell(gateway: Gateway, told: list[tuple[str, Json]], partition: int = 0) -> None:
    for channel, body in told:
        await gateway.write(channel, body, key=lambda body: f"{body['delivery']}/{body.get('type', '')}", partition=partition)


def of(told: list[tuple[str, Json]], name: str) -> list[tuple[str, Json]]:
    """The records of one delivery under another name."""
    return [(channel, body | {"delivery": name}) for channel, body in told]


def split(told: list[tuple[str, Json]]) -> tuple[list[tuple[str, Json]], list[tuple[str, Json]]]:
    """Snapshots and forms, and the rest."""
    return [one for one in told if one[0] == "deliveries.current"], [one for one in told if one[0] != "deliveries.current"]


async def test_an_event_goes_out_after_the_snapshot_that_says_who_sees_it(gateway: Gateway) -> None:
    office = Recorded()
    office.running(2)
    office.must("KG-SCNBC/t.eam", "room", enters=["KG-SCNBC/t.eam", "KG-SCNBC/l.ater"])
    before = len(office.told)
    office.must("KG-SCNBC/l.ater", "room", leaves=["KG-SCNBC/t.eam"])
    office.must("TJ-DCA/n.rahimov", "alert", reason="после ухода")
    standing, history = split(office.told[:before])
    leaving, after = split(office.told[before:])
    async with (
        gateway.client("KG-SCNBC", person="t.eam") as client,
        gateway.client("TJ-DCA") as lead,
        watching(client, "deliveries") as stream,
        watching(lead, "deliveries") as leads,
    ):
        await stream.next(heartbeats=True)
        # All events first, the alert among them: nobody knows yet who may see them.
        await tell(gateway, [*history, *after])
        await tell(gateway, of(standing, "TJ-DCA/OTHER"), partition=1)
        assert (await stream.next()).data["delivery"] == "TJ-DCA/OTHER"
        await tell(gateway, standing)
        seen = []
        while (event := await stream.next()).data.get("kind") != "room":
            seen.append(event)
        assert {one.name for one in seen} >= {"delivery", "delivery-event"}
        await tell(gateway, leaving)
        await tell(gateway, of(standing, "TJ-DCA/LAST"))
        rest = []
        while (event := await stream.next()).data.get("delivery") != "TJ-DCA/LAST":
            rest.append(event)
        assert [(one.name, one.data) for one in rest if one.name == "withdrawn"] == [("withdrawn", {"delivery": DELIVERY})]
        assert "после ухода" not in json.dumps([one.data for one in seen + rest], ensure_ascii=False)
        while (event := await leads.next()).name != "delivery-event" or event.data["kind"] != "alert":
            pass
        assert event.data["what"]["reason"] == "после ухода"


async def test_who_comes_back_misses_no_event(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.2)
    office = Recorded()
    office.running(2)
    half = len(office.told)
    for _ in range(20):
        office.must("TJ-DCA/n.rahimov", "check_in", eyes_on=True)
        office.pass_minutes(1)
    async with gateway.client("KG-SCNBC", person="t.eam") as client, gateway.client("UZ-SCC") as stranger:
        async with watching(client, "deliveries") as stream, watching(stranger, "deliveries") as nothing:
            place = (await stream.next(heartbeats=True)).id
            await tell(gateway, office.told[:half])
            while (event := await stream.next()).data.get("kind") != "start":
                pass
            with pytest.raises(TimeoutError):
                await nothing.next(1)
        await tell(gateway, office.told[half:])
        for since in (event.id, place):
            async with watching(client, "deliveries", since) as stream:
                kinds = []
                while kinds.count("check_in") < 20:
                    found = await stream.next()
                    assert found.name != "gap"
                    kinds.append(found.data.get("kind"))
            assert kinds.count("check_in") == 20
            assert kinds.count("start") == (since == place)
        async with watching(stranger, "deliveries", place) as stream:
            assert (await stream.next(heartbeats=True)).name == "gap"


def alert(**fields: Any) -> Json:
    return {"id": str(uuid4()), "delivery": DELIVERY, "at": "2026-11-22T08:00:00Z", "act": "alert", "reason": "колонна", **fields}


async def acted(gateway: Gateway, number: int) -> tuple[str, Json]:
    """The origin and value of the act that is the `number`th in the inbox, once it is there."""
    async with asyncio.timeout(PATIENT_S):
        while len(found := await gateway.records(INBOX)) < number:
            await asyncio.sleep(0.02)
    record = max(found, key=lambda record: record.timestamp)
    return f"{record.topic}/{record.partition}/{record.offset}", json.loads(record.value)


async def reply(gateway: Gateway, origin: str, value: Json, **told: Any) -> None:
    by = value["by"]
    told = {"delivery": DELIVERY, "act": value["act"]["id"], "agency": by["agency"], "person": by["person"], **told}
    await gateway.write(ANSWERS, told | {"answer": str(answer_uuid(origin)), "at": "2026-11-22T08:00:00Z"}, key=lambda body: body["answer"])


async def test_an_act_is_answered_by_the_answer_to_this_very_record(gateway: Gateway) -> None:
    async with gateway.client() as client:
        act = alert()
        asking = asyncio.create_task(client.post("/v1/deliveries/acts?wait=10s", json=act))
        origin, value = await acted(gateway, 1)
        assert value == {"type": "act", "by": {"agency": "TJ-DCA", "person": "n.rahimov", "role": "officer", "country": "TJ"}, "act": act}
        # An answer to the same officer, about the same act, and not to what he sent now.
        await reply(gateway, origin + "0", value, status="applied", stands={"version": 9})
        stands = {"status": "running", "parts": ["A"], "version": 9}
        await reply(gateway, origin, value, status="refused", reason="too late", field="at", mend="x", stands=stands, version=9)
        answer = await asking
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    found = answer.json()
    assert (found["detail"], found["field"], found["stands"]) == ("too late", "at", {"status": "running", "parts": ["A"]})
    assert "version" not in found


async def test_what_is_not_decided_in_time_is_pending_and_never_applied(gateway: Gateway) -> None:
    async with gateway.client() as client:
        act = alert()
        answer = await client.post("/v1/deliveries/acts?wait=0.2s", json=act)
        assert (answer.status_code, answer.json()) == (202, {"status": "pending", "act": act["id"]})
        assert len(await gateway.records(INBOX)) == 1


async def test_repeated_is_what_was_answered_first(gateway: Gateway) -> None:
    async def ask(client: httpx.AsyncClient, number: int, **told: Any) -> httpx.Response:
        asking = asyncio.create_task(client.post("/v1/deliveries/acts?wait=10s", json=alert()))
        await reply(gateway, *await acted(gateway, number), **told)
        return await asking

    async with gateway.client() as client:
        applied = await ask(client, 1, status="repeated", first="applied", stands=None)
        assert (applied.status_code, applied.json()["status"]) == (200, "repeated")
        refused = await ask(client, 2, status="repeated", first="refused", reason="too late", stands=None)
        assert refused.status_code == 409
        hidden = await ask(client, 3, status="refused", reason="there is no such delivery", stands=None)
        missing = await client.get("/v1/deliveries/TJ-DCA/NEVER")
        assert (hidden.status_code, hidden.content) == (404, missing.content)


async def test_kafka_gone_is_503_and_back_the_same_act_is_taken_once_more(
    postgres_url: str, space: str, settings_for_tests: MakeSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as broker:
        settings = settings_for_tests(kafka=broker.bootstrap_servers, postgres=postgres_url, space=space)
        await topics.apply(settings)
        migrate(postgres_url, space)
        async with serving(settings) as gateway, gateway.client() as client:
            assert (await client.post("/v1/deliveries/acts?wait=0s", json=alert())).status_code == 202
            await asyncio.to_thread(broker.stop)
            act = alert()
            async with asyncio.timeout(PATIENT_S):
                refused = await client.post("/v1/deliveries/acts?wait=5s", json=act)
            assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
            assert "applied" not in refused.text
            await asyncio.to_thread(broker.start)
            async with asyncio.timeout(PATIENT_S):
                while (answer := await client.post("/v1/deliveries/acts?wait=0s", json=act)).status_code != 202:
                    assert answer.status_code == 503
                    await asyncio.sleep(0.2)
            sent = {json.loads(record.value)["act"]["id"] for record in await gateway.records(INBOX)}
            assert act["id"] in sent

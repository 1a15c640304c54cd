"""Publishing on a real broker: 202 means that it is there, once, as sent."""

import asyncio
import json
from typing import Any

import pytest

from schemas.reports import MAX_REPORT_BYTES
from streams import topics
from streams.local.kafka import EmbeddedKafka
from streams.store.migrations import migrate
from tests.broker.gateway_bench import Gateway, projecting, serving
from tests.conftest import MakeSettings
from tests.examples import DELIVERY, SEIZURE
from tests.system import PATIENT_S


def seizure(number: int, **fields: Any) -> dict[str, Any]:
    return {**SEIZURE, "report_id": f"N-{number}", **fields}


async def test_202_means_that_kafka_has_it_as_sent(gateway: Gateway) -> None:
    body = json.dumps(SEIZURE, ensure_ascii=False, indent=1)
    async with gateway.client() as client:
        answer = await client.post(
            "/v1/reports",
            content=body.encode(),
            headers={"Content-Type": "application/json", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        )
        assert answer.status_code == 202, answer.text
        (receipt,) = answer.json()["receipts"]
        assert receipt["status"] == "pending"
        assert receipt["report_id"] == "2026-0117"
        (record,) = await gateway.records("seizures")
        assert record.value.decode() == body
        assert record.key == b"TJ-DCA/2026-0117"
        headers = {name: value.decode() for name, value in record.headers}
        assert headers["ric_agency"] == "TJ-DCA"
        assert headers["ric_person"] == "n.rahimov"
        assert headers["ce_type"] == "int.ric.report.seizure.v1"
        assert headers["ce_specversion"] == "1.0"
        assert headers["traceparent"].startswith("00-0af7")
        # Its receipt is pending, for its agency; for another it does not exist (leak rule 3).
        assert (await client.get(receipt["href"])).json()["status"] == "pending"
        async with gateway.client("UZ-SCC") as other:
            forbidden, missing = await other.get(receipt["href"]), await other.get("/v1/receipts/receipt-AAAA")
        assert forbidden.status_code == missing.status_code == 404
        assert forbidden.content == missing.content
        assert sorted(forbidden.headers) == sorted(missing.headers)


async def test_every_item_has_a_receipt_and_a_bad_one_still_reaches_intake(gateway: Gateway) -> None:
    bad = {**seizure(2), "narative": "x"}
    foreign = {**seizure(3), "handling": {**SEIZURE["handling"], "originator": "UZ-SCC"}}
    async with gateway.client() as client:
        answer = await client.post("/v1/reports", json=[seizure(1), bad, foreign, DELIVERY])
    assert answer.status_code == 202
    found = answer.json()["receipts"]
    assert [one["status"] for one in found] == ["pending", "rejected", "rejected", "pending"]
    assert all(one["id"] and one["href"] for one in found)
    assert found[1]["problems"][0]["field"] == "narative"
    assert found[2]["problems"][0]["field"] == "handling.originator"
    kept = [json.loads(record.value)["report_id"] for record in await gateway.records("seizures")]
    assert sorted(kept) == ["N-1", "N-2", "N-3"]
    assert len(await gateway.records("controlled-deliveries")) == 1


async def test_when_nothing_can_be_accepted_it_is_422_with_receipts(gateway: Gateway) -> None:
    async with gateway.client() as client:
        for content in (
            b"this is not JSON",
            b"[1, 2",
            b'{"kind":"seizure"}',
            b'"\xff\xfe"',
            b'{"a":"' + b"x" * (3 * MAX_REPORT_BYTES) + b'"}',
        ):
            answer = await client.post("/v1/reports", content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 422, answer.text
            (receipt,) = answer.json()["receipts"]
            assert receipt["status"] == "rejected"
            assert receipt["problems"][0]["reason"]
            assert receipt["id"]
        good = await client.post("/v1/reports", json=SEIZURE)
        assert good.status_code == 202
    raw = [record.value for record in await gateway.records("reports.bulk")]
    assert b"this is not JSON" in raw


async def test_imports_take_the_bulk_lane(gateway: Gateway) -> None:
    lines = b"\n".join(json.dumps(seizure(number)).encode() for number in range(3000))
    async with gateway.client() as client:
        answer = await client.post("/v1/reports?lane=bulk", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 202
    assert len({one["id"] for one in answer.json()["receipts"]}) == 3000
    assert len(await gateway.records("reports.bulk")) == 3000


async def test_wait_answers_with_the_decision(gateway: Gateway) -> None:
    async def decide() -> None:
        while len(await gateway.records("seizures")) < 2:
            await asyncio.sleep(0.02)
        await gateway.settle("accepted", "duplicate")

    async with gateway.client() as client:
        await client.get("/readyz")
        deciding = asyncio.create_task(decide())
        answer = await client.post("/v1/reports?wait=30s", json=[seizure(1), seizure(2)])
        await deciding
    assert answer.status_code == 202
    assert sorted(one["status"] for one in answer.json()["receipts"]) == ["accepted", "duplicate"]
    assert all(one["report"].startswith("report-") for one in answer.json()["receipts"])


async def test_waiting_in_vain_answers_pending(gateway: Gateway) -> None:
    async with gateway.client() as client:
        answer = await client.post("/v1/reports?wait=0.2s", json=SEIZURE)
    assert answer.status_code == 202
    assert answer.json()["receipts"][0]["status"] == "pending"


async def test_the_same_key_and_body_give_the_same_answer(gateway: Gateway) -> None:
    headers = {"Idempotency-Key": '"5f0c-1"'}
    async with gateway.client() as client, gateway.client(person="other.officer") as colleague:
        first = await client.post("/v1/reports", json=SEIZURE, headers=headers)
        again = await client.post("/v1/reports", json=SEIZURE, headers=headers)
        assert (again.status_code, again.json()) == (202, first.json())
        assert again.headers["idempotent-replayed"] == "true"
        assert len(await gateway.records("seizures")) == 1
        other = await client.post("/v1/reports", json=seizure(2), headers=headers)
        assert other.status_code == 422
        assert "another body" in other.json()["detail"]
        assert (await colleague.post("/v1/reports", json=seizure(3), headers=headers)).status_code == 202
        assert (await client.post("/v1/reports", json=SEIZURE, headers={"Idempotency-Key": "a b"})).status_code == 422


async def test_own_receipts_are_listed_when_projected(gateway: Gateway) -> None:
    async with projecting(gateway.settings), gateway.client() as client, gateway.client("UZ-SCC") as other:
        sent = (await client.post("/v1/reports", json=[seizure(1), seizure(2), seizure(3)])).json()["receipts"]
        await gateway.settle("accepted", "duplicate", "accepted")
        async with asyncio.timeout(PATIENT_S):
            while len((await client.get("/v1/receipts")).json()["items"]) < 3:
                await asyncio.sleep(0.05)
        first = (await client.get("/v1/receipts", params={"limit": 2})).json()
        rest = (await client.get("/v1/receipts", params={"limit": 2, "after": first["next"]})).json()
        assert {one["id"] for one in first["items"] + rest["items"]} == {one["id"] for one in sent}
        assert rest["next"] is None
        assert len((await client.get("/v1/receipts", params={"status": "duplicate"})).json()["items"]) == 1
        assert (await other.get("/v1/receipts")).json()["items"] == []
        assert (await other.get("/v1/receipts", params={"after": first["next"]})).status_code == 422


async def test_kafka_stopped_is_503_soon_and_nothing_confirmed_is_lost(
    postgres_url: str, space: str, settings_for_tests: MakeSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as broker:
        settings = settings_for_tests(kafka=broker.bootstrap_servers, postgres=postgres_url, space=space)
        await topics.apply(settings)
        migrate(postgres_url, space)
        async with serving(settings) as gateway, gateway.client() as client:
            assert (await client.post("/v1/reports", json=seizure(1))).status_code == 202
            async with asyncio.timeout(PATIENT_S):
                while (await client.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.1)
            await asyncio.to_thread(broker.stop)
            async with asyncio.timeout(40):
                refused = await client.post("/v1/reports", json=seizure(2))
            assert refused.status_code == 503
            assert refused.headers["retry-after"]
            assert refused.headers["content-type"] == "application/problem+json"
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/healthz")).status_code == 200
            await asyncio.to_thread(broker.start)
            async with asyncio.timeout(PATIENT_S):
                while (await client.post("/v1/reports", json=seizure(3))).status_code != 202:
                    await asyncio.sleep(0.2)
                while (await client.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.1)
            kept = {json.loads(record.value)["report_id"] for record in await gateway.records("seizures")}
            assert {"N-1", "N-3"} <= kept

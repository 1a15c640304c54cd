"""Acts at the gateway's door, without servers: what is no act goes no further, and nothing is ever said to be applied."""

from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from schemas.acts import ACT
from streams.gateway.centre import Centre
from streams.gateway.deliveries import MAX_ACT_BYTES, _answered
from streams.gateway.word import Word, seal
from tests.unit.deliveries.office import form, plan
from tests.unit.gateway.conftest import TokenFor

Json = dict[str, Any]


def alert(**fields: Any) -> Json:
    return {"id": str(uuid4()), "delivery": "TJ-DCA/CD-1", "at": "2026-11-22T08:00:00Z", "act": "alert", "reason": "колонна", **fields}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_without_kafka_no_act_is_applied(http: httpx.AsyncClient, token: TokenFor) -> None:
    answer = await http.post("/v1/deliveries/acts", params={"wait": "0.1s"}, json=alert(), headers=bearer(token()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "applied" not in answer.text
    assert "Send the same act again" in answer.json()["detail"]


async def test_a_refusal_is_told_with_its_code_and_in_russian_too() -> None:
    said = ACT.validate_python(alert())
    told = {
        "status": "refused",
        "reason": "hard stop at the end of leg 1: leg 2 (KG) is not consented",
        "mend": "hold on this side until KG-DCS consents",
        "field": None,
        "stands": {"part": "A", "version": 7},
    }
    problem = orjson.loads(_answered(said, told).body)
    assert problem["detail"] == told["reason"]
    assert problem["code"] == "hard_stop"
    assert problem["ru"] == {
        "detail": "стоп-граница в конце этапа 1: этап 2 (KG) не согласован",
        "mend": "держите по эту сторону, пока не согласует KG-DCS",
    }
    assert problem["stands"] == {"part": "A"}


async def test_a_sealed_word_is_refused_alike_whichever_it_is_where_it_cannot_be_opened(http: httpx.AsyncClient, token: TokenFor) -> None:
    here = (await http.get("/v1/me", headers=bearer(token()))).json()["word"]
    answers = set()
    for key, duress in ((here, True), (here, False), (Word(b"\x07" * 48).public, True), (Word(b"\x07" * 48).public, False)):
        said = alert(act="check_in", eyes_on=True) | {"id": "00000000-0000-4000-8000-000000000001"}
        said = {name: value for name, value in said.items() if name != "reason"} | {"word": seal(key, said["id"], duress=duress)}
        answer = await http.post("/v1/deliveries/acts", params={"wait": "0.1s"}, json=said, headers=bearer(token()))
        answers.add((key == here, answer.status_code, answer.text))
    # Opened, it goes on to Kafka, which is not there.
    assert sorted((opened, status) for opened, status, _ in answers) == [(False, 422), (True, 503)]


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (alert(reason=None), "reason"),
        (alert(id="7"), "id"),
        (alert(resaon="x"), "resaon"),
        (alert(at="2026-11-22"), "at"),
        (alert(delivery="TJ-DCA/CD 1"), "delivery"),
        (alert(by={"agency": "CARICC"}), "by"),
        ({"act": "offer"}, "id"),
        ([alert()], "(whole act)"),
    ],
)
async def test_what_is_no_act_is_refused_naming_the_field(http: httpx.AsyncClient, token: TokenFor, act: Any, field: str) -> None:
    answer = await http.post("/v1/deliveries/acts", json=act, headers=bearer(token()))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [one["field"] for one in answer.json()["problems"]]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"act":"alert","reason":NaN}'])
async def test_what_is_no_json_is_refused(http: httpx.AsyncClient, token: TokenFor, body: bytes) -> None:
    answer = await http.post("/v1/deliveries/acts", content=body, headers=bearer(token()) | {"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["mend"] == "send one JSON object in UTF-8"


async def test_other_types_and_large_bodies_are_refused(http: httpx.AsyncClient, token: TokenFor) -> None:
    plain = await http.post("/v1/deliveries/acts", content=b"{}", headers=bearer(token()) | {"Content-Type": "text/plain"})
    assert plain.status_code == 415
    large = await http.post("/v1/deliveries/acts", json=alert(note="x" * MAX_ACT_BYTES), headers=bearer(token()))
    assert (large.status_code, large.json()["limit"]) == (413, MAX_ACT_BYTES)


@pytest.mark.parametrize("delivery", ["UZ-SCC/CD-1", "TJ-DCA/CD/1", "TJ-DCA", "TJ-DCAX/1"])
async def test_rule_3_a_request_for_anothers_id_is_refused_before_anything_is_looked_up(
    http: httpx.AsyncClient, token: TokenFor, delivery: str
) -> None:
    request = {**alert(delivery=delivery), "act": "request", "form": form(delivery_ref=delivery), "plan": plan()}
    del request["reason"]
    answer = await http.post("/v1/deliveries/acts", json=request, headers=bearer(token()))
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == ["delivery"]


async def test_reading_needs_the_database(http: httpx.AsyncClient, token: TokenFor) -> None:
    for path in ("/v1/deliveries", "/v1/deliveries/TJ-DCA/CD-1", "/v1/deliveries/TJ-DCA/CD-1/report.json"):
        assert (await http.get(path, headers=bearer(token()))).status_code == 503


async def test_the_feed_is_not_live_without_kafka(centre: Centre, http: httpx.AsyncClient, token: TokenFor) -> None:
    assert not centre.tail.live
    assert (await http.get("/v1/feeds/deliveries", headers=bearer(token("TJ-DCA", "partner")))).status_code == 404

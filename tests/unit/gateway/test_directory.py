"""The directory at the gateway's door, without servers: what is no edit and no plan goes no further."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from schemas.directory_records import FictionRecord
from streams.gateway import fiction
from streams.gateway.centre import Centre
from tests.unit.directory.desk import entry
from tests.unit.gateway.conftest import TokenFor
from tests.unit.planning.building import request

Json = dict[str, Any]
NOW = datetime(2026, 3, 18, 6, tzinfo=UTC)


def publish(**changes: Any) -> Json:
    made = entry(at=NOW.isoformat()) | changes
    return {"act": "publish", "authority": "TJ-DCA", "base_version": 0, "by": "TJ-DCA/n.rahimov", "at": NOW.isoformat(), "entry": made}


def case(**changes: Any) -> Json:
    return {"request": request().model_dump(mode="json") | {"exercise": False} | changes}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_without_kafka_no_edit_is_applied(http: httpx.AsyncClient, token: TokenFor) -> None:
    answer = await http.post("/v1/directory/edits", params={"wait": "0.1s"}, json=publish(), headers=bearer(token()))
    assert answer.status_code == 503
    assert "Send the same edit again" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (publish(exercise=True, contacts=entry("+999 1 2")["contacts"]), "entry.exercise"),
        (publish() | {"entry": None}, "entry"),
        (publish(contacts=[entry()["contacts"][0] | {"time_zone": "Asia/Nowhere"}]), "time_zone of duty"),
        ({"act": "verify", "authority": "TJ-DCA"}, "base_version"),
        ({"act": "shout"}, "(whole edit)"),
        ([], "(whole edit)"),
    ],
)
async def test_what_is_no_edit_is_refused_naming_the_field(http: httpx.AsyncClient, token: TokenFor, edit: Any, field: str) -> None:
    answer = await http.post("/v1/directory/edits", json=edit, headers=bearer(token()))
    assert answer.status_code == 422, answer.text
    assert all(one["reason"] for one in answer.json()["problems"])
    assert field in [one["field"] for one in answer.json()["problems"]]


def post(name: str, **changes: Any) -> Json:
    gate = entry()["contacts"][0] | {"code": "gate"}
    made = {"kind": "crossing", "crossing": name, "gate": gate, "name": {"ru": "пост"}} | changes
    kept = {
        field: value for field, value in publish()["entry"].items() if field not in {"law", "notice", "reply_desk", "languages", "kind"}
    }
    return publish() | {"crossing": name, "entry": kept | made}


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("Нижний Пяндж", "write Panji Poyon: so the gazetteer calls it, and so it is found"),
        ("Panji Poyn", "choose one of /v1/crossings, as Panji Poyon, "),
        ("Ж" * 400, "choose one of /v1/crossings, as "),
    ],
)
async def test_a_post_that_no_planner_would_find_is_refused_with_the_name_to_write(
    http: httpx.AsyncClient, token: TokenFor, name: str, mend: str
) -> None:
    answer = await http.post("/v1/directory/edits", json=post(name), headers=bearer(token()))
    assert answer.status_code == 422, answer.text
    (problem,) = answer.json()["problems"]
    assert problem["field"] == "entry.crossing"
    assert problem["reason"] == f"{name[:100]} is no post of TJ in the gazetteer"
    assert problem["mend"].startswith(mend)
    assert problem["ru"]["reason"] == f"{name[:100]}: такого пункта пропуска TJ в перечне нет"
    assert "Panji Poyon" not in mend or "Panji Poyon" in problem["ru"]["mend"]


async def test_a_post_of_the_gazetteer_goes_on_and_one_that_stands_may_end_under_any_name(http: httpx.AsyncClient, token: TokenFor) -> None:
    stood = {"authority": "TJ-DCA", "crossing": "Panji Poyn", "base_version": 1, "by": "TJ-DCA/n.rahimov", "at": NOW.isoformat()}
    # Without Kafka: nothing but that stands against either.
    for edit in (post("Panji Poyon"), stood | {"act": "retire", "reason": "wrong name"}):
        answer = await http.post("/v1/directory/edits", params={"wait": "0.1s"}, json=edit, headers=bearer(token()))
        assert answer.status_code == 503, answer.text


async def test_a_country_without_posts_is_told_where_to_write_them(http: httpx.AsyncClient, token: TokenFor) -> None:
    answer = await http.post("/v1/directory/edits", json=post("Waidhaus", country="DE"), headers=bearer(token()))
    assert answer.json()["problems"][0]["mend"].startswith("write its desks into the authority's own entry")


@pytest.mark.parametrize("path", ["/v1/directory/edits", "/v1/plans"])
async def test_large_bodies_and_other_types_are_refused(http: httpx.AsyncClient, token: TokenFor, path: str) -> None:
    answer = await http.post(path, content=b"{}", headers=bearer(token()) | {"Content-Type": "text/plain"})
    assert answer.status_code == 415
    answer = await http.post(path, content=b" " * 300_000, headers=bearer(token()) | {"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (case(exercise=True), "request.exercise"),
        (case(legs=[]), "request.legs"),
        (case() | {"consents": [{"leg": 9, "state": "refused"}]}, "consents[0].leg"),
        (case() | {"consents": [{"leg": 1, "state": "perhaps"}]}, "consents[0].state"),
    ],
)
async def test_what_cannot_be_planned_is_refused_naming_the_field(http: httpx.AsyncClient, token: TokenFor, body: Json, field: str) -> None:
    answer = await http.post("/v1/plans", json=body, headers=bearer(token()))
    assert answer.status_code == 422, answer.text
    assert field in [one["field"] for one in answer.json()["problems"]]


async def test_without_the_database_nothing_is_made_up(http: httpx.AsyncClient, token: TokenFor) -> None:
    for path in ("/v1/directory", "/v1/directory/TJ-DCA", "/v1/deliveries/TJ-DCA/CD-1/forms/1.pdf"):
        assert (await http.get(path, headers=bearer(token()))).status_code == 503
    assert (await http.post("/v1/plans", json=case(), headers=bearer(token()))).status_code == 503


async def test_what_is_brought_into_an_exercise_is_fictional_and_nothing_is_brought_elsewhere(centre: Centre) -> None:
    for record in fiction.records():
        found = FictionRecord.model_validate_json(record.value).entry
        assert found.exercise
        assert found.verified < datetime.now(UTC) + timedelta(days=1)
    # It would go on trying for ever: here is neither Kafka nor a database.
    assert centre.settings.space == "live"
    await fiction.bring(centre)

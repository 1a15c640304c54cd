"""Default deny, problems, limits, sign-in: what a caller meets before any report is read."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import httpx
import pytest
import structlog
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send

from streams.gateway.app import create_app, guarded
from streams.gateway.centre import Centre
from streams.gateway.limits import MAX_BODY_BYTES, Limits
from streams.gateway.pages import is_open
from streams.gateway.problems import Refusal
from streams.gateway.signin import COOKIE, new_code
from streams.gateway.tokens import claims, issue

TokenFor = Callable[..., str]

OPEN = {"/healthz", "/readyz", "/sign-in", "/plain.css", "/favicon.ico", "/icon.svg", "/phone-worker.js", "/assets/{name:path}"}
DOOR = {"/v1/from-exercise"}
"""Open to the guard, which knows no alert tokens: the route asks for one itself (test_real.py)."""


def routes(centre: Centre) -> list[tuple[str, str]]:
    found = []
    for route in create_app(centre).routes:
        for inner in getattr(getattr(route, "original_router", None), "routes", [route]):
            assert isinstance(inner, APIRoute), inner
            found += [(method, inner.path) for method in inner.methods or ()]
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_every_route_refuses_without_a_token(centre: Centre, http: httpx.AsyncClient) -> None:
    walked = routes(centre)
    assert len(walked) > 20
    for method, path in walked:
        answer = await http.request(method, path.replace("{name:path}", "x.js").replace("{id}", "report-x").replace("{name}", "all"))
        if path in OPEN:
            assert answer.status_code != 401, path
        else:
            assert answer.status_code == 401, (method, path)
            if path not in {"/", "/index.html", "/phone"}:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["www-authenticate"].startswith("Bearer")


def test_only_the_known_paths_are_open(centre: Centre) -> None:
    assert {path for _, path in routes(centre) if is_open(path)} == OPEN | DOOR


async def test_what_is_not_there_refuses_strangers_too(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v2/anything")).status_code == 401
    assert (await http.get("/docs/")).status_code == 401
    assert (await http.get("//healthz")).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic dTpw", "bearer x.y.z", "Bearer " + "a" * 5000])
async def test_anything_but_a_token_is_refused(http: httpx.AsyncClient, header: str) -> None:
    answer = await http.get("/v1/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert "x.y.z" not in answer.text


async def test_a_token_says_who_calls(http: httpx.AsyncClient, token: TokenFor) -> None:
    found = (await http.get("/v1/me", headers=bearer(token()))).json()
    assert (found["person"], found["agency"], found["role"], found["space"]) == ("n.rahimov", "TJ-DCA", "officer", "live")
    assert found["desk"] is None


async def test_an_officer_is_told_how_the_duty_desk_is_called(http: httpx.AsyncClient, centre: Centre, token: TokenFor) -> None:
    centre.settings = centre.settings.model_copy(update={"desk_contact": "+999 727 000"})
    assert (await http.get("/v1/me", headers=bearer(token()))).json()["desk"] == "+999 727 000"


ROLE_CALLS = [
    ("POST", "/v1/reports", {"officer", "analyst", "contributor", "coordinator", "supervisor"}),
    ("GET", "/v1/search?limit=x", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/v1/rejected?limit=x", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/v1/receipts?limit=x", {"officer", "analyst", "coordinator", "supervisor", "steward", "contributor"}),
    ("GET", "/v1/receipts/receipt-x", {"officer", "analyst", "coordinator", "supervisor", "steward", "contributor"}),
    ("POST", "/v1/reports/report-x/hold", {"coordinator", "supervisor"}),
    ("POST", "/v1/deliveries/acts", {"officer", "coordinator", "supervisor"}),
    ("GET", "/v1/deliveries?limit=x", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/v1/deliveries/TJ-DCA/CD-1/events?limit=x", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/v1/deliveries/TJ-DCA/CD-1/forms/0.pdf", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/v1/directory?country=x", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/v1/directory/TJ-DCA?limit=x", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/v1/crossings?country=x", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/v1/landmarks", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("POST", "/v1/directory/edits", {"officer", "coordinator", "supervisor"}),
    ("POST", "/v1/plans", {"officer", "analyst", "coordinator", "supervisor", "steward"}),
    ("GET", "/metrics", {"operator"}),
]


@pytest.mark.parametrize(("method", "path", "allowed"), ROLE_CALLS)
@pytest.mark.parametrize("role", ["officer", "analyst", "coordinator", "supervisor", "steward", "contributor", "partner", "operator"])
async def test_rule_7_a_role_does_what_it_is_for(
    http: httpx.AsyncClient, token: TokenFor, method: str, path: str, allowed: set[str], role: str
) -> None:
    body = {"reason": "x"} if path.endswith("hold") else None
    answer = await http.request(method, path, headers=bearer(token("CARICC", role)), json=body)
    assert (answer.status_code == 403) is (role not in allowed)


async def test_refusals_are_problems_that_do_not_repeat_the_input(http: httpx.AsyncClient, token: TokenFor) -> None:
    headers = bearer(token("CARICC", "coordinator"))
    secret = "Каримов-Secret-42"
    answers = [
        await http.get(f"/v1/{secret}", headers=headers),
        await http.get(f"/v1/reports/{secret}", headers=headers),
        await http.delete("/v1/reports", headers=headers),
        await http.post("/v1/reports", headers=headers | {"Content-Type": "text/plain"}, content=secret.encode()),
        await http.get("/v1/search", params={"limit": secret}, headers=headers),
        await http.get("/v1/search", params={"bbox": secret}, headers=headers),
        await http.get("/v1/search", params={"cursor": secret}, headers=headers),
        await http.post("/v1/reports/x/hold", json={"reason": "x", secret: secret}, headers=headers),
        await http.post("/v1/reports/x/hold", content=secret.encode(), headers=headers | {"Content-Type": "application/json"}),
        await http.get("/v1/feeds/" + secret, headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 405, 415, 422, 422, 422, 422, 422, 404]
    for answer in answers:
        found = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert found["status"] == answer.status_code
        assert found["title"]
        assert found["detail"]
        assert "Secret" not in answer.text.replace(secret, "Secret") or "problems" in found
        assert "Traceback" not in answer.text


async def test_the_database_down_is_said(http: httpx.AsyncClient, token: TokenFor) -> None:
    answer = await http.get("/v1/counters", headers=bearer(token()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["title"] == "A part of the centre cannot be reached"


async def test_health_is_well_while_nothing_else_is(http: httpx.AsyncClient) -> None:
    assert (await http.get("/healthz")).text == "ok\n"
    ready = await http.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {"kafka": "down", "database": "down", "feeds": "down"}


async def test_security_headers_are_on_every_answer(http: httpx.AsyncClient, token: TokenFor) -> None:
    for answer in (await http.get("/"), await http.get("/healthz"), await http.get("/docs", headers=bearer(token())), await http.get("/x")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


async def sized(total: int) -> AsyncIterator[bytes]:
    block = b" " * 65_536
    for _ in range(total // len(block)):
        yield block


async def test_fifty_megabytes_are_refused_naming_the_limit(http: httpx.AsyncClient, token: TokenFor) -> None:
    headers = bearer(token()) | {"Content-Type": "application/json"}
    for answer in (
        await http.post("/v1/reports", headers=headers, content=sized(50 * 1024 * 1024)),
        await http.post("/v1/reports", headers=headers, content=bytes(50 * 1024 * 1024)),
        await http.post("/v1/reports", headers=headers | {"Content-Length": "999999999999"}, content=b"{}"),
    ):
        assert answer.status_code == 413
        assert answer.json()["limit"] == MAX_BODY_BYTES
        assert str(MAX_BODY_BYTES) in answer.json()["detail"]


async def test_other_bodies_are_small(http: httpx.AsyncClient, token: TokenFor) -> None:
    answer = await http.post("/v1/reports/x/hold", headers=bearer(token("CARICC", "coordinator")), json={"reason": "x" * 70_000})
    assert answer.status_code == 413


async def test_headers_and_addresses_are_bounded(http: httpx.AsyncClient, token: TokenFor) -> None:
    assert (await http.get("/v1/me", headers=bearer(token()) | {"X-Filler": "a" * 40_000})).status_code == 431
    assert (await http.get("/v1/search", params={"q": "a" * 9_000}, headers=bearer(token()))).status_code == 414


async def test_a_one_time_link_signs_in_and_out(centre: Centre, http: httpx.AsyncClient) -> None:
    stranger = await http.get("/")
    assert stranger.status_code == 401
    assert "one-time link" in stranger.text
    code = new_code(centre.settings.data_dir, "a.bekova", "CARICC", "coordinator")
    first = await http.get("/sign-in", params={"code": code})
    assert first.status_code == 200
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert (await http.get("/v1/me")).json()["person"] == "a.bekova"
    assert (await http.get("/sign-in", params={"code": code})).status_code == 403
    assert (await http.post("/sign-out", headers={"Origin": "https://evil.example"})).status_code == 403
    assert (await http.post("/sign-out")).status_code == 403
    kept = http.cookies.get(COOKIE)
    assert (await http.post("/sign-out", headers={"Origin": "http://127.0.0.1", "Ric-As": "CARICC/a.bekova"})).status_code == 204
    http.cookies.clear()
    assert (await http.get("/v1/me", headers={"Cookie": f"{COOKIE}={kept}"})).status_code == 401


async def test_a_session_changes_things_only_from_our_own_pages(centre: Centre, http: httpx.AsyncClient) -> None:
    code = new_code(centre.settings.data_dir, "a.bekova", "CARICC", "coordinator")
    await http.get("/sign-in", params={"code": code})
    elsewhere = await http.post("/v1/reports/x/hold", json={"reason": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    ours = {"Sec-Fetch-Site": "same-origin", "Ric-As": "CARICC/a.bekova"}
    assert (await http.post("/v1/reports/x/hold", json={"reason": "x"}, headers=ours)).status_code == 404


async def test_a_page_of_one_person_does_nothing_with_the_session_of_another(centre: Centre, http: httpx.AsyncClient) -> None:
    for person in ("a.bekova", "l.ater"):
        await http.get("/sign-in", params={"code": new_code(centre.settings.data_dir, person, "CARICC", "coordinator")})
    of_the_first = {"Sec-Fetch-Site": "same-origin", "Ric-As": "CARICC/a.bekova"}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v1/deliveries/acts", {"json": {"act": "check_in"}}),
        ("POST", "/v1/shift/acts", {"json": {"act": "accept"}}),
        ("POST", "/v1/deliveries/TJ-DCA/1/attachments", {}),
        ("GET", "/v1/feeds/deliveries", {}),
        ("GET", "/v1/me", {}),
        ("POST", "/sign-out", {}),
    ]
    for method, path, given in calls:
        answer = await http.request(method, path, headers=of_the_first, **given)
        assert answer.status_code == 401, path
        assert answer.json()["signed_in"] == "CARICC/l.ater"
        assert "was not done" in answer.json()["detail"]
    # Another agency's person of the same name is another person.
    of_another_agency = of_the_first | {"Ric-As": "TJ-DCA/l.ater"}
    assert (await http.get("/v1/me", headers=of_another_agency)).status_code == 401
    # What changes something says whose it is; a page that is only opened cannot.
    assert (await http.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})).status_code == 403
    assert (await http.get("/v1/me")).json()["person"] == "l.ater"
    assert (await http.post("/sign-out", headers=of_the_first | {"Ric-As": "CARICC/l.ater"})).status_code == 204


async def test_a_bearer_token_in_the_cookie_is_no_session(http: httpx.AsyncClient, token: TokenFor) -> None:
    assert (await http.get("/v1/me", headers={"Cookie": f"{COOKIE}={token()}"})).status_code == 401


async def test_a_session_in_the_header_is_no_token(centre: Centre, http: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    session = issue(centre.keys, claims("a.b", "TJ-DCA", "TJ", "officer", space="live", lifetime=timedelta(hours=1), now=now), "session")
    assert (await http.get("/v1/me", headers=bearer(session))).status_code == 401


async def test_no_secret_and_no_report_is_ever_logged(
    centre: Centre, http: httpx.AsyncClient, token: TokenFor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = new_code(centre.settings.data_dir, "a.bekova", "CARICC", "coordinator")
    bearer_token, narrative = token(), "уникальный-текст-9131"
    with structlog.testing.capture_logs() as lines:
        session = (await http.get("/sign-in", params={"code": code})).cookies[COOKIE]
        await http.get("/sign-in", params={"code": "wrong-code-4711"})
        await http.get("/v1/search", params={"q": narrative, "limit": 0}, headers=bearer(bearer_token))
        await http.post("/v1/reports", json={"kind": "seizure", "narrative": narrative}, headers=bearer(bearer_token))
        await http.get(f"/v1/reports/{narrative}", headers=bearer(bearer_token + "x"))
    written = json.dumps(lines, default=str, ensure_ascii=False)
    # httpx is the client here.
    written += "".join(record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore")))
    assert "n.rahimov" in written
    for secret in (code, "wrong-code-4711", session, bearer_token, bearer_token.split(".")[2], narrative):
        assert secret not in written


async def test_every_page_of_an_exercise_says_so_before_and_after_signing_in(
    centre: Centre, http: httpx.AsyncClient, token: TokenFor
) -> None:
    training = replace(centre, settings=centre.settings.model_copy(update={"space": "exercise-t1"}))
    transport = httpx.ASGITransport(guarded(create_app(training)))
    claimed = claims("n.rahimov", "TJ-DCA", "TJ", "officer", space="exercise-t1", lifetime=timedelta(hours=1), now=datetime.now(UTC))
    signed_in = bearer(issue(training.keys, claimed))
    link = f"/sign-in?code={new_code(training.settings.data_dir, 'n.rahimov', 'TJ-DCA', 'officer')}"
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as there:
        told = [(await there.get("/")).text, (await there.get(link)).text, (await there.get(link)).text]
        told.append((await there.get("/docs", headers=signed_in)).text)
    for page, title in zip(told, ("Sign in", "Signed in", "This link is no longer good", "The centre's API"), strict=True):
        assert f"<h1>{escape(title)}</h1>" in page
        assert "EXERCISE, NOT REAL" in page
        assert "УЧЕНИЯ, НЕ НА САМОМ ДЕЛЕ" in page
    assert "EXERCISE" not in (await http.get("/")).text
    assert "УЧЕНИЯ" not in (await http.get("/docs", headers=bearer(token()))).text


async def test_the_documentation_needs_no_other_host(http: httpx.AsyncClient, token: TokenFor) -> None:
    found = (await http.get("/docs", headers=bearer(token()))).text
    assert "/v1/reports" in found
    assert "<script" not in found
    assert "http://" not in found
    assert "https://" not in found
    assert (await http.get("/openapi.json", headers=bearer(token()))).json()["openapi"].startswith("3.")
    assert (await http.get("/asyncapi", headers=bearer(token()))).status_code == 200


@pytest.mark.parametrize("name", ["../../../pyproject.toml", "..%2f..%2f..%2fpyproject.toml", "%00", "/etc/passwd", "x" * 300, "."])
async def test_assets_come_from_their_folder_alone(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.get(f"/assets/{name}")
    assert answer.status_code in {401, 404}
    assert "setuptools" not in answer.text


async def test_a_body_that_stops_arriving_is_given_up() -> None:
    messages: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        messages.append(message)

    async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    scope: Scope = {"type": "http", "method": "POST", "path": "/v1/reports", "raw_path": b"/v1/reports", "query_string": b"", "headers": []}
    with pytest.raises(Refusal) as refusal:
        await Limits(read_all, {}, idle_s=0.01)(scope, receive, send)
    assert refusal.value.status_code == 408
    assert messages == []

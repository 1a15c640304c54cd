"""REAL, NOT EXERCISE: what may cross from an exercise to the live centre, and that nothing else does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from streams.gateway.app import create_app, guarded
from streams.gateway.centre import Centre
from streams.gateway.keyfile import write_secret
from streams.gateway.real import TOKEN
from streams.gateway.tokens import Keys, Use, claims, issue
from tests.unit.gateway.conftest import TokenFor

CALL = {"agency": "TJ-DCA", "person": "n.rahimov", "exercise": "exercise-osh"}


def alert_token(centre: Centre, use: Use = "alert", space: str | None = None) -> dict[str, str]:
    who = claims(
        "real-alert", "CARICC", "", "operator", space=space or centre.settings.space, lifetime=timedelta(days=1), now=datetime.now(UTC)
    )
    return {"Authorization": f"Bearer {issue(centre.keys, who, use)}"}


async def test_a_call_goes_as_far_as_kafka(centre: Centre, http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/from-exercise", json=CALL, headers=alert_token(centre))
    assert answer.status_code == 503
    assert "Send it again" in answer.json()["detail"]


@pytest.mark.parametrize(
    "more",
    [
        {"reason": "armed men"},
        {"delivery": "TJ-DCA/CD-1"},
        {"person": "n.rahimov has seen armed men at Karamyk"},
        {"agency": "a word"},
        {"agency": "ZZ-NONE"},
        {"exercise": "live"},
        {"exercise": "exercise-a word"},
    ],
)
async def test_nothing_but_who_and_which_exercise_can_be_said(centre: Centre, http: httpx.AsyncClient, more: dict[str, str]) -> None:
    answer = await http.post("/v1/from-exercise", json=CALL | more, headers=alert_token(centre))
    assert answer.status_code == 422, answer.text


async def test_an_alert_token_is_good_for_nothing_else_and_nothing_else_is_good_for_a_call(
    centre: Centre, http: httpx.AsyncClient, token: TokenFor
) -> None:
    bearer = {"Authorization": f"Bearer {token('CARICC', 'coordinator')}"}
    for headers in (bearer, {}, alert_token(centre, "session"), alert_token(centre, space="exercise-osh"), {"Authorization": "Bearer x"}):
        assert (await http.post("/v1/from-exercise", json=CALL, headers=headers)).status_code == 401
    for path in ("/v1/me", "/v1/real-alerts", "/v1/deliveries", "/v1/feeds/deliveries", "/v1/directory", "/metrics"):
        assert (await http.get(path, headers=alert_token(centre))).status_code == 401
    strangers = Keys.generate()
    who = claims("real-alert", "CARICC", "", "operator", space=centre.settings.space, lifetime=timedelta(days=1), now=datetime.now(UTC))
    forged = {"Authorization": f"Bearer {issue(strangers, who, 'alert')}"}
    assert (await http.post("/v1/from-exercise", json=CALL, headers=forged)).status_code == 401


async def test_the_button_is_of_exercises_alone(http: httpx.AsyncClient, token: TokenFor) -> None:
    bearer = {"Authorization": f"Bearer {token()}"}
    assert (await http.post("/v1/real", headers=bearer)).status_code == 404
    assert (await http.get("/v1/real", headers=bearer)).status_code == 404


@contextmanager
def live_centre(status: int) -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A live centre's door that notes every byte that comes to it, and tells something that must not come back."""
    came: list[tuple[str, dict[str, str], bytes]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"secret": "of the live centre"}')

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", came
        finally:
            server.shutdown()
            thread.join()


def in_exercise(centre: Centre, url: str | None) -> Centre:
    """The same gateway as an exercise's."""
    centre.settings = centre.settings.model_copy(update={"space": "exercise-osh", "real_url": url, "real_contact": "+7 727 000 00 00"})
    if url is not None:
        write_secret(centre.settings.data_dir / "keys" / TOKEN, b"the-alert-token\n")
    return centre


@pytest.mark.parametrize(("status", "reached"), [(202, True), (503, False), (401, False)])
async def test_of_an_exercise_nothing_crosses_but_who_says_so(centre: Centre, token: TokenFor, status: int, reached: bool) -> None:
    with live_centre(status) as (url, came):
        here = in_exercise(centre, url)
        transport = httpx.ASGITransport(guarded(create_app(here)))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            bearer = {"Authorization": f"Bearer {token()}", "X-Note": "armed men", "User-Agent": "Karamyk", "Content-Type": "text/plain"}
            answer = await http.post("/v1/real?delivery=TJ-DCA/CD-1", content="armed men at Karamyk", headers=bearer)
        [(path, headers, body)] = came
    assert path == "/v1/from-exercise"
    assert json.loads(body) == CALL
    assert headers["authorization"] == "Bearer the-alert-token"
    assert not [value for value in headers.values() if "armed" in value or "Karamyk" in value or token() in value]
    assert answer.status_code == (202 if reached else 503)
    assert "secret" not in answer.text
    assert answer.json()["contact"] == "+7 727 000 00 00"


async def test_without_a_line_the_real_contact_is_told(centre: Centre, token: TokenFor) -> None:
    transport = httpx.ASGITransport(guarded(create_app(in_exercise(centre, None))))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        bearer = {"Authorization": f"Bearer {token()}"}
        assert (await http.get("/v1/real", headers=bearer)).json() == {"line": False, "contact": "+7 727 000 00 00"}
        answer = await http.post("/v1/real", headers=bearer)
    assert answer.status_code == 503
    assert "NOT reached" in answer.json()["detail"]

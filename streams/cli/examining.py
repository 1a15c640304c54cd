"""What `ric doctor` looks at on the way from this machine to the centre."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from streams.cli.connection import Connection, connect
from streams.cli.failures import Failure
from streams.cli.outbox import Outbox
from streams.settings import Settings

CLOCK_S = 60.0
EXPIRES_SOON_S = 86_400.0


def examine_client(url: str | None, token_file: Path | None) -> list[dict[str, str]]:
    """Results as `streams.local.doctor.Result`, as dicts: the centre, the token, the clock, the outbox."""
    found: list[dict[str, str]] = []
    try:
        connection = connect(url, token_file)
    except Failure as failure:
        found.append(_result("centre", "warn", failure.what, failure.mend or ""))
    else:
        found += _centre(connection)
    box = Settings().data_dir / "outbox.db"
    if box.exists():
        with Outbox(box) as outbox:
            waiting, refused = outbox.waiting(), outbox.refused()
        said = ", ".join(f"{count} for {name}" for name, count in waiting.items())
        found.append(_result("outbox", "warn" if waiting else "ok", said or "nothing waits", "ric publish --flush" if waiting else ""))
        if refused:
            found.append(_result("refused reports", "warn", f"{len(refused)} kept", "ric publish --refused shows why; --forget drops them"))
    return found


def _centre(connection: Connection) -> list[dict[str, str]]:
    import httpx

    found: list[dict[str, str]] = []
    try:
        with connection.client(read_timeout=10.0) as client:
            alive = client.get("/healthz")
            ready, me = client.get("/readyz"), client.get("/v1/me")
    except httpx.TransportError as error:
        why = "does not answer in time" if isinstance(error, httpx.TimeoutException) else "cannot be reached"
        return [_result("centre", "fail", f"{connection.url} {why}", "check the address, the line, and that it runs (ric up)")]
    if alive.status_code != 200:
        return [_result("centre", "fail", f"{connection.url} answers {alive.status_code}", "is this the address of a centre's gateway?")]
    able = ready.status_code == 200
    found.append(
        _result(
            "centre",
            "ok" if able else "fail",
            f"{connection.url} " + ("works" if able else "is up but not able to work"),
            "" if able else "its operator sees why at /readyz",
        )
    )
    found += _clock(alive.headers.get("Date"))
    if me.status_code != 200:
        found.append(_result("token", "fail", f"refused ({me.status_code})", "get a new one: on the centre's machine, ric token"))
        return found
    found.append(_token(me.json()))
    return found


def _clock(date: str | None) -> list[dict[str, str]]:
    if date is None:
        return []
    apart = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    if apart <= CLOCK_S:
        return [_result("clock against the centre", "ok", "the same to a minute")]
    return [_result("clock against the centre", "fail", f"{apart:.0f} s apart", "set this machine's clock: times of reports are checked")]


def _token(me: dict[str, Any]) -> dict[str, str]:
    who = f"{me.get('person')} of {me.get('agency')}, {me.get('role')}"
    left = (datetime.fromisoformat(str(me.get("expires"))) - datetime.now(UTC)).total_seconds()
    if left < EXPIRES_SOON_S:
        return _result(
            "token",
            "ok" if left > 3600 else "warn",
            f"{who}; expires in {left / 3600:.1f} h",
            "get a new one in time" if left <= 3600 else "",
        )
    return _result("token", "ok", f"{who}; good for {left / 86_400:.0f} days")


def _result(name: str, status: str, found: str, mend: str = "") -> dict[str, str]:
    return {"name": name, "status": status, "found": found, "mend": mend}

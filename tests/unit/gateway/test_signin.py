"""One-time codes, sessions that end, and calls that come from elsewhere."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.gateway.signin import SignIn, end_session, new_code, same_origin, session_ended, spend_code


def test_a_code_signs_in_once(tmp_path: Path) -> None:
    code = new_code(tmp_path, "a.bekova", "CARICC", "coordinator")
    now = datetime.now(UTC)
    assert spend_code(tmp_path, code, now) == SignIn("a.bekova", "CARICC", "coordinator")
    assert spend_code(tmp_path, code, now) is None


def test_a_code_signs_a_supervisor_in_as_one(tmp_path: Path) -> None:
    who = spend_code(tmp_path, new_code(tmp_path, "b.oss", "TJ-DCA", "officer", supervises=True), datetime.now(UTC))
    assert who is not None
    assert who.supervises


def test_of_many_at_once_one_wins(tmp_path: Path) -> None:
    code = new_code(tmp_path, "a.bekova", "CARICC", "coordinator")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: spend_code(tmp_path, code, datetime.now(UTC)), range(32)))
    assert sum(one is not None for one in won) == 1


def test_a_code_is_good_for_ten_minutes(tmp_path: Path) -> None:
    code = new_code(tmp_path, "a.bekova", "CARICC", "coordinator")
    assert spend_code(tmp_path, code, datetime.now(UTC) + timedelta(minutes=10, seconds=1)) is None


def test_the_folder_does_not_hold_the_code(tmp_path: Path) -> None:
    code = new_code(tmp_path, "a.bekova", "CARICC", "coordinator")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert code not in path.name
        assert code.encode() not in path.read_bytes()


@pytest.mark.parametrize("code", ["", "../../etc/passwd", "x" * 10_000, "a\x00b", "ж"])
def test_anything_else_is_no_code(tmp_path: Path, code: str) -> None:
    assert spend_code(tmp_path, code, datetime.now(UTC)) is None


def test_an_ended_session_stays_ended(tmp_path: Path) -> None:
    assert not session_ended(tmp_path, "j1")
    end_session(tmp_path, "j1", datetime.now(UTC) + timedelta(hours=1))
    end_session(tmp_path, "j2", datetime.now(UTC) + timedelta(hours=1))
    assert session_ended(tmp_path, "j1")
    assert not session_ended(tmp_path, "j3")


@pytest.mark.parametrize(
    ("method", "origin", "fetch_site", "allowed"),
    [
        ("GET", None, None, True),
        ("POST", None, None, False),
        ("POST", "http://127.0.0.1:8080", None, True),
        ("POST", "https://evil.example", None, False),
        ("POST", "null", None, False),
        ("POST", "http://127.0.0.1:8080", "cross-site", False),
        ("POST", None, "same-origin", True),
        ("POST", None, "same-site", False),
        ("POST", None, "none", False),
    ],
)
def test_what_a_cookie_may_do_from_where(method: str, origin: str | None, fetch_site: str | None, allowed: bool) -> None:
    assert same_origin(method, "127.0.0.1:8080", origin, fetch_site) is allowed

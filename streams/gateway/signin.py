"""Signing in to the dashboard: a one-time code, spent for a session cookie; signing out.

A code lives as a file named by its hash, so whoever reads the folder cannot sign in, and renaming the file spends it: the file system
lets one rename win, also between processes.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from streams.gateway.keyfile import write_secret

CODE_LIFETIME = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(hours=12)
COOKIE = "ric_session"
MAX_CODE_CHARS = 128


@dataclass(frozen=True, slots=True)
class SignIn:
    """Whom a code signs in."""

    person: str
    agency: str
    role: str
    supervises: bool = False


def new_code(data_dir: Path, person: str, agency: str, role: str, *, supervises: bool = False) -> str:
    """A code good for one sign-in within ten minutes. Only its hash is kept. Codes that expired unused are cleared away."""
    folder = _codes(data_dir)
    _sweep(folder)
    code = token_urlsafe(32)
    expires = datetime.now(UTC) + CODE_LIFETIME
    write_secret(
        folder / _hash(code), json.dumps(asdict(SignIn(person, agency, role, supervises)) | {"expires": expires.isoformat()}).encode()
    )
    return code


def spend_code(data_dir: Path, code: str, now: datetime) -> SignIn | None:
    """Whom the code signs in, once; None for a code that is unknown, spent or expired."""
    if not code or len(code) > MAX_CODE_CHARS:
        return None
    held = _codes(data_dir) / _hash(code)
    spent = held.with_name(f".spent.{token_urlsafe(8)}")
    try:
        held.rename(spent)
    except OSError:
        return None
    entry: dict[str, Any] = json.loads(spent.read_bytes())
    spent.unlink()
    if datetime.fromisoformat(entry.pop("expires")) <= now:
        return None
    return SignIn(**entry)


def end_session(data_dir: Path, jti: str, expires: datetime) -> None:
    """Refuse this session from now on, in every gateway process and after a restart; remembered until it would have expired."""
    folder = _ended(data_dir)
    _sweep(folder)
    write_secret(folder / _hash(jti), json.dumps({"expires": expires.isoformat()}).encode())


def session_end(data_dir: Path, jti: str) -> Path:
    """The path that exists once `end_session` was called: made once by a stream, which asks for it before every record."""
    return _ended(data_dir) / _hash(jti)


def session_ended(data_dir: Path, jti: str) -> bool:
    """Whether `end_session` was called for it."""
    return session_end(data_dir, jti).exists()


def same_origin(method: str, host: str | None, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a call that carries the cookie may change something: browsers say where it comes from (Fetch Metadata; RFC 6454).

    A changing call must say so, by `Sec-Fetch-Site: same-origin` or by an `Origin` with our own host; silence is refused.
    """
    if method in {"GET", "HEAD", "OPTIONS"}:
        return True
    if fetch_site is not None:
        return fetch_site == "same-origin"
    return origin is not None and host is not None and origin.partition("://")[2] == host


def _codes(data_dir: Path) -> Path:
    return data_dir / "signin" / "codes"


def _ended(data_dir: Path) -> Path:
    return data_dir / "signin" / "ended"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _sweep(folder: Path) -> None:
    if not folder.exists():
        return
    now = datetime.now(UTC)
    for path in folder.iterdir():
        with suppress(OSError, ValueError, KeyError):
            if datetime.fromisoformat(json.loads(path.read_bytes())["expires"]) <= now:
                path.unlink()

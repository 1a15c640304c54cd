"""The ids of `schemas.identity` as text, and broker time as text: the same values, made in a third of the time."""

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1

from schemas.identity import NAMESPACE

_SPACE = sha1(NAMESPACE.bytes, usedforsecurity=False)


def _uuid5(name: str) -> str:
    """RFC 9562, section 5.5."""
    digest = _SPACE.copy()
    digest.update(name.encode())
    text = digest.hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def report_uuid(key: str) -> str:
    """As `schemas.identity.report_uuid`."""
    return _uuid5(f"report:{key}")


@lru_cache(maxsize=64)
def receipt_uuid(origin: str) -> str:
    """As `schemas.identity.receipt_uuid`."""
    return _uuid5(f"receipt:{origin}")


def letter_uuid(origin: str) -> str:
    """As `schemas.identity.letter_uuid`."""
    return _uuid5(f"letter:{origin}")


def timer_uuid(inbox: str, key: str, name: str, due: int) -> str:
    """As `schemas.identity.timer_uuid`."""
    return _uuid5(f"timer:{inbox}|{key}|{name}|{due}")


def proposal_uuid(first: str, second: str) -> str:
    """As `schemas.identity.proposal_uuid`, of two report UUIDs as text."""
    return _uuid5(f"incident:{min(first, second)}|{max(first, second)}")


@lru_cache(maxsize=64)
def second(since_1970: int) -> str:
    """Seconds since 1970 as RFC 3339 in UTC, without the letter at its end."""
    return datetime.fromtimestamp(since_1970, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=1_024)
def utc(milliseconds: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{second(seconds)}.{rest:03d}Z"

"""Sending a batch of reports over a bad line: when to try again, when to stop, and what the centre made of each report."""

import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from streams.cli.failures import Exit, Failure

if TYPE_CHECKING:
    import httpx

NDJSON = "application/x-ndjson"
# What the gateway may answer when the same batch will be taken later: timeouts, the first attempt still at work, too many, failing parts.
LATER = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch.

    `answered`: one receipt for each report, in order. `refused`: the batch as a whole was read and not taken. `unsent`: not known to be
    taken; the same batch with the same key can be sent again at any time. `forbidden`: the token does not allow it.
    """

    kind: Literal["answered", "refused", "unsent", "forbidden"]
    receipts: tuple[dict[str, Any], ...] = ()
    detail: str = ""
    problems: tuple[dict[str, Any], ...] = ()


def post_batch(
    client: "httpx.Client",
    bodies: list[bytes],
    key: str,
    *,
    patience: float,
    parameters: dict[str, str],
    on_retry: Callable[[str, float], None] | None = None,
) -> Outcome:
    """Send one batch until it is answered or `patience` (seconds) is over, always with the same Idempotency-Key.

    Waits as `Retry-After` says, else longer each time, at random, so that many agencies do not come back at once.
    """
    import httpx

    deadline, attempt = time.monotonic() + patience, 0
    headers = {"Content-Type": NDJSON, "Idempotency-Key": key}
    while True:
        wait: float | None = None
        try:
            response = client.post("/v1/reports", content=b"\n".join(bodies), headers=headers, params=parameters)
        except httpx.TransportError as error:
            why = "no answer in time" if isinstance(error, httpx.TimeoutException) else "no connection"
        else:
            if response.status_code not in LATER:
                return _outcome(response, len(bodies))
            why = _detail(response) or f"the centre answered {response.status_code}"
            wait = retry_after(response.headers.get("Retry-After"))
        attempt += 1
        pause = wait if wait is not None else random.uniform(0.5, 1.0) * min(0.5 * 2**attempt, 30.0)
        if time.monotonic() + pause > deadline:
            return Outcome("unsent", detail=why + (f"; it asks to come again in {wait:.0f} s" if wait else ""))
        if on_retry:
            on_retry(why, pause)
        time.sleep(pause)


def retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header: a number or a date (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    with contextlib.suppress(ValueError):
        return max(0.0, float(int(value)))
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return None


def _body(response: "httpx.Response") -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        found = response.json()
        return found if isinstance(found, dict) else {}
    return {}


def _detail(response: "httpx.Response") -> str:
    said = _body(response)
    return str(said.get("detail") or said.get("title") or "")


def _outcome(response: "httpx.Response", count: int) -> Outcome:
    said = _body(response)
    receipts = said.get("receipts")
    if isinstance(receipts, list) and (response.status_code in (202, 422)):
        if len(receipts) != count:
            raise Failure(
                f"the centre answered {len(receipts)} receipts for {count} reports",
                "tell the centre; the reports are kept",
                Exit.UNREACHABLE,
            )
        return Outcome("answered", tuple(receipts))
    detail = _detail(response) or f"the centre answered {response.status_code}"
    if response.status_code in (401, 403):
        return Outcome("forbidden", detail=detail)
    if response.status_code in (400, 413, 415, 422):
        return Outcome("refused", detail=detail, problems=tuple(said.get("problems") or ()))
    raise Failure(
        f"{detail} ({response.status_code})", "check that the address is the centre's gateway; the reports are kept", Exit.UNREACHABLE
    )

"""What becomes of a record that is refused: a dead letter with its bytes, and a receipt that says what to mend.

A dead letter is handled as RED, for the sender and the steward (leak rule 6). Only headers that this system defines are kept in it:
any other may carry a secret of the sender's own software.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from schemas.problems import Problem
from schemas.receipts import StageName
from streams.engine.effects import Emit, Headers, Record
from streams.stages.naming import letter_uuid, receipt_uuid, utc

KEPT_VALUE_BYTES = 524_288
KEPT_KEY_BYTES = 16_384
MAX_PROBLEMS = 20
ORIGIN_HEADER = "ric_origin"
"""On a decision in `reports.enriched`: the origin of the raw decision, which its schema has no field for."""

_KEPT_HEADER = re.compile(r"ce_[a-z0-9]{1,40}|content-type|traceparent|ric_agency|ric_person")
_AGENCY = re.compile(r"[A-Z]{2,8}(-[A-Z0-9]{2,12}){0,2}")
_PERSON = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")


class Sender(NamedTuple):
    """Who sent a record, by the gateway's headers or by the inbound topic; None where neither says it credibly."""

    agency: str | None
    person: str | None = None


class Named(NamedTuple):
    """The report that a refusal is about, as far as it could be read."""

    originator: str | None = None
    report_id: str | None = None
    revision: int | None = None


NOTHING_NAMED = Named()


class Refused(Exception):
    """A record is refused, for these problems."""

    def __init__(self, problems: Sequence[Problem], named: Named = NOTHING_NAMED) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.reason}" for problem in problems))
        self.problems = tuple(problems)
        self.named = named


def agency(text: str | None) -> str | None:
    """The text where it is a well-formed agency code, else None."""
    return text if text is not None and _AGENCY.fullmatch(text) else None


def person(text: str | None) -> str | None:
    """The text where it is a well-formed sign-in name, else None."""
    return text if text is not None and _PERSON.fullmatch(text) else None


def named(report: object) -> Named:
    """What a decoded but perhaps invalid report says of its own identity."""
    if not isinstance(report, dict):
        return NOTHING_NAMED
    handling, report_id, revision = report.get("handling"), report.get("report_id"), report.get("revision", 1)
    originator = handling.get("originator") if isinstance(handling, dict) else None
    return Named(
        agency(originator) if isinstance(originator, str) else None,
        report_id if isinstance(report_id, str) and _CODE.fullmatch(report_id) else None,
        revision if type(revision) is int and 1 <= revision <= 1_000_000 else None,
    )


def unprocessable(reason: str | None = None) -> Problem:
    """What is said of a poison record; the engine's reason is for the dead letter alone."""
    what = "the centre could not process this record"
    return Problem(
        field="(whole report)",
        reason=f"{what}: {reason}"[:400] if reason else what,
        mend="the centre keeps it and sends it through again once the fault is mended; its steward knows the receipt",
    )


def receipt(origin: str, sender: Sender, at: int, status: str, about: Named, **more: Any) -> bytes:
    """One `Receipt` as JSON; the sender's agency is known. `more` adds `stands`, `problems`, `findings`."""
    return orjson.dumps(
        {
            "receipt": receipt_uuid(origin),
            "origin": origin,
            "agency": sender.agency,
            "person": sender.person,
            "status": status,
            "originator": about.originator,
            "report_id": about.report_id,
            "revision": about.revision,
            **more,
            "at": utc(at),
        }
    )


def headers_kept(headers: Iterable[tuple[str, bytes | None]]) -> list[tuple[str, str]]:
    """The headers that a dead letter keeps, at most 40 of 400 characters."""
    return [
        (name, value.decode("utf-8", "replace")[:400]) for name, value in headers if value is not None and _KEPT_HEADER.fullmatch(name)
    ][:40]


def refuse(
    record: Record,
    stage: StageName,
    sender: Sender,
    problems: Sequence[Problem],
    *,
    about: Named = NOTHING_NAMED,
    origin: str | None = None,
    value: bytes | None = None,
    headers: Headers | None = None,
    told: Sequence[Problem] | None = None,
) -> list[Emit]:
    """Dead letter, and a receipt where the sender is known.

    `origin`, `value` and `headers` are those of the raw record where `record` is one of the centre's own; `told` are the receipt's
    problems where they must say less than the letter's.
    """
    origin = origin or record.origin
    value = (record.value or b"") if value is None else value
    spelled = [problem.model_dump() for problem in problems[:MAX_PROBLEMS]]
    letter = {
        "letter": letter_uuid(origin),
        "origin": origin,
        "stage": stage,
        "agency": sender.agency,
        "person": sender.person,
        "problems": spelled,
        "key_base64": None if record.key is None else b64encode(record.key[:KEPT_KEY_BYTES]).decode(),
        "value_base64": b64encode(value[:KEPT_VALUE_BYTES]).decode(),
        "headers": headers_kept(record.headers if headers is None else headers),
        "value_bytes": len(value),
        "at": utc(record.at),
    }
    emits = [Emit("reports.rejected", origin.encode(), orjson.dumps(letter), partition=record.partition)]
    if sender.agency is not None:
        if told is not None:
            spelled = [problem.model_dump() for problem in told]
        answer = receipt(origin, sender, record.at, "rejected", about, problems=spelled)
        emits.append(Emit("receipts", receipt_uuid(origin).encode(), answer, partition=record.partition))
    return emits

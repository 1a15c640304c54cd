"""A request body as the reports in it, each with its bytes exactly as sent: digests are over numbers as written.

One report, a list, NDJSON, one CloudEvent in structured mode, or a batch of them (CloudEvents 1.0, HTTP binding, sections 3.2 and 3.3).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from schemas.channels import KIND_CHANNELS
from schemas.envelope import EventAttributes, event_type
from schemas.problems import Problem, problems
from schemas.report import report_key
from schemas.reports import MAX_REPORT_BYTES, Report, read_report, report_kind

MAX_REPORTS = 10_000
JSON_TYPES = frozenset({"application/json"})
NDJSON_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
EVENT_TYPES = frozenset({"application/cloudevents+json"})
EVENT_BATCH_TYPES = frozenset({"application/cloudevents-batch+json"})
MEDIA_TYPES = JSON_TYPES | NDJSON_TYPES | EVENT_TYPES | EVENT_BATCH_TYPES
BULK = "reports.bulk"

_DECODER = json.JSONDecoder()
_LINE = re.compile(rb"\S[^\r\n]*")
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")


class Unreadable(ValueError):
    """The body as a whole is not what its content type says. `problem` has field, reason and mend."""

    def __init__(self, field: str, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.problem = Problem(field=field, reason=reason, mend=mend)


class TooMany(ValueError):
    """More than `MAX_REPORTS` in one call."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One report as sent: `raw` is the report alone, or a whole event where `event` is set."""

    raw: bytes
    event: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One report, read: what is sent on to Kafka, and what is wrong with it.

    `channel` and `key` say where it goes; a key of None where the identity cannot be read. `attributes` are those of its
    CloudEvent, the type always. `event`: `value` is a whole event in structured mode, refused as such. The model itself is not
    kept: it is ten times the bytes.
    """

    value: bytes
    channel: str = BULK
    key: str | None = None
    originator: str | None = None
    report_id: str | None = None
    revision: int | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    event: bool = False
    problems: tuple[Problem, ...] = ()


def pieces(media_type: str, body: bytes) -> Iterator[Piece]:
    """The reports in a body, one by one. Raises Unreadable where the body breaks off being JSON, TooMany past the limit."""
    for count, piece in enumerate(_pieces(media_type, body)):
        if count == MAX_REPORTS:
            raise TooMany
        yield piece


def _pieces(media_type: str, body: bytes) -> Iterator[Piece]:
    if media_type in NDJSON_TYPES:
        # One at a time: a list of all lines is many times the body, and blank ones have no limit.
        for line in _LINE.finditer(body):
            yield Piece(line[0])
        return
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("(whole body)", f"byte {error.start} is not UTF-8", "save or send the text as UTF-8") from error
    start = _skip(text, 0)
    if start == len(text):
        raise Unreadable("(whole body)", "the body is empty", "send one report as a JSON object, a list, or one a line")
    event = media_type in EVENT_TYPES | EVENT_BATCH_TYPES
    if text[start] != "[":
        yield Piece(body.removeprefix(b"\xef\xbb\xbf").strip(), event)
        return
    if media_type in EVENT_TYPES:
        raise Unreadable("(whole body)", "a list of events has another content type", "send application/cloudevents-batch+json")
    for raw in _elements(text, start):
        yield Piece(raw.encode(), event)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _element_end(text: str, at: int) -> int:
    try:
        return _DECODER.raw_decode(text, at)[1]
    except RecursionError as error:
        raise Unreadable("(whole body)", "the JSON is nested too deeply", "send reports as the schema says") from error
    except ValueError as error:
        place = getattr(error, "pos", at)
        raise Unreadable("(whole body)", f"the JSON breaks off at character {place}", "send a list of JSON objects in UTF-8") from error


def _elements(text: str, start: int) -> Iterator[str]:
    at = _skip(text, start + 1)
    if text[at : at + 1] == "]":
        raise Unreadable("(whole body)", "the list is empty", "send at least one report")
    while True:
        end = _element_end(text, at)
        yield text[at:end]
        at = _skip(text, end)
        separator = text[at : at + 1]
        if separator == "]":
            if _skip(text, at + 1) != len(text):
                raise Unreadable("(whole body)", "something follows the list", "send one list")
            return
        if separator != ",":
            raise Unreadable("(whole body)", f"the JSON breaks off at character {at}", "separate the reports by commas, end with ]")
        at = _skip(text, at + 1)


def read_item(piece: Piece, lane: str) -> Item:
    """Validate one piece. Nothing raises: what is wrong is in `problems`, and the bytes go on so that a dead letter keeps them."""
    if len(piece.raw) > MAX_REPORT_BYTES:
        too_large = Problem(
            field="(whole report)", reason=f"it has {len(piece.raw)} bytes, the limit is {MAX_REPORT_BYTES}", mend="split it"
        )
        return Item(piece.raw[: 2 * MAX_REPORT_BYTES], problems=(too_large,))
    if piece.event or (b'"specversion"' in piece.raw and "specversion" in _members(piece.raw)):
        return _read_event(piece.raw, lane)
    try:
        report = read_report(piece.raw)
    except ValidationError as error:
        channel, key = _peek(piece.raw, lane)
        return Item(piece.raw, channel, key, problems=tuple(problems(error)))
    return _accepted(piece.raw, report, lane, {"type": event_type(report)})


def _read_event(raw: bytes, lane: str) -> Item:
    members = _members(raw)
    data = members.pop("data", None)
    try:
        given = {name: json.loads(value) for name, value in members.items()}
        attributes = EventAttributes.model_validate_json(json.dumps(given))
    except (ValidationError, ValueError, RecursionError) as error:
        found = tuple(problems(error)) if isinstance(error, ValidationError) else (_no_object(),)
        return Item(raw, event=True, problems=found)
    if data is None:
        return Item(raw, event=True, problems=(Problem(field="data", reason="Field required", mend="put the report into data"),))
    try:
        report = read_report(data)
    except ValidationError as error:
        inside = tuple(Problem(field=f"data.{one.field}"[:400], reason=one.reason, mend=one.mend) for one in problems(error))
        return Item(raw, event=True, problems=inside)
    if attributes.type != event_type(report):
        mismatch = Problem(field="type", reason=f"it names another kind than data.kind, {report.kind}", mend=f"write {event_type(report)}")
        return Item(raw, event=True, problems=(mismatch,))
    return _accepted(data, report, lane, {name: str(value) for name, value in given.items() if value is not None})


def _no_object() -> Problem:
    return Problem(field="(whole report)", reason="it is not one JSON object", mend="send one JSON object in UTF-8")


def _accepted(value: bytes, report: Report, lane: str, attributes: dict[str, str]) -> Item:
    originator = report.handling.originator
    channel = BULK if lane == "bulk" else KIND_CHANNELS[report_kind(report)]
    return Item(value, channel, report_key(originator, report.report_id), originator, report.report_id, report.revision, attributes)


def _peek(raw: bytes, lane: str) -> tuple[str, str | None]:
    """Where a report that is not valid goes: to its kind's topic, and to its key's partition, where these can be read."""
    channel, key = BULK, None
    try:
        found: Any = json.loads(raw)
        kind = found.get("withdraws") if found.get("kind") == "withdrawal" else found.get("kind")
        if lane != "bulk":
            channel = KIND_CHANNELS.get(kind, BULK)
        originator, report_id = found["handling"]["originator"], found["report_id"]
        if _PLAIN_CODE.fullmatch(originator) and _PLAIN_CODE.fullmatch(report_id):
            key = report_key(originator, report_id)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return channel, key
    return channel, key


def _members(raw: bytes) -> dict[str, bytes]:
    """The members of one JSON object, each value as written. Empty where it is no JSON object."""
    try:
        text = raw.decode()
        at = _skip(text, 0)
        members: dict[str, bytes] = {}
        if text[at : at + 1] != "{":
            return {}
        at = _skip(text, at + 1)
        while text[at : at + 1] == '"':
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, at)
            if text[at : at + 1] != ":":
                return {}
            start = _skip(text, at + 1)
            _, end = _DECODER.raw_decode(text, start)
            members[name] = text[start:end].encode()
            at = _skip(text, end)
            if text[at : at + 1] == "}":
                return members if _skip(text, at + 1) == len(text) else {}
            if text[at : at + 1] != ",":
                return {}
            at = _skip(text, at + 1)
    except (ValueError, RecursionError):
        return {}
    return {}

"""Intake and enrichment in one stateless pass: raw records in, `reports.enriched` or a refusal out.

The sender is never what the report says: on the gateway's topics it is what the gateway read from the checked token, on an inbound
topic it is the topic's own agency, and `ric_` headers there mean nothing.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.channels import KIND_CHANNELS
from schemas.envelope import TYPE_PREFIX, EventAttributes, kafka_attributes
from schemas.problems import Problem, problems
from schemas.records import Decision
from schemas.report import report_key
from streams.engine.effects import Effect, Emit, Record, Stage, State
from streams.reference.load import Reference
from streams.reference.watching import Watches
from streams.stages.enrich import enrich, occurred
from streams.stages.naming import second, utc
from streams.stages.opening import about
from streams.stages.reading import Read, canonical, decode, exact, read, refused
from streams.stages.refusal import ORIGIN_HEADER, Refused, Sender, agency, named, person, refuse, unprocessable
from streams.stages.watching import CHANNEL

INBOUND = "inbound.{agency}"
BULK = "reports.bulk"
DECISIONS = "decisions"
INBOX = (*KIND_CHANNELS.values(), BULK, INBOUND, DECISIONS)
CLOCK_SLACK_MS = 24 * 3_600_000


def stage(reference: Callable[[], Reference], watches: Watches | None = None) -> Stage:
    """The stage; `reference` gives the process's reference data, `watches` what live deliveries have under watch."""
    watches = Watches() if watches is None else watches
    tables = {CHANNEL: watches}
    return Stage("intake", INBOX, partial(decide, reference, watches), poisoned, bulk=(BULK,), tables=tables, sender=agency_of)


def agency_of(record: Record) -> str | None:
    """The agency that sent a raw record, None where nothing says so credibly."""
    return sender_of(record).agency


def sender_of(record: Record) -> Sender:
    """Who sent a raw record, by the topic or by the gateway's headers."""
    if record.channel == INBOUND:
        return Sender(agency(record.topic.partition(".inbound.")[2]))
    by_agency = by_person = None
    for name, value in record.headers:
        # The last one of a name counts, as in `Record.header`.
        if name == "ric_agency":
            by_agency = value
        elif name == "ric_person":
            by_person = value
    return _signed_in(by_agency, by_person)


@lru_cache(maxsize=4_096)
def _signed_in(by_agency: bytes | None, by_person: bytes | None) -> Sender:
    return Sender(
        agency(None if by_agency is None else by_agency.decode("utf-8", "replace")),
        person(None if by_person is None else by_person.decode("utf-8", "replace")),
    )


def decide(reference: Callable[[], Reference], watches: Watches, record: Record, state: State) -> list[Effect]:
    """What becomes of one raw record."""
    sender = sender_of(record)
    try:
        if record.channel == DECISIONS:
            return [_decision(record)]
        return [_report(reference(), watches, record, sender)]
    except Refused as refusal:
        return [*refuse(record, "intake", sender, refusal.problems, about=refusal.named)]


def poisoned(record: Record, reason: str) -> list[Effect]:
    """The dead letter and receipt of a record that the stage could not take."""
    return [*refuse(record, "intake", sender_of(record), [unprocessable(reason)], told=[unprocessable()])]


def _report(reference: Reference, watches: Watches, record: Record, sender: Sender) -> Emit:
    if sender.agency is None:
        raise refused("sender", "the record names no sender", "publish through the gateway, or to the agency's own inbound topic")
    data = decode(record.value)
    structured = record.channel == INBOUND and _structured(record, data)
    if structured:
        event, found = _from_event(record.value or b"", data)
    else:
        event = _attributes(kafka_attributes(record.headers), "ce_", data)
        found = read(record.value or b"", data)
    wrong = _mistyped(event, found.data, structured) or _wrong(reference, record, sender, found.data, "data." if structured else "")
    if wrong is not None:
        raise Refused([wrong], named(found.data))
    report, enrichment = found.data, enrich(found.data, reference)
    who, noted = {"agency": sender.agency, "person": sender.person}, about(report, enrichment)
    # An import tells of years ago: a name in it is no news to anybody who follows a lorry now.
    if watched := watches.found(report, enrichment, who, warning=record.channel != BULK):
        noted["watched"] = watched
    value = orjson.dumps(
        {
            "type": "report",
            "origin": record.origin,
            "received": utc(record.at),
            "sender": who,
            "lane": "bulk" if record.channel == BULK else "live",
            "event": event,
            "digest": found.digest,
            "about": noted,
            "enrichment": enrichment,
            # Last, and byte for byte as sent: the next stage copies it without reading it again.
            "report": orjson.Fragment(found.body),
        }
    )
    key = report_key(report["handling"]["originator"], report["report_id"]).encode()
    # What the gateway keyed lies in its key's partition, which has the same number in every keyed topic: one batch stays one batch.
    return Emit("reports.enriched", key, value, partition=record.partition if record.key == key and record.channel != INBOUND else None)


def _structured(record: Record, data: dict[str, Any]) -> bool:
    media = (record.header("content-type") or "").partition(";")[0].strip().lower()
    if media == "application/cloudevents-batch+json":
        raise refused("(whole report)", "a batch of events in one record", "send one event a record")
    return media == "application/cloudevents+json" or "specversion" in data


def _from_event(body: bytes, event: dict[str, Any]) -> tuple[dict[str, str], Read]:
    """Attributes and report of a structured-mode event (CloudEvents 1.0, JSON event format, section 3)."""
    data = event.get("data")
    attributes = _attributes({name: value for name, value in event.items() if name != "data" and value is not None}, "", data)
    if not isinstance(data, dict):
        raise refused("data", "there is no report in the event", "put the report into data, as a JSON object")
    inner = orjson.dumps(data if orjson.dumps(event) == body else exact(body)["data"])
    return attributes, read(inner, data, "data.")


def _attributes(attributes: dict[str, Any], prefix: str, report: object) -> dict[str, str]:
    if attributes:
        try:
            EventAttributes.model_validate(attributes)
        except ValidationError as error:
            found = [problem.model_copy(update={"field": prefix + problem.field}) for problem in problems(error)]
            raise Refused(found, named(report)) from None
    return attributes


def _mistyped(event: dict[str, str], report: dict[str, Any], structured: bool) -> Problem | None:
    kind = event.get("type")
    expected = f"{TYPE_PREFIX}{report['kind']}.v1"
    if kind is None or kind == expected:
        return None
    reason = f"the event's type is {kind}, the report's kind is {report['kind']}"
    return Problem(field="type" if structured else "ce_type", reason=reason, mend=f"send {expected}")


def _wrong(reference: Reference, record: Record, sender: Sender, report: dict[str, Any], prefix: str) -> Problem | None:
    """What the schema cannot say: the first thing wrong with a valid report in this place, from this sender, at this time."""
    travels = report.get("withdraws") or report["kind"]
    if record.channel not in (INBOUND, BULK) and KIND_CHANNELS[travels] != record.channel:
        return Problem(
            field=f"{prefix}kind", reason=f"{travels} does not belong on {record.channel}", mend=f"send it to {KIND_CHANNELS[travels]}"
        )
    originator = report["handling"]["originator"]
    if originator != sender.agency and not reference.agencies.may_publish(sender.agency or "", originator):
        return Problem(
            field=f"{prefix}handling.originator",
            reason=f"{sender.agency} may not publish for {originator}",
            mend=f"put {sender.agency} there, or ask the centre to let {sender.agency} publish for {originator}",
        )
    latest = record.at + CLOCK_SLACK_MS
    mend = "check the date, and the clock of the sending computer: 24 hours ahead is the most"
    if datetime.fromisoformat(report["issued"]).timestamp() * 1000 > latest:
        return Problem(field=f"{prefix}issued", reason="the report was issued in the future", mend=mend)
    happened = report.get("occurred")
    # Both are UTC in one form: to the second, they compare as text.
    if happened is not None and occurred(happened)["start"][:19] > second(latest // 1000):
        return Problem(field=f"{prefix}occurred", reason="the event lies in the future", mend=mend)
    return None


def _decision(record: Record) -> Emit:
    """A human decision, re-keyed into the reports' inbox as it came."""
    data = decode(record.value)
    try:
        decision = Decision.model_validate_json(record.value or b"", strict=True)
    except ValidationError as error:
        raise Refused(problems(error)) from None
    canonical(record.value or b"", data)
    for header, field, said in (("ric_agency", "by_agency", decision.by_agency), ("ric_person", "by", decision.by)):
        by_token = record.header(header)
        if by_token is not None and by_token != said:
            raise refused(
                field, "the decision names another than the one who signed in", "send the decision in the name of the one who decides"
            )
    headers = ((ORIGIN_HEADER, record.origin.encode()),)
    return Emit("reports.enriched", report_key(decision.originator, decision.report_id).encode(), record.value, headers)

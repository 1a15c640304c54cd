"""Records to rows: pure. A row type's name and fields are its table's and columns'."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from schemas.identity import delivery_uuid, receipt_uuid
from streams.store import rooms
from streams.store.folding import fold, number_key
from streams.store.summary import kind, substances, summarise
from streams.store.visibility import facts

MAX_SEARCH_TEXT = 40_000
"""Characters; what is named comes first, so that only the end of a long narrative is lost to search."""
MAX_INDEXED = 200
"""Characters of a value in a btree or GIN index, which take about 2 700 bytes; folding can make a text longer."""

Json = Mapping[str, Any]


class Reports(NamedTuple):
    """The standing state of one report, to be kept where `version` is not smaller."""

    report_uuid: str
    version: int
    kind: str
    originator: str
    report_id: str
    revision: int
    withdrawn: bool
    tlp: str
    recipients: list[str]
    countries: list[str]
    held: bool
    embargo_until: object
    hold: str | None
    guarded_for: list[str] | None
    received: str
    occurred_start: str
    occurred_end: str
    country: str | None
    lat: float | None
    lon: float | None
    substances: list[str]
    search_text: str


class Revisions(NamedTuple):
    """One revision; `disposition` is the change that brought it: applied, history or withdrawn."""

    report_uuid: str
    revision: int
    version: int
    disposition: str
    received: str
    receipt: UUID
    digest: str
    sender: str
    summary: str
    report: str
    enrichment: str | None


class ReportSubstances(NamedTuple):
    """One substance recognised in the standing revision, with all of its kg-equivalents together."""

    report_uuid: str
    version: int
    slug: str
    name: str
    group_name: str
    kg: Decimal | None


class ReportIdentifiers(NamedTuple):
    """One number named by the standing revision; `number` is the value as compared."""

    report_uuid: str
    version: int
    field: str
    kind: str
    key: str
    number: str
    valid: bool | None
    strong: bool


class Receipts(NamedTuple):
    """One receipt."""

    receipt: str
    agency: str
    status: str
    originator: str | None
    report_id: str | None
    at: str
    body: str


class Rejected(NamedTuple):
    """One dead letter; `body` is all but the bytes."""

    letter: str
    agency: str | None
    at: str
    body: str
    key_base64: str | None
    value_base64: str | None


class Incidents(NamedTuple):
    """One proposal; `at` is the broker's time of the record in milliseconds since 1970, as the column's timestamp."""

    proposal: str
    version: int
    first: str
    second: str
    status: str
    at: str
    body: str


class Deliveries(NamedTuple):
    """What stands of one controlled delivery."""

    delivery_uuid: UUID
    version: int
    delivery: str
    open: bool
    agencies: list[str]
    named: list[str]
    members: list[str]
    body: str


class DeliveryForms(NamedTuple):
    """The request form of one controlled delivery."""

    delivery_uuid: UUID
    version: int
    body: str


class DeliveryEvents(NamedTuple):
    """One line of a timeline; `restricted`: it is for an audience, and numbered among such lines alone."""

    delivery_uuid: UUID
    restricted: bool
    number: int
    received: str
    audience: list[str] | None
    body: str


class Conflicts(NamedTuple):
    """Two deliveries, `first` and `second`, that come near each other, or did."""

    conflict: str
    version: int
    first: UUID
    second: UUID
    open: bool
    body: str


class Duty(NamedTuple):
    """One item that somebody answers for, or one officer's shift."""

    key: str
    number: int
    open: bool
    body: str


class DirectoryEntries(NamedTuple):
    """What stands under one key of the directory."""

    key: str
    number: int
    authority: str
    country: str | None
    body: str


class DirectoryChanges(NamedTuple):
    """One change under one key of the directory."""

    key: str
    number: int
    body: str


Row = (
    Reports | Revisions | ReportSubstances | ReportIdentifiers | Receipts | Rejected | Incidents
    | Deliveries | DeliveryForms | DeliveryEvents | Conflicts | Duty | DirectoryEntries | DirectoryChanges
)  # fmt: skip


def of_report(current: Json, at: str) -> Iterator[Row]:
    """A CurrentReport. A late revision changes only the history; a hold or release only the standing state."""
    change = current["change"]
    if change in ("applied", "history", "withdrawn"):
        yield _revision(current)
    if change != "history":
        yield _standing(current)
        yield from _substances(current)
        yield from _identifiers(current)


def of_receipt(receipt: Json, at: str) -> Iterator[Row]:
    """A Receipt."""
    yield Receipts(
        receipt=receipt["receipt"],
        agency=receipt["agency"],
        status=receipt["status"],
        originator=receipt.get("originator"),
        report_id=receipt.get("report_id"),
        at=receipt["at"],
        body=_json(receipt),
    )


def of_letter(letter: Json, at: str) -> Iterator[Row]:
    """A DeadLetter."""
    body = {name: value for name, value in letter.items() if name not in ("key_base64", "value_base64")}
    yield Rejected(letter["letter"], letter.get("agency"), letter["at"], _json(body), letter.get("key_base64"), letter.get("value_base64"))


def of_incident(proposal: Json, at: str) -> Iterator[Row]:
    """An IncidentProposal; `at` is the broker's time, RFC 3339."""
    yield Incidents(proposal["proposal"], proposal["order"], proposal["first"], proposal["second"], proposal["status"], at, _json(proposal))


def of_delivery(told: Json, at: str) -> Iterator[Row]:
    """A DeliverySnapshot or a DeliveryForm."""
    uuid = delivery_uuid(told["delivery"])
    if told["type"] == "form":
        yield DeliveryForms(uuid, told["version"], _json(told))
        return
    visibility = told["visibility"]
    yield Deliveries(
        delivery_uuid=uuid,
        version=told["version"],
        delivery=told["delivery"],
        open=rooms.is_open(told),
        agencies=list(visibility["agencies"]),
        named=rooms.named_agencies(visibility),
        members=list(visibility["members"]),
        body=_json(told),
    )


def of_event(event: Json, at: str) -> Iterator[Row]:
    """A DeliveryEvent."""
    audience = rooms.audience_names(event.get("audience"))
    yield DeliveryEvents(delivery_uuid(event["delivery"]), audience is not None, event["number"], event["received"], audience, _json(event))


def of_conflict(told: Json, at: str) -> Iterator[Row]:
    """A Conflict."""
    first, second = delivery_uuid(told["first"]), delivery_uuid(told["second"])
    yield Conflicts(told["conflict"], told["order"], first, second, told["open"], _json(told))


def of_duty(told: Json, at: str) -> Iterator[Row]:
    """A DutyItem or a DutyOfficer."""
    officer = told["type"] == "officer"
    yield Duty(f"officer/{told['person']}" if officer else told["item"], told["number"], told["on" if officer else "open"], _json(told))


def of_directory(told: Json, at: str) -> Iterator[Row]:
    """A DirectoryStanding or a DirectoryChange."""
    if told["type"] == "change":
        yield DirectoryChanges(told["key"], told["number"], _json(told))
        return
    entry = told["entry"]
    yield DirectoryEntries(told["key"], told["number"], told["authority"], entry["country"] if entry else None, _json(told))


ROWS: Mapping[str, Callable[[Json, str], Iterator[Row]]] = {
    "reports.current": of_report,
    "receipts": of_receipt,
    "reports.rejected": of_letter,
    "incidents": of_incident,
    "deliveries.current": of_delivery,
    "deliveries.events": of_event,
    "deliveries.conflicts": of_conflict,
    "duty.current": of_duty,
    "directory.current": of_directory,
}
"""By channel: what a record's value, decoded, and its broker time become."""


def _standing(current: Json) -> Reports:
    seen = facts(current)
    report, enrichment = current["report"], current.get("enrichment") or {}
    occurred = enrichment.get("occurred") or {"start": current["received"], "end": current["received"]}
    place = enrichment.get("place") or {}
    hold = current.get("hold")
    return Reports(
        report_uuid=current["report_uuid"],
        version=current["version"],
        kind=kind(current),
        originator=seen.originator,
        report_id=report["report_id"],
        revision=current["current_revision"],
        withdrawn=bool(current.get("withdrawn", False)),
        tlp=seen.tlp,
        recipients=list(seen.recipients),
        countries=list(seen.countries),
        held=seen.held,
        embargo_until=seen.embargo_until,
        hold=None if hold is None else _json(hold),
        guarded_for=None if seen.guarded_for is None else list(seen.guarded_for),
        received=current["received"],
        occurred_start=occurred["start"],
        occurred_end=occurred["end"],
        country=place.get("country"),
        lat=place.get("lat"),
        lon=place.get("lon"),
        substances=_substance_keys(report, enrichment),
        search_text=search_text(report, enrichment),
    )


def _revision(current: Json) -> Revisions:
    enrichment = current.get("enrichment")
    return Revisions(
        report_uuid=current["report_uuid"],
        revision=current["revision"],
        version=current["version"],
        disposition=current["change"],
        received=current["received"],
        receipt=receipt_uuid(current["origin"]),
        digest=current["digest"],
        sender=_json(current["sender"]),
        summary=_json(summarise(current)),
        report=_json(current["report"]),
        enrichment=None if enrichment is None else _json(enrichment),
    )


def _substance_keys(report: Json, enrichment: Json) -> list[str]:
    """What `substance=` finds: slug, canonical name and name as reported, folded."""
    keys = {fold(named["name"]) for _, named in substances(report)}
    for found in enrichment.get("substances", ()):
        keys |= {found["slug"], fold(found["name"])}
    return sorted({key[:MAX_INDEXED] for key in keys})


def _substances(current: Json) -> Iterator[ReportSubstances]:
    found: dict[str, ReportSubstances] = {}
    for one in (current.get("enrichment") or {}).get("substances", ()):
        before = found.get(one["slug"])
        parts = [kg for kg in (before and before.kg, one.get("kg") and Decimal(one["kg"])) if kg is not None]
        found[one["slug"]] = ReportSubstances(
            current["report_uuid"], current["version"], one["slug"], one["name"], one["group"], sum(parts, Decimal()) if parts else None
        )
    yield from found.values()


def _identifiers(current: Json) -> Iterator[ReportIdentifiers]:
    """The numbers found, and the report's own, so that one look-up finds both."""
    report_id = current["report"]["report_id"]
    yield ReportIdentifiers(
        current["report_uuid"], current["version"], "report_id", "report", f"report:{current['key']}", number_key(report_id), None, False
    )
    for found in (current.get("enrichment") or {}).get("identifiers", ()):
        yield ReportIdentifiers(
            report_uuid=current["report_uuid"],
            version=current["version"],
            field=found["field"],
            kind=found["kind"],
            key=_plain(found["key"])[:MAX_INDEXED],
            number=number_key(found["value"])[:MAX_INDEXED],
            valid=found.get("valid"),
            strong=bool(found.get("strong", False)),
        )


_NAMED = frozenset({
    "title", "name", "names", "locality", "crossing", "subdivision", "unlocode", "airport",
    "number", "registration", "vin", "imo", "mmsi", "imei",
    "service_number", "serial", "make", "seals", "groups", "delivery_ref", "thread",
    "report_id", "originator", "laboratory", "institution", "subject", "birthplace", "address",
})  # fmt: skip
_TOLD = frozenset({"narrative", "summary", "request", "reason", "description", "declared_goods", "concealment", "method"})
_UNSAID = frozenset({"handling", "attachments", "correction"})


def search_text(report: Json, enrichment: Json) -> str:
    """What free text finds, folded and beginning with a space: names, numbers and places first, then what is told."""
    named: list[str] = []
    told: list[str] = []
    _collect(report, named, told)
    for found in enrichment.get("names", ()):
        named.append(found["latin"])
    for found in enrichment.get("substances", ()):
        named.append(found["name"])
    for found in enrichment.get("locations", ()):
        named += filter(None, (found.get("name"), found.get("code")))
    for found in enrichment.get("identifiers", ()):
        named.append(number_key(found["value"]))
    return " " + fold(" ".join(dict.fromkeys(named + told)))[:MAX_SEARCH_TEXT]


def _collect(value: Json, named: list[str], told: list[str]) -> None:
    for field, inner in value.items():
        into = named if field in _NAMED else told if field in _TOLD else None
        if isinstance(inner, str):
            if into is not None:
                into.append(inner)
        elif isinstance(inner, Mapping):
            if field not in _UNSAID:
                _collect(inner, named, told)
        elif isinstance(inner, list) and field not in _UNSAID:
            for item in inner:
                if isinstance(item, Mapping):
                    _collect(item, named, told)
                elif into is not None and isinstance(item, str):
                    into.append(item)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _plain(text: str) -> str:
    """PostgreSQL's text keeps no NUL; a JSON column does, as an escape."""
    return text.replace("\x00", "")

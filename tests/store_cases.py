"""Records as the stages write them, for tests and benchmarks of the store."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import psycopg

from schemas.identity import proposal_uuid, receipt_uuid, report_uuid
from streams.store import rows
from streams.store.writing import prepare, write

Json = dict[str, Any]

RECEIVED = "2026-11-20T08:00:00Z"


def current(
    report_id: str = "2026-1",
    *,
    originator: str = "TJ-DCA",
    version: int = 1,
    revision: int = 1,
    change: str = "applied",
    tlp: str = "GREEN",
    recipients: tuple[str, ...] = (),
    countries: tuple[str, ...] = ("TJ",),
    embargo_until: str | None = None,
    hold: Json | None = None,
    guard: tuple[str, ...] | None = None,
    match_mode: str | None = None,
    current_revision: int | None = None,
    received: str = RECEIVED,
    occurred: str = "2026-11-19",
    place: Json | None = None,
    substances: tuple[Json, ...] = ({"slug": "heroin", "name": "Heroin", "group": "opioids", "kg": "2.5", "reported": "героин"},),
    identifiers: tuple[Json, ...] = (),
    names: tuple[Json, ...] = (),
    kind: str = "seizure",
    **report: Any,
) -> Json:
    """A CurrentReport. `substances` are enrichment with the name as `reported`; further keywords are fields of the report."""
    key = f"{originator}/{report_id}"
    withdrawn = change == "withdrawn"
    handling: Json = {"originator": originator, "tlp": tlp, "evaluation": {"scheme": "4x4", "source": "A", "information": "1"}}
    handling |= {"recipients": list(recipients)} if recipients else {}
    handling |= {"embargo_until": embargo_until} if embargo_until else {}
    handling |= {"match_mode": match_mode} if match_mode else {}
    body: Json = {"kind": kind, "report_id": report_id, "revision": revision, "handling": handling, "issued": received, **report}
    enrichment: Json | None = None
    if withdrawn:
        body |= {"kind": "withdrawal", "withdraws": kind, "reason": "entered in error"}
    else:
        body |= {"occurred": occurred, "substances": [{"name": found["reported"]} for found in substances]}
        enrichment = {
            "reference": "test",
            "occurred": {"start": f"{occurred}T00:00:00Z", "end": f"{occurred}T23:59:59Z", "precision": "day"},
            "place": place,
            "locations": [place] if place else [],
            "countries": list(countries),
            "substances": [{"field": f"substances[{n}].name", **found} for n, found in enumerate(substances)],
            "identifiers": list(identifiers),
            "names": list(names),
            "findings": [],
        }
    return {
        "report_uuid": str(report_uuid(key)),
        "key": key,
        "version": version,
        "change": change,
        "kind": kind,
        "revision": revision,
        "current_revision": revision if current_revision is None else current_revision,
        "withdrawn": withdrawn,
        "hold": hold,
        "origin": f"live.seizures/0/{report_id}/{revision}",
        "received": received,
        "at": received,
        "sender": {"agency": originator, "person": "n.rahimov"},
        "report": body,
        "enrichment": enrichment,
        "digest": f"digest-{report_id}-{revision}",
    } | ({"guard": {"for": list(guard)}} if guard is not None else {})


def uuid_of(record: Json) -> UUID:
    """The report's own id."""
    return UUID(record["report_uuid"])


def receipt(record: Json, *, agency: str | None = None, status: str = "accepted") -> Json:
    """The receipt for a CurrentReport."""
    return {
        "receipt": str(receipt_uuid(record["origin"])),
        "origin": record["origin"],
        "agency": agency or record["sender"]["agency"],
        "person": "n.rahimov",
        "status": status,
        "originator": record["report"]["handling"]["originator"],
        "report_id": record["report"]["report_id"],
        "revision": record["revision"],
        "problems": [],
        "findings": [],
        "at": record["received"],
    }


def incident(first: Json, second: Json, *, order: int = 2, status: str = "proposed") -> Json:
    """A proposal that two CurrentReports are one seizure."""
    low, high = sorted((first, second), key=lambda record: str(record["report_uuid"]))
    return {
        "proposal": str(proposal_uuid(uuid_of(first), uuid_of(second))),
        "first": low["report_uuid"],
        "second": high["report_uuid"],
        "first_key": low["key"],
        "second_key": high["key"],
        "status": status,
        "score": 0.9,
        "reasons": [{"reason": "the same container", "weight": 0.9}],
        "order": order,
        "decided_by": "rules/1",
    }


class Database:
    """One space, and records put into it as the projector does."""

    def __init__(self, url: str, space: str) -> None:
        self.url, self.space = url, space

    async def put(self, channel: str, records: Iterable[Json], *, one_by_one: bool = False) -> None:
        batches = [[record] for record in records] if one_by_one else [list(records)]
        options = f'-c search_path="{self.space}",public'
        async with await psycopg.AsyncConnection[tuple[Any, ...]].connect(self.url, options=options) as connection:
            await prepare(connection)
            for batch in batches:
                await write(connection, [row for record in batch for row in rows.ROWS[channel](record, "2026-11-20T08:00:01+00:00")])
                await connection.commit()

"""What is written of a report that meets what is under watch: its match, its way out, and the call to its originator (decision 0808).

Intake pins what it found (`streams.reference.watching`) in the enriched record: what follows from it then follows from the log alone. Who
reports is never told.
"""

from typing import Any
from uuid import uuid5

import orjson

from schemas.identity import NAMESPACE
from schemas.watching import HANDLING_TOLD
from streams.engine.effects import Emit, Record
from streams.stages.naming import receipt_uuid, utc
from streams.stages.opening import Item

CHANNEL = "deliveries.watch"
MATCHES = "deliveries.matches"
CONTACT = "CARICC, duty desk"

Json = dict[str, Any]


def match(record: Record, key: bytes, item: Item, found: Json, *, held: bool, closed: bool) -> Emit:
    """A `WatchMatch` of one revision, for the delivery that watches. `closed`: a hold or an embargo keeps it in besides."""
    about = item["about"]
    value = {
        "type": "match",
        "delivery": found["delivery"],
        "report": key.decode(),
        "revision": about["revision"],
        "held": held,
        "on": found["on"],
        "handling": {name: about["handling"][name] for name in HANDLING_TOLD if name in about["handling"]},
        "countries": about["countries"],
        "closed": closed,
        "at": utc(record.at),
    }
    # Into the number read: a batch under way holds up its own partition, and never a delivery's inbox.
    return Emit(MATCHES, found["delivery"].encode(), orjson.dumps(value), partition=record.partition)


def call(record: Record, item: Item, delivery: str) -> Emit:
    """A receipt for the agency whose report was kept in and is out: call us, and nothing else. One for each delivery, however often."""
    agency = item["about"]["handling"]["originator"]
    origin = f"call/{uuid5(NAMESPACE, f'call:{delivery}|{agency}')}"
    value = {
        "receipt": receipt_uuid(origin),
        "origin": origin,
        "agency": agency,
        "person": None,
        "status": "call_us",
        "contact": CONTACT,
        "at": utc(record.at),
    }
    return Emit("receipts", value["receipt"].encode(), orjson.dumps(value), partition=record.partition)


def unguard(delivery: str, report: str, why: str) -> Emit:
    """Let a report out: into its inbox. `why`: released (by name), or ended."""
    return Emit("reports.enriched", report.encode(), orjson.dumps({"type": "unguard", "delivery": delivery, "why": why}))

"""Reports that had arrived before a live delivery watched for them: which meet it, and what it is told (decision 0808). Pure.

Intake's own comparison decides (`streams.reference.watching`). Who reported learns nothing: what is out is out.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from schemas.watching import HANDLING_TOLD
from streams.reference.watching import HOLDING, Watches, digits, mark, particular

REACH = timedelta(days=30)
"""How old a report may be: by when it was received, and by when it happened, for an import tells of years ago."""

OVERLAP = timedelta(minutes=1)
"""So long after the watch's record a report may have been taken in without it; one that was not is told once all the same."""

MOST_TOLD = 200
"""Reports that are told each at one look; of the rest their number."""

URGENCY = {"assistance_request": 0, "controlled_delivery": 1}
"""What asks somebody to act comes before what tells: a raid, a stop."""

Json = dict[str, Any]

# Of a number that is known in plain text the digits stand one after the other, whatever stands between them.
QUERY = """
SELECT r.originator || '/' || r.report_id AS key, r.revision, r.kind, r.received, r.countries, r.guarded_for IS NOT NULL AS guarded,
  r.held, r.embargo_until, v.report::text AS report, v.enrichment::text AS enrichment, v.sender::text AS sender
FROM reports r JOIN revisions v USING (report_uuid, revision)
WHERE r.received BETWEEN %(since)s AND %(until)s AND r.occurred_end >= %(since)s AND NOT r.withdrawn AND v.enrichment IS NOT NULL
  AND (EXISTS (SELECT FROM report_identifiers i
               WHERE i.report_uuid = r.report_uuid AND substring(i.key FROM '[^:]*$') LIKE ANY(%(values)s))
    OR regexp_replace(translate(v.report::text, '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '01234567890123456789'), '[^0-9]+', '', 'g')
       LIKE ANY(%(digits)s))
"""


class Look(NamedTuple):
    """What is to be looked for: a `DeliveryWatch` with the numbers that are new in it alone, its offset and its broker time."""

    offset: int
    at: datetime
    watch: Json

    @property
    def delivery(self) -> str:
        """Whose watch it is."""
        name: str = self.watch["delivery"]
        return name

    def parameters(self) -> Json:
        """Of `QUERY`, which finds more than meets, and misses nothing that does."""
        marks = [found for found in (mark(number["key"]) for number in self.watch["numbers"]) if found.family in HOLDING]
        return {
            "since": self.at - REACH,
            "until": self.at + OVERLAP,
            "values": sorted({f"{one.value}%" for one in marks}),
            "digits": sorted({f"%{digits(one.value).decode()}%" for one in marks if particular(one.value)}),
        }

    def watches(self) -> Watches:
        """The comparison, for this delivery's numbers alone."""
        watches = Watches()
        watches.take(self.delivery.encode(), orjson.dumps(self.watch | {"names": [], "places": []}))
        return watches


def looks(records: Iterable[tuple[bytes, bytes | None, int, int]], known: Mapping[str, frozenset[str]]) -> tuple[list[Look], Json]:
    """What records of `deliveries.watch` (key, value, offset, broker time in ms) ask to look for, and the numbers by delivery after them.

    `known`: the numbers that were looked for already. Of several watches of a delivery the newest counts.
    """
    newest = {key.decode(): (value, offset, at) for key, value, offset, at in records}
    after: Json = dict(known)
    found = []
    for delivery, (value, offset, at) in newest.items():
        if value is None:
            after.pop(delivery, None)
            continue
        watch = orjson.loads(value)
        numbers = [number for number in watch["numbers"] if number["key"] not in known.get(delivery, ())]
        after[delivery] = frozenset(number["key"] for number in watch["numbers"])
        if any(mark(number["key"]).family in HOLDING for number in numbers):
            found.append(Look(offset, datetime.fromtimestamp(at / 1000, UTC), watch | {"numbers": numbers}))
    return found, after


def met(watches: Watches, row: Json, now: datetime) -> Json | None:
    """The `WatchMatch` of a row of `QUERY`, or None where it does not meet what is under watch."""
    report, enrichment, sender = (orjson.loads(row[name]) for name in ("report", "enrichment", "sender"))
    found = watches.found(report, enrichment, sender, warning=False)
    if not found:
        return None
    embargo = row["embargo_until"]
    return {
        "type": "match",
        "delivery": found[0]["delivery"],
        "report": row["key"],
        "revision": row["revision"],
        "held": False,
        "on": found[0]["on"],
        "handling": {name: report["handling"][name] for name in HANDLING_TOLD if name in report["handling"]},
        "countries": row["countries"],
        "closed": bool(row["held"] or row["guarded"] or (embargo is not None and embargo > now)),
        "received": _utc(row["received"]),
        "at": _utc(now),
    }


def told(look: Look, found: Iterable[tuple[str, Json]], now: datetime) -> list[Json]:
    """What the delivery is told of all that was found (kind and match), in this order: the most urgent last, for it then stands."""
    # By number where all else is equal, so that looking again tells of the same.
    ordered = sorted(found, key=lambda each: each[1]["report"])
    ordered.sort(key=lambda each: each[1]["received"], reverse=True)
    ordered.sort(key=lambda each: URGENCY.get(each[0], len(URGENCY)))
    each = [match for _, match in ordered[:MOST_TOLD]][::-1]
    if len(ordered) <= MOST_TOLD:
        return each
    rest = {"type": "looked_back", "delivery": look.delivery, "look": look.offset, "found": len(ordered), "told": MOST_TOLD}
    return [rest | {"at": _utc(now)}, *each]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

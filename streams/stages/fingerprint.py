"""What of a seizure is matched across agencies, and under which blocks it is looked for.

Two reports that the rules in `link.py` propose always share a block, for both follow from the fingerprint alone.
"""

import re
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from streams.stages.naming import report_uuid

Fingerprint = dict[str, Any]
"""As `schemas.links.Fingerprint`."""

MOST_STRONG = 24
MOST_SUBSTANCES = 8
BUCKET_S = 4 * 86_400
SLACK_S = 36 * 3_600
"""How far apart two agencies may put one seizure: a day without a clock has no zone, and reports name the find or the weighing."""
VAGUE_S = 72 * 3_600
"""A longer span (a month, a year) is too vague to match on time and place."""

_NOT_A_PLACE = ("country", "subdivision", "point")
_LONG_BLOCK = 100
_BLANKS = re.compile(r"\s+")


def fingerprint(item: dict[str, Any], version: int) -> Fingerprint | None:
    """Of an enriched seizure record at a version of its report; None for any other kind."""
    report, enrichment = item["report"], item["enrichment"]
    if report["kind"] != "seizure":
        return None
    place = enrichment.get("place") or {}
    kilograms: dict[str, float | None] = {}
    for found in enrichment.get("substances", ()):
        slug, kg = found["slug"], found.get("kg")
        if kg is not None:
            kilograms[slug] = float(kg) + (kilograms.get(slug) or 0.0)
        else:
            kilograms.setdefault(slug, None)
    strong = dict.fromkeys(found["key"][:400] for found in enrichment.get("identifiers", ()) if found["strong"])
    originator, report_id = report["handling"]["originator"], report["report_id"]
    kind = place.get("kind")
    vague = kind == "country"
    # An area, or the town next to a point, is not the place itself.
    name = None if kind in _NOT_A_PLACE else place.get("code") or place.get("name")
    return {
        "report": report_uuid(f"{originator}/{report_id}"),
        "originator": originator,
        "report_id": report_id,
        "revision": report.get("revision", 1),
        "version": version,
        "country": place.get("country"),
        "start": enrichment["occurred"]["start"],
        "end": enrichment["occurred"]["end"],
        "lat": None if vague else place.get("lat"),
        "lon": None if vague else place.get("lon"),
        "accuracy_m": None if vague else place.get("accuracy_m"),
        "place": _spoken(name) if name else None,
        "substances": sorted(kilograms.items())[:MOST_SUBSTANCES],
        "strong": list(strong)[:MOST_STRONG],
    }


@lru_cache(maxsize=8_192)
def _spoken(name: str) -> str:
    return _BLANKS.sub(" ", name).strip().casefold()[:400]


def emptied(about: dict[str, Any], received: str, version: int) -> Fingerprint:
    """The fingerprint of a report that is held, withdrawn or RED: its identity, and nothing that anything could match."""
    originator, report_id = about["handling"]["originator"], about["report_id"]
    return {
        "report": report_uuid(f"{originator}/{report_id}"),
        "originator": originator,
        "report_id": report_id,
        "revision": about["revision"],
        "version": version,
        "country": None,
        "start": received,
        "end": received,
        "lat": None,
        "lon": None,
        "accuracy_m": None,
        "place": None,
        "substances": [],
        "strong": [],
    }


def span(found: Fingerprint) -> tuple[float, float]:
    """Start and end in seconds since 1970."""
    return _seconds(found["start"]), _seconds(found["end"])


def blocks(found: Fingerprint) -> list[str]:
    """Under which keys others meet this fingerprint: one for each strong identifier, and country, days and substance.

    Spans widened by half of the slack overlap exactly where the spans are no further apart than the slack, and overlapping spans
    share a bucket.
    """
    names = [_short(f"id:{key}") for key in found["strong"]]
    start, end = span(found)
    if found["country"] and end - start <= VAGUE_S:
        first, last = int((start - SLACK_S / 2) // BUCKET_S), int((end + SLACK_S / 2) // BUCKET_S)
        names += [f"near:{found['country']}:{bucket}:{slug}" for slug, _ in found["substances"] for bucket in range(first, last + 1)]
    return names


def _short(name: str) -> str:
    # Blocks are kept in a report's bounded state: a long one is as good by its digest.
    return name if len(name.encode()) <= _LONG_BLOCK else f"{name[:24]}:{sha256(name.encode()).hexdigest()}"


@lru_cache(maxsize=8_192)
def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()

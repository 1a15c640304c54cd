"""The short form of a report, the same in lists, search, the map and the live feed."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

MAX_SUBSTANCES = 20
_LENGTH = {"year": 4, "month": 7, "day": 10}


def summarise(current: Mapping[str, Any]) -> dict[str, Any]:
    """`{report_uuid, kind, originator, report_id, revision, title, occurred, place, substances, tlp, received, withdrawn, findings}`.

    `report_uuid` is the centre's own id: whoever hands the summary out seals it. `occurred` is as reported, else as derived, at the
    precision known (`2026-03`). `place` is None or `{name, country, lat, lon, accuracy_m, basis}`. `substances` has the first 20, each
    `{slug, name, group, kg, reported}`; those not recognised have slug, group and kg None. `findings` is their number.
    """
    report: Mapping[str, Any] = current["report"]
    enrichment: Mapping[str, Any] = current.get("enrichment") or {}
    handling: Mapping[str, Any] = report["handling"]
    return {
        "report_uuid": current["report_uuid"],
        "kind": kind(current),
        "originator": handling["originator"],
        "report_id": report["report_id"],
        "revision": current["revision"],
        "title": report.get("title"),
        "occurred": _occurred(report, enrichment),
        "place": _place(report, enrichment),
        "substances": [_substance(path, named, enrichment) for path, named in islice(substances(report), MAX_SUBSTANCES)],
        "tlp": handling["tlp"],
        "received": current["received"],
        "withdrawn": bool(current.get("withdrawn", False)),
        "findings": len(enrichment.get("findings", ())),
    }


def kind(current: Mapping[str, Any]) -> str:
    """The kind of report; of a withdrawal, what it withdraws."""
    withdraws = current["report"].get("withdraws")
    return str(withdraws or current["kind"])


def substances(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every substance that a report names, with the path of its field, as in `samples[0].components[2].substance`."""
    # A seizure's `goods` are other things; a delivery's are substances.
    fields = ("substances", "goods") if report.get("kind") == "controlled_delivery" else ("substances",)
    for field in fields:
        for number, named in enumerate(report.get(field, ())):
            yield f"{field}[{number}]", named
    for number, sample in enumerate(report.get("samples", ())):
        for part, component in enumerate(sample["components"]):
            yield f"samples[{number}].components[{part}].substance", component["substance"]


def found_for(path: str, enrichment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What enrichment recognised in the substance at this path."""
    for found in enrichment.get("substances", ()):
        if found["field"] == path or found["field"].startswith(f"{path}."):
            return dict(found)
    return None


def _substance(path: str, named: Mapping[str, Any], enrichment: Mapping[str, Any]) -> dict[str, Any]:
    found = found_for(path, enrichment) or {}
    quantity = named.get("quantity") or {}
    reported = " ".join(str(part) for part in (named["name"], quantity.get("amount"), quantity.get("unit")) if part is not None)
    return {
        "slug": found.get("slug"),
        "name": found.get("name", named["name"]),
        "group": found.get("group"),
        "kg": found.get("kg"),
        "reported": reported,
    }


def _occurred(report: Mapping[str, Any], enrichment: Mapping[str, Any]) -> str | None:
    if report.get("occurred"):
        return str(report["occurred"])
    found = enrichment.get("occurred")
    return None if found is None else str(found["start"])[: _LENGTH.get(found["precision"])]


def _place(report: Mapping[str, Any], enrichment: Mapping[str, Any]) -> dict[str, Any] | None:
    found: Mapping[str, Any] | None = enrichment.get("place")
    if found is None:
        return None
    said: Mapping[str, Any] = report.get("place") or {}
    place = {field: found.get(field) for field in ("name", "country", "lat", "lon", "accuracy_m", "basis")}
    place["name"] = place["name"] or said.get("name") or said.get("crossing") or said.get("locality")
    return place

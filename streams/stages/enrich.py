"""What the centre finds out about a report. It stands beside the report, which is never changed.

Pure: the same report and the same reference data give the same enrichment, for ever (`reference` names the data's version).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from functools import cache, lru_cache
from typing import Any

from schemas.bounds import moment_range
from streams.reference.load import Reference
from streams.stages.locating import Finding, Report, countries_concerned, located
from streams.stages.numbering import identifiers

MOST_IDENTIFIERS = 2_000
MOST_NAMES = 1_000
MOST_FINDINGS = 100
"""A report of 256 KiB may name 12 000 numbers: what is found about it stays within the record that carries it."""


def enrich(report: Report, reference: Reference) -> dict[str, Any]:
    """`schemas.records.Enrichment` of a valid report, both as JSON-ready dicts."""
    findings: list[Finding] = []
    locations, lie_in = located(report, reference, findings)
    substances = _substances(report, reference, findings)
    numbers = identifiers(report, reference, findings)
    return {
        "reference": reference.version,
        "occurred": occurred(_when(report)),
        "place": locations[0] if locations and not locations[0]["field"].startswith("route.") else None,
        "locations": locations,
        "countries": countries_concerned(reference, report, lie_in),
        "substances": substances,
        "identifiers": numbers[:MOST_IDENTIFIERS],
        "names": _names(report, reference)[:MOST_NAMES],
        "findings": findings[:MOST_FINDINGS],
    }


def _when(report: Report) -> str:
    """When it happened, by the field of its kind; else when it was issued."""
    when: str = report.get("occurred") or report.get("at") or report.get("analysed") or report["issued"]
    return when


@lru_cache(maxsize=8_192)
def occurred(moment: str) -> dict[str, str]:
    """A valid moment as `schemas.records.Occurred`; not to be changed, for equal moments share it."""
    if "T" in moment:
        # As `moment_range`, without asking again whether it is valid.
        start = datetime.fromisoformat(moment).astimezone(UTC)
        return {"start": _utc(start), "end": _utc(start + _SECOND), "precision": "second"}
    start, end, precision = moment_range(moment)
    return {"start": _utc(start), "end": _utc(end), "precision": precision}


_SECOND = timedelta(seconds=1)


def _utc(at: datetime) -> str:
    return at.isoformat()[:-6] + "Z"


def substances_named(report: Report) -> list[tuple[str, dict[str, Any]]]:
    """Field and substance, of whatever kind the report is."""
    found = [(f"substances[{number}]", named) for number, named in enumerate(report.get("substances") or ())]
    if report["kind"] == "controlled_delivery":
        found += [(f"goods[{number}]", named) for number, named in enumerate(report.get("goods") or ())]
    for number, sample in enumerate(report.get("samples") or ()):
        for part, component in enumerate(sample["components"]):
            found.append((f"samples[{number}].components[{part}].substance", component["substance"]))
    return found


def _substances(report: Report, reference: Reference, findings: list[Finding]) -> list[dict[str, Any]]:
    found = []
    recognise = _recogniser(reference)
    for field, named in substances_named(report):
        match, said = recognise(named["name"], named.get("cas"))
        if said:
            findings += [{"field": f"{field}.{part}", "reason": reason, "mend": mend} for part, reason, mend in said]
        quantity = named.get("quantity")
        weight: dict[str, Any] = _NO_WEIGHT
        if quantity is not None:
            slug = None if match is None else match["slug"]
            weight, said = _weigher(reference)(str(quantity["amount"]), quantity.get("unit"), slug)
            if said:
                findings += [{"field": f"{field}.quantity.{part}", "reason": reason, "mend": mend} for part, reason, mend in said]
        if match is not None:
            found.append({"field": f"{field}.name", **match, **weight})
    return found


_NO_WEIGHT: dict[str, Any] = {"kg": None, "factor": None, "basis": None}
Said = tuple[tuple[str, str, str | None], ...]
"""Findings about one value: part of its field, reason, mend."""

Recognise = Callable[[str, str | None], tuple[dict[str, Any] | None, Said]]
Weigh = Callable[[str, str | None, str | None], tuple[dict[str, Any], Said]]


@cache
def _recogniser(reference: Reference) -> Recognise:
    @lru_cache(maxsize=65_536)
    def recognise(name: str, cas: str | None) -> tuple[dict[str, Any] | None, Said]:
        match = reference.substances.resolve(name, cas)
        if match is None:
            reason = "this substance is not in the reference data, or the words name more than one"
            return None, (("name", reason, "give its CAS number or its international name, one substance an entry"),)
        said: list[tuple[str, str, str | None]] = []
        if match.ambiguous:
            said.append(("name", f"taken as {match.name}; this street name is also used for others", "give the international name"))
        if match.finding:
            said.append(("cas", match.finding[:400], "check name and CAS number against each other"))
        control = [f"{each.convention} {each.schedule}" for each in match.control]
        return {
            "slug": match.slug,
            "name": match.name,
            "group": match.group,
            "control": control,
            "cas": match.cas,
            "matched_on": match.matched_on,
            "ambiguous": match.ambiguous,
        }, tuple(said)

    return recognise


@cache
def _weigher(reference: Reference) -> Weigh:
    @lru_cache(maxsize=8_192)
    def factor(unit: str | None, slug: str | None) -> tuple[Decimal, str, str, bool] | None:
        found = reference.quantities.kg_equivalent(_ONE, unit, slug)
        return None if found is None else (found.factor, _plain(found.factor), found.basis, found.estimated)

    def weigh(amount: str, unit: str | None, slug: str | None) -> tuple[dict[str, Any], Said]:
        number = Decimal(amount)
        if not number:
            return _NO_WEIGHT, (("amount", "the amount is zero", "leave the quantity out where nothing was weighed"),)
        known = factor(unit, slug)
        if known is not None:
            kilograms = _plain(_PRECISE.multiply(number, known[0]))
            return {"kg": kilograms, "factor": known[1], "basis": known[2], "estimated": known[3]}, ()
        if unit is not None and reference.quantities.unit(unit) is None:
            return _NO_WEIGHT, (
                ("unit", "this unit is not known: there is no kg-equivalent", "use kg, g, l, ml, tablets, ampoules, plants …"),
            )
        return _NO_WEIGHT, ()

    return weigh


_ONE = Decimal(1)
_PRECISE = Context(prec=60)


def _plain(number: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    return format(number.normalize(), "f")


def _names(report: Report, reference: Reference) -> list[dict[str, Any]]:
    key = _namer(reference)
    named = [
        {"field": f"parties[{number}].names[{place}]", "name": name, **key(name)}
        for number, party in enumerate(report.get("parties") or ())
        for place, name in enumerate(party["names"])
    ]
    for number, conveyance in enumerate(report.get("conveyances") or ()):
        if name := conveyance.get("name"):
            named.append({"field": f"conveyances[{number}].name", "name": name, **key(name)})
    for number, name in enumerate(report.get("groups") or ()):
        named.append({"field": f"groups[{number}]", "name": name, **key(name)})
    return named


@cache
def _namer(reference: Reference) -> Callable[[str], dict[str, Any]]:
    @lru_cache(maxsize=32_768)
    def key(name: str) -> dict[str, Any]:
        found = reference.name_keys(name)
        return {"latin": found.latin, "keys": list(found.keys)}

    return key

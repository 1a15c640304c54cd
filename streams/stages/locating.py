"""Every place that a report names, and every country that it concerns."""

from collections.abc import Iterator
from typing import Any

from streams.reference.load import Reference

Report = dict[str, Any]
Finding = dict[str, Any]
"""As `schemas.problems.Problem`."""

_PLACE_FIELDS = frozenset({"name", "country", "subdivision", "unlocode", "airport", "crossing", "coordinates"})


def places_named(report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """Field and place, the main one first: where it was seized, seen, or is said to happen; then legs; then the route."""
    kind = report["kind"]
    if "place" in report and report["place"] is not None:
        yield "place", report["place"]
    if kind == "controlled_delivery":
        if position := report.get("position"):
            yield "position", {"coordinates": position["coordinates"]}
        if leg := report.get("leg"):
            yield from _leg("leg", leg)
        for number, leg in enumerate(report.get("itinerary") or ()):
            yield from _leg(f"itinerary[{number}]", leg)
    elif kind == "intelligence":
        for number, place in enumerate(report.get("places") or ()):
            yield f"places[{number}]", place
    if route := report.get("route"):
        if departure := route.get("departure"):
            yield "route.departure.place", departure["place"]
        for number, point in enumerate(route.get("transit") or ()):
            yield f"route.transit[{number}].place", point["place"]
        if destination := route.get("destination"):
            yield "route.destination.place", destination["place"]


def _leg(field: str, leg: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for end in ("entry", "exit"):
        if place := leg.get(end):
            yield f"{field}.{end}", {"country": leg["country"], **{name: value for name, value in place.items() if value is not None}}


def locate(reference: Reference, field: str, place: dict[str, Any], findings: list[Finding]) -> dict[str, Any] | None:
    """The place as `schemas.records.Location`; what is not in the reference data stays as reported. None where nothing can be said."""
    get = place.get
    coordinates = get("coordinates")
    point = accuracy = None
    if coordinates:
        point, accuracy = (coordinates["lat"], coordinates["lon"]), coordinates.get("accuracy_m")
    named = get("name") or get("locality")
    found = reference.places.locate(
        named, get("country"), get("subdivision"), get("unlocode"), get("airport"), get("crossing"), point, accuracy
    )
    if found is None:
        text = get("crossing") or named or get("subdivision") or get("unlocode") or get("airport")
        return None if text is None else _location(field, name=text, basis="as reported")
    for said in found.findings:
        part, _, reason = said.partition(": ")
        at = f"{field}.{part}" if reason and part in _PLACE_FIELDS else field
        findings.append({"field": at, "reason": (reason if at != field else said)[:400], "mend": None})
    return {
        "field": field,
        "country": found.country,
        "subdivision": found.subdivision,
        # A country or an area says less than the words of the agency, and stands beside them in the report.
        "name": found.name or get("crossing") or named,
        "code": found.code,
        "lat": found.lat,
        "lon": found.lon,
        "accuracy_m": found.accuracy_m,
        "basis": found.basis,
        "kind": found.kind,
    }


def _location(field: str, name: str, basis: str) -> dict[str, Any]:
    return {
        "field": field,
        "country": None,
        "subdivision": None,
        "name": name,
        "code": None,
        "lat": None,
        "lon": None,
        "accuracy_m": None,
        "basis": basis,
        "kind": None,
    }


def countries_concerned(reference: Reference, report: Report, locations: list[dict[str, Any]]) -> list[str]:
    """Sorted alpha-2 codes: of the originator, of every place, leg, addressee, nationality, registration, issuing state, company.

    They open an AMBER report to these countries' agencies, so only what the report says outright counts: no country is taken from a
    telephone prefix, an account or a container's owner.
    """
    found = {location["country"] for location in locations}
    originator = reference.agencies.get(report["handling"]["originator"])
    found.add(originator.country if originator else None)
    found.update(report.get("countries") or ())
    for leg in (report.get("leg"), *(report.get("itinerary") or ())):
        found.add(leg["country"] if leg else None)
    for code in report.get("addressees") or ():
        addressee = reference.agencies.get(code)
        found.add(addressee.country if addressee else None)
    for things in (report.get("conveyances"), report.get("documents")):
        found.update(thing.get("country") for thing in things or ())
    for party in report.get("parties") or ():
        found.add(party.get("country"))
        found.update(party.get("nationalities") or ())
        found.update(document.get("country") for document in party.get("documents") or ())
    found.discard(None)
    return sorted(country for country in found if country)

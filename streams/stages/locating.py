"""Every place that a report names, and every country that it concerns."""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
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


Words = tuple[str | None, str | None, str | None, str | None, str | None, str | None]
"""Name, country, subdivision, UN/LOCODE, airport, crossing: as `Places.locate` takes them."""

Point = tuple[float, float, float | None]
Found = tuple[dict[str, Any] | None, tuple[Finding, ...]]


def locate(reference: Reference, field: str, place: dict[str, Any]) -> Found:
    """The place as `schemas.records.Location`, and findings about it; not to be changed, for equal places share them.

    What is not in the reference data stays as reported. None where nothing can be said.
    """
    get = place.get
    coordinates = get("coordinates")
    point = (coordinates["lat"], coordinates["lon"], coordinates.get("accuracy_m")) if coordinates else None
    words = (get("name") or get("locality"), get("country"), get("subdivision"), get("unlocode"), get("airport"), get("crossing"))
    return _finder(reference)(field, words, point)


@cache
def _finder(reference: Reference) -> Callable[[str, Words, Point | None], Found]:
    @lru_cache(maxsize=32_768)
    def find(field: str, words: Words, point: Point | None) -> Found:
        named, country, subdivision, unlocode, airport, crossing = words
        coordinates, accuracy = (point[:2], point[2]) if point else (None, None)
        found = reference.places.locate(named, country, subdivision, unlocode, airport, crossing, coordinates, accuracy)
        if found is None:
            text = crossing or named or next((word for word in words[2:] if word), None)
            return (None if text is None else {**_NOWHERE, "field": field, "name": text}), ()
        location = {
            "field": field,
            "country": found.country,
            "subdivision": found.subdivision,
            "name": found.name or crossing or named,
            "code": found.code,
            "lat": found.lat,
            "lon": found.lon,
            "accuracy_m": found.accuracy_m,
            "basis": found.basis,
            "kind": found.kind,
        }
        return location, tuple(_finding(field, said) for said in found.findings)

    return find


def _finding(field: str, said: str) -> Finding:
    part, _, reason = said.partition(": ")
    if reason and part in _PLACE_FIELDS:
        return {"field": f"{field}.{part}", "reason": reason[:400], "mend": None}
    return {"field": field, "reason": said[:400], "mend": None}


_NOWHERE: dict[str, Any] = {
    "field": "",
    "country": None,
    "subdivision": None,
    "name": None,
    "code": None,
    "lat": None,
    "lon": None,
    "accuracy_m": None,
    "basis": "as reported",
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

"""Every place that a report names, and every country that it concerns."""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any

import orjson

from streams.reference.load import Reference

Report = dict[str, Any]
Finding = dict[str, Any]
"""As `schemas.problems.Problem`."""

_PLACE_FIELDS = frozenset({"name", "country", "subdivision", "unlocode", "airport", "crossing", "coordinates"})


Located = tuple[tuple[dict[str, Any], ...], tuple[Finding, ...], frozenset[str]]
"""Locations, findings about them, and the countries that they lie in."""


def located(report: Report, reference: Reference, findings: list[Finding]) -> tuple[list[dict[str, Any]], set[str]]:
    """Every place that the report names as `schemas.records.Location`, the main one first, and their countries.

    What is odd goes to `findings`. The locations are not to be changed, for equal places share them.
    """
    whole, along = _finders(reference)
    locations: list[dict[str, Any]] = []
    countries: set[str] = set()
    for field, place in _places(report):
        found, said, lie_in = whole(field, orjson.dumps(place))
        locations += found
        findings += said
        countries |= lie_in
    if route := report.get("route"):
        found, said, lie_in = along(orjson.dumps(route))
        locations += found
        findings += said
        countries |= lie_in
    return locations, countries


def _places(report: Report) -> list[tuple[str, dict[str, Any]]]:
    """Field and place: where it was seized, seen, or is said to happen; then legs."""
    kind, place = report["kind"], report.get("place")
    named = [("place", place)] if place is not None else []
    if kind == "controlled_delivery":
        if position := report.get("position"):
            named.append(("position", {"coordinates": position["coordinates"]}))
        if leg := report.get("leg"):
            named += _leg("leg", leg)
        for number, leg in enumerate(report.get("itinerary") or ()):
            named += _leg(f"itinerary[{number}]", leg)
    elif kind == "intelligence":
        named += [(f"places[{number}]", place) for number, place in enumerate(report.get("places") or ())]
    return named


def _leg(field: str, leg: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for end in ("entry", "exit"):
        if place := leg.get(end):
            yield f"{field}.{end}", {"country": leg["country"], **{name: value for name, value in place.items() if value is not None}}


def _along(route: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if departure := route.get("departure"):
        yield "route.departure.place", departure["place"]
    for number, point in enumerate(route.get("transit") or ()):
        yield f"route.transit[{number}].place", point["place"]
    if destination := route.get("destination"):
        yield "route.destination.place", destination["place"]


@cache
def _finders(reference: Reference) -> tuple[Callable[[str, bytes], Located], Callable[[bytes], Located]]:
    """What is found about one place, and about all places of a route, each by its JSON: the same ones come again and again."""

    @lru_cache(maxsize=32_768)
    def whole(field: str, place: bytes) -> Located:
        return _located([_locate(reference, field, orjson.loads(place))])

    @lru_cache(maxsize=8_192)
    def along(route: bytes) -> Located:
        return _located([_locate(reference, field, place) for field, place in _along(orjson.loads(route))])

    return whole, along


Found = tuple[dict[str, Any] | None, list[Finding]]


def _located(found: list[Found]) -> Located:
    locations = tuple(location for location, _ in found if location is not None)
    countries = frozenset(location["country"] for location in locations if location["country"])
    return locations, tuple(finding for _, said in found for finding in said), countries


def _locate(reference: Reference, field: str, place: dict[str, Any]) -> Found:
    """None where nothing can be said. What is not in the reference data stays as reported."""
    get = place.get
    point = get("coordinates")
    words = (get("name") or get("locality"), get("country"), get("subdivision"), get("unlocode"), get("airport"), get("crossing"))
    coordinates, accuracy = ((point["lat"], point["lon"]), point.get("accuracy_m")) if point else (None, None)
    found = reference.places.locate(*words, coordinates, accuracy)
    named, crossing = words[0], words[5]
    if found is None:
        text = crossing or named or next((word for word in words[2:] if word), None)
        return (None if text is None else {**_NOWHERE, "field": field, "name": text}), []
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
    return location, [_finding(field, said) for said in found.findings]


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


def countries_concerned(reference: Reference, report: Report, lie_in: set[str]) -> list[str]:
    """Sorted alpha-2 codes: of the originator, of every place, leg, addressee, nationality, registration, issuing state, company.

    They open an AMBER report to these countries' agencies, so only what the report says outright counts: no country is taken from a
    telephone prefix, an account or a container's owner.
    """
    found: set[str | None] = {*lie_in}
    get = report.get
    originator = reference.agencies.get(report["handling"]["originator"])
    if originator:
        found.add(originator.country)
    if countries := get("countries"):
        found.update(countries)
    if leg := get("leg"):
        found.add(leg["country"])
    for leg in get("itinerary") or ():
        found.add(leg["country"])
    for code in get("addressees") or ():
        if addressee := reference.agencies.get(code):
            found.add(addressee.country)
    for conveyance in get("conveyances") or ():
        found.add(conveyance.get("country"))
    for document in get("documents") or ():
        found.add(document.get("country"))
    for party in get("parties") or ():
        found.add(party.get("country"))
        if nationalities := party.get("nationalities"):
            found.update(nationalities)
        for document in party.get("documents") or ():
            found.add(document.get("country"))
    return sorted(country for country in found if country)

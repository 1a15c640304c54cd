"""Whether two plans come near each other: the same crossing, or within a radius, at times that may overlap.

Every number of deconfliction is here. They are judgement, not law [R].
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from streams.reference.load import Reference
from streams.reference.text import fold
from streams.reference.waypoints import waypoints
from streams.stages.timers import milliseconds

NEAR_KM = 20.0
"""Teams that follow a load see each other and each other's cars within this."""
WORST_M = 15_000
"""A place known less exactly than this is compared by its name alone."""
SLACK_MS = 6 * 3_600_000
"""So much earlier or later than planned may a consignment be anywhere."""
DELAY_MS = 5_000
"""From a change of plan to its answer: what finding takes, milliseconds, is lost in it, and a load found hours from a border can wait."""
AGAIN_MS = 3_600_000
"""A plan that stands is answered again each such time after its first answer, whether anything happened or not."""
MOST_TOLD = 20
"""Pairs of places that are told of one conflict."""

Json = Mapping[str, Any]
_EARTH_KM = 6_371.0


class Where(NamedTuple):
    """What is known of a place: the gazetteer's code, and its coordinates with their accuracy in kilometres."""

    code: str | None
    lat: float
    lon: float
    accuracy_km: float


Locate = Callable[[Json], tuple[Where, ...]]
"""Everything that a `Place` may mean: its words can name both sides of a border."""


class Spot(NamedTuple):
    """A planned place as it is compared. Times are milliseconds since 1970; `begins`, `ends` None: without bound."""

    leg: int
    kind: str
    name: str
    key: str
    where: Where | None
    begins: int | None
    ends: int | None


def located(reference: Callable[[], Reference]) -> Locate:
    """The look-up over the reference's gazetteer."""

    def locate(place: Json) -> tuple[Where, ...]:
        listed = waypoints(reference().places, place, WORST_M)
        found = [Where(one.code, one.lat, one.lon, (one.accuracy_m or 0) / 1000) for one in listed]
        point = place.get("coordinates")
        if point is not None and (point.get("accuracy_m") or 0) <= WORST_M:
            found.append(Where(None, point["lat"], point["lon"], (point.get("accuracy_m") or 0) / 1000))
        return tuple(found)

    return locate


def spots(places: Iterable[Json], locate: Locate) -> Iterator[Spot]:
    """The places of a plan as they are compared; one of which several are meant is several."""
    for planned in places:
        place = planned["place"]
        name = place.get("crossing") or place.get("name") or place.get("locality") or place.get("unlocode") or place.get("airport") or ""
        key = f"{place.get('country') or ''} {fold(name)}" if name else ""
        begins, ends = (milliseconds(planned[each]) if planned.get(each) else None for each in ("begins", "ends"))
        for where in locate(place) or (None,):
            if where is not None or key:
                yield Spot(planned["leg"], planned["kind"], name or f"{where.lat:.3f}, {where.lon:.3f}", key, where, begins, ends)  # type: ignore[union-attr]


def cells(spot: Spot) -> Iterator[str]:
    """Where the spot is filed: its square degree, and its name."""
    if spot.where is not None:
        yield _cell(math.floor(spot.where.lat), math.floor(spot.where.lon))
    if spot.key:
        yield f"={spot.key}"


def around(spot: Spot) -> Iterator[str]:
    """Where everything is filed that may be near the spot."""
    if spot.where is not None:
        lat, lon = math.floor(spot.where.lat), math.floor(spot.where.lon)
        yield from (_cell(lat + north, lon + east) for north in (-1, 0, 1) for east in (-1, 0, 1))
    if spot.key:
        yield f"={spot.key}"


def near(one: Spot, other: Spot, now: int) -> bool:
    """Whether two deliveries may meet there, at `now` or later."""
    return _meet(one, other, now) and _close(one, other)


def pairs(one: Iterable[Spot], other: Iterable[Spot], now: int) -> list[tuple[Spot, Spot]]:
    """The pairs of spots that come near, the soonest first."""
    theirs: dict[str, list[Spot]] = {}
    for spot in other:
        for cell in cells(spot):
            theirs.setdefault(cell, []).append(spot)
    found = {(mine, spot) for mine in one for cell in around(mine) for spot in theirs.get(cell, ()) if near(mine, spot, now)}
    return sorted(found, key=lambda pair: (max(pair[0].begins or 0, pair[1].begins or 0), pair[0][:4], pair[1][:4]))


def _meet(one: Spot, other: Spot, now: int) -> bool:
    begins = max((each.begins - SLACK_MS for each in (one, other) if each.begins is not None), default=-math.inf)
    ends = min((each.ends + SLACK_MS for each in (one, other) if each.ends is not None), default=math.inf)
    return begins <= ends and now <= ends


def _close(one: Spot, other: Spot) -> bool:
    if one.where is None or other.where is None:
        return bool(one.key) and one.key == other.key
    if one.where.code is not None and one.where.code == other.where.code:
        return True
    apart = _kilometres(one.where, other.where) - one.where.accuracy_km - other.where.accuracy_km
    return apart <= NEAR_KM


def _kilometres(one: Where, other: Where) -> float:
    """Great circle (haversine)."""
    lat, other_lat = math.radians(one.lat), math.radians(other.lat)
    half = math.sin((other_lat - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(other_lat) * math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _cell(lat: int, lon: int) -> str:
    return f"{lat}:{(lon + 180) % 360 - 180}"

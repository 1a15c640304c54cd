"""The planned way of a delivery on the map: where its legs begin and end, as far as the gazetteer knows the places that were named."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import orjson

from streams.reference.countries import Countries
from streams.reference.places import Places
from streams.reference.waypoints import waypoints

WORST_M = 30_000
"""A place that is known less exactly, a district or a country, is no point of a way."""

Json = Mapping[str, Any]


def way(snapshot: Json) -> dict[str, list[dict[str, Any]]]:
    """By part its legs, each with `entry` and `exit`: lat, lon, accuracy_m and the name that was given, or None."""
    plans = snapshot["plans"]
    return {
        part["part"]: [
            {"leg": leg["number"], **{side: _point(plans[leg["plan"]], side) for side in ("entry", "exit")}} for leg in part["legs"]
        ]
        for part in snapshot["parts"]
    }


def _point(plan: Json, side: str) -> dict[str, Any] | None:
    place = plan.get(side)
    if place is None and side == "exit" and plan.get("handover_place"):
        place = {"country": plan.get("country"), "crossing": plan["handover_place"]}
    return _located(orjson.dumps(place, option=orjson.OPT_SORT_KEYS)) if place is not None else None


@lru_cache(maxsize=4096)
def _located(text: bytes) -> dict[str, Any] | None:
    place = orjson.loads(text)
    name = next((place[each] for each in ("crossing", "name", "locality", "unlocode", "airport", "country") if place.get(each)), "")
    if (point := place.get("coordinates")) is not None:
        return {"lat": point["lat"], "lon": point["lon"], "accuracy_m": point.get("accuracy_m"), "name": name}
    found = next(iter(waypoints(_places(), place, WORST_M)), None)
    return {"lat": found.lat, "lon": found.lon, "accuracy_m": found.accuracy_m, "name": name} if found is not None else None


@cache
def _places() -> Places:
    # With the first map, once a process: the gazetteer is some megabytes.
    return Places(Countries())

"""A load under way that may not go on as planned: what else can be done from where it is now, to the same destination."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.bounds import Strict
from schemas.delivery import Leg
from schemas.request import DeliveryRequest
from streams.planning.alternatives import Refused, Sought, routes, stop, substitution
from streams.planning.conditions import Terrain
from streams.planning.crossings import Located
from streams.planning.findings import Alternative
from streams.planning.plan import LegConsent, Planner

_CLOSED = frozenset(("refused", "revoked"))
_OPEN = frozenset(("provisional", "consented", "conditional"))
_MOST_BETWEEN = 4
"""Countries between the load and its destination: one more than round a single refusal."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where the load is: the country, the leg that its controller has, and the point, where one is believed."""

    country: str
    leg: int
    point: Located | None = None


class Onward(Strict):
    """What can be done, the shortest way first. `avoids`: whose territory is closed to it; without any there is nothing to go round."""

    now: datetime
    calendar: str
    country: str
    leg: int
    destination: str
    avoids: tuple[str, ...]
    alternatives: tuple[Alternative, ...]


def onward(planner: Planner, request: DeliveryRequest, here: Here, consents: Mapping[int, LegConsent]) -> Onward:
    """`request` with the way that stands, whose numbers rise; a leg without a consent is pending. Raises hours.UnknownZone.

    Closed is who has refused or revoked a leg ahead. An expired consent is asked for again, and closes nothing.
    """
    terrains = _ahead(planner, request, here)
    refused = [
        Refused(terrain, f"{terrain.leg.country}: consent {consent.state}")
        for terrain in terrains
        if terrain.leg in request.legs and (consent := consents.get(terrain.leg.number)) is not None and consent.state in _CLOSED
    ]
    return Onward(
        now=planner.now,
        calendar=planner.calendars.version,
        country=here.country,
        leg=here.leg,
        destination=terrains[-1].leg.country,
        avoids=tuple(dict.fromkeys(each.terrain.leg.country for each in refused)),
        alternatives=tuple(_instead(planner, request, here, _Ahead(terrains, refused, consents))) if refused else (),
    )


@dataclass(frozen=True, slots=True)
class _Ahead:
    terrains: list[Terrain]
    refused: list[Refused]
    consents: Mapping[int, LegConsent]


def _ahead(planner: Planner, request: DeliveryRequest, here: Here) -> list[Terrain]:
    """From the country that the load is in: one further on where it has crossed, one more where it was accepted before the border."""
    found = [planner.terrain(request, position) for position, leg in enumerate(request.legs) if leg.number >= here.leg]
    on_it = next((position for position, terrain in enumerate(found) if terrain.leg.country == here.country), None)
    if on_it is not None:
        return found[on_it:]
    before = Leg(country=here.country, number=here.leg)
    return [replace(found[0], leg=before, enters=None, leaves=found[0].enters, entries=planner.consenting(here.country)), *found]


def _instead(planner: Planner, request: DeliveryRequest, here: Here, ahead: _Ahead) -> Iterator[Alternative]:
    terrains, first = ahead.terrains, ahead.refused[0].terrain
    position, destination = terrains.index(first), terrains[-1].leg.country
    closed = frozenset(each.terrain.leg.country for each in ahead.refused)
    if position and destination not in closed | {here.country}:
        stand = {number for number, consent in ahead.consents.items() if consent.state in _OPEN}
        consented = {terrain.leg.country: terrain.leg.number for terrain in terrains if terrain.leg.number in stand}
        near = here.point or planner.network.post(terrains[0].leg.exit, here.country)
        sought = Sought(here.country, destination, closed, first.leg.number, terrains[0].leaves, near, _MOST_BETWEEN, consented)
        yield from routes(request, sought, planner.desk, planner.network)
    yield stop(terrains[max(position - 1, 0)], ahead.refused[0], planner.network)
    for each in ahead.refused:
        yield from substitution(request, terrains, terrains.index(each.terrain))

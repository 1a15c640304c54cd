"""What can be done instead, where one leg is refused: go round, stop before the border and seize, or ask again with a substituted load."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise, takewhile

from schemas.request import DeliveryRequest
from streams.planning.asking import Desk, lateness
from streams.planning.conditions import LEVELS, Terrain
from streams.planning.crossings import Located, Network, modes_of, nearest
from streams.planning.findings import Alternative, Source, moment, source
from streams.planning.hours import zone

_ROUTES = 3


@dataclass(frozen=True, slots=True)
class Refused:
    """A leg that cannot be had as planned, and why."""

    terrain: Terrain
    why: str


@dataclass(frozen=True, slots=True)
class Sought:
    """From where to where a way is sought in place of leg `for_leg`, through none of `avoids`, by `most` countries at most.

    `until`: when the first border is reached as planned; `near`: where the load leaves from. `consented`: the leg that a country has
    consented to already, which need not be asked again as long as the leg is the same.
    """

    leaves: str
    reaches: str
    avoids: frozenset[str]
    for_leg: int
    until: datetime | None
    near: Located | None
    most: int = 3
    consented: Mapping[str, int] = field(default_factory=dict)


def alternatives(
    request: DeliveryRequest, terrains: list[Terrain], refused: Refused, desk: Desk, network: Network
) -> Iterator[Alternative]:
    """Routes first, the shortest first; then stopping; then substitution. Nothing is said of what the directory does not say."""
    position = refused.terrain.leg.number - 1
    if 0 < position < len(terrains) - 1:
        before, after = terrains[position - 1].leg, terrains[position + 1].leg
        near, on_the_way = network.post(before.exit, before.country), frozenset(terrain.leg.country for terrain in terrains)
        leaves = terrains[position - 1].leaves
        sought = Sought(before.country, after.country, on_the_way, refused.terrain.leg.number, leaves, near)
        yield from routes(request, sought, desk, network)
    if position:
        yield stop(terrains[position - 1], refused, network)
    yield from substitution(request, terrains, position)


def routes(request: DeliveryRequest, sought: Sought, desk: Desk, network: Network) -> Iterator[Alternative]:
    """The shortest ways, where the directory says that each country on them allows passage through.

    What leads through all countries of a shorter one and more is no other way.
    """
    modes = modes_of(request)
    shown: list[tuple[str, ...]] = []
    for way in network.ways(sought.leaves, sought.reaches, sought.avoids, modes, sought.most):
        if len(shown) == _ROUTES:
            return
        if any(set(shorter) <= set(way) for shorter in shown):
            continue
        sources, notes = [], []
        for country in way:
            found = [entry for entry in desk.directory.authorities(country) if entry.competence == "consents"]
            if not found or not all(entry.law.controlled_delivery and "through" in entry.law.passages for entry in found):
                break
            sources += [source(entry, desk.directory, desk.now) for entry in found]
            if country in sought.consented:
                notes.append(f"{country} has consented to leg {sought.consented[country]}: it stands while that leg stays as it is")
            elif country == way[0] and sought.until:
                for entry in found:
                    ask = desk.ask(entry, request, sought.until)
                    until = f"ask {entry.authority} until {ask.latest.text}" if ask.latest else f"{entry.authority} cannot be given notice"
                    notes.append(lateness(ask) or until)
        else:
            shown.append(way)
            yield _route(sought, way, _Told(network, sources, notes, desk, modes))


@dataclass(frozen=True, slots=True)
class _Told:
    network: Network
    sources: list[Source]
    notes: list[str]
    desk: Desk
    modes: frozenset[str]


def _route(sought: Sought, way: tuple[str, ...], told: _Told) -> Alternative:
    steps = []
    for leaves, enters in pairwise((sought.leaves, *way, sought.reaches)):
        links = nearest(told.network.between(leaves, enters, told.modes), sought.near)
        steps.append(f"{leaves}→{enters} at {', '.join(f'{link.here}/{link.there} ({link.by})' for link in links)}")
    law = "the law of each allows passage through" if way else "the two countries touch: the leg is not needed"
    return Alternative(
        kind="other_route",
        for_leg=sought.for_leg,
        countries=way,
        text=f"go round by {' '.join(way) or 'no third country'}: {'; '.join(steps)}",
        why=_verified(f"{'; '.join((law, *told.notes))}; times beyond the first border are to be planned anew", told.sources),
        sources=tuple(told.sources),
    )


def _verified(why: str, sources: Iterable[Source]) -> str:
    """The reason, and of what it rests on the entries that are stale: shown, and not relied on before they are verified."""
    stale = dict.fromkeys(rests.entry for rests in sources if rests.stale)
    return f"{why}; stale, verify first: {', '.join(stale)}" if stale else why


def stop(before: Terrain, refused: Refused, network: Network) -> Alternative:
    """Where it ends, if nothing else is found: before the border of whoever refuses."""
    post = network.post(before.leg.exit, before.leg.country)
    place = post.name if post else f"the border with {refused.terrain.leg.country}"
    local = before.entries[0][0].contacts[0].time_zone if before.entries else "UTC"
    where = f"{place} by {moment(before.leaves, zone(local))}" if before.leaves else place
    who = ", ".join(entry.authority for entry, _ in before.entries) or f"the authority of {before.leg.country}"
    return Alternative(
        kind="stop_and_seize",
        for_leg=refused.terrain.leg.number,
        countries=(before.leg.country,),
        text=f"stop it in {before.leg.country} before {where}, hold it and seize: {who} decides",
        why=_verified(f"{refused.why}; nothing passes a border without consent, and the state having territory intervenes", before.sources),
        sources=before.sources,
    )


def substitution(request: DeliveryRequest, terrains: list[Terrain], position: int) -> Iterator[Alternative]:
    """Asking again with more taken out than was planned, where this law takes such a load and one before lets it be made."""
    here = terrains[position]
    planned = request.substitution.wanted if request.substitution else "none"
    for load in LEVELS[LEVELS.index(planned) + 1 :]:
        if load not in here.loads or not all(entry.law.controlled_delivery and entry.law.substitution for entry, _ in here.entries):
            continue
        if not here.entries or any(load not in terrain.loads for terrain in terrains[position + 1 :]):
            continue
        made = reversed(terrains[:position]) if position else iter((here,))
        where = tuple(takewhile(lambda terrain: load in terrain.loads and bool(terrain.entries), made))  # noqa: B023 - used at once
        if where:
            sources = tuple(rests for terrain in (*where, here, *terrains[position + 1 :]) for rests in terrain.sources)
            on, degree = ", ".join(terrain.leg.country for terrain in where), "fully" if load == "full" else "partly"
            yield Alternative(
                kind="substitution",
                for_leg=here.leg.number,
                countries=tuple(terrain.leg.country for terrain in where),
                text=f"ask {here.leg.country} again with a {degree} substituted load; it may be made in {on}",
                why=_verified(f"the law of {here.leg.country} takes such a load; so do the legs after it", sources),
                sources=sources,
            )

"""Which countries touch, and at which crossings: our gazetteer, and the ferry lines of the Caspian beside it."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from schemas.places import Place
from schemas.request import DeliveryRequest
from streams.reference.borders import kilometres
from streams.reference.gazetteer import Crossing, Crossings
from streams.reference.table import rows

_MODES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("car", "truck", "trailer", "bus", "motorcycle", "animal", "pedestrian"), frozenset(("road", "river", "sea"))),
    **dict.fromkeys(("train", "wagon"), frozenset(("rail", "sea"))),
    **dict.fromkeys(("vessel", "boat"), frozenset(("sea", "river"))),
}
ANY_MODE = frozenset(("road", "rail", "river", "sea"))


@dataclass(frozen=True, slots=True)
class Link:
    """A way from one country into a neighbouring one: both posts by name, and their place."""

    leaves: str
    enters: str
    by: str
    here: str
    there: str
    lat: float
    lon: float


class Network:
    """All links, both ways. Whether a crossing is open to goods today is for its entry in the directory, not for the gazetteer."""

    def __init__(self) -> None:
        self.crossings = Crossings()
        self._links: dict[str, list[Link]] = {}
        sides = {(side.name, side.country, side.opposite): side for side in self.crossings.sides}
        ports: dict[str, Crossing] = {}
        for row in rows("border_crossings.tsv"):
            if not row["opposite"]:
                ports[row["name"]] = sides[row["name"], row["country"], None]
                continue
            at = float(row["lat"]), float(row["lon"])
            self._add(Link(row["country"], row["opposite_country"], row["kind"], row["name"], row["opposite"], *at))
        for line in (files("streams.planning") / "data" / "ferries.tsv").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                here, there = (ports[name] for name in line.split("\t"))
                self._add(Link(here.country, there.country, "sea", here.name, there.name, here.lat, here.lon))

    def _add(self, link: Link) -> None:
        back = Link(link.enters, link.leaves, link.by, link.there, link.here, link.lat, link.lon)
        self._links.setdefault(link.leaves, []).append(link)
        self._links.setdefault(link.enters, []).append(back)

    def between(self, leaves: str, enters: str, modes: frozenset[str] = ANY_MODE) -> tuple[Link, ...]:
        """The links from one country to the other by these modes."""
        return tuple(link for link in self._links.get(leaves, ()) if link.enters == enters and link.by in modes)

    def neighbours(self, country: str, modes: frozenset[str] = ANY_MODE) -> list[str]:
        """The countries that can be entered from it, in alphabetical order."""
        return sorted({link.enters for link in self._links.get(country, ()) if link.by in modes})

    def ways(self, leaves: str, reaches: str, avoiding: Iterable[str], modes: frozenset[str], most: int = 3) -> Iterator[tuple[str, ...]]:
        """The countries between the two, `most` at most, fewest first; never one of `avoiding`."""
        closed = {leaves, reaches, *avoiding}
        queue: deque[tuple[str, ...]] = deque([()])
        while queue:
            way = queue.popleft()
            for country in self.neighbours(way[-1] if way else leaves, modes):
                if country == reaches:
                    yield way
                elif country not in closed and country not in way and len(way) < most:
                    queue.append((*way, country))

    def post(self, place: Place | None, country: str) -> Crossing | None:
        """The crossing that a place names on the country's side, where it is one of the gazetteer."""
        for name in (place.crossing, place.name) if place else ():
            if name and (found := self.crossings.named(name, country)):
                return found[0]
        return None


class Located(Protocol):
    """Whatever lies somewhere."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...


def nearest(links: Iterable[Link], near: Located | None, count: int = 3) -> list[Link]:
    """The links nearest to it; in their own order where there is none to measure from."""
    if near is None:
        return list(links)[:count]
    return sorted(links, key=lambda link: (kilometres(link.lat, link.lon, near.lat, near.lon), link.here))[:count]


def modes_of(request: DeliveryRequest) -> frozenset[str]:
    """By what the consignment can cross a border: by what carries it; anything where that is not stated or flies."""
    found = [_MODES[conveyance.kind] for conveyance in request.conveyances if conveyance.kind in _MODES]
    return frozenset.intersection(*found) or ANY_MODE if found else ANY_MODE


@cache
def load() -> Network:
    """The network, read once per process."""
    return Network()

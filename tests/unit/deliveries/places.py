"""Where loads are seen in histories, and what a position says, in the simplest terms: part of the reference model.

Written from DOMAIN.md without the stage's code: positions say where the load is, never who has it, and an impossible jump says nothing.
"""

from abc import ABC, abstractmethod
from math import asin, cos, radians, sin, sqrt

from tests.unit.deliveries.words import Json

SIDES = {
    ("TJ", "KG"): (40.5044, 71.6817),
    ("KG", "TJ"): (40.5156, 71.6983),
    ("KG", "KZ"): (43.7308, 75.1461),
    ("KZ", "KG"): (43.7492, 75.1539),
    ("KZ", "RU"): (49.5045, 68.8584),
    ("RU", "KZ"): (49.5155, 68.8416),
}
"""Country and the one across the border → a point on its side: two kilometres across, hours along the way."""

ENDED = ("SECURED", "INTERVENED", "ABORTED", "SPLIT", "MERGED")
COUNTRY = {point: country for (country, _), point in SIDES.items()}
FASTEST_KMH, NEAR_KM, SOON_H = 200, 5, 1 / 60

Seen = tuple[int, float, float, int]
"""When (ms), latitude, longitude, and when it was received."""


class Places(ABC):
    """Sightings of parts, by a person or a device."""

    parts: dict[str, Json]

    @abstractmethod
    def tick(self, now: int) -> None:
        """Time goes by."""

    @abstractmethod
    def _seen_in(self, part: Json, where: str, at: int) -> None:
        """Somebody says in which country it is."""

    def sighted(self, part: Json, seen: Seen, *, jump: bool) -> None:
        """The newest position stands; of those that are no jump too, and they say in which country it is."""
        for name in ("newest", "believed"):
            if (name == "newest" or not jump) and (part[name] is None or seen[0] >= part[name][0]):
                part[name] = seen
        if not jump:
            self._seen_in(part, COUNTRY[seen[1:3]], seen[0])

    def tracked(self, part: Json, agency: str, act: Json, at: int) -> bool:
        seen, jump = act["_seen"], jumps(part, act["_seen"])
        self.sighted(part, seen, jump=jump)
        if "country" in act and not jump:
            self._seen_in(part, act["country"], seen[0])
        return True

    def device_placed(self, part: Json, agency: str, act: Json, at: int) -> bool:
        return bool(agency == part["controller"])

    def fix(self, name: str, seen: Seen, *, jump: bool) -> None:
        """What a device of this part tells, and whether that is said to be a jump."""
        self.tick(seen[3])
        if self.parts[name]["phase"] not in ENDED:
            self.sighted(self.parts[name], seen, jump=jump)
        self.tick(seen[3])


def jumps(part: Json, seen: Seen) -> bool:
    """Whether it can be neither where the newest position says nor where the newest that was believed does."""
    known = [each for each in (part["newest"], part["believed"]) if each is not None]
    return bool(known) and all(_too_far(each, seen) for each in known)


def _too_far(one: Seen, other: Seen) -> bool:
    lat, other_lat = radians(one[1]), radians(other[1])
    half = sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin(radians(other[2] - one[2]) / 2) ** 2
    apart = 2 * 6371 * asin(sqrt(half))
    return apart > NEAR_KM and apart / max(abs(one[0] - other[0]) / 3_600_000, SOON_H) > FASTEST_KMH

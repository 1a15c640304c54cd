"""In which country a point lies, from simplified outlines (Natural Earth; `data/borders.txt` says how they were made).

Outlines of the Central Asian members, Azerbaijan and their southern neighbours are true to about 3 km, all others to about 10 km;
Natural Earth draws de facto lines. So a point nearer to a frontier than `tolerance_km` may lie on either side.
"""

import math
from functools import lru_cache

from streams.reference.table import text

_BAND = 250
"""Height of a band of edges, in thousandths of a degree: a point is compared with the edges of its own band only."""

_NEAR_KM = 60.0
_KM_PER_DEGREE = 111.195

Edge = tuple[int, int, int, int]


class _Outline:
    """One country's rings in thousandths of a degree; bands of edges are made when first asked for."""

    __slots__ = ("_bands", "bounds", "fine", "rings")

    def __init__(self, fine: bool, rings: list[list[tuple[int, int]]]) -> None:
        self.fine = fine
        self.rings = rings
        lons = [lon for ring in rings for lon, _ in ring]
        lats = [lat for ring in rings for _, lat in ring]
        self.bounds = (min(lons), min(lats), max(lons), max(lats))
        self._bands: dict[int, list[Edge]] | None = None

    @property
    def bands(self) -> dict[int, list[Edge]]:
        if self._bands is None:
            bands: dict[int, list[Edge]] = {}
            for ring in self.rings:
                x1, y1 = ring[-1]
                for x2, y2 in ring:
                    low, high = (y1, y2) if y1 < y2 else (y2, y1)
                    for band in range(low // _BAND, high // _BAND + 1):
                        bands.setdefault(band, []).append((x1, y1, x2, y2))
                    x1, y1 = x2, y2
            self._bands = bands
        return self._bands

    def contains(self, x: float, y: float) -> bool:
        west, south, east, north = self.bounds
        if not (west <= x <= east and south <= y <= north):
            return False
        inside = False
        for x1, y1, x2, y2 in self.bands.get(int(y // _BAND), ()):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
        return inside

    def distance_km(self, x: float, y: float) -> float:
        """To the nearest edge, up to `_NEAR_KM`; infinity beyond."""
        reach = _NEAR_KM / _KM_PER_DEGREE * 1000
        west, south, east, north = self.bounds
        shrink = max(math.cos(math.radians(y / 1000)), 0.01)
        if x < west - reach / shrink or x > east + reach / shrink or y < south - reach or y > north + reach:
            return math.inf
        best = math.inf
        for band in range(int((y - reach) // _BAND), int((y + reach) // _BAND) + 1):
            for x1, y1, x2, y2 in self.bands.get(band, ()):
                ax, ay, bx, by = (x1 - x) * shrink, y1 - y, (x2 - x1) * shrink, y2 - y1
                length = bx * bx + by * by
                along = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * bx + ay * by) / length))
                dx, dy = ax + along * bx, ay + along * by
                best = min(best, dx * dx + dy * dy)
        km = math.sqrt(best) / 1000 * _KM_PER_DEGREE
        return km if km <= _NEAR_KM else math.inf


class Borders:
    """All outlines, loaded once."""

    def __init__(self) -> None:
        self._outlines: dict[str, _Outline] = {}
        for line in text("borders.txt").splitlines():
            if line.startswith("#"):
                continue
            code, scale, *rings = line.split("\t")
            self._outlines[code] = _Outline(scale == "10", [_ring(ring) for ring in rings])
        self._overlapping = lru_cache(maxsize=65_536)(self._of_cell)
        self.at = lru_cache(maxsize=32_768)(self._at)
        self.distance_km = lru_cache(maxsize=32_768)(self._distance_km)
        self.centre = lru_cache(maxsize=512)(self._centre)

    def _at(self, lat: float, lon: float) -> str | None:
        """Alpha-2 of the country at the point; on the sea the nearest within 60 km of its coast, else None."""
        x, y = lon * 1000, lat * 1000
        for code, outline in self._overlapping(math.floor(lat), math.floor(lon)):
            if outline.contains(x, y):
                return code
        near = [(km, code) for code, outline in self._outlines.items() if (km := outline.distance_km(x, y)) < math.inf]
        return min(near)[1] if near else None

    def _of_cell(self, south: int, west: int) -> list[tuple[str, _Outline]]:
        """Outlines whose bounds meet the one-degree cell, finest first."""
        x, y = west * 1000, south * 1000
        return [
            (code, outline)
            for code, outline in self._outlines.items()
            if outline.bounds[0] <= x + 1000 and outline.bounds[2] >= x and outline.bounds[1] <= y + 1000 and outline.bounds[3] >= y
        ]

    def tolerance_km(self, country: str) -> float:
        """How far the outline may be from the frontier on the ground."""
        outline = self._outlines.get(country)
        return 3.0 if outline is not None and outline.fine else 10.0

    def _distance_km(self, country: str, lat: float, lon: float) -> float:
        """Kilometres from the point to the country: 0 inside, infinity beyond 60 km or where the country has no outline."""
        outline = self._outlines.get(country)
        if outline is None:
            return math.inf
        x, y = lon * 1000, lat * 1000
        return 0.0 if outline.contains(x, y) else outline.distance_km(x, y)

    def _centre(self, country: str) -> tuple[float, float, float] | None:
        """Latitude, longitude and radius in metres of the country's largest part: where only the country is known."""
        outline = self._outlines.get(country)
        if outline is None:
            return None
        ring = max(outline.rings, key=lambda points: abs(_area(points)))
        lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
        lat, lon = (min(lats) + max(lats)) / 2000, (min(lons) + max(lons)) / 2000
        height = (max(lats) - min(lats)) / 1000 * _KM_PER_DEGREE
        width = (max(lons) - min(lons)) / 1000 * _KM_PER_DEGREE * math.cos(math.radians(lat))
        return round(lat, 3), round(lon, 3), round(math.hypot(height, width) / 2 * 1000)


def _ring(encoded: str) -> list[tuple[int, int]]:
    x = y = 0
    points = []
    for pair in encoded.split(","):
        dx, dy = pair.split(" ")
        x += int(dx)
        y += int(dy)
        points.append((x, y))
    return points


def _area(points: list[tuple[int, int]]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True)) / 2


def kilometres(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance (haversine, mean radius 6371 km)."""
    a, b = math.radians(lat1), math.radians(lat2)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(min(1.0, h)))

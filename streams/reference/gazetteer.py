"""The lists behind `places`: border crossings and towns (ours), airports (airportsdata), UN/LOCODE and subdivisions (UNECE, by pyunlocode).

UN/LOCODE is read from the CSV files inside the package, one country at a time when first asked for: the package's own database
holds minutes as decimals (138°36' as 138.36), and 116 000 rows would cost every worker half a second at start.
"""

import csv
import importlib.util
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import airportsdata

from streams.reference.borders import kilometres
from streams.reference.table import rows
from streams.reference.text import compact, fold

Kind = Literal["border_crossing", "airport", "seaport", "river_port", "railway", "road", "town", "subdivision", "country", "point"]

UNLOCODE_ACCURACY_M = 5_000
AIRPORT_ACCURACY_M = 2_000
TOWN_ACCURACY_M = 5_000
_SAME_CODE_ACCURACY_M = 20_000
_COORDINATES = re.compile(r"^(\d{2})(\d{2})([NS]) (\d{3})(\d{2})([EW])$")


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a list; `lat` and `lon` are None where the list has none."""

    code: str
    name: str
    country: str
    subdivision: str | None
    kind: Kind
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """A border crossing seen from one side: `country` is the side whose name it is, `opposite` the other (None for a port)."""

    code: str
    name: str
    country: str
    opposite_name: str | None
    opposite: str | None
    kind: Kind
    lat: float
    lon: float
    accuracy_m: int


_CROSSING_KIND: dict[str, Kind] = {"road": "border_crossing", "river": "border_crossing", "rail": "border_crossing", "sea": "seaport"}


class Crossings:
    """Our gazetteer. A crossing is two sides with one code; its names and aliases lead to both."""

    def __init__(self) -> None:
        self.sides: list[Crossing] = []
        self._by_name: dict[str, list[Crossing]] = {}
        self._shared: dict[str, list[Crossing]] = {}
        codes: set[str] = set()
        for row in rows("border_crossings.tsv"):
            code = "-".join(filter(None, (row["country"], row["opposite_country"], fold(row["name"]).replace(" ", "-"))))
            if code in codes:
                raise ValueError(f"border_crossings.tsv: {code} stands twice")
            codes.add(code)
            kind = _CROSSING_KIND[row["kind"]]
            where = float(row["lat"]), float(row["lon"]), int(row["accuracy_m"])
            near = Crossing(code, row["name"], row["country"], row["opposite"] or None, row["opposite_country"] or None, kind, *where)
            sides = [near]
            self._name(self._by_name, (row["name"], row["name_ru"]), [near])
            if row["opposite"]:
                far = Crossing(code, row["opposite"], row["opposite_country"], row["name"], row["country"], kind, *where)
                sides.append(far)
                self._name(self._by_name, (row["opposite"], row["opposite_ru"]), [far])
            self._name(self._shared, filter(None, (code, *row["aliases"].split(";"))), sides)
            self.sides += sides

    @staticmethod
    def _name(index: dict[str, list[Crossing]], names: Iterable[str], sides: list[Crossing]) -> None:
        for name in names:
            index.setdefault(compact(fold(name)), []).extend(side for side in sides if side not in index.get(compact(fold(name)), ()))

    def named(self, text: str, country: str | None) -> list[Crossing]:
        """Sides with that name; with `country` only its own sides. "Osh - Dostuk" and "КПП Достук" are read by their parts."""
        folded = fold(text)
        wanted = [compact(folded), compact(" ".join(word for word in folded.split() if word not in _POST_WORDS))]
        for key in dict.fromkeys(filter(None, wanted)):
            found = [*self._by_name.get(key, ()), *(side for side in self._shared.get(key, ()) if side not in self._by_name.get(key, ()))]
            if country is not None:
                found = [side for side in found if side.country == country]
            if found:
                return found
        return []

    def near(self, lat: float, lon: float, km: float) -> tuple[float, Crossing] | None:
        """The nearest crossing within `km`, from its first country's side."""
        best: tuple[float, Crossing] | None = None
        for side in self.sides:
            if abs(side.lat - lat) * 111 > km:
                continue
            away = kilometres(lat, lon, side.lat, side.lon)
            if away <= km and (best is None or away < best[0]):
                best = away, side
        return best


_POST_WORDS = frozenset(fold(word) for row in rows("words.tsv") if row["list"] == "post" for word in row["words"].split())


class Towns:
    """Our short list of the members' towns with their Russian names, which UN/LOCODE lacks."""

    def __init__(self) -> None:
        self._spots: dict[str, list[Spot]] = {}
        self._by_name: dict[tuple[str, str], Spot] = {}
        self._anywhere: dict[str, set[Spot]] = {}
        for row in rows("towns.tsv"):
            names = row["names"].split(";")
            spot = Spot(
                code=f"{row['country']}-{fold(names[0]).replace(' ', '-')}",
                name=names[0],
                country=row["country"],
                subdivision=row["subdivision"] or None,
                kind="town",
                lat=float(row["lat"]),
                lon=float(row["lon"]),
                accuracy_m=TOWN_ACCURACY_M,
                source="gazetteer of towns",
            )
            self._spots.setdefault(spot.country, []).append(spot)
            for name in names:
                self._by_name[spot.country, compact(fold(name))] = spot
                self._anywhere.setdefault(compact(fold(name)), set()).add(spot)

    def named(self, text: str, country: str | None) -> Spot | None:
        """The town of that name; without a country only where one member has it."""
        key = compact(fold(text))
        if country is not None:
            return self._by_name.get((country, key))
        spots = self._anywhere.get(key, ())
        return next(iter(spots)) if len(spots) == 1 else None

    def near(self, country: str, lat: float, lon: float, km: float) -> tuple[float, Spot] | None:
        """The nearest of the country's towns within `km`."""
        away = [(kilometres(lat, lon, spot.lat or 0.0, spot.lon or 0.0), spot.code, spot) for spot in self._spots.get(country, ())]
        nearest = min(away, default=None)
        return (nearest[0], nearest[2]) if nearest and nearest[0] <= km else None


class Airports:
    """airportsdata: by IATA and ICAO code."""

    def __init__(self) -> None:
        self._rows = airportsdata.load("ICAO")
        self._icao = {row["iata"]: icao for icao, row in self._rows.items() if row["iata"]}
        self.get = lru_cache(maxsize=4_096)(self._get)

    def _get(self, code: str) -> Spot | None:
        """By IATA (3 letters) or ICAO (4) code, in any case."""
        wanted = code.strip().upper()
        icao = self._icao.get(wanted, wanted)
        row = self._rows.get(icao)
        if row is None:
            return None
        return Spot(
            code=row["iata"] or icao,
            name=row["name"],
            country=row["country"],
            subdivision=None,
            kind="airport",
            lat=row["lat"],
            lon=row["lon"],
            accuracy_m=AIRPORT_ACCURACY_M,
            source="airportsdata",
        )


class Unlocode:
    """UN/LOCODE 2023-1. A fifth of its places have no coordinates; an airport with the same code stands in, else there are none."""

    def __init__(self, airports: Airports) -> None:
        spec = importlib.util.find_spec("pyunlocode")
        if spec is None or spec.origin is None:
            raise ValueError("the package pyunlocode is missing: install ric[centre]")
        folder = Path(spec.origin).parent / "csv"
        self._airports = airports
        self._lines: dict[str, list[str]] = {}
        for path in sorted(folder.glob("*CodeListPart*.csv")):
            for line in path.read_text(encoding="cp1252", errors="replace").split("\n"):
                self._lines.setdefault(_country_of(line), []).append(line)
        self.subdivisions: dict[str, str] = {}
        with next(folder.glob("*SubdivisionCodes.csv")).open(encoding="cp1252", errors="replace", newline="") as file:
            for country, code, name, *_ in csv.reader(file):
                self.subdivisions[f"{country}-{code}"] = name
        self.places = cache(self._places)
        self._names = cache(self._index)

    def _places(self, country: str) -> dict[str, Spot]:
        """Places of one country by the three characters of their code."""
        found: dict[str, Spot] = {}
        for _, _, code, name, plain, subdivision, function, _, _, _, where, *_ in csv.reader(self._lines.get(country, ())):
            if not code:
                continue
            lat, lon = _degrees(where)
            accuracy = UNLOCODE_ACCURACY_M if lat is not None else None
            source = "UN/LOCODE 2023-1"
            if lat is None and "4" in function and (airport := self._airports.get(code)) and airport.country == country:
                lat, lon, accuracy, source = airport.lat, airport.lon, _SAME_CODE_ACCURACY_M, "UN/LOCODE 2023-1, coordinates of the airport"
            kind: Kind = "seaport" if "1" in function else "town"
            found[code] = Spot(
                code=country + code,
                name=plain or name,
                country=country,
                subdivision=f"{country}-{subdivision}" if subdivision else None,
                kind=kind,
                lat=lat,
                lon=lon,
                accuracy_m=accuracy,
                source=source,
            )
        return found

    def get(self, code: str) -> Spot | None:
        """By the five characters, spaces ignored."""
        tight = code.replace(" ", "").upper()
        return self.places(tight[:2]).get(tight[2:]) if len(tight) == 5 else None

    def named(self, text: str, country: str) -> Spot | None:
        """The one place of that name in the country; None where several share it (many towns in one country do)."""
        return self._names(country).get(compact(fold(text)))

    def _index(self, country: str) -> dict[str, Spot]:
        index: dict[str, Spot | None] = {}
        for spot in self.places(country).values():
            for name in (spot.name, *re.split(r"[/(),=]", spot.name)):
                key = compact(fold(name))
                other = index.setdefault(key, spot)
                if other is not None and other is not spot:
                    index[key] = spot if other.lat is None and spot.lat is not None else other if spot.lat is None else None
        return {key: spot for key, spot in index.items() if spot is not None and key}

    def near(self, country: str, lat: float, lon: float, km: float) -> tuple[float, Spot] | None:
        """The nearest place of the country within `km`."""
        best: tuple[float, Spot] | None = None
        for row in range(math.floor((lat - km / 111) * 2), math.floor((lat + km / 111) * 2) + 1):
            for spot in self._grid(country).get(row, ()):
                if spot.lat is None or spot.lon is None or abs(spot.lat - lat) * 111 > km:
                    continue
                away = kilometres(lat, lon, spot.lat, spot.lon)
                if away <= km and (best is None or away < best[0]):
                    best = away, spot
        return best

    @cache  # noqa: B019 - one instance a process
    def _grid(self, country: str) -> dict[int, list[Spot]]:
        """Places with coordinates by half degree of latitude."""
        grid: dict[int, list[Spot]] = {}
        for spot in self.places(country).values():
            if spot.lat is not None:
                grid.setdefault(math.floor(spot.lat * 2), []).append(spot)
        return grid


def _country_of(line: str) -> str:
    """Of one CSV line: its second field; empty for the last, empty line."""
    return line[line.find(",") + 1 :][1:3]


def _degrees(text: str) -> tuple[float, float] | tuple[None, None]:
    """`4650N 07459E`: degrees and minutes."""
    match = _COORDINATES.match(text)
    if match is None:
        return None, None
    lat = int(match[1]) + int(match[2]) / 60
    lon = int(match[4]) + int(match[5]) / 60
    return round(-lat if match[3] == "S" else lat, 4), round(-lon if match[6] == "W" else lon, 4)

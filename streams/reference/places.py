"""Coordinates from a place, a place from coordinates, and where the two do not agree.

What the agency said is never overwritten: `Located` stands beside it, with the basis of each answer and an honest accuracy.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from streams.reference.borders import Borders, kilometres
from streams.reference.countries import Countries
from streams.reference.gazetteer import Airports, Crossing, Crossings, Kind, Spot, Towns, Unlocode
from streams.reference.table import rows
from streams.reference.text import compact, fold

REGION = ("TJ", "KG", "UZ", "TM", "KZ", "AZ", "RU")
"""Where no country is given, a town or subdivision is looked for in the members only."""

NEAR_CROSSING_KM = 5.0
NEAR_TOWN_KM = 50.0
_SLACK_KM = 25.0


@dataclass(frozen=True, slots=True)
class Located:
    """Where it is, as far as it is known. WGS 84; `accuracy_m` is the radius within which the place lies.

    `country` is the one reported, else the one found; `code` is a UN/LOCODE, IATA, ISO 3166-2, alpha-2 or gazetteer code by
    `kind`; `basis` says which list or rule decided; `findings` tell contradictions and what was not understood.
    """

    country: str | None
    subdivision: str | None
    name: str | None
    code: str | None
    kind: Kind
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    basis: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subdivision:
    """ISO 3166-2; coordinates are the middle of the area, None where only UNECE's name is known."""

    code: str
    name: str
    lat: float | None
    lon: float | None
    accuracy_m: int | None


class Places:
    """Crossings, airports, UN/LOCODE, subdivisions, countries and outlines, loaded once."""

    def __init__(self, countries: Countries) -> None:
        self.countries = countries
        self.crossings = Crossings()
        self.airports = Airports()
        self.towns = Towns()
        self.unlocode = Unlocode(self.airports)
        self.borders = Borders()
        self._subdivisions: dict[str, Subdivision] = {}
        self._subdivision_names: dict[tuple[str, str], Subdivision] = {}
        for code, name in self.unlocode.subdivisions.items():
            self._subdivisions[code] = known = Subdivision(code, name, None, None, None)
            self._subdivision_names.setdefault((code[:2], compact(fold(name))), known)
        for row in rows("subdivisions.tsv"):
            names = row["names"].split(";")
            known = Subdivision(row["code"], names[0], float(row["lat"]), float(row["lon"]), int(row["accuracy_m"]))
            self._subdivisions[known.code] = known
            for name in names:
                self._subdivision_names[known.code[:2], compact(fold(name))] = known
        self._locate_cached = lru_cache(maxsize=32_768)(self._locate)
        self.subdivision = lru_cache(maxsize=8_192)(self._subdivision)

    def locate(  # noqa: PLR0917
        self,
        name: str | None = None,
        country: str | None = None,
        subdivision: str | None = None,
        unlocode: str | None = None,
        airport: str | None = None,
        crossing: str | None = None,
        coordinates: tuple[float, float] | None = None,
        accuracy_m: float | None = None,
    ) -> Located | None:
        """The place that the given fields describe, or None where nothing of them is known and there is nothing to say about it.

        The most precise field decides: crossing, UN/LOCODE, airport, name, subdivision, country. `coordinates` (latitude,
        longitude) are kept as given and checked against the rest.
        """
        return self._locate_cached(name, country, subdivision, unlocode, airport, crossing, coordinates, accuracy_m)

    def _subdivision(self, text: str | None, country: str | None) -> Subdivision | None:
        """By ISO 3166-2 code ("TJ-KT"), by its second half within a country ("SP" in BR), or by name within the country or the members."""
        if not text:
            return None
        code = text.strip().upper()
        if found := self._subdivisions.get(code):
            return found if country in (None, code[:2]) else None
        if country and (found := self._subdivisions.get(f"{country}-{code}")):
            return found
        key = compact(fold(text))
        found_in = [found for where in ((country,) if country else REGION) if (found := self._subdivision_names.get((where, key)))]
        return found_in[0] if len(found_in) == 1 else None

    def _locate(  # noqa: PLR0917
        self,
        name: str | None,
        country: str | None,
        subdivision: str | None,
        unlocode: str | None,
        airport: str | None,
        crossing: str | None,
        coordinates: tuple[float, float] | None,
        accuracy_m: float | None,
    ) -> Located | None:
        findings: list[str] = []
        said = self.countries.country(country)
        if country and said is None:
            findings.append(f"country: {country!r} is no country that is known: write its ISO 3166-1 code")
        if coordinates is not None and not _on_earth(*coordinates):
            findings.append("coordinates: latitude is -90 to 90 and longitude -180 to 180, and 0, 0 is no place")
            coordinates = None
        place = (
            self._by_crossing(crossing, said, findings)
            or self._by_code("unlocode", unlocode, said, findings)
            or self._by_code("airport", airport, said, findings)
            or self._by_name(name, said, findings)
            or self._by_subdivision(subdivision, said, findings)
        )
        if coordinates is not None:
            return self._at(coordinates, accuracy_m, said, place, findings)
        if place is None and said is None and not findings:
            return None
        return self._finished(place or (self._by_country(said) if said else _UNKNOWN), findings)

    def _by_crossing(self, text: str | None, said: str | None, findings: list[str]) -> Located | None:
        if not text:
            return None
        sides = self.crossings.named(text, said)
        if not sides and said is not None and (sides := self.crossings.named(text, None)):
            findings.append(f"crossing: {text!r} is not in {said}; known at {', '.join(sorted({side.code for side in sides}))}")
            return None
        return self._crossing(text, sides, findings, "crossing")

    def _crossing(self, text: str, sides: list[Crossing], findings: list[str], field: str) -> Located | None:
        codes = sorted({side.code for side in sides})
        if not codes:
            return None
        if len(codes) > 1:
            findings.append(f"{field}: {text!r} may be any of {', '.join(codes)}")
            return None
        side = sides[0]
        one_side = len({each.country for each in sides}) == 1
        if not one_side:
            findings.append(f"{field}: {text!r} has a side in {side.country} and one in {side.opposite}: give the country")
        return Located(
            country=side.country if one_side else None,
            subdivision=None,
            name=side.name,
            code=side.code,
            kind=side.kind,
            lat=side.lat,
            lon=side.lon,
            accuracy_m=side.accuracy_m,
            basis="gazetteer of border crossings (approximate coordinates)",
        )

    def _by_code(self, field: str, code: str | None, said: str | None, findings: list[str]) -> Located | None:
        if not code:
            return None
        spot = self.unlocode.get(code) if field == "unlocode" else self.airports.get(code)
        if spot is None:
            findings.append(f"{field}: {code!r} is not in the reference data")
            return None
        if said is not None and spot.country != said:
            findings.append(f"{field}: {code!r} is {spot.name} in {spot.country}, the report says {said}")
        return self._spot(spot, findings)

    def _by_name(self, text: str | None, said: str | None, findings: list[str]) -> Located | None:
        if not text:
            return None
        if town := self.towns.named(text, said):
            return self._spot(town, findings)
        sides = self.crossings.named(text, said)
        if sides and len({side.code for side in sides}) == 1:
            return self._crossing(text, sides, findings, "name")
        spots = [spot for where in ((said,) if said else REGION) if (spot := self.unlocode.named(text, where))]
        if len(spots) == 1:
            return self._spot(spots[0], findings)
        if len(spots) > 1:
            findings.append(f"name: {text!r} may be in any of {', '.join(spot.country for spot in spots)}: give the country")
            return None
        return self._by_subdivision(text, said, [])

    def _by_subdivision(self, text: str | None, said: str | None, findings: list[str]) -> Located | None:
        known = self.subdivision(text, said)
        if known is None:
            if text:
                findings.append(f"subdivision: {text!r} is not known{f' in {said}' if said else ''}")
            return None
        basis = "ISO 3166-2, middle of the area" if known.lat is not None else "ISO 3166-2, no coordinates known"
        return Located(
            country=known.code[:2],
            subdivision=known.code,
            name=known.name,
            code=known.code,
            kind="subdivision",
            lat=known.lat,
            lon=known.lon,
            accuracy_m=known.accuracy_m,
            basis=basis,
        )

    def _by_country(self, code: str) -> Located:
        lat, lon, radius = self.borders.centre(code) or (None, None, None)
        basis = "country, middle of its largest part"
        return Located(code, None, self.countries.name(code), code, "country", lat, lon, None if radius is None else int(radius), basis)

    def _spot(self, spot: Spot, findings: list[str]) -> Located:
        """A listed place; coordinates that lie in another country are a fault of the list and are left out."""
        lat, lon, accuracy = spot.lat, spot.lon, spot.accuracy_m
        if lat is not None and lon is not None:
            away = self.borders.distance_km(spot.country, lat, lon)
            if away > self.borders.tolerance_km(spot.country) + (accuracy or 0) / 1000 and self.borders.at(lat, lon) not in (
                None,
                spot.country,
            ):
                findings.append(f"{spot.source} places {spot.code} {spot.name} outside {spot.country}: its coordinates are not used")
                lat = lon = accuracy = None
        return Located(spot.country, spot.subdivision, spot.name, spot.code, spot.kind, lat, lon, accuracy, spot.source)

    def _at(
        self, coordinates: tuple[float, float], accuracy_m: float | None, said: str | None, place: Located | None, findings: list[str]
    ) -> Located:
        lat, lon = coordinates
        slack_km = (accuracy_m or 0) / 1000
        lies_in = self.borders.at(lat, lon)
        expected = said or (place.country if place else None)
        country = expected or lies_in
        if expected and lies_in and lies_in != expected:
            away = self.borders.distance_km(expected, lat, lon)
            if away > self.borders.tolerance_km(expected) + self.borders.tolerance_km(lies_in) + slack_km:
                distance = f"{away:.0f} km from {expected}" if math.isfinite(away) else f"more than 60 km from {expected}"
                findings.append(f"coordinates lie in {lies_in}, {distance}, which the report names")
        accuracy = None if accuracy_m is None else max(1, round(accuracy_m))
        if place is not None:
            if place.lat is not None and place.lon is not None:
                away = kilometres(lat, lon, place.lat, place.lon)
                if away > (place.accuracy_m or 0) / 1000 * 1.5 + slack_km + _SLACK_KM:
                    findings.append(f"coordinates lie {away:.0f} km from {place.name} ({place.code})")
            return self._finished(
                Located(
                    country,
                    place.subdivision,
                    place.name,
                    place.code,
                    place.kind,
                    lat,
                    lon,
                    accuracy,
                    f"coordinates as reported; {place.basis}",
                ),
                findings,
            )
        if near := self.crossings.near(lat, lon, NEAR_CROSSING_KM):
            km, side = near
            basis = f"coordinates as reported; {km:.1f} km from the crossing (gazetteer, ± {side.accuracy_m / 1000:g} km)"
            return self._finished(Located(country, None, side.name, side.code, side.kind, lat, lon, accuracy, basis), findings)
        towns = (
            [
                town
                for town in (self.towns.near(country, lat, lon, NEAR_TOWN_KM), self.unlocode.near(country, lat, lon, NEAR_TOWN_KM))
                if town
            ]
            if country
            else []
        )
        if towns:
            km, spot = min(towns, key=lambda town: town[0])
            basis = f"coordinates as reported; nearest place in {spot.source}, {km:.0f} km"
            return self._finished(Located(country, spot.subdivision, spot.name, spot.code, "point", lat, lon, accuracy, basis), findings)
        return self._finished(Located(country, None, None, None, "point", lat, lon, accuracy, "coordinates as reported"), findings)

    @staticmethod
    def _finished(located: Located, findings: list[str]) -> Located:
        return replace(located, findings=tuple(findings))


_UNKNOWN = Located(None, None, None, None, "point", None, None, None, "nothing of it is in the reference data")


def _on_earth(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180 and not (lat == 0 and lon == 0)

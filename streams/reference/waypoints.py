"""Which listed places a planned place means: in words it may be said in two languages, or name the posts of both sides of a border."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from streams.reference.places import Places

# From what parts two ways of saying a thing to what may still stand inside one name ("Ак–Жол", written with a dash that is no hyphen).
# A hyphen without spaces parts nothing.
_PARTING = (re.compile(r"[/|;,()]+"), re.compile(r"\s[-\u2013\u2014]+\s"), re.compile(r"[\u2013\u2014]+"))


class Waypoint(NamedTuple):
    """A place of the lists. WGS 84; `accuracy_m` is the radius within which it lies, None where the list does not say."""

    code: str | None
    country: str | None
    lat: float
    lon: float
    accuracy_m: int | None


def waypoints(places: Places, place: Mapping[str, Any], worst_m: int) -> tuple[Waypoint, ...]:
    """All that a `schemas.places.Place` (as JSON) may mean, each once; nothing that is known less exactly than `worst_m`.

    Its UN/LOCODE or airport comes first, then its words: those known in its country before those known only elsewhere. A text whose whole
    is known is not taken apart. Coordinates that the place brings are the caller's.
    """
    country, unlocode, airport = (place.get(each) for each in ("country", "unlocode", "airport"))

    def known(where: str | None, word: str | None = None, unlocode: str | None = None, airport: str | None = None) -> Waypoint | None:
        one = places.locate(word, where, None, unlocode, airport, word)
        if one is None or one.lat is None or one.lon is None or (one.accuracy_m or 0) > worst_m:
            return None
        return Waypoint(one.code, one.country, one.lat, one.lon, one.accuracy_m)

    def meant(text: str, parting: tuple[re.Pattern[str], ...]) -> Iterator[Waypoint]:
        text = text.strip()
        if not text:
            return
        if found := known(country, text) or known(None, text):
            yield found
        elif parting:
            for piece in parting[0].split(text):
                yield from meant(piece, parting[1:])

    coded = known(country, None, unlocode, airport) if unlocode or airport else None
    words = (place[each] for each in ("crossing", "name", "locality") if place.get(each))
    said = [found for word in words for found in meant(word, _PARTING)]
    said.sort(key=lambda found: country is not None and found.country != country)
    once: dict[str | None, Waypoint] = {}
    for found in ([coded] if coded else []) + said:
        once.setdefault(found.code, found)
    return tuple(once.values())

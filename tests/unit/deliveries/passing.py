"""Which posts a way passes and which of them know, in the simplest terms: part of the reference model.

Written from DOMAIN.md without the stage's code, for the posts that histories name.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tests.unit.deliveries.words import Json, is_open

MEANT = {("TJ", "Карамык"): "Karamyk", ("KG", "Карамык"): "Karamyk", ("KZ", "Кордай"): "Korday", ("KG", "Кордай"): "Ak-Jol"}
"""What a name means on a country's own side: Ak-Jol is opposite Korday."""

OPPOSITE = {
    ("TJ", "Карамык", "KG"): "Karamyk",
    ("KG", "Карамык", "TJ"): "Karamyk",
    ("KZ", "Кордай", "KG"): "Ak-Jol",
    ("KG", "Кордай", "KZ"): "Korday",
}
POSTS = (("TJ", "Karamyk"), ("KG", "Karamyk"), ("KG", "Ak-Jol"), ("KZ", "Korday"))

Passing = tuple[int, str, str, str | None, str | None]


def tell(told: set[tuple[str, str]], act: Json, now: int) -> bool:
    """Note the posts that were told, if each of them is one and was told by now; units are nobody's posts."""
    if any(datetime.fromisoformat(each["at"]).timestamp() > now / 1000 + 300 for each in act["informed_posts"]):
        return False
    named = [(each["country"], each["post"]) for each in act["informed_posts"] if "post" in each]
    if not set(named) <= set(POSTS):
        return False
    told.update(named)
    return True


def passed(parts: Iterable[Json], told: set[tuple[str, str]]) -> set[tuple[Passing, str]]:
    """Every post ahead of these parts, and whether it knows."""
    found: dict[Passing, str] = {}
    for part in parts:
        for one in _ahead(part):
            number, _, country, post, _ = one
            if post is None:
                found[one] = "unnamed"
            elif (country, post) in told:
                found[one] = "informed"
            elif is_open(part["way"][number]):
                found[one] = "missing"
            else:
                found.setdefault(one, "later")
    return set(found.items())


def _ahead(part: Json) -> Iterator[Passing]:
    way, here = part["way"], part["leg"]
    for number in sorted(way):
        before = max((each for each in way if each < number), default=None)
        country, named = way[number]["country"], way[number]["exit"]
        if before is not None and (number > here or (number == here and not part["entered"])):
            yield number, "entry", country, OPPOSITE.get((way[before]["country"], way[before]["exit"], country)), None
        if number >= here:
            post = MEANT.get((country, named))
            if post is not None:
                yield number, "exit", country, post, named
            elif number < max(way):
                yield number, "exit", country, None, None

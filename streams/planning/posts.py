"""The gazetteer's posts on one side, as an authority picks one to speak of: the planner finds its entry by that name alone."""

from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process

from streams.planning import crossings
from streams.reference.table import rows
from streams.reference.text import compact, fold


@dataclass(frozen=True, slots=True)
class Post:
    """`by`: road, rail, river or sea. `to`: countries that it leads to, ISO 3166-1 alpha-2; of a port none."""

    name: str
    ru: str
    by: str
    to: tuple[str, ...]


def posts(country: str) -> tuple[Post, ...]:
    """The country's posts by name; none of a country that the gazetteer does not have."""
    return _by_country().get(country, ())


def meant(country: str, text: str) -> tuple[str, ...]:
    """The posts that a text names without being their name: written otherwise, an alias, or what the other side calls them."""
    known = crossings.load().crossings
    here = (side.name for side in known.named(text, country))
    across = (side.opposite_name for side in known.named(text, None) if side.opposite == country)
    return tuple(dict.fromkeys(filter(None, (*here, *across))))


def nearest(country: str, text: str, count: int = 3) -> tuple[str, ...]:
    """Names of the country's posts that are written most like the text, in either of their languages, the nearest first."""
    spelt = {(post.name, place): compact(fold(name)) for post in posts(country) for place, name in enumerate((post.name, post.ru))}
    found = process.extract(compact(fold(text)), spelt, scorer=fuzz.ratio, limit=2 * count)
    return tuple(dict.fromkeys(name for _, _, (name, _) in found))[:count]


@cache
def _by_country() -> dict[str, tuple[Post, ...]]:
    found: dict[str, dict[str, Post]] = {}

    def add(country: str, name: str, ru: str, by: str, to: str) -> None:
        here = found.setdefault(country, {})
        # Where three countries meet, one post leads to two.
        before = here[name].to if name in here else ()
        here[name] = Post(name, ru, by, tuple(sorted({*before, *filter(None, (to,))})))

    for row in rows("border_crossings.tsv"):
        add(row["country"], row["name"], row["name_ru"], row["kind"], row["opposite_country"])
        if row["opposite"]:
            add(row["opposite_country"], row["opposite"], row["opposite_ru"], row["kind"], row["country"])
    return {country: tuple(sorted(here.values(), key=lambda post: post.name)) for country, here in found.items()}

"""What the words of a search also mean: a substance, a country, a crossing or a town under its other names and in other scripts.

From our own tables alone, never from reports: what else a word means tells nothing of what anybody has sent (leak rule 1).
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from streams.reference.countries import Countries
from streams.reference.substances import SubstanceMatch, Substances
from streams.reference.table import rows
from streams.store.folding import fold
from streams.store.search import Meaning, query_words

_LONGEST = 3
_SHORTEST = 4
"""Letters of a substance or a country: shorter ones are units and codes (kg, TJ) more often than names."""
_MOST = 4
"""A word of more places than these (port, bridge, new) is none of their names, unless it is the whole of one (Termez)."""
_GAPS = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def meanings(q: str) -> tuple[Meaning, ...]:
    """Of each phrase of the text that is a name of something, what else it is called. Street names and words of two senses are none."""
    words, found, at = query_words(q), [], 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            if meant := _meant(tuple(words[at : at + length])):
                found.append(meant)
                break
        else:
            length = 1
        at += length
    return tuple(found)


def slug(substance: str) -> str | None:
    """The substance that a name in any language surely means."""
    found = _named(substance)
    return None if found is None else found.slug


@lru_cache(maxsize=4096)
def _named(text: str) -> SubstanceMatch | None:
    found = _substances().resolve(text, None)
    return None if found is None or found.ambiguous or found.basis == "street" else found


def _meant(words: tuple[str, ...]) -> Meaning | None:
    phrase = " ".join(words)
    if len(phrase) >= _SHORTEST and not phrase.isdigit():
        found = _named(phrase)
        # A name that is found within a longer text ("ангидрид Ош") is read by itself; of one word any form is its name ("героина").
        if found is not None and (len(words) == 1 or fold(found.matched_on) == phrase):
            return Meaning(words, names=(fold(found.name),))
        if (country := _countries().country(phrase)) is not None:
            return Meaning(words, country=country)
    parts = [part for part in _GAPS.split(phrase) if part]
    if len(words) > 1 or not parts:
        return None
    by_word, by_name = _places()
    own = by_name.get(" ".join(parts), frozenset())
    # Соль is street for synthetic cathinones, and the first word of Соль-Илецк; Кара-Суу is street too, but a town's whole name.
    if not own and _substances().resolve(phrase, None) is not None:
        return None
    having = frozenset[str].intersection(*(by_word.get(part, frozenset()) for part in parts))
    places = having if len(having) <= _MOST else own
    return Meaning(words, names=tuple(sorted(places))) if places else None


@cache
def _substances() -> Substances:
    # With the first search, once a process: the lists are some megabytes.
    return Substances()


@cache
def _countries() -> Countries:
    return Countries()


@cache
def _places() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """The places that have a folded word in one of their names, and those whose own name it is, words apart by single blanks.

    As the centre calls them when it has found them in a report.
    """
    by_word: dict[str, set[str]] = {}
    by_name: dict[str, set[str]] = {}
    for row in rows("border_crossings.tsv"):
        for post in ("name", "opposite"):
            _name(by_word, by_name, (row[post], row[f"{post}_ru"]), (row[post],))
        # An alias may be of either side, or of the town nearby.
        _name(by_word, {}, row["aliases"].split(";"), (row["name"], row["opposite"]))
    for row in rows("towns.tsv"):
        names = row["names"].split(";")
        _name(by_word, by_name, names, names[:1])
    return _frozen(by_word), _frozen(by_name)


def _name(by_word: dict[str, set[str]], by_name: dict[str, set[str]], names: Iterable[str], places: Iterable[str]) -> None:
    called = {fold(place) for place in places if place}
    for name in names:
        words = [word for word in _GAPS.split(fold(name)) if word]
        for word in words:
            by_word.setdefault(word, set()).update(called)
        if words:
            by_name.setdefault(" ".join(words), set()).update(called)


def _frozen(index: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {words: frozenset(places) for words, places in index.items()}

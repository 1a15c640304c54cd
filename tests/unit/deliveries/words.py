"""What authorities have said of the legs of a way, in the simplest terms: part of the reference model.

Written from DOMAIN.md without the stage's code. A word is never changed: another takes its place, so that parts may share it.
"""

from typing import Any

from tests.unit.deliveries.office import AUTHORITY

GIVEN = {"consent": "CONSENTED", "conditional_consent": "CONDITIONAL", "provisional_consent": "PROVISIONAL"}
STRICT = {"REVOKED": 4, "REFUSED": 3, "CONDITIONAL": 2, "PROVISIONAL": 1, "EXPIRED": 1, "CONSENTED": 0}
CONTRARY = (("substitute", "no_substitution"), ("foreign_officers", "no_foreign_officers"))
TERMS = ("substitute", "no_substitution", "foreign_officers", "no_foreign_officers", "no_split", "seize_here")

Json = dict[str, Any]


def leg(country: str, ends: str | None = None) -> Json:
    """A leg of a part's way. `dead`: consents taken back before they came; `dead_until`: what was said up to then counts no more."""
    return {"country": country, "exit": ends, "word": None, "dead": frozenset(), "dead_until": -1, "waiting": False}


def is_open(each: Json) -> bool:
    """Consented, and the consent stands."""
    word = each["word"]
    return word is not None and (word["state"] in ("CONSENTED", "PROVISIONAL") or (word["state"] == "CONDITIONAL" and word["accepted"]))


def consents(part: Json, agency: str, number: int) -> bool:
    """Whether the agency is the one whose word counts there."""
    return number in part["way"] and AUTHORITY[part["way"][number]["country"]] == agency


def beaten(each: Json, at: int, state: str) -> bool:
    """The word said last stands; of two at one time the stricter."""
    word = each["word"]
    return word is not None and (word["said"], STRICT[word["state"]]) > (at, STRICT[state])


def clash(way: dict[int, Json], here: int, onto: int, *, substituted: bool) -> bool:
    """Whether going onto this leg breaks a condition: with another's to come, with what was substituted, or where it ought to end."""
    ahead = {number: each["word"]["terms"] for number, each in way.items() if number >= here and is_open(each)}
    for one, other in CONTRARY:
        if any(onto in (a, b) for a in ahead for b in ahead if one in ahead[a] and other in ahead[b]):
            return True
    if ("no_substitution" if substituted else "substitute") in ahead.get(onto, ()):
        return True
    return any("seize_here" in terms and number < onto for number, terms in ahead.items())


def strictest(legs: list[Json]) -> Json | None:
    """Of the words on one leg of parts that become one: what keeps it closed, else what ends first; with the conditions of all."""

    def strictness(each: Json) -> tuple[int, float]:
        word = each["word"]
        if not is_open(each):
            return 1, STRICT[word["state"]] if word else -1
        return 0, -(word["ends"] or float("inf"))

    word = max(legs, key=strictness)["word"]
    terms = [term for each in legs if is_open(each) for term in each["word"]["terms"]]
    return {**word, "terms": [*word["terms"], *terms]} if word is not None else None

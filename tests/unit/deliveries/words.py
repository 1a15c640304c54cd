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
    return {
        "country": country,
        "exit": ends,
        "word": None,
        "dead": frozenset(),
        "dead_until": -1,
        "waiting": None,
        "orally": frozenset(),
        "written": -1,
    }


def is_open(each: Json) -> bool:
    """Consented, and the consent stands."""
    word = each["word"]
    return word is not None and (word["state"] in ("CONSENTED", "PROVISIONAL") or (word["state"] == "CONDITIONAL" and word["accepted"]))


def due(each: Json, said: int) -> int:
    """When an oral word ends: 72 hours after the first oral one since the last in writing."""
    return min((at for at in each["orally"] if at > each["written"]), default=said) + 72 * 60 * 60_000


def hear(each: Json, given: str, at: int, now: int) -> None:
    """Note when a consent was said: by that the term of an oral one runs, stand what may, and one that ran out may be in force again."""
    known = (each["orally"], each["written"])
    if given == "PROVISIONAL":
        each["orally"] |= {at}
    else:
        each["written"] = max(each["written"], at)
    each["orally"] = frozenset(said for said in each["orally"] if said > each["written"])
    word = each["word"]
    heard = word is not None and word["given"] == "PROVISIONAL" and word["state"] in ("PROVISIONAL", "EXPIRED") and not word.get("of_many")
    if word is not None and heard and known != (each["orally"], each["written"]):
        ends = min(end for end in (word.get("until"), due(each, word["said"])) if end is not None)
        each["word"] = {**word, "ends": ends, "state": "PROVISIONAL" if ends > now else word["state"]}


def waits(each: Json, offer: tuple[str, int, int]) -> bool:
    """Whether the team said at most two hours before the handover, which is an hour before the offer ends, that it is in place."""
    said: int | None = each["waiting"]
    return said is not None and said >= offer[2] - 3 * 60 * 60_000


def unoffer(part: Json) -> None:
    """The offer ends, and with it that somebody waits for it."""
    if part["offer"] and part["offer"][1] in part["way"]:
        part["way"][part["offer"][1]]["waiting"] = None
    part["offer"] = None


def consents(part: Json, agency: str, number: int) -> bool:
    """Whether the agency is the one whose word counts there."""
    return number in part["way"] and AUTHORITY[part["way"][number]["country"]] == agency


def beaten(each: Json, at: int, given: str, name: str) -> bool:
    """The word said last stands; of two at one time the stricter as they were said; of two alike the one of the higher id."""
    word = each["word"]
    return word is not None and (word["said"], STRICT[word["given"]], word["id"]) > (at, STRICT[given], name)


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
    """Of the words on one leg of parts that become one: what keeps it closed, else all of them together, as strict as the strictest.

    What only the authority can open keeps it more closed than what the lead can.
    """

    def strictness(each: Json) -> tuple[int, int, int, str]:
        word = each["word"]
        if word is None:
            return 2, -1, 0, ""
        return 0 if is_open(each) else 1 if word["state"] in GIVEN.values() else 2, STRICT[word["state"]], word["said"], word["id"]

    word: Json | None = max(legs, key=strictness)["word"]
    if word is None:
        return None
    if word["state"] not in GIVEN.values():
        return {**word, "of_many": word.get("of_many") or any(each["word"] is None or each["word"]["id"] != word["id"] for each in legs)}
    words = [each["word"] for each in legs]
    ends = [each["ends"] for each in words if each["ends"] is not None]
    soonest = min(words, key=lambda each: (float("inf") if each["ends"] is None else each["ends"], each["id"]))
    terms = [term for each in words for term in each["terms"]]
    return {
        **word,
        "ends": min(ends, default=None),
        "until": soonest.get("until"),
        "terms": terms,
        "ids": frozenset().union(*(ids(each) for each in words)),
    }


def ids(word: Json) -> frozenset[str]:
    """The consents that it is made of: without one of them it is none."""
    return frozenset({word["id"], *word.get("ids", ())})

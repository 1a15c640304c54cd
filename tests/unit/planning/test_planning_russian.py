"""Plans as they come are told in Russian to the end: what stays in Latin letters is a name, a code or an authority's own words."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.findings import PLANS
from streams.planning.directory import exercise
from streams.planning.plan import LegConsent
from tests.unit.planning.building import LEGS, planner, request

TEXTS = ("text", "why", "place", "stale")
ENGLISH = re.compile(r"(?<![\w.@+/-])(?!and\b|handling\b)[a-z]{3,}(?![\w.@+/-])")
"""A word in small letters; names begin with a capital, fields and addresses have points or slashes."""

DESK = re.compile(r"/ ?[A-Z][A-Za-z ]+")
"""Names in Latin letters: of the desks of the exercise after their Russian ones, and of crossings on the other side."""

OWN = {text for entry in exercise().entries for text in (*entry.special_requirements, getattr(getattr(entry, "law", None), "basis", None))}
REFUSED = {1: LegConsent(state="consented"), 2: LegConsent(state="refused")}
RED = request().model_dump(mode="json")["handling"] | {"recipients": []}
CLOSED = (LEGS[0], ("KG", "Karamyk", "Ak-Jol", "2026-11-25T21:00:00+06:00", LEGS[1][4]), *LEGS[2:])
UNKNOWN = (("KG", None, "Torugart", *LEGS[1][3:]), ("CN", "Torugart", None, "2026-11-26T20:00:00+06:00", None))
CASES: dict[str, tuple[Any, Any, Any]] = {
    "in time": (planner(), request(), None),
    "too late": (planner("2026-11-25T11:00:00+05:00"), request(), REFUSED),
    "long stale": (planner("2028-02-22T09:00:00+05:00"), request(), None),
    "nobody there": (planner(entries=()), request(), None),
    "red": (planner(), request(handling=RED), None),
    "closed post": (planner(), request(*CLOSED), REFUSED),
    "unknown crossing": (planner(), request(*UNKNOWN), None),
    "practices": (planner(), request(practices=["armed_escort", "undercover_officers", "sampling"], language="tg"), REFUSED),
    "substituted": (planner(), request(substitution={"wanted": "partial"}), REFUSED),
}


@pytest.mark.parametrize("case", CASES)
def test_a_plan_is_told_in_russian_to_the_end(case: str) -> None:
    made, asked, consents = CASES[case]
    plan = PLANS.throughout(made.plan(asked, consents).model_dump(mode="json"), *TEXTS)
    said = list(told(plan))
    assert any("ru" in one for one in said)
    for one in said:
        for name in TEXTS:
            if isinstance(one.get(name), str) and not own_words(one, name):
                russian = one.get("ru", {}).get(name)
                assert russian is not None, one[name]
                assert ENGLISH.findall(DESK.sub("", russian)) == [], russian


def told(value: Any) -> Iterator[dict[str, Any]]:
    """Every object that says something."""
    if isinstance(value, list):
        for each in value:
            yield from told(each)
    elif isinstance(value, dict):
        if set(value) & set(TEXTS):
            yield value
        for name, each in value.items():
            if name != "ru":
                yield from told(each)


def own_words(one: dict[str, Any], name: str) -> bool:
    """What an authority wrote in its entry, and times, which need no words."""
    return one[name] in OWN or (name == "text" and "late_by_minutes" in one)

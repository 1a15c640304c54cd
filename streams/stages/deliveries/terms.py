"""Conditions of consents that cannot all be kept: together, or with what was substituted before the start."""

from streams.stages.deliveries.acting import Deed, No
from streams.stages.deliveries.alarms import raise_alarm
from streams.stages.deliveries.case import Case, Leg, Part

CONFLICTS = (("substitute", "no_substitution"), ("foreign_officers", "no_foreign_officers"))
"""Terms that cannot both be kept. `seize_here` conflicts with any consent further on."""


def substituted(case: Case) -> bool | None:
    """Whether the lead's checklist records a substitution; None: nothing is declared yet."""
    return None if case.ready is None else case.ready["substitution"] is not None


def conflicts(part: Part, substituted: bool | None, onto: int | None = None) -> list[str]:
    """Contradicting terms of the consents of the legs still to go, in words. `onto`: those alone that going onto this leg would break."""
    having: dict[str, list[int]] = {}
    for leg in part.legs:
        if leg.number >= part.leg and leg.word and leg.open:
            for term in dict.fromkeys(leg.word.terms):
                having.setdefault(term, []).append(leg.number)
    found = []
    for one, other in CONFLICTS:
        for first in having.get(one, ()):
            for second in having.get(other, ()):
                if onto is None or onto in (first, second):
                    found.append(f"leg {first} {one}, leg {second} {other}")
    if substituted is True:
        for number in having.get("no_substitution", ()):
            if onto in (None, number):
                found.append(f"leg {number} no_substitution, the load was substituted")
    if substituted is False:
        for number in having.get("substitute", ()):
            if onto in (None, number):
                found.append(f"leg {number} substitute, the load was not substituted")
    reached = max((leg.number for leg in part.legs if leg.open), default=0)
    for number in having.get("seize_here", ()):
        if number < reached and (onto is None or number < onto):
            found.append(f"leg {number} seize_here, leg {reached} is consented")
    return found


def compatible(part: Part, substituted: bool | None, mend: str, onto: int | None = None) -> None:
    """Raises No where conditions contradict each other, or what was substituted."""
    if clashes := conflicts(part, substituted, onto):
        raise No(f"conditions contradict each other: {'; '.join(clashes)}", mend, part=part)


def contradicted(deed: Deed, part: Part, leg: Leg, stood: list[str]) -> None:
    """The alarm where a word that is in force now contradicts more than `stood` before: a state's word is taken, and is not passed over."""
    clashes = conflicts(part, substituted(deed.case))
    if part.running and set(clashes) - set(stood):
        reason = f"conditions contradict each other: {'; '.join(clashes)}"
        deed.events.append(raise_alarm(deed.case, "terms_conflict", deed.now, reason, part, leg=leg.number))

"""Whether the legs follow each other: in number, country, time and place. A leg out of order is refused, by its field."""

from collections.abc import Iterator
from datetime import datetime

from schemas.consignment import early
from schemas.delivery import Leg
from schemas.directory import Passage
from schemas.problems import Problem
from schemas.request import DeliveryRequest
from streams.planning.crossings import Network


class OutOfOrder(ValueError):
    """The legs cannot be planned; `problems` says which field of which leg, and how to mend it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.reason}" for problem in problems))
        self.problems = problems


def check(request: DeliveryRequest, network: Network) -> None:
    """Raises OutOfOrder naming every field that does not follow."""
    if problems := tuple(_problems(request.legs, network)):
        raise OutOfOrder(problems)


def _problems(legs: tuple[Leg, ...], network: Network) -> Iterator[Problem]:
    for position, leg in enumerate(legs):
        field = f"legs[{position}]"
        before = legs[position - 1] if position else None
        if leg.number != position + 1:
            yield _no(
                f"{field}.number", f"leg {leg.number} stands in place {position + 1}", "number the legs 1, 2, 3 in the order of passing"
            )
        for side, place in (("entry", leg.entry), ("exit", leg.exit)):
            if place and place.country and place.country != leg.country:
                yield _no(
                    f"{field}.{side}.country", f"it is in {place.country}, the leg in {leg.country}", "name the post on the leg's own side"
                )
        if leg.entry_planned and leg.exit_planned and leg.exit_planned <= leg.entry_planned:
            yield _no(f"{field}.exit_planned", "it leaves before it enters", "check the times and their offsets")
        if before is not None:
            yield from _follows(field, position, before, leg, network)
    for wrong in early((leg.entry_planned, leg.exit_planned) for leg in legs):
        number = legs[wrong.before].number
        reason = f"it enters before leg {number} is left" if wrong.time == "entry_planned" else f"it leaves before leg {number} is left"
        yield _no(f"legs[{wrong.leg}].{wrong.time}", reason, "check the times and their offsets")


def _follows(field: str, position: int, before: Leg, leg: Leg, network: Network) -> Iterator[Problem]:
    if leg.country == before.country:
        yield _no(f"{field}.country", f"{leg.country} again: a leg is the passage through one country", "join the two legs")
        return
    leaves, enters = network.post(before.exit, before.country), network.post(leg.entry, leg.country)
    if leaves and leaves.opposite and leaves.opposite != leg.country:
        mend = f"{leaves.name} leads to {leaves.opposite}: name a crossing to {leg.country}, or add the leg between"
        yield _no(f"legs[{position - 1}].exit", f"leg {leg.number} is in {leg.country}", mend)
    elif leaves and enters and leaves.opposite and enters.opposite and leaves.code != enters.code:
        mend = f"name the two sides of one crossing: opposite {leaves.name} is {leaves.opposite_name}"
        yield _no(f"{field}.entry", f"{enters.name} is not opposite {leaves.name}", mend)


def passage(legs: tuple[Leg, ...], position: int) -> Passage:
    """What the leg at that position is to its country (1988 Convention, article 1 (g): out of, through or into)."""
    if len(legs) == 1:
        return "internal"
    return "out" if position == 0 else "into" if position == len(legs) - 1 else "through"


def enters(legs: tuple[Leg, ...], position: int) -> datetime | None:
    """When consent is needed: the planned entry, else the planned exit of the leg before; None where neither is planned."""
    return legs[position].entry_planned or (legs[position - 1].exit_planned if position else None)


def leaves(legs: tuple[Leg, ...], position: int) -> datetime | None:
    """The planned exit, else the planned entry of the next leg."""
    following = legs[position + 1].entry_planned if position + 1 < len(legs) else None
    return legs[position].exit_planned or following


def _no(field: str, reason: str, mend: str) -> Problem:
    return Problem(field=field, reason=reason, mend=mend)

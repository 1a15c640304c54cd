"""Mass balance of a part: what is booked, and whether a weighing falls short of it.

Uncertainties are expanded (k = 2) and combine as the root of the sum of their squares (GUM 5.1.2, uncorrelated); masses are whole
milligrams. What is booked stays booked: compared with the last weighing, a theft in small portions would never show.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from math import isqrt

from schemas.consignment import Mass

Booked = dict[str, list[int]]
"""Substance → [mass, uncertainty], mg."""


def milligrams(goods: Mass) -> list[int]:
    """[mass, uncertainty] in mg; a milligram is the finest that a weight may state."""
    return [int(goods.kg * 1_000_000), int(goods.uncertainty_kg * 1_000_000)]


def booked(goods: Iterable[Mass]) -> Booked:
    """Weights by substance."""
    return {each.substance: milligrams(each) for each in goods}


def combined(*uncertainties: int) -> int:
    """Uncertainty of a sum or difference."""
    return isqrt(sum(each * each for each in uncertainties))


def together(loads: Iterable[Mapping[str, list[int]]]) -> Booked:
    """The sum of several loads."""
    total: Booked = {}
    for load in loads:
        for substance, (amount, uncertainty) in load.items():
            had, of = total.get(substance, [0, 0])
            total[substance] = [had + amount, combined(of, uncertainty)]
    return total


def lacking(load: Mapping[str, list[int]], taken: Mapping[str, list[int]]) -> str | None:
    """Of which substance more would be taken than there is, by more than the uncertainties explain, in words; None: there is enough."""
    for name in taken:
        more, uncertainty = taken[name][0] - load[name][0], combined(taken[name][1], load[name][1])
        if more > uncertainty:
            return f"of {name} there are {kilograms(load[name][0])} kg, and {kilograms(taken[name][0])} kg would be taken"
    return None


def take(load: Booked, taken: Mapping[str, list[int]]) -> None:
    """Book out what was taken: a substitution, a sample. Of what is `lacking` nobody takes."""
    for substance, (amount, uncertainty) in taken.items():
        had, of = load[substance]
        load[substance] = [max(0, had - amount), combined(of, uncertainty)]


def differences(expected: Mapping[str, list[int]], found: Mapping[str, list[int]], *, whole: bool = False) -> dict[str, int]:
    """Substance → mg found more than expected (negative: short), where that is more than the uncertainties explain.

    A substance that was not weighed says nothing, unless `found` is said to be the `whole`.
    """
    differing = {}
    for substance, (amount, uncertainty) in expected.items():
        if substance not in found and not whole:
            continue
        weighed, of = found.get(substance, [0, 0])
        off = weighed - amount
        if off * off > uncertainty * uncertainty + of * of:
            differing[substance] = off
    for substance in found.keys() - expected.keys():
        if found[substance][0] > found[substance][1]:
            differing[substance] = found[substance][0]
    return differing


@lru_cache(maxsize=1_024)
def kilograms(amount: int) -> str:
    """Milligrams as kilograms in plain decimal notation."""
    return f"{(Decimal(amount) / 1_000_000).normalize():f}"


def shown(load: Mapping[str, list[int]]) -> dict[str, dict[str, str]]:
    """A load for readers."""
    return {name: {"kg": kilograms(amount), "uncertainty_kg": kilograms(uncertainty)} for name, (amount, uncertainty) in load.items()}

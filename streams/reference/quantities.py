"""Units as written, and the kg-equivalent with its factor and basis.

The rule is UNODC's: bulk weight, no adjustment for purity, 1 litre counts as 1 kg. Counted things (tablets, plants) have a
kg-equivalent only where a published unit weight exists for that substance; everything else has none, never 0.
"""

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from typing import Literal

from streams.reference.table import rows
from streams.reference.text import fold

UnitKind = Literal["mass", "volume", "count"]
_PRECISE = Context(prec=40, traps=[])


@dataclass(frozen=True, slots=True)
class Unit:
    """A canonical unit; `kg` is the kilograms in one of it, None for counted things."""

    code: str
    kind: UnitKind
    kg: Decimal | None
    basis: str | None


@dataclass(frozen=True, slots=True)
class KgEquivalent:
    """`kg` = amount times `factor`; `basis` says where the factor comes from; `estimated` where it is a typical unit weight."""

    kg: Decimal
    factor: Decimal
    unit: str
    basis: str
    estimated: bool


# Published weights of one counted unit, in kg. UNODC says only that it takes 90 to 300 mg per tablet of amphetamine-type stimulants,
# "depending on the region and specific drug type", so a tablet counts only where another publication gives one figure inside that range.
_UNIT_WEIGHTS: dict[tuple[str, str], tuple[Decimal, str]] = {
    ("mdma", "tablet"): (Decimal("0.00025"), "250 mg a tablet: USSG §2D1.1 note 11, inside UNODC's 90 to 300 mg"),
    ("mda", "tablet"): (Decimal("0.00025"), "250 mg a tablet: USSG §2D1.1 note 11, inside UNODC's 90 to 300 mg"),
    ("cannabis-plant", "plant"): (Decimal("0.1"), "100 g of herb a plant: USSG §2D1.1 drug quantity table note E"),
    ("cannabis-herb", "plant"): (Decimal("0.1"), "100 g of herb a plant: USSG §2D1.1 drug quantity table note E"),
    ("cannabis-herb", "cigarette"): (Decimal("0.0005"), "0.5 g a cigarette: USSG §2D1.1 note 11"),
}


class Quantities:
    """The table of units, loaded once. Raises ValueError where one spelling stands at two units."""

    def __init__(self) -> None:
        self.units: dict[str, Unit] = {}
        self._by_spelling: dict[str, Unit] = {}
        for row in rows("units.tsv"):
            kind = row["kind"]
            if kind not in ("mass", "volume", "count"):
                raise ValueError(f"units.tsv: {row['unit']}: kind {kind!r} is not mass, volume or count")
            unit = Unit(row["unit"], kind, Decimal(row["kg"]) if row["kg"] else None, row["basis"] or None)  # type: ignore[arg-type]
            self.units[unit.code] = unit
            for spelling in (unit.code, *row["spellings"].split(";")):
                if self._by_spelling.setdefault(_key(spelling), unit) is not unit:
                    raise ValueError(f"units.tsv: {spelling!r} stands at {self._by_spelling[_key(spelling)].code} and {unit.code}")
        self.unit = lru_cache(maxsize=8_192)(self._unit)

    def _unit(self, text: str | None) -> Unit | None:
        """The unit written as `text` in any of the languages of the table, or None."""
        return self._by_spelling.get(_key(text)) if text else None

    def kg_equivalent(self, amount: Decimal, unit: str | None, slug: str | None) -> KgEquivalent | None:
        """`amount` of `unit` in kilograms, or None where unit or unit weight are not known. Bulk weight, purity is not considered.

        `slug` is the substance (`substances.tsv`). An amount that is no finite number gives None.
        """
        known = self.unit(unit)
        if known is None or not amount.is_finite():
            return None
        estimated = known.kg is None
        if known.kg is not None:
            factor, basis = known.kg, known.basis or ""
        else:
            published = _UNIT_WEIGHTS.get((slug or "", known.code))
            if published is None:
                return None
            factor, basis = published
        product = _PRECISE.multiply(amount, factor)
        if not product.is_finite():
            return None
        return KgEquivalent(product, factor, known.code, basis, estimated)


def _key(spelling: str) -> str:
    # "µ" is a letter of its own to officers and a symbol to Unicode: both fold to the Greek letter, which folding keeps.
    return fold(spelling.replace("³", "3"))

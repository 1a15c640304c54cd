"""Member agencies, partner centres and import sources by their code (`data/agencies.tsv`), and who publishes for whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from streams.reference.table import rows

AgencyKind = Literal["customs", "police", "drug_control", "border", "security", "finance", "centre", "source"]
MEMBERS = ("AZ", "KZ", "KG", "RU", "TJ", "TM", "UZ")


@dataclass(frozen=True, slots=True)
class Agency:
    """One body; `country` is None for centres of several states."""

    code: str
    country: str | None
    kind: AgencyKind
    name_en: str
    name_ru: str

    @property
    def member(self) -> bool:
        """Of a member state of the centre."""
        return self.country in MEMBERS


class Agencies:
    """The table, loaded once. Raises ValueError where a code stands twice or a kind is unknown."""

    def __init__(self) -> None:
        self._by_code: dict[str, Agency] = {}
        for row in rows("agencies.tsv"):
            kind = row["kind"]
            if kind not in get_args(AgencyKind):
                raise ValueError(f"agencies.tsv: {row['code']}: kind {kind!r} is not one of {', '.join(get_args(AgencyKind))}")
            if row["code"] in self._by_code:
                raise ValueError(f"agencies.tsv: {row['code']} stands twice")
            self._by_code[row["code"]] = Agency(row["code"], row["country"] or None, kind, row["name_en"], row["name_ru"])  # type: ignore[arg-type]

        self._delegated = frozenset((row["sender"], row["originator"]) for row in rows("delegations.tsv"))

    def may_publish(self, sender: str, originator: str) -> bool:
        """Whether a report of `originator` is taken from `sender`: its own, or as `delegations.tsv` grants; nothing else."""
        return sender == originator or (sender, originator) in self._delegated

    def get(self, code: str) -> Agency | None:
        """The agency of that code, exactly as listed."""
        return self._by_code.get(code)

    def __iter__(self) -> Iterator[Agency]:
        return iter(self._by_code.values())

"""Which substance is meant: by CAS number, name, synonym or street name, exact after folding; no fuzzy guesses.

Control follows the INCB lists (`data/substances.tsv` names the editions); names in other languages are in `data/substance_names.tsv`.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from stdnum import casrn

from streams.reference.table import rows
from streams.reference.text import compact, fold

Basis = Literal["cas", "name", "synonym", "street"]
_RANK: dict[Basis, int] = {"cas": 0, "name": 1, "synonym": 2, "street": 3}
_CONFIDENCE: dict[Basis, float] = {"cas": 1.0, "name": 0.98, "synonym": 0.95, "street": 0.8}
AMBIGUOUS_CONFIDENCE = 0.4
QUALIFIED = 0.97
CONTAINED = 0.85


@dataclass(frozen=True, slots=True)
class Control:
    """International control: convention `1961`, `1971` or `1988`; schedule `I` to `IV`, for 1988 the Table."""

    convention: str
    schedule: str


@dataclass(frozen=True, slots=True)
class Substance:
    """One row of the table. `cas` is the base first, then common salts; `hs` the HS 2022 code, None where it is not known for certain."""

    slug: str
    name: str
    group: str
    control: tuple[Control, ...]
    cas: tuple[str, ...]
    hs: str | None


@dataclass(frozen=True, slots=True)
class SubstanceMatch:
    """What was understood, and why. `matched_on` is the listed word or CAS number that decided; `ambiguous` words also mean other things.

    `confidence` (0 to 1) orders the bases; it is not a probability. `finding` tells where name and CAS number disagree.
    """

    slug: str
    name: str
    group: str
    control: tuple[Control, ...]
    cas: str | None
    hs: str | None
    matched_on: str
    basis: Basis
    language: str | None
    confidence: float
    ambiguous: bool = False
    finding: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    slug: str
    word: str
    basis: Basis
    language: str | None
    ambiguous: bool


_WORDS = {row["list"]: row["words"].split() for row in rows("words.tsv")}
_QUALIFIERS = frozenset(map(fold, _WORDS["qualifier"]))
_CHANGERS = frozenset(map(fold, _WORDS["changer"]))
_CHEMICAL = tuple(_WORDS["chemical"])
_RU_ENDINGS = tuple(_WORDS["ending"])
_PARENTHESES = re.compile(r"[(\[][^()\[\]]*[)\]]")
_INSIDE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


def _stem(folded: str) -> str:
    """Russian words without their case ending: reports say "5 кг героина"."""
    return "".join(_bare(word) for word in folded.split())


def _bare(word: str) -> str:
    if len(word) < 5 or not "а" <= word[0] <= "я":
        return word
    return next((word[: -len(end)] for end in _RU_ENDINGS if word.endswith(end) and len(word) - len(end) >= 4), word)


class Substances:
    """The list, loaded once. Raises ValueError where the tables contradict themselves."""

    def __init__(self) -> None:
        self.by_slug: dict[str, Substance] = {}
        self._by_cas: dict[str, str] = {}
        listed: dict[str, list[_Entry]] = {}
        for row in rows("substances.tsv"):
            substance = Substance(
                slug=row["slug"],
                name=row["name"],
                group=row["group"],
                control=tuple(Control(*part.split(":")) for part in row["control"].split()),
                cas=tuple(row["cas"].split()),
                hs=row["hs2022"] or None,
            )
            self.by_slug[substance.slug] = substance
            for number in substance.cas:
                if self._by_cas.setdefault(number, substance.slug) != substance.slug:
                    raise ValueError(f"substances.tsv: CAS {number} stands at {self._by_cas[number]} and {substance.slug}")
            _list(listed, substance.slug, substance.name, "name", "en")
            for word in filter(None, row["synonyms"].split(";")):
                _list(listed, substance.slug, word, "synonym", None)
        for row in rows("substance_names.tsv"):
            if row["slug"] not in self.by_slug:
                raise ValueError(f"substance_names.tsv: no substance {row['slug']} in substances.tsv")
            for word in row["names"].split(";"):
                _list(listed, row["slug"], word, _basis(row["basis"]), row["language"])
        self._by_key = {key: entry for key, entries in listed.items() if (entry := _choose(entries))}
        stems: dict[str, set[str]] = {}
        for key, entry in self._by_key.items():
            if not entry.ambiguous and len(key) >= 5:
                stems.setdefault(_stem(fold(entry.word)), set()).add(key)
        self._by_stem = {
            stem: self._by_key[min(keys)] for stem, keys in stems.items() if len({self._by_key[key].slug for key in keys}) == 1
        }
        self._match = lru_cache(maxsize=65_536)(self._read)
        self.resolve = lru_cache(maxsize=65_536)(self._resolve)

    def _resolve(self, text: str | None, cas: str | None = None) -> SubstanceMatch | None:
        """The substance that `text` and `cas` name, or None where that would be a guess.

        A CAS number with a right check digit decides over the name; then the whole text, the text without qualifiers ("heroin
        (brown)", "cocaine hydrochloride"), and last one safe long name within it ("5 кг героина"). A text that names two
        substances resolves to none: the agency must split it.
        """
        named = self._match(text) if text else None
        if not cas:
            return named
        number = compact_cas(cas)
        slug = self._by_cas.get(number) if number else None
        if slug is None:
            if named is None:
                return None
            if number is None:
                return replace(named, finding=f"CAS {cas}: the check digit is wrong or it is no CAS number; taken by name")
            return replace(named, finding=f"CAS {number} is not in the reference data; taken by name")
        finding = None
        if named is not None and named.slug != slug and not named.ambiguous:
            finding = f"the name says {named.name}, CAS {number} is {self.by_slug[slug].name}"
        return self._matched(_Entry(slug, number or cas, "cas", None, False), 1.0, finding)

    def _read(self, text: str) -> SubstanceMatch | None:
        whole = fold(text)
        if not whole:
            return None
        if found := self._exact(whole):
            return self._matched(found)
        inside = [fold(part) for part in _INSIDE.findall(text[:300])]
        outside = fold(_PARENTHESES.sub(" ", text[:300]))
        candidates = [found for part in (outside, *inside) if part and (found := self._exact(part) or self._qualified(part))]
        if len({entry.slug for entry in candidates}) == 1 and not any(_changes(part) for part in (outside, *inside)):
            return self._matched(min(candidates, key=_rank), QUALIFIED)
        if candidates and len({entry.slug for entry in candidates}) > 1:
            return None
        if found := self._qualified(whole):
            return self._matched(found, QUALIFIED)
        if found := self._contained(whole.split()):
            return self._matched(found, CONTAINED)
        return None

    def _exact(self, folded: str) -> _Entry | None:
        key = compact(folded)
        if found := self._by_key.get(key):
            return found
        if key.endswith("s") and len(key) > 4 and (found := self._by_key.get(key[:-1])):
            return found
        return self._by_stem.get(_stem(folded)) if len(key) >= 5 else None

    def _qualified(self, folded: str) -> _Entry | None:
        words = folded.split()
        kept = [word for word in words if word not in _QUALIFIERS]
        return self._exact(" ".join(kept)) if kept and len(kept) < len(words) else None

    def _contained(self, words: list[str]) -> _Entry | None:
        """The one listed name of at least five letters among the words, if nothing beside it changes its meaning."""
        found: list[_Entry] = []
        used = [False] * len(words)
        for length in range(min(5, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                if any(used[start : start + length]):
                    continue
                part = words[start : start + length]
                entry = self._exact(" ".join(part)) if sum(map(len, part)) >= 5 else None
                if entry is None or entry.ambiguous or entry.basis == "street":
                    continue
                if start and words[start - 1].isdigit():
                    return None
                used[start : start + length] = [True] * length
                found.append(entry)
        rest = [word for word, taken in zip(words, used, strict=True) if not taken]
        if len({entry.slug for entry in found}) != 1 or _changes(" ".join(rest)):
            return None
        return found[0]

    def _matched(self, entry: _Entry, factor: float = 1.0, finding: str | None = None) -> SubstanceMatch:
        substance = self.by_slug[entry.slug]
        confidence = AMBIGUOUS_CONFIDENCE if entry.ambiguous else _CONFIDENCE[entry.basis]
        return SubstanceMatch(
            slug=substance.slug,
            name=substance.name,
            group=substance.group,
            control=substance.control,
            cas=substance.cas[0] if substance.cas else None,
            hs=substance.hs,
            matched_on=entry.word,
            basis=entry.basis,
            language=entry.language,
            confidence=round(confidence * factor, 3),
            ambiguous=entry.ambiguous,
            finding=finding,
        )


def compact_cas(text: str) -> str | None:
    """The CAS number in its usual form, or None where its check digit is wrong."""
    number = text.strip().removeprefix("CAS").strip(" :.№#") if len(text) < 40 else ""
    try:
        return str(casrn.validate(number))
    except (casrn.ValidationError, ValueError):
        return None


def _list(listed: dict[str, list[_Entry]], slug: str, word: str, basis: Basis, language: str | None) -> None:
    ambiguous = word.endswith("?")
    word = word.rstrip("?").strip()
    listed.setdefault(compact(fold(word)), []).append(_Entry(slug, word, basis, language, ambiguous))


def _basis(text: str) -> Basis:
    if text not in ("name", "synonym", "street"):
        raise ValueError(f"substance_names.tsv: basis {text!r} is not name, synonym or street")
    return text  # type: ignore[return-value]


def _rank(entry: _Entry) -> tuple[bool, int]:
    return entry.ambiguous, _RANK[entry.basis]


def _choose(entries: list[_Entry]) -> _Entry | None:
    """The entry of a word that several rows list: none where they are equally good and mean different substances."""
    best = min(_rank(entry) for entry in entries)
    leading = [entry for entry in entries if _rank(entry) == best]
    if len({entry.slug for entry in leading}) > 1:
        return None
    first = leading[0]
    return replace(first, ambiguous=first.ambiguous or any(entry.ambiguous for entry in entries))


def _changes(folded: str) -> bool:
    return any(word in _CHANGERS or word.startswith(_CHEMICAL) for word in folded.split())

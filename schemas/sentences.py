"""Sentences of ours that are known again by their English words, and said in Russian (decision 0814)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

MOST_KEPT: Final = 4096
_JOINTS: Final = (("; ", "; "), (", ", ", "), (" or ", " или "))


class Sentences:
    """English sentences, each with `{}` for what is filled in, and the same in Russian with `{0}`, `{1}` … for the same places.

    What fills a place stays as it is written; where the Russian says `{0:ru}` it holds only words of ours: a word, a list of them, or a
    sentence. `words` are found in such places alone. `{0:act}` holds a name, or a list, of the vocabulary `act` of `names`.
    """

    def __init__(
        self, russian: Mapping[str, str], words: Mapping[str, str] | None = None, names: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self.table, self.words, self.names = dict(russian), dict(words or {}), dict(names or {})
        self._sentences, self._words = _patterns(self.table), _patterns(self.words)
        self.known = lru_cache(MOST_KEPT)(self._known)

    def russian(self, said: str) -> str | None:
        """The sentence in Russian; None of one that the table does not have."""
        found = self.known(said)
        return found[1] if found is not None else None

    def beside(self, told: Mapping[str, Any], *names: str) -> dict[str, Any]:
        """`told` with `ru`: those of these fields that are sentences of ours, or lists, in Russian. Without any it stays as it is."""
        ru = {name: russian for name in names if (russian := self._of(told.get(name)))}
        return {**told, "ru": ru} if ru else dict(told)

    def _of(self, value: Any) -> str | list[str] | None:
        return self.russian(value) if isinstance(value, str) else [*map(self.in_words, value)] if isinstance(value, list) else None

    def throughout(self, value: Any, *names: str) -> Any:
        """`beside` for every object within a JSON value."""
        if isinstance(value, dict):
            return self.beside({name: self.throughout(each, *names) for name, each in value.items()}, *names)
        return [self.throughout(each, *names) for each in value] if isinstance(value, list) else value

    def _known(self, said: str) -> tuple[str, str] | None:
        """The table's English sentence, and what was said in Russian."""
        found = _match(said, self._sentences)
        return (found[0], self._filled(self.table[found[0]], found[1])) if found is not None else None

    def _filled(self, russian: str, values: tuple[str, ...]) -> str:
        return russian.format(*(_Value(value, self) for value in values))

    def in_words(self, value: str) -> str:
        """What fills a place that holds words of ours."""
        if (known := self.known(value)) is not None:
            return known[1]
        if (found := _match(value, self._words)) is not None and not _is_list(*found):
            return self._filled(self.words[found[0]], found[1])
        return _each(value, self.in_words)

    def named(self, value: str, vocabulary: str) -> str:
        """The name, or each of a list, as the vocabulary has it; one that it does not have as it is written."""
        known = self.names[vocabulary]
        return known[value] if value in known else _each(value, lambda one: self.named(one, vocabulary))


@dataclass(frozen=True, slots=True)
class _Value:
    text: str
    of: Sentences

    def __format__(self, spec: str) -> str:
        return self.text if not spec else self.of.in_words(self.text) if spec == "ru" else self.of.named(self.text, spec)


def _is_list(english: str, values: tuple[str, ...]) -> bool:
    """Whether a word took a list for one value: only what stands at its end may be one, and none of sentences."""
    within = values[:-1] if english.endswith("{}") else values
    return any(", " in value for value in within) or any("; " in value for value in values)


def _each(value: str, tell: Callable[[str], str]) -> str:
    """Of a list each part; anything else as it is written."""
    joint, russian = next(((joint, russian) for joint, russian in _JOINTS if joint in value), (None, ""))
    return value if joint is None else russian.join(map(tell, value.split(joint)))


_Patterns = tuple[tuple[re.Pattern[str], str], ...]


def _patterns(table: Mapping[str, str]) -> _Patterns:
    """The most literal first: what one sentence says in its own words another may take for a value."""
    ordered = sorted(table, key=lambda english: -len(english.replace("{}", "")))
    return tuple((re.compile("(.*?)".join(map(re.escape, english.split("{}"))), re.DOTALL), english) for english in ordered)


def _match(said: str, patterns: _Patterns) -> tuple[str, tuple[str, ...]] | None:
    for pattern, english in patterns:
        if match := pattern.fullmatch(said):
            return english, match.groups()
    return None

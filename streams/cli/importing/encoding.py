"""Which encoding a file is in: by its marks, by its bytes, else by which one makes its words look like words."""

import codecs
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from streams.cli.importing.table import ReadError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In order of how often officers' files have them; the first of equals wins.
_CANDIDATES = ("cp1252", "cp1251", "cp1250", "cp1254", "koi8-r", "cp866", "cp1256", "latin-1")
_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = frozenset("аеёиоуыэюяіїєқӣӯАЕЁИОУЫЭЮЯ")
_COMMON_SIGNS = frozenset("№«»°–—ºª“”’‘…·§€ \xa0")


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name, and on what ground it was chosen."""

    name: str
    because: str


def detect(path: Path, declared: str | None = None) -> Encoding:
    """The file's encoding. The whole file is read once, so that a late wrong byte is found now and not in the middle of an import.

    Raises ReadError where `declared` is unknown or does not fit, naming the line.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    mark = next((name for bom, name in _MARKS if head.startswith(bom)), None)
    if declared:
        try:
            name = codecs.lookup(declared).name
        except LookupError as error:
            raise ReadError(f"encoding {declared!r} is unknown", "use a name such as utf-8, cp1251, cp1252, utf-16") from error
        if name == "utf-8" and mark == "utf-8-sig":
            name = mark
        line = _first_wrong_line(path, name)
        if line is not None:
            raise ReadError(
                f"line {line} has bytes that are not {declared}", "leave the encoding out to have it found, or name the right one"
            )
        return Encoding(name, "the mapping says so")
    if mark:
        return _checked(path, mark, "the file begins with its mark (BOM)")
    if b"\x00" in head and len(head) > 3:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) > len(head) // 8:
            return _checked(path, "utf-16-le" if odd > even else "utf-16-be", "every other byte is zero")
    if _first_wrong_line(path, "utf-8") is None:
        return Encoding("utf-8", "every byte fits")
    return _by_words(path)


def _checked(path: Path, name: str, because: str) -> Encoding:
    line = _first_wrong_line(path, name)
    if line is not None:
        raise ReadError(f"{because}, so it should be {name}, but line {line} is not", "save the file again as UTF-8")
    return Encoding(name, because)


def _first_wrong_line(path: Path, name: str) -> int | None:
    decoder = codecs.getincrementaldecoder(name)("strict")
    lines = 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                lines += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                return lines + error.object[: error.start].count(b"\n")
            if not chunk:
                return None


def _by_words(path: Path) -> Encoding:
    sample = bytearray()
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                sample += line[:4096]
            if len(sample) >= _SAMPLE:
                break
    scored: list[tuple[float, str]] = []
    for name in _CANDIDATES:
        try:
            scored.append((_strangeness(bytes(sample).decode(name)), name))
        except UnicodeDecodeError:
            continue
    best = min(scored, key=lambda pair: pair[0])[1]
    for name in (best, *(other for other in _CANDIDATES if other != best)):
        if _first_wrong_line(path, name) is None:
            return Encoding(name, "it is not UTF-8, and read so its words look right; name the encoding in the mapping if they do not")
    return Encoding("latin-1", "no other encoding fits every byte")


def _strangeness(text: str) -> float:
    """How unlike writing it is, per character outside ASCII: stray signs, mixed scripts, capitals inside words, too few vowels."""
    foreign = [character for character in text if not character.isascii()]
    if not foreign:
        return 0.0
    penalty = float(sum(3 for character in foreign if not character.isalpha() and character not in _COMMON_SIGNS))
    vowels = cyrillic = 0
    for word in _WORD.findall(text):
        outside = sum(1 for character in word if not character.isascii())
        if not outside:
            continue
        scripts = {_script(character) for character in word}
        if len(scripts) > 1:
            penalty += 3 * outside
        if any(first.islower() and second.isupper() for first, second in pairwise(word)):
            penalty += outside
        if scripts == {"latin"} and len(word) > 2 and outside > len(word) / 2:
            penalty += 2 * outside
        if "cyrillic" in scripts:
            cyrillic += outside
            vowels += sum(1 for character in word if character in _VOWELS)
            penalty += sum(1 for character in word if not ("а" <= character.lower() <= "я" or character in "ёЁ"))
    if cyrillic:
        penalty += 4 * cyrillic * abs(vowels / cyrillic - 0.43)
    return penalty / len(foreign)


def _script(character: str) -> str:
    point = ord(character)
    if point < 0x250:
        return "latin"
    if 0x400 <= point < 0x530:
        return "cyrillic"
    if 0x600 <= point < 0x700:
        return "arabic"
    return "other"

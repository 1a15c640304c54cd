"""Keys under which spellings of one person's name meet, whatever script, romanisation or order. For blocking only: they prove nothing.

A word's key is its consonants in classes that the region's romanisations confuse (q and k; kh, x and h; v, f and w; j, zh and dzh).
Vowels go, because Arabic script does not write them and Tajik, Uzbek and Russian disagree on them (Qodirov, Кадыров). A patronymic is
reduced to the father's name (Бахтиёрович, Baxtiyor o'g'li), and keys are of pairs of words, sorted, so order does not matter.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from anyascii import anyascii

from streams.reference.table import rows

MAX_CHARS = 300
MAX_WORDS = 6


@dataclass(frozen=True, slots=True)
class NameKeys:
    """`latin` is a readable transliteration; `keys` are for blocking, sorted and without repeats; empty where there is no name."""

    latin: str
    keys: tuple[str, ...]


_TO_LATIN = str.maketrans({row["letter"]: row["latin"] for row in rows("letters.tsv")})
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʻʼ`´‛ʹʺ\"", ""))
_WORDS = re.compile(r"[^\W\d_]+")
_MARKS = re.compile(r"[\u064b-\u065f\u0670\u200c-\u200f]")
_AZERI = re.compile(r"[əıığşçöü]")

_PATRONYMIC = re.compile(r"(?:y?[eo]vi(?:t?ch|c)|[eo]wi(?:ch|cz)|y?[eo]vn[ao])$")
_ATTACHED = re.compile(r"(?:[ou]g[h]?l[iyu]|uulu|uly|[kqg][iy]z[iy])$")
_PARTS = {row["list"]: frozenset(row["words"].split()) for row in rows("words.tsv")}
_NO_NAMES = _PARTS["child_of"] | _PARTS["particle"]
_GROUPS = (
    ("shch", "x"), ("sch", "x"), ("tch", "4"), ("dzh", "j"), ("dj", "j"), ("zh", "j"), ("kh", "h"), ("gh", "g"), ("sh", "x"), ("ch", "4"),
    ("ph", "v"), ("th", "t"), ("ts", "z"), ("tz", "z"), ("ck", "k"),
)  # fmt: skip
_CLASSES = str.maketrans({"q": "k", "c": "k", "4": "c", "f": "v", "w": "v", **dict.fromkeys("aeiouy", "")})
_REPEATED = re.compile(r"(.)\1+")


def name_keys(text: str | None) -> NameKeys:
    """Transliteration and blocking keys of a person's name in Cyrillic, Latin or Arabic script (others by `anyascii`).

    Two or more words give one key per pair, at most 15; one word gives its own key. Initials and titles of one letter are left out.
    """
    return _name_keys(text[:MAX_CHARS]) if text else NameKeys("", ())


@lru_cache(maxsize=65_536)
def _name_keys(text: str) -> NameKeys:
    lowered = _MARKS.sub("", unicodedata.normalize("NFC", text).lower().translate(_APOSTROPHES))
    words = _WORDS.findall(lowered)
    latin = [_latin(word) for word in words]
    joined = _servants(latin)
    plain = [word for word in joined if len(word) > 1 and word not in _NO_NAMES]
    skeletons = sorted({skeleton for word in plain[:MAX_WORDS] if (skeleton := _word_key(word))})
    if len(skeletons) == 1:
        keys = {f"name:{variant}" for variant in _variants(skeletons[0])}
    else:
        keys = {"name:" + "+".join(sorted(pair)) for one, two in combinations(skeletons, 2) for pair in _pairs(one, two)}
    return NameKeys(" ".join(word.capitalize() for word in latin if word), tuple(sorted(keys)))


@lru_cache(maxsize=65_536)
def _word_key(word: str) -> str:
    return _skeleton(_father(word))


@lru_cache(maxsize=65_536)
def _latin(word: str) -> str:
    # Turkish and Azerbaijani c is j; elsewhere it is k, and ch is its own letter.
    if _AZERI.search(word):
        word = word.replace("c", "j")
    moved = word.translate(_TO_LATIN)
    return re.sub(r"[^a-z]", "", moved if moved.isascii() else anyascii(moved).lower())


def _servants(words: list[str]) -> list[str]:
    """Abdul Rahman is Abdurahman: the first half of a name in Abd- is never a name by itself."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in _PARTS["servant"]:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _father(word: str) -> str:
    """Бахтиёрович, Бахтиёровна and Бахтиёругли are Бахтиёр."""
    for ending in (_PATRONYMIC, _ATTACHED):
        stem = ending.sub("", word)
        if stem != word and len(stem) >= 3:
            return stem
    return word


def _skeleton(word: str) -> str:
    """Consonant classes in capitals; an initial vowel is A, a final h is silent, al- after abd- is assimilated."""
    vowel = word[0] in "aeiouy"
    sounds = re.sub(r"^(al|m)(e?)a?x(?=[aeiy])", r"\1\2ks", word) if word.startswith(("alex", "max")) else word
    sounds = sounds.replace("x", "h")
    for letters, one in _GROUPS:
        sounds = sounds.replace(letters, one)
    sounds = _REPEATED.sub(r"\1", sounds.translate(_CLASSES))
    if len(sounds) > 1:
        sounds = sounds.removesuffix("h")
    skeleton = ("A" if vowel else "") + sounds.upper()
    return re.sub(r"^ABDL(?=.)", "ABD", skeleton)


def _variants(skeleton: str) -> set[str]:
    """With and without a v inside the word: Arabic script writes it with the letter of the vowels o and u."""
    return {skeleton, skeleton[0] + skeleton[1:-1].replace("V", "") + skeleton[-1]} if len(skeleton) > 2 else {skeleton}


def _pairs(one: str, two: str) -> set[tuple[str, str]]:
    coarse_one, coarse_two = min(_variants(one), key=len), min(_variants(two), key=len)
    return {(one, two), (coarse_one, coarse_two)}

"""How words are made comparable: the one folding that substances, units and places share."""

import re
import unicodedata
from functools import lru_cache

MAX_CHARS = 300
"""No name of a substance, unit or place is longer; the rest of a longer text is not looked at, so the cost is bounded."""

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ω": "omega"}
# Letters that do not decompose into a base letter and an accent.
_SINGLE = {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ə": "e", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
_TABLE = str.maketrans({**_GREEK, **_SINGLE, **dict.fromkeys("'’‘ʻʼ`´‛", "")})
_MARKS = re.compile(r"[\u0300-\u036f\u064b-\u065f\u0670\u200c-\u200f]+")
_GAPS = re.compile(r"[\W_]+")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Lower case, no accents (so ё is е and й is и), Greek letters spelled out, words of letters and digits with one space between.

    Apostrophes vanish rather than part a word (o'zbek). Folding twice changes nothing.
    """
    lowered = unicodedata.normalize("NFKD", text[:MAX_CHARS].casefold()).casefold()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", lowered)).translate(_TABLE)
    return _GAPS.sub(" ", bare).strip()


def compact(folded: str) -> str:
    """Folded text without spaces: hyphens and spacing in chemical names differ from writer to writer."""
    return folded.replace(" ", "")

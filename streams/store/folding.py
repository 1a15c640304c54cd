"""One form of text for the index and for the query: case, accents, compatibility forms and look-alike letters do not matter."""

import re
import unicodedata

# Letters that one keyboard writes for another and NFKC keeps apart; in Arabic script the Persian forms stand.
_ALIKE = str.maketrans(
    {"ı": "i", "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ـ": None, "\u200c": " ", "\u200d": None, "\x00": " "}
    | dict.fromkeys("’‘ʻʼ`´ʹʽ", "'")
)
# Combining marks of Latin, Cyrillic, Hebrew and Arabic script; in Indic scripts marks are vowels and stay.
_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
_WORD = re.compile(r"[^\W\d_]{4,40}")
_NOT_NUMBER = re.compile(r"[\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def fold(text: str) -> str:
    """NFKC, case-folded, accents stripped (ё→е, é→e, harakat gone), white space single: `"Ёлка  Sé"` becomes `"елка se"`."""
    if text.isascii():
        return " ".join(text.replace("\x00", " ").lower().split())
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = unicodedata.normalize("NFC", _MARKS.sub("", decomposed))
    return " ".join(bare.translate(_ALIKE).split())


def number_key(text: str) -> str:
    """A number as it is compared: folded, letters and digits only: `"MSKU 123456-5"` becomes `"msku1234565"`."""
    return _NOT_NUMBER.sub("", fold(text))


def words(folded: str) -> set[str]:
    """The words that a misspelt query may have meant: 4 to 40 letters, no digits."""
    return set(_WORD.findall(folded))


def like(word: str) -> str:
    """The LIKE pattern that finds a folded word in a search text (which begins with a space).

    One or two letters match at the beginning of a word only, for they have no trigram of their own; in scripts without spaces, anywhere.
    """
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"% {escaped}%" if len(word) < 3 and not _UNSPACED.search(word) else f"%{escaped}%"

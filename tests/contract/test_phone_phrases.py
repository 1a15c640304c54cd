"""The officer's phone speaks eight languages from one table: none may lack a phrase, and none may say less than the others."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2] / "streams/dashboard/src/phone"
OFFERED = re.search(r"LANGUAGES = \{(.*?)\}", (ROOT / "words.ts").read_text(), re.DOTALL)
LANGUAGES = re.findall(r"(\w\w): ", OFFERED[1] if OFFERED else "")
PHRASES = {
    name: dict(zip(LANGUAGES, words.split("|"), strict=True)) for name, words in json.loads((ROOT / "phrases.json").read_text()).items()
}


def test_every_phrase_is_there_in_every_language():
    assert set(LANGUAGES) == {"en", "ru", "az", "kk", "ky", "tg", "tk", "uz"}
    assert {(name, language) for name, words in PHRASES.items() for language in LANGUAGES if not words[language].strip()} == set()


def test_every_phrase_stands_under_its_language():
    """By letters that a language has alone, and the marks of the others."""
    assert all(re.search("[А-я]", words["ru"]) for words in PHRASES.values())
    assert not any(re.search("[А-я]", words[name]) for words in PHRASES.values() for name in ("en", "az", "tk", "uz"))
    for name, letters in {"az": "əƏ", "kk": "ұҰ", "tg": "ҷҶӯӮ", "tk": "ýÝňŇ", "uz": "‘’"}.items():
        having = {language for language in LANGUAGES for words in PHRASES.values() if re.search(f"[{letters}]", words[language])}
        assert having == {name}, name


def test_every_translation_keeps_the_places_for_times_and_names():
    differing = {
        name for name, words in PHRASES.items() if len({tuple(sorted(re.findall(r"\{\d\}", text))) for text in words.values()}) != 1
    }
    assert differing == set()


def test_the_translations_are_not_copies():
    """A phrase left in another language would read as translated."""
    for name in ("check_in", "q_waiting", "q_expired", "sign_in", "no_line", "s_CONTROL_LOST"):
        assert len(set(PHRASES[name].values())) == len(LANGUAGES), name


def test_every_language_but_russian_and_english_is_marked_unofficial():
    official = re.search(r"OFFICIAL: Language\[\] = \[(.*?)\]", (ROOT / "words.ts").read_text())
    assert official is not None
    assert set(re.findall(r'"(\w\w)"', official[1])) == {"ru", "en"}

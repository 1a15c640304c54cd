"""The officer's phone speaks eight languages from one table: none may lack a phrase, and none may say less than the others."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2] / "streams/dashboard/src/phone"
LANGUAGES = {"en", "ru", "az", "kk", "ky", "tg", "tk", "uz"}
PHRASES = json.loads((ROOT / "phrases.json").read_text())


def test_every_phrase_is_there_in_every_language():
    missing = {(name, language) for name, words in PHRASES.items() for language in LANGUAGES if not words.get(language, "").strip()}
    assert missing == set()
    assert {name for name, words in PHRASES.items() if set(words) != LANGUAGES} == set()


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
    offered = re.search(r"LANGUAGES = \{(.*?)\}", (ROOT / "words.ts").read_text(), re.DOTALL)
    official = re.search(r"OFFICIAL: Language\[\] = \[(.*?)\]", (ROOT / "words.ts").read_text())
    assert offered is not None
    assert official is not None
    assert set(re.findall(r"(\w\w): ", offered[1])) == LANGUAGES
    assert set(re.findall(r'"(\w\w)"', official[1])) == {"ru", "en"}

"""The board's words stand in tables, both languages side by side: none is missing, none lacks a place for a value."""

import json
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "streams/dashboard/src"
TABLES = sorted(path.name for path in SOURCE.glob("*-texts.json"))


@pytest.mark.parametrize("name", TABLES)
def test_every_text_is_there_in_both_languages_with_the_same_places(name: str) -> None:
    for key, texts in json.loads((SOURCE / name).read_text()).items():
        assert set(texts) == {"en", "ru"}, key
        assert all(text.strip() for text in texts.values()), key
        assert len({tuple(sorted(re.findall(r"\{\d\}", text))) for text in texts.values()}) == 1, key


def test_no_key_stands_in_two_tables() -> None:
    keys = [key for name in TABLES for key in json.loads((SOURCE / name).read_text())]
    assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})

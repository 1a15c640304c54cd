"""The board's words stand in tables, both languages side by side: none is missing, none lacks a place for a value."""

import json
import re
from pathlib import Path

import pytest

from streams.stages.deliveries.alarms import LADDER, LADDERS

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


def test_the_board_says_of_each_alarm_whom_the_stage_rings_and_when() -> None:
    shown = json.loads((SOURCE / "ladders.json").read_text())
    assert shown == json.loads(json.dumps({"usual": LADDER} | LADDERS))
    texts = json.loads((SOURCE / "delivery-texts.json").read_text())
    assert {f"d_rung_{who}" for rungs in shown.values() for _, called in rungs for who in called} <= set(texts)

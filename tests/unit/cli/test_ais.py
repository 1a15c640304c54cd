"""AIS sentences as receivers write them: which ship, where, when, and how well that is known."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from pyais.encode import encode_dict

from schemas.positions import Fix
from streams.cli.ais import Heard, fixes

NOW = datetime(2026, 11, 22, 10, 30, 12, tzinfo=UTC)
# From pyais's documentation: a class A report of 367380120, and one of 367078250 with a tag block.
BARE = b"!AIVDM,1,1,,B,15NG6V0P01G?cFhE`R2IU?wn28R>,0*05"
TAGGED = rb"\g:1-2-73874,n:157036,s:r003669945,c:1241544035*4A\!AIVDM,1,1,,B,15N4cJ`005Jrek0H@9n`DW5608EP,0*13"
STATIC = (
    b"!AIVDM,2,1,4,A,55O0W7`00001L@gCWGA2uItLth@DqtL5@F22220j1h742t0Ht0000000,0*08",
    b"!AIVDM,2,2,4,A,000000000000000,2*20",
)


def read(lines: Iterable[bytes], *ships: str, live: bool = True) -> tuple[list[dict[str, Any]], Heard]:
    heard = Heard()
    found = [each for each in fixes(lines, frozenset(ships), heard, (lambda: NOW) if live else None) if each is not None]
    for each in found:
        Fix.model_validate_json(orjson.dumps(each))
    return found, heard


def sentence(**said: Any) -> bytes:
    values = {"type": 1, "mmsi": 423123456, "lat": 41.3, "lon": 50.9, "speed": 12.0, "course": 70.5, "accuracy": 1, "second": 10}
    return str(encode_dict(values | said, talker_id="AI", sentence_type="VDM")[0]).encode()


def test_sentences_of_the_ships_that_are_watched_and_of_no_other() -> None:
    found, heard = read([BARE, TAGGED, *STATIC, sentence()], "367380120")
    assert [(each["mmsi"], each["lat"], each["lon"]) for each in found] == [("367380120", 37.806948, -122.404333)]
    assert (heard.positions, heard.others, heard.broken) == (1, 3, 0)


def test_a_tag_block_says_when() -> None:
    [found], _ = read([TAGGED], "367078250", live=False)
    assert found["at"] == "2009-05-05T17:20:35+00:00"
    assert (found["speed_kmh"], found["course"], found["accuracy_m"]) == (0.9, 213.0, 100.0)


def test_of_a_recording_without_times_nothing_is_made_up() -> None:
    found, heard = read([BARE], "367380120", live=False)
    assert (found, heard.undated) == ([], 1)


@pytest.mark.parametrize(
    ("second", "at"),
    [(10, "2026-11-22T10:30:10+00:00"), (14, "2026-11-22T10:30:14+00:00"), (58, "2026-11-22T10:29:58+00:00"), (60, NOW.isoformat())],
)
def test_a_live_sentence_has_the_minute_of_its_reception_and_the_second_of_the_ship(second: int, at: str) -> None:
    [found], _ = read([sentence(second=second)], "423123456")
    assert found["at"] == at


def test_what_the_ship_does_not_know_is_not_said() -> None:
    found, heard = read([sentence(lat=91, lon=181), sentence(speed=102.3, course=360)], "423123456")
    assert heard.others == 1
    assert [sorted(each) for each in found] == [["accuracy_m", "at", "lat", "lon", "mmsi"]]


def test_broken_lines_are_counted_and_the_next_is_read() -> None:
    noise = [b"", b"garbage", b"!AIVDM,1,1,,B,15NG6V0P01G?cFhE`R2IU?wn28R>,0*06", b"\xff\xfe", b"!AIVDM,1,1"]
    found, heard = read([*noise, BARE], "367380120")
    assert len(found) == 1
    assert heard.broken >= 1


def test_class_b_and_long_range_reports_are_positions_too() -> None:
    long_range = sentence(type=27, speed=20, course=90)
    found, _ = read([sentence(type=18), long_range], "423123456")
    assert [each["accuracy_m"] for each in found] == [10.0, 200.0]
    assert round(found[1]["lat"], 1) == 41.3

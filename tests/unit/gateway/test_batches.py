"""A body as reports, each exactly as sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reports import MAX_REPORT_BYTES
from streams.gateway.batches import BULK, MAX_REPORTS, Item, TooMany, Unreadable, pieces, read_item
from tests.examples import DELIVERY, SEIZURE

JSON, NDJSON = "application/json", "application/x-ndjson"
EVENT, EVENTS = "application/cloudevents+json", "application/cloudevents-batch+json"
EVENT_OF_SEIZURE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/agencies/TJ-DCA/posts/panji-poyon",
    "type": "int.ric.report.seizure.v1",
    "data": SEIZURE,
}


def read(media_type: str, body: bytes | str, lane: str = "live") -> list[Item]:
    raw = body.encode() if isinstance(body, str) else body
    return [read_item(piece, lane) for piece in pieces(media_type, raw)]


@pytest.mark.parametrize(
    ("media_type", "body", "count"),
    [
        (JSON, json.dumps(SEIZURE), 1),
        (JSON, json.dumps([SEIZURE, DELIVERY], indent=2), 2),
        (NDJSON, json.dumps(SEIZURE) + "\n\r\n" + json.dumps(DELIVERY) + "\n", 2),
        (EVENT, json.dumps(EVENT_OF_SEIZURE), 1),
        (EVENTS, json.dumps([EVENT_OF_SEIZURE, EVENT_OF_SEIZURE]), 2),
        (JSON, json.dumps(EVENT_OF_SEIZURE), 1),
        (JSON, b"\xef\xbb\xbf" + json.dumps(SEIZURE).encode(), 1),
    ],
)
def test_every_form_is_read(media_type: str, body: str | bytes, count: int) -> None:
    items = read(media_type, body)
    assert len(items) == count
    for item in items:
        assert item.problems == ()
        assert item.channel in {"seizures", "controlled-deliveries"}
        assert item.key in {"TJ-DCA/2026-0117", "TJ-DCA/CD-2026-004/12"}
        assert json.loads(item.value)["kind"] in {"seizure", "controlled_delivery"}
    assert items[0].attributes["type"] == "int.ric.report.seizure.v1"


def test_numbers_stay_as_written() -> None:
    odd = json.dumps(SEIZURE).replace('"amount": "12.48"', '"amount":   "12.480"').replace("37.2", "37.20000")
    for body, media_type in ((f"[{odd}]", JSON), (odd, NDJSON), (json.dumps(EVENT_OF_SEIZURE).replace(json.dumps(SEIZURE), odd), EVENT)):
        assert read(media_type, body)[0].value.decode() == odd


def test_an_import_goes_to_the_bulk_lane() -> None:
    assert read(JSON, json.dumps(SEIZURE), "bulk")[0].channel == BULK


def test_a_bad_report_goes_on_to_leave_its_dead_letter() -> None:
    bad = json.dumps({**SEIZURE, "narative": "x"})
    item = read(JSON, f"[{json.dumps(SEIZURE)}, {bad}]")[1]
    assert item.value.decode() == bad
    assert (item.channel, item.key) == ("seizures", "TJ-DCA/2026-0117")
    assert item.problems[0].field == "narative"
    assert "spelling" in (item.problems[0].mend or "")


def test_an_event_that_names_another_kind_is_refused_whole() -> None:
    item = read(EVENT, json.dumps({**EVENT_OF_SEIZURE, "type": "int.ric.report.intelligence.v1"}))[0]
    assert item.problems[0].field == "type"
    assert item.event
    assert json.loads(item.value)["specversion"] == "1.0"


@pytest.mark.parametrize(
    "event",
    [{}, {"data": SEIZURE}, {**EVENT_OF_SEIZURE, "data": None}, {**EVENT_OF_SEIZURE, "extra": 1}, {**EVENT_OF_SEIZURE, "id": 7}],
)
def test_a_broken_event_says_what_is_wrong(event: dict[str, Any]) -> None:
    item = read(EVENT, json.dumps(event))[0]
    assert item.problems
    assert item.channel == BULK


@pytest.mark.parametrize(
    "body", ["[", "[}", "[1,", "[1 2]", "[]", "[1]x", '[{"a":1},]', "[" * 5000, '["\\ud800"', "[" + "9" * 5000 + "]", " ", "\ufeff[1"]
)
def test_a_list_that_breaks_off_is_one_unreadable_body(body: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(JSON, body)
    assert refusal.value.problem.mend


def test_invalid_utf8_is_named_by_its_place() -> None:
    with pytest.raises(Unreadable, match="byte 4"):
        read(JSON, b'[ "a\xff"]')
    assert read(NDJSON, b'{"a":"\xff"}')[0].problems


@pytest.mark.parametrize(
    "body",
    ["null", "1", '"x"', "{}", "{", "NaN", '{"kind":["seizure"]}', '{"kind":{},"handling":7}', "{" * 3000, '{"a":' * 3000, '{"\\u0000":1}'],
)
def test_what_is_no_report_is_refused_in_words(body: str) -> None:
    item = read(JSON, body)[0]
    assert item.problems
    assert item.problems[0].reason


def test_a_report_over_the_limit_is_cut_for_its_dead_letter() -> None:
    large = json.dumps({**SEIZURE, "narrative": "x" * 3 * MAX_REPORT_BYTES})
    item = read(JSON, large)[0]
    assert MAX_REPORT_BYTES < len(item.value) <= 2 * MAX_REPORT_BYTES
    assert str(MAX_REPORT_BYTES) in item.problems[0].reason


def test_a_million_items_are_refused_early() -> None:
    with pytest.raises(TooMany):
        list(pieces(JSON, b"[" + b"1," * 1_000_000 + b"1]"))
    with pytest.raises(TooMany):
        list(pieces(NDJSON, b"1\n" * (MAX_REPORTS + 1)))
    assert len(list(pieces(NDJSON, b"1\n" * MAX_REPORTS))) == MAX_REPORTS


@given(st.binary(max_size=300), st.sampled_from([JSON, NDJSON, EVENT, EVENTS]))
def test_any_bytes_get_an_answer(body: bytes, media_type: str) -> None:
    try:
        items = read(media_type, body)
    except Unreadable:
        items = []
    assert all(item.problems for item in items)


NAMES = st.sampled_from(["kind", "handling", "report_id", "data", "specversion", "x"]) | st.text(max_size=3)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["kind", "handling", "report_id", "data", "specversion", "x"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(json_values, min_size=1, max_size=5), st.sampled_from([0, 2]))
def test_a_list_splits_as_a_json_reader_would(values: list[Any], indent: int) -> None:
    body = json.dumps(values, indent=indent or None)
    assert [json.loads(piece.raw) for piece in pieces(JSON, body.encode())] == values
    assert all(read_item(piece, "live").problems for piece in pieces(JSON, body.encode()))

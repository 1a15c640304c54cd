"""The quick yes is never wrong, and plain reports get it."""

import copy
import json

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.quick import surely_valid
from schemas.reports import read_report
from tests.examples import EXAMPLES, SEIZURE

DIGITS = st.text("0123456789.-+eE_ ", max_size=14)
WRITTEN = st.one_of(
    st.datetimes().map(lambda at: at.isoformat() + "Z"),
    st.dates().map(str),
    st.from_regex(
        r"(19|20|21)\d\d(-[013]\d(-[0-3]\d(T[0-2]\d:[0-6]\d(:[0-6]\d(\.\d{1,10})?)?(Z|[+-][0-2]\d:[0-6]\d)?)?)?)?\n?", fullmatch=True
    ),
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 2**63),
    st.sampled_from(
        [0, 1, 10**11, 10**11 - 1, 1.0, 0.5, 100, 100.0, -0.0, 1e300, [], {}, [[]], [{}], [None], "", "A", "a" * 401, "H3", "AF\n"]
    ),
    st.sampled_from(["\x00", "a\x0bb", "line\nline", "tab\t", "\x7f", "a\rb", "back\\u0000slash", "٣", "2026-03-18T04:30:00+05:00"]),
    DIGITS,
    WRITTEN,
    st.text(max_size=20),
)


def spots(node, path=()):
    """Every place in a report, containers included."""
    if path:
        yield path
    for name, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from spots(child, (*path, name))


def valid(body: bytes) -> bool:
    try:
        read_report(body)
    except ValidationError:
        return False
    return True


def asked(report) -> bool:
    body = orjson.dumps(report)
    return surely_valid(body, orjson.loads(body))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_plain_report_is_surely_valid(name):
    assert asked(EXAMPLES[name])


@given(st.sampled_from(sorted(EXAMPLES)), st.lists(st.tuples(st.integers(0, 10_000), ODD, st.booleans()), min_size=1, max_size=3))
@settings(max_examples=1500, deadline=None)
def test_what_is_surely_valid_is_valid(name, changes):
    report = copy.deepcopy(EXAMPLES[name])
    for number, odd, remove in changes:
        found = list(spots(report))
        if not found:
            break
        *parents, last = found[number % len(found)]
        inner = report
        for parent in parents:
            inner = inner[parent]
        if remove:
            del inner[last]
        else:
            inner[last] = copy.deepcopy(odd)
    body = json.dumps(report).encode()
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    if surely_valid(body, data):
        assert valid(body), report


@given(DIGITS, DIGITS)
@example("100", "99.9999999")
@example("99999999999.999999999", "99.999999")
@settings(max_examples=500, deadline=None)
def test_amounts(amount, percent):
    report = {**SEIZURE, "substances": [{"name": "heroin", "quantity": {"amount": amount}, "purity_percent": percent}]}
    assert not asked(report) or valid(orjson.dumps(report))


@given(WRITTEN, WRITTEN, WRITTEN)
@example("2026-02-29", "2025-02-29T00:00:00Z", "1900-02-29")
@example("2024-02-29T23:59:59.9+23:59", "2026-03-18T04:30Z", "1900")
@settings(max_examples=1500, deadline=None)
def test_times(occurred, issued, born):
    for field in ({"occurred": occurred}, {"issued": issued}, {"parties": [{"kind": "person", "names": ["A"], "born": born}]}):
        report = {**SEIZURE, **field}
        assert not asked(report) or valid(orjson.dumps(report)), field


@pytest.mark.parametrize(
    "field",
    [
        {"place": {}},
        {"place": {"kind": "road"}},
        {"place": {"country": "TJ", "coordinates": {"lat": 0, "lon": 0}}},
        {"place": {"country": "TJ", "coordinates": {"lat": 0.0, "lon": -0.0}}},
        {"revision": 1, "correction": {"reason": "typing"}},
        {"handling": {**SEIZURE["handling"], "europol": ["H3"]}},
        {"handling": {**SEIZURE["handling"], "release": [{"partner": "INTERPOL"}, {"partner": "INTERPOL"}]}},
        {"title": "a\x00b"},
        {"title": "a\x7fb"},
        {"colour": "red"},
        {"arrests": True},
        {"arrests": 1.0},
    ],
)
def test_rules_in_python_hold(field):
    report = {**SEIZURE, **field}
    assert not asked(report)
    assert not valid(orjson.dumps(report))

"""A report is refused with the field and the mend, or accepted exactly as written."""

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.bounds import moment_range
from schemas.problems import Problem, problems
from schemas.reports import read_report, report_kind
from tests.examples import DELIVERY, EXAMPLES, SEIZURE, WITHDRAWAL


def refused(report: object) -> list[Problem]:
    body = report if isinstance(report, bytes) else json.dumps(report).encode()
    with pytest.raises(ValidationError) as caught:
        read_report(body)
    return problems(caught.value)


def changed(base: dict, **fields: object) -> dict:
    report = copy.deepcopy(base)
    for path, value in fields.items():
        *parents, last = path.split("__")
        inner = report
        for parent in parents:
            inner = inner[int(parent) if parent.isdigit() else parent]
        inner[int(last) if last.isdigit() else last] = value
    return report


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_accepted_and_come_out_as_written(name):
    report = read_report(json.dumps(EXAMPLES[name]))
    assert json.loads(report.model_dump_json(exclude_unset=True)).keys() == EXAMPLES[name].keys()


def test_a_withdrawal_travels_with_what_it_withdraws():
    assert report_kind(read_report(json.dumps(WITHDRAWAL))) == "seizure"


@pytest.mark.parametrize(
    ("report", "field", "says"),
    [
        (changed(SEIZURE, colour="red"), "colour", "Extra inputs"),
        (changed(SEIZURE, issued="2026-03-18T04:30:00"), "issued", "timezone"),
        (changed(SEIZURE, issued="2100-01-01T00:00:00Z"), "issued", "outside 1970–2099"),
        (changed(SEIZURE, occurred="1900-01-01"), "occurred", "outside 1970–2099"),
        (changed(SEIZURE, occurred="2026-02-30"), "occurred", "day"),
        (changed(SEIZURE, occurred="18.03.2026"), "occurred", "2026-03-18"),
        (changed(SEIZURE, occurred="2026-03-18T04:30:00"), "occurred", "offset"),
        (changed(SEIZURE, substances__0__quantity__amount="NaN"), "substances[0].quantity.amount", "finite"),
        (changed(SEIZURE, substances__0__quantity__amount="12,5"), "substances[0].quantity.amount", "decimal"),
        (changed(SEIZURE, substances__0__quantity__amount="-1"), "substances[0].quantity.amount", "greater than or equal to 0"),
        (changed(SEIZURE, substances=[]) | {"cash": [], "firearms": [], "conveyances": []}, "(whole report)", "nothing is seized"),
        (changed(SEIZURE, place={"kind": "road"}), "place", "empty"),
        (changed(SEIZURE, place__coordinates={"lat": 0, "lon": 0}), "place.coordinates", "Gulf of Guinea"),
        (changed(SEIZURE, place__country="Tajikistan"), "place.country", "pattern"),
        (changed(SEIZURE, narrative="a\x00b"), "narrative", "pattern"),
        (changed(SEIZURE, handling__originator="tj dca"), "handling.originator", "pattern"),
        (changed(SEIZURE, handling__europol=["H3"]), "handling", "europol_text"),
        (
            changed(SEIZURE, handling__evaluation={"scheme": "4x4", "source": "D", "information": "1"}),
            "handling.evaluation.source",
            "'A', 'B', 'C' or 'X'",
        ),
        (changed(SEIZURE, correction={"reason": "typing"}), "(whole report)", "revision 2"),
        (changed(SEIZURE, revision="1e9"), "revision", "integer"),
        (changed(SEIZURE, parties__0__kind="robot"), "parties[0]", "robot"),
        (changed(SEIZURE, documents=[{"kind": "passport", "number": "A"}] * 201), "documents", "200"),
        (changed(DELIVERY, act="teleport"), "act", "request"),
        (changed(WITHDRAWAL, revision=1), "revision", "2"),
        (b"{", "(whole report)", "JSON"),
        (b"\xff\xfe\x00", "(whole report)", "JSON"),
        (b"[]", "(whole report)", "object"),
        (b'{"report_id":"x"}', "(whole report)", "kind"),
        (b"[" * 100_000, "(whole report)", "JSON"),
    ],
)
def test_a_refusal_names_the_field(report, field, says):
    found = refused(report)
    matching = [problem for problem in found if problem.field == field]
    assert matching, found
    assert any(says in f"{problem.reason} {problem.mend}" for problem in matching), matching


def test_a_refusal_never_quotes_what_was_sent():
    secret = "Каримов-under-cover"
    report = changed(SEIZURE, parties__0__names=[{"name": secret}], title=["x", secret], report_id=secret)
    assert secret not in json.dumps([problem.model_dump() for problem in refused(report)], ensure_ascii=False)


def test_a_million_problems_are_bounded():
    assert len(refused(changed(SEIZURE, narrative=1) | {f"f{n}": n for n in range(10_000)})) == 20


@pytest.mark.parametrize("born", ["1931", "1948-06", "1958-03-18"])
def test_people_are_older_than_seizures(born):
    assert read_report(json.dumps(changed(SEIZURE, parties__0__born=born))).parties[0].born == born


def test_decimals_stay_exact():
    report = read_report(json.dumps(changed(SEIZURE, substances__0__quantity__amount="0.100000001")))
    assert report.substances[0].quantity.amount == Decimal("0.100000001")


@pytest.mark.parametrize(
    ("value", "start", "end", "precision"),
    [
        ("2026-03-18T04:30:00+05:00", datetime(2026, 3, 17, 23, 30, tzinfo=UTC), datetime(2026, 3, 17, 23, 30, 1, tzinfo=UTC), "second"),
        ("2026-03-18", datetime(2026, 3, 18, tzinfo=UTC), datetime(2026, 3, 19, tzinfo=UTC), "day"),
        ("2026-12", datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), "month"),
        ("2007", datetime(2007, 1, 1, tzinfo=UTC), datetime(2008, 1, 1, tzinfo=UTC), "year"),
    ],
)
def test_a_moment_is_as_exact_as_it_was_written(value, start, end, precision):
    assert moment_range(value) == (start, end, precision)


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2099, 1, 1), timezones=st.timezones()))
def test_any_time_with_its_offset_is_that_instant(at):
    if at.utcoffset().total_seconds() % 60:
        return
    start, end, _ = moment_range(at.isoformat())
    assert start == at.astimezone(UTC)
    assert start < end


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\d(T\d\d:\d\dZ)?", fullmatch=True))
def test_any_other_text_is_refused_in_words_or_is_a_moment(text):
    try:
        start, end, _ = moment_range(text)
    except ValueError as error:
        refusal = str(error)
    else:
        assert start < end
        return
    assert refusal

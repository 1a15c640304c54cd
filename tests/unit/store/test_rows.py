"""Records to rows, folding and cursors: pure."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.effects import Emit, Record
from streams.reference.load import load
from streams.stages.deduplicate import decide
from streams.stages.enrich import enrich
from streams.store.folding import fold, like, number_key, words
from streams.store.paging import BadCursor, Place, read_cursor, write_cursor
from streams.store.rows import MAX_SEARCH_TEXT, ReportIdentifiers, Reports, ReportSubstances, Revisions, of_report
from streams.store.search import BadSearch, Search
from streams.store.tables import metadata
from streams.store.writing import TABLES
from tests.examples import EXAMPLES
from tests.store_cases import current


class Nothing:
    """The state of a report never heard of."""

    def get(self, key: bytes) -> bytes | None:
        return None


def kinds(record: dict[str, Any]) -> list[str]:
    return [type(row).__name__ for row in of_report(record, "")]


def standing(record: dict[str, Any]) -> Reports:
    [row] = [row for row in of_report(record, "") if isinstance(row, Reports)]
    return row


def test_an_applied_revision_is_history_and_standing_state() -> None:
    assert kinds(current()) == ["Revisions", "Reports", "ReportSubstances", "ReportIdentifiers"]


def test_a_late_revision_is_history_alone() -> None:
    assert kinds(current(change="history", revision=1, current_revision=2)) == ["Revisions"]


@pytest.mark.parametrize("change", ["held", "released"])
def test_a_hold_is_standing_state_alone(change: str) -> None:
    assert "Revisions" not in kinds(current(change=change))


def test_a_withdrawal_leaves_no_content() -> None:
    row = standing(current(change="withdrawn"))
    assert (row.kind, row.withdrawn, row.lat, row.substances, row.occurred_start) == ("seizure", True, None, [], row.received)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_kind_as_the_stages_write_it_becomes_rows(kind: str) -> None:
    report = EXAMPLES[kind]
    enrichment = enrich(report, load())
    enriched = {"type": "report", "origin": "live.seizures/0/7", "received": "2026-03-18T01:10:01Z", "sender": {"agency": "TJ-DCA"},
                "digest": "d", "event": {}, "enrichment": enrichment, "report": report}  # fmt: skip
    key = f"TJ-DCA/{report['report_id']}".encode()
    effects = decide(
        Record("reports.enriched", "live.reports.enriched", 0, 3, key, orjson.dumps(enriched), (), 1_773_796_200_000), Nothing()
    )
    [change] = [effect.value for effect in effects if isinstance(effect, Emit) and effect.channel == "reports.current"]
    assert change is not None
    rows = list(of_report(orjson.loads(change), ""))
    assert {type(row) for row in rows} >= {Reports, Revisions, ReportIdentifiers}


def test_what_is_named_can_be_searched_for_and_handling_cannot() -> None:
    record = current()
    record["report"] = EXAMPLES["seizure"]
    record["enrichment"]["names"] = [{"field": "parties[0].names[0]", "name": "Каримов", "latin": "Karimov Bakhtijor"}]
    text = standing(record).search_text
    for said in (
        "2026-0117",
        "героин",
        "панджи поен",
        "msku1234565",
        "каримов бахтиер рустамович",
        "karimov bakhtijor",
        "a01234567",
        "samara",
    ):
        assert said in text
    for unsaid in ("amber", "europol", "image/jpeg", "tj-dca"):
        assert unsaid not in text


def test_the_search_text_is_bounded() -> None:
    text = standing(current(title="начало", narrative="ﷺ" * 20_000)).search_text
    assert len(text) <= MAX_SEARCH_TEXT + 1
    assert "начало" in text


def test_the_same_substance_twice_is_one_row_with_both_weights() -> None:
    found = {"slug": "heroin", "name": "Heroin", "group": "opioids", "reported": "героин"}
    rows = of_report(current(substances=({**found, "kg": "1.10"}, {**found, "kg": None}, {**found, "kg": "2"})), "")
    [row] = [row for row in rows if isinstance(row, ReportSubstances)]
    assert str(row.kg) == "3.10"


def test_a_substance_without_a_kg_equivalent_has_none_and_not_zero() -> None:
    found = {"slug": "heroin", "name": "Heroin", "group": "opioids", "reported": "героин", "kg": None}
    [row] = [row for row in of_report(current(substances=(found,)), "") if isinstance(row, ReportSubstances)]
    assert row.kg is None


def test_rows_have_the_columns_of_their_tables() -> None:
    for row, table in TABLES.items():
        assert list(row._fields) == metadata.tables[table].columns.keys(), table


@given(st.text(max_size=60))
def test_folding_is_stable_and_ignores_case(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert "\x00" not in fold(text)
    assert not fold(text).startswith(" ")


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Ёлка  Йод", "елка иод"), ("É́clair", "eclair"), ("ﬁ①", "fi1"), ("كَرِيم", "کریم"), ("İIı", "iii"), ("O‘zbek", "o'zbek")],
)
def test_look_alikes_fold_together(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_numbers_words_and_patterns() -> None:
    assert number_key(" MSKU 123456-5 ") == "msku1234565"
    assert words("героин 12 кг msku1234565 taj") == {"героин"} | words("msku1234565")
    assert like("50%_\\") == "%50\\%\\_\\\\%"
    assert like("тр") == "% тр%"


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(0, 2))
def test_a_cursor_comes_back(at: datetime, key: UUID, phase: int) -> None:
    assert read_cursor(write_cursor(Place(at, key, phase))) == Place(at, key, phase)


@given(st.text(max_size=80))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(text)


UNASKABLE: list[dict[str, Any]] = [
    {"q": "a" * 201},
    {"q": "\ud800"},
    {"agency": "\x00"},
    {"country": "Tajikistan"},
    {"kind": "seizures"},
    {"limit": 0},
    {"limit": 201},
    {"start": datetime(2026, 1, 1)},
    {"bbox": (0, 1, 2, 0)},
    {"bbox": (0, 0, 200, 1)},
]


@pytest.mark.parametrize("asked", UNASKABLE)
def test_what_cannot_be_searched_for_is_refused_by_name(asked: dict[str, Any]) -> None:
    with pytest.raises(BadSearch, match=next(iter(asked))):
        Search(**asked)

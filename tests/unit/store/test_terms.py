"""Whose word says how long something is kept, and what a removal lets in afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import delivery_uuid, report_uuid
from streams.store.removal import Removed, let_in, subjects
from streams.store.rows import ROWS, Row
from streams.store.terms import Term, due, due_unsigned
from tests.delivery_cases import Recorded
from tests.store_cases import current, incident
from tests.unit.deliveries.office import DELIVERY

CAME = datetime(2023, 5, 17, 8, 30, tzinfo=UTC)
REMOVED = datetime(2026, 11, 22, tzinfo=UTC)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("own", "kept_on", "term"),
    [
        (None, None, Term(datetime(2026, 5, 17, 8, 30, tzinfo=UTC), "review")),
        (None, datetime(2026, 6, 1, tzinfo=UTC), Term(datetime(2029, 6, 1, tzinfo=UTC), "review")),
        (datetime(2024, 1, 1, tzinfo=UTC), None, Term(datetime(2024, 1, 1, tzinfo=UTC), "remove")),
        # The owner's word prevails in both directions, and over what the centre decided.
        (datetime(2031, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC), Term(datetime(2031, 1, 1, tzinfo=UTC), "remove")),
    ],
)
def test_the_owners_term_prevails_and_without_one_it_is_reviewed(own: datetime | None, kept_on: datetime | None, term: Term) -> None:
    assert due(CAME, own, kept_on, 3) == term


def test_what_was_never_signed_is_reviewed_a_quarter_of_a_year_after_the_last_word_on_it() -> None:
    assert due_unsigned(CAME, None, None) == Term(datetime(2023, 8, 15, 8, 30, tzinfo=UTC), "review")
    assert due_unsigned(CAME, None, datetime(2026, 6, 1, tzinfo=UTC)) == Term(datetime(2026, 8, 30, tzinfo=UTC), "review")
    assert due_unsigned(CAME, datetime(2023, 6, 1, tzinfo=UTC), None) == Term(datetime(2023, 6, 1, tzinfo=UTC), "remove")


@given(TIMES, st.integers(1, 30))
def test_a_review_is_never_later_than_so_many_years(came: datetime, years: int) -> None:
    review = due(came, None, None, years).due
    assert timedelta() <= came + timedelta(days=366 * years) - review <= timedelta(days=years + 1)
    assert (review.year, review.month, review.timetz()) == (came.year + years, came.month, came.timetz())


def rows(channel: str, record: dict[str, object], at: str = "2026-11-20T08:00:01+00:00") -> list[Row]:
    return list(ROWS[channel](record, at))


def names(found: list[Row], removed: Removed) -> set[str]:
    return {type(row).__name__ for row in let_in(found, removed)}


def test_of_a_removed_report_what_came_before_stays_out_and_a_new_revision_is_let_in() -> None:
    removed = {report_uuid("TJ-DCA/2026-1"): REMOVED}
    old = current(received="2026-11-21T08:00:00Z")
    news = current(version=2, revision=2, received="2026-11-22T08:00:00Z")
    # A hold comes with the whole report, and is no news of it.
    hold = {**old, "change": "held", "version": 3, "hold": {"by": "d.coord", "reason": "x", "until": None}, "at": "2026-11-23T08:00:00Z"}
    for record in (old, hold):
        assert not names(rows("reports.current", record), removed) & {"Reports", "Revisions"}
    assert names(rows("reports.current", news), removed) >= {"Reports", "Revisions"}
    assert names(rows("reports.current", current("2026-2")), removed) >= {"Reports", "Revisions"}
    proposal = incident(current(), current("2026-2"))
    assert not names(rows("incidents", proposal), removed)
    assert names(rows("incidents", proposal, "2026-11-23T08:00:00+00:00"), removed) == {"Incidents"}


def test_of_a_removed_delivery_nothing_is_let_in() -> None:
    office = Recorded()
    office.running(2)
    written = [row for channel, body in office.told if channel in ROWS for row in rows(channel, body)]
    assert {type(row).__name__ for row in written} == {"Deliveries", "DeliveryForms", "DeliveryEvents"}
    assert all(subjects(row) == (delivery_uuid(DELIVERY),) for row in written)
    assert not names(written, {delivery_uuid(DELIVERY): REMOVED})
    assert names(written, {delivery_uuid("TJ-DCA/another"): REMOVED}) == {type(row).__name__ for row in written}


@pytest.mark.parametrize(
    ("about", "let"), [({"delivery": DELIVERY}, False), ({"report": "TJ-DCA/2026-1"}, False), ({"report": "TJ-DCA/9"}, True)]
)
def test_nor_who_answered_for_it(about: dict[str, str], let: bool) -> None:
    told = {"type": "item", "item": "i", "number": 1, "open": False, "about": about, "at": "2026-11-21T08:00:00Z"}
    removed = {delivery_uuid(DELIVERY): REMOVED, report_uuid("TJ-DCA/2026-1"): REMOVED}
    assert bool(names(rows("duty.current", told), removed)) is let

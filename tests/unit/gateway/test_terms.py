"""What the gateway reads in the directory for an act that plans legs."""

from datetime import UTC, datetime

from streams.gateway.terms import hours_of
from streams.planning.directory import exercise
from tests.unit.planning.building import changed

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
URGENT = {"hours": 2, "desk": "duty", "written_due_hours": 24}


def test_of_the_authorities_that_are_planned_with_whoever_says_a_term_in_a_fresh_entry() -> None:
    entries = changed("KG-DCS", urgent=URGENT)
    assert hours_of({"KG-DCS", "TJ-DCA"}, entries, NOW) == {"KG-DCS": 24, "TJ-DCA": 72}
    assert hours_of({"KG-DCS"}, entries, NOW) == {"KG-DCS": 24}
    assert hours_of({"KG-NOBODY"}, exercise().entries, NOW) == {}


def test_a_stale_entry_gives_no_longer_term_than_without_it_and_one_without_an_urgent_procedure_none() -> None:
    stale = {"verified": "2026-01-02T06:00:00Z"}
    assert hours_of({"KG-DCS"}, changed("KG-DCS", urgent=URGENT, **stale), NOW) == {"KG-DCS": 24}
    assert hours_of({"KG-DCS"}, changed("KG-DCS", urgent=URGENT | {"written_due_hours": 96}, **stale), NOW) == {}
    assert hours_of({"KG-DCS"}, changed("KG-DCS", urgent=None), NOW) == {}

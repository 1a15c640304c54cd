"""Whom the guard names to the watchers, held against who may see the report: the two rules stand in rooms that may not ask each other."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.stages.deliveries.guarding import may_know
from streams.store.visibility import POLICY, Viewer, facts, may_see

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MEMBERS = ("TJ-DCA", "TJ-CUSTOMS", "KG-SDCA", "RU-MVD")
OUTSIDE = ("AF-CNPA", "CARICC", "BR-PF")
AGENCIES = (*MEMBERS, *OUTSIDE)
COUNTRIES = ("TJ", "KG", "RU", "AF", "BR")


@st.composite
def reports(draw: st.DrawFn, labels: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    handling: dict[str, Any] = {"originator": draw(st.sampled_from(AGENCIES)), "tlp": draw(st.sampled_from(labels))}
    if draw(st.booleans()):
        handling["recipients"] = draw(st.lists(st.sampled_from((*AGENCIES, "KG-SDCA/b.osmonov")), max_size=3))
    return handling, draw(st.lists(st.sampled_from(COUNTRIES), max_size=3))


def visible(agency: str, handling: dict[str, Any], countries: list[str]) -> bool:
    country = None if agency == "CARICC" else agency.partition("-")[0]
    report = facts({"report": {"handling": handling}, "enrichment": {"countries": countries}})
    return may_see(Viewer("n.rahimov", agency, country, "officer"), report, NOW)


@given(st.sampled_from(AGENCIES), reports((*POLICY, "WHITE", "")))
def test_no_agency_is_told_of_a_report_that_its_officers_may_not_see(agency: str, report: tuple[dict[str, Any], list[str]]) -> None:
    assert visible(agency, *report) or not may_know(agency, *report)


@given(st.sampled_from(MEMBERS), reports(tuple(POLICY)))
def test_of_a_member_state_an_agency_is_told_of_all_that_its_officers_may_see(
    agency: str, report: tuple[dict[str, Any], list[str]]
) -> None:
    assert may_know(agency, *report) == visible(agency, *report)

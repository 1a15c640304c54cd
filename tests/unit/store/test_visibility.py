"""Who may see what: the table of docs/architecture.md, row by row."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from schemas.handling import MATCHED, MatchMode
from streams.store.visibility import (
    Facts,
    Viewer,
    ask_first,
    facts,
    linkable,
    may_list_holds,
    may_see,
    may_see_incidents,
    may_see_rejected,
    where,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWN = Viewer("n.rahimov", "TJ-DCA", "TJ", "officer")
SAME_COUNTRY = Viewer("a.kim", "TJ-CUSTOMS", "TJ", "analyst")
ABROAD = Viewer("b.osmonov", "KG-DCS", "KG", "officer")
DESK = Viewer("d.coord", "CARICC", None, "coordinator")
CHIEF = Viewer("s.chief", "CARICC", None, "supervisor")
STEWARD = Viewer("s.steward", "CARICC", None, "steward")
PRIVATE = Viewer("p.freight", "TJ-DCA", "TJ", "contributor")
EVERYONE = (OWN, SAME_COUNTRY, ABROAD, DESK, CHIEF, STEWARD, PRIVATE)


@pytest.mark.parametrize(
    ("tlp", "sees"),
    [
        ("RED", {OWN}),
        ("AMBER+STRICT", {OWN, DESK, CHIEF}),
        ("AMBER", {OWN, SAME_COUNTRY, DESK, CHIEF}),
        ("GREEN", {OWN, SAME_COUNTRY, ABROAD, DESK, CHIEF}),
        ("CLEAR", {OWN, SAME_COUNTRY, ABROAD, DESK, CHIEF}),
        ("PURPLE", set()),
        ("", set()),
    ],
)
def test_each_label_opens_to_its_readers_and_nobody_else(tlp: str, sees: set[Viewer]) -> None:
    report = Facts("TJ-DCA", tlp, countries=("TJ", "UZ"))
    assert {viewer for viewer in EVERYONE if may_see(viewer, report, NOW)} == sees


@pytest.mark.parametrize("named", ["KG-DCS", "KG-DCS/b.osmonov"])
@pytest.mark.parametrize("tlp", ["RED", "AMBER+STRICT", "AMBER"])
def test_a_named_recipient_sees_by_agency_or_person(named: str, tlp: str) -> None:
    assert may_see(ABROAD, Facts("TJ-DCA", tlp, recipients=(named,)), NOW)
    assert not may_see(SAME_COUNTRY, Facts("TJ-DCA", tlp, recipients=(named,)), NOW)


def test_green_stays_among_the_member_states_and_clear_does_not() -> None:
    stranger = Viewer("a.silva", "BR-PF", "BR", "officer")
    assert not may_see(stranger, Facts("TJ-DCA", "GREEN", countries=("TJ",)), NOW)
    assert may_see(stranger, Facts("TJ-DCA", "GREEN", countries=("TJ", "BR")), NOW)
    assert may_see(stranger, Facts("TJ-DCA", "CLEAR", countries=("TJ",)), NOW)


def test_a_namesake_in_another_agency_is_not_the_person_named() -> None:
    namesake = Viewer(ABROAD.person, "UZ-SCC", "UZ", "officer")
    red = Facts("TJ-DCA", "RED", recipients=(f"{ABROAD.agency}/{ABROAD.person}",))
    assert may_see(ABROAD, red, NOW)
    assert not may_see(namesake, red, NOW)


def test_the_desk_sees_red_only_when_named() -> None:
    assert may_see(DESK, Facts("TJ-DCA", "RED", recipients=("CARICC",)), NOW)
    assert not may_see(DESK, Facts("TJ-DCA", "RED"), NOW)


@pytest.mark.parametrize("tlp", ["RED", "AMBER", "CLEAR"])
def test_held_is_for_the_originator_alone(tlp: str) -> None:
    held = Facts("TJ-DCA", tlp, recipients=("KG-DCS", "CARICC"), countries=("TJ", "KG"), held=True)
    assert [viewer for viewer in EVERYONE if may_see(viewer, held, NOW)] == [OWN]


def test_an_embargo_ends_at_its_instant() -> None:
    report = Facts("TJ-DCA", "CLEAR", embargo_until=NOW)
    assert not may_see(ABROAD, report, NOW - timedelta(microseconds=1))
    assert may_see(ABROAD, report, NOW)


@pytest.mark.parametrize(
    "viewer",
    [
        Viewer("x", "KG-DCS", "KG", "superuser"),
        Viewer("x", "KG-DCS", "KG", ""),
        Viewer("x", "KG-DCS", "KG", "coordinator"),  # the desk's roles exist at the centre only
        Viewer("x", "", "KG", "officer"),
        Viewer("", "KG-DCS", "KG", "officer"),
        Viewer("x", "EUROPOL", None, "partner"),
        Viewer("x", "CARICC", None, "operator"),
    ],
)
def test_what_the_table_does_not_name_sees_nothing(viewer: Viewer) -> None:
    assert not may_see(
        viewer, Facts("KG-DCS", "CLEAR", recipients=(viewer.agency, f"{viewer.agency}/{viewer.person}"), countries=("KG",)), NOW
    )
    assert where(viewer, NOW) == ("FALSE", {})


def test_facts_come_from_the_current_report() -> None:
    current = {
        "report": {"handling": {"originator": "TJ-DCA", "tlp": "AMBER", "recipients": ["KG-DCS"], "embargo_until": "2026-11-23T00:00:00Z"}},
        "enrichment": {"countries": ["TJ", "UZ"]},
        "hold": None,
    }
    assert facts(current) == Facts("TJ-DCA", "AMBER", ("KG-DCS",), ("TJ", "UZ"), False, datetime(2026, 11, 23, tzinfo=UTC))


def test_a_hold_by_name_holds_and_a_hold_with_an_end_is_an_embargo() -> None:
    handling = {"originator": "TJ-DCA", "tlp": "GREEN"}
    by_name = facts({"report": {"handling": handling}, "hold": {"by": "d.coord", "reason": "x", "until": None}})
    assert by_name.held
    until = facts({"report": {"handling": handling}, "hold": {"by": "d.coord", "reason": "x", "until": "2026-11-22T13:00:00+00:00"}})
    assert not until.held
    assert not may_see(ABROAD, until, NOW)
    assert may_see(ABROAD, until, NOW + timedelta(hours=1))


# Leak rule 2.
@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        ("owner_first", "owner_first", ["KG-DCS", "TJ-DCA"]),
        ("mutual", "owner_first", ["KG-DCS"]),
        ("owner_first", "mutual", ["TJ-DCA"]),
        ("mutual", "mutual", []),
    ],
)
def test_the_owner_of_each_report_is_asked_unless_both_have_said_yes(first: str, second: str, asked: list[str]) -> None:
    assert ask_first([("TJ-DCA", first), ("KG-DCS", second)]) == asked


def test_owner_first_is_what_holds_where_nothing_is_said_and_what_is_not_known_is_never() -> None:
    handling = {"originator": "TJ-DCA", "tlp": "GREEN"}
    assert facts({"report": {"handling": handling}}).match_mode == "owner_first"
    assert facts({"report": {"handling": handling | {"match_mode": "never"}}}).match_mode == "never"
    modes = (*get_args(MatchMode), "", "of another year")
    assert {mode for mode in modes if linkable(DESK, Facts("TJ-DCA", "GREEN", match_mode=mode))} == MATCHED == {"owner_first", "mutual"}


# Leak rule 4: a guard keeps a report out of matching, and its originator must not see that it meets nothing.
def test_nobody_is_shown_what_a_report_of_the_own_agency_meets() -> None:
    assert not any(linkable(viewer, Facts(viewer.agency, "GREEN", match_mode="mutual")) for viewer in EVERYONE)


def test_facts_without_handling_are_seen_by_nobody() -> None:
    assert not any(may_see(viewer, facts({"report": {}}), NOW) for viewer in EVERYONE)


def test_who_sees_holds_incidents_and_dead_letters() -> None:
    assert [viewer for viewer in EVERYONE if may_list_holds(viewer)] == [CHIEF, STEWARD]
    assert [viewer for viewer in EVERYONE if may_see_incidents(viewer)] == [DESK, CHIEF]
    assert [viewer for viewer in EVERYONE if may_see_rejected(viewer, "TJ-DCA")] == [OWN, STEWARD]
    assert [viewer for viewer in EVERYONE if may_see_rejected(viewer, None)] == [STEWARD]

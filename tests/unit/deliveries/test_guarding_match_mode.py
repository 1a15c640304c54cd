"""A report that its originator keeps from matching: the guard warns of it all the same, and names nobody (leak rules 2 and 4)."""

import pytest

from tests.unit.deliveries.test_guarding import match, ready, told


@pytest.mark.parametrize(("mode", "named"), [(None, True), ("owner_first", True), ("mutual", True), ("never", False)])
def test_the_guard_names_no_agency_that_keeps_its_report_from_matching(mode: str | None, named: bool) -> None:
    office = ready()
    match(office, handling={"originator": "KG-SDCA", "tlp": "GREEN"} | ({"match_mode": mode} if mode else {}))
    (what,) = told(office, "watch_match")
    assert (what["held"], what["strong"]) == (True, True)
    assert what["contact"] == ("the duty desk of KG-SDCA" if named else "the centre's desk")
    assert ("KG-SDCA" in str(office.board["alarms"])) is named

"""Parts that become one: nothing depends on the order in which they are named."""

import pytest

from tests.unit.deliveries.office import CENTRE, Office

LEAD, DUTY, KG = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty", "KG-SCNBC/t.eam"
EITHER_ORDER = pytest.mark.parametrize("parts", [["B", "C"], ["C", "B"]])


@pytest.fixture
def apart():
    """Parts B and C on leg 1, leg 2 consented."""
    office = Office().running(2)
    halves = [{"name": name, "goods": [{"substance": "heroin", "kg": "12", "uncertainty_kg": "0.02"}]} for name in "BC"]
    office.must(LEAD, "split", into=halves)
    return office


@EITHER_ORDER
def test_what_was_known_of_one_of_them_later_is_not_undone_by_an_older_report(apart, parts):
    apart.pass_minutes(5)
    apart.must(KG, "crossed", part="C", country="KG")
    seen = apart.now.isoformat()
    apart.pass_minutes(5)
    apart.must(LEAD, "regained", part="C", country="TJ", eyes_on=True, seals_intact=True)
    apart.must(LEAD, "merge", parts=parts, into="D")
    apart.pass_minutes(1)
    apart.act(KG, "crossed", part="D", country="KG", at=seen)
    assert (apart.part("D")["territory"], apart.part("D")["controller"]) == ("TJ", "TJ-DCA")


@EITHER_ORDER
def test_of_two_ways_to_go_on_the_planned_one_counts_until_the_controller_says_how(apart, parts):
    apart.must(LEAD, "check_in", part="B", eyes_on=True, profile="guarded_stop")
    apart.must(LEAD, "merge", parts=parts, into="D")
    apart.pass_minutes(16)
    assert apart.part("D")["state"] == "CONTACT_LOST"

"""A leg ahead of a load under way is refused: somebody has to lead it elsewhere, so it is an alarm, consented before or not."""

import pytest

from schemas.alarms import ALARMS
from tests.unit.deliveries.office import AUTHORISATION, CENTRE, Office

LEAD, KG, KZ = "TJ-DCA/n.rahimov", "KG-GP/p.rosecutor", "KZ-GP/p.rosecutor"
NO = {"reason": "офицеры другого государства не допускаются"}


def alarms(office):
    return [(alarm["kind"], alarm["leg"], alarm["count"]) for alarm in office.board["alarms"]]


@pytest.mark.parametrize("consented", [(), (2,), (2, 3)])
def test_a_refusal_ahead_rings_up_the_ladder_whether_the_leg_was_pending_or_consented(consented):
    office = Office().running(*consented)
    office.must(KZ, "refusal", leg=3, **NO)
    assert alarms(office) == [("consent_refused", 3, 1)]
    (alarm,) = office.board["alarms"]
    assert alarm["reason"] == f"leg 3 refused by {KZ}: {NO['reason']}"
    assert ALARMS.russian(alarm["reason"]) == f"в этапе 3 отказал(а) {KZ}: {NO['reason']}"
    assert [each["agency"] for each in office.rings[-1]["told"]] == ["TJ-DCA"], "its controller at once"
    office.pass_minutes(3)
    assert {"agency": None, "role": "coordinator", "person": None} in [{"person": None} | each for each in office.rings[-1]["told"]]
    assert office.part()["state"] == "ACTIVE", "the load goes on to the last border that is consented"
    assert office.part()["hard_stop"]["leg"] == (2 if consented else 1)


def test_once_for_one_refusal_and_again_for_another_leg():
    office = Office().running()
    office.must(KZ, "refusal", leg=3, **NO)
    office.must(KZ, "refusal", leg=3, **NO)
    assert alarms(office) == [("consent_refused", 3, 1)]
    office.must(KG, "refusal", leg=2, **NO)
    assert alarms(office) == [("consent_refused", 3, 2)]


def test_a_consent_and_another_refusal_ring_again():
    office = Office().running()
    office.must(KG, "refusal", leg=2, **NO)
    (alarm,) = office.board["alarms"]
    office.must(f"{CENTRE}/d.duty", "alarm_resolved", alarm=alarm["id"], reason="спросили ещё раз")
    office.pass_minutes(1)
    office.must(KG, "consent", leg=2, authorisation=AUTHORISATION)
    assert alarms(office) == []
    office.pass_minutes(1)
    office.must(KG, "refusal", leg=2, **NO)
    assert alarms(office) == [("consent_refused", 2, 1)]


def test_before_the_start_nobody_is_rung_and_the_plan_is_made_anew():
    office = Office().requested()
    office.must(KZ, "refusal", leg=3, **NO)
    assert alarms(office) == []


def test_of_a_leg_that_is_behind_nobody_is_rung():
    office = Office().running(2)
    offer = str(office.offer())
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=offer, eyes_on=True, country="KG")
    office.must(LEAD, "refusal", leg=1, **NO)
    assert alarms(office) == []


def test_every_part_that_goes_there_has_its_own():
    office = Office().running(2)
    goods = [[{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.02"}] for kg in ("10", "14")]
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods[0]}, {"name": "C", "goods": goods[1]}])
    office.must(KZ, "refusal", leg=3, part="C", **NO)
    assert [(alarm["kind"], alarm["part"]) for alarm in office.board["alarms"]] == [("consent_refused", "C")]
    office.must(KZ, "refusal", leg=3, **NO)
    assert sorted(alarm["part"] for alarm in office.board["alarms"]) == ["B", "C"]

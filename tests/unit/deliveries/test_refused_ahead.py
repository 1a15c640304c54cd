"""A leg ahead is refused: somebody has to lead the load elsewhere, so it is an alarm, consented before or not, under way or not yet."""

import pytest

from schemas.alarms import ALARMS, of_event
from schemas.refusals import told
from tests.unit.deliveries.office import AUTHORISATION, CENTRE, INFORMED, Office, plan
from tests.unit.deliveries.test_calling import called

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


def test_before_the_start_who_asked_is_rung_and_nobody_else():
    office = Office().requested()
    office.must(KZ, "refusal", leg=3, **NO)
    assert alarms(office) == [("consent_refused", 3, 1)]
    assert called(office, "consent_refused") == {0: ["TJ-DCA", "/coordinator"]}
    office.pass_minutes(60)
    assert called(office, "consent_refused")[60] == ["TJ-DCA", "/coordinator", "/supervisor"], "a plan of days ahead wakes no other state"


@pytest.mark.parametrize("consented", [(1,), (1, 2, 3)])
def test_it_ends_when_the_way_leads_around_that_leg(consented):
    office = Office().requested().consented(*consented)
    office.must(KZ, "refusal", leg=3, **NO)
    legs = plan()["legs"]
    office.must(LEAD, "route_change", reason="время", legs=[legs[1], legs[2], legs[3] | {"exit_planned": "2026-03-20T08:00:00Z"}])
    assert alarms(office) == [("consent_refused", 3, 1)], "the same leg is on the way still"
    office.must(LEAD, "route_change", reason="в объезд", legs=[legs[1], legs[3]])
    assert alarms(office) == []
    over = next(event for event in office.events if event["kind"] == "alarm_resolved")
    assert of_event("alarm_resolved", over["what"])["reason"] == "отказа впереди больше нет"


def test_it_ends_when_that_authority_consents_after_all_and_when_the_plan_is_given_up():
    office = Office().requested()
    for number, who in ((2, KG), (3, KZ)):
        office.must(who, "refusal", leg=number, **NO)
    office.pass_minutes(1)
    office.must(KZ, "consent", leg=3, authorisation=AUTHORISATION)
    assert alarms(office) == [("consent_refused", 2, 2)]
    office.must(LEAD, "aborted", reason="нет пути")
    assert alarms(office) == []


def test_ready_is_not_confirmed_before_somebody_says_how_it_goes_on():
    office = Office().requested().consented(1, 2)
    ready = office.must(LEAD, "ready", informed_posts=INFORMED)["act"]
    office.must(KZ, "refusal", leg=3, **NO)
    duty = f"{CENTRE}/d.duty"
    no = office.act(duty, "ready_confirmed", ready=ready, deconfliction="clear")
    assert (no["status"], no["reason"], no["field"]) == ("refused", "refused is leg 3, and nobody has said how it goes on", "ready")
    russian = told(no["reason"], no["mend"])
    assert russian.reason == "отказано в этапе 3, и не сказано, как быть дальше"
    assert russian.mend == "ведущий меняет маршрут, или закройте тревогу, указав, как дальше без этого этапа"
    office.must(duty, "alarm_resolved", alarm=office.board["alarms"][0]["id"], reason="изъятие перед границей KZ")
    office.must(duty, "ready_confirmed", ready=ready, deconfliction="clear")
    office.must(LEAD, "start")
    assert (office.part()["state"], office.part()["hard_stop"]["leg"]) == ("ACTIVE", 2)


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

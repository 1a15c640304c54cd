"""What was seized is weighed after the end, and a difference never ends in the room."""

from datetime import timedelta
from typing import Any

from tests.unit.deliveries.office import Office
from tests.unit.deliveries.test_calling import LEAD, goods

REPORT = {"originator": "TJ-DCA", "report_id": "1"}


def seized(**more: Any) -> Office:
    office = Office().running(2)
    office.must(LEAD, "intervened", reason="опасность", report=REPORT, **more)
    return office


def alarms(office: Office) -> list[tuple[str, str]]:
    return [(alarm["kind"], alarm["reason"]) for alarm in office.board["alarms"]]


def test_a_weighing_after_the_end_reconciles_what_was_seized_unweighed() -> None:
    office = seized()
    assert office.act(LEAD, "closed", evidence_handed_over=True)["reason"] == "the weights do not reconcile: heroin -24 kg"
    office.must(LEAD, "weighing", weighed=goods("24"))
    assert office.part()["secured"]["heroin"]["kg"] == "24"
    office.must(LEAD, "closed", evidence_handed_over=True)
    assert alarms(office) == []


def test_what_it_falls_short_by_is_told_past_the_room() -> None:
    office = seized()
    office.must(LEAD, "weighing", weighed=goods("20"))
    assert alarms(office) == [("shortfall", "heroin: 4 kg short of what is booked, weighed by TJ-DCA/n.rahimov")]
    told = office.rings[-1]["told"]
    assert {"agency": "TJ-DCA", "role": "supervisor"} in told


def test_a_difference_that_the_lead_signs_for_is_told_past_the_room_and_another_resolves_it() -> None:
    office = seized()
    office.must(LEAD, "closed", evidence_handed_over=True, shortfall_signed="сожжено при аварии")
    assert office.board["status"] == "closed"
    assert alarms(office) == [("shortfall", "TJ-DCA/n.rahimov closes it with a difference: heroin -24 kg")]
    assert {"agency": "TJ-DCA", "role": "supervisor"} in office.rings[-1]["told"]
    alarm = office.board["alarms"][0]["id"]
    assert office.act(LEAD, "alarm_resolved", alarm=alarm, reason="ясно")["status"] == "refused"
    office.must("CARICC/s.super", "alarm_resolved", alarm=alarm, reason="проверено")


def test_a_load_that_goes_on_or_was_given_up_is_not_weighed_so_and_only_by_who_has_it() -> None:
    office = Office().running(2)
    answer = office.act(LEAD, "weighing", weighed=goods("24"))
    assert (answer["reason"], answer["field"]) == ("weighed is a part that was seized: none", "part")
    office.must(LEAD, "intervened", reason="опасность", report=REPORT)
    answer = office.act("KG-SCNBC/t.eam", "weighing", weighed=goods("24"))
    assert answer["reason"] == "what was seized of part A is weighed by TJ-DCA or the lead"


def test_a_difference_that_a_weighing_told_is_not_told_again_when_the_lead_signs_for_it() -> None:
    office = seized(weighed=goods("20"))
    office.must("CARICC/s.super", "alarm_resolved", alarm=office.board["alarms"][0]["id"], reason="протокол")
    office.must(LEAD, "closed", evidence_handed_over=True, shortfall_signed="протокол 4")
    assert alarms(office) == []


def test_one_persons_word_does_not_make_a_shortfall_vanish() -> None:
    office = seized(weighed=goods("20"))
    office.must(LEAD, "alarm_resolved", alarm=office.board["alarms"][0]["id"], reason="ясно")
    office.must(LEAD, "weighing", weighed=goods("24"))
    assert alarms(office) == [("surplus", "heroin: 4 kg more than was weighed before, weighed by TJ-DCA/n.rahimov")]
    assert office.act(LEAD, "closed", evidence_handed_over=True)["status"] == "refused"
    alarm = office.board["alarms"][0]["id"]
    assert office.act(LEAD, "alarm_resolved", alarm=alarm, reason="ясно")["reason"].endswith("another resolves it")
    office.must("CARICC/s.super", "alarm_resolved", alarm=alarm, reason="проверено")
    office.must(LEAD, "closed", evidence_handed_over=True)


def test_who_weighs_less_does_not_resolve_that_himself() -> None:
    office = seized()
    office.must(LEAD, "weighing", weighed=goods("20"))
    assert office.act(LEAD, "alarm_resolved", alarm=office.board["alarms"][0]["id"], reason="ясно")["status"] == "refused"


def test_a_weighing_that_is_older_than_what_stands_replaces_nothing() -> None:
    office = seized()
    office.pass_minutes(60)
    earlier = (office.now - timedelta(minutes=30)).isoformat()
    office.must(LEAD, "weighing", weighed=goods("20"))
    office.must(LEAD, "weighing", weighed=goods("24"), at=earlier)
    assert office.part()["secured"]["heroin"]["kg"] == "20"

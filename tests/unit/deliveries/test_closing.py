"""CLOSED asks where each item of evidence is, and whose word each entry by voice was."""

from typing import Any

from schemas.refusals import told
from tests.unit.deliveries.office import Office

LEAD, LATER, KG, DUTY = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", "KG-SCNBC/t.eam", "CARICC/d.duty"
CLOSING: dict[str, Any] = {"evidence_handed_over": True, "shortfall_signed": "акт 4"}


def ended(office: Office) -> Office:
    office.must(LEAD, "intervened", reason="открыли", report={"originator": "TJ-DCA", "report_id": "1"})
    return office


def collected(*items: tuple[str, str]) -> Office:
    office = Office().running(2)
    for item, who in items:
        office.must(who, "evidence", item=item, entry="collected", description="образец")
    return ended(office)


def test_closing_is_refused_while_evidence_is_with_others_and_names_each_item_with_its_holder() -> None:
    office = collected(("S-1", KG), ("S-2", KG), ("S-3", LEAD))
    holders = [(each["item"], each["holder"], each["pending"]) for each in office.board["evidence"]]
    assert holders == [("S-1", KG, False), ("S-2", KG, False), ("S-3", LEAD, False)]
    no = office.act(LEAD, "closed", **CLOSING)
    assert (no["status"], no["field"]) == ("refused", "stays")
    assert no["reason"] == "evidence is not with the lead: S-1 (held by KG-SCNBC/t.eam), S-2 (held by KG-SCNBC/t.eam)"
    assert told(no["reason"], no["mend"]).reason == "доказательства не у ведущего: S-1 (у KG-SCNBC/t.eam), S-2 (у KG-SCNBC/t.eam)"
    office.must(KG, "evidence", item="S-1", entry="handed_over", to=LATER)
    assert "not received" in office.act(LEAD, "closed", **CLOSING)["reason"]
    office.must(LATER, "evidence", item="S-1", entry="received")
    assert "S-1" not in office.act(LEAD, "closed", **CLOSING)["reason"]
    office.must(KG, "evidence", item="S-2", entry="destroyed")
    office.must(LEAD, "closed", **CLOSING)


def test_what_was_handed_to_the_wrong_person_is_taken_back_while_nobody_has_received_it() -> None:
    office = collected(("S-1", KG))
    office.must(KG, "evidence", item="S-1", entry="handed_over", to="TJ-DCA/o.pechatka")
    no = office.act(LEAD, "closed", **CLOSING)
    assert no["mend"] == "whoever received it says so, or who gave it takes it back with returned"
    assert office.act(LATER, "evidence", item="S-1", entry="returned")["status"] == "refused"
    office.must(KG, "evidence", item="S-1", entry="returned")
    assert office.board["evidence"] == [{"item": "S-1", "holder": KG, "pending": False}]
    assert office.act(KG, "evidence", item="S-1", entry="returned")["status"] == "refused"
    assert office.act("TJ-DCA/o.pechatka", "evidence", item="S-1", entry="received")["status"] == "refused"
    office.must(KG, "evidence", item="S-1", entry="handed_over", to=LATER)
    office.must(LATER, "evidence", item="S-1", entry="received")
    office.must(LEAD, "closed", **CLOSING)


def test_nothing_is_handed_over_to_an_agency_that_takes_no_part_for_it_could_never_receive_it() -> None:
    office = collected(("S-1", KG))
    no = office.act(KG, "evidence", item="S-1", entry="handed_over", to="ZZ-NOBODY/x.y")
    assert (no["status"], no["field"], no["reason"]) == ("refused", "to", "ZZ-NOBODY takes no part in this delivery")
    assert told(no["reason"], no["mend"]).reason == "ZZ-NOBODY не участвует в этой поставке"
    assert told(no["reason"], no["mend"]).mend == "назовите офицера участвующего ведомства"
    office.must(KG, "evidence", item="S-1", entry="handed_over", to=LATER)


def test_what_stays_with_another_state_is_declared_item_by_item() -> None:
    office = collected(("S-1", KG), ("S-2", KG))
    place = "ГКНБ, Ош, дело 7"
    assert "S-2 (held by" in office.act(LEAD, "closed", stays=[{"item": "S-1", "place": place}], **CLOSING)["reason"]
    unknown = office.act(LEAD, "closed", stays=[{"item": item, "place": place} for item in ("S-1", "S-2", "S-9")], **CLOSING)
    assert unknown["reason"] == "there is no item S-9"
    office.must(LEAD, "closed", stays=[{"item": item, "place": place} for item in ("S-1", "S-2")], **CLOSING)
    assert office.board["outcome"]["stays"] == {"S-1": place, "S-2": place}
    assert office.events[-1]["what"]["stays"] == [f"S-1: {place}", f"S-2: {place}"]


def test_an_entry_by_voice_without_the_officers_word_is_confirmed_or_answered_for() -> None:
    office = Office().running(2)
    voice = {"agency": "KG-SCNBC", "person": "t.eam", "means": "radio", "code_word_checked": True}
    first = office.must(DUTY, "receiver_in_place", leg=2, eyes_on=True, by_voice=voice)["act"]
    second = office.must(DUTY, "check_in", eyes_on=True, by_voice=voice)["act"]
    ended(office)
    no = office.act(LEAD, "closed", **CLOSING)
    assert no["reason"] == (
        "entries by voice wait for the officers' word:"
        " receiver_in_place (entered for KG-SCNBC/t.eam), check_in (entered for KG-SCNBC/t.eam)"
    )
    assert told(no["reason"], None).reason == (
        "записи с голоса ждут слова офицеров: Принимающий на месте (за KG-SCNBC/t.eam), Доклад (за KG-SCNBC/t.eam)"
    )
    office.must(KG, "voice_confirmed", entry=first, agrees=True)
    assert "check_in" in office.act(LEAD, "closed", **CLOSING)["reason"]
    office.must(LEAD, "closed", unconfirmed=[second], **CLOSING)
    assert office.events[-1]["what"]["unconfirmed"] == ["check_in (entered for KG-SCNBC/t.eam)"]
    office.must(KG, "voice_confirmed", entry=second, agrees=True)
    assert office.board["unconfirmed"] == []


def test_the_centre_answers_for_a_closed_delivery_until_the_alarm_that_it_alone_hears_of_is_resolved() -> None:
    office = Office().running(2)
    office.must(LEAD, "check_in", eyes_on=True, duress=True)
    ended(office).must(LEAD, "closed", **CLOSING)
    assert office.board["status"] == "closed"
    assert (office.duties[-1]["open"], [alarm["kind"] for alarm in office.duties[-1]["alarms"]]) == (True, ["duress", "shortfall"])
    office.must(DUTY, "alarm_resolved", alarm="s1", reason="найден, жив")
    alarm = office.board["alarms"][0]["id"]
    office.must("CARICC/s.super", "alarm_resolved", alarm=alarm, reason="акт проверен")
    assert (office.duties[-1]["open"], office.duties[-1]["alarms"]) == (False, [])


def test_more_than_there_is_cannot_be_taken_for_it_could_not_be_mended() -> None:
    office = Office().running(2)
    taken = {"substance": "heroin", "kg": "250", "uncertainty_kg": "0.001"}
    no = office.act(LEAD, "evidence", item="S-1", entry="sampled", taken=taken)
    assert (no["field"], no["reason"]) == ("taken.kg", "of heroin there are 24 kg, and 250 kg would be taken")
    assert told(no["reason"], no["mend"]).mend == "проверьте вес: он в килограммах"
    assert office.part()["mass"]["heroin"]["kg"] == "24"
    office.must(LEAD, "evidence", item="S-1", entry="sampled", taken=taken | {"kg": "0.25"})
    assert office.part()["mass"]["heroin"]["kg"] == "23.75"


def test_a_sample_of_what_is_secured_is_entered_without_its_weight() -> None:
    office = ended(Office().running(2))
    taken = {"substance": "heroin", "kg": "0.25", "uncertainty_kg": "0.001"}
    for part in ({}, {"part": "A"}):
        no = office.act(LEAD, "evidence", item="S-1", entry="sampled", taken=taken, **part)
        assert (no["field"], no["reason"]) == ("taken", "part A is INTERVENED")
        assert told(no["reason"], no["mend"]).mend.startswith("не указывайте вес")
    office.must(LEAD, "evidence", item="S-1", entry="sampled", part="A", description="образец, 0,25 кг")
    assert office.board["evidence"] == [{"item": "S-1", "holder": LEAD, "pending": False}]

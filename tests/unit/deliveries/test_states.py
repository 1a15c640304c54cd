"""DOMAIN's table, row by row."""

from datetime import timedelta

import pytest

from tests.unit.deliveries.office import AUTHORISATION, CENTRE, DELIVERY, INFORMED, Office, form, plan

LEAD, SECOND, DUTY, SUPER = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", f"{CENTRE}/d.duty", f"{CENTRE}/s.super"
KG, KZ = "KG-SCNBC/t.eam", "KZ-KNB/t.eam"


def refused(answer, *words):
    assert answer["status"] == "refused", answer
    for word in words:
        assert word in f"{answer['reason']} {answer['mend']}", answer
    return answer


def test_a_request_is_signed_by_another_person_of_the_lead():
    office = Office()
    request = office.must(LEAD, "request", form=form(), plan=plan())
    assert office.board["status"] == "draft"
    refused(office.act(LEAD, "signature", request=request["act"]), "a second officer signs")
    refused(office.act("KG-GP/p.rosecutor", "signature", request=request["act"]), "no such delivery")
    assert office.must(SECOND, "signature", request=request["act"])["stands"]["status"] == "requested"
    assert office.board["signed_by"] == SECOND


def test_an_incomplete_form_is_not_signed_and_the_answer_names_what_lacks():
    office = Office()
    request = office.must(LEAD, "request", form=form(seize_if=[], grounds=None), plan=plan())
    refused(office.act(SECOND, "signature", request=request["act"]), "form.grounds", "form.seize_if")


def test_who_signs_signs_the_form_that_stands():
    office = Office()
    first = office.must(LEAD, "request", form=form(), plan=plan())
    second = office.must(LEAD, "request", form=form(penalty="15 лет"), plan=plan())
    refused(office.act(SECOND, "signature", request=first["act"]), second["act"])
    office.must(SECOND, "signature", request=second["act"])
    assert office.forms[-1]["form"]["penalty"] == "15 лет"


def test_only_the_legs_authority_consents():
    office = Office().requested()
    refused(office.act("KG-SCNBC/t.eam", "consent", leg=2, authorisation=AUTHORISATION), "only KG-GP consents")
    refused(office.act(LEAD, "consent", leg=2, authorisation=AUTHORISATION), "only KG-GP consents")
    office.must("KG-GP/p.rosecutor", "consent", leg=2, authorisation=AUTHORISATION)
    assert office.part()["legs"][1]["consent"]["state"] == "CONSENTED"


def test_before_the_signature_nobody_consents():
    office = Office()
    office.must(LEAD, "request", form=form(), plan=plan())
    refused(office.act("KG-GP/p.rosecutor", "consent", leg=2, authorisation=AUTHORISATION), "no such delivery")
    refused(office.act(LEAD, "consent", leg=1, authorisation=AUTHORISATION), "draft")


def test_consent_rolls_and_the_hard_stop_is_the_last_consented_border():
    office = Office().running(2)
    assert office.part()["hard_stop"] | {"exit": None} == {"leg": 2, "country": "KG", "exit": None, "here": False}
    office.consented(3, 4)
    assert office.part()["hard_stop"] is None


def test_the_start_waits_for_consent_the_checklist_and_the_coordinator():
    office = Office().requested()
    refused(office.act(LEAD, "ready", informed_posts=INFORMED), "leg 1 is not consented")
    office.consented(1)
    ready = office.must(LEAD, "ready", informed_posts=INFORMED)
    refused(office.act(LEAD, "ready_confirmed", ready=ready["act"], deconfliction="clear"), "coordinator's")
    refused(office.act(LEAD, "start"), "declared")
    office.must(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear")
    refused(office.act(KG, "start"), "TJ-DCA")
    assert office.must(LEAD, "start")["stands"]["state"] == "ACTIVE"


def test_conditions_that_contradict_each_other_keep_it_from_being_ready():
    office = Office().requested().consented(1)
    office.must("KG-GP/p.rosecutor", "consent", leg=2, authorisation=AUTHORISATION, terms=["substitute"])
    office.must("KZ-GP/p.rosecutor", "consent", leg=3, authorisation=AUTHORISATION, terms=["no_substitution"])
    refused(office.act(LEAD, "ready", informed_posts=INFORMED), "substitute", "no_substitution")


def test_a_conditional_consent_holds_when_the_lead_has_accepted_the_conditions():
    office = Office().running()
    authorisation = AUTHORISATION | {"conditions": ["только днём"]}
    consent = office.must("KG-GP/p.rosecutor", "conditional_consent", leg=2, authorisation=authorisation)
    assert not office.part()["legs"][1]["consent"]["in_force"]
    office.must(LEAD, "conditions_accepted", leg=2, consent=consent["act"])
    assert office.part()["legs"][1]["consent"]["in_force"]


def test_oral_consent_lapses_after_72_hours_without_the_written_one():
    office = Office().requested()
    office.must("KG-GP/p.rosecutor", "provisional_consent", leg=2, officer="полковник Асанов")
    office.pass_minutes(72 * 60 - 1)
    assert office.part()["legs"][1]["consent"]["state"] == "PROVISIONAL"
    hours = [event["what"]["hours"] for event in office.events if event["kind"] == "consent_ends"]
    assert hours == [24, 6, 1]
    office.pass_minutes(1)
    assert office.part()["legs"][1]["consent"]["state"] == "EXPIRED"


def test_an_expired_consent_lets_nothing_onward():
    office = Office().running()
    valid = AUTHORISATION | {"valid_until": (office.now + timedelta(minutes=10)).isoformat()}
    office.must("KG-GP/p.rosecutor", "consent", leg=2, authorisation=valid)
    office.pass_minutes(11)
    at = (office.now + timedelta(minutes=30)).isoformat()
    refused(office.act(LEAD, "offer", handover_at=at, place="Карамык"), "hard stop", "KG-GP")
    assert "consent_expired" in office.alarms


def test_the_handover_offered_in_place_accepted():
    office = Office().running(2)
    offer = office.offer()
    assert office.part()["state"] == "OFFERED"
    refused(office.act(KG, "acceptance", leg=2, offer=str(offer), eyes_on=True), "not in place")
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    assert office.part()["state"] == "RECEIVER_IN_PLACE"
    refused(office.act(KZ, "acceptance", leg=2, offer=str(offer), eyes_on=True), "not for KZ-KNB")
    stands = office.must(KG, "acceptance", leg=2, offer=str(offer), eyes_on=True, country="TJ")["stands"]
    assert (stands["state"], stands["controller"], stands["territory"], stands["leg"]) == ("ACTIVE", "KG-SCNBC", "TJ", 2)
    office.must(KG, "crossed", country="KG")
    assert office.part()["territory"] == "KG"
    assert office.alarms == []


def test_a_receiver_in_place_before_the_offer_arrives_counts():
    office = Office().running(2)
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    office.offer()
    assert office.part()["state"] == "RECEIVER_IN_PLACE"


def test_a_queued_acceptance_expires_with_its_offer():
    office = Office().running(2)
    offer = office.offer(10)
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    tapped = (office.now + timedelta(minutes=1)).isoformat()
    for _ in range(7):
        office.pass_minutes(10)
        office.must(LEAD, "check_in", eyes_on=True)
    office.pass_minutes(1)
    refused(office.act(KG, "acceptance", leg=2, offer=str(offer), eyes_on=True, at=tapped), "no offer stands")
    assert "offer_expired" in office.alarms


@pytest.mark.parametrize("minutes", [20, 42])
def test_an_acceptance_that_was_queued_takes_nothing_from_what_the_giver_saw_since(minutes):
    office = Office().running(2)
    offer = str(office.offer(60))
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    accepted = {"id": office.id(), "delivery": DELIVERY, "act": "acceptance", "leg": 2, "offer": offer, "eyes_on": True}
    accepted["at"] = office.now.isoformat()
    for _ in range(minutes // 2):
        office.pass_minutes(2)
        office.must(LEAD, "check_in", eyes_on=True)
    answer = office.send(KG, accepted | {"sent": office.now.isoformat()})
    assert (answer["status"], answer["stands"]["controller"], answer["stands"]["state"]) == ("applied", "KG-SCNBC", "ACTIVE")
    assert office.alarms == []
    told = next(event for event in office.events if event["kind"] == "acceptance")
    assert told["happened"] < told["received"], "how old it was is told"
    office.pass_minutes(14)
    assert office.part()["state"] == "ACTIVE"
    office.pass_minutes(1)
    assert office.part()["state"] == "CONTACT_LOST", "who accepted has to speak in time, counted from the last word on the load"
    office.pass_minutes(15)
    assert (office.part()["state"], office.part()["controller"]) == ("CONTROL_LOST", None)


def test_who_regains_it_begins_with_the_newest_word_too():
    office = Office().running(2)
    regained = {"id": office.id(), "delivery": DELIVERY, "act": "regained", "country": "TJ", "eyes_on": True, "seals_intact": True}
    regained["at"] = office.now.isoformat()
    office.pass_minutes(4)
    office.must(LEAD, "check_in", eyes_on=True)
    office.must(KG, "contact_lost", reason="не отвечают")
    assert office.send(LEAD, regained)["status"] == "applied"
    office.pass_minutes(14)
    assert office.part()["state"] == "ACTIVE"


@pytest.mark.parametrize("beyond", [{"act": "crossed", "country": "KG"}, {"act": "tracked"}])
def test_beyond_the_border_without_acceptance_nobody_is_in_control(beyond):
    office = Office().running(2)
    office.offer()
    if beyond["act"] == "tracked":
        point = {"coordinates": {"lat": 42.46, "lon": 74.6}, "captured": office.now.isoformat(), "source": "tracker"}
        beyond = beyond | {"position": point}
    stands = office.must(LEAD, **beyond)["stands"]
    assert (stands["state"], stands["controller"], stands["territory"]) == ("CROSSED_UNACCEPTED", None, "KG")
    assert office.alarms == ["crossed_unaccepted"]
    alarm = office.board["alarms"][0]["id"]
    refused(office.act(DUTY, "alarm_resolved", alarm=alarm, reason="видим"), "cause stands")
    office.must(KG, "acceptance", leg=2, eyes_on=True)
    assert office.part()["controller"] == "KG-SCNBC"
    assert office.alarms == ["crossed_unaccepted"]
    office.must(DUTY, "alarm_resolved", alarm=alarm, reason="принято за границей")
    assert office.alarms == []


def test_silence_becomes_contact_lost_and_then_control_lost():
    office = Office().running()
    office.pass_minutes(15)
    assert (office.part()["state"], office.part()["controller"]) == ("CONTACT_LOST", "TJ-DCA")
    office.pass_minutes(15)
    assert (office.part()["state"], office.part()["controller"]) == ("CONTROL_LOST", None)
    assert office.alarms == ["contact_lost", "control_lost"]
    office.must(LEAD, "check_in", eyes_on=True)
    assert office.part()["controller"] is None
    office.must(LEAD, "regained", country="TJ", eyes_on=True, seals_intact=False, weighed=[
        {"substance": "heroin", "kg": "22.9", "uncertainty_kg": "0.05"}])  # fmt: skip
    assert office.part()["controller"] == "TJ-DCA"
    assert {"seal_broken", "shortfall"} <= set(office.alarms)


def test_losses_and_stops_always_apply_even_to_what_the_part_has_become():
    office = Office().running(2)
    goods = [[{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.02"}] for kg in ("10", "14")]
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods[0]}, {"name": "C", "goods": goods[1]}])
    office.must(KG, "stop_request", part="A", reason="патруль", at=(office.now - timedelta(hours=3)).isoformat())
    assert {part: office.part(part)["state"] for part in "ABC"} == {"A": "SPLIT", "B": "STOP_REQUESTED", "C": "STOP_REQUESTED"}
    office.must(KZ, "control_lost", part="A")
    assert [office.part(part)["controller"] for part in "BC"] == [None, None]


def test_a_stop_holds_until_the_land_the_lead_and_the_touched_agree():
    office = Office().running(2)
    authorisation = AUTHORISATION | {"conditions": ["только днём"]}
    office.must("KZ-GP/p.rosecutor", "conditional_consent", leg=3, authorisation=authorisation)
    stop = office.must("RU-MVD/t.eam", "stop_request", reason="иная операция")["act"]
    assert office.part()["state"] == "STOP_REQUESTED"
    office.must(LEAD, "held", place="стоянка", guard="2 офицера")
    assert office.part()["state"] == "HELD"
    at = (office.now + timedelta(minutes=30)).isoformat()
    refused(office.act(LEAD, "offer", handover_at=at, place="Карамык"), "HELD")
    refused(office.act("RU-MVD/t.eam", "resumed", stop=stop), "need not agree")
    office.must(LEAD, "resumed", stop=stop)
    assert office.part()["state"] == "HELD"
    office.must("KZ-GP/p.rosecutor", "resumed", stop=stop)
    assert office.part()["state"] == "ACTIVE"


def test_the_end_is_the_word_of_the_state_having_territory():
    office = Office().running(2)
    report = {"originator": "TJ-DCA", "report_id": "2026-0117"}
    refused(office.act(KG, "strike", h_hour=office.now.isoformat(), agencies=["KG-SCNBC"]), "TJ")
    strike = office.must(LEAD, "strike", h_hour=(office.now + timedelta(minutes=5)).isoformat(), agencies=["TJ-DCA"])["act"]
    office.must(LEAD, "strike_ready", strike=strike)
    office.must(LEAD, "secured", report=report, weighed=[{"substance": "heroin", "kg": "24", "uncertainty_kg": "0.1"}])
    assert office.board["status"] == "ended"
    office.must(LEAD, "closed", evidence_handed_over=True)
    office.must(LEAD, "evaluated", outcome="4 задержаны", shares=[{"country": "TJ", "did": "начало"}], retain_until="2031-01-01T00:00:00Z")
    assert office.board["status"] == "evaluated"


def test_a_delivery_is_not_closed_while_weight_is_missing_unsigned():
    office = Office().running()
    report = {"originator": "TJ-DCA", "report_id": "2026-0117"}
    short = [{"substance": "heroin", "kg": "20", "uncertainty_kg": "0.1"}]
    office.must(LEAD, "intervened", reason="открыли груз", report=report, weighed=short)
    refused(office.act(LEAD, "closed", evidence_handed_over=True), "shortfall")
    for alarm in office.board["alarms"]:
        office.must(DUTY, "alarm_resolved", alarm=alarm["id"], reason="протокол")
    refused(office.act(LEAD, "closed", evidence_handed_over=True), "heroin -4 kg")
    office.must(LEAD, "closed", evidence_handed_over=True, shortfall_signed="полковник Саидов, акт 4")


def test_who_is_no_party_is_told_what_is_told_of_no_delivery():
    office = Office().running()
    outsider = office.act("UZ-NCB/a.officer", "alert", reason="?")
    nothing = office.act("UZ-NCB/a.officer", "alert", reason="?", delivery="TJ-DCA/CD-2")
    assert {**outsider, "answer": "", "act": ""} | {"reason": ""} == {**outsider, "answer": "", "act": "", "reason": ""}
    assert outsider["reason"] == "there is no such delivery"
    assert outsider["stands"] is None
    assert nothing["status"] == "refused"


def test_the_same_act_again_is_answered_as_before_and_other_content_refused():
    office = Office().running()
    said = {"id": office.id(), "delivery": DELIVERY, "at": office.now.isoformat(), "act": "check_in", "eyes_on": True}
    first = office.send(LEAD, said)
    events = len(office.events)
    again = office.send(LEAD, said | {"sent": office.now.isoformat()})
    assert (first["status"], again["status"], again["version"]) == ("applied", "repeated", first["version"])
    assert len(office.events) == events
    refused(office.send(LEAD, said | {"eyes_on": False}), "other content")


def test_a_stop_before_the_start_keeps_it_from_starting():
    office = Office().requested().consented(1)
    ready = office.must(LEAD, "ready", informed_posts=INFORMED)
    office.must(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear")
    stop = office.must(KZ, "stop_request", reason="иная операция")["act"]
    refused(office.act(LEAD, "start"), "STOP_REQUESTED")
    office.must(LEAD, "resumed", stop=stop)
    office.must(LEAD, "start")


def test_a_draft_is_the_leads_own():
    office = Office()
    office.must(LEAD, "request", form=form(), plan=plan())
    assert office.board["visibility"]["agencies"] == [CENTRE, "TJ-DCA"]
    assert office.act("KG-GP/p.rosecutor", "alert", reason="?")["reason"] == "there is no such delivery"


def test_a_draft_that_is_given_up_is_closed_with_nothing_to_account_for_and_nobody_else_learns_of_it():
    office = Office()
    office.must(LEAD, "request", form=form(), plan=plan())
    office.must(LEAD, "aborted", reason="сведения не подтвердились")
    assert (office.board["status"], office.board["visibility"]["agencies"]) == ("ended", [CENTRE, "TJ-DCA"])
    refused(office.act(LEAD, "signature", request=office.board["request"]), "draft")
    office.must(LEAD, "closed", evidence_handed_over=True)
    assert (office.board["status"], office.board["visibility"]["agencies"]) == ("closed", [CENTRE, "TJ-DCA"])
    assert office.act("KG-GP/p.rosecutor", "alert", reason="?")["reason"] == "there is no such delivery"
    assert [event["kind"] for event in office.events] == ["request", "aborted", "closed"]


def test_when_the_consent_ends_after_the_offer_there_is_no_handover():
    office = Office().requested().consented(2)
    valid = AUTHORISATION | {"valid_until": (office.now + timedelta(minutes=20)).isoformat()}
    office.must(LEAD, "consent", leg=1, authorisation=valid)
    ready = office.must(LEAD, "ready", informed_posts=INFORMED)
    office.must(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "start")
    offer = str(office.offer())
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    office.pass_minutes(14)
    office.must(LEAD, "check_in", eyes_on=True)
    office.pass_minutes(6)
    refused(office.act(KG, "acceptance", leg=2, offer=offer, eyes_on=True), "no onward handover")


def test_a_part_that_ends_in_nobodys_control_keeps_its_alarm_until_a_supervisor_signs_for_the_loss():
    office = Office().running(2)
    office.must(LEAD, "control_lost", reason="ушли в туман")
    office.must(LEAD, "aborted", reason="отбой")
    alarm = office.board["alarms"][0]["id"]
    assert office.board["status"] == "ended"
    refused(office.act(DUTY, "alarm_resolved", alarm=alarm, reason="списать"), "supervisor")
    refused(office.act(LEAD, "closed", evidence_handed_over=True, shortfall_signed="акт"), "alarms are open")
    office.must(SUPER, "alarm_resolved", alarm=alarm, reason="утрачено, акт 5")
    office.must(LEAD, "closed", evidence_handed_over=True, shortfall_signed="акт")


@pytest.mark.parametrize("act", ["contact_lost", "control_lost"])
def test_a_loss_before_the_start_is_told_to_all(act):
    office = Office().requested().consented(1)
    office.must(KG, act, reason="склад вскрыт")
    assert office.alarms == ["alert"]
    assert "склад вскрыт" in office.board["alarms"][0]["reason"]


def test_a_loss_declared_again_rings_on_and_takes_the_acknowledgement_away():
    office = Office().running(2)
    office.must(KG, "contact_lost")
    alarm = office.board["alarms"][0]["id"]
    office.must(LEAD, "alarm_acknowledged", alarm=alarm)
    assert office.board["alarms"][0]["acknowledged"]["by"] == LEAD
    office.must(KZ, "contact_lost", reason="тоже не слышим")
    assert (office.board["alarms"][0]["count"], office.board["alarms"][0]["acknowledged"]) == (2, None)


def test_the_board_says_by_when_the_authorities_are_asked_to_reply():
    assert Office().requested().board["reply_by"] == "2036-04-18T07:00:00.000Z"

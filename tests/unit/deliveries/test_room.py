"""Who may know and act, entries by voice, and the chain of custody."""

from uuid import uuid4

import orjson
import pytest

from streams.documents.custody import verdict
from streams.engine.effects import Record
from streams.stages.deliveries.evidence import sealed
from streams.stages.deliveries.stage import decide, poisoned
from streams.topology import APPS
from tests.unit.deliveries.office import AUTHORISATION, CENTRE, DELIVERY, Office, form, plan

LEAD, SECOND, DUTY, SUPER = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", f"{CENTRE}/d.duty", f"{CENTRE}/s.super"


def voice(agency, person, checked=True):
    return {"agency": agency, "person": person, "means": "radio", "code_word_checked": checked}


def test_a_signature_by_voice_and_a_consent_by_voice_are_not_what_they_would_be_on_paper():
    office = Office()
    request = office.must(LEAD, "request", form=form(), plan=plan())
    answer = office.act(DUTY, "signature", request=request["act"], by_voice=voice("TJ-DCA", "f.saidov"))
    assert "never entered by voice" in answer["reason"]
    office.must(SECOND, "signature", request=request["act"])
    answer = office.act(DUTY, "consent", leg=2, authorisation=AUTHORISATION, by_voice=voice("KG-GP", "p.rosecutor"))
    assert "provisional" in answer["reason"]
    office.must(DUTY, "provisional_consent", leg=2, officer="полковник Асанов", by_voice=voice("KG-GP", "p.rosecutor"))
    assert office.part()["legs"][1]["consent"]["by"] == "KG-GP/p.rosecutor"


def test_the_giver_cannot_accept_for_the_receiver_by_voice_and_the_coordinator_can():
    office = Office().running(2)
    offer = str(office.offer())
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    said = {"leg": 2, "offer": offer, "eyes_on": True}
    assert "coordinator's" in office.act(LEAD, "acceptance", **said, by_voice=voice("KG-SCNBC", "t.eam"))["reason"]
    assert "code word" in office.act(DUTY, "acceptance", **said, by_voice=voice("KG-SCNBC", "t.eam", checked=False))["reason"]
    entry = office.must(DUTY, "acceptance", **said, by_voice=voice("KG-SCNBC", "t.eam"))["act"]
    assert office.part()["controller"] == "KG-SCNBC"
    assert office.events[-1]["on_behalf_of"] == "KG-SCNBC/t.eam"
    assert [each["entry"] for each in office.board["unconfirmed"]] == [entry]
    assert office.act("KG-SCNBC/o.ther", "voice_confirmed", entry=entry, agrees=True)["status"] == "refused"
    office.must("KG-SCNBC/t.eam", "voice_confirmed", entry=entry, agrees=False)
    assert office.board["unconfirmed"] == []
    assert office.alarms == ["voice_disputed"]


def test_a_stop_by_voice_needs_no_code_word():
    office = Office().running()
    office.must(DUTY, "stop_request", reason="авария", by_voice=voice("RU-MVD", "t.eam", checked=False))
    assert office.part()["hold"]["by"] == "RU-MVD"


def test_once_an_agency_has_named_who_is_in_the_room_its_others_act_in_need_only():
    office = Office().running(2)
    office.must("KG-SCNBC/t.eam", "room", enters=["KG-SCNBC/t.eam"])
    other = office.act("KG-SCNBC/c.olleague", "check_in", eyes_on=False)
    assert (other["reason"], other["stands"]) == ("there is no such delivery", None)
    office.must("KG-SCNBC/c.olleague", "stop_request", reason="патруль")
    answer = office.act("KG-SCNBC/t.eam", "room", enters=["KZ-KNB/t.eam"])
    assert "own officers" in answer["mend"]
    assert office.board["visibility"]["members"] == [f"{CENTRE}/d.duty", f"{CENTRE}/s.super", "KG-SCNBC/t.eam", SECOND, LEAD]


def test_a_coordinator_outside_the_room_sees_nothing_unless_he_breaks_the_glass_and_the_lead_is_rung_at_once():
    office = Office().running()
    assert office.act(f"{CENTRE}/o.ther", "alert", reason="?")["reason"] == "there is no such delivery"
    office.must(f"{CENTRE}/o.ther", "room", break_glass="дежурный не отвечает")
    ring = office.rings[-1]
    assert (ring["kind"], ring["minute"], ring["told"][0]) == ("glass_broken", 0, {"agency": "TJ-DCA", "role": "officers"})
    assert "CARICC/o.ther" in office.board["visibility"]["members"]


def test_of_duress_the_centre_alone_is_told():
    office = Office().running()
    quiet, loud = Office().running(), office
    office.must(LEAD, "check_in", eyes_on=True, duress=True)
    quiet.must(LEAD, "check_in", eyes_on=True)
    silent = [{"agency": None, "role": "coordinator"}, {"agency": None, "role": "supervisor"}]
    assert [alarm["audience"] for alarm in loud.board["alarms"]] == [silent]
    assert loud.rings[-1]["told"] == silent[:1]
    seen = [{name: event[name] for name in ("kind", "what")} for event in loud.events if event["audience"] is None]
    assert seen == [{name: event[name] for name in ("kind", "what")} for event in quiet.events]
    assert loud.answers[-1]["stands"] == quiet.answers[-1]["stands"]
    for office in (loud, quiet):
        office.pass_minutes(4)
        office.must(LEAD, "alert", reason="колонна")
    ours = [event for event in loud.events if event["audience"] is None]
    assert [(event["number"], event["what"]) for event in ours] == [(event["number"], event["what"]) for event in quiet.events]
    alarm = loud.board["alarms"][0]["id"]
    assert loud.act(LEAD, "alarm_resolved", alarm=alarm, reason="всё в порядке")["reason"] == f"no alarm {alarm} is open"


def test_a_check_in_under_duress_that_is_refused_is_refused_like_any_other_and_rings():
    loud, quiet = Office().running(), Office().running()
    answers = [office.act(LEAD, "check_in", part="Z", eyes_on=True, duress=duress) for office, duress in ((loud, True), (quiet, False))]
    assert [answer["reason"] for answer in answers] == ["there is no part Z"] * 2
    assert [ring["kind"] for ring in loud.rings] == ["duress"]
    assert [len([event for event in office.events if event["audience"] is None]) for office in (loud, quiet)] == [len(quiet.events)] * 2


def test_the_chain_of_custody_takes_both_sides():
    office = Office().running(2)
    office.must(LEAD, "evidence", item="SEAL-1", entry="sealed", seal="ТК-1", description="пломба на двери")
    answer = office.act("KG-SCNBC/t.eam", "evidence", item="SEAL-1", entry="seal_changed", seal="ТК-2")
    assert "held by TJ-DCA/n.rahimov" in answer["reason"]
    office.must(LEAD, "evidence", item="SEAL-1", entry="handed_over", to="KG-SCNBC/t.eam")
    assert office.board["evidence"] == [{"item": "SEAL-1", "holder": LEAD, "pending": True}]
    assert office.act("KZ-KNB/t.eam", "evidence", item="SEAL-1", entry="received")["status"] == "refused"
    office.must("KG-SCNBC/t.eam", "evidence", item="SEAL-1", entry="received")
    office.must("KG-SCNBC/t.eam", "evidence", item="SEAL-1", entry="seal_changed", seal="ТК-2")
    chain = [event["what"] for event in office.events if event["kind"] == "evidence"]
    assert [entry["number"] for entry in chain] == [1, 2, 3, 4]
    assert [entry["holder"] for entry in chain] == [LEAD, LEAD, "KG-SCNBC/t.eam", "KG-SCNBC/t.eam"]
    previous = ""
    for entry in chain:
        body = {name: value for name, value in entry.items() if name not in ("hash", "holder")}
        assert (entry["previous"], entry["hash"]) == (previous, sealed(body))
        previous = entry["hash"]


def test_the_timeline_is_chained_and_counts_without_gaps():
    office = Office().running(2)
    office.pass_minutes(300)
    previous, number = "", 0
    for event in office.events:
        number += 1
        body = {name: value for name, value in event.items() if name != "hash"}
        assert (event["number"], event["previous"], event["hash"]) == (number, previous, sealed(body))
        previous = event["hash"]
    assert (office.board["events"], office.board["hash"]) == (number, previous)


@pytest.mark.parametrize(
    ("mangle", "field"),
    [
        (lambda act: act.pop("eyes_on"), "eyes_on"),
        (lambda act: act.update(at="2026-03-18"), "at"),
        (lambda act: act.update(agency="KG-GP"), "agency"),
        (lambda act: act.update(act="teleport"), "act"),
        (lambda act: act.update(delivery="TJ-DCA/CD-2"), "delivery"),
        (lambda act: act.update(note="x" * 300_000), "(whole act)"),
    ],
)
def test_an_act_that_cannot_be_read_is_refused_with_field_and_mend_and_what_stands(mangle, field):
    office = Office().running()
    act = {"id": str(uuid4()), "delivery": DELIVERY, "act": "check_in", "eyes_on": True, "at": office.now.isoformat()}
    mangle(act)
    answer = office.send(LEAD, act)
    assert answer["status"] == "refused"
    assert answer["field"] == field
    assert answer["mend"]
    assert answer["stands"]["state"] == "ACTIVE"
    assert answer["act"] == act["id"]


def test_a_leg_that_leaves_before_it_enters_is_refused():
    office = Office()
    legs = plan(("TJ",), entry_planned="2026-03-18T10:00:00Z", exit_planned="2026-03-18T09:00:00Z")
    answer = office.act(LEAD, "request", form=form(("TJ",)), plan=legs)
    assert "leaves before it enters" in answer["reason"]


def test_nobody_opens_a_delivery_in_the_name_of_another_agency():
    office = Office()
    assert "begins with the agency" in office.act("KG-SCNBC/t.eam", "request", form=form(), plan=plan())["reason"]


def test_a_record_that_breaks_the_stage_is_answered_and_leaves_a_letter():
    record = Record("deliveries.inbox", "live.deliveries.inbox", 1, 7, DELIVERY.encode(), b'{"type":"act"', (), 0)
    assert [effect.channel for effect in poisoned(record, "JSON")] == ["reports.rejected"]
    by = {"agency": "TJ-DCA", "person": "n.rahimov", "role": "officer", "country": "TJ"}
    record = Record(
        "deliveries.inbox", "live.deliveries.inbox", 1, 7, DELIVERY.encode(), orjson.dumps({"type": "act", "by": by, "act": {}}), (), 0
    )
    assert [effect.channel for effect in poisoned(record, "fault")] == ["reports.rejected", "deliveries.answers"]


def test_a_due_time_of_a_delivery_that_is_not_there_does_nothing():
    due = orjson.dumps({"type": "due", "timer": str(uuid4()), "name": "delivery", "due": "2026-03-18T06:00:00Z"})
    record = Record("deliveries.inbox", "live.deliveries.inbox", 0, 1, b"TJ-DCA/CD-9", due, (), 0)
    assert decide(lambda *_: None, record, {}) == []


def test_the_app_is_in_the_flow():
    assert [stage.inbox for app in APPS if app.name == "deliveries" for stage in app.stages] == [("deliveries.inbox",)]


ATTACHED = {"id": "11111111-2222-4333-8444-555555555555", "sha256": "ab" * 32, "media_type": "image/jpeg", "bytes": 81_000}


def test_a_message_with_a_photograph_is_told_to_the_room_and_changes_nobody_in_it():
    office = Office().running(2)
    before = office.board["visibility"]
    office.must("KG-SCNBC/t.eam", "room", says="фура на посту", attachments=[ATTACHED])
    assert (office.events[-1]["kind"], office.events[-1]["what"]) == ("message", {"says": "фура на посту", "attachments": [ATTACHED]})
    assert office.board["visibility"] == before
    office.must(LEAD, "room", enters=["TJ-DCA/n.ewcomer"], says="вводим сменщика")
    assert [event["kind"] for event in office.events[-2:]] == ["room", "message"]


def test_originals_are_asked_for_by_the_lead_with_a_reason_and_everybody_reads_it():
    office = Office().running(2)
    asked = {"originals": [ATTACHED["id"]], "says": "для материалов дела"}
    assert "given as evidence to the lead" in office.act("KG-SCNBC/t.eam", "room", **asked)["reason"]
    assert "reason" in office.act(LEAD, "room", originals=[ATTACHED["id"]])["reason"]
    office.must(LEAD, "room", **asked)
    assert office.events[-1]["what"] == asked
    assert office.events[-1]["audience"] is None


def test_photographs_are_in_the_chain_of_custody_of_their_item():
    office = Office().running(2)
    office.must(LEAD, "evidence", item="SEAL-1", entry="sealed", seal="TK-1", attachments=[ATTACHED])
    entry = {name: value for name, value in office.events[-1]["what"].items() if name not in ("hash", "holder")}
    assert entry["said"] == {"seal": "TK-1", "attachments": [ATTACHED]}
    assert sealed(entry) == office.events[-1]["what"]["hash"]


def test_an_officers_note_is_in_the_timeline_once_and_for_whoever_sees_the_act():
    office = Office().running(2)
    office.must(LEAD, "check_in", eyes_on=True, note="шлагбаум закрыт, ждём")
    assert [line["what"].get("note") for line in office.events if line["kind"] == "check_in"][-1] == "шлагбаум закрыт, ждём"
    office.must(LEAD, "room", says="видим машину", enters=["TJ-DCA/n.ew"], note="замена")
    assert [line["kind"] for line in office.events if line["what"].get("note") == "замена"] == ["room"]
    office.must(LEAD, "alert", reason="вооружённые люди")
    office.must(DUTY, "alarm_resolved", alarm=office.board["alarms"][0]["id"], reason="свои", note="позвонили")
    assert office.events[-1]["what"]["note"] == "позвонили"


def test_what_was_heard_beside_a_duress_code_is_the_centres_alone():
    office = Office().running(2)
    said = {"eyes_on": True, "duress": True, "note": "слышен чужой голос"}
    office.must(DUTY, "check_in", **said, by_voice=voice("TJ-DCA", "n.rahimov"))
    heard = [line for line in office.events if "слышен чужой голос" in orjson.dumps(line).decode()]
    assert [line["kind"] for line in heard] == ["alarm"]
    assert heard[0]["audience"] is not None
    # Under an officer's own code his note stands as ever: a note that is missing would tell of the code.
    office.must(LEAD, "check_in", eyes_on=True, duress=True, note="всё спокойно")
    assert [line["kind"] for line in office.events if line["what"].get("note") == "всё спокойно"] == ["check_in"]


def test_a_note_on_an_entry_of_evidence_leaves_its_chain_whole():
    office = Office().running(2)
    office.must(LEAD, "evidence", item="S-1", entry="collected", description="проба", note="при свете фонаря")
    entries = [line for line in office.events if line["kind"] == "evidence"]
    assert entries[0]["what"]["note"] == "при свете фонаря"
    assert verdict(entries)["verdict"] == "intact"

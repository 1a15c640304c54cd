"""Whatever officers with bad intent, bad luck or an old phone send: it frees no load, silences no alarm and stops nobody's clock."""

import sys
from collections import Counter
from datetime import timedelta

import pytest

from tests.unit.deliveries.office import AUTHORISATION, AUTHORITY, CENTRE, INFORMED, START, Office, form, informed, plan

LEAD, SECOND, DUTY, SUPER = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", f"{CENTRE}/d.duty", f"{CENTRE}/s.super"
KG, KG_AUTHORITY, KZ_AUTHORITY = "KG-SCNBC/t.eam", "KG-GP/p.rosecutor", "KZ-GP/p.rosecutor"
NOTHING = ("there is no such delivery", None)


def told(answer):
    return answer["reason"], answer["stands"]


def goods(*kilograms):
    return [[{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.02"}] for kg in kilograms]


def way(leg, **changes):
    """A leg of a route change, as it was planned but for the changes."""
    return {**plan()["legs"][leg - 1], **changes}


def voice(person, agency="KG-SCNBC"):
    return {"agency": agency, "person": person, "means": "radio", "code_word_checked": True}


def apart(office):
    """Part A goes on as B and C."""
    ten, fourteen = goods("10", "14")
    office.must(LEAD, "split", into=[{"name": "B", "goods": ten}, {"name": "C", "goods": fourteen}])
    return office


# --- one id, two persons ------------------------------------------------------------------------------------------------------


def test_an_act_of_another_with_the_id_of_a_consent_leaves_its_paper_alone():
    office = Office().running()
    consent = office.must(KG_AUTHORITY, "consent", leg=2, authorisation=AUTHORISATION)["act"]
    office.act(KZ_AUTHORITY, "consent", leg=3, authorisation=AUTHORISATION | {"number": "подложный"}, id=consent)
    office.must(LEAD, "check_in", eyes_on=True)
    assert office.board["papers"][consent]["number"] == "17/3"


def test_an_act_of_another_with_the_id_of_an_entry_by_voice_does_not_take_its_place():
    office = Office().running(2)
    entry = office.must(DUTY, "receiver_in_place", leg=2, eyes_on=True, by_voice=voice("t.eam"))["act"]
    office.act(LEAD, "check_in", eyes_on=True, id=entry, by_voice=voice("f.saidov", "TJ-DCA"))
    assert [each["for"] for each in office.board["unconfirmed"]] == [KG]


# --- what a refusal tells -----------------------------------------------------------------------------------------------------


def ended(office):
    office.must(LEAD, "intervened", reason="открыли", report={"originator": "TJ-DCA", "report_id": "1"})
    office.must(LEAD, "closed", evidence_handed_over=True, shortfall_signed="акт 4")
    return office


def test_a_coordinator_who_may_not_break_the_glass_so_learns_nothing_by_trying():
    office = Office().running()
    said = {"reason": "", "break_glass": "посмотрю"}
    del said["reason"]
    assert told(office.act(f"{CENTRE}/o.ther", "room", **said, by_voice=voice("d.duty", CENTRE))) == NOTHING
    office = ended(office)
    answer = office.act(f"{CENTRE}/o.ther", "room", **said)
    assert told(answer) == NOTHING
    assert answer["version"] is None


@pytest.mark.parametrize(
    ("act", "fields"), [("signature", {"request": "00000000-0000-0000-0000-000000000000"}), ("stop_request", {"reason": "?"})]
)
def test_an_officer_who_is_not_in_the_room_learns_nothing_from_what_is_refused(act, fields):
    office = Office().running(2)
    office.must(KG, "room", enters=[KG])
    if act == "stop_request":
        office = ended(office)
    assert told(office.act("KG-SCNBC/c.olleague", act, **fields)) == NOTHING


def test_an_officer_who_is_not_in_the_room_stops_and_is_not_told_what_stands():
    office = Office().running(2)
    office.must(KG, "room", enters=[KG])
    answer = office.must("KG-SCNBC/c.olleague", "stop_request", reason="патруль")
    assert (answer["stands"], answer["version"]) == (None, None)
    assert office.part()["phase"] == "STOP_REQUESTED"


@pytest.mark.parametrize("stranger", ["KG-GP/nobody", "UZ-NCB/o.utsider"])
def test_a_lead_names_no_officer_of_any_other_agency_as_the_centres(stranger):
    office = Office()
    named = {**plan(), "coordinators": [f"{CENTRE}/d.duty", stranger]}
    answer = office.act(LEAD, "request", form=form(), plan=named)
    assert (answer["status"], answer["field"], answer["reason"]) == ("refused", "plan.coordinators", f"{stranger} is not of {CENTRE}")


# --- consent ------------------------------------------------------------------------------------------------------------------


def test_a_revocation_reaches_what_the_part_has_become():
    office = apart(Office().running(2))
    office.must(KG_AUTHORITY, "revocation", leg=2, part="A", reason="прокурор отозвал")
    assert [office.part(part)["legs"][1]["consent"]["state"] for part in "BC"] == ["REVOKED", "REVOKED"]


def test_a_revocation_reaches_every_leg_of_its_authority_though_another_part_goes_through_another_country():
    office = apart(Office().running(2))
    office.must(LEAD, "route_change", part="C", legs=[way(3, number=2), way(4, number=3)], reason="иной путь")
    office.must(KG_AUTHORITY, "revocation", leg=2, reason="прокурор отозвал")
    assert office.part("B")["legs"][1]["consent"]["state"] == "REVOKED"


def test_a_consent_said_before_the_way_changed_is_none_to_the_new_way():
    office = Office().running()
    said = office.now.isoformat()
    office.pass_minutes(5)
    office.must(LEAD, "route_change", legs=[way(2, profile="ferry"), way(3)], reason="иной пост")
    office.pass_minutes(1)
    answer = office.act(KG_AUTHORITY, "consent", leg=2, authorisation=AUTHORISATION, at=said)
    assert answer["status"] == "refused"
    assert not office.part()["legs"][1]["consent"]["in_force"]
    office.must(KG_AUTHORITY, "consent", leg=2, authorisation=AUTHORISATION)


def test_a_revocation_that_came_first_is_remembered_when_the_way_changes():
    office = Office().running()
    consent = office.id()
    office.must(KG_AUTHORITY, "revocation", leg=2, consent=consent, reason="отозвано")
    office.must(LEAD, "route_change", legs=[way(2, profile="ferry"), way(3)], reason="иной пост")
    office.must(LEAD, "check_in", eyes_on=True)
    office.act(KG_AUTHORITY, "consent", leg=2, authorisation=AUTHORISATION, id=consent)
    assert office.part()["legs"][1]["consent"]["state"] == "REVOKED"


@pytest.mark.parametrize("order", ["BC", "CB"])
def test_of_merged_parts_the_consent_that_ends_first_stands(order):
    office = apart(Office().running())
    for part, hours in (("B", 2), ("C", 90)):
        until = {"valid_until": (office.now + timedelta(hours=hours)).isoformat()}
        office.must(KG_AUTHORITY, "consent", leg=2, part=part, authorisation=AUTHORISATION | until)
    office.must(LEAD, "merge", parts=list(order), into="D")
    assert office.part("D")["legs"][1]["consent"]["valid_until"] == "2026-03-18T08:00:00.000Z"


@pytest.mark.parametrize("order", ["BC", "CB"])
def test_parts_that_came_by_different_ways_merge(order):
    office = apart(Office().running(2, 3))
    office.must(LEAD, "route_change", part="C", legs=[way(3), way(4)], reason="самолётом")
    office.must("KZ-KNB/t.eam", "crossed", part="C", country="KZ")
    office.must("KZ-KNB/t.eam", "acceptance", part="C", leg=3, eyes_on=True)
    office.must("KZ-KNB/t.eam", "crossed", part="B", country="KZ")
    office.must("KZ-KNB/t.eam", "acceptance", part="B", leg=3, eyes_on=True)
    office.must("KZ-KNB/t.eam", "merge", parts=list(order), into="D")
    assert office.part("D")["controller"] == "KZ-KNB"


# --- alarms -------------------------------------------------------------------------------------------------------------------


def test_a_stop_by_voice_is_applied_however_many_entries_wait_for_a_word():
    office = Office().running(2)
    for _ in range(200):
        office.must(KG, "check_in", eyes_on=False, by_voice=voice("s.econd"))
    assert office.act(DUTY, "check_in", eyes_on=True, by_voice=voice("n.rahimov", "TJ-DCA"))["status"] == "refused"
    office.must(DUTY, "stop_request", reason="авария", by_voice=voice("t.eam"))
    assert office.part()["phase"] == "STOP_REQUESTED"


def test_an_alarm_of_duress_can_be_resolved_when_the_delivery_is_evaluated():
    office = Office().running()
    office.must(LEAD, "check_in", eyes_on=True, duress=True)
    office = ended(office)
    office.must(LEAD, "evaluated", outcome="…", shares=[{"country": "TJ", "did": "…"}], retain_until="2031-01-01T00:00:00Z")
    # The other is that it was closed with a difference.
    assert office.alarms == ["duress", "shortfall"]
    for alarm in office.board["alarms"]:
        office.must(DUTY, "alarm_resolved", alarm=alarm["id"], reason="в безопасности")
    assert office.alarms == []
    rings = len(office.rings)
    office.pass_minutes(60)
    assert len(office.rings) == rings


def test_a_word_of_before_an_alarm_came_again_does_not_end_it():
    office = Office().running(2)
    office.must(KG, "contact_lost", reason="не слышим")
    alarm = office.board["alarms"][0]["id"]
    office.must(LEAD, "check_in", eyes_on=True)
    tapped = office.now.isoformat()
    office.pass_minutes(10)
    office.must(KG, "contact_lost", reason="снова")
    office.must(LEAD, "check_in", eyes_on=True)
    office.pass_minutes(2)
    for act in ({"act": "alarm_acknowledged"}, {"act": "alarm_resolved", "reason": "связь есть"}):
        answer = office.act(DUTY, **act, alarm=alarm, at=tapped)
        assert (answer["status"], answer["field"]) == ("refused", "at")
    office.must(DUTY, "alarm_resolved", alarm=alarm, reason="связь есть")


def test_what_happens_again_while_its_alarm_is_open_rings_at_once():
    office = Office().running(2)
    office.must(LEAD, "check_in", eyes_on=True, seals_intact=False)
    office.pass_minutes(1)
    rings = len(office.rings)
    office.must(LEAD, "check_in", eyes_on=True, seals_intact=False)
    assert [ring["kind"] for ring in office.rings[rings:]] == ["seal_broken"]


def test_of_a_silent_alarm_no_entry_by_voice_is_left_for_others_to_see():
    office = Office().running()
    office.must(LEAD, "check_in", eyes_on=True, duress=True)
    alarm = office.board["alarms"][0]["id"]
    office.act(DUTY, "alarm_acknowledged", alarm=alarm, by_voice=voice("n.rahimov", "TJ-DCA"))
    assert office.board["unconfirmed"] == []


# --- size and work ------------------------------------------------------------------------------------------------------------


def crowded(legs=60, until=None):
    """As many parts as there may be, each with 60 legs, all consented to until one time, one agency following throughout."""
    office = Office()
    countries = ["TJ" if number % 2 else "KG" for number in range(1, legs + 1)]
    ways = [
        {"country": country, "number": number, "authority": AUTHORITY[country], "controller": "TJ-DCA"}
        for number, country in enumerate(countries, 1)
    ]
    said = form(countries=())
    said["legs"] = [{"country": leg["country"], "number": leg["number"]} for leg in ways]
    request = office.must(LEAD, "request", form=said, plan={**plan(("TJ",)), "legs": ways})
    office.must(SECOND, "signature", request=request["act"])
    paper = AUTHORISATION | ({"valid_until": until.isoformat()} if until else {})
    for number in range(1, legs + 1):
        office.must(LEAD if number % 2 else KG_AUTHORITY, "consent", leg=number, authorisation=paper)
    ready = office.must(LEAD, "ready", informed_posts=INFORMED)
    office.must(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "start")
    parts = ["A"]
    for letter in "BCDE":
        into = [f"{letter}{number}" for number in range(10 if letter != "E" else 9)]
        office.must(LEAD, "split", part=parts.pop(0), into=[{"name": name} for name in into])
        parts += into
    return office


def test_a_clock_that_slept_over_the_end_of_two_thousand_consents_wakes_in_time():
    office = crowded(until=START + timedelta(days=5))
    office.now = START + timedelta(days=6)
    calls = Counter()
    sys.setprofile(lambda frame, what, _: calls.update([frame.f_code.co_name]) if what == "call" else None)
    office.must(LEAD, "alert", reason="?")
    sys.setprofile(None)
    kinds = Counter(event["what"].get("alarm_kind", event["kind"]) for event in office.events)
    fired = kinds["consent_expired"] + kinds["consent_ends"]
    assert fired > 8_000
    # Each looks at the legs of its own part, at no other's.
    assert calls["ends"] < fired * 70


def test_long_words_in_the_checklist_and_a_full_room_are_kept():
    office = Office().requested().consented(1)
    office.must("TJ-DCA/n.rahimov", "room", enters=[f"TJ-DCA/{'x' * 60}{number}" for number in range(30)])
    units = [informed(post=None, unit=f"{number:02d}" + "🚚" * 398, told="🚚" * 400, told_by="🚚" * 400) for number in range(50)]
    ready = office.must(LEAD, "ready", informed_posts=units)
    office.must(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "start")
    office.pass_minutes(20)
    assert office.alarms == ["contact_lost"]


def test_a_refusal_that_has_much_to_name_is_short():
    office = Office()
    ways = [{"country": "TJ", "number": number, "authority": "TJ-DCA", "controller": "TJ-DCA"} for number in range(1, 61)]
    said = form(countries=())
    said["legs"] = [{"country": "TJ", "number": leg["number"]} for leg in ways]
    request = office.must(LEAD, "request", form=said, plan={**plan(("TJ",)), "legs": ways})
    office.must(SECOND, "signature", request=request["act"])
    for number in range(1, 61):
        terms = ["substitute" if number % 2 else "no_substitution"] * 6
        office.must(LEAD, "consent", leg=number, authorisation=AUTHORISATION, terms=terms)
    answer = office.act(LEAD, "ready", informed_posts=INFORMED)
    assert answer["status"] == "refused"
    assert len(answer["reason"]) <= 1_000


def test_a_delivery_grows_no_larger_than_can_be_told_and_a_stop_is_applied_even_then():
    office = crowded(legs=9)
    paper = AUTHORISATION | {"conditions": ["🚚" * 400] * 30}
    parts = [part["part"] for part in office.board["parts"] if part["phase"] == "ACTIVE"]
    speaking = ((KG_AUTHORITY, 8), (LEAD, 9))
    answers = (office.act(who, "consent", leg=leg, part=part, authorisation=paper) for who, leg in speaking for part in parts)
    refused = next(answer for answer in answers if answer["status"] == "refused")
    assert "too large" in refused["reason"]
    office.must(LEAD, "stop_request", reason="патруль")
    assert {part["phase"] for part in office.board["parts"]} == {"STOP_REQUESTED", "SPLIT"}

"""Clocks and the ladder: each fires once, late ones say by how much, and nothing queued rewrites them."""

from datetime import datetime, timedelta

import pytest

from schemas.alarms import of_event
from schemas.refusals import told
from tests.unit.deliveries.office import AUTHORISATION, CENTRE, FOLLOWS, Office

LEAD, DUTY = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty"


def rungs(office, alarm="contact_lost"):
    return [(ring["minute"], {told["agency"] or told["role"] for told in ring["told"]}) for ring in office.rings if ring["kind"] == alarm]


def test_the_ladder_climbs_until_a_person_resolves_it_and_acknowledging_is_not_resolving():
    office = Office().running(2)
    office.must("KZ-KNB/t.eam", "contact_lost", reason="не отвечают")
    alarm = office.board["alarms"][0]["id"]
    office.pass_minutes(4)
    office.must(LEAD, "alarm_acknowledged", alarm=alarm)
    office.pass_minutes(10)
    office.must(LEAD, "check_in", eyes_on=True)
    office.pass_minutes(7)
    assert rungs(office) == [
        (0, {"TJ-DCA"}),
        (3, {"coordinator"}),
        (5, {"supervisor"}),
        (10, {"KG-SCNBC", "TJ-DCA"}),
        (15, {*FOLLOWS.values(), "KG-GP", "KZ-GP", "RU-GP", CENTRE, "coordinator", "supervisor"}),
        (20, {*FOLLOWS.values(), "KG-GP", "KZ-GP", "RU-GP", CENTRE, "coordinator", "supervisor"}),
    ]
    office.must(DUTY, "alarm_resolved", alarm=alarm, reason="связь есть")
    before = len(rungs(office))
    office.must(LEAD, "check_in", eyes_on=True)
    office.pass_minutes(14)
    assert len(rungs(office)) == before


def test_a_clock_that_was_asleep_rings_every_missed_rung_once_with_its_lateness():
    office = Office().running(2)
    began = office.now
    office.now += timedelta(minutes=52)
    timer = next(iter(office.timers.waiting.values()))
    office.ring(timer)
    lost = [event for event in office.events if event["kind"] == "alarm"]
    assert [(event["what"]["alarm_kind"], event["late_s"]) for event in lost] == [("contact_lost", 37 * 60), ("control_lost", 22 * 60)]
    assert datetime.fromisoformat(lost[0]["happened"]) == began + timedelta(minutes=15)
    told = len(office.events), len(office.rings)
    office.ring(timer)
    assert (len(office.events), len(office.rings)) == told


def test_an_act_that_overtakes_the_timer_finds_what_was_due_done():
    office = Office().running(2)
    office.now += timedelta(minutes=40)
    at = (office.now + timedelta(minutes=30)).isoformat()
    answer = office.act(LEAD, "offer", handover_at=at, place="Карамык")
    assert (answer["status"], answer["stands"]["state"]) == ("refused", "CONTROL_LOST")


def test_a_queued_check_in_is_as_old_as_it_is_whatever_the_phones_clock_says():
    for wrong in (timedelta(hours=-5), timedelta(0), timedelta(hours=7)):
        office = Office().running(2)
        noted = office.now + timedelta(minutes=2) + wrong
        office.pass_minutes(14)
        sent = (office.now + wrong).isoformat()
        office.must(LEAD, "check_in", eyes_on=True, at=noted.isoformat(), sent=sent)
        assert office.part()["clocks"]["heard"] == "2026-03-18T06:02:00.000Z"
        office.pass_minutes(4)
        assert office.part()["state"] == "CONTACT_LOST"
        office.must(LEAD, "check_in", eyes_on=True, at=noted.isoformat(), sent=sent)
        assert office.part()["state"] == "CONTACT_LOST", "a check-in from before the loss rewrites nothing"
        office.must(LEAD, "check_in", eyes_on=True, at=(office.now + wrong).isoformat(), sent=(office.now + wrong).isoformat())
        assert office.part()["state"] == "ACTIVE"
        assert office.alarms == ["contact_lost"], "a person resolves it"


def test_contact_and_eyes_on_are_two_clocks():
    office = Office().running()
    for _ in range(2):
        office.pass_minutes(14)
        office.must(LEAD, "check_in", eyes_on=False)
    assert office.part()["state"] == "ACTIVE"
    office.pass_minutes(2)
    assert (office.part()["state"], office.part()["controller"]) == ("CONTROL_LOST", None)


def test_a_declared_shadow_waits_and_then_five_minutes():
    office = Office().running()
    office.pass_minutes(10)
    office.must(LEAD, "radio_shadow", minutes=90)
    office.pass_minutes(94)
    assert office.part()["state"] == "ACTIVE"
    office.pass_minutes(1)
    assert office.part()["state"] == "CONTROL_LOST"


def test_a_ferry_is_expected_when_it_lands():
    office = Office().running(profile="ferry", exit_planned="2026-03-18T16:00:00Z", grace_minutes=45)
    office.must(LEAD, "check_in", eyes_on=True, next_event="2026-03-18T12:00:00Z")
    office.pass_minutes(6 * 60 + 44)
    assert office.part()["state"] == "ACTIVE"
    office.must(LEAD, "check_in", eyes_on=True)
    assert office.part()["clocks"]["contact_due"] == "2026-03-18T16:45:00.000Z"


def test_no_date_however_far_stops_the_clocks():
    office = Office().running()
    refused = office.act(LEAD, "check_in", eyes_on=True, profile="post", next_event="2027-03-18T12:00:00Z")
    assert (refused["status"], refused["field"]) == ("refused", "next_event")
    assert (office.part()["clocks"]["profile"], office.alarms) == ("moving", [])
    # Within bounds it is taken, and lead and coordinator hear that the clocks are slower than planned.
    office.must(LEAD, "check_in", eyes_on=True, profile="post", next_event="2026-03-21T12:00:00Z")
    assert office.alarms == ["plan_touched"]
    # A leg whose end was planned for next month is not silent until then.
    ferry = Office().running(profile="ferry", exit_planned="2026-05-01T00:00:00Z")
    ferry.pass_minutes(2 * 24 * 60 - 1)
    assert ferry.part()["state"] == "ACTIVE"
    ferry.pass_minutes(1)
    assert ferry.part()["state"] == "CONTROL_LOST"


def test_what_is_held_has_an_hour():
    office = Office().running()
    office.must(LEAD, "held", place="стоянка", guard="двое")
    office.pass_minutes(59)
    assert office.part()["state"] == "HELD"
    office.pass_minutes(1)
    assert office.part()["state"] == "CONTACT_LOST"


def test_a_stop_that_nobody_confirms_is_an_alarm():
    office = Office().running()
    office.must("RU-MVD/t.eam", "stop_request", reason="иная операция")
    office.pass_minutes(10)
    office.must(LEAD, "check_in", eyes_on=True)
    office.pass_minutes(5)
    assert office.alarms == ["stop_requested", "stop_unconfirmed"]
    unconfirmed = next(alarm["id"] for alarm in office.board["alarms"] if alarm["kind"] == "stop_unconfirmed")
    assert office.act(DUTY, "alarm_resolved", alarm=unconfirmed, reason="ок")["status"] == "refused"
    office.must(LEAD, "held", place="стоянка", guard="двое")
    office.must(DUTY, "alarm_resolved", alarm=unconfirmed, reason="ок")


def test_an_hour_before_the_handover_it_is_told_what_lacks_and_at_twenty_minutes_it_is_go_or_no_go():
    office = Office()
    office.running(2, exit_planned="2026-03-18T08:00:00Z")
    for _ in range(7):
        office.pass_minutes(10)
        office.must(LEAD, "check_in", eyes_on=True)
    window = next(event for event in office.events if event["kind"] == "handover_window")
    assert window["what"] == {"minutes": 60, "go": False, "lacking": ["not offered", "receiver not in place"]}
    office.offer(50)
    for _ in range(3):
        office.pass_minutes(10)
        office.must(LEAD, "check_in", eyes_on=True)
    assert office.alarms == ["no_go"]
    assert "receiver not in place" in office.board["alarms"][0]["reason"]


@pytest.mark.parametrize("resolved", [False, True])
def test_an_acceptance_against_a_no_go_says_so_and_is_not_stopped_by_it(resolved):
    office = Office().running(2, 3)
    offer = str(office.offer(25))
    office.pass_minutes(10)
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must(LEAD, "check_in", eyes_on=True)
    if resolved:
        office.must(DUTY, "alarm_resolved", alarm=office.board["alarms"][0]["id"], reason="принимающий на месте")
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=offer, eyes_on=True, country="KG")
    accepted = next(event["what"] for event in office.events if event["kind"] == "acceptance")
    reason = "no go: receiver not in place; hold on this side"
    assert accepted.get("against_no_go") == (None if resolved else reason)
    if not resolved:
        assert of_event("acceptance", accepted) == {"against_no_go": "передача не готова: принимающий не на месте; держать по эту сторону"}
        assert office.alarms == ["no_go"], "which a person resolves"
    # Of the next border nothing was said.
    offer = office.must("KG-SCNBC/t.eam", "offer", handover_at=(office.now + timedelta(minutes=15)).isoformat(), place="Кордай")["act"]
    office.must("KZ-KNB/t.eam", "receiver_in_place", leg=3, eyes_on=True)
    office.must("KZ-KNB/t.eam", "acceptance", leg=3, offer=offer, eyes_on=True, country="KZ")
    assert "against_no_go" not in office.events[-1]["what"]


def test_a_way_that_names_the_next_entry_alone_has_its_go_or_no_go_too():
    office = Office()
    office.running(2, entry_planned="2026-03-18T08:00:00Z")
    for _ in range(11):
        office.pass_minutes(10)
        office.must(LEAD, "check_in", eyes_on=True)
    windows = [event["what"]["minutes"] for event in office.events if event["kind"] == "handover_window"]
    assert (windows, office.alarms) == ([60], ["no_go"])


@pytest.mark.parametrize(
    ("hours", "lasts", "field", "reason"),
    [
        (49, 1, "handover_at", "the handover is more than 48 hours ahead"),
        (47, 7, "expires", "the offer expires more than 6 hours after the handover"),
    ],
)
def test_an_offer_of_a_mistyped_date_puts_off_no_go(hours: float, lasts: float, field: str, reason: str):
    office = Office().running(2)
    at = office.now + timedelta(hours=hours)
    no = office.act(LEAD, "offer", handover_at=at.isoformat(), expires=(at + timedelta(hours=lasts)).isoformat(), place="Карамык")
    assert (no["status"], no["field"], no["reason"]) == ("refused", field, reason)
    assert no["mend"]
    assert told(no["reason"], no["mend"]).mend
    at = office.now + timedelta(hours=48)
    office.must(LEAD, "offer", handover_at=at.isoformat(), expires=(at + timedelta(hours=6)).isoformat(), place="Карамык")


def test_with_everything_in_place_it_is_go():
    office = Office().running(2)
    office.offer(25)
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.pass_minutes(6)
    assert [event["what"] for event in office.events if event["kind"] == "handover_window"] == [{"minutes": 20, "go": True, "lacking": []}]


def test_consent_warns_at_24_6_and_1_hours_each_once():
    office = Office().requested()
    valid = AUTHORISATION | {"valid_until": (office.now + timedelta(hours=30)).isoformat()}
    office.must("KG-GP/p.rosecutor", "consent", leg=2, authorisation=valid)
    office.pass_minutes(31 * 60)
    told = [(event["kind"], event["what"].get("hours"), event["late_s"]) for event in office.events if event["kind"].startswith("consent_")]
    assert told == [("consent_ends", 24, 0), ("consent_ends", 6, 0), ("consent_ends", 1, 0), ("consent_expired", None, 0)]


def test_a_consent_given_short_of_its_end_warns_of_what_is_to_come_alone():
    office = Office().requested()
    valid = AUTHORISATION | {"valid_until": (office.now + timedelta(hours=5)).isoformat()}
    office.must("KG-GP/p.rosecutor", "consent", leg=2, authorisation=valid)
    office.pass_minutes(60 * 4 + 1)
    assert [event["what"]["hours"] for event in office.events if event["kind"] == "consent_ends"] == [1]

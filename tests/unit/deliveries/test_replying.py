"""An authority was asked to reply by a time, and has not: silence is told, once, to who asked."""

from tests.unit.deliveries.office import Office, form, plan
from tests.unit.deliveries.test_calling import LEAD, called

BY = "2026-03-18T07:00:00.000Z"


def asked() -> Office:
    office = Office()
    made = office.must(LEAD, "request", form=form(reply_by=BY), plan=plan())
    office.must("TJ-DCA/o.other", "signature", request=made["act"])
    return office


def silent(office: Office) -> list[tuple[str, str, int]]:
    told = [event for event in office.events if event["what"].get("alarm_kind") == "reply_due"]
    return [(event["received"][11:16], event["what"]["reason"], event["late_s"]) for event in told]


def test_who_has_not_replied_in_time_is_named_to_the_lead_and_the_coordinator_once() -> None:
    office = asked().consented(1, 2)
    office.pass_minutes(59)
    assert silent(office) == []
    office.pass_minutes(120)
    assert silent(office) == [("07:00", "no reply by the time that was asked for: KZ-GP (leg 3), RU-GP (leg 4)", 0)]
    assert called(office, "reply_due")[0] == ["TJ-DCA", "/coordinator"]


def test_where_all_have_said_something_or_the_way_was_changed_later_nobody_is_told() -> None:
    office = asked().consented(1, 2, 3)
    office.must("RU-GP/o.fficer", "refusal", leg=4, reason="нет")
    office.pass_minutes(120)
    assert silent(office) == []
    legs = [{**leg, "exit": {"name": "Кордай"}} for leg in plan()["legs"][2:]]
    office.must(LEAD, "route_change", legs=legs, reason="дорога закрыта")
    office.pass_minutes(5)
    assert silent(office) == []


def test_a_draft_asks_nobody() -> None:
    office = Office()
    office.must(LEAD, "request", form=form(reply_by=BY), plan=plan())
    office.pass_minutes(120)
    assert silent(office) == []


def test_a_long_radio_shadow_that_no_plan_names_is_an_alarm_and_a_short_one_is_none() -> None:
    office = Office().running(2)
    office.must(LEAD, "radio_shadow", minutes=60)
    assert office.board["alarms"] == []
    office.must(LEAD, "radio_shadow", minutes=61)
    (alarm,) = office.board["alarms"]
    assert alarm["reason"] == "TJ-DCA/n.rahimov declares no radio for 61 minutes: word is due later"


def test_nobody_is_late_by_a_time_that_was_over_when_the_form_was_signed() -> None:
    office = Office()
    made = office.must(LEAD, "request", form=form(reply_by=BY), plan=plan())
    office.pass_minutes(120)
    office.must("TJ-DCA/o.other", "signature", request=made["act"])
    office.pass_minutes(120)
    assert silent(office) == []


def test_with_the_last_reply_the_alarm_that_asked_for_it_is_over_and_the_timeline_says_so() -> None:
    office = asked().consented(1, 2)
    office.pass_minutes(61)
    office.consented(3)
    assert office.alarms == ["reply_due"]
    office.must("RU-GP/o.fficer", "refusal", leg=4, reason="нет")
    assert "reply_due" not in office.alarms
    over = next(event["what"] for event in office.events if event["kind"] == "alarm_resolved")
    assert (over["alarm_kind"], over["reason"]) == ("reply_due", "nobody is waited for any more")
    rung = len(office.rings)
    office.pass_minutes(30)
    assert "reply_due" not in [ring["kind"] for ring in office.rings[rung:]]


def test_a_long_radio_shadow_that_the_plan_names_is_no_alarm() -> None:
    begins, ends = "2026-03-18T05:30:00Z", "2026-03-18T09:00:00Z"
    office = Office().running(2, shadows=[{"begins": begins, "ends": ends}])
    office.must(LEAD, "radio_shadow", minutes=120)
    assert office.board["alarms"] == []
    office.must(LEAD, "radio_shadow", minutes=200)
    assert office.alarms == ["plan_touched"]

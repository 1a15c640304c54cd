"""An authority was asked to reply by a time, and has not: silence is told, once, to who asked."""

from tests.unit.deliveries.office import AUTHORISATION, AUTHORITY, INFORMED, Office, form, plan
from tests.unit.deliveries.test_calling import LEAD, called, goods

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


def test_who_has_not_replied_for_one_of_two_parts_is_not_named_again_when_they_become_one() -> None:
    office = asked().consented(1, 2)
    ready = office.must(LEAD, "ready", informed_posts=INFORMED)
    office.must("CARICC/d.duty", "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "start")
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14")}])
    for leg, country in ((3, "KZ"), (4, "RU")):
        office.must(f"{AUTHORITY[country]}/p.rosecutor", "consent", part="B", leg=leg, authorisation=AUTHORISATION)
    for _ in range(13):
        office.pass_minutes(5)
        for name in ("B", "C"):
            office.must(LEAD, "check_in", part=name, eyes_on=True)
    assert [alarm["part"] for alarm in office.board["alarms"] if alarm["kind"] == "reply_due"] == ["C"]
    office.must(LEAD, "merge", parts=["B", "C"], into="D")
    office.pass_minutes(5)
    assert len(silent(office)) == 1

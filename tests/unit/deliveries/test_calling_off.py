"""A strike is called off, or set anew, and whoever waits for its hour is called: nobody goes in alone."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.alarms import of_event
from schemas.refusals import told
from tests.unit.deliveries.office import Office
from tests.unit.deliveries.test_calling import LEAD, called, goods
from tests.unit.deliveries.test_striking import followed, raised, striking

OTHER = "KG-SCNBC/t.eam"


def off(office: Office, strike: str, **more: str) -> dict[str, str]:
    made: dict[str, str] = office.must(LEAD, "strike_called_off", strike=strike, reason="вооружены", **more)
    return made


def test_a_strike_that_is_called_off_calls_all_who_strike_at_once_and_the_load_goes_on() -> None:
    office = Office().running(2)
    off(office, striking(office, 30))
    assert (office.part()["state"], office.part()["strike"]) == ("ACTIVE", None)
    assert called(office, "strike_changed")[0] == ["KG-SCNBC", "TJ-DCA", "/coordinator"]
    assert [alarm["reason"] for alarm in office.board["alarms"]] == ["the strike is called off by TJ-DCA/n.rahimov: вооружены"]
    followed(office, 60)
    assert raised(office) == []


def test_a_load_that_was_held_for_the_strike_is_held_again_and_all_agree_anew_that_it_goes_on() -> None:
    office = Office().running(2)
    stop = office.must("KG-GP/o.fficer", "stop_request", reason="патруль", touches=[2])["act"]
    office.must(LEAD, "held", place="стоянка", guard="двое")
    office.must(LEAD, "resumed", stop=stop)
    off(office, striking(office, 30))
    part = office.part()
    assert (part["state"], part["hold"]["id"], part["hold"]["place"]) == ("HELD", stop, "стоянка")
    assert part["hold"]["agreed"] == {}
    for who in (LEAD, "KG-GP/o.fficer"):
        office.must(who, "resumed", stop=stop)
    assert office.part()["state"] == "ACTIVE"


def test_what_is_with_its_consignee_stays_there() -> None:
    office = Office().running(2)
    strike = striking(office, 30)
    office.must(LEAD, "delivered_under_watch", place="склад")
    off(office, strike)
    assert office.part()["state"] == "DELIVERED_UNDER_WATCH"
    off(office, striking(office, 30))
    assert office.part()["state"] == "DELIVERED_UNDER_WATCH"


def test_a_strike_that_is_called_off_while_the_load_is_stopped_is_not_what_it_goes_on_with() -> None:
    office = Office().running(2)
    strike = striking(office, 30)
    stop = office.must(OTHER, "stop_request", reason="патруль")["act"]
    assert called(office, "stop_requested")[0] == ["TJ-DCA", "KG-SCNBC"]
    off(office, strike)
    assert office.part()["state"] == "STOP_REQUESTED"
    office.must(LEAD, "resumed", stop=stop)
    assert office.part()["state"] == "ACTIVE"


def test_only_the_state_that_has_the_load_calls_off_and_only_the_strike_that_stands() -> None:
    office = Office().running(2)
    old = striking(office, 30)
    striking(office, 60)
    assert office.act(OTHER, "strike_called_off", strike=old, reason="нет")["status"] == "refused"
    answer = office.act(LEAD, "strike_called_off", strike=old, reason="нет")
    assert answer["reason"].startswith("the strike that stands is ")
    off(office, office.part()["strike"]["id"])
    assert office.act(LEAD, "strike_called_off", strike=old, reason="нет")["status"] == "refused"


def test_another_hour_calls_all_who_were_to_strike_and_the_same_hour_nobody() -> None:
    office = Office().running(2)
    striking(office, 30)
    striking(office, 30)
    assert called(office, "strike_changed") == {}
    hour = (office.now + timedelta(minutes=20)).isoformat()
    office.must(LEAD, "strike", h_hour=hour, agencies=["TJ-DCA"])
    assert called(office, "strike_changed")[0] == ["KG-SCNBC", "TJ-DCA", "/coordinator"]
    assert office.board["alarms"][0]["reason"] == "the strike is set anew by TJ-DCA/n.rahimov for 2026-03-18T06:20Z: TJ-DCA"


@pytest.mark.parametrize("agencies", [["UZ-NCB"], ["TJ-DCA", "UZ-NCB"]])
def test_who_takes_no_part_cannot_be_waited_for(agencies: list[str]) -> None:
    office = Office().running(2)
    hour = (office.now + timedelta(minutes=30)).isoformat()
    answer = office.act(LEAD, "strike", h_hour=hour, agencies=agencies)
    assert (answer["status"], answer["field"]) == ("refused", "agencies")
    assert answer["reason"] == "UZ-NCB takes no part in this delivery"


def test_a_strike_that_is_set_after_one_was_called_off_calls_who_was_told_that_it_is_off() -> None:
    office = Office().running(2)
    off(office, striking(office, 30))
    striking(office, 40)
    (alarm,) = office.board["alarms"]
    assert (alarm["kind"], alarm["count"]) == ("strike_changed", 2)
    assert alarm["reason"] == "the strike is set anew by TJ-DCA/n.rahimov for 2026-03-18T06:40Z: TJ-DCA, KG-SCNBC"
    assert called(office, "strike_changed")[0] == ["KG-SCNBC", "TJ-DCA", "/coordinator"]


@pytest.mark.parametrize("ends", ["off", "anew"])
def test_with_the_hour_ends_the_alarm_that_somebody_is_not_ready_for_it(ends: str) -> None:
    office = Office().running(2)
    strike = striking(office, 30)
    followed(office, 20)
    assert office.alarms == ["strike_not_ready"]
    if ends == "off":
        off(office, strike)
    else:
        striking(office, 60)
    assert office.alarms == ["strike_changed"]
    over = next(event for event in office.events if event["kind"] == "alarm_resolved")
    assert over["what"]["alarm_kind"] == "strike_not_ready"
    assert of_event("alarm_resolved", over["what"])["reason"].startswith("реализацию ")


REPORT = {"originator": "TJ-DCA", "report_id": "1"}
ENDS: dict[str, tuple[dict[str, Any], str]] = {
    "held": ({"place": "стоянка", "guard": "двое"}, "is held by TJ-DCA/n.rahimov: стоянка"),
    "intervened": ({"reason": "опасность", "report": REPORT}, "is seized by TJ-DCA/n.rahimov: опасность"),
    "aborted": ({"reason": "раскрыт"}, "is given up by TJ-DCA/n.rahimov: раскрыт"),
}


@pytest.mark.parametrize("act", ENDS)
def test_a_load_that_is_held_or_ends_before_its_strike_calls_who_waits_for_the_hour(act: str) -> None:
    office = Office().running(2)
    striking(office, 30)
    said, reason = ENDS[act]
    office.must(LEAD, act, **said)
    assert called(office, "strike_changed")[0] == ["KG-SCNBC", "TJ-DCA", "/coordinator"]
    assert [alarm["reason"] for alarm in office.board["alarms"]] == [f"the load that was to be struck {reason}"]


@pytest.mark.parametrize(
    ("minutes", "agencies", "calls"), [(20, ["TJ-DCA", "KG-SCNBC"], True), (30, ["TJ-DCA", "KG-SCNBC"], False), (20, ["TJ-DCA"], False)]
)
def test_a_load_that_is_secured_before_the_hour_calls_who_waits_for_it(minutes: int, agencies: list[str], calls: bool) -> None:
    office = Office().running(2)
    hour = (office.now + timedelta(minutes=30)).isoformat()
    strike = office.must(LEAD, "strike", h_hour=hour, agencies=agencies)["act"]
    for agency in agencies:
        office.must({"TJ-DCA": LEAD}.get(agency, OTHER), "strike_ready", strike=strike)
    followed(office, minutes)
    office.must(LEAD, "secured", report=REPORT)
    said = [(alarm["kind"], alarm["reason"]) for alarm in office.board["alarms"]]
    assert said == [("strike_changed", "the load that was to be struck is secured before its hour by TJ-DCA/n.rahimov")] * calls
    assert called(office, "strike_changed").get(0, []) == ["KG-SCNBC", "TJ-DCA", "/coordinator"] * calls


@pytest.mark.parametrize("act", ["secured", "intervened", "aborted"])
@pytest.mark.parametrize("part", [{}, {"part": "A"}])
def test_who_says_ready_for_a_load_that_is_gone_hears_that_the_strike_is_over(act: str, part: dict[str, str]) -> None:
    office = Office().running(2)
    strike = striking(office, 30)
    office.must(LEAD, act, **({"report": REPORT} if act == "secured" else ENDS[act][0]))
    no = office.act(OTHER, "strike_ready", strike=strike, **part)
    assert (no["status"], no["reason"]) == ("refused", f"the strike is over: part A is {office.part()['phase']}")
    said_in_russian = told(no["reason"], no["mend"])
    assert "реализация закончена: часть A — " in (said_in_russian.reason or "")
    assert said_in_russian.mend == "больше никто не входит: посмотрите хронологию"


@pytest.mark.parametrize("act", ["secured", "intervened", "aborted"])
@pytest.mark.parametrize("minutes", [20, 35])
def test_with_the_load_ends_the_alarm_that_somebody_is_not_ready_to_strike_it(act: str, minutes: int) -> None:
    office = Office().running(2)
    striking(office, 30)
    followed(office, minutes)
    assert office.alarms == ["strike_not_ready"]
    office.must(LEAD, act, **({"report": REPORT} if act == "secured" else ENDS[act][0]))
    assert "strike_not_ready" not in office.alarms
    over = next(event["what"] for event in office.events if event["kind"] == "alarm_resolved")
    assert over["reason"] == f"the strike is over: part A is {office.part()['phase']}"
    assert of_event("alarm_resolved", over)["reason"].startswith("реализация закончена: часть A — ")


def test_an_alarm_that_somebody_is_not_ready_ends_with_the_last_part_of_the_load_that_is_to_be_struck() -> None:
    office = Office().running(2)
    striking(office, 30)
    followed(office, 20)
    office.must(LEAD, "held", place="стоянка", guard="двое")
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14")}])
    office.must(LEAD, "aborted", reason="раскрыт", part="B")
    assert "strike_not_ready" in office.alarms
    office.must(LEAD, "aborted", reason="раскрыт", part="C")
    assert "strike_not_ready" not in office.alarms


def test_who_was_called_by_a_stop_is_not_called_again_when_the_load_is_held() -> None:
    office = Office().running(2)
    striking(office, 30)
    office.must(OTHER, "stop_request", reason="патруль")
    office.must(LEAD, "held", place="стоянка", guard="двое")
    assert office.alarms == ["stop_requested"]


def test_of_a_load_that_was_divided_since_they_are_called_too() -> None:
    office = Office().running(2)
    off(office, striking(office, 30))
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14")}])
    striking(office, 40, part="B")
    assert [(alarm["kind"], alarm["part"]) for alarm in office.board["alarms"]] == [("strike_changed", "A"), ("strike_changed", "B")]
    assert office.board["alarms"][1]["reason"].startswith("the strike is set anew by ")


def test_a_unit_of_the_state_that_has_the_load_takes_part_by_being_named_and_hears_that_it_is_off() -> None:
    office = Office().running(2)
    hour = (office.now + timedelta(minutes=10)).isoformat()
    strike = office.must(LEAD, "strike", h_hour=hour, agencies=["TJ-DCA", "TJ-ALFA"])["act"]
    assert "TJ-ALFA" in office.board["visibility"]["agencies"]
    office.must("TJ-ALFA/u.nit", "strike_ready", strike=strike)
    off(office, strike)
    (alarm,) = office.board["alarms"]
    assert alarm["calls"] == ["TJ-ALFA", "TJ-DCA"]
    assert "TJ-ALFA" in office.board["visibility"]["agencies"], "it hears that the strike is off"


def test_a_unit_that_the_centre_does_not_know_is_mistyped_and_learns_nothing() -> None:
    office = Office().running(2)
    hour = (office.now + timedelta(minutes=10)).isoformat()
    office.known_agencies = ["TJ-ALFA"]
    no = office.act(LEAD, "strike", h_hour=hour, agencies=["TJ-DCA", "KG-SCNBC", "TJ-ALFA", "TJ-ALPHA"])
    assert (no["status"], no["reason"], no["field"]) == ("refused", "the centre knows no agency TJ-ALPHA", "agencies")
    assert no["mend"] == "check its code; a unit that is new is put into the directory first, or a party says ready for it"
    assert told(no["reason"], no["mend"]).reason == "центр не знает ведомства TJ-ALPHA"
    assert not {"TJ-ALFA", "TJ-ALPHA"} & set(office.board["visibility"]["agencies"])
    office.must(LEAD, "strike", h_hour=hour, agencies=["TJ-DCA", "KG-SCNBC", "TJ-ALFA"])
    assert "TJ-ALFA" in office.board["visibility"]["agencies"]

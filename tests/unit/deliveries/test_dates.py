"""Dates that an act names are held against when it happened, which is not when it came: a year of one wrong digit is refused."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.refusals import told
from tests.unit.deliveries.office import AUTHORISATION, Office
from tests.unit.deliveries.test_closing import CLOSING

LEAD, KG = "TJ-DCA/n.rahimov", "KG-GP/p.rosecutor"
REPORT = {"originator": "TJ-DCA", "report_id": "1"}
SHARES = [{"country": "TJ", "did": "начало"}]


def iso(at: datetime) -> str:
    return at.isoformat()


def paper(**dates: str) -> dict[str, Any]:
    return {"leg": 2, "authorisation": AUTHORISATION | dates}


@pytest.mark.parametrize("kind", ["consent", "conditional_consent"])
def test_an_authorisation_dated_after_the_word_is_refused(kind: str) -> None:
    office = Office().requested()
    no = office.act(KG, kind, **paper(date="2036-03-17T10:00:00+05:00", conditions=["днём"]))  # type: ignore[arg-type]
    assert (no["status"], no["field"]) == ("refused", "authorisation.date")
    assert no["reason"] == "the authorisation is dated after this was said"
    assert told(no["reason"], no["mend"]).reason == "разрешение датировано позже, чем это сказано"
    assert told(no["reason"], no["mend"]).mend == "проверьте дату на документе и часы"
    assert office.part()["legs"][1]["consent"]["state"] == "PENDING"


def test_a_clock_that_is_wrong_by_hours_refuses_no_paper_of_today() -> None:
    office = Office().requested()
    slow = iso(office.now - timedelta(hours=20))
    office.must(KG, "consent", at=slow, **paper(date=iso(office.now)))


def test_a_paper_that_came_late_is_held_against_when_it_was_given() -> None:
    office = Office().requested()
    given = office.now
    office.pass_minutes(60 * 24 * 3)
    no = office.act(KG, "consent", at=iso(given), sent=iso(office.now), **paper(date=iso(given + timedelta(days=2))))
    assert no["field"] == "authorisation.date"
    office.must(KG, "consent", at=iso(given), sent=iso(office.now), **paper(date=iso(given)))


def test_an_authorisation_that_ends_before_its_date_is_refused() -> None:
    office = Office().requested()
    dated = office.now + timedelta(hours=10)
    no = office.act(KG, "consent", **paper(date=iso(dated), valid_until=iso(dated - timedelta(hours=1))))
    assert (no["field"], no["reason"]) == ("authorisation.valid_until", "the authorisation ends before the date on it")
    assert told(no["reason"], no["mend"]).reason == "разрешение истекает раньше своей даты"


def test_a_strike_whose_hour_was_past_when_it_was_set_is_refused() -> None:
    office = Office().running(2)
    no = office.act(LEAD, "strike", h_hour=iso(office.now - timedelta(hours=2)), agencies=["TJ-DCA"])
    assert (no["status"], no["field"], no["reason"]) == ("refused", "h_hour", "the hour of the strike was past when it was set")
    assert told(no["reason"], no["mend"]).reason == "час реализации уже прошёл, когда её назначали"
    assert office.part()["strike"] is None


def test_a_strike_for_now_and_one_that_came_after_its_hour_are_set() -> None:
    office = Office().running(2)
    office.must(LEAD, "strike", h_hour=iso(office.now - timedelta(minutes=2)), agencies=["TJ-DCA"])
    said = office.now
    office.pass_minutes(40)
    late = {"at": iso(said), "sent": iso(office.now), "h_hour": iso(said + timedelta(minutes=20))}
    office.must(LEAD, "strike", agencies=["TJ-DCA", "KG-SCNBC"], **late)
    assert "strike_not_ready" in office.alarms


def test_a_strike_that_was_is_entered_by_voice_with_the_time_at_which_it_was_set() -> None:
    office = Office().running(2)
    voice = {"agency": "TJ-DCA", "person": "n.rahimov", "means": "radio", "code_word_checked": True}
    hours = [iso(office.now - timedelta(hours=ago)) for ago in (3, 2)]
    office.must("CARICC/d.duty", "strike", at=hours[0], h_hour=hours[1], agencies=["TJ-DCA"], by_voice=voice)


def closed() -> Office:
    office = Office().running(2)
    office.must(LEAD, "intervened", reason="открыли", report=REPORT)
    office.must(LEAD, "closed", **CLOSING)
    return office


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2026-03-18T05:59:00Z"])
def test_what_would_be_removed_at_once_is_not_evaluated_so(until: str) -> None:
    office = closed()
    no = office.act(LEAD, "evaluated", outcome="4 задержаны", shares=SHARES, retain_until=until)
    assert (no["status"], no["field"], no["reason"]) == ("refused", "retain_until", "the term of keeping was over when this was said")
    assert told(no["reason"], no["mend"]).reason == "срок хранения уже истёк, когда это сказано"
    assert office.board["status"] == "closed"


def test_an_evaluation_says_what_each_state_did() -> None:
    office = closed()
    no = office.act(LEAD, "evaluated", outcome="4 задержаны", retain_until="2031-01-01T00:00:00Z")
    assert (no["status"], no["field"], no["reason"]) == ("refused", "shares", "no state's share is said")
    assert told(no["reason"], no["mend"]).mend == "напишите, что сделало каждое государство"
    office.must(LEAD, "evaluated", outcome="4 задержаны", shares=SHARES, retain_until="2031-01-01T00:00:00Z")

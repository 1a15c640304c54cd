"""The hour of a strike: who is not ready is named to those who wait, before it and at it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.deliveries.office import Office
from tests.unit.deliveries.test_calling import LEAD, called


def striking(office: Office, minutes: float, **more: Any) -> str:
    hour = (office.now + timedelta(minutes=minutes)).isoformat()
    made: str = office.must(LEAD, "strike", h_hour=hour, agencies=["TJ-DCA", "KG-SCNBC"], **more)["act"]
    return made


def raised(office: Office) -> list[tuple[str, str]]:
    """When and why somebody was said not to be ready."""
    told = [event for event in office.events if event["kind"] == "alarm" and event["what"]["alarm_kind"] == "strike_not_ready"]
    return [(event["received"][11:16], event["what"]["reason"]) for event in told]


def followed(office: Office, minutes: int) -> None:
    for _ in range(minutes // 5):
        office.pass_minutes(5)
        office.must(LEAD, "check_in", eyes_on=True)


def test_an_agency_that_is_not_ready_is_called_a_quarter_of_an_hour_before_the_strike_and_at_its_hour() -> None:
    office = Office().running(2)
    strike = striking(office, 30)
    office.must(LEAD, "strike_ready", strike=strike)
    followed(office, 60)
    assert raised(office) == [
        ("06:15", "15 minutes to the strike, not ready: KG-SCNBC"),
        ("06:30", "the hour of the strike has come, not ready: KG-SCNBC"),
    ]
    assert called(office, "strike_not_ready")[0] == ["KG-SCNBC", "TJ-DCA", "/coordinator"]


@pytest.mark.parametrize(("minutes", "ready_after", "times"), [(30, 10, []), (30, 20, ["06:15"]), (10, 5, []), (10, 20, ["06:10"])])
def test_only_those_who_are_not_ready_by_then_and_each_hour_once(minutes: int, ready_after: int, times: list[str]) -> None:
    office = Office().running(2)
    strike = striking(office, minutes)
    followed(office, ready_after)
    for who in (LEAD, "KG-SCNBC/t.eam"):
        office.must(who, "strike_ready", strike=strike)
    followed(office, 45)
    assert [at for at, _ in raised(office)] == times


def test_a_strike_that_is_over_calls_nobody_and_another_hour_calls_anew() -> None:
    office = Office().running(2)
    striking(office, 30)
    followed(office, 10)
    striking(office, 60)
    followed(office, 50)
    assert [at for at, _ in raised(office)] == ["06:55"]
    office.must(LEAD, "secured", report={"originator": "TJ-DCA", "report_id": "1"})
    office.pass_minutes(60)
    assert [at for at, _ in raised(office)] == ["06:55"]


def test_a_strike_stands_when_the_load_is_delivered_before_its_hour() -> None:
    office = Office().running(2)
    strike = striking(office, 30)
    office.must(LEAD, "delivered_under_watch", place="склад")
    office.must(LEAD, "strike_ready", strike=strike)
    followed(office, 40)
    assert raised(office) == [
        ("06:15", "15 minutes to the strike, not ready: KG-SCNBC"),
        ("06:30", "the hour of the strike has come, not ready: KG-SCNBC"),
    ]
    office.must("KG-SCNBC/t.eam", "strike_ready", strike=strike)
    assert set(office.part()["strike"]["ready"]) == {"TJ-DCA", "KG-SCNBC"}


def test_what_is_delivered_without_a_strike_calls_nobody() -> None:
    office = Office().running(2)
    office.must(LEAD, "delivered_under_watch", place="склад")
    followed(office, 40)
    assert raised(office) == []
    no = office.act(LEAD, "strike_ready", strike=office.id())
    assert (no["reason"], no["mend"]) == ("the strike that stands is none", "say ready for that one")

"""A clock that is wrong by hours, of a device that does not say when it sent: the refusal names it, and nothing is shown as live by it."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.refusals import told
from tests.unit.deliveries.office import Office

LEAD, KG = "TJ-DCA/n.rahimov", "KG-SCNBC/t.eam"


def test_an_acceptance_after_a_word_of_a_slow_clock_names_the_clock() -> None:
    office = Office().running(2)
    offer = str(office.offer(30))
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True, at=(office.now - timedelta(hours=3)).isoformat())
    no = office.act(KG, "acceptance", leg=2, offer=offer, eyes_on=True)
    assert (
        no["reason"] == "the receiver was in place 210 minutes before the handover, and what is said earlier than 120 before does not count"
    )
    assert (
        no["mend"] == "say it again with the load in sight; if it was said just now, the clock of the device is wrong: set it right first"
    )
    russian = told(no["reason"], no["mend"])
    assert russian.reason == "принимающий был на месте за 210 мин до передачи, а сказанное раньше чем за 120 мин не считается"
    assert russian.mend == "доложите снова, видя груз; если доложили только что, неверны часы устройства: сначала поправьте их"
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    office.must(KG, "acceptance", leg=2, offer=offer, eyes_on=True)


def test_who_has_said_nothing_is_told_what_to_send() -> None:
    office = Office().running(2)
    offer = str(office.offer(30))
    no = office.act(KG, "acceptance", leg=2, offer=offer, eyes_on=True)
    assert (no["reason"], no["mend"]) == ("the receiver is not in place yet", "send receiver_in_place with the load in sight first")


def seen(office: Office, ahead: timedelta, **said: Any) -> dict[str, Any]:
    captured = (office.now + ahead).isoformat()
    position = {"coordinates": {"lat": 38.6, "lon": 68.8}, "captured": captured, "source": "hand"}
    office.must(LEAD, "check_in", eyes_on=True, position=position, at=captured, **said)
    shown: dict[str, Any] = office.part()["position"]
    return shown


def test_a_position_of_the_future_is_marked_and_not_taken_for_live() -> None:
    office = Office().running(2)
    shown = seen(office, timedelta(hours=5))
    assert shown["skew_s"] == 5 * 3600
    assert office.events[-1]["what"]["position"]["skew_s"] == 5 * 3600


@pytest.mark.parametrize("sent", [timedelta(hours=5), timedelta(hours=5, minutes=2)])
def test_of_a_clock_that_says_when_it_sent_the_age_is_right_though_the_clock_is_wrong(sent: timedelta) -> None:
    office = Office().running(2)
    assert "skew_s" not in seen(office, timedelta(hours=5), sent=(office.now + sent).isoformat())


def test_a_few_seconds_are_no_wrong_clock() -> None:
    assert "skew_s" not in seen(Office().running(2), timedelta(seconds=20))

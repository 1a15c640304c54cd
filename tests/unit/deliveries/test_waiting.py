"""A team that is in place is so for one handover: what it said hours ago says nothing of the next."""

from datetime import timedelta

from tests.unit.deliveries.office import AUTHORISATION, AUTHORITY, FOLLOWS, Office
from tests.unit.deliveries.test_clocks import LEAD

KG = "KG-SCNBC/t.eam"


def awaited(minutes: int = 30) -> Office:
    """Offered, and the next team in place."""
    office = Office().running(2)
    office.offer(minutes)
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    assert (office.part()["state"], office.part()["legs"][1]["in_place"]) == ("RECEIVER_IN_PLACE", True)
    return office


def pass_hours(office: Office, hours: float) -> None:
    for _ in range(int(hours * 6)):
        office.pass_minutes(10)
        office.must(LEAD, "check_in", eyes_on=True)


def test_with_an_offer_that_expires_nobody_waits_any_more() -> None:
    office = awaited()
    pass_hours(office, 2)
    assert office.alarms == ["offer_expired"]
    assert office.part()["legs"][1]["in_place"] is False
    offer = office.offer()
    assert office.part()["state"] == "OFFERED"
    no = office.act(KG, "acceptance", leg=2, offer=str(offer), eyes_on=True)
    assert no["reason"] == "the receiver is not in place yet"
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    office.must(KG, "acceptance", leg=2, offer=str(offer), eyes_on=True)


def test_what_was_said_more_than_two_hours_before_the_handover_does_not_count_for_it() -> None:
    office = Office().running(2)
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    pass_hours(office, 2)
    office.offer(25)
    assert (office.part()["state"], office.part()["legs"][1]["in_place"]) == ("OFFERED", False)
    office.pass_minutes(6)
    assert "receiver not in place" in next(each["reason"] for each in office.board["alarms"] if each["kind"] == "no_go")
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    assert office.part()["state"] == "RECEIVER_IN_PLACE"


def test_what_comes_late_takes_nothing_from_what_was_said_since() -> None:
    office = awaited()
    earlier = (office.now - timedelta(hours=5)).isoformat()
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True, at=earlier)
    assert office.part()["state"] == "RECEIVER_IN_PLACE"


def test_when_control_is_lost_the_wait_is_over_with_the_offer() -> None:
    office = awaited()
    office.must(LEAD, "control_lost", reason="ушёл")
    office.must(LEAD, "regained", country="TJ", eyes_on=True, seals_intact=True)
    assert office.part()["legs"][1]["in_place"] is False


def test_with_the_consent_that_is_taken_back_the_wait_is_over() -> None:
    office = awaited()
    office.must("KG-GP/p.rosecutor", "refusal", leg=2, reason="не сейчас")
    assert office.part()["offer"] is None
    office.pass_minutes(1)
    office.consented(2)
    office.offer()
    assert (office.part()["state"], office.part()["legs"][1]["in_place"]) == ("OFFERED", False)


def test_with_an_offer_that_a_change_of_the_way_makes_void_the_wait_is_over() -> None:
    office = Office().running(2)
    kg, kz = ({"country": country, "authority": AUTHORITY[country], "controller": FOLLOWS[country]} for country in ("KG", "KZ"))
    office.must(LEAD, "route_change", legs=[kg | {"number": 3}], reason="лавина")
    office.pass_minutes(1)
    office.must("KG-GP/p.rosecutor", "consent", leg=3, authorisation=AUTHORISATION)
    office.offer()
    office.must(KG, "receiver_in_place", leg=3, eyes_on=True)
    assert office.part()["state"] == "RECEIVER_IN_PLACE"
    # The leg stays as it is, and another comes before it.
    office.must(LEAD, "route_change", legs=[kz | {"number": 2}, kg | {"number": 3}], reason="мост закрыт")
    assert (office.part()["offer"], [leg["in_place"] for leg in office.part()["legs"]]) == (None, [False, False, False])

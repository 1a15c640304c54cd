"""Positions say where something certainly was; jumps and doubtful ones say nothing."""

from datetime import timedelta

import pytest

from schemas.alarms import ALARMS
from schemas.refusals import told
from streams.reference.load import load
from streams.stages.deliveries.territory import located
from tests.unit.deliveries.office import CENTRE, FOLLOWS, Office, plan

LEAD = "TJ-DCA/n.rahimov"
DUSHANBE, KHUJAND, OSH, AT_THE_BORDER = (38.56, 68.78), (40.28, 69.62), (40.53, 72.80), (39.49, 71.75)


def position(office, point, *, age=0, accuracy=50, source="tracker"):
    captured = (office.now - timedelta(minutes=age)).isoformat()
    return {"coordinates": {"lat": point[0], "lon": point[1], "accuracy_m": accuracy}, "captured": captured, "source": source}


@pytest.mark.parametrize(
    ("point", "accuracy", "expected", "country"),
    [
        (DUSHANBE, 50, "TJ", "TJ"),
        (OSH, 50, "TJ", "KG"),
        (OSH, 400_000, "TJ", None),
        (AT_THE_BORDER, 20_000, "TJ", None),
        ((41.5, 50.5), 100, "AZ", None),
    ],
)
def test_a_country_is_named_beyond_doubt_alone(point, accuracy, expected, country):
    found = located(load)(*point, accuracy, expected)
    assert found in ({country, expected} if country is None else {country})


def test_a_tracker_beyond_the_border_takes_control_from_everybody():
    office = Office(located(load)).running(2)
    office.must(LEAD, "tracked", position=position(office, KHUJAND))
    assert office.part()["controller"] == "TJ-DCA"
    for minutes in (0, 120):
        office.pass_minutes(minutes / 10)
    office.must(LEAD, "check_in", eyes_on=True)
    office.now += timedelta(minutes=12)
    office.must(LEAD, "check_in", eyes_on=True)
    office.must(LEAD, "tracked", position=position(office, OSH))
    assert office.part()["position"]["jump"]
    assert office.part()["state"] == "ACTIVE", "270 km in 24 minutes is no position"
    office.now += timedelta(minutes=14)
    office.must(LEAD, "check_in", eyes_on=True)
    office.must(LEAD, "check_in", eyes_on=True, position=position(office, OSH, source="hand"))
    assert (office.part()["state"], office.part()["territory"]) == ("CROSSED_UNACCEPTED", "KG")


def test_a_position_from_before_the_acceptance_rewrites_nothing():
    office = Office(located(load)).running(2)
    office.pass_minutes(10)
    offer = str(office.offer())
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=offer, eyes_on=True, country="KG")
    office.must(LEAD, "tracked", position=position(office, DUSHANBE, age=5))
    part = office.part()
    assert (part["controller"], part["territory"], part["state"]) == (FOLLOWS["KG"], "KG", "ACTIVE")
    assert office.alarms == []


def test_after_an_early_acceptance_the_load_may_still_be_this_side_of_the_border():
    office = Office().running(2)
    offer = str(office.offer())
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=offer, eyes_on=True)
    office.pass_minutes(1)
    office.must("KG-SCNBC/t.eam", "crossed", country="TJ")
    assert (office.part()["controller"], office.part()["territory"]) == ("KG-SCNBC", "TJ")
    office.pass_minutes(1)
    office.must("KG-SCNBC/t.eam", "crossed", country="KG")
    office.pass_minutes(1)
    office.must("KG-SCNBC/t.eam", "crossed", country="TJ")
    assert office.part()["state"] == "CROSSED_UNACCEPTED", "turned back over a border that it had crossed"


def test_off_the_way_it_is_said_how_somebody_there_can_act() -> None:
    office = Office().running(2)
    office.must(LEAD, "crossed", country="UZ")
    (alarm,) = office.board["alarms"]
    assert alarm["reason"].endswith(", which is off the way: the lead sends a route_change with a leg there, or nobody can act")
    assert "страны нет на маршруте" in (ALARMS.russian(alarm["reason"]) or "")
    report = {"originator": "TJ-DCA", "report_id": "1"}
    no = office.act(LEAD, "intervened", reason="опасность", report=report)
    assert no["mend"] == "no leg is there: the lead sends a route_change with one, then its authority and controller can act"
    voice = {"agency": "UZ-NCB", "person": "a.aliev", "means": "telephone", "code_word_checked": True}
    unknown = office.act(f"{CENTRE}/d.duty", "intervened", reason="опасность", report=report, by_voice=voice)
    assert (
        unknown["mend"] == "check the agency; one of a country off the way takes part once the lead sends a route_change with a leg there"
    )
    assert all(told(answer["reason"], answer["mend"]).mend for answer in (no, unknown))
    way = [{"country": "UZ", "number": 2, "authority": "UZ-NCB", "controller": "UZ-NCB"}, {**plan()["legs"][3], "number": 3}]
    office.must(LEAD, "route_change", reason="груз в Узбекистане", legs=way)
    office.must(f"{CENTRE}/d.duty", "intervened", reason="опасность", report=report, by_voice=voice)
    assert office.part()["phase"] == "INTERVENED"

"""On whose soil a handover was: where the load stands, until it crosses. Who has territory acts; who is in control follows."""

import pytest

from schemas.refusals import told
from tests.unit.deliveries.office import AUTHORITY, CENTRE, FOLLOWS, Office

LEAD, DUTY = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty"
KG, KZ = "KG-SCNBC/t.eam", "KZ-KNB/t.eam"
REPORT = {"originator": "TJ-DCA", "report_id": "2026-0117"}


def handed_over(office=None, leg=2, who=KG, **said):
    """Accepted as a phone does it: without a word on the country."""
    office = office or Office().running(2, 3)
    standing = str(office.offer())
    office.must(who, "receiver_in_place", leg=leg, eyes_on=True)
    office.must(who, "acceptance", leg=leg, offer=standing, eyes_on=True, **said)
    return office


def shown(office):
    part = office.part()
    return part["state"], part["controller"], part["territory"], part["leg"]


def test_who_accepts_on_the_givers_soil_is_in_control_there_and_the_giver_may_still_act():
    office = handed_over()
    assert shown(office) == ("ACTIVE", "KG-SCNBC", "TJ", 2)
    assert office.act(KG, "intervened", reason="?", report=REPORT)["status"] == "refused"
    office.must(LEAD, "intervened", reason="открыли груз", report=REPORT)


@pytest.mark.parametrize("word", ["crossed", "check_in", "position"])
def test_the_crossing_changes_the_territory_and_rings_nobody(word):
    office = handed_over()
    if word == "position":
        point = {"coordinates": {"lat": 42.46, "lon": 74.6}, "captured": office.now.isoformat(), "source": "tracker"}
        office.must(KG, "check_in", eyes_on=True, position=point)
    else:
        office.must(KG, word, country="KG", **({"eyes_on": True} if word == "check_in" else {}))
    assert shown(office) == ("ACTIVE", "KG-SCNBC", "KG", 2)
    assert office.alarms == []
    office.must(KG, "crossed", country="TJ")
    assert shown(office)[:3] == ("CROSSED_UNACCEPTED", None, "TJ"), "it entered, so it is no late word from this side"


def test_it_is_followed_on_past_its_own_country_only_when_accepted_there():
    office = handed_over()
    office.must(KG, "crossed", country="KZ")
    assert shown(office)[:3] == ("CROSSED_UNACCEPTED", None, "KZ")


def test_a_receiver_who_loses_and_finds_it_on_the_givers_soil_is_in_control_again():
    office = handed_over()
    office.must(KG, "control_lost")
    assert office.act(KG, "regained", country="UZ", eyes_on=True, seals_intact=True)["status"] == "refused"
    office.must(KG, "regained", country="TJ", eyes_on=True, seals_intact=True)
    assert shown(office) == ("ACTIVE", "KG-SCNBC", "TJ", 2)
    office.must(KG, "crossed", country="KG")
    assert office.alarms == ["control_lost"]
    office.must(KG, "control_lost")
    assert office.act(KG, "regained", country="TJ", eyes_on=True, seals_intact=True)["status"] == "refused", "it is in Kyrgyzstan by now"


def test_after_a_crossing_that_nobody_accepted_the_soil_is_the_receivers():
    office = Office().running(2)
    office.offer()
    office.must(LEAD, "crossed", country="KG")
    office.must(KG, "acceptance", leg=2, eyes_on=True)
    assert shown(office) == ("ACTIVE", "KG-SCNBC", "KG", 2)
    office.must(DUTY, "crossed", country="TJ")
    assert shown(office)[0] == "CROSSED_UNACCEPTED"


def test_the_hard_stop_is_here_once_the_consent_of_its_leg_is_taken_back_before_the_crossing():
    office = handed_over()
    office.must("KG-GP/p.rosecutor", "revocation", leg=2, reason="отозвано")
    assert office.part()["hard_stop"] == {"leg": 2, "country": "TJ", "exit": None, "here": True}


def offered_on(office):
    """Leg 2 was accepted on the soil of leg 1, and leg 3 is offered and awaited there."""
    standing = str(office.offer())
    office.must(KZ, "receiver_in_place", leg=3, eyes_on=True)
    return {"leg": 3, "offer": standing, "eyes_on": True}


@pytest.mark.parametrize("said", [{}, {"country": "TJ"}])
def test_what_is_offered_ahead_is_not_taken_over_two_borders_ahead(said):
    office = handed_over()
    acceptance = offered_on(office)
    answer = office.act(KZ, "acceptance", **acceptance, **said)
    assert (answer["status"], answer["field"]) == ("refused", "country")
    assert answer["reason"] == "part A is in TJ, and nobody has said that it reached KG: leg 3 comes after that"
    assert answer["mend"] == "report that it crossed into KG, or name the soil on which it was accepted"
    assert told(answer["reason"], answer["mend"]).reason == "часть A в TJ, и никто не сообщил, что она достигла KG: этап 3 — после этого"
    stands = answer["stands"]
    assert (stands["controller"], stands["territory"], stands["leg"], stands["offer"]) == ("KG-SCNBC", "TJ", 2, acceptance["offer"])
    office.must(KG, "crossed", country="KG")
    office.must(KZ, "acceptance", **acceptance)
    assert shown(office) == ("ACTIVE", "KZ-KNB", "KG", 3)


@pytest.mark.parametrize(("soil", "status"), [("KG", "applied"), ("KZ", "applied"), ("RU", "refused")])
def test_a_receiver_who_names_the_soil_says_that_it_has_got_there(soil, status):
    office = handed_over()
    assert office.act(KZ, "acceptance", **offered_on(office), country=soil)["status"] == status
    assert office.part()["territory"] == (soil if status == "applied" else "TJ")


def test_a_country_that_the_way_enters_twice_is_entered_by_its_first_leg_ahead():
    office = Office().running()
    legs = [
        {"number": number, "country": country, "authority": AUTHORITY[country], "controller": FOLLOWS[country]}
        for number, country in ((2, "KG"), (3, "KZ"), (4, "KG"))
    ]
    office.must(LEAD, "route_change", legs=legs, reason="через Кыргызстан дважды")
    office.pass_minutes(1)
    for number in (2, 4):
        office.must("KG-GP/p.rosecutor", "provisional_consent", leg=number, officer="полковник Асанов")
    office.must(LEAD, "crossed", country="KG")
    answer = office.act(KG, "acceptance", leg=4, eyes_on=True)
    assert (answer["status"], answer["reason"]) == ("refused", "part A is in KG by leg 2: leg 4 enters it again later")
    assert answer["stands"]["state"] == "CROSSED_UNACCEPTED"
    office.must(KG, "acceptance", leg=2, eyes_on=True)
    assert shown(office) == ("ACTIVE", "KG-SCNBC", "KG", 2)

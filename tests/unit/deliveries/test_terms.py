"""Conditions of consents hold against each other and against what was substituted: before the start, and for as long as it runs."""

import re
from datetime import timedelta

import pytest

from schemas.alarms import ALARMS
from streams.stages.deliveries.case import Leg, Part, Word
from streams.stages.deliveries.terms import CONFLICTS, conflicts
from tests.unit.deliveries.office import AUTHORISATION, CENTRE, INFORMED, Office

LEAD, DUTY = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty"
KG_AUTHORITY, KZ_AUTHORITY, KG = "KG-GP/p.rosecutor", "KZ-GP/p.rosecutor", "KG-SCNBC/t.eam"
SUBSTITUTION = {
    "by": "АКН",
    "taken_out": [{"substance": "heroin", "kg": "23", "uncertainty_kg": "0.02"}],
    "put_in": "муляж",
    "put_in_kg": "23",
    "seals": ["S-2"],
    "sample_custodian": "Эксперт",
}
POSTS = {"informed_posts": INFORMED}
CONTRADICT = "conditions contradict each other: "


def consent(office, who, leg, *terms):
    return office.must(who, "consent", leg=leg, authorisation=AUTHORISATION, terms=list(terms))


def ready(office, **said):
    return office.act(LEAD, "ready", **POSTS, **said)


def confirm(office, declared):
    return office.act(DUTY, "ready_confirmed", ready=declared["act"], deconfliction="clear")


def under_way(first=(), second=None, **said):
    """Running, leg 1 consented with terms, and leg 2 where they are given."""
    office = Office().requested()
    consent(office, LEAD, 1, *first)
    if second is not None:
        consent(office, KG_AUTHORITY, 2, *second)
    assert confirm(office, ready(office, **said))["status"] == "applied"
    office.must(LEAD, "start")
    return office


def offer(office):
    at = (office.now + timedelta(minutes=30)).isoformat()
    return office.act(LEAD, "offer", handover_at=at, place="Карамык")


def refused(answer, *words):
    assert answer["status"] == "refused", answer
    for word in words:
        assert word in f"{answer['reason']} {answer['mend']}", answer


@pytest.mark.parametrize(
    ("term", "said", "why"),
    [
        ("substitute", {}, "leg 2 substitute, the load was not substituted"),
        ("no_substitution", {"substitution": SUBSTITUTION}, "leg 2 no_substitution, the load was substituted"),
    ],
)
def test_ready_holds_the_conditions_against_the_substitution_that_it_declares(term, said, why):
    office = Office().requested().consented(1)
    consent(office, KG_AUTHORITY, 2, term)
    refused(ready(office, **said), CONTRADICT + why, "record what was substituted")
    other = {} if said else {"substitution": SUBSTITUTION}
    assert ready(office, **other)["status"] == "applied"


def test_a_consent_after_the_declaration_keeps_it_from_being_confirmed_and_from_starting():
    office = Office().requested().consented(1)
    declared = ready(office, substitution=SUBSTITUTION)
    consent(office, KG_AUTHORITY, 2, "no_substitution")
    refused(confirm(office, declared), CONTRADICT, "the load was substituted")
    consent(office, KG_AUTHORITY, 2)
    assert confirm(office, declared)["status"] == "applied"
    consent(office, KG_AUTHORITY, 2, "no_substitution")
    refused(office.act(LEAD, "start"), CONTRADICT)
    assert office.alarms == []


def test_a_consent_under_way_that_contradicts_another_is_taken_rings_lead_and_coordinator_and_closes_its_leg():
    office = under_way(["substitute"], substitution=SUBSTITUTION)
    consent(office, KG_AUTHORITY, 2, "no_substitution")
    assert office.part()["legs"][1]["consent"]["in_force"], "a state's word is its word"
    assert office.alarms == ["terms_conflict"]
    assert [each["agency"] for each in office.rings[-1]["told"]] == ["TJ-DCA", None]
    alarm = office.board["alarms"][0]
    assert (alarm["leg"], alarm["reason"].startswith(CONTRADICT + "leg 1 substitute, leg 2 no_substitution")) == (2, True)
    refused(offer(office), CONTRADICT + "leg 1 substitute, leg 2 no_substitution", "hold on this side")
    consent(office, KG_AUTHORITY, 2)
    assert offer(office)["status"] == "applied"


def test_it_is_held_against_what_was_substituted_even_where_no_other_leg_says_anything():
    office = under_way()
    consent(office, KG_AUTHORITY, 2, "substitute")
    assert office.alarms == ["terms_conflict"]
    refused(offer(office), "leg 2 substitute, the load was not substituted")


def test_an_offer_that_stands_is_not_accepted_once_a_consent_contradicts():
    office = under_way(["foreign_officers"], [])
    standing = offer(office)["act"]
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    consent(office, KG_AUTHORITY, 2, "no_foreign_officers")
    said = {"leg": 2, "offer": standing, "eyes_on": True}
    refused(office.act(KG, "acceptance", **said), "leg 1 foreign_officers, leg 2 no_foreign_officers", "hold on this side")
    assert office.part()["controller"] == "TJ-DCA"
    consent(office, KG_AUTHORITY, 2)
    office.must(KG, "acceptance", **said)


def test_conditions_count_once_the_lead_has_taken_them_over():
    office = under_way(["foreign_officers"])
    paper = AUTHORISATION | {"conditions": ["без иностранцев"]}
    word = office.must(KG_AUTHORITY, "conditional_consent", leg=2, authorisation=paper, terms=["no_foreign_officers"])
    assert office.alarms == []
    office.must(LEAD, "conditions_accepted", leg=2, consent=word["act"])
    assert office.alarms == ["terms_conflict"]


def test_what_is_to_be_seized_on_a_leg_goes_there_and_no_further():
    office = under_way([], ["seize_here"])
    consent(office, KZ_AUTHORITY, 3)
    assert office.alarms == ["terms_conflict"]
    standing = offer(office)["act"]
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    office.must(KG, "acceptance", leg=2, offer=standing, eyes_on=True, country="KG")
    at = (office.now + timedelta(minutes=30)).isoformat()
    refused(office.act(KG, "offer", handover_at=at, place="Кордай"), "leg 2 seize_here, leg 3 is consented")


def test_where_it_has_crossed_already_somebody_takes_control_although_conditions_contradict():
    office = under_way(["foreign_officers"], ["no_substitution"])
    consent(office, KG_AUTHORITY, 2, "no_foreign_officers")
    office.must(LEAD, "crossed", country="KG")
    office.must(KG, "acceptance", leg=2, eyes_on=True)
    assert office.part()["controller"] == "KG-SCNBC"
    assert "terms_conflict" in office.alarms


def test_the_window_before_the_handover_says_that_it_may_not_go():
    office = under_way(["foreign_officers"], [])
    offer(office)
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    consent(office, KG_AUTHORITY, 2, "no_foreign_officers")
    office.must(LEAD, "check_in", eyes_on=True)
    office.pass_minutes(10)
    (no_go,) = (alarm for alarm in office.board["alarms"] if alarm["kind"] == "no_go")
    assert no_go["reason"] == "no go: conditions contradict each other; hold on this side"


def test_every_contradiction_is_said_in_russian():
    known = [leg(number, terms) for number, terms in enumerate((["seize_here"], [one for pair in CONFLICTS for one in pair], []), 1)]
    part = Part("A", "ACTIVE", "TJ-DCA", "TJ-DCA", "TJ", 1, known)
    clashes = {clash for done in (True, False) for clash in conflicts(part, done)}
    assert len(clashes) == len(CONFLICTS) + 3
    for clash in clashes:
        told = ALARMS.russian(CONTRADICT + clash)
        assert told is not None
        assert not re.search("[a-z]", told), told


def leg(number, terms):
    return Leg(number, "TJ", "TJ-DCA", "TJ-DCA", {}, word=Word("CONSENTED", "CONSENTED", f"{number}", LEAD, 0, terms=terms))

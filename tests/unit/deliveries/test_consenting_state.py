"""Only the state that is entered consents: whatever the lead writes into the plan, and whoever claims to speak for its authority."""

import pytest

from tests.unit.deliveries.office import AUTHORISATION, CENTRE, DELIVERY, INFORMED, Office, form, plan

LEAD, DUTY = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty"
KG_AUTHORITY = "KG-GP/p.rosecutor"
FOREIGN = ("TJ-DCA", "SELEC", "KGB-XX")


def way(leg, **changes):
    return {**plan()["legs"][leg - 1], **changes}


def voice(agency, person):
    return {"agency": agency, "person": person, "means": "telephone", "code_word_checked": True}


def from_country(office, who, country, **said):
    """An act of an officer whose token names this country."""
    agency, person = who.split("/")
    by = {"agency": agency, "person": person, "role": "officer", "country": country}
    act = {"id": office.id(), "delivery": DELIVERY, "at": office.now.isoformat(), **said}
    office.take({"type": "act", "by": by, "act": act})
    return office.answers[-1]


def refused(answer, *words):
    assert answer["status"] == "refused", answer
    for word in words:
        assert word in f"{answer['reason']} {answer['mend']}", answer


@pytest.mark.parametrize("authority", FOREIGN)
def test_a_plan_names_no_authority_of_another_country(authority):
    office = Office()
    legs = [way(1), way(2, authority=authority), way(3), way(4)]
    answer = office.act(LEAD, "request", form=form(), plan={**plan(), "legs": legs})
    refused(answer, f"{authority} is no authority of KG", "name the one of KG")
    assert answer["field"] == "plan.legs[1]"


def test_neither_another_way_nor_a_split_brings_in_an_authority_of_another_country():
    office = Office().running()
    legs = [way(2, authority="TJ-DCA")]
    refused(office.act(LEAD, "route_change", legs=legs, reason="быстрее"), "TJ-DCA is no authority of KG")
    refused(office.act(LEAD, "split", into=[{"name": "B", "legs": legs}, {"name": "C"}]), "TJ-DCA is no authority of KG")
    refused(office.act(LEAD, "consent", leg=2, authorisation=AUTHORISATION), "only KG-GP consents")
    assert office.part()["legs"][1]["authority"] == "KG-GP"


@pytest.mark.parametrize(
    "word",
    [
        {"act": "consent", "authorisation": AUTHORISATION},
        {"act": "provisional_consent", "officer": "полковник Асанов"},
        {"act": "conditional_consent", "authorisation": AUTHORISATION | {"conditions": ["днём"]}},
        {"act": "refusal", "reason": "нет"},
        {"act": "revocation", "reason": "нет"},
    ],
)
def test_a_word_counts_from_an_officer_of_the_country_alone(word):
    office = Office().running(2)
    before = office.part()["legs"][1]["consent"]
    refused(from_country(office, KG_AUTHORITY, "TJ", leg=2, **word), "only an officer of KG", "another state")
    assert office.part()["legs"][1]["consent"] == before
    assert from_country(office, KG_AUTHORITY, "KG", leg=2, **word)["status"] == "applied"


def test_an_officer_whose_token_names_no_country_is_of_the_one_that_his_agency_is_called_by():
    office = Office().running()
    said = {"act": "consent", "leg": 2, "authorisation": AUTHORISATION}
    assert from_country(office, KG_AUTHORITY, None, **said)["status"] == "applied"


def test_by_voice_the_authority_consents_and_who_is_entered_for_another_country_does_not():
    office = Office().running()
    said = {"leg": 2, "officer": "полковник Асанов"}
    refused(office.act(DUTY, "provisional_consent", **said, by_voice=voice("TJ-DCA", "n.rahimov")), "only KG-GP consents")
    office.must(DUTY, "provisional_consent", **said, by_voice=voice("KG-GP", "p.rosecutor"))
    assert office.part()["legs"][1]["consent"]["by"] == KG_AUTHORITY


def test_who_follows_on_foreign_soil_by_its_states_consent_is_not_that_state():
    office = Office()
    legs = [way(1), way(2, controller="TJ-DCA")]
    said = form(("TJ", "KG"))
    request = office.must(LEAD, "request", form=said, plan={**plan(("TJ", "KG")), "legs": legs})
    office.must("TJ-DCA/f.saidov", "signature", request=request["act"])
    office.consented(1, 2)
    ready = office.must(LEAD, "ready", informed_posts=INFORMED)
    office.must(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "start")
    offer = str(office.offer())
    office.must(LEAD, "receiver_in_place", leg=2, eyes_on=True)
    office.must(LEAD, "acceptance", leg=2, offer=offer, eyes_on=True, country="KG")
    assert (office.part()["controller"], office.part()["territory"]) == ("TJ-DCA", "KG")
    strike = {"h_hour": office.now.isoformat(), "agencies": ["TJ-DCA"]}
    for by_voice in ({}, {"by_voice": voice("TJ-DCA", "n.rahimov")}):
        refused(office.act(DUTY if by_voice else LEAD, "strike", **strike, **by_voice), "the state having territory (KG)")
    stop = office.must("KG-GP/p.rosecutor", "stop_request", reason="патруль")["act"]
    office.must(LEAD, "resumed", stop=stop)
    assert office.part()["state"] == "STOP_REQUESTED", "the lead agrees for himself, not for Kyrgyzstan"
    office.must("KG-GP/p.rosecutor", "resumed", stop=stop)
    assert office.part()["state"] == "ACTIVE"

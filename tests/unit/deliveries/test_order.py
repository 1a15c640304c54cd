"""Messages that overtake each other come to one end."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.deliveries.office import AUTHORISATION, DELIVERY, Office

AUTHORITY = "KG-GP/p.rosecutor"
KINDS = {
    "consent": {"authorisation": AUTHORISATION},
    "provisional_consent": {"officer": "полковник Асанов"},
    "conditional_consent": {"authorisation": AUTHORISATION | {"conditions": ["днём"]}},
    "refusal": {"reason": "нет"},
}


def word(office, kind, number, minute):
    at = (office.now + timedelta(minutes=minute)).isoformat()
    return {"id": str(UUID(int=number)), "delivery": DELIVERY, "act": kind, "leg": 2, "at": at, **KINDS[kind]}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 3)), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_the_word_said_last_stands_in_whatever_order_words_come(words, random):
    ends = set()
    for _ in range(4):
        office = Office().requested()
        sent = [word(office, kind, number, minute) for number, (kind, minute) in enumerate(words, 1)]
        random.shuffle(sent)
        office.pass_minutes(10)
        for act in sent:
            office.send(AUTHORITY, act)
        consent = office.part()["legs"][1]["consent"]
        ends.add((consent["state"], consent["said"], consent["id"], consent["written_due"]))
    assert len(ends) == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("revoked", [1, 2])
def test_of_two_consents_of_one_instant_one_stands_whichever_is_taken_back_and_whatever_comes_first(order, revoked):
    office = Office().requested()
    words = [word(office, "consent", number, 0) for number in (1, 2)]
    revocation = {"id": str(UUID(int=3)), "delivery": DELIVERY, "act": "revocation", "leg": 2, "reason": "отозвано",
                  "consent": words[revoked - 1]["id"], "at": office.now.isoformat()}  # fmt: skip
    for index in order:
        office.pass_minutes(1)
        office.send(AUTHORITY, (*words, revocation)[index])
    consent = office.part()["legs"][1]["consent"]
    assert (consent["id"], consent["state"]) == (words[1]["id"], "CONSENTED" if revoked == 1 else "REVOKED")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_named_revocation_ends_its_consent_though_it_comes_first(order):
    office = Office().requested()
    first = word(office, "consent", 1, 1)
    second = word(office, "consent", 2, 2)
    revocation = {"id": str(UUID(int=3)), "delivery": DELIVERY, "act": "revocation", "leg": 2, "reason": "отозвано",
                  "consent": second["id"], "at": (office.now - timedelta(hours=6)).isoformat()}  # fmt: skip
    office.pass_minutes(10)
    for index in order:
        office.send(AUTHORITY, (first, second, revocation)[index])
    consent = office.part()["legs"][1]["consent"]
    assert (consent["id"], consent["state"]) == (second["id"], "REVOKED")


def test_a_revocation_where_the_load_is_stops_it():
    office = Office().running(2)
    consent = office.part()["legs"][0]["consent"]["id"]
    office.must("TJ-DCA/n.rahimov", "revocation", leg=1, consent=consent, reason="прокурор отозвал")
    assert office.part()["state"] == "STOP_REQUESTED"
    assert office.part()["hard_stop"]["here"]
    assert office.alarms == ["consent_revoked"]


@pytest.mark.parametrize("stop_first", [True, False])
def test_an_agreement_to_an_older_stop_resumes_nothing(stop_first):
    office = Office().running()
    first = office.must("RU-MVD/t.eam", "stop_request", reason="иная операция")["act"]
    agreed = {"id": office.id(), "delivery": DELIVERY, "act": "resumed", "stop": first, "at": office.now.isoformat()}
    second = {"id": office.id(), "delivery": DELIVERY, "act": "stop_request", "reason": "патруль", "at": office.now.isoformat()}
    for who, act in sorted([("TJ-DCA/n.rahimov", agreed), ("KZ-KNB/t.eam", second)], key=lambda each: (each[1] is second) != stop_first):
        office.send(who, act)
    # The lead alone has territory here: were nothing else at stake, his word would do.
    assert office.part()["state"] == "STOP_REQUESTED"


def test_two_who_claim_the_same_part_do_not_both_get_it():
    office = Office().running(2, 3)
    offer = str(office.offer())
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KZ-KNB/t.eam", "receiver_in_place", leg=3, eyes_on=True)
    claims = [
        office.act(f"{agency}/t.eam", "acceptance", leg=leg, offer=offer, eyes_on=True) for agency, leg in (("KZ-KNB", 3), ("KG-SCNBC", 2))
    ]
    assert [claim["status"] for claim in claims] == ["refused", "applied"]
    again = office.act("KG-SCNBC/s.econd", "acceptance", leg=2, offer=offer, eyes_on=True)
    assert "on leg 2 already, with KG-SCNBC in control" in again["reason"]

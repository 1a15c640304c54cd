"""What a handover act says was handed over: the load as it was then, not as it was asked for, nor as it is when the act is printed."""

from typing import Any

from streams.documents.handover_act import handover_act
from streams.documents.wording import say
from tests.unit.deliveries.office import CENTRE, INFORMED, Office
from tests.unit.documents.test_documents_after import GIVER, STAMP, TAKER, report, text

SUBSTITUTION = {
    "by": "АКН, Душанбе",
    "taken_out": [{"substance": "heroin", "kg": "23.8", "uncertainty_kg": "0.01"}],
    "put_in": "мел / chalk",
    "put_in_kg": "23.8",
    "seals": ["NEW-1"],
    "sample_custodian": "эксперт Лабин",
}


def substituted() -> Office:
    office = Office().requested().consented(1, 2)
    ready = office.must(GIVER, "ready", informed_posts=INFORMED, substitution=SUBSTITUTION)
    office.must(f"{CENTRE}/d.duty", "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(GIVER, "start")
    return office


def accepted(office: Office, **said: Any) -> str:
    offer = office.offer()
    office.must(TAKER, "receiver_in_place", leg=2, eyes_on=True)
    done = office.must(TAKER, "acceptance", leg=2, offer=str(offer), eyes_on=True, seals_intact=True, country="KG", **said)
    return str(done["act"])


def test_a_substituted_load_is_not_signed_for_as_the_load_that_was_asked_for() -> None:
    office = substituted()
    act = accepted(office)
    found = text(handover_act(report(office), [act], STAMP))
    assert f"{say('booked', 'both')} heroin 0,2 ± " in found, "what was booked then, though nobody weighed"
    assert say("goods_asked", "both") in found
    for replaced in ("мел / chalk", "эксперт Лабин", "АКН, Душанбе", "heroin 23,8 ± 0,01 кг", "NEW-1"):
        assert replaced in found


def test_the_act_of_an_offer_says_what_is_to_be_handed_over_now() -> None:
    office = substituted()
    offer = str(office.offer())
    found = text(handover_act(report(office), [offer], STAMP))
    assert f"{say('booked', 'both')} heroin 0,2 ± " in found


def test_seals_that_were_put_on_later_are_not_those_of_an_earlier_handover() -> None:
    office = substituted()
    act = accepted(office)
    office.pass_minutes(5)
    office.must(TAKER, "check_in", eyes_on=True, seals=["LATER-9"])
    found = text(handover_act(report(office), [act], STAMP))
    assert "NEW-1" in found
    assert "LATER-9" not in found


def test_a_weight_that_is_booked_later_is_not_that_of_an_earlier_handover() -> None:
    office = substituted()
    act = accepted(office)
    taken = {"substance": "heroin", "kg": "0.05", "uncertainty_kg": "0.0001"}
    office.must(TAKER, "evidence", item="S-9", entry="sampled", part="A", taken=taken)
    assert office.part()["mass"]["heroin"]["kg"] == "0.15"
    assert f"{say('booked', 'both')} heroin 0,2 ± " in text(handover_act(report(office), [act], STAMP))

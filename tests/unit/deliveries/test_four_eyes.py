"""Four eyes are two persons, also where one of them enters for the other by voice."""

from random import Random, SystemRandom

import pytest

from tests.unit.deliveries import openings
from tests.unit.deliveries.office import CENTRE, INFORMED, Office

LEAD, DUTY, SUPER = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty", f"{CENTRE}/s.super"
BY_VOICE = {"agency": "TJ-DCA", "person": "n.rahimov", "means": "telephone", "code_word_checked": True}


@pytest.fixture
def declared():
    """The lead's declaration, entered by the coordinator on duty."""
    office = Office().requested().consented(1)
    entry = office.must(DUTY, "ready", informed_posts=INFORMED, by_voice=BY_VOICE)["act"]
    return office, entry


def test_who_entered_the_declaration_by_voice_does_not_confirm_it_too(declared):
    office, entry = declared
    answer = office.act(DUTY, "ready_confirmed", ready=entry, deconfliction="clear")
    assert answer["status"] == "refused"
    assert "CARICC/d.duty entered the declaration himself, by voice" in answer["reason"]
    assert office.board["status"] == "declared"
    office.must(SUPER, "ready_confirmed", ready=entry, deconfliction="clear")


def test_once_the_officer_has_given_his_word_to_it_he_confirms_it(declared):
    office, entry = declared
    office.must(LEAD, "voice_confirmed", entry=entry, agrees=True)
    office.must(DUTY, "ready_confirmed", ready=entry, deconfliction="clear")


def test_random_openings_start_nothing_that_two_persons_did_not_sign_and_confirm():
    seed = SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    reached = set()
    for each in range(seed, seed + 60):
        opening = openings.Opening(Random(each))
        opening.run(20)
        reached.add(opening.status)
    assert {"draft", "ready", "running"} & reached >= {"running"}

"""Within how long an oral consent is confirmed in writing is each state's own: what its entry of the directory says."""

from copy import deepcopy
from datetime import datetime, timedelta

import pytest

from schemas.refusals import told
from streams.stages.deliveries.case import Word
from streams.stages.deliveries.consents import strictest
from tests.unit.deliveries.office import AUTHORISATION, AUTHORITY, CENTRE, FOLLOWS, Office

LEAD, DUTY, KG = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty", "KG-GP/p.rosecutor"


def office(**terms):
    made = Office()
    made.terms = terms
    return made


def orally(made):
    made.must(KG, "provisional_consent", leg=2, officer="полковник Асанов")
    return datetime.fromisoformat(made.part()["legs"][1]["consent"]["written_due"]) - made.now


def planned(made):
    leg = made.part()["legs"][1]
    return made.board["plans"][leg["plan"]].get("written_due_hours")


def leg(country, number, **changes):
    return {"country": country, "number": number, "authority": AUTHORITY[country], "controller": FOLLOWS[country], **changes}


@pytest.mark.parametrize(
    ("terms", "asked", "hours"),
    [
        ({}, {}, 72),
        ({"KG-GP": 24.0}, {}, 24),
        ({"KG-GP": 96.0}, {}, 96),
        ({"KZ-GP": 24.0}, {}, 72),
        ({"KG-GP": 24.0}, {"written_due_hours": 12}, 12),
        ({"KG-GP": 24.0}, {"written_due_hours": 720}, 24),
        ({}, {"written_due_hours": 720}, 72),
    ],
)
def test_the_term_is_the_authoritys_own_and_whoever_plans_can_only_ask_for_less(terms, asked, hours):
    made = office(**terms).requested(**asked)
    assert planned(made) == (hours if hours != 72 else None), "the leg says what its clock goes by"
    assert orally(made) == timedelta(hours=hours)


def test_it_is_warned_of_and_expires_at_the_legs_own_term():
    made = office(**{"KG-GP": 12.0}).requested().consented(1)
    orally(made)
    made.pass_minutes(11 * 60)
    warned = [event["what"]["hours"] for event in made.events if event["kind"] == "consent_ends"]
    assert warned == [6, 1]
    made.pass_minutes(60)
    consent = made.part()["legs"][1]["consent"]
    assert (consent["state"], consent["in_force"]) == ("EXPIRED", False)


def test_a_written_consent_in_time_stands():
    made = office(**{"KG-GP": 12.0}).requested().consented(1)
    orally(made)
    made.pass_minutes(11 * 60)
    made.must(KG, "consent", leg=2, authorisation=AUTHORISATION)
    made.pass_minutes(24 * 60)
    assert made.part()["legs"][1]["consent"]["state"] == "CONSENTED"


def test_a_change_of_the_way_brings_the_terms_of_those_on_it():
    made = office().running()
    made.terms = {"KZ-GP": 6.0}
    made.must(LEAD, "route_change", legs=[leg("KZ", 2, entry={"name": "Кордай"}), leg("RU", 3)], reason="отказ")
    assert planned(made) == 6
    made.must("KZ-GP/p.rosecutor", "provisional_consent", leg=2, officer="полковник Ахметов")
    due = datetime.fromisoformat(made.part()["legs"][1]["consent"]["written_due"])
    assert due - made.now == timedelta(hours=6)


def test_a_word_that_stands_keeps_the_term_that_it_was_given_with():
    made = office(**{"KG-GP": 24.0}).running()
    orally(made)
    due = made.part()["legs"][1]["consent"]["written_due"]
    made.terms = {"KG-GP": 700.0}
    made.must(LEAD, "route_change", legs=[leg("KG", 2), leg("KZ", 3)], reason="другое время")
    consent = made.part()["legs"][1]["consent"]
    assert (consent["state"], consent["written_due"]) == ("PROVISIONAL", due)


def test_the_same_act_is_the_same_whatever_the_directory_says_meanwhile():
    made = office().running()
    said = {"id": made.id(), "delivery": "TJ-DCA/CD-1", "at": made.now.isoformat(), "act": "route_change"}
    said |= {"legs": [leg("KG", 2), leg("KZ", 3)], "reason": "другое время"}
    assert made.send(LEAD, said)["status"] == "applied"
    made.terms = {"KG-GP": 24.0}
    assert made.send(LEAD, said)["status"] == "repeated"
    assert planned(made) is None


def test_a_written_consent_entered_by_voice_is_told_the_legs_own_term_in_both_languages():
    made = office(**{"KG-GP": 36.0}).requested()
    voice = {"agency": "KG-GP", "person": "p.rosecutor", "means": "telephone", "code_word_checked": True}
    answer = made.act(DUTY, "consent", leg=2, authorisation=AUTHORISATION, by_voice=voice)
    assert answer["mend"] == "enter it as provisional_consent; the written one is due within 36 hours"
    assert told(answer["reason"], answer["mend"]).mend == "внесите как устное согласие; письменное нужно в течение 36 ч"


def test_an_oral_consent_that_is_given_again_and_again_is_due_in_writing_when_the_first_was():
    made = office().requested().consented(1)
    orally(made)
    made.pass_minutes(71 * 60)
    assert orally(made) == timedelta(hours=1)
    made.pass_minutes(60)
    assert made.part()["legs"][1]["consent"]["state"] == "EXPIRED"
    no = made.act(KG, "provisional_consent", leg=2, officer="полковник Асанов")
    assert (no["reason"], no["mend"]) == ("the written consent was due already", "send the written one")
    made.must(KG, "consent", leg=2, authorisation=AUTHORISATION)
    assert made.part()["legs"][1]["consent"]["in_force"]


def test_of_another_way_an_oral_consent_is_a_first_one():
    made = office().requested().consented(1)
    orally(made)
    made.pass_minutes(71 * 60)
    way = [leg("KG", 2, exit={"crossing": "Korday"}), leg("KZ", 3), leg("RU", 4)]
    made.must(LEAD, "route_change", legs=way, reason="дорога закрыта")
    made.now += timedelta(seconds=1)
    assert orally(made) == timedelta(hours=72)


def test_after_a_written_consent_an_oral_one_is_a_first_one():
    made = office().requested().consented(1)
    orally(made)
    made.pass_minutes(24 * 60)
    made.must(KG, "consent", leg=2, authorisation=AUTHORISATION)
    made.pass_minutes(72 * 60)
    made.must(KG, "revocation", leg=2, reason="отозвано")
    made.pass_minutes(60)
    assert orally(made) == timedelta(hours=72)


def test_the_first_oral_consent_counts_though_it_comes_after_the_second():
    made = office().requested().consented(1)
    said = made.now
    made.pass_minutes(24 * 60)
    orally(made)
    late = made.act(KG, "provisional_consent", leg=2, officer="полковник Асанов", at=said.isoformat())
    assert late["status"] == "refused"
    assert "a later word" in late["reason"]
    consent = made.part()["legs"][1]["consent"]
    assert datetime.fromisoformat(consent["written_due"]) - said == timedelta(hours=72)
    made.pass_minutes(48 * 60)
    assert made.part()["legs"][1]["consent"]["state"] == "EXPIRED"


def test_one_word_for_every_part_counts_where_nothing_later_stands():
    made = office().running(2)
    half = [{"substance": "heroin", "kg": "12", "uncertainty_kg": "0.02"}]
    made.must(LEAD, "split", into=[{"name": name, "goods": half} for name in "BC"])
    said = made.now
    made.pass_minutes(5)
    made.must(KG, "refusal", part="B", leg=2, reason="нет")
    made.must(KG, "consent", leg=2, authorisation=AUTHORISATION, at=said.isoformat())
    assert [made.part(name)["legs"][1]["consent"]["state"] for name in "BC"] == ["REFUSED", "CONSENTED"]


def in_writing(made, at):
    """The written consent of that time, received now."""
    return made.act(KG, "consent", leg=2, authorisation=AUTHORISATION, at=at.isoformat())


def twice_orally(made):
    """An oral consent at the beginning, another a day later; the time between them."""
    orally(made)
    between = made.now + timedelta(hours=1)
    made.pass_minutes(24 * 60)
    orally(made)
    return made, between


@pytest.mark.parametrize("received", [30, 73], ids=["before the first is due", "after it ran out"])
def test_a_written_consent_to_the_first_oral_one_makes_the_second_a_first_whenever_it_is_received(received):
    made, between = twice_orally(office().requested().consented(1))
    second = made.now
    made.pass_minutes((received - 24) * 60)
    late = in_writing(made, between)
    assert (late["status"], late["reason"]) == ("refused", f"a later word of {KG} stands on leg 2: PROVISIONAL")
    consent = made.part()["legs"][1]["consent"]
    assert (consent["state"], consent["in_force"]) == ("PROVISIONAL", True)
    assert datetime.fromisoformat(consent["written_due"]) - second == timedelta(hours=72)
    assert made.part()["hard_stop"]["leg"] == 2
    made.pass_minutes(96 * 60)
    assert made.part()["legs"][1]["consent"]["state"] == "EXPIRED"


def test_a_consent_that_is_in_force_again_says_so_in_the_timeline_and_is_warned_of_anew():
    made, between = twice_orally(office().requested().consented(1))
    made.pass_minutes(49 * 60)
    told = len(made.events)
    in_writing(made, between)
    consent = made.part()["legs"][1]["consent"]
    (line,) = made.events[told:]
    assert (line["kind"], line["by"], line["leg"]) == ("provisional_consent", None, 2)
    assert line["what"]["consent"] == consent["id"]
    made.pass_minutes(22 * 60)
    assert [event["what"]["hours"] for event in made.events[told:] if event["kind"] == "consent_ends"] == [6, 1]


def test_a_written_consent_that_comes_when_the_second_term_is_over_too_brings_nothing_back():
    made, between = twice_orally(office().requested().consented(1))
    made.pass_minutes(73 * 60)
    in_writing(made, between)
    assert made.part()["legs"][1]["consent"]["state"] == "EXPIRED"


def test_what_was_taken_back_is_not_in_force_again_by_what_is_received_late():
    made, between = twice_orally(office().requested().consented(1))
    made.pass_minutes(49 * 60)
    made.must(KG, "revocation", leg=2, consent=made.part()["legs"][1]["consent"]["id"], reason="отозвано")
    in_writing(made, between)
    assert made.part()["legs"][1]["consent"]["state"] == "REVOKED"


def test_of_parts_that_became_one_no_word_that_ran_out_is_in_force_again_without_the_others():
    first = Word("EXPIRED", "PROVISIONAL", "1", KG, 5, written_due=9)
    assert strictest([first, Word("CONSENTED", "CONSENTED", "2", KG, 6, terms=["no_split"])]).written_due is None
    assert strictest([first, deepcopy(first)]).written_due == 9


def test_a_written_consent_opens_the_way_that_an_oral_one_had_closed_by_running_out():
    made = office().running()
    orally(made)
    made.pass_minutes(72 * 60)
    made.must(LEAD, "regained", country="TJ", eyes_on=True, seals_intact=True)
    assert (made.part()["hard_stop"]["leg"], "consent_expired" in made.alarms) == (1, True)
    made.must(KG, "consent", leg=2, authorisation=AUTHORISATION)
    assert made.part()["hard_stop"]["leg"] == 2
    alarm = next(alarm for alarm in made.board["alarms"] if alarm["kind"] == "consent_expired")
    made.must(LEAD, "alarm_resolved", alarm=alarm["id"], reason="согласие получено")
    made.offer()

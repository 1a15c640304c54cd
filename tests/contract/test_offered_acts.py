"""What the board offers, shows and counts down. The pages' own code decides, in Node (tests/contract/forms/offered.ts)."""

import json
from typing import Any

import pytest

from streams.stages.deliveries.states import RULES
from tests.contract.pages import printed
from tests.unit.deliveries.office import INFORMED, Office
from tests.unit.deliveries.test_calling import LEAD

Json = dict[str, Any]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What tests/contract/forms/offered.ts prints, given a load that was held before its start."""
    office = Office().requested().consented(1)
    ready = office.must(LEAD, "ready", informed_posts=INFORMED)
    office.must("CARICC/d.duty", "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "stop_request", reason="патруль")
    office.must(LEAD, "held", place="склад", guard="двое")
    return printed("offered", tmp_path_factory.mktemp("offered"), json.dumps(office.board))


def test_the_next_handover_counts_down_by_whichever_time_is_planned(shown: Json) -> None:
    hour = "2026-03-18T{:02}:00:00.000Z".format
    assert shown["handover"] == {"exit": [hour(9)], "entry": [hour(10)], "offered": [hour(11)], "none": [], "nobody": []}


def test_the_phone_says_in_which_country_the_load_is_in_sight_again(shown: Json) -> None:
    assert shown["in_sight_again"] == {
        "on_its_leg": ["TJ"],
        "accepted_on_the_givers_soil": ["TJ", "KG"],
        "crossed": ["KG", "TJ"],
        "the_next": ["KG"],
        "a_third": [],
        "not_lost": [],
    }


def test_the_latest_reply_counts_down_until_all_have_answered_or_it_is_late_under_way(shown: Json) -> None:
    counted = {name for name, counts in shown["reply"].items() if counts}
    assert counted == {"asked", "under_way", "late_before_the_start"}


def test_of_many_alarms_of_a_part_the_one_that_rings_next_counts_down(shown: Json) -> None:
    assert shown["ring"] == [["A", 4], [None, 5], ["B", 7]]


def test_what_is_kept_in_can_be_let_out_whatever_became_of_its_alarm(shown: Json) -> None:
    assert shown["lets_out"] == {"alarm_resolved": True, "embargo": True, "nothing_kept": False}


def test_the_lead_gives_up_before_the_start_and_then_whoever_has_the_soil(shown: Json) -> None:
    assert shown["gives_up"] == {
        "before_the_start": [True, True, True],
        "a_draft": True,
        "another_party_before": False,
        "on_its_soil": True,
        "lead_abroad_after": False,
    }


def test_an_alarm_of_a_closed_delivery_stays_in_sight_until_it_is_resolved(shown: Json) -> None:
    assert shown["open"] == ["TJ-DCA/duress", "TJ-DCA/open"]
    assert shown["alarms"] == [["TJ-DCA/duress", "s1"]]


def test_the_list_has_no_closed_delivery_and_the_page_asks_for_those_with_an_alarm(shown: Json) -> None:
    assert sorted(shown["listed_again"]) == ["TJ-DCA/duress", "TJ-DCA/unseen"]


def test_an_alarm_is_felt_by_whoever_lost_the_load_and_whoever_is_called_to_strike(shown: Json) -> None:
    assert shown["felt_by"] == {
        "controller": True,
        "who_lost_it": True,
        "the_next": True,
        "striker": True,
        "another": False,
        "ended": False,
        "called_off": True,
        "of_its_part": True,
        "of_another_part": False,
        "of_all": True,
    }


def test_the_phone_reads_the_alarms_of_its_part_first_and_of_these_the_newest(shown: Json) -> None:
    assert shown["read_first"] == ["all", "a", "b"]


def test_the_phone_says_when_the_load_must_be_seen_where_that_is_before_the_next_word(shown: Json) -> None:
    assert shown["to_be_seen"] == [True, False, True, False]


def test_what_is_surely_refused_to_the_officer_is_not_offered(shown: Json) -> None:
    assert shown["surely_refused"] == {
        "offer_past_the_hard_stop": False,
        "offer": True,
        "take_over_beyond_it": False,
        "take_over": True,
        "split_while_offered": False,
        "split": True,
        "held_before_the_start": ["aborted"],
        "strike": True,
        "goes_on": {"TJ-DCA": False, "TJ-GP": True, "KG-GP": True, "KG-SCNBC": False},
        "signs": [False, True],
    }


def test_a_strike_that_is_set_can_be_called_off_and_what_was_seized_be_weighed(shown: Json) -> None:
    assert shown["struck"] == {"called_off": True, "none_set": False}
    assert shown["weighed"] == [True, False]


def test_what_the_lead_or_the_coordinator_must_see_to_first_is_said_in_place_of_an_act_that_would_be_refused(shown: Json) -> None:
    assert shown["waits"] == {
        "to_close": [True, []],
        "by_an_alarm": [False, ["d_waits_alarms 2"]],
        "by_an_item": [False, ["d_waits_items S-1"]],
        "not_by_what_the_watchers_hear": [True, []],
        "to_confirm": [True, []],
        "by_a_post": [False, ["d_waits_posts 1"]],
        "by_the_answer": [False, ["d_waits_answer"]],
        "by_ones_own_entry": [False, ["d_waits_another"]],
        "not_by_anothers": [True, []],
        "declares": [["clear", "arranged"], ["arranged"]],
    }


def test_stop_is_offered_as_long_as_the_rules_take_it(shown: Json) -> None:
    assert set(shown["stoppable"]) == RULES["stop_request"].statuses

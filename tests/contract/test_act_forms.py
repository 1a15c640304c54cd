"""The board asks for every act of the language, and what it makes of a filled form is an act; likewise the request form.

The pages' own code runs, in Node: what a browser adds are the inputs.
"""

from typing import Any, get_args

import pytest

from schemas.acts import ACT, Act
from streams.stages.deliveries.opening import missing
from streams.stages.deliveries.states import NEVER_BY_VOICE
from tests.contract.pages import printed

ACTS: frozenset[str] = frozenset(get_args(model.model_fields["act"].annotation)[0] for model in get_args(get_args(Act)[0]))

ASKED_BY_THE_PAGE = {"conditional_consent bare", "room bare", "watch bare"}
"""A condition and a member are asked for one way or another, which no field alone can say: the page says it before anything is sent."""

Json = dict[str, Any]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What tests/contract/forms/fill.ts prints."""
    return printed("fill", tmp_path_factory.mktemp("forms"))


def test_every_act_has_a_form_or_a_stated_reason_for_none(filled: Json) -> None:
    made = {act["act"] for act in filled["acts"].values()}
    assert made | set(filled["reasons"]) == ACTS
    assert not made & set(filled["reasons"])
    assert all(len(why) > 20 for why in filled["reasons"].values())


def test_a_filled_form_makes_an_act(filled: Json) -> None:
    for name, act in filled["acts"].items():
        if name not in ASKED_BY_THE_PAGE:
            assert ACT.validate_python(act).delivery == "TJ-DCA/CD-1", name


def test_the_page_finds_nothing_wrong_with_what_the_language_takes(filled: Json) -> None:
    assert set(filled["wrong"]) == ASKED_BY_THE_PAGE, filled["wrong"]


def test_a_form_that_is_filled_whole_says_all_that_its_act_can(filled: Json) -> None:
    # Messages of the room and their attachments are written where they are read, not in this dialog.
    silent = {"by_voice", "note", "sent", "id", "at", "delivery", "part", "act", "says", "attachments", "originals"}
    rest: dict[str, set[str]] = {}
    for name, act in filled["acts"].items():
        if name.endswith("whole"):
            known = set(type(ACT.validate_python(act)).model_fields)
            rest[act["act"]] = rest.get(act["act"], known - silent) - set(act)
    # Duress is given on the phone, where nobody sees it; messages of the room are written where they are read.
    assert {name: fields for name, fields in rest.items() if fields} == {"check_in": {"duress", "word"}}


def test_a_change_of_the_way_names_the_present_leg_only_where_it_is_another(filled: Json) -> None:
    routes = filled["routes"]
    assert {name: [leg["number"] for leg in legs] for name, legs in routes.items()} == {
        "as_it_stands": [2, 3],
        "another_exit": [1, 2, 3],
        "another_time": [1, 2, 3],
    }
    assert filled["same"] == [["legs", "e_same_way"]]
    assert routes["another_exit"][0]["exit"]["crossing"] == "Кызыл-Бель"
    assert routes["another_time"][0]["exit"] == {"country": "TJ", "crossing": "Карамык"}


def test_only_the_controller_is_asked_which_seals_it_bears(filled: Json) -> None:
    assert filled["seals"] == {"controller": True, "another": False, "heard_by_voice": True}


def test_what_is_never_entered_by_voice_is_not_offered_so(filled: Json) -> None:
    # A consent by voice is a provisional one; alarms have buttons of their own.
    silent = {"consent", "conditional_consent", "alarm_acknowledged", "alarm_resolved"}
    assert set(filled["voice"]) == ACTS - NEVER_BY_VOICE - silent


def test_a_request_is_an_act_and_says_what_it_lacks_as_the_stage_does(filled: Json) -> None:
    for name, request in filled["requests"].items():
        said = ACT.validate_python(request)
        assert said.act == "request"
        lacking = {field.removeprefix("form.") for field in missing(said.form)} | ({"plan.goods"} if not said.plan.goods else set())
        assert set(filled["lacking"][name]) == lacking
    assert filled["lacking"]["whole"] == []


def test_a_draft_that_is_opened_and_sent_again_says_the_same(filled: Json) -> None:
    first, again = filled["requests"]["whole"], filled["again"]
    assert ACT.validate_python(again | {"id": first["id"]}) == ACT.validate_python(first)


def test_grams_become_kilograms_digit_by_digit(filled: Json) -> None:
    assert filled["grams"] == ["0.25", "0.001", "1.2505", "0", "12", "0.0001"]

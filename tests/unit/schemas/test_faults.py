"""What is wrong with a field is told in Russian too, whoever says it: the language, pydantic or the gateway."""

import json
import re

import pytest
from pydantic import ValidationError
from pydantic_core._pydantic_core import list_all_errors

from schemas import faults, problems, refusals
from schemas.acts import ACT
from schemas.refusals import told
from tests.said import ROOT, Source, argument, calls

LANGUAGE = (
    "acts",
    *(f"{name}.py" for name in ("bounds", "consignment", "delivery", "directory", "handling", "places", "request", "watching")),
)
ROUTES = tuple(f"streams/gateway/{name}.py" for name in ("asking", "deliveries", "directory", "shift"))
FOR_MACHINES = {"publish.py", "positions.py", "uploads.py"}
"""What senders' programs and devices call; of an upload the page has a word of its own for each code."""

TYPES = {"string", "bool", "int", "float", "list", "tuple", "dict", "model", "model_attributes"} | {
    "date",
    "datetime",
    "time",
    "uuid",
    "decimal",
}
"""What fields of an act, an edit or a plan hold."""

PYDANTIC = (
    problems._MENDS.keys()
    | {f"{name}_{what}" for name in TYPES for what in ("type", "parsing")}
    | {
        "date_from_datetime_parsing",
        "datetime_from_date_parsing",
    }
)


def test_what_the_language_says_of_a_field_is_in_the_table() -> None:
    said = Source(*(f"schemas/{path}" for path in LANGUAGE)).said(
        lambda call: [argument(call, 0, "") if calls(call, "ValueError") else None]
    )
    assert said.sentences == set(faults.OURS)


def test_what_the_gateway_says_of_a_body_is_in_the_table() -> None:
    def told_there(place: int, name: str) -> set[str]:
        return Source(*ROUTES).said(lambda call: [argument(call, place, name) if calls(call, "Problem") else None]).sentences

    assert told_there(1, "reason") == set(faults.WAYS)
    theirs = told_there(2, "mend")
    assert theirs <= faults.MENDS.keys() | refusals.MENDS.keys()
    assert {*problems._MENDS.values(), problems._PARSING} | (theirs - refusals.MENDS.keys()) == set(faults.MENDS)


def test_what_the_gateway_says_of_a_call_is_in_the_table() -> None:
    paths = [f"streams/gateway/{path.name}" for path in (ROOT / "streams/gateway").glob("*.py") if path.name not in FOR_MACHINES]
    said = Source(*paths).said(lambda call: [argument(call, 1, "detail") if calls(call, "Refusal", "problem") else None])
    assert said.sentences - {"there is no such delivery"} == set(faults.CALLS)
    why = "not verified for 91 days, 90 are allowed"
    stale = f"The entry of KG-DCS is stale: {why}. Have it verified, or add stale=true: the form then says so."
    assert faults.CALLED.russian(stale) == (
        "Запись KG-DCS устарела: не подтверждалась 91 дн., допустимо 90. Пусть её подтвердят, или печатайте с пометкой об этом."
    )
    shown = json.loads((ROOT / "streams/dashboard/src/shift-texts.json").read_text())
    assert {name: shown[f"role_{name}"]["ru"] for name in faults.ROLES} == faults.ROLES


@pytest.mark.parametrize("error", [one for one in list_all_errors() if one["type"] in PYDANTIC], ids=lambda error: error["type"])
def test_what_pydantic_says_is_told(error: dict[str, str]) -> None:
    found = told(error["example_message_python"], None)
    assert found.reason is not None, error["example_message_python"]
    assert found.code is None
    assert re.search("[а-я]", found.reason)


def test_an_act_that_cannot_be_read_is_told_in_russian() -> None:
    offer = {"act": "offer", "id": "7", "delivery": "TJ-DCA/1", "at": "2026-03-18T04:30:00", "reason": ["x"]}
    with pytest.raises(ValidationError) as refused:
        ACT.validate_python(offer)
    found = problems.problems(refused.value)
    assert len(found) > 4
    for one in found:
        words = told(one.reason, one.mend)
        assert words.reason, one.reason
        assert words.mend or not one.mend, one.mend
    assert told("Input should be 'none', 'partial' or 'full'", None).reason == "должно быть одно из: 'none', 'partial' или 'full'"
    other = "form.exercise is true, and this space is real"
    assert told(other, None).reason == "поле form.exercise — да, а это пространство — настоящее"

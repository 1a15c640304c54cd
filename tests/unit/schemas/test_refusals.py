"""Every refusal of the stages that officers speak with has a code and is told in Russian too."""

import ast
import re

import pytest

from schemas import refusals, refusals_elsewhere
from schemas.delivery_names import POSTS, STATES
from schemas.refusals import told
from streams.stages.deliveries.acting import RIGHTS
from streams.stages.deliveries.case import Part
from tests.said import Node, Said, Source, argument, calls

REASONS, MENDS = refusals.REASONS | refusals_elsewhere.REASONS, refusals.MENDS | refusals_elsewhere.MENDS
DELIVERIES = "streams/stages/deliveries"
ELSEWHERE = ("streams/planning/editing.py", "streams/planning/itinerary.py", "streams/stages/directory.py", "streams/stages/duty.py")
PART = Part("A", "ACTIVE", None, "TJ-DCA", "TJ", 1, [])
STEWARDS = {"unreadable", "the fictional directory is for exercise spaces alone"}
"""In dead letters alone, which officers do not read."""


def said(path: str, place: int, name: str, *calling: str) -> Said:
    """What the calls that refuse say there, and the answers that do."""

    def which(node: Node) -> list[ast.expr | None]:
        refuses = calls(node, *calling) or (isinstance(node, ast.Dict) and is_refused(node))
        return [argument(node, place, name)] if refuses else []

    return Source(path).said(which)


def is_refused(answer: ast.Dict) -> bool:
    status = argument(answer, -1, "status")
    return isinstance(status, ast.Constant) and status.value == "refused"


def elsewhere(place: int, name: str) -> Said:
    found = [said(path, place, name, "_no", "Problem") for path in ELSEWHERE]
    return Said(set[str]().union(*(each.sentences for each in found)) - STEWARDS, set[str]().union(*(each.words for each in found)))


def test_every_refusal_of_the_deliveries_has_a_code_and_both_texts() -> None:
    reasons = said(DELIVERIES, 0, "reason", "No", "Late").sentences
    ours = reasons - {"there is no such delivery"}  # a 404
    assert {english for english, _ in refusals.REASONS.values()} == ours
    assert len(ours) > 90
    assert set(refusals.MENDS) == said(DELIVERIES, 1, "mend", "No", "Late").sentences


def test_what_the_stage_says_within_a_refusal_is_known() -> None:
    words = said(DELIVERIES, 0, "reason", "No", "Late").words | said(DELIVERIES, 1, "mend", "No", "Late").words
    assert words - STATES.keys() - POSTS.keys() - {"{} {} kg"} <= refusals.WORDS.keys()
    assert {right[1](PART) for right in RIGHTS.values()} <= refusals.WORDS.keys() | {"the state having territory (TJ)"}
    clashing = "conditions contradict each other: leg 1 seize_here, leg 2 is consented; leg 1 substitute, leg 3 no_substitution"
    assert told(clashing, None).reason == (
        "условия противоречат друг другу: этап 1 — изъять здесь, а этап 2 согласован; этап 1 — с подменой, этап 3 — без подмены"
    )


def test_every_refusal_of_the_directory_the_plan_and_the_duty_has_too() -> None:
    reasons, mends = elsewhere(1, "reason"), elsewhere(2, "mend")
    shared = {english for english, _ in refusals.REASONS.values()}
    assert {english for english, _ in refusals_elsewhere.REASONS.values()} == reasons.sentences - shared
    assert set(refusals_elsewhere.MENDS) == mends.sentences - set(refusals.MENDS)
    assert reasons.words | mends.words <= set(refusals_elsewhere.WORDS)


def test_no_sentence_stands_in_two_tables() -> None:
    assert not refusals.REASONS.keys() & refusals_elsewhere.REASONS.keys()
    assert not refusals.MENDS.keys() & refusals_elsewhere.MENDS.keys()
    assert len({english for english, _ in REASONS.values()}) == len(REASONS)


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_sentence_is_known_by_its_own_code(code: str) -> None:
    english, russian = REASONS[code]
    values = [f"V{place}" for place in range(english.count("{}"))]
    found = told(english.format(*values), None)
    assert found.code == code
    assert found.reason == re.sub(r":\w+}", "}", russian).format(*values)


def test_names_within_a_refusal_are_those_of_the_board() -> None:
    said = "offer belongs to a delivery that is ready or running; this one is draft"
    assert told(said, None).reason == "«Предложить передачу» возможно, когда поставка — готова или идёт; эта — черновик"
    assert told("alarm 2 (contact_lost) cannot be resolved: its cause stands", None).reason == (
        "тревогу 2 («Связь потеряна») закрыть нельзя: причина сохраняется"
    )
    assert told("2 alarms are open: 1 alert, 3 shortfall", None).reason == "открыто тревог: 2: 1 «ТРЕВОГА», 3 «Недостача»"
    assert told("KG-DCS need not agree: the lead (TJ-DCA), KZ-KNB (leg 3) must", None).reason == (
        "согласие KG-DCS не требуется, нужно: ведущий (TJ-DCA), KZ-KNB (этап 3)"
    )


def test_a_mend_and_an_unknown_sentence() -> None:
    found = told("hard stop at the end of leg 1: leg 2 (KG) is not consented", "hold on this side until KG-DCS consents")
    assert found.code == "hard_stop"
    assert found.reason == "стоп-граница в конце этапа 1: этап 2 (KG) не согласован"
    assert found.mend == "держите по эту сторону, пока не согласует KG-DCS"
    assert told("nothing that we say", "write something") == told("", None)
    assert told("", None).code is None


def test_words_of_ours_within_a_refusal_are_told_too() -> None:
    assert told("it is with nobody", None).reason == "за это отвечает: никто"
    assert told("it is with CARICC/d.duty", None).reason == "за это отвечает: CARICC/d.duty"
    found = told(
        "no call back for duty is recorded", "call the desk on the number that its state gave when it joined and record who answered"
    )
    assert found.mend == "позвоните в дежурную часть по номеру, который государство дало при вступлении и запишите, кто ответил"

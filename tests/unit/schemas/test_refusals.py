"""Every refusal of the deliveries' stage has a code and is told in Russian too."""

import ast
import re
from pathlib import Path

import pytest

from schemas.refusals import MENDS, REASONS, told

STAGE = Path(__file__).parents[3] / "streams/stages/deliveries"
SAID_ELSEWHERE = {
    "telling.NO_SUCH",
    "first.reason",
    "first.mend or 'mend this field and send it as a new act'",
    "problem",
    "_mend(alarm, part)",
}
"""Not sentences of the stage: what is told to strangers, what a field's own check says, and what a function of alarms.py returns."""


def sentences(node: ast.expr | None) -> list[str]:
    """What an argument may say, places as {}."""
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return []
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return sentences(node.body) + sentences(node.orelse)
    assert ast.unparse(node) in SAID_ELSEWHERE, ast.unparse(node)
    return []


def said() -> tuple[set[str], set[str]]:
    """Every reason and every mend in the stage's source."""
    reasons, mends = set[str](), set[str]()
    for path in sorted(STAGE.glob("*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "No":
                reasons.update(sentences(node.args[0]))
                mends.update(sentences(node.args[1] if len(node.args) > 1 else None))
            if path.name == "alarms.py" and isinstance(node, ast.FunctionDef) and node.name == "_mend":
                mends.update(text for each in ast.walk(node) if isinstance(each, ast.Return) for text in sentences(each.value))
    return reasons, mends


def test_every_refusal_has_a_code_and_both_texts() -> None:
    reasons, mends = said()
    assert {english for english, _ in REASONS.values()} == reasons
    assert set(MENDS) == mends
    assert len(reasons) > 90


def test_both_texts_have_the_same_places() -> None:
    for english, russian in [*REASONS.values(), *MENDS.items()]:
        assert sorted(re.findall(r"\{(\d)\}", russian)) == [str(place) for place in range(english.count("{}"))], english
        assert re.search("[а-я]", russian), english


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_sentence_is_known_by_its_own_code(code: str) -> None:
    english, russian = REASONS[code]
    values = [f"V{place}" for place in range(english.count("{}"))]
    found = told(english.format(*values), None)
    assert found.code == code
    assert found.reason == russian.format(*values)


def test_a_mend_and_an_unknown_sentence() -> None:
    found = told("hard stop at the end of leg 1: leg 2 (KG) is not consented", "hold on this side until KG-DCS consents")
    assert found.code == "hard_stop"
    assert found.reason == "стоп-граница в конце этапа 1: этап 2 (KG) не согласован"
    assert found.mend == "держите по эту сторону, пока не согласует KG-DCS"
    assert told("String should have at least 1 character", "write something") == told("", None)
    assert told("", None).code is None

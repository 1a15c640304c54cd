"""Why two reports may be one seizure is told in Russian too."""

import ast

from schemas import proposals
from schemas.proposals import PROPOSALS
from streams.stages.numbering import STRONG, STRONG_WITH_COUNTRY
from tests.said import ROOT


def test_every_reason_of_a_proposal_is_in_the_table() -> None:
    tree = ast.parse((ROOT / "streams/stages/link.py").read_text())
    verdicts = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in ("_verdict", "_alike")]
    said = set[str]()
    for node in [each for verdict in verdicts for each in ast.walk(verdict)]:
        if isinstance(node, ast.JoinedStr) and len(node.values) > 1:
            said.add("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("at "):
            said.add(node.value)
    assert {"same {}" if text == "same {} {}" else text for text in said} == proposals.REASONS.keys() | proposals.WORDS.keys()
    assert {kind.replace("_", " ") for kind in STRONG | STRONG_WITH_COUNTRY} == set(proposals.KINDS)


def test_reasons_are_told_with_what_they_name() -> None:
    told = {
        "same container MSKU1234565": "совпадает номер контейнера: MSKU1234565",
        "same bill of lading 77-1": "совпадает коносамент: 77-1",
        "at the same place": "в одном месте",
        "12 km apart": "на расстоянии 12 км",
        "in TJ, at the same time": "в TJ, в одно время",
        "in KG, 7 h apart": "в KG, с разницей в 7 ч",
        "heroin: 24 kg and 24.5 kg": "heroin: 24 кг и 24.5 кг",
        "opium, both without a weight": "opium, в обоих без массы",
    }
    assert {said: PROPOSALS.russian(said) for said in told} == told

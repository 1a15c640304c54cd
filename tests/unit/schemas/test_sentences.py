"""What our machines say in reasons of alarms and in plans is said in Russian too; what an officer wrote stays as it was written."""

import ast
import json
import re
from typing import get_args

import pytest

from schemas import alarms, delivery_names, findings, refusals, refusals_elsewhere
from schemas.acts import Act
from schemas.alarms import ALARMS
from schemas.directory import Passage, Practice
from schemas.findings import PLANS
from schemas.sentences import Sentences
from streams.planning.findings import spell
from streams.planning.plan import ConsentState
from tests.said import ROOT, Node, Said, Source, argument, calls

TABLES = [
    dict(refusals.REASONS.values()),
    refusals.MENDS,
    dict(refusals_elsewhere.REASONS.values()),
    refusals_elsewhere.MENDS,
    refusals_elsewhere.WORDS,
    *(alarms.REASONS, alarms.WORDS, alarms.NUMBERS, alarms.TIMELINE, delivery_names.AGREEMENTS, delivery_names.CLASHES, refusals.WORDS),
    *(findings.FINDINGS, findings.WORDS, findings.NAMES),
]
PAGE = ROOT / "streams/dashboard/src"
MATCH = "m{}"
"""How the guard names a report that met it."""


def of_planner() -> Said:
    planner = Source("streams/planning", values=("moment", "spell"))

    def findings_of(node: Node) -> list[ast.expr | None]:
        if isinstance(node, ast.Call) and (calls(node, "say") or (isinstance(node.func, ast.Call) and calls(node.func, "Saying"))):
            return list(node.args[2:4])
        if calls(node, "Finding", "Alternative", "HardStop", "MissingPaper", "Latest", "Source"):
            return [argument(node, -1, name) for name in ("text", "why", "place", "stale")]
        return []

    def notes(node: Node) -> list[ast.expr | None]:
        return [node.args[0]] if isinstance(node, ast.Call) and ast.unparse(node.func) == "notes.append" else []

    said, noted = planner.said(findings_of), planner.said(notes)
    return Said(said.sentences, said.words | noted.sentences | noted.words | planner.returned("_refused"))


def of_alarms() -> Said:
    def reasons(node: Node) -> list[ast.expr | None]:
        return [argument(node, place, "reason") for name, place in (("raise_alarm", 3), ("Stop", 2), ("over_with", 2)) if calls(node, name)]

    return Source("streams/stages/deliveries").said(reasons)


def test_every_reason_of_an_alarm_or_a_stop_is_in_the_table() -> None:
    said = of_alarms()
    assert said.sentences == set(alarms.REASONS)
    assert said.words - {MATCH} == set(alarms.WORDS)


def test_every_sentence_of_a_plan_is_in_the_table() -> None:
    said = of_planner()
    assert said.sentences == set(findings.FINDINGS)
    known = findings.FINDINGS | findings.NAMES
    assert said.words - known.keys() == set(findings.WORDS)


def test_names_of_the_language_within_them_are_known() -> None:
    practices = [name.replace("_", " ") for name in get_args(Practice)]
    for name in (*practices, *get_args(Passage), *get_args(ConsentState)):
        assert re.search("[а-я]", PLANS.in_words(name)), name
    for minutes in (5, 60, 65, 1_440, 1_445, 1_500, 1_505, 90_061):
        assert re.fullmatch(r"(\d+ (д|ч|мин) ?)+", PLANS.in_words(spell(minutes))), minutes


def test_names_are_those_that_the_board_shows() -> None:
    shown = json.loads((PAGE / "delivery-texts.json").read_text()) | json.loads((PAGE / "form-texts.json").read_text())
    for vocabulary, names in (*delivery_names.NAMES.items(), ("term", delivery_names.TERMS)):
        assert names == {name: shown[f"{vocabulary}_{name}"]["ru"] for name in names}
    acts = {get_args(each.model_fields["act"].annotation)[0] for each in get_args(get_args(Act)[0])}
    assert set(delivery_names.ACTS) == acts


@pytest.mark.parametrize("table", TABLES)
def test_both_texts_have_the_same_places(table: dict[str, str]) -> None:
    for english, russian in table.items():
        assert sorted(re.findall(r"\{(\d)(?::\w+)?\}", russian)) == [str(place) for place in range(english.count("{}"))], english
        assert re.search("[а-яёА-Я]|VIN|MMSI|IMEI|^[^а-я]*$", russian), english


@pytest.mark.parametrize("sentences", [ALARMS, PLANS])
def test_a_sentence_is_known_as_itself(sentences: Sentences) -> None:
    for english in sentences.table:
        found = sentences.known(english.format(*(f"V{place}" for place in range(english.count("{}")))))
        assert found is not None
        assert found[0] == english


def test_what_an_officer_wrote_stays_as_written() -> None:
    assert ALARMS.russian("stop requested by KG-SCNBC/t.eam: contact lost, more than less") == (
        "остановки требует KG-SCNBC/t.eam: contact lost, more than less"
    )
    assert ALARMS.russian("declared by TJ-DCA/a.rahimov: the consent ends") == "заявил(а) TJ-DCA/a.rahimov: the consent ends"
    assert ALARMS.russian("TJ-DCA/a.rahimov: contact lost") is None
    assert ALARMS.russian("contact lost") is None


def test_words_of_ours_within_an_alarm_are_told() -> None:
    said = "no go: not offered, leg 2 not consented, part is STOP_REQUESTED; hold on this side"
    assert ALARMS.russian(said) == (
        "передача не готова: не предложена, этап 2 не согласован, часть в состоянии «ТРЕБУЕТСЯ ОСТАНОВКА»; держать по эту сторону"
    )
    met = "m3: a report meets what is under watch (container, name); it is held. Call the duty desk of UZ-CUS"
    assert ALARMS.russian(met) == (
        "m3: сообщение совпало с тем, что под наблюдением (контейнер, имя); оно удержано. Позвоните: дежурная часть UZ-CUS"
    )
    before = "m3: a report of 2026-03-16T18:03Z, from before the watch, meets what is under watch (plate); take it to be out. Call"
    assert ALARMS.russian(f"{before} the centre's desk") == (
        "m3: сообщение от 2026-03-16T18:03Z, полученное до начала наблюдения, совпало с тем, что под наблюдением (номерной знак);"
        " считайте, что оно уже вышло. Позвоните: дежурная часть центра"
    )


def test_ru_stands_beside_what_was_said_and_changes_none_of_it() -> None:
    told = {"reason": "the load was not seen in time", "kind": "control_lost"}
    assert ALARMS.beside(told, "reason") == {**told, "ru": {"reason": "груз не видели в положенный срок"}}
    own = {"reason": "TJ-DCA/a.rahimov: склад вскрыт"}
    assert ALARMS.beside(own, "reason") == own

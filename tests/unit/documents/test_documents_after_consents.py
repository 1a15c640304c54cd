"""What an after-action report says of consents, seizures, substitution and declared silence, beside its timeline."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.alarms import of_event
from streams.documents.after_action import after_action
from streams.documents.form import Heading, Row
from streams.documents.wording import say
from streams.store.aftermath import gaps
from tests.unit.deliveries.office import AUTHORISATION, Office, plan
from tests.unit.documents.test_documents_after import GIVER, STAMP, TAKER, report, text
from tests.unit.documents.test_documents_handed_over import substituted


@pytest.mark.parametrize("tongue", ["en", "ru"])
def test_a_consent_stands_there_with_its_paper_and_its_conditions(tongue: Any) -> None:
    office = Office().requested().consented(1)
    paper = AUTHORISATION | {"number": "88/К", "issued_by": "Генпрокуратура КР", "conditions": ["без вооружённых гостей"]}
    given = office.must("KG-GP/p.rosecutor", "conditional_consent", leg=2, authorisation=paper, terms=["no_split"])["act"]
    found = text(after_action(report(office), STAMP, tongue))
    assert all(said in found for said in ("№ 88/К", "Генпрокуратура КР", "без вооружённых гостей", say("term.no_split", tongue), given))
    assert say("conditions.open", tongue) in found
    office.must(GIVER, "conditions_accepted", leg=2, consent=given)
    found = text(after_action(report(office), STAMP, tongue))
    assert say("conditions.accepted", tongue) in found
    assert say("conditions.open", tongue) not in found


def test_what_was_substituted_is_beside_the_balance() -> None:
    found = text(after_action(report(substituted()), STAMP, "en"))
    assert "taken out: heroin 23.8 ± 0.01 kg" in found
    assert "мел / chalk, 23.8 kg" in found


def test_a_load_that_was_declared_ready_without_substitution_is_said_to_have_none() -> None:
    assert f"{say('substituted', 'en')} {say('not_stated', 'en')}" in text(after_action(report(Office().requested()), STAMP, "en"))
    found = text(after_action(report(Office().running()), STAMP, "en"))
    assert f"{say('substituted', 'en')} {say('none', 'en')}" in found


def test_a_declared_silence_ends_with_the_word_that_ended_it() -> None:
    office = Office().running(2)
    declared = office.now
    office.must(GIVER, "radio_shadow", minutes=20)
    office.pass_minutes(5)
    office.must(TAKER, "check_in", eyes_on=True)
    (gap,) = gaps(office.events)
    assert gap["ended_by"] is None, "a guest's word does not end the controller's silence"
    office.must(GIVER, "check_in", eyes_on=True)
    (gap,) = gaps(office.events)
    assert (gap["until"], gap["ended_by"]) == (office.events[-1]["happened"], "check_in")
    office.must(GIVER, "radio_shadow", minutes=20)
    office.pass_minutes(21)
    office.must(GIVER, "check_in", eyes_on=True)
    _, second = gaps(office.events)
    assert second["ended_by"] is None, "it was over by then"
    assert second["until"].startswith((declared + timedelta(minutes=25)).isoformat()[:16])


def test_what_the_guard_says_is_russian_in_a_russian_report() -> None:
    long = "it would meet everything"
    refused = [f"ML-1: ML1 has fewer than five characters, or too few different ones: {long}", "1234: a form puts 60 numbers under watch"]
    begins = of_event("watch_begins", {"refused": refused, "numbers": 9})
    assert begins["refused"] == [
        "ML-1: в «ML1» меньше пяти знаков или слишком мало разных — совпало бы со всем подряд",
        "1234: под наблюдение из запроса берут не больше 60 номеров",
    ]
    match = of_event("watch_match", {"on": ["plate (number)", "name (name)", "place (place)"], "contact": "the duty desk of KZ-CUS"})
    assert match == {
        "on": ["номерной знак (по номеру)", "имя (по имени)", "место (по месту и времени)"],
        "contact": "дежурная часть KZ-CUS",
    }


@pytest.mark.parametrize("tongue", ["en", "ru"])
def test_what_came_of_it_is_counted_and_its_seizure_reports_named(tongue: Any) -> None:
    office = Office().running(2)
    weighed = [{"substance": "heroin", "kg": "24", "uncertainty_kg": "0.05"}]
    office.must(GIVER, "delivered_under_watch", place="склад / a warehouse")
    office.must(GIVER, "secured", report={"originator": "TJ-DCA", "report_id": "2026-77"}, weighed=weighed)
    office.must(GIVER, "closed", evidence_handed_over=True)
    counted = {"arrests": 4, "vessels": 2, "laboratories": 3, "routes_dismantled": 1}
    said = {"outcome": "суда и лаборатория", "shares": [{"country": "TJ", "did": "изъятие"}], "retain_until": "2031-01-01T00:00:00+00:00"}
    office.must(GIVER, "evaluated", **said, **counted)
    found = text(after_action(report(office, here={"TJ-DCA/2026-77": "report-x"}), STAMP, tongue))
    for name, count in counted.items():
        assert f"{say(name, tongue)} {count}" in found
    named = f"{say('seizures', tongue)} {say('part_of', tongue, name='A')}: TJ-DCA/2026-77"
    assert named in found
    assert f"{named}{say('not_here', tongue)}" not in found
    assert f"{named}{say('not_here', tongue)}" in text(after_action(report(office, here={"TJ-DCA/2026-77": None}), STAMP, tongue))


def of_consents(office: Office, tongue: Any) -> list[Row]:
    """The rows of the section on consents."""
    blocks = after_action(report(office), STAMP, tongue).blocks
    begins = blocks.index(Heading(say("section.consents", tongue)))
    ends = blocks.index(Heading(say("section.gaps", tongue)))
    return [block for block in blocks[begins:ends] if isinstance(block, Row)]


def led_elsewhere(office: Office, legs: list[dict[str, Any]]) -> None:
    office.must(
        GIVER, "route_change", legs=[leg | {"entry": {"crossing": "Dostuk"}} for leg in legs if leg["number"] > 1], reason="в объезд"
    )


@pytest.mark.parametrize("tongue", ["en", "ru"])
@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("provisional_consent", {"officer": "полковник Асанов"}),
        ("conditional_consent", {"authorisation": AUTHORISATION, "terms": ["no_split"]}),
    ],
)
def test_a_consent_that_a_change_of_the_way_made_void_is_printed_as_void(act: str, said: Any, tongue: Any) -> None:
    office = Office().requested().consented(1)
    office.must("KG-GP/p.rosecutor", act, leg=2, **said)
    led_elsewhere(office, plan()["legs"])
    first, second = of_consents(office, tongue)
    assert first.label.startswith(say("leg_of", tongue, number=1))
    missing = say("not_stated", tongue)
    assert second.lines[-1] == say("word_void", tongue, number=2, entry=missing, exit=missing)
    due = say("word_due", tongue, at="")
    assert not any(due in line or say("conditions.open", tongue) in line or say("asked_anew", tongue) in line for line in second.lines)
    assert second.label.endswith("KG-GP"), "of one part the part is not named"


def test_a_word_void_for_one_part_and_standing_for_another_is_there_twice_with_their_names() -> None:
    office = Office().running(2)
    goods = [[{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.02"}] for kg in ("10", "14")]
    other = [leg | {"entry": {"crossing": "Dostuk"}} for leg in plan()["legs"] if leg["number"] > 1]
    office.must(GIVER, "split", into=[{"name": "B", "goods": goods[0]}, {"name": "C", "goods": goods[1], "legs": other}])
    of_second = [row for row in of_consents(office, "en") if row.label.startswith("leg 2")]
    assert [row.label for row in of_second] == ["leg 2, KG-GP, parts A, B", "leg 2, KG-GP, part C"]
    assert [any(line.startswith("void: ") for line in row.lines) for row in of_second] == [False, True]


def test_the_seizure_report_of_an_intervention_is_named_too() -> None:
    office = Office().running(2)
    office.must(GIVER, "intervened", report={"originator": "TJ-DCA", "report_id": "2026-77"}, reason="груз вскрыт")
    found = text(after_action(report(office), STAMP, "en"))
    assert f"{say('seizures', 'en')} {say('part_of', 'en', name='A')}: TJ-DCA/2026-77" in found

"""The exercise's story: what it says is what officers can say, and the stage does what the story tells, before any server is needed."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from schemas.acts import ACT
from schemas.channels import is_exercise
from schemas.directory import cannot_ring
from schemas.request import DeliveryRequest
from streams.local import exercise as spaces
from streams.local.supervisor import environment
from streams.planning import directory
from streams.reference.load import load
from streams.settings import Settings
from streams.simulate.exercise import Player
from streams.simulate.exercise_cast import DUTY, NEXT, OFFICERS, PATROL, POST
from streams.simulate.exercise_line import CannotGoOn
from streams.simulate.exercise_nearby import other
from streams.simulate.exercise_story import Desk, Near, Report, Step, Wait, agency, body_of
from streams.stages import nearness
from tests.unit.deliveries.office import START
from tests.unit.deliveries.operations import Operations
from tests.unit.simulate.drill import STEPS, STORY, WORD, Drill

KINDS = ("contact_lost", "crossed_unaccepted", "stop_requested", "shortfall", "guard_match", "duress")
OURS = [each for each in STEPS if not each.delivery]
OTHER = other(STORY.delivery)


def test_it_plays_through_the_stages_as_it_is_told() -> None:
    drill = Drill()
    for happening in STORY.happens:
        drill.happens(happening)
    assert drill.board["status"] == "evaluated"
    assert drill.board["alarms"] == []
    assert len(drill.shown) == 2
    assert all(view["ended"] for view in drill.shown.values())
    assert set(drill.reasons()) == {"first", "silent", "last"}, "what devices say moves no control in this story"
    assert drill.idle == [], "shown before it happened: the player would go on although nothing did"
    assert [why for _, why in drill.let_out] == ["released", "ended"]
    assert drill.called == [agency(POST), agency(PATROL)]
    assert drill.house.coordinators == {STORY.delivery: NEXT}


def test_the_other_delivery_comes_near_and_is_moved_out_of_the_way() -> None:
    operations, conflicts = Operations(nearness.located(load)), []
    for happening in STORY.happens[: STORY.happens.index(STEPS[-1])]:
        if isinstance(happening, Step) and happening.name == "start":
            break
        if isinstance(happening, Step):
            by, name = agency(happening.who), happening.delivery or STORY.delivery
            role = "coordinator" if by == "CARICC" else "officer"
            officer = {"agency": by, "person": happening.who.partition("/")[2], "role": role, "country": None if by == "CARICC" else by[:2]}
            act = body_of(happening, STORY.delivery, None, datetime.fromisoformat(operations.time))
            operations.take("deliveries.inbox", name, {"type": "act", "by": officer, "act": act})
            answer = next(value for _, channel, value in reversed(operations.seen) if channel == "deliveries.answers")
            assert answer["status"] == ("refused" if happening.refused else "applied"), (happening.name, answer)
        elif isinstance(happening, Wait):
            assert happening.shows.lacking(operations.board(STORY.delivery)) is not None
            operations.after(happening.within_s)
            assert happening.shows.lacking(operations.board(STORY.delivery)) is None
        elif isinstance(happening, Near):
            assert happening.other == OTHER
            (conflict,) = operations.conflicts.values()
            assert {conflict["first"], conflict["second"]} == {STORY.delivery, OTHER}
            conflicts.append((conflict["open"], happening.stands))
    assert conflicts == [(True, True), (False, False)]


def test_everybody_in_it_is_of_the_fictional_directory() -> None:
    known = {entry.authority for entry in directory.exercise().entries}
    assert {agency(step.who) for step in STEPS} <= known | {agency(DUTY)}
    others = {each.who for each in STORY.happens if isinstance(each, Report | Desk | Near)}
    assert {agency(who) for who in others} <= known | {agency(DUTY)}
    assert {step.who for step in STEPS} | others <= set(OFFICERS)
    assert all(entry.exercise for entry in directory.exercise().entries)


def test_its_forms_are_marked_an_exercise_and_name_nothing_that_rings() -> None:
    forms = [step.said["form"] for step in STEPS if step.act == "request"]
    assert [form["delivery_ref"] for form in forms] == [STORY.delivery, OTHER]
    for form in (DeliveryRequest.model_validate_json(orjson.dumps(each)) for each in forms):
        assert form.exercise
        assert "УЧЕНИЕ" in (form.grounds or "")
        reached = [way for contact in form.contacts for way in contact.reach]
        assert reached
        assert all(way.startswith("+999") or way.endswith((".invalid", ".example")) for way in reached)
    assert all(cannot_ring(way) for entry in directory.exercise().entries for desk in entry.desks() for way in desk.ways())


def test_its_reports_say_that_they_are_none() -> None:
    sent = [each.sent(STORY.delivery, START) for each in STORY.happens if isinstance(each, Report)]
    assert len(sent) == 2
    assert all("УЧЕНИЕ" in body["title"] and "EXERCISE" in body["title"] and "УЧЕНИЕ" in body["summary"] for body in sent)


def test_every_act_is_one_and_every_step_has_its_own_name() -> None:
    open_alarms = [{"kind": kind, "part": part, "id": "1", "reason": "m1: a report"} for kind in KINDS for part in ("A", "A1", None)]
    alarms = {"alarms": open_alarms}
    for step in STEPS:
        ACT.validate_python(body_of(step, STORY.delivery, alarms, datetime.now(UTC), key=WORD.public))
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_the_player_sends_nothing_into_another_space(tmp_path: Any) -> None:
    with pytest.raises(CannotGoOn, match="live is no exercise space"):
        Player(Settings(data_dir=tmp_path, space="live"), None, lambda text, facts: None, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("space", ["live", "exercise", "exercises-1", "exercise-", "Exercise-1", "exercise-" + "x" * 40])
def test_no_other_space_is_taken_for_an_exercise(tmp_path: Any, space: str) -> None:
    with pytest.raises(ValueError, match=r"exercise|string"):
        spaces.beside(Settings(data_dir=tmp_path), space)


def test_an_exercise_beside_a_centre_shares_its_servers_and_nothing_else(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = tmp_path / "live.jwks"
    monkeypatch.setenv("RIC_SIGNING_KEYS", str(keys))
    live = Settings(
        data_dir=tmp_path, kafka_bootstrap_servers="127.0.0.1:1", signing_keys=keys, port=8443, agencies=("TJ-DCA",), desk_contact="+7 727"
    )
    drill = spaces.beside(live, "exercise-1")
    assert drill.kafka_bootstrap_servers == live.kafka_bootstrap_servers
    assert (drill.space, drill.signing_keys, drill.port, drill.agencies) == ("exercise-1", None, 0, ())
    assert drill.data_dir == tmp_path / "exercises" / "exercise-1"
    assert drill.desk_contact is None  # a real telephone
    assert "RIC_SIGNING_KEYS" not in environment(drill)  # the centre's keys must not sign for it
    assert environment(live)["RIC_SIGNING_KEYS"] == str(keys)


async def test_clearing_away_touches_exercises_that_have_ended_alone(tmp_path: Any) -> None:
    live = Settings(data_dir=tmp_path)
    for name in ("exercise-1", "exercise-2"):
        (spaces.folders(live) / name).mkdir(parents=True)
    spaces.keep(spaces.beside(live, "exercise-2"))
    assert [one.space for one in spaces.left(live)] == ["exercise-1"]
    with pytest.raises(ValueError, match="nothing was removed"):
        await spaces.clear(live)
    await spaces.clear(spaces.beside(live, "exercise-1"))
    assert [folder.name for folder in spaces.folders(live).iterdir()] == ["exercise-2"]


def test_a_space_is_an_exercise_by_its_name() -> None:
    assert is_exercise("exercise-20261122-074557")
    assert not any(map(is_exercise, ("live", "exercise", "t-exercise-1")))

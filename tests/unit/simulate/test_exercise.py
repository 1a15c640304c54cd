"""The exercise's story: what it says is what officers can say, and the stage does what the story tells, before any server is needed."""

from datetime import UTC, datetime, timedelta
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
from streams.simulate.exercise import CannotGoOn, Player
from streams.simulate.exercise_cast import DUTY, OFFICERS
from streams.simulate.exercise_scenario import story
from streams.simulate.exercise_story import Consult, Desk, Step, Wait, act_id, agency, body_of
from streams.simulate.exercise_track import Hush, Track, kept, onward
from streams.stages.deliveries.territory import located
from tests.unit.deliveries.office import DELIVERY, START, Office
from tests.unit.positions.tracking import Tracked

STORY = story(DELIVERY.partition("/")[2], START)
KINDS = ("contact_lost", "crossed_unaccepted", "stop_requested", "shortfall")
CHANGES_NOTHING = ("jump", "kz-goes-on")
STEPS = [each for each in STORY.happens if isinstance(each, Step)]


def test_it_plays_through_the_stage_as_it_is_told() -> None:
    office = Tracked(located(load))
    for happening in STORY.happens:
        if isinstance(happening, Consult | Hush | Desk):
            office.now += timedelta(seconds=5)
            continue
        if isinstance(happening, Track):
            device = str(act_id(STORY.delivery, happening.device))
            office.fixes(device, *kept(happening.way, happening.hours, office.now))
            office.now += timedelta(seconds=20)
            office.fixes(device, onward(happening.way, 20, office.now))
            assert office.shown[device]["jump"] is None
            continue
        if isinstance(happening, Wait):
            office.pass_minutes(happening.within_s / 60)
        else:
            said = body_of(happening, STORY.delivery, office.snapshots[-1] if office.snapshots else None, office.now)
            answer = office.send(happening.who, said)
            assert answer["status"] == ("refused" if happening.refused else "applied"), (happening.name, answer)
            assert happening.refused in (answer.get("reason") or ""), happening.name
        if happening.shows is not None:
            assert happening.shows.lacking(office.board) is None, happening
    assert office.board["status"] == "evaluated"
    assert office.board["alarms"] == []
    assert len(office.shown) == 2
    assert all(view["ended"] for view in office.shown.values())
    assert set(office.reasons()) == {"first", "silent", "last"}, "what devices say moves no control in this story"


def test_what_the_centre_must_show_is_not_shown_before() -> None:
    """Else the player would go on although nothing happened."""
    office, idle = Office(), []
    for step in STEPS:
        if step.name == "contact-acknowledged":
            office.pass_minutes(2)
        before = office.snapshots[-1] if office.snapshots else None
        if step.shows is not None and before is not None and step.name not in CHANGES_NOTHING:
            idle += [step.name] if step.shows.lacking(before) is None else []
        office.send(step.who, body_of(step, STORY.delivery, before, office.now))
    assert idle == []


def test_everybody_in_it_is_of_the_fictional_directory() -> None:
    known = {entry.authority for entry in directory.exercise().entries}
    assert {agency(step.who) for step in STEPS} <= known | {agency(DUTY)}
    assert {step.who for step in STEPS} <= set(OFFICERS)
    assert all(entry.exercise for entry in directory.exercise().entries)


def test_its_form_is_marked_an_exercise_and_names_nothing_that_rings() -> None:
    form = DeliveryRequest.model_validate_json(orjson.dumps(STORY.form))
    assert form.exercise
    reached = [way for contact in form.contacts for way in contact.reach]
    assert reached
    assert all(way.startswith("+999") or way.endswith((".invalid", ".example")) for way in reached)
    assert all(cannot_ring(way) for entry in directory.exercise().entries for desk in entry.desks() for way in desk.ways())


def test_every_act_is_one_and_every_step_has_its_own_name() -> None:
    alarms = {"alarms": [{"kind": kind, "part": part, "id": "1"} for kind in KINDS for part in ("A", "A1")]}
    for step in STEPS:
        ACT.validate_python(body_of(step, STORY.delivery, alarms, datetime.now(UTC)))
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
    live = Settings(data_dir=tmp_path, kafka_bootstrap_servers="127.0.0.1:1", signing_keys=keys, port=8443, agencies=("TJ-DCA",))
    drill = spaces.beside(live, "exercise-1")
    assert drill.kafka_bootstrap_servers == live.kafka_bootstrap_servers
    assert (drill.space, drill.signing_keys, drill.port, drill.agencies) == ("exercise-1", None, 0, ())
    assert drill.data_dir == tmp_path / "exercises" / "exercise-1"
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

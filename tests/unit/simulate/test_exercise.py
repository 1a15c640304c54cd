"""The exercise's story: what it says is what officers can say, and the stage does what the story tells, before any server is needed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from schemas.acts import ACT
from schemas.channels import is_exercise
from schemas.directory import cannot_ring
from schemas.request import DeliveryRequest
from streams.engine.effects import Emit
from streams.local import exercise as spaces
from streams.local.supervisor import environment
from streams.planning import directory
from streams.reference.load import load
from streams.reference.watching import Watches
from streams.settings import Settings
from streams.simulate.exercise import Player
from streams.simulate.exercise_cast import DUTY, NEAR_DESK, NEXT, OFFICERS, PATROL, POST
from streams.simulate.exercise_line import CannotGoOn
from streams.simulate.exercise_nearby import other
from streams.simulate.exercise_scenario import story
from streams.simulate.exercise_story import CallUs, Desk, Happening, Near, Report, Step, Wait, act_id, agency, body_of
from streams.simulate.exercise_track import Track, kept, onward
from streams.stages import deduplicate, intake, nearness
from streams.stages.deliveries.territory import located
from tests.unit.deliveries.office import DELIVERY, START
from tests.unit.deliveries.operations import Operations
from tests.unit.duty.house import House
from tests.unit.positions.tracking import Tracked
from tests.unit.stages import building
from tests.unit.stages.building import Memory

STORY = story(DELIVERY.partition("/")[2], START)
KINDS = ("contact_lost", "crossed_unaccepted", "stop_requested", "shortfall", "guard_match")
CHANGES_NOTHING = ("jump", "kz-goes-on")
STEPS = [each for each in STORY.happens if isinstance(each, Step)]
OURS = [each for each in STEPS if not each.delivery]
OTHER = other(STORY.delivery)


class Drill(Tracked):
    """The story through the stages of deliveries, duty, positions, intake and reports. Deconfliction's answers are given."""

    def __init__(self) -> None:
        super().__init__(located(load))
        self.idle: list[str] = []
        self.stood: list[dict[str, Any]] = []
        """The board before each happening."""
        self.reports = Memory()
        self.house, self.said = House(), 0
        self.called: list[str] = []

    def happens(self, happening: Happening) -> None:
        shows = getattr(happening, "shows", None)
        self.stood.append(self.snapshots[-1] if self.snapshots else {})
        # What is waited for may come with what happened last.
        stood = self.stood[-2] if isinstance(happening, Wait) else self.stood[-1]
        if shows is not None and stood and shows.contact is None and getattr(happening, "name", "") not in CHANGES_NOTHING:
            self.idle += [happening.says] if shows.lacking(stood) is None else []
        match happening:
            case Step(delivery=""):
                self.step(happening)
            case Step():
                self.contact = True  # the other delivery's
            case Track():
                self.track(happening)
            case Wait():
                self.pass_minutes(happening.within_s / 60)
            case Report():
                self.report(happening)
            case Desk(delivery="") if happening.who != NEAR_DESK:
                self.desk(happening)
            case CallUs():
                assert self.called[-1:] == [agency(happening.report.who)], happening
            case _:
                self.now += timedelta(seconds=5)
        assert shows is None or shows.lacking(self.board) is None, happening

    def desk(self, desk: Desk) -> None:
        for value in self.duties[self.said :]:
            self.house.take(value, STORY.delivery)
        self.said = len(self.duties)
        mine = [item for item in self.house.items.values() if item["open"] and desk.who in item["members"]]
        if desk.act == "accept":
            (item,) = (item for item in mine if item["kind"] == desk.item)
            answer = self.house.accept(desk.who, item["item"])
            self.take({"type": "duty", "coordinator": self.house.coordinators[STORY.delivery]})
        else:
            answer = self.house.act(desk.who, desk.act)
        assert answer["status"] == ("refused" if desk.refused else "applied"), (desk, answer)
        assert desk.refused in (answer.get("reason") or ""), (desk, answer)
        if desk.blind:
            assert all(desk.who not in item["members"] and item["responsible"] != desk.who for item in self.house.items.values())

    def step(self, step: Step) -> None:
        said = body_of(step, STORY.delivery, self.snapshots[-1] if self.snapshots else None, self.now)
        before = len(self.let_out)
        answer = self.send(step.who, said)
        assert answer["status"] == ("refused" if step.refused else "applied"), (step.name, answer)
        assert step.refused in (answer.get("reason") or ""), step.name
        for report, why in self.let_out[before:]:
            record = building.record(
                {"type": "unguard", "delivery": STORY.delivery, "why": why}, key=report.encode(), offset=self.offset + 1000
            )
            receipts = building.of(building.run(deduplicate.stage(), self.reports, record), "receipts")
            self.called += [receipt["agency"] for receipt in receipts if receipt["status"] == "call_us"]

    def track(self, track: Track) -> None:
        device = str(act_id(STORY.delivery, track.device))
        self.fixes(device, *kept(track.way, track.hours, self.now))
        self.now += timedelta(seconds=20)
        self.fixes(device, onward(track.way, 20, self.now))
        assert self.shown[device]["jump"] is None

    def report(self, report: Report) -> None:
        """Through intake, which looks up what is under watch, and the reports' stage, to the delivery."""
        watches = Watches()
        watches.take(STORY.delivery.encode(), orjson.dumps(self.watch))
        of, _, person = report.who.partition("/")
        sender = (("ric_agency", of.encode()), ("ric_person", person.encode()))
        sent = report.sent(STORY.delivery, self.now)
        raw = building.record(sent, "intelligence", key=f"{of}/{sent['report_id']}".encode(), offset=self.offset, headers=sender)
        (enriched,) = (each for each in intake.stage(load, watches).decide(raw, Memory()) if isinstance(each, Emit))
        assert enriched.channel == "reports.enriched", enriched.value
        record = building.record(enriched.value, key=enriched.key, offset=self.offset, headers=enriched.headers)
        emits = building.run(deduplicate.stage(), self.reports, record)
        assert [receipt["status"] for receipt in building.of(emits, "receipts")] == ["accepted"]
        (match,) = building.of(emits, "deliveries.matches")
        assert match["held"]
        self.take(match)


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

"""The exercise's story through the stages, without a server."""

from datetime import timedelta
from typing import Any

import orjson

from schemas.identity import NAMESPACE
from streams.engine.effects import Emit
from streams.gateway.word import Word
from streams.reference.load import load
from streams.reference.watching import Watches
from streams.simulate.exercise_cast import NEAR_DESK
from streams.simulate.exercise_scenario import story
from streams.simulate.exercise_story import CallUs, Desk, Happening, Report, Step, Wait, act_id, agency, body_of
from streams.simulate.exercise_track import Track, kept, onward
from streams.stages import deduplicate, intake
from streams.stages.deliveries.territory import located
from tests.unit.deliveries.office import DELIVERY, START
from tests.unit.duty.house import House
from tests.unit.positions.tracking import Tracked
from tests.unit.stages import building
from tests.unit.stages.building import Memory

STORY = story(DELIVERY.partition("/")[2], START)
STEPS = [each for each in STORY.happens if isinstance(each, Step)]
CHANGES_NOTHING = ("jump", "kz-goes-on")
WORD = Word(NAMESPACE.bytes * 3)
"""What the phone of the story seals its word for."""


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

    def body(self, step: Step) -> dict[str, Any]:
        """The act as the player would send it now."""
        return body_of(step, STORY.delivery, self.snapshots[-1] if self.snapshots else None, self.now, key=WORD.public)

    def step(self, step: Step) -> None:
        said = self.body(step)
        if "word" in said:  # opened by the gateway
            said["duress"] = WORD.open(said["id"], said.pop("word"))
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

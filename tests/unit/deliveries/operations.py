"""Several deliveries and deconfliction for tests: records go from stage to stage at once, timers ring when they are due."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5

import orjson

from schemas import deconfliction as told
from schemas.identity import NAMESPACE
from streams.engine.effects import Emit, Record, Stage
from streams.stages import deconfliction
from streams.stages.deliveries.stage import stage
from streams.stages.nearness import Locate, Where
from streams.store.rooms import may_hear, snapshot_for
from streams.store.visibility import Viewer
from tests.unit.deliveries.office import AUTHORISATION, AUTHORITY, CENTRE, FOLLOWS, START, form, where
from tests.unit.stages.building import Memory, Timers

Json = dict[str, Any]
GAZETTEER = {
    "Karamyk": Where("TJ-KG-karamyk", 39.48, 71.74, 5.0),
    "Ak-Jol": Where("KG-KZ-ak-jol", 43.035, 74.7, 2.0),
    "Korday": Where("KG-KZ-ak-jol", 43.035, 74.7, 2.0),
    "Tokmok": Where("KG-tokmok", 42.84, 75.3, 5.0),
    "Syrym": Where("RU-KZ-mashtakovo", 51.48, 51.62, 5.0),
}


def locate(place: Mapping[str, Any]) -> tuple[Where, ...]:
    """A gazetteer of five places."""
    name = place.get("crossing") or place.get("name")
    return (GAZETTEER[name],) if name in GAZETTEER else ()


def way(*legs: tuple[str, str | None, float, str | None, float]) -> list[Json]:
    """Legs as country, entry, hour of entry, exit, hour of exit (from `START`)."""
    made = []
    for number, (country, entry, first, leave, last) in enumerate(legs, 1):
        leg: Json = {"country": country, "number": number, "authority": AUTHORITY[country], "controller": FOLLOWS[country]}
        leg |= {"entry_planned": hour(first), "exit_planned": hour(last)}
        leg |= {"entry": {"crossing": entry}} if entry else {}
        leg |= {"exit": {"crossing": leave}} if leave else {}
        made.append(leg)
    return made


def hour(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


class Operations:
    """`act` sends one act for one delivery, `until` lets time go by. `seen` has everything that left the stages, with its time."""

    def __init__(self, locate: Locate = locate) -> None:
        self.now = int(START.timestamp() * 1000)
        self.stages: dict[str, Stage] = {"deliveries.inbox": stage(where), "deliveries.plans": deconfliction.stage(locate)}
        self.states = {name: Memory() for name in self.stages}
        self.offsets: dict[tuple[str, str], int] = {}
        self.timers = Timers()
        self.made = 0
        self.seen: list[tuple[int, str, Json]] = []
        self.conflicts: dict[str, Json] = {}

    def take(self, channel: str, key: str, value: Json) -> None:
        # Offsets count for each delivery by itself: those of a partition that it shares are sealed before anybody sees them.
        offset = self.offsets[channel, key] = self.offsets.get((channel, key), 0) + 1
        if channel == "deliveries.plans":
            offset = len(self.seen)
        record = Record(channel, f"live.{channel}", 0, offset, key.encode(), orjson.dumps(value), (), self.now)
        effects = list(self.stages[channel].decide(record, self.states[channel]))
        self.states[channel].apply(effects)
        for emit in (effect for effect in effects if isinstance(effect, Emit)):
            self._perform(emit)

    def _perform(self, emit: Emit) -> None:
        if self.timers.note(emit):
            return
        value = orjson.loads(emit.value or b"null")
        self.seen.append((self.now, emit.channel, value))
        if emit.channel == "deliveries.conflicts":
            told.Conflict.model_validate(value)
            self.conflicts[value["conflict"]] = value
        elif emit.channel == "deliveries.inbox":
            told.Deconflicted.model_validate(value)
        elif emit.channel == "deliveries.plans":
            told.DeliveryPlan.model_validate(value)
        if emit.channel in self.stages:
            self.take(emit.channel, emit.key.decode(), value)

    def until(self, at: int) -> None:
        """Time goes by, up to `at`; every timer rings when it is due."""
        while timer := self.timers.due(at):
            self.now = max(self.now, timer.due)
            self.take(timer.inbox, timer.key.decode(), orjson.loads(timer.value))
        self.now = max(self.now, at)

    def after(self, seconds: float) -> None:
        self.until(self.now + int(seconds * 1000))

    def act(self, delivery: str, who: str, act: str, **fields: Any) -> Json:
        """Send an act now, and give the answer."""
        agency, person = who.split("/")
        officer: Json = {"agency": agency, "person": person, "role": "officer", "country": agency[:2]}
        if agency == CENTRE:
            officer |= {"role": "supervisor" if person == "s.super" else "coordinator", "country": None}
        made = self.offsets.get(("deliveries.inbox", delivery), 0)
        said = {"id": str(uuid5(NAMESPACE, f"{delivery} {made} {act}")), "delivery": delivery, "at": self.time, "act": act, **fields}
        before = len(self.seen)
        self.take("deliveries.inbox", delivery, {"type": "act", "by": officer, "act": said})
        return next(value for _, channel, value in self.seen[before:] if channel == "deliveries.answers")

    def must(self, delivery: str, who: str, act: str, **fields: Any) -> Json:
        answer = self.act(delivery, who, act, **fields)
        assert answer["status"] == "applied", answer
        return answer

    @property
    def time(self) -> str:
        return datetime.fromtimestamp(self.now / 1000, UTC).isoformat()

    def board(self, delivery: str) -> Json:
        """The newest snapshot."""
        return next(value for _, channel, value in reversed(self.seen) if channel == "deliveries.current" and of(value) == delivery)

    def requested(self, delivery: str, legs: list[Json], coordinators: Iterable[str] = (f"{CENTRE}/d.duty",)) -> None:
        """A request signed by two, the first leg consented."""
        lead = delivery.partition("/")[0]
        countries = [leg["country"] for leg in legs]
        handling = form()["handling"] | {"originator": lead}
        said = form(countries, delivery_ref=delivery, requesting=lead, handling=handling)
        goods = [{"substance": "heroin", "kg": "24", "uncertainty_kg": "0.05"}]
        plan = {"legs": legs, "goods": goods, "coordinators": list(coordinators)}
        request = self.must(delivery, f"{lead}/n.rahimov", "request", form=said, plan=plan)
        self.must(delivery, f"{lead}/f.saidov", "signature", request=request["act"])
        first = legs[0]["authority"]
        person = "n.rahimov" if first == lead else "p.rosecutor"
        self.must(delivery, f"{first}/{person}", "consent", leg=1, authorisation=AUTHORISATION)

    def shown(self, delivery: str, viewer: Viewer) -> list[tuple[int, str, Json]]:
        """Everything of the delivery that this viewer is sent, and when."""
        found = []
        for at, channel, value in self.seen:
            if of(value) != delivery or channel not in SHOWN:
                continue
            shown = snapshot_for(viewer, value) if channel == "deliveries.current" and value["type"] == "delivery" else value
            audience = value["audience"] if channel == "deliveries.events" else value.get("told")
            mine = channel != "deliveries.answers" or (value["agency"], value["person"]) == (viewer.agency, viewer.person)
            if mine and may_hear(viewer, audience):
                found.append((at, channel, shown))
        return found


SHOWN = ("deliveries.current", "deliveries.events", "deliveries.rings", "deliveries.answers")


def of(value: Json) -> str | None:
    """The delivery that a record is about."""
    return value.get("delivery")

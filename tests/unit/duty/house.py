"""The duty for tests: what is open is said, officers act, time goes by, and what is told is kept."""

from typing import Any
from uuid import uuid5

import orjson

from schemas import duty as said
from schemas.identity import NAMESPACE
from streams.engine.effects import Emit, Record
from streams.stages.duty import decide
from streams.stages.rosters import name_of
from tests.unit.stages.building import AT, Memory, Timers

Json = dict[str, Any]
ANNA, BORIS, VERA, CHIEF = "CARICC/a.nna", "CARICC/b.oris", "CARICC/v.era", "CARICC/c.hief"
DELIVERY, OTHER = "TJ-DCA/CD-1", "KZ-KNB/CD-7"
MINUTE = 60_000


class House:
    """`items` and `officers` are what is told last of each; `coordinators` what each delivery was told; `rung` every ring."""

    def __init__(self) -> None:
        self.state = Memory()
        self.now = AT
        self.offset = 0
        self.timers = Timers()
        self.items: dict[str, Json] = {}
        self.officers: dict[str, Json] = {}
        self.coordinators: dict[str, str | None] = {}
        self.answer: Json = {}
        self.rung: list[tuple[int, str]] = []

    def take(self, value: Json, key: str = "") -> None:
        self.offset += 1
        record = Record("duty.inbox", "live.duty.inbox", 0, self.offset, key.encode(), orjson.dumps(value), (), self.now)
        effects = list(decide(record, self.state))
        self.state.apply(effects)
        for emit in (effect for effect in effects if isinstance(effect, Emit)):
            self._perform(emit)

    def _perform(self, emit: Emit) -> None:
        if self.timers.note(emit):
            return
        value = orjson.loads(emit.value or b"null")
        if emit.channel == "duty.answers":
            said.DutyAnswer.model_validate(value)
            self.answer = value
        elif emit.channel == "deliveries.inbox":
            said.OnDuty.model_validate(value)
            self.coordinators[emit.key.decode()] = value["coordinator"]
        elif value["type"] == "officer":
            said.DutyOfficer.model_validate(value)
            self.officers[value["person"]] = value
        else:
            said.DutyItem.model_validate(value)
            before = self.items.get(value["item"])
            if value["rings"] > (before["rings"] if before else 0):
                self.rung.append((self.now, value["item"]))
            self.items[value["item"]] = value

    def act(self, person: str, act: str, role: str | None = None, **fields: Any) -> Json:
        role = role or ("supervisor" if person == CHIEF else "coordinator")
        agency, name = person.split("/")
        by = {"agency": agency, "person": name, "role": role, "country": None}
        self.take({"type": "act", "by": by, "act": {"id": str(uuid5(NAMESPACE, f"{self.offset}")), "act": act, **fields}})
        return self.answer

    def must(self, person: str, act: str, **fields: Any) -> None:
        answer = self.act(person, act, **fields)
        assert answer["status"] == "applied", answer

    def accept(self, person: str, item: str) -> Json:
        return self.act(person, "accept", item=item, seen=self.items[item]["version"])

    def delivery(
        self, name: str = DELIVERY, members: tuple[str, ...] = (ANNA, BORIS), *alarms: tuple[str, int], is_open: bool = True
    ) -> str:
        """Say how a delivery stands, its alarms as id and count; the item."""
        raised = "2026-11-22T00:00:00.000Z"
        told = [{"id": each, "kind": "contact_lost", "part": "A", "raised": raised, "count": count} for each, count in alarms]
        value = {"type": "delivery", "delivery": name, "open": is_open, "members": list(members), "alarms": told}
        said.OpenDelivery.model_validate(value)
        self.take(value, name)
        return name_of("delivery", name)

    def request(
        self, report: str = "UZ-SCC/R-1", priority: str = "routine", *, is_open: bool = True, revision: int = 1, **more: Any
    ) -> str:
        value = {"type": "request", "report": report, "open": is_open, "members": None, "priority": priority, "reply_by": None}
        value |= {"revision": revision} | more
        said.OpenRequest.model_validate(value)
        self.take(value, report)
        return name_of("request", report)

    def after(self, minutes: float) -> None:
        """Time goes by; every timer rings when it is due."""
        end = self.now + int(minutes * MINUTE)
        while timer := self.timers.due(end):
            self.now = max(self.now, timer.due)
            self.take(orjson.loads(timer.value), timer.key.decode())
        self.now = end

    @property
    def open(self) -> dict[str, Json]:
        return {name: item for name, item in self.items.items() if item["open"]}

    def whose(self, item: str) -> str | None:
        responsible: str | None = self.items[item]["responsible"]
        return responsible

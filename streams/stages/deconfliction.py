"""Deconfliction of deliveries: one inbox, the plans that stand, and an answer that says next to nothing (decision 0809, leak rule 9).

A delivery's people learn whether the coordinator will contact them, at a moment that follows from their own plan's time alone: a constant
delay after each change of plan, and again each hour while it stands. Which two come near is for the centre's supervisors, at once.

State, in the one partition: a plan by its delivery, what is filed under a place, and a conflict by its pair, in pieces.
"""

from functools import partial
from typing import Any, NamedTuple
from uuid import uuid5

import orjson

from schemas.identity import NAMESPACE
from schemas.problems import Problem
from streams.engine.effects import Effect, Emit, Record, Stage, State
from streams.stages import timers
from streams.stages.naming import utc
from streams.stages.nearness import AGAIN_MS, DELAY_MS, MOST_TOLD, Locate, Spot, Where, around, cells, pairs, spots
from streams.stages.pieces import Pieces
from streams.stages.refusal import Sender, refuse

INBOX, ANSWERS, CONFLICTS = "deliveries.plans", "deliveries.inbox", "deliveries.conflicts"
TIMER = "answer"
Json = dict[str, Any]


class Plan(NamedTuple):
    """A plan that stands. `near`: the deliveries that it comes near; `due`: when it is answered (again)."""

    number: int
    spots: tuple[Spot, ...]
    near: tuple[str, ...]
    due: int | None


def stage(locate: Locate) -> Stage:
    """The stage: one inbox of one partition."""
    return Stage("deconfliction", (INBOX,), partial(decide, locate), poisoned, stateful=True)


def decide(locate: Locate, record: Record, state: State) -> list[Effect]:
    """A new plan is compared with all that stand, and its answer ordered; when that is due, what stands then is answered."""
    if record.value is None:
        return []
    item, work = orjson.loads(record.value), _Work(record, state)
    if item["type"] == "due":
        # A key of its own: compaction would put the due record in the plan's place.
        delivery = (record.key or b"").decode().removeprefix("#")
        plan = work.plan(delivery)
        if plan is None or not timers.rings(record, item, TIMER, plan.due):
            return []
        assert plan.due is not None
        due = plan.due
        if due > record.at:
            return [timers.ask(record, TIMER, due)]
        near = work.compared(delivery, plan)
        again = due + AGAIN_MS * ((record.at - due) // AGAIN_MS + 1)
        work.keep(delivery, plan._replace(near=near, due=again))
        return [*work.effects, *timers.wake(record, TIMER, None, again), _answer(delivery, plan.number, due, contact=bool(near))]
    return _planned(locate, record, work, item)


def poisoned(record: Record, reason: str) -> list[Effect]:
    """A dead letter. The plan stays unanswered, so nobody is told that it is clear."""
    return [*refuse(record, "deconfliction", Sender(None), [Problem(field="(whole plan)", reason=reason[:400] or "unreadable")])]


def _planned(locate: Locate, record: Record, work: "_Work", item: Json) -> list[Effect]:
    delivery = item["delivery"]
    before = work.plan(delivery) or Plan(0, (), (), None)
    if item["number"] <= before.number:
        return []
    due = timers.milliseconds(item["changed"]) + DELAY_MS if item["stands"] else None
    plan = Plan(item["number"], tuple(spots(item["places"], locate)), before.near, due)
    work.file(delivery, before.spots, plan.spots)
    plan = plan._replace(near=work.compared(delivery, plan))
    work.keep(delivery, plan)
    own = record._replace(key=f"#{delivery}".encode())
    return [*work.effects, *timers.wake(own, TIMER, before.due, due)]


def _answer(delivery: str, number: int, due: int, *, contact: bool) -> Emit:
    value = {"type": "deconfliction", "plan": number, "at": utc(due), "contact": contact}
    return Emit(ANSWERS, delivery.encode(), orjson.dumps(value))


class _Work:
    """One decision: the state as it is read and changed, and what follows for others."""

    def __init__(self, record: Record, state: State) -> None:
        self._record, self._kept = record, Pieces(state)
        self._emits: list[Emit] = []

    @property
    def effects(self) -> list[Effect]:
        return [*self._kept.effects, *self._emits]

    def plan(self, delivery: str) -> Plan | None:
        kept = self._kept.get(f"plan {delivery}")
        if kept is None:
            return None
        number, found, near, due = kept
        read = (Spot._make([*each[:4], Where._make(each[4]) if each[4] else None, *each[5:]]) for each in found)
        return Plan(number, tuple(read), tuple(near), due)

    def keep(self, delivery: str, plan: Plan) -> None:
        # A plan that is over is remembered by its number: an older one that comes again is none.
        self._kept.put(f"plan {delivery}", plan)

    def file(self, delivery: str, before: tuple[Spot, ...], after: tuple[Spot, ...]) -> None:
        """File the delivery under its places, and no longer under those that it had."""
        old, new = ({cell for spot in each for cell in cells(spot)} for each in (before, after))
        for cell in sorted(old ^ new):
            filed = set(self._kept.get(f"cell {cell}") or ())
            filed = filed - {delivery} if cell in old else filed | {delivery}
            self._kept.put(f"cell {cell}", sorted(filed) or None)

    def compared(self, delivery: str, plan: Plan) -> tuple[str, ...]:
        """The deliveries near this plan, now and later; the supervisors are told what changed, and the others' plans know it."""
        candidates = {
            other for spot in plan.spots for cell in around(spot) for other in self._kept.get(f"cell {cell}") or () if other != delivery
        }
        near = []
        for other in sorted(candidates | set(plan.near)):
            theirs = self.plan(other)
            if theirs is None:
                continue
            found = pairs(plan.spots, theirs.spots, self._record.at)
            self._tell(delivery, other, plan, theirs, found)
            if found:
                near.append(other)
            if (delivery in theirs.near) != bool(found):
                partners = set(theirs.near) | {delivery} if found else set(theirs.near) - {delivery}
                self.keep(other, theirs._replace(near=tuple(sorted(partners))))
        return tuple(near)

    def _tell(self, one: str, other: str, mine: Plan, theirs: Plan, found: list[tuple[Spot, Spot]]) -> None:
        """A `Conflict`, where it is news."""
        first, second = sorted((one, other))
        plans = (mine.number, theirs.number) if first == one else (theirs.number, mine.number)
        near = [{"first": _told(a), "second": _told(b)} if first == one else {"first": _told(b), "second": _told(a)} for a, b in found]
        near = near[:MOST_TOLD]
        name = f"conflict {first}|{second}"
        kept: Json | None = self._kept.get(name)
        if (kept or {"near": []})["near"] == near:
            return
        since = kept["since"] if kept is not None and near else utc(self._record.at)
        self._kept.put(name, {"near": near, "since": since} if near else None)
        conflict = str(uuid5(NAMESPACE, f"conflict:{first}|{second}"))
        value = {"conflict": conflict, "order": self._record.offset, "first": first, "second": second, "open": bool(near)}
        value |= {"since": since, "at": utc(self._record.at), "near": near, "plans": plans}
        self._emits.append(Emit(CONFLICTS, conflict.encode(), orjson.dumps(value)))


def _told(spot: Spot) -> Json:
    begins, ends = (None if at is None else utc(at) for at in (spot.begins, spot.ends))
    return {"leg": spot.leg, "kind": spot.kind, "name": spot.name, "begins": begins, "ends": ends}

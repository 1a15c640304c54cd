"""Deduplicate, revise, withdraw, hold, free: one report's life (architecture: reports), and what follows from it through `route.py`.

The same report again, in any number and order, has one effect. The highest revision stands; what arrives late is history.
"""

from typing import Any, NamedTuple

import orjson

from schemas.problems import Problem
from streams.engine.effects import Effect, Emit, Record, Stage, State
from streams.stages.memory import Memory, add, known, recall, remember
from streams.stages.naming import receipt_uuid, report_uuid, utc
from streams.stages.opening import Item, opened
from streams.stages.refusal import ORIGIN_HEADER, Named, Sender, agency, named, person, receipt, refuse, unprocessable
from streams.stages.route import Change, asked, freed, held, outline, route, tombstone
from streams.stages.timers import ask, rings, wake
from streams.stages.watching import call, match

FREED = "freed"
"""The timer of a report that an embargo, or a hold with an end, keeps in."""


def stage() -> Stage:
    """The stage: one inbox, state by report key."""
    return Stage("reports", ("reports.enriched",), decide, poisoned, stateful=True, sender=originator_of)


def originator_of(record: Record) -> str | None:
    """Whose report a record of the inbox is about: its key is `originator/report_id`."""
    originator, slash, _ = (record.key or b"").partition(b"/")
    return originator.decode("utf-8", "replace") if originator and slash else None


def decide(record: Record, state: State) -> list[Effect]:
    """What becomes of one enriched report, decision or timer."""
    key, value = record.key, record.value
    if not key or not value:
        raise ValueError("a record of reports.enriched has a key and a value")
    item = opened(value)
    if item["type"] == "report":
        return _report(record, key, Arrival.of(value, item), recall(key, state), state)
    if item["type"] == "due":
        return _due(record, key, item, recall(key, state), state)
    if item["type"] == "unguard":
        return _unguarded(record, key, item, recall(key, state), state)
    return _decision(record, key, item, recall(key, state), state)


def poisoned(record: Record, reason: str) -> list[Effect]:
    """The dead letter and receipt of a record that the stage could not take, by the raw record that it came from."""
    try:
        item = orjson.loads(record.value or b"")
        sender = Sender(agency(item["sender"]["agency"]), person(item["sender"].get("person")))
        origin, value, about = str(item["origin"]), orjson.dumps(item["report"]), named(item["report"])
        headers = tuple((f"ce_{name}", str(text).encode()) for name, text in item["event"].items())
    except (ValueError, TypeError, KeyError, AttributeError):
        return [*refuse(record, "reports", Sender(None), [unprocessable(reason)])]
    return [
        *refuse(
            record,
            "reports",
            sender,
            [unprocessable(reason)],
            about=about,
            origin=origin,
            value=value,
            headers=headers,
            told=[unprocessable()],
        )
    ]


class Arrival(NamedTuple):
    """An enriched record: its bytes, decoded, and the parts of the bytes that are copied as they are."""

    value: bytes
    item: Item
    report: bytes
    enrichment: bytes

    @classmethod
    def of(cls, value: bytes, item: Item) -> "Arrival":
        """`intake.py` writes enrichment and report last, so that their bytes can be found without reading them again.

        The marks cannot stand inside a string, where the quotation marks would be escaped.
        """
        enrichment = value.index(b',"enrichment":{')
        report = value.index(b',"report":{', enrichment)
        return cls(value, item, value[report + 10 : -1], value[enrichment + 14 : report])

    @property
    def revision(self) -> int:
        revision: int = self.item["about"]["revision"]
        return revision

    @property
    def withdraws(self) -> bool:
        return bool(self.item["about"]["kind"] == "withdrawal")


def _report(record: Record, key: bytes, arrival: Arrival, memory: Memory, state: State) -> list[Effect]:
    item, revision = arrival.item, arrival.revision
    origin, digest = item["origin"], item["digest"]
    seen = known(key, memory, revision, state) if memory.highest else None
    if seen is not None:
        if seen[1] == origin:
            return []
        if seen[0] == digest:
            return [_receipt(record, arrival, "duplicate", stands=revision)]
        return _conflict(record, arrival, memory)
    changes: list[Effect] = [*add(key, memory, revision, [digest, origin], state)]
    memory.version += 1
    watched = item["about"].get("watched", ())
    if revision < memory.revision:
        change = _current(record, key, arrival, memory, "history")
        stands = memory.revision
        return [
            *(match(record, key, item, found, held=found["delivery"] in memory.guards, closed=not memory.out) for found in watched),
            Emit("reports.current", key, change),
            _receipt(record, arrival, "superseded", stands=stands),
            *changes,
            *remember(key, memory),
        ]
    unknown = memory.revision == 0
    before = memory.outline if memory.out else None
    if arrival.withdraws and (memory.out or memory.withdrawn):
        arrival = _told_to(arrival, memory.outline["countries"])
        item = arrival.item
    closed = held(item, memory.hold, record.at)
    guarded = _guard(memory, item)
    if watched:
        keeping = [found["delivery"] for found in watched if found["holds"] and found["delivery"] not in memory.passed]
        memory.guards = list(dict.fromkeys([*memory.guards, *keeping]))
    memory.revision, memory.withdrawn, memory.outline, memory.lies_at = revision, arrival.withdraws, outline(item), record.offset
    memory.out = not closed and not arrival.withdraws
    change = _current(record, key, arrival, memory, "withdrawn" if arrival.withdraws else "applied")
    told = Change(key, record.partition, change, memory.version, revision, _guard(memory, item), guarded, tuple(memory.guards))
    routed, memory.left = route(told, item, before, memory.outline if memory.out else None, memory.left)
    if unknown and arrival.withdraws and not closed:
        routed = [tombstone(told)]
    timers = _rearm(record, memory, item) if closed or memory.wake is not None else ()
    findings = item["about"]["findings"]
    return [
        Emit("reports.current", key, change),
        _receipt(record, arrival, "accepted", findings=findings),
        *routed,
        *(match(record, key, item, found, held=found["delivery"] in memory.guards, closed=closed) for found in watched),
        *timers,
        *changes,
        *remember(key, memory),
    ]


def _guard(memory: Memory, item: Item) -> dict[str, Any] | None:
    """Who alone sees what the guards keep in, to whom all looks as if nothing did; None where none keeps it in."""
    if not memory.guards:
        return None
    return {"for": sorted({item["about"]["handling"]["originator"], item["sender"]["agency"]})}


def _unguarded(record: Record, key: bytes, item: dict[str, Any], memory: Memory, state: State) -> list[Effect]:
    """A delivery lets the report out: by name, or because it has ended. Once none keeps it in, its originator is called, and not before."""
    delivery: str = item["delivery"]
    if item["why"] == "released" and delivery not in memory.passed:
        memory.passed.append(delivery)
    if delivery not in memory.guards:
        return [*remember(key, memory)]
    standing = _standing(memory, state)
    guarded = _guard(memory, standing.item)
    memory.guards.remove(delivery)
    out = memory.outline if memory.out else None
    if memory.guards:
        change = _current(record, key, standing, memory, "applied")
        told = Change(key, record.partition, change, memory.version, memory.revision, guarded, guarded, tuple(memory.guards))
        # That one of them has let go is for the desk alone to know.
        return [*asked(told, standing.item, out), *remember(key, memory)]
    memory.version += 1
    change = _current(record, key, standing, memory, "released")
    told = Change(key, record.partition, change, memory.version, memory.revision, None, guarded)
    routed, memory.left = route(told, standing.item, out, out, memory.left)
    return [Emit("reports.current", key, change), *routed, call(record, standing.item, delivery), *remember(key, memory)]


def _told_to(arrival: Arrival, countries: list[str]) -> Arrival:
    """A withdrawal that concerns also the countries of what it withdraws: who saw an AMBER report sees that it is withdrawn.

    A withdrawal seldom names places of its own, and a report that only vanished would leave them acting on it.
    """
    about = arrival.item["about"]
    together = sorted({*about["countries"], *countries})
    if together == about["countries"]:
        return arrival
    whole = {name: part for name, part in arrival.item.items() if name not in ("enrichment", "report")}
    whole["about"] = {**about, "countries": together}
    whole["enrichment"] = {**orjson.loads(arrival.enrichment), "countries": together}
    whole["report"] = orjson.Fragment(arrival.report)
    value = orjson.dumps(whole)
    return Arrival.of(value, opened(value))


def _standing(memory: Memory, state: State) -> Arrival:
    """The revision that stands, read again from the inbox."""
    value = state.inbox(memory.lies_at)
    arrival = Arrival.of(value, opened(value))
    return _told_to(arrival, memory.outline["countries"]) if arrival.withdraws else arrival


def _rearm(record: Record, memory: Memory, item: Item) -> list[Emit]:
    """Have the clock wake this report when time frees what stands, and no longer for what stood."""
    armed, waits = memory.wake, not memory.out and not memory.withdrawn
    memory.wake = freed(item, memory.hold) if waits else None
    return wake(record, FREED, armed, memory.wake)


def _due(record: Record, key: bytes, item: dict[str, Any], memory: Memory, state: State) -> list[Effect]:
    """The clock says that what kept the report in has passed; the broker's time judges. A timer that is not the one armed does nothing."""
    if not rings(record, item, FREED, memory.wake):
        return []
    due = memory.wake
    assert due is not None
    standing = _standing(memory, state)
    if held(standing.item, memory.hold, record.at):
        return [ask(record, FREED, due)]
    memory.out, memory.hold, memory.wake = True, None, None
    memory.version += 1
    change = _current(record, key, standing, memory, "released")[:-1] + b',"late_ms":%d}' % (record.at - due)
    guard = _guard(memory, standing.item)
    told = Change(key, record.partition, change, memory.version, memory.revision, guard, guard, tuple(memory.guards))
    routed, memory.left = route(told, standing.item, None, memory.outline, memory.left)
    return [Emit("reports.current", key, change), *routed, *remember(key, memory)]


def _decision(record: Record, key: bytes, item: dict[str, Any], memory: Memory, state: State) -> list[Effect]:
    place, _, offset = (record.header(ORIGIN_HEADER) or record.origin).rpartition("/")
    if memory.decided is not None and memory.decided[0] == place and int(offset) <= memory.decided[1]:
        return []
    memory.decided = [place, int(offset)]
    hold = {"by": item["by"], "reason": item["reason"], "until": item.get("until")} if item["act"] == "hold" else None
    was_held, memory.hold = memory.hold is not None, hold
    if memory.revision == 0:
        return [*remember(key, memory)]
    standing, was = _standing(memory, state), memory.outline if memory.out else None
    memory.out = not memory.withdrawn and not held(standing.item, hold, record.at)
    timers = _rearm(record, memory, standing.item)
    if hold is None and not was_held and memory.out == (was is not None):
        return [*timers, *remember(key, memory)]
    memory.version += 1
    change = _current(record, key, standing, memory, "held" if hold else "released")
    routed: list[Emit] = []
    if memory.out != (was is not None):
        guard = _guard(memory, standing.item)
        told = Change(key, record.partition, change, memory.version, memory.revision, guard, guard, tuple(memory.guards))
        routed, memory.left = route(told, standing.item, was, memory.outline if memory.out else None, memory.left)
    return [Emit("reports.current", key, change), *routed, *timers, *remember(key, memory)]


def _current(record: Record, key: bytes, arrival: Arrival, memory: Memory, change: str) -> bytes:
    """One `CurrentReport` as JSON. The kind of a withdrawal is the kind of what it withdraws."""
    item, name = arrival.item, key.decode()
    about, guard = item["about"], _guard(memory, item)
    return orjson.dumps(
        {
            "report_uuid": about["fingerprint"]["report"] if about["fingerprint"] else report_uuid(name),
            "key": name,
            "version": memory.version,
            "change": change,
            "kind": about["withdraws"] or about["kind"],
            "revision": arrival.revision,
            "current_revision": memory.revision,
            "withdrawn": memory.withdrawn,
            "hold": memory.hold,
            "origin": item["origin"],
            "received": item["received"],
            "at": utc(record.at),
            "sender": item["sender"],
            "digest": item["digest"],
            **({"guard": guard} if guard is not None else {}),
            "enrichment": orjson.Fragment(arrival.enrichment),
            "report": orjson.Fragment(arrival.report),
        }
    )


def _about(item: Item) -> Named:
    about = item["about"]
    return Named(about["handling"]["originator"], about["report_id"], about["revision"])


def _receipt(record: Record, arrival: Arrival, status: str, **more: Any) -> Emit:
    item = arrival.item
    sender = Sender(item["sender"]["agency"], item["sender"].get("person"))
    value = receipt(item["origin"], sender, record.at, status, _about(item), **more)
    return Emit("receipts", receipt_uuid(item["origin"]).encode(), value, partition=record.partition)


def _conflict(record: Record, arrival: Arrival, memory: Memory) -> list[Effect]:
    item = arrival.item
    problem = Problem(
        field="revision",
        reason=f"revision {arrival.revision} has been received with other content",
        mend=f"send the changed report as revision {memory.highest + 1}",
    )
    headers = tuple((f"ce_{name}", text.encode()) for name, text in item["event"].items())
    sender = Sender(item["sender"]["agency"], item["sender"].get("person"))
    return [
        *refuse(
            record,
            "reports",
            sender,
            [problem],
            about=_about(item),
            origin=item["origin"],
            value=arrival.report,
            headers=headers,
        )
    ]

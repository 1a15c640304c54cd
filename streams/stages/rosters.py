"""Who is on duty, what is theirs, what falls to whom, and when the supervisors are rung (decision 0810).

Every time here is judgement [R], but that a flash request is acknowledged within five minutes (DOMAIN "A report's life").
"""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid5

import orjson

from schemas.identity import NAMESPACE
from streams.engine.effects import Effect, Emit, Record, State
from streams.stages import timers
from streams.stages.naming import utc
from streams.stages.pieces import Pieces

CURRENT, DELIVERIES = "duty.current", "deliveries.inbox"
TIMER = "waits"

MINUTE = 60_000
ACCEPT_WITHIN = {"alarm": 5 * MINUTE, "delivery": 15 * MINUTE, "request": 15 * MINUTE}
FLASH_WITHIN = 5 * MINUTE
HANDED_OVER_WITHIN = 30 * MINUTE
AGAIN = 15 * MINUTE
LONGEST_SHIFT = 25 * 60 * MINUTE
"""24 hours, and one to hand over in: then the officer's items wait as if the shift had been ended."""

Json = dict[str, Any]


def name_of(kind: str, what: str) -> str:
    """An item's id."""
    return str(uuid5(NAMESPACE, f"duty:{kind}:{what}"))


@dataclass(slots=True)
class Item:
    """One open item. Times are milliseconds since 1970 by the broker's clock; `news`: what it was made of when it changed last."""

    id: str
    kind: str
    about: Json
    members: list[str] | None
    opened: int
    since: int
    responsible: str | None = None
    accepted: int | None = None
    waiting: int | None = None
    due: int | None = None
    rings: int = 0
    rung: int | None = None
    version: int = 1
    news: str = ""
    count: int = 0

    def may_take(self, person: str) -> bool:
        """Whether this officer of the centre may know of it. Rooms have named members."""
        return self.members is None or person in self.members

    @property
    def within(self) -> int:
        """How long it may wait for whom it fell to."""
        return FLASH_WITHIN if self.about.get("priority") == "flash" else ACCEPT_WITHIN[self.kind]


@dataclass(slots=True)
class Watch:
    """One officer's shift. `due`: when it has been too long."""

    person: str
    role: str
    since: int
    leaving: int | None = None
    due: int | None = None
    alarms: int = 0
    fell: int = 0
    accepted: int = 0


class Desk:
    """What stands, and what one record makes of it."""

    def __init__(self, record: Record, state: State) -> None:
        self._record, self._now = record, record.at
        self._kept = Pieces(state)
        self._items: dict[str, Item] = {}
        self._watches: dict[str, Watch] = {}
        self._before: dict[str, tuple[str, int | None]] = {}
        self._closed: dict[str, str | None] = {}
        self._gone: set[str] = set()
        self._was: dict[str, str | None] = {}

    def item(self, name: str) -> Item | None:
        """The open item of this id."""
        if name in self._closed:
            return None
        if name not in self._items:
            kept = self._kept.get(f"item {name}")
            if kept is None:
                return None
            self._items[name] = item = Item(**kept)
            self._before[name], self._was[name] = (repr(item), item.due), item.responsible
        return self._items[name]

    def officer(self, person: str) -> Watch | None:
        """The shift of whoever is on duty."""
        if person in self._gone:
            return None
        if person not in self._watches:
            kept = self._kept.get(f"officer {person}")
            if kept is None:
                return None
            self._watches[person] = watch = Watch(**kept)
            self._before[f"@{person}"] = (repr(watch), watch.due)
        return self._watches[person]

    def of(self, person: str | None) -> list[str]:
        """The ids of what is theirs; of what is nobody's for None."""
        return list(self._kept.get(f"of {person or ''}") or ())

    def noted(self, name: str) -> Any:
        """What is kept under a name; None where nothing is."""
        return self._kept.get(name)

    def note(self, name: str, value: Any) -> None:
        """Keep it; None forgets."""
        self._kept.put(name, value)

    def stands(
        self, name: str, kind: str, about: Json, members: list[str] | None, *, is_open: bool, news: str, after: Item | None = None
    ) -> Item | None:
        """The item as it is said to stand; a new one falls to somebody: an alarm to who answers for its delivery, `after`."""
        item = self.item(name)
        if not is_open:
            self.close(name)
            return None
        if item is None:
            item = self._items[name] = Item(name, kind, about, members, self._now, self._now, news=news)
            self._before[name] = ("", None)
            self._of(None, add=name)
            self._fall(item, after.responsible if after is not None else None)
            return item
        if item.news != news:
            item.news, item.about, item.version = news, about, item.version + 1
        item.members = members
        if item.responsible is not None and not item.may_take(item.responsible):
            self._pass(item, None)
            self._fall(item)
        elif item.responsible is None:
            self._fall(item)
        return item

    def count(self, item: Item | None, raised: int) -> None:
        """Alarms are counted each time they are raised, for whoever answers: many in one are many."""
        if item is None:
            return
        watch = self.officer(item.responsible) if item.responsible is not None else None
        if watch is not None:
            watch.alarms += max(0, raised - item.count)
        item.count = max(item.count, raised)

    def close(self, name: str, how: str | None = None) -> None:
        """The item is no longer open."""
        item = self.item(name)
        if item is not None:
            self._of(item.responsible, drop=name)
            self._closed[name] = how

    def settle(self, item: Item, how: str) -> None:
        """A request is dealt with."""
        self.close(item.id, how)

    def come_on(self, person: str, role: str) -> None:
        """On duty, or on again after all; what nobody answers for falls to them."""
        watch = self.officer(person)
        if watch is None:
            watch = self._watches[person] = Watch(person, role, self._now, due=self._now + LONGEST_SHIFT)
            self._before[f"@{person}"] = ("", None)
            self._on(add=person)
        elif watch.leaving is not None:
            watch.leaving = None
            watch.due = self._now + LONGEST_SHIFT
            for item in map(self.item, self.of(person)):
                if item is not None and item.accepted is not None:
                    self._quiet(item)
        for item in map(self.item, self.of(None)):
            if item is not None and item.may_take(person):
                self._fall(item)

    def leaving(self, watch: Watch) -> None:
        """Everything of theirs waits for another, and stays theirs until then."""
        if watch.leaving is not None:
            return
        watch.leaving, watch.due = self._now, None
        for item in map(self.item, self.of(watch.person)):
            if item is not None and item.accepted is not None:
                item.waiting, item.rings, item.rung = self._now, 0, None
                item.due = self._now + HANDED_OVER_WITHIN
                item.version += 1

    def go_off(self, watch: Watch) -> None:
        """Off duty; the shift is told with its counts."""
        self._on(drop=watch.person)
        self._gone.add(watch.person)

    def accept(self, item: Item, person: str) -> None:
        """Theirs from now on."""
        watch = self.officer(person)
        assert watch is not None
        watch.accepted += 1
        self._pass(item, person)
        item.accepted = self._now
        self._quiet(item)
        if watch.leaving is not None:
            # Taken on the way out, it waits like everything else of theirs.
            item.waiting, item.due = self._now, self._now + HANDED_OVER_WITHIN

    def ring(self, item: Item) -> None:
        """The supervisors are rung, now and again until somebody accepts it."""
        item.rings, item.rung, item.due = item.rings + 1, self._now, self._now + AGAIN

    def _fall(self, item: Item, to: str | None = None) -> None:
        """To `to` where they may take it, else to whoever came on last and is not leaving, a supervisor only where there is no coordinator;
        else it is nobody's, and rings at once."""
        on = [watch for watch in map(self.officer, self._kept.get("on") or ()) if watch is not None and item.may_take(watch.person)]
        ready = sorted(
            (watch for watch in on if watch.leaving is None), key=lambda watch: (watch.role == "coordinator", watch.since, watch.person)
        )
        chosen = next((watch for watch in on if watch.person == to), ready[-1] if ready else None)
        if chosen is not None:
            self._pass(item, chosen.person)
            chosen.fell += 1
            item.accepted, item.waiting, item.rings, item.rung = None, self._now, 0, None
            item.due = self._now + item.within
        elif item.waiting is None or item.rings == 0:
            item.accepted, item.waiting = None, self._now
            self.ring(item)

    def _pass(self, item: Item, person: str | None) -> None:
        self._of(item.responsible, drop=item.id)
        self._of(person, add=item.id)
        if item.responsible != person or person is None:
            item.responsible, item.since, item.version = person, self._now, item.version + 1
        if person is None:
            item.accepted = item.waiting = None
            item.rings = 0

    @staticmethod
    def _quiet(item: Item) -> None:
        item.waiting = item.due = item.rung = None
        item.rings = 0
        item.version += 1

    def _of(self, person: str | None, *, add: str | None = None, drop: str | None = None) -> None:
        names = [name for name in self.of(person) if name not in (add, drop)]
        self._kept.put(f"of {person or ''}", [*names, *([add] if add else [])] or None)

    def _on(self, *, add: str | None = None, drop: str | None = None) -> None:
        names = [name for name in self._kept.get("on") or () if name not in (add, drop)]
        self._kept.put("on", [*names, *([add] if add else [])] or None)

    def effects(self) -> list[Effect]:
        """What is kept, what is told, and when to be woken."""
        effects: list[Effect] = []
        for name, item in sorted(self._items.items()):
            is_open = name not in self._closed
            before, armed = self._before[name]
            if is_open and repr(item) == before:
                continue
            self._kept.put(f"item {name}", asdict(item) if is_open else None)
            effects.append(self._said(name, self._shown(item, is_open=is_open)))
            effects += self._wake(f"#{name}", armed, item.due if is_open else None)
            if is_open and item.kind == "delivery" and item.responsible != self._was.get(name, ""):
                effects.append(self._coordinator(item))
        for person, watch in sorted(self._watches.items()):
            is_on = person not in self._gone
            before, armed = self._before[f"@{person}"]
            if is_on and repr(watch) == before:
                continue
            self._kept.put(f"officer {person}", asdict(watch) if is_on else None)
            effects.append(self._said(f"officer/{person}", self._shift(watch, is_on=is_on)))
            effects += self._wake(f"@{person}", armed, watch.due if is_on else None)
        return [*self._kept.effects, *effects]

    def _wake(self, key: str, armed: int | None, due: int | None) -> list[Emit]:
        """The armed timer has rung where this is its record."""
        rung = self._record.key == key.encode()
        return timers.wake(self._record._replace(key=key.encode()), TIMER, None if rung else armed, due)

    def _said(self, key: str, value: Json) -> Emit:
        return Emit(CURRENT, key.encode(), orjson.dumps(value))

    @staticmethod
    def _coordinator(item: Item) -> Emit:
        """An `OnDuty`: the delivery's ladder rings who answers for it."""
        value = {"type": "duty", "coordinator": item.responsible}
        return Emit(DELIVERIES, item.about["delivery"].encode(), orjson.dumps(value))

    def _shown(self, item: Item, *, is_open: bool) -> Json:
        told: Json = {name: getattr(item, name) for name in ("kind", "about", "members", "responsible", "rings", "version")}
        times = {name: _utc(getattr(item, name)) for name in ("opened", "since", "accepted", "waiting", "rung")}
        how = self._closed.get(item.id)
        head = {"type": "item", "item": item.id, "number": self._record.offset + 1, "open": is_open, "how": how, "at": utc(self._now)}
        return head | told | times

    def _shift(self, watch: Watch, *, is_on: bool) -> Json:
        told: Json = {name: getattr(watch, name) for name in ("person", "role", "alarms", "fell", "accepted")}
        times = {"since": utc(watch.since), "leaving": _utc(watch.leaving), "until": None if is_on else utc(self._now)}
        return {"type": "officer", "number": self._record.offset + 1, "on": is_on, "at": utc(self._now)} | told | times


def _utc(at: int | None) -> str | None:
    return None if at is None else utc(at)

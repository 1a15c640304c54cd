"""A case under keys of at most 64 KiB: a table, and its sections: each part, alarms, entries by voice, the guard, informed posts,
the rest; long ones in pieces.

What parts have in common, the legs' plans and the consents' papers, is kept once, however often a load is split.

Acts that were received and items of evidence have a key each and are read only when they are asked for. `#` is in no delivery's id.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import orjson

from streams.engine.effects import Remember, State
from streams.stages.deliveries.case import Alarm, Case, Earlier, Json, Leg, Offer, Part, Stop, Word

VERSION = 7
PIECE = 57_344
_SECTIONS = ("alarms", "unconfirmed", "guard", "informed")


def recall(delivery: str, state: State) -> Case | None:
    """The case as it stands, or None where there is none. Raises ValueError where a newer worker wrote it."""
    stored = state.get(delivery.encode())
    if stored is None:
        return None
    table: Json = orjson.loads(stored)
    if table["v"] != VERSION:
        raise ValueError(f"state of a delivery in version {table['v']}: this worker reads {VERSION}; deploy the worker that wrote it")
    sections: dict[str, int] = table["s"]
    read = {name: orjson.loads(_whole(delivery, name, pieces, state)) for name, pieces in sections.items()}
    case = Case(**read.pop("case"))
    case.alarms = [Alarm(**alarm) for alarm in read.pop("alarms", [])]
    case.unconfirmed = read.pop("unconfirmed", {})
    case.guard |= read.pop("guard", {})
    case.informed = read.pop("informed", [])
    shared = Shared(read.pop("plans", {}), read.pop("papers", {}))
    case.parts = {name.removeprefix("part/"): _part(raw, shared) for name, raw in read.items()}
    return case


def remember(case: Case, state: State) -> list[Remember]:
    """The changes that keep the case: only pieces that differ from what is stored."""
    shared = Shared({}, {})
    sections = {f"part/{name}": orjson.dumps(shared.lean(part)) for name, part in case.parts.items()}
    sections["plans"], sections["papers"] = orjson.dumps(shared.plans), orjson.dumps(shared.papers)
    sections["alarms"] = orjson.dumps(case.alarms)
    sections["unconfirmed"] = orjson.dumps(case.unconfirmed)
    sections["guard"] = orjson.dumps(case.guard)
    sections["informed"] = orjson.dumps(case.informed)
    sections["case"] = orjson.dumps({name: getattr(case, name) for name in _REST})
    key = case.delivery.encode()
    stored = state.get(key)
    before: dict[str, int] = orjson.loads(stored)["s"] if stored else {}
    changes: list[Remember] = []
    counts: dict[str, int] = {}
    for name, text in sections.items():
        pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
        counts[name] = len(pieces)
        for number, piece in enumerate(pieces):
            if state.get(at := _key(case.delivery, name, number)) != piece:
                changes.append(Remember(at, piece))
        changes += [Remember(_key(case.delivery, name, number), None) for number in range(len(pieces), before.get(name, 0))]
    if counts != before:
        changes.append(Remember(key, orjson.dumps({"v": VERSION, "s": counts})))
    return changes


@dataclass(slots=True)
class Shared:
    """Plans by what they say, papers by the consent's id."""

    plans: Json
    papers: Json

    def lean(self, part: Part) -> Json:
        """The part with names in place of what is shared, which is noted here."""
        return {**slots(part), "legs": [self._lean(leg) for leg in part.legs]}

    def _lean(self, leg: Leg) -> Json:
        lean = {**slots(leg), "plan": self._plan(leg.plan)}
        if leg.word is not None:
            lean["word"] = self._word(leg.word)
        if leg.earlier is not None:
            lean["earlier"] = {"word": self._word(leg.earlier.word), "plan": self._plan(leg.earlier.plan)}
        return lean

    def _plan(self, plan: Json) -> str:
        name = _named(orjson.dumps(plan))
        self.plans[name] = plan
        return name

    def _word(self, word: Word) -> Json:
        self.papers[word.id] = word.authorisation
        return {**slots(word), "authorisation": None}


def slots(value: Any) -> Json:
    """A dataclass as a dictionary, not deep."""
    names, read = _fields(value.__class__)
    return dict(zip(names, read(value), strict=True))


@lru_cache(maxsize=4_096)
def _named(plan: bytes) -> str:
    return blake2b(plan, digest_size=9).hexdigest()


@cache
def _fields(kind: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    names = tuple(each.name for each in fields(kind))
    return names, attrgetter(*names)


def received(delivery: str, act: str, state: State) -> Json | None:
    """What was answered to the act of this id, and to whom, or None where it is new."""
    stored = state.get(_act(delivery, act))
    return orjson.loads(stored) if stored else None


def receive(delivery: str, act: str, answer: Json) -> Remember:
    """Note an act with its answer."""
    return Remember(_act(delivery, act), orjson.dumps(answer))


def item(delivery: str, name: str, state: State) -> Json | None:
    """An item of evidence as it stands, or None."""
    stored = state.get(b"%s#item/%s" % (delivery.encode(), name.encode()))
    return orjson.loads(stored) if stored else None


def keep_item(delivery: str, name: str, value: Json) -> Remember:
    """Note an item of evidence."""
    return Remember(b"%s#item/%s" % (delivery.encode(), name.encode()), orjson.dumps(value))


_REST = tuple(name for name in Case.__dataclass_fields__ if name not in ("parts", *_SECTIONS))


def _act(delivery: str, act: str) -> bytes:
    # By the id alone: consents, offers, stops and entries are called by it, so no two persons' acts may share one.
    return f"{delivery}#act/{act}".encode()


def _key(delivery: str, section: str, piece: int) -> bytes:
    return f"{delivery}#{section}#{piece}".encode()


def _whole(delivery: str, section: str, pieces: int, state: State) -> bytes:
    if pieces == 1:
        return state.get(_key(delivery, section, 0)) or b""
    return b"".join(state.get(_key(delivery, section, number)) or b"" for number in range(pieces))


def _part(raw: Json, shared: Shared) -> Part:
    raw["legs"] = [_leg(leg, shared) for leg in raw["legs"]]
    raw["offer"] = _made(Offer, raw["offer"])
    raw["stop"], raw["stopped"] = _made(Stop, raw["stop"]), _made(Stop, raw["stopped"])
    return Part(**raw)


def _leg(raw: Json, shared: Shared) -> Leg:
    raw["plan"] = shared.plans[raw["plan"]]
    raw["word"] = _word(raw["word"], shared) if raw["word"] is not None else None
    if (earlier := raw["earlier"]) is not None:
        raw["earlier"] = Earlier(_word(earlier["word"], shared), shared.plans[earlier["plan"]])
    return Leg(**raw)


def _word(raw: Json, shared: Shared) -> Word:
    raw["authorisation"] = shared.papers[raw["id"]]
    return Word(**raw)


def _made(kind: Any, raw: Json | None) -> Any:
    return kind(**raw) if raw is not None else None

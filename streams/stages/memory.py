"""What the reports app remembers of one report: some 500 bytes, and never a value of more than 64 KiB however many revisions it has.

Digest and origin of every revision are kept, none forgotten: of revisions 1 to 127 in the head, of the others in pages of 128, one state
key each. Of the revision that stands only the outline is kept, and where it lies in the inbox, which keeps every record for ever: a
decision about it, which is rare, reads it there again. `#` is in no report key, so these keys meet no other report's.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.engine.effects import Remember, State

VERSION = 2
PAGE = 128
MOST_LEFT = 128

Revisions = dict[str, list[str]]
"""Revision → [digest, origin]."""

Outline = dict[str, Any]
"""What routing must know of a revision that is out, when another takes its place: `route.outline`."""


@dataclass(slots=True)
class Memory:
    """One report. `revision` 0: nothing of it has arrived yet, only a decision about it.

    `out`: what stands has gone out to feeds, links and bridges, or would have without a guard. `guards`: deliveries whose guard keeps it in
    besides; `passed`: those that let it out by name, and keep it in no more. `decided`: topic/partition and offset of the last decision.
    `left`: link blocks that earlier revisions were in, which still hear of later ones; the newest 128. `outline`: of the revision that
    stands; `lies_at`: its offset in the inbox. `wake`: when the clock is to say that what keeps the report in has passed (milliseconds).
    """

    version: int = 0
    revision: int = 0
    withdrawn: bool = False
    hold: dict[str, Any] | None = None
    out: bool = False
    decided: list[Any] | None = None
    highest: int = 0
    left: list[str] = field(default_factory=list)
    first: Revisions = field(default_factory=dict)
    outline: Outline = field(default_factory=dict)
    lies_at: int = -1
    wake: int | None = None
    guards: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)


def recall(key: bytes, state: State) -> Memory:
    """The memory of a report, empty where it is unknown."""
    head = state.get(key)
    if head is None:
        return Memory()
    kept = orjson.loads(head)
    if kept["v"] != VERSION:
        raise ValueError(f"state of a report in version {kept['v']}: this worker reads {VERSION}; deploy the worker that wrote it")
    return Memory(
        kept["n"],
        kept["r"],
        kept["w"],
        kept["h"],
        kept["o"],
        kept["d"],
        kept["x"],
        kept["l"],
        kept["p"],
        kept["s"],
        kept["a"],
        kept.get("t"),
        kept.get("g", []),
        kept.get("f", []),
    )


def remember(key: bytes, memory: Memory) -> list[Remember]:
    """The state change that keeps this memory."""
    head: dict[str, Any] = {
        "v": VERSION,
        "n": memory.version,
        "r": memory.revision,
        "w": memory.withdrawn,
        "h": memory.hold,
        "o": memory.out,
        "d": memory.decided,
        "x": memory.highest,
        "l": memory.left,
        "p": memory.first,
        "s": memory.outline,
        "a": memory.lies_at,
    }
    if memory.wake is not None:
        head["t"] = memory.wake
    if memory.guards:
        head["g"] = memory.guards
    if memory.passed:
        head["f"] = memory.passed
    return [Remember(key, orjson.dumps(head))]


def known(key: bytes, memory: Memory, revision: int, state: State) -> list[str] | None:
    """[digest, origin] of a revision, or None where it has not arrived."""
    if revision < PAGE:
        return memory.first.get(str(revision))
    return _page(key, revision, state).get(str(revision))


def add(key: bytes, memory: Memory, revision: int, seen: list[str], state: State) -> list[Remember]:
    """Note a revision as seen, [digest, origin]; the changes of its page, where it is not in the head."""
    memory.highest = max(memory.highest, revision)
    if revision < PAGE:
        memory.first[str(revision)] = seen
        return []
    page = _page(key, revision, state)
    page[str(revision)] = seen
    return [Remember(_page_key(key, revision), orjson.dumps({"v": VERSION, "p": page}))]


def _page(key: bytes, revision: int, state: State) -> Revisions:
    stored = state.get(_page_key(key, revision))
    revisions: Revisions = orjson.loads(stored)["p"] if stored else {}
    return revisions


def _page_key(key: bytes, revision: int) -> bytes:
    return b"%s#%d" % (key, revision // PAGE)

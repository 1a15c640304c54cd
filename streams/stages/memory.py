"""What the reports app remembers of one report, in values of at most 64 KiB however many revisions it has.

The head holds what stands. Digest and origin of every revision are kept, none forgotten: of revisions 1 to 127 in the head, of the
others in pages of 128, one state key each. The revision that stands is in the head, or, where it is large, in pieces of 56 KiB.
`#` is in no report key, so these keys meet no other report's.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.engine.effects import Remember, State

VERSION = 1
PAGE = 128
PIECE = 57_344
INLINE = 24_576
MOST_LEFT = 128

Revisions = dict[str, list[str]]
"""Revision → [digest, origin]."""


@dataclass(slots=True)
class Memory:
    """One report. `revision` 0: nothing of it has arrived yet, only a decision about it.

    `out`: what stands has gone out to feeds, links and bridges. `decided`: topic/partition and offset of the last decision.
    `left`: link blocks that earlier revisions were in, which still hear of later ones; the newest 128. `standing`: the enriched record
    of the revision that stands, as bytes. `wake`: when the clock is to say that what keeps the report in has passed (milliseconds).
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
    standing: bytes = b""
    pieces: int = 0
    wake: int | None = None


def recall(key: bytes, state: State) -> Memory:
    """The memory of a report, empty where it is unknown."""
    head = state.get(key)
    if head is None:
        return Memory()
    # The standing record is the head's last member, and is taken as it was written.
    standing_at = head.index(b',"c":')
    kept = orjson.loads(head[:standing_at] + b"}")
    if kept["v"] != VERSION:
        raise ValueError(f"state of a report in version {kept['v']}: this worker reads {VERSION}; deploy the newer worker")
    pieces = kept["k"]
    if pieces:
        standing = b"".join(state.get(_piece(key, number)) or b"" for number in range(pieces))
    else:
        standing = head[standing_at + 5 : -1] if kept["r"] else b""
    return Memory(
        kept["n"], kept["r"], kept["w"], kept["h"], kept["o"], kept["d"], kept["x"], kept["l"], kept["p"], standing, pieces, kept.get("t")
    )


def remember(key: bytes, memory: Memory) -> list[Remember]:
    """The state changes that keep this memory; `memory.pieces` is how many pieces are stored already."""
    standing = memory.standing
    large = len(standing) > INLINE
    pieces = [standing[start : start + PIECE] for start in range(0, len(standing), PIECE)] if large else []
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
        "k": len(pieces),
    }
    if memory.wake is not None:
        head["t"] = memory.wake
    head["c"] = orjson.Fragment(standing) if standing and not large else None
    changes = [Remember(key, orjson.dumps(head))]
    changes += [Remember(_piece(key, number), piece) for number, piece in enumerate(pieces)]
    changes += [Remember(_piece(key, number), None) for number in range(len(pieces), memory.pieces)]
    return changes


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


def _piece(key: bytes, number: int) -> bytes:
    return b"%s#c%d" % (key, number)

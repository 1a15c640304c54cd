"""Wake-ups: what a stage asks of the clock (`streams/clock.py`), and how it knows its own when it comes (decision 0103).

A stage remembers, under each name, the instant for which it asked. The clock writes a `due` record into the stage's inbox when the instant
has passed, once. By then the stage may wait for another instant or for none: what it does not wait for, it drops.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from streams.engine.effects import Emit, Record
from streams.stages.naming import timer_uuid, utc

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(instant: str) -> int:
    """An RFC 3339 instant as milliseconds since 1970, rounded up: at that time the instant has passed."""
    return -((_EPOCH - datetime.fromisoformat(instant)) // _MILLISECOND)


def wake(record: Record, name: str, armed: int | None, due: int | None) -> list[Emit]:
    """Ask to be woken for this record's key at `due` and no longer at `armed` (milliseconds since 1970; None: not at all).

    Nothing where both are the same. `due` may have passed already: the record then comes as soon as it can. The stage remembers `due` under
    `name`; the inbox is the channel that the record came by.
    """
    if armed == due:
        return []
    emits = []
    if armed is not None:
        emits.append(Emit("timers", _timer(record, name, armed).encode(), None, partition=record.partition))
    if due is not None:
        emits.append(ask(record, name, due))
    return emits


def ask(record: Record, name: str, due: int) -> Emit:
    """As `wake`, where nothing is armed any more."""
    timer = _timer(record, name, due)
    value = {"timer": timer, "inbox": record.channel, "key": (record.key or b"").decode(), "name": name, "due": utc(due)}
    return Emit("timers", timer.encode(), orjson.dumps(value), partition=record.partition)


def rings(record: Record, item: Mapping[str, Any], name: str, armed: int | None) -> bool:
    """Whether this `due` record is the one that the stage waits for under `name`. Of two equal ones the stage waits for the first alone."""
    return armed is not None and item["timer"] == _timer(record, name, armed)


def _timer(record: Record, name: str, due: int) -> str:
    return timer_uuid(record.channel, (record.key or b"").decode(), name, due)

"""Live records before bulk ones: an import is taken in by small turns, and none while a live record waits too long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic, time
from typing import Protocol

TURN = 40
"""Bulk records of a transaction. What a turn leaves to do downstream is before the next live record there."""

LATE_S = 0.02
PATIENT_LATE_S = 1.0
"""For an app that waits before it reads (`App.patience_ms`): nobody's screen waits for it."""

YIELD_AT_MOST_S = 0.25
"""After this a turn is given all the same: where live records alone are too much, an import still comes to its end."""

LOOK_EVERY_S = 0.005


class Waits(Protocol):
    """A partition, to its lane."""

    @property
    def oldest_at(self) -> int | None:
        """Broker time in ms of the oldest record that waits, or None."""


class Lanes:
    """The live partitions of this process, and whose turn it is among the bulk ones."""

    def __init__(self) -> None:
        self._live: dict[Waits, float] = {}
        self._turn = asyncio.Lock()

    def enter(self, partition: Waits, *, patient: bool) -> None:
        """Bulk work yields to this partition from now on."""
        self._live[partition] = PATIENT_LATE_S if patient else LATE_S

    def leave(self, partition: Waits) -> None:
        """No longer."""
        self._live.pop(partition, None)

    def late(self) -> bool:
        """Whether a live partition's oldest record waits longer than it should, by the broker's clock."""
        now = time()
        return any((at := one.oldest_at) is not None and at < (now - bound) * 1000 for one, bound in self._live.items())

    @asynccontextmanager
    async def bulk(self, given_up: Callable[[], bool]) -> AsyncIterator[int]:
        """The turn of one bulk partition, one after the other: how many records it may take, 0 where it is given up while it waits."""
        async with self._turn:
            until = monotonic() + YIELD_AT_MOST_S
            while not given_up():
                if monotonic() > until or not self.late():
                    yield TURN
                    return
                await asyncio.sleep(LOOK_EVERY_S)
            yield 0

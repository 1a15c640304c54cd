"""Ends the process when a record takes too long to decide, or when partitions stand still while their lag grows."""

import faulthandler
import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Generic, NoReturn, TypeVar

from streams.engine.effects import Record
from streams.engine.failure import end_process

DECIDE_LIMIT_S = 10.0
LOOK_EVERY_S = 0.5

Key = TypeVar("Key")

log = logging.getLogger("streams.engine")


class Watchdog:
    """Watches one process's decisions from a thread.

    `record` and `since` are set by the decider at every record while the watchdog is armed. The thread cannot run while the record
    is inside one call that keeps the interpreter lock (a regular expression that backtracks): then the kernel's alarm ends the
    process, after a C-level traceback, half as long again later.
    """

    def __init__(self, limit_s: float, on_overrun: Callable[[str], NoReturn] = end_process) -> None:
        self._limit_s = limit_s
        self._on_overrun = on_overrun
        self._stopped = threading.Event()
        self.record: Record | None = None
        self.since = 0.0
        self._armed = False

    def start(self) -> None:
        """Begin to watch; call it in the main thread."""
        faulthandler.register(signal.SIGALRM, file=2, all_threads=True, chain=True)
        threading.Thread(target=self._watch, name="engine-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def arm(self) -> None:
        """Deciding begins, and `since` with it."""
        self.since = time.monotonic()
        self._armed = True
        signal.setitimer(signal.ITIMER_REAL, self._limit_s * 1.5)

    def disarm(self) -> None:
        """Nothing is being decided."""
        self._armed = False
        self.record = None
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _watch(self) -> None:
        while not self._stopped.wait(min(LOOK_EVERY_S, self._limit_s / 4)):
            record, since = self.record, self.since
            if self._armed and record is not None and time.monotonic() - since > self._limit_s:
                self._on_overrun(f"{record.origin} took longer than {self._limit_s:g} s to decide")


class Progress(Generic[Key]):
    """Which partitions stand still although there is work for them: a stalled fetch, or a commit that never ends."""

    def __init__(self, patience: int = 2) -> None:
        self._patience = patience
        self._last: Mapping[Key, tuple[int, int]] = {}
        self._stalled: dict[Key, int] = {}

    def standing_still(self, seen: Mapping[Key, tuple[int, int]]) -> list[Key]:
        """Those that had work and did not move at `patience` looks. `seen` at this one: committed offset and the log's end.

        A partition whose end is not known must be left out, since nobody knows whether it has work. It is then looked at anew.
        """
        stalled: dict[Key, int] = {}
        for partition, (committed, _) in seen.items():
            before = self._last.get(partition)
            moves = before is None or committed != before[0] or committed >= before[1]
            stalled[partition] = 0 if moves else self._stalled[partition] + 1
        self._last, self._stalled = seen, stalled
        return [partition for partition, looks in stalled.items() if looks >= self._patience]

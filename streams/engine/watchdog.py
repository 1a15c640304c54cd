"""Ends the process when a record takes too long to decide, or when partitions stand still while their lag grows."""

import faulthandler
import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from streams.engine.effects import Record
from streams.engine.failure import end_process

DECIDE_LIMIT_S = 10.0
LOOK_EVERY_S = 0.5

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


class Progress:
    """Whether a partition stands still although there is work for it: a stalled fetch, or a commit that never ends."""

    def __init__(self, patience: int = 2) -> None:
        self._patience = patience
        self._last: dict[object, tuple[int, int]] = {}
        self._stalled: dict[object, int] = {}

    def stands_still(self, partition: object, committed: int, end: int) -> bool:
        """Tell it where the partition is at every look; True after `patience` looks at which it had work and did not move."""
        before = self._last.get(partition)
        self._last[partition] = (committed, end)
        if before is None or committed != before[0] or committed >= before[1]:
            self._stalled[partition] = 0
            return False
        self._stalled[partition] += 1
        return self._stalled[partition] >= self._patience

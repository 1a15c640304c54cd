"""What survives an abnormal end on this machine: which batch was being decided, and which records were refused lately."""

import json
import logging
import os
import struct
from collections import defaultdict, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

from streams.engine.failure import describe
from streams.engine.parking import StageFails

FULL_BATCH = 4_000
SMALLER = 4
"""A batch that ended the process is tried again in a quarter: each try costs a start of the process, and deciding is cheap."""
LAST_ATTEMPT = 3
REFUSALS = 20
REFUSALS_OF = 1_000
GIVEN_UP_MORE = 6
"""Refusals that a record counts for besides its own when it was given up: three such stop an app."""
REMEMBERED_S = 3600.0
"""A stand that an end of the process did not mend comes again within minutes."""

_ATTEMPT = struct.Struct("<4sqii?")
_MAGIC = b"ric2"

log = logging.getLogger("streams.engine")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A batch about to be decided: at most `size` records; `number` counts attempts at a single record, 1 for the first."""

    size: int
    number: int

    @property
    def hopeless(self) -> bool:
        """The record has ended the process often enough: refuse it undecoded."""
        return self.size == 1 and self.number >= LAST_ATTEMPT


class Journal:
    """The attempt at deciding one partition's next batch, in a local file that outlives the process.

    Only deciding is held against the records: an end during another partition's turn, or in the transaction, is not their fault.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._limit = FULL_BATCH
        self._planned = (0, 0, 0)
        content = os.pread(self._file, _ATTEMPT.size, 0)
        self._before: tuple[int, int, int, bool] | None = None
        if len(content) == _ATTEMPT.size:
            magic, first, size, number, deciding = _ATTEMPT.unpack(content)
            if magic == _MAGIC and size > 0:
                self._before = (first, size, number, deciding)

    def plan(self, first: int, waiting: int) -> Attempt:
        """How many of the waiting records may be decided together, from offset `first` on."""
        number = 1
        if self._before is not None and self._before[0] == first:
            _, size, number, ended = self._before
            self._limit = max(1, size // SMALLER) if ended else size
            if ended:
                number = number + 1 if size == 1 else 1
        attempt = Attempt(min(self._limit, waiting), number)
        self._planned = (first, attempt.size, attempt.number)
        return attempt

    def enter(self) -> None:
        """Deciding the planned batch begins or goes on."""
        os.pwrite(self._file, _ATTEMPT.pack(_MAGIC, *self._planned, True), 0)

    def leave(self) -> None:
        """Deciding ended or pauses, in whatever way but the death of the process."""
        os.pwrite(self._file, _ATTEMPT.pack(_MAGIC, *self._planned, False), 0)

    def passed(self) -> None:
        """The batch is committed: the next one may be larger."""
        self._before = None
        self._limit = min(FULL_BATCH, self._limit * SMALLER)

    def close(self) -> None:
        """Close the file; it stays."""
        os.close(self._file)


class Stood:
    """Where partitions of an app stood still without a record, remembered over an end of the process: starting again may mend that once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def again(self, partition: str, offset: int, now: float) -> bool:
        """Whether it stood at this very offset within the last hour before `now` (Unix seconds): longer ago it had another cause."""
        stood = _read(self._path)
        match stood.get(partition):
            case [at_offset, float(at)] if at_offset == offset and abs(now - at) <= REMEMBERED_S:
                return True
        _write(self._path, stood | {partition: [offset, now]})
        return False


class TooManyRefused(StageFails):
    """So many records are refused that the fault must be ours: stop before the topic is drained."""


class Refusals:
    """How many records an app has refused lately, by who sent them, remembered over an end of the process.

    One sender's records may be refused without end: of all named senders the one with the most is left aside. What nobody named sent
    (None) always counts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._passed = 0
        self._refused: defaultdict[str | None, deque[int]] = defaultdict(partial(deque, maxlen=REFUSALS + 1))
        self._forgotten_at = inf
        if path.exists():
            self._recall()

    def passed(self, records: int) -> None:
        """Records were decided and not refused."""
        self._passed += records
        if self._passed >= self._forgotten_at:
            self._forgotten_at = inf
            with suppress(OSError):  # as below
                self._path.unlink(missing_ok=True)

    def refuse(self, sender: str | None) -> None:
        """One record is refused. Raises TooManyRefused beyond 20 for 1 000 that passed."""
        self._add(sender, 1)

    def give_up(self, sender: str | None) -> None:
        """One record, refused before or after, had ended the process twice: whoever else works in it bore that. Raises TooManyRefused."""
        self._add(sender, GIVEN_UP_MORE)
        self._keep(spare=0)

    def _add(self, sender: str | None, times: int) -> None:
        self._refused[sender].extend([self._passed] * times)
        for name, refused in list(self._refused.items()):
            while refused and refused[0] <= self._passed - REFUSALS_OF:
                refused.popleft()
            if not refused:
                del self._refused[name]
        most = max((len(refused) for name, refused in self._refused.items() if name is not None), default=0)
        if sum(map(len, self._refused.values())) - most > REFUSALS:
            self._keep(spare=1)
            raise TooManyRefused(
                f"more than {REFUSALS} records were refused while {REFUSALS_OF} passed, and not of one sender alone; nothing of this batch "
                "is committed. Most likely this release cannot read what is sent"
            )

    def _keep(self, spare: int) -> None:
        """Remember it beyond this process; all but `spare` of each sender, so that the next one begins just below what stops it."""
        kept = {name or "": [self._passed - at for at in list(refused)[: len(refused) - spare]] for name, refused in self._refused.items()}
        _write(self._path, kept)
        self._forgotten_at = self._passed + REFUSALS_OF

    def _recall(self) -> None:
        kept: dict[str, list[int]] = _read(self._path)
        self._passed = REFUSALS_OF
        self._forgotten_at = self._passed + REFUSALS_OF
        for name, ages in kept.items():
            self._refused[name or None].extend(self._passed - age for age in ages)


def _read(path: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):  # torn by the end of the machine
        return {}
    return read


def _write(path: Path, kept: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept))
    except OSError as error:
        # A full disk is no fault of what is being decided, and the next process does without.
        log.warning("%s cannot be written: %s", path, describe(error))

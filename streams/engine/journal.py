"""What survives an abnormal end on this machine: which batch was being decided, and how many records were refused lately."""

import json
import os
import struct
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from streams.engine.failure import EngineError

FULL_BATCH = 4_000
SMALLER = 4
"""A batch that ended the process is tried again in a quarter: each try costs a start of the process, and deciding is cheap."""
LAST_ATTEMPT = 3
REFUSALS = 20
REFUSALS_OF = 1_000

_ATTEMPT = struct.Struct("<4sqii?")
_MAGIC = b"ric2"


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


class TooManyRefused(EngineError):
    """So many records are refused that the fault must be ours: stop before the topic is drained."""


class Refusals:
    """How many of an app's last 1 000 records were refused, remembered over a stop that they caused."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self._refused: deque[int] = deque()
        if path.exists():
            ages: list[int] = json.loads(path.read_text())
            self._seen = REFUSALS_OF
            self._refused.extend(self._seen - age for age in ages)
            path.unlink()

    def count(self, records: int) -> None:
        """Records decided."""
        self._seen += records

    def refuse(self) -> None:
        """One record refused. Raises TooManyRefused beyond 20 of the last 1 000."""
        refused = self._refused
        refused.append(self._seen)
        while refused[0] <= self._seen - REFUSALS_OF:
            refused.popleft()
        if len(refused) > REFUSALS:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps([self._seen - seen for seen in refused]))
            raise TooManyRefused(
                f"more than {REFUSALS} of the last {REFUSALS_OF} records were refused, nothing of this batch is committed: "
                "most likely this release cannot read what is sent; deploy one that can"
            )

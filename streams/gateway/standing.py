"""What each report's handling was and is, as far back as the feed goes: a replayed item is judged by today's handling (leak rule 5).

One index a gateway process, read from the feed itself, so that it is exact for every item that a feed can deliver, and no database that
lags or is down can let an item out that has been raised to RED or held since.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from schemas.channels import BY_NAME
from streams.store.summary import kind
from streams.store.visibility import Facts, facts

KEPT_MS = BY_NAME["feed"].retention_ms
_MAX_INTERNED = 50_000


@dataclass(frozen=True, slots=True)
class State:
    """A report's kind and handling from this offset on (of its partition in the feed)."""

    offset: int
    kind: str
    facts: Facts


class Standing:
    """States of reports by their UUID, oldest first; consecutive equal ones are one."""

    def __init__(self) -> None:
        self._reports: OrderedDict[bytes, tuple[int, tuple[State, ...]]] = OrderedDict()
        self._interned: dict[Facts, Facts] = {}

    def __len__(self) -> int:
        return len(self._reports)

    def take(self, change: Mapping[str, Any], offset: int, at: int) -> None:
        """Note one change from the feed. `at` is its broker time in milliseconds; what the feed no longer keeps is forgotten."""
        if change["change"] == "history":
            return
        uuid = UUID(change["report_uuid"]).bytes
        now = facts(change)
        _, states = self._reports.pop(uuid, (0, ()))
        if not states and change["change"] == "held":
            # What is held was seen before, in a record that the feed no longer has.
            states = (State(-1, kind(change), self._intern(facts({**change, "hold": None}))),)
        if not states or (states[-1].facts != now and states[-1].offset < offset):
            states = (*states, State(offset, kind(change), self._intern(now)))
        self._reports[uuid] = (at, states)
        while self._reports and next(iter(self._reports.values()))[0] < at - KEPT_MS:
            self._reports.popitem(last=False)

    def states(self, report_uuid: str) -> tuple[State, ...]:
        """Every state known, oldest first; empty for a report that the feed does not have."""
        return self._reports.get(UUID(report_uuid).bytes, (0, ()))[1]

    def now(self, report_uuid: str) -> Facts | None:
        """The report's facts as they stand."""
        states = self.states(report_uuid)
        return states[-1].facts if states else None

    def _intern(self, value: Facts) -> Facts:
        if len(self._interned) > _MAX_INTERNED:
            self._interned.clear()
        return self._interned.setdefault(value, value)

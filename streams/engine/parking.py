"""An app that cannot go on with this release is parked: it keeps its partitions and takes in nothing more, and the apps beside it go on.

A partition whose log has lost what it goes on from is parked alone, and its app goes on with the others.
"""

import logging

from streams.engine.failure import EngineError
from streams.engine.metrics import Metrics

log = logging.getLogger("streams.engine")


class StageFails(EngineError):
    """A fault of a stage, which starting again does not mend: its app is parked (decision 0107)."""


class RecordsLost(EngineError):
    """The log no longer has what this partition goes on from. Starting again brings nothing back: a person must accept the loss."""


class Parking:
    """Whether one app of this process is parked, and why. Once parked it stays so until the process ends."""

    def __init__(self, group: str, metrics: Metrics) -> None:
        self._group = group
        self._metrics = metrics
        self.reason: str | None = None
        metrics.parked(None)

    def park(self, fault: StageFails) -> None:
        """Its partitions decide and commit nothing from now on; a transaction under way ends first."""
        if self.reason is not None:
            return
        self.reason = str(fault)
        self._metrics.parked(self.reason)
        log.critical(
            "%s is parked: %s. It keeps its partitions and takes in nothing more, nothing is lost, and the apps beside it go on. "
            "To mend it deploy a release that can decide these records and start this worker again",
            self._group,
            fault,
            exc_info=fault if log.isEnabledFor(logging.DEBUG) else None,
        )

"""How a part ends, by a strike or otherwise, in the simplest terms: part of the reference model.

Written from DOMAIN.md without the stage's code.
"""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

Json = dict[str, Any]
RUNS = ("ACTIVE", "STOP_REQUESTED", "HELD", "STRIKE", "DELIVERED_UNDER_WATCH")
AT_ONCE_MS = 15 * 60_000
"""The hour of a strike may be so long past when it is set."""


class Ends(ABC):
    """Acts of the state having territory. Each says whether it is applied, and applies it."""

    strikers: set[str]

    @abstractmethod
    def _parties(self) -> set[str]:
        """The agencies that take part."""

    def strike(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in ("ACTIVE", "HELD", "STRIKE", "DELIVERED_UNDER_WATCH") or agency[:2] != part["territory"]:
            return False
        if any(each not in self._parties() and each[:2] != part["territory"] for each in act["agencies"]):
            return False
        if datetime.fromisoformat(act["h_hour"]).timestamp() * 1000 < at - AT_ONCE_MS:
            return False
        if part["phase"] == "HELD":
            part["stopped"] = _touching(part["stop"], part["stopped"])
        part["phase"], part["stop"], part["strike"] = "STRIKE", None, (act["h_hour"], frozenset(act["agencies"]))
        part["strike_id"] = act["id"]
        self.strikers |= set(act["agencies"])
        return True

    def strike_ready(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in ("STRIKE", "DELIVERED_UNDER_WATCH") or part["strike"] is None:
            return False
        return act["strike"] == part["strike_id"] and agency in part["strike"][1]

    def strike_called_off(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in ("STRIKE", "STOP_REQUESTED", "HELD", "DELIVERED_UNDER_WATCH") or agency[:2] != part["territory"]:
            return False
        if part["strike"] is None or act["strike"] != part["strike_id"]:
            return False
        onward = "DELIVERED_UNDER_WATCH" if part["watched"] else "ACTIVE"
        if part["phase"] == "STRIKE":
            part["phase"], part["stop"] = "HELD" if part["stopped"] else onward, part["stopped"] and {**part["stopped"], "agreed": set()}
        elif part["stop"]:
            part["stop"] = _touching(part["stop"], part["stopped"])
        if part["stop"] and part["stop"]["before"] == "STRIKE":
            part["stop"]["before"] = onward
        part["strike"] = part["strike_id"] = part["stopped"] = None
        return True

    def delivered_under_watch(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in ("ACTIVE", "STRIKE") or agency[:2] != part["territory"]:
            return False
        part.update(phase="DELIVERED_UNDER_WATCH", watched=True, stopped=None)
        return True

    def secured(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in ("STRIKE", "DELIVERED_UNDER_WATCH") or agency[:2] != part["territory"]:
            return False
        part.update(phase="SECURED", controller=agency, offer=None, stop=None, crossed=False)
        return True

    def intervened(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in RUNS or agency[:2] != part["territory"]:
            return False
        part.update(phase="INTERVENED", controller=agency, offer=None, stop=None, crossed=False)
        return True

    def aborted(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if agency[:2] != part["territory"]:
            return False
        part.update(phase="ABORTED", offer=None, stop=None, crossed=False)
        return True


def _touching(stop: Json, earlier: Json | None) -> Json:
    """The stop, with the legs that an earlier one touched."""
    return {**stop, "touches": stop["touches"] | (earlier["touches"] if earlier else set())}

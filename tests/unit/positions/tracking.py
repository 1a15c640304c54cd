"""A delivery with tracking devices: both stages, joined as their topics join them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from schemas.positions import POSITION_RECORD, DevicePosition, DeviceTrail, MarkedFix
from streams.clock import Timer
from streams.engine.effects import Emit, Record
from streams.stages.positions.stage import decide
from tests.unit.deliveries.office import DELIVERY, Office, where
from tests.unit.stages.building import Memory

LEAD = "TJ-DCA/n.rahimov"
PLACED = {"kind": "tracker", "device": "GL-300-7", "placed_by": "капитан Азизов", "legal_basis": "постановление 17/3"}


class Tracked(Office):
    """`fixes` are what a device sends in one call; `shown` is what watchers were told last of each device, `trail` its way."""

    def __init__(self, at: Any = where) -> None:
        super().__init__(at)
        self.devices_state = Memory()
        self.shown: dict[str, dict[str, Any]] = {}
        self.hours: dict[str, dict[int, list[list[float]]]] = {}
        self.views = 0

    def perform(self, emits: Iterable[Emit]) -> None:
        emits = list(emits)
        super().perform(emit for emit in emits if emit.channel != "positions.inbox")
        for emit in emits:
            if emit.channel == "positions.inbox":
                self.hear(orjson.loads(emit.value or b""))

    def hear(self, value: dict[str, Any]) -> None:
        """Put one record into the positions' inbox and decide it."""
        POSITION_RECORD.validate_python(orjson.loads(orjson.dumps(value)))
        self.offset += 1
        at = int(self.now.timestamp() * 1000)
        record = Record("positions.inbox", "live.positions.inbox", 0, self.offset, DELIVERY.encode(), orjson.dumps(value), (), at)
        effects = decide(self.where, record, self.devices_state)
        self.devices_state.apply(effects)
        for effect in effects:
            if not isinstance(effect, Emit) or self.timers.note(effect):
                continue
            told = orjson.loads(effect.value or b"")
            if effect.channel == "deliveries.inbox":
                MarkedFix.model_validate(told)
                self.take(told)
            elif told["type"] == "trail":
                DeviceTrail.model_validate(told)
                self.hours.setdefault(told["device"], {})[told["hour"]] = told["points"]
            else:
                DevicePosition.model_validate(told)
                self.views += 1
                self.shown[told["device"]] = told

    def ring(self, timer: Timer) -> None:
        if timer.inbox == "positions.inbox":
            self.hear(orjson.loads(timer.value))
        else:
            super().ring(timer)

    def place(self, who: str = LEAD, **changes: Any) -> str:
        """A device is placed; its id."""
        return str(self.must(who, "device_placed", **(PLACED | changes))["act"])

    def fixes(self, device: str, *fixes: dict[str, Any]) -> None:
        """What one call of the device brings."""
        self.hear({"type": "fixes", "device": device, "fixes": list(fixes)})

    def trail(self, device: str) -> list[list[float]]:
        """The whole way."""
        return [point for _, points in sorted(self.hours[device].items()) for point in points]

    def lines(self, kind: str = "tracked") -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]

    def reasons(self) -> list[str]:
        """Why the timeline kept what it kept."""
        return [why for line in self.lines() for why in line["what"].get("reasons", ())]


def fix(at: datetime, lat: float, lon: float, **more: Any) -> dict[str, Any]:
    """A fix as a device writes it."""
    return {"at": at.isoformat(), "lat": lat, "lon": lon, **more}


def along(one: tuple[float, float], other: tuple[float, float], share: float) -> tuple[float, float]:
    """Some way from one point to the other."""
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share

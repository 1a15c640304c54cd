"""Where the devices of deliveries are, for those who watch: the newest and the trail of each, and which devices may report.

Part of the gateway's own index (`rooms.Rooms`), read from `deliveries.positions` and the snapshots; of a delivery that is closed nothing
is kept here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.store.rooms import is_open

HOURS = 72
"""Of a trail so many hours are kept here, the newest; all are in the topic."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A device that reports for a part now. `agencies`: whose officers may have its credential: who placed it, and who is in control."""

    delivery: str
    part: str
    kind: str
    device: str
    agencies: frozenset[str]


@dataclass(slots=True)
class _Device:
    delivery: str
    view: dict[str, Any] | None = None
    offset: int = -1
    trail: dict[int, list[list[float]]] = field(default_factory=dict)


class Places:
    """Devices by their id."""

    def __init__(self) -> None:
        self._devices: dict[str, _Device] = {}
        self._of: dict[str, set[str]] = {}
        self._bound: dict[str, Bound] = {}
        self._bound_of: dict[str, list[str]] = {}
        self._closed: set[str] = set()

    def know(self, snapshot: Mapping[str, Any]) -> None:
        """Note which devices a delivery has by its newest snapshot."""
        delivery = snapshot["delivery"]
        for name in self._bound_of.pop(delivery, ()):
            self._bound.pop(name, None)
        if not is_open(snapshot):
            self._closed.add(delivery)
            for name in self._of.pop(delivery, ()):
                self._devices.pop(name, None)
            return
        bound = {
            device["id"]: Bound(
                delivery,
                part["part"],
                device["kind"],
                device["device"],
                frozenset({device["by"].partition("/")[0], part["controller"] or part.get("last_controller") or ""}),
            )
            for part in snapshot["parts"]
            for device in part.get("devices", ())
            if device["ended"] is None
        }
        if bound:
            self._bound |= bound
            self._bound_of[delivery] = list(bound)

    def take(self, body: Mapping[str, Any], offset: int) -> None:
        """Note one record of `deliveries.positions`."""
        delivery, name = body["delivery"], body["device"]
        if delivery in self._closed:
            return
        device = self._devices.setdefault(name, _Device(delivery))
        self._of.setdefault(delivery, set()).add(name)
        if body["type"] == "trail":
            device.trail[body["hour"]] = body["points"]
            while len(device.trail) > HOURS:
                del device.trail[min(device.trail)]
        elif device.view is None or body["version"] >= device.view["version"]:
            device.view, device.offset = dict(body), offset

    def bound(self, device: str) -> Bound | None:
        """What the device reports for; None: it reports for nothing, or does no more."""
        return self._bound.get(device)

    def is_newest(self, body: Mapping[str, Any], offset: int) -> bool:
        """Whether it is the position to send: the newest of its device. Trails are asked for."""
        device = self._devices.get(body["device"])
        return body["type"] == "position" and device is not None and device.offset == offset

    def deliveries(self) -> list[str]:
        """Open deliveries of which a device was heard."""
        return list(self._of)

    def newest(self, delivery: str) -> list[dict[str, Any]]:
        """Every device of a delivery that was heard of, with its newest position."""
        return [view for name in sorted(self._of.get(delivery, ())) if (view := self._devices[name].view) is not None]

    def of(self, delivery: str) -> list[dict[str, Any]]:
        """Every device of a delivery that was heard of: its newest position, and its trail, the oldest point first."""
        trails = {name: sorted(self._devices[name].trail.items()) for name in self._of.get(delivery, ())}
        return [{**view, "trail": [point for _, points in trails[view["device"]] for point in points]} for view in self.newest(delivery)]

"""What is kept of a delivery's devices, under keys of at most 64 KiB: which there are, of each its recent fixes, its trail by the hour."""

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from streams.engine.effects import Remember, State
from streams.stages.positions.track import Fix, Trail

VERSION = 1
Json = dict[str, Any]


@dataclass(slots=True)
class Table:
    """The devices of one delivery, as it has them (`schemas.positions.Watched`).

    `asked`: of each part the country that it was last told to be in, and in which state of it; `disputed`: parts whose devices are
    impossibly far apart, and which were told to be beyond a border since.
    """

    devices: dict[str, Json] = field(default_factory=dict)
    asked: dict[str, list[Any]] = field(default_factory=dict)
    disputed: dict[str, bool] = field(default_factory=dict)

    def of_part(self, part: str) -> list[str]:
        """Devices that report for the part now."""
        return [name for name, each in self.devices.items() if each["part"] == part and each["active"]]


@dataclass(slots=True)
class Device:
    """One device. Times are milliseconds by the broker's clock; 0: never.

    `armed`: when a timer for its silence rings. `jumping`: `captured` of the fix with which a jump began. `told`: when one was told last.
    """

    fixes: list[Fix] = field(default_factory=list)
    version: int = 0
    heard: int = 0
    shown: int = 0
    armed: int | None = None
    silent: bool = False
    begun: bool = False
    over: bool = False
    jumping: int = 0
    told: int = 0
    apart: str | None = None


def recall(delivery: str, state: State) -> Table:
    """The delivery's devices. Raises ValueError where a newer worker wrote them."""
    stored = state.get(delivery.encode())
    if stored is None:
        return Table()
    kept: Json = orjson.loads(stored)
    if (version := kept.pop("v")) != VERSION:
        raise ValueError(f"devices in version {version}: this worker reads {VERSION}; deploy the worker that wrote them")
    return Table(**kept)


def remember(delivery: str, table: Table) -> Remember:
    """Keep which devices there are."""
    return Remember(delivery.encode(), orjson.dumps({"v": VERSION, **asdict(table)}))


def device(delivery: str, name: str, state: State) -> Device:
    """A device with its recent fixes."""
    stored = state.get(_key(delivery, name))
    if stored is None:
        return Device()
    kept: Json = orjson.loads(stored)
    return Device(**{**kept, "fixes": [Fix(*fix) for fix in kept["fixes"]]})


def keep_device(delivery: str, name: str, kept: Device) -> Remember:
    """Keep a device."""
    value = {slot: getattr(kept, slot) for slot in kept.__dataclass_fields__}
    return Remember(_key(delivery, name), orjson.dumps({**value, "fixes": [list(fix) for fix in kept.fixes]}))


def trail(delivery: str, name: str, hour: int, state: State) -> Trail:
    """Where a device has been in one hour since 1970."""
    stored = state.get(_hour(delivery, name, hour))
    return orjson.loads(stored) if stored else []


def keep_trail(delivery: str, name: str, hour: int, kept: Trail) -> Remember:
    """Keep where a device has been in one hour."""
    return Remember(_hour(delivery, name, hour), orjson.dumps(kept))


def _hour(delivery: str, name: str, hour: int) -> bytes:
    return _key(delivery, name) + b"/%d" % hour


def _key(delivery: str, name: str) -> bytes:
    return f"{delivery}#{name}".encode()

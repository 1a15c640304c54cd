"""Tracking devices of the exercise: the hours that a device has kept, sent in one call, and then where it is, every few seconds.

Journeys of days are minutes in an exercise. So a device tells of hours before it was placed, and of the present at the speed of a lorry.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import cos, hypot, radians
from typing import Any

Json = dict[str, Any]
Point = tuple[float, float]

EVERY_S = 4.0
KMH = 54.0
STEPS = 14
KM_PER_DEGREE = 111.2

TO_KARAMYK: tuple[Point, ...] = (
    (37.21, 68.60), (37.84, 68.78), (38.56, 68.80), (38.55, 69.02), (38.76, 69.55),
    (38.87, 70.00), (39.02, 70.37), (39.13, 70.90), (39.20, 71.36),
)  # fmt: skip
"""From Panji Poyon by Dushanbe up the Surkhob."""

TO_BALKHASH: tuple[Point, ...] = ((43.24, 76.92), (43.60, 75.90), (44.20, 74.95), (45.00, 74.05), (46.00, 73.75), (46.77, 74.60))
"""From Almaty by Kurty along the lake."""


@dataclass(frozen=True, slots=True)
class Track:
    """A device that was placed in an earlier step of that name reports: so many hours along a way, then live."""

    device: str
    who: str
    way: tuple[Point, ...]
    hours: float
    says: str
    look: str


@dataclass(frozen=True, slots=True)
class Hush:
    """The device is heard no more."""

    device: str
    says: str
    look: str = ""


def kept(way: tuple[Point, ...], hours: float, now: datetime) -> Iterator[Json]:
    """What the device has kept: the way at an even pace, the last fix now."""
    points = [_between(one, other, step / STEPS) for one, other in pairwise(way) for step in range(STEPS)] + [way[-1]]
    for index, point in enumerate(points):
        before = timedelta(hours=hours * (1 - index / (len(points) - 1)))
        yield _fix(point, now - before, 72)


def onward(way: tuple[Point, ...], seconds: float, now: datetime) -> Json:
    """Where it is so many seconds later: straight on."""
    (lat0, lon0), (lat1, lon1) = way[-2:]
    north, east = (lat1 - lat0) * KM_PER_DEGREE, (lon1 - lon0) * KM_PER_DEGREE * cos(radians(lat1))
    far = seconds / 3600 * KMH / hypot(north, east)
    return _fix((lat1 + (lat1 - lat0) * far, lon1 + (lon1 - lon0) * far), now, 71)


def _between(one: Point, other: Point, share: float) -> Point:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def _fix(point: Point, at: datetime, battery: int) -> Json:
    lat, lon = round(point[0], 5), round(point[1], 5)
    return {"at": at.isoformat(), "lat": lat, "lon": lon, "accuracy_m": 20, "speed_kmh": KMH, "battery_percent": battery}


async def pause() -> None:
    """Until the next fix."""
    await asyncio.sleep(EVERY_S)

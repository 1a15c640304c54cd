"""A tracking device for the browser's tests: placed by the controller, reporting with its own credential."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx

from tests.e2e.deliveries import OFFICERS, Room
from tests.unit.positions.tracking import PLACED, along

Point = tuple[float, float]
DUSHANBE, VAHDAT, GHARM, LAKHSH = (38.56, 68.78), (38.55, 69.02), (39.02, 70.37), (39.28, 71.87)
SURKHOB = (DUSHANBE, VAHDAT, (38.76, 69.55), (38.87, 70.0), GHARM, (39.13, 70.9), (39.21, 71.4))
"""The road from Dushanbe up the Surkhob towards Karamyk."""


@dataclass
class Device:
    """`report` sends fixes; each must be taken."""

    room: Room
    id: str
    credential: str

    def report(self, *fixes: dict[str, Any]) -> None:
        with httpx.Client(base_url=self.room.system.url, headers={"Authorization": f"Bearer {self.credential}"}, timeout=30) as client:
            answer = client.post("/v1/positions", json=list(fixes))
        assert (answer.status_code, answer.json()["refused"]) == (202, []), answer.text


def placed(room: Room, who: str = "TJ-DCA", **changes: Any) -> Device:
    """A device of the part, placed by its controller."""
    act = room.must(who, "device_placed", **(PLACED | changes))
    with room.system.client(who, "officer", OFFICERS[who]) as client:
        answer = client.post(f"/v1/deliveries/{room.delivery}/devices/{act}/credential")
    assert answer.status_code == 200, answer.text
    return Device(room, act, answer.json()["credential"])


def fix(point: Point, seconds_ago: float = 0, **more: Any) -> dict[str, Any]:
    """A fix taken so long ago."""
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return {"at": at.isoformat(), "lat": point[0], "lon": point[1], "accuracy_m": 25, **more}


def driven(points: tuple[Point, ...], hours: float, until_s: float = 0, steps: int = 12) -> list[dict[str, Any]]:
    """Fixes along the road over so many hours, the last one so many seconds ago."""
    pieces = [along(one, other, step / steps) for one, other in pairwise(points) for step in range(steps)] + [points[-1]]
    return [
        fix(point, until_s + hours * 3600 * (1 - index / (len(pieces) - 1)), speed_kmh=52, course=64) for index, point in enumerate(pieces)
    ]

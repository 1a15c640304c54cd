"""The newest fixes of one device, in the order in which they were taken: which are to be believed, and the trail that they leave.

Everything here is a function of which fixes there are, and not of when or how often each came.
"""

from bisect import insort
from typing import NamedTuple

from streams.stages.positions.movement import Point, impossible

RECENT = 32
"""So many fixes are judged together; older ones stay in the inbox."""

SETTLED_FIXES, SETTLED_MS = 3, 60_000
"""After a jump so many fixes that agree, over so long, are believed again: it was the one before that was wrong [R]."""

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
"""The trail has one point a minute, and is kept by the hour."""


class Fix(NamedTuple):
    """One fix. `captured`: by the broker's clock; `at`: by the device's. Both, and `received`, in milliseconds since 1970."""

    captured: int
    at: int
    lat: float
    lon: float
    accuracy_m: float | None
    speed_kmh: float | None
    course: float | None
    battery_percent: int | None
    skew_s: int
    received: int

    @property
    def point(self) -> Point:
        """Where and when."""
        return self.captured, self.lat, self.lon, self.accuracy_m


def _order(fix: Fix) -> tuple[float, ...]:
    return fix.captured, fix.at, fix.lat, fix.lon, fix.accuracy_m or 0, fix.received


def taken(fixes: list[Fix], fix: Fix) -> bool:
    """Put a fix among the recent ones, at most `RECENT`. False where it is known, or older than all that are kept."""
    for known in fixes:
        if known.at == fix.at:
            # Of two that differ and say the same time the same one stands, whichever came first.
            if _order(fix)[2:5] >= _order(known)[2:5]:
                return False
            fixes.remove(known)
            break
    insort(fixes, fix, key=_order)
    if len(fixes) > RECENT:
        return fixes.pop(0) is not fix
    return True


class Judged(NamedTuple):
    """`newest`: the newest to be believed; `jump`: a newer one that is impossible after it. `doubted`: every fix that is not believed."""

    newest: Fix
    jump: Fix | None
    doubted: frozenset[int]
    settled: int
    """`captured` of the fix with which a new place was believed; 0: none of the recent."""


def judged(fixes: list[Fix], fastest_kmh: float) -> Judged:
    """Which of the fixes are to be believed; there is at least one."""
    believed, settled = fixes[0], 0
    doubted: set[int] = set()
    streak: list[Fix] = []
    for fix in fixes[1:]:
        if not impossible(believed.point, fix.point, fastest_kmh):
            believed, streak = fix, []
            continue
        streak = [*streak, fix] if streak and not impossible(streak[-1].point, fix.point, fastest_kmh) else [fix]
        doubted.add(fix.at)
        if len(streak) >= SETTLED_FIXES and streak[-1].captured - streak[0].captured >= SETTLED_MS:
            doubted -= {each.at for each in streak}
            believed, settled, streak = fix, fix.captured, []
    return Judged(believed, streak[-1] if streak else None, frozenset(doubted), settled)


Trail = list[list[float]]
"""One hour: `[captured, lat, lon]`, the oldest first, of each minute the first fix. Kept to five decimals, which is a metre."""


def trodden(trail: Trail, fix: Fix) -> bool:
    """Put a fix into the trail of its hour; whether that changed it."""
    point = [fix.captured, round(fix.lat, 5), round(fix.lon, 5)]
    minute = fix.captured // MINUTE_MS
    for index, known in enumerate(trail):
        if known[0] // MINUTE_MS == minute:
            if known <= point:
                return False
            trail[index] = point
            return True
    insort(trail, point)
    return True


def dashed(trail: Trail, before: Trail, fastest_kmh: float) -> list[list[float]]:
    """`[lon, lat, captured, jump]` for a map; `jump` 1: nothing goes so fast from the point before to here. `before`: the hour before."""
    last: Point | None = (int(before[-1][0]), before[-1][1], before[-1][2], None) if before else None
    points: list[list[float]] = []
    for captured, lat, lon in trail:
        here: Point = (int(captured), lat, lon, None)
        points.append([lon, lat, here[0], int(last is not None and impossible(last, here, fastest_kmh))])
        last = here
    return points

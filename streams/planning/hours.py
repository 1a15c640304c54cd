"""When a desk is open, and the latest moment to ask it.

Times are UTC; local hours are turned by zoneinfo over the package tzdata alone (`streams/__init__.py`): Almaty is UTC+5 since March 2024.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.directory import ContactPoint, Hours, Notice
from streams.planning.calendars import Calendars

MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AROUND_DAYS = 370
Window = tuple[datetime, datetime]


class UnknownZone(ValueError):
    """A time zone that tzdata does not have."""


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(f"{name} is no time zone of tzdata: use a name such as Asia/Almaty") from error


@dataclass(frozen=True, slots=True)
class Opening:
    """The hours of one desk of one country under a calendar of holidays."""

    desk: ContactPoint
    country: str
    calendars: Calendars

    def windows(self, day: date) -> list[Window]:
        """When the desk is open within that local day, in order; half-open, and cut at midnight."""
        midnight, next_midnight = self._utc(day, time()), self._utc(day + _DAY, time())
        if not self.desk.hours:
            return [(midnight, next_midnight)]
        # A night shift belongs to the day on which it begins: also one that runs into a holiday.
        found = ((max(start, midnight), min(end, next_midnight)) for each in (day - _DAY, day) for start, end in self._shifts(each))
        return _joined(sorted((start, end) for start, end in found if start < end))

    def _shifts(self, day: date) -> list[Window]:
        if day in self.desk.closed_on:
            return []
        weekday = _WEEKDAYS[day.weekday()]
        if day in self.desk.open_on:
            weekday = "mon"
        elif not self.desk.works_on_holidays and self.calendars.is_holiday(self.country, day):
            return []
        return [self._window(hours, day) for hours in self.desk.hours if weekday in hours.days]

    def _window(self, hours: Hours, day: date) -> Window:
        opens = self._utc(day, time.fromisoformat(hours.opens))
        if hours.closes == "24:00":
            return opens, self._utc(day + _DAY, time())
        return opens, self._utc(day + _DAY if hours.closes <= hours.opens else day, time.fromisoformat(hours.closes))

    def _utc(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    @property
    def zone(self) -> ZoneInfo:
        """The desk's time zone. Raises UnknownZone."""
        return zone(self.desk.time_zone)

    def _backwards(self, end: datetime) -> Iterator[Window]:
        """What is open before `end`, the latest first."""
        day = end.astimezone(self.zone).date()
        for _ in range(_LOOK_AROUND_DAYS):
            yield from ((start, min(stop, end)) for start, stop in reversed(self.windows(day)) if start < end)
            day -= _DAY

    def is_open(self, at: datetime) -> bool:
        """Whether the desk answers at that moment."""
        return any(start <= at < end for start, end in self.windows(at.astimezone(self.zone).date()))

    def next_open(self, at: datetime) -> datetime | None:
        """The first moment from `at` on when the desk answers; None where it does not open within a year."""
        day = at.astimezone(self.zone).date()
        for _ in range(_LOOK_AROUND_DAYS):
            for start, end in self.windows(day):
                if at < end:
                    return max(start, at)
            day += _DAY
        return None

    def notice_given(self, notice: Notice, asked: datetime, deadline: datetime) -> timedelta:
        """The notice that a request received at `asked` gives before `deadline`: by the clock, or the hours in which the desk is open."""
        if notice.counted == "clock":
            return deadline - asked
        given = timedelta()
        for start, end in self._backwards(deadline):
            if end <= asked:
                break
            given += end - max(start, asked)
        return given

    def latest(self, notice: Notice, deadline: datetime) -> datetime | None:
        """The last whole minute in the desk's hours at which asking gives its notice before `deadline`; None where a year has none."""
        needed = timedelta(hours=notice.hours)
        if notice.counted == "clock" or not needed:
            # A window's end is not open any more, so a request arrives in the minute before it at the latest.
            last = _whole(deadline - needed) + MINUTE
            return next((_whole(end - MINUTE) for _, end in self._backwards(last)), None)
        gathered = timedelta()
        for start, end in self._backwards(deadline):
            if gathered + (end - start) >= needed:
                return max(start, min(_whole(end - (needed - gathered)), _whole(end - MINUTE)))
            gathered += end - start
        return None


def _joined(found: list[Window]) -> list[Window]:
    joined: list[Window] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def _whole(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)

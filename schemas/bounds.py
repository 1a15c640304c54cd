"""What every model here obeys: unknown fields refused, sizes bounded, times with offsets, text that every store can keep."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
FIRST_YEAR, LAST_YEAR = 1970, 2099
FIRST_BIRTH_YEAR = 1900


class Strict(BaseModel):
    """Base of every model: immutable, unknown fields refused, no silent conversion between text and numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Short = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=PLAIN)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=PLAIN)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=PLAIN)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")]
Agency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}(-[A-Z0-9]{2,12}){0,2}$"), Field(examples=["TJ-DCA"])]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="ISO 3166-1 alpha-2", examples=["TJ"])]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$"), Field(description="BCP 47")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Amount = Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=9)]
Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=6)]


def _in_range(at: datetime, first_year: int = FIRST_YEAR) -> datetime:
    if not first_year <= at.year <= LAST_YEAR:
        raise ValueError(f"year {at.year} is outside {first_year}–{LAST_YEAR}: check the date and its order (year-month-day)")
    return at


def _instant(at: datetime) -> datetime:
    return _in_range(at)


_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def _written_in_full(value: object) -> datetime:
    # pydantic also takes 1763780000, "1763780000" and a blank for the T; those who read the report as it was sent do not.
    if isinstance(value, datetime):
        return value
    if not (isinstance(value, str) and _INSTANT.fullmatch(value)):
        raise ValueError("write the time with its offset from UTC: 2026-03-18T04:30:00+05:00")
    return datetime.fromisoformat(value)


Instant = Annotated[AwareDatetime, BeforeValidator(_written_in_full), AfterValidator(_instant), Field(description="RFC 3339 with offset")]

_MOMENT = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(T.+)?)?)?", re.ASCII)
_CLOCK = re.compile(r"T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
Precision = Literal["second", "day", "month", "year"]


def moment_range(value: str, first_year: int = FIRST_YEAR) -> tuple[datetime, datetime, Precision]:
    """Start (inclusive) and end (exclusive) of a moment in UTC, and its precision.

    A moment without a clock time is ISO 8601-2 (EDTF level 0): `2026`, `2026-03`, `2026-03-18`; its range is taken in UTC, for a day
    without a clock has no zone. Raises ValueError with the mend.
    """
    found = _MOMENT.fullmatch(value)
    if not found:
        raise ValueError("write a date as 2026-03-18, 2026-03 or 2026, or a time with its offset as 2026-03-18T04:30:00+05:00")
    year, month, day, clock = found.groups()
    try:
        if clock:
            if not _CLOCK.fullmatch(clock):
                raise ValueError("a time needs its offset from UTC: 2026-03-18T04:30:00+05:00")
            at = _in_range(datetime.fromisoformat(value), first_year).astimezone(UTC)
            return at, at + timedelta(seconds=1), "second"
        start = _in_range(datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC), first_year)
    except OverflowError as error:
        raise ValueError("the date is outside the calendar") from error
    if day:
        return start, start + timedelta(days=1), "day"
    if month:
        return start, datetime(start.year + start.month // 12, start.month % 12 + 1, 1, tzinfo=UTC), "month"
    return start, datetime(start.year + 1, 1, 1, tzinfo=UTC), "year"


def _moment(value: str) -> str:
    moment_range(value)
    return value


def _birth(value: str) -> str:
    moment_range(value, FIRST_BIRTH_YEAR)
    return value


_WRITTEN = {"pattern": r"^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?)?)?$"}
Moment = Annotated[
    str,
    StringConstraints(min_length=4, max_length=40),
    AfterValidator(_moment),
    Field(
        description="When, as exactly as known: a time with offset, a day, a month or a year (ISO 8601-2 level 0)",
        examples=["2026-03-18T04:30:00+05:00", "2026-03-18", "2026-03"],
        json_schema_extra=_WRITTEN,
    ),
]
Birth = Annotated[
    str,
    StringConstraints(min_length=4, max_length=40),
    AfterValidator(_birth),
    Field(description="A date of birth, as exactly as known", examples=["1958-03-18", "1958"], json_schema_extra=_WRITTEN),
]


def day_of(value: str) -> date:
    """The first day (UTC) that a moment covers."""
    return moment_range(value)[0].date()

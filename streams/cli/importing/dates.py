"""Dates as officers write them, by formats: YYYY, YY, MM, M, MMM (a month's name), DD, D, HH, mm, ss, and `serial` (a sheet's number)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.cli.importing.table import Exact

# Day 0 of the 1900 date system of spreadsheets, which counts a 29 February 1900 that never was.
_SERIAL_ZERO = date(1899, 12, 30)
_TOKEN = re.compile(r"YYYY|YY|MMM|MM|M|DD|D|HH|mm|ss")
_PATTERNS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MMM": r"(?P<name>[^\W\d_]{3,20})\.?",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
}
# "15.03.2024 г.": the word for year behind a year.
_YEAR_WORD = re.compile(r"(?<=\d)\s*(?:г\.?|года?|j\.?|ж\.?)$")
# Beginnings of the months' names, which differ among the months of one language: en, es, fr, pt, ru, tr/az, uz/tg in Cyrillic share ru's.
_MONTHS: tuple[tuple[str, ...], ...] = (
    ("jan", "ene", "янв", "yan", "oca"),
    ("feb", "fev", "фев", "sub", "şub"),
    ("mar", "мар"),
    ("apr", "abr", "avr", "апр"),
    ("may", "mai", "май", "мая", "мае"),
    ("jun", "juin", "июн"),
    ("jul", "juil", "июл", "iyul"),
    ("aug", "ago", "aou", "авг", "avg"),
    ("sep", "set", "сен"),
    ("oct", "out", "окт", "okt"),
    ("nov", "ноя"),
    ("dec", "dic", "dez", "дек"),
)


def month_number(name: str) -> int | None:
    """1–12 for a month's name or its beginning, in any of the languages; None where it is none or two."""
    folded = unicodedata.normalize("NFD", name.casefold().replace("й", "\0"))
    plain = "".join(character for character in folded if not unicodedata.combining(character)).replace("\0", "й")
    fitting = {number for number, starts in enumerate(_MONTHS, 1) if any(plain.startswith(start) for start in starts)}
    return fitting.pop() if len(fitting) == 1 else None


@cache
def zone_of(text: str) -> tzinfo:
    """`+05:00`, `Z` or a name of the tz database. Raises ValueError with the mend."""
    if text == "Z":
        return UTC
    found = re.fullmatch(r"([+-])(\d{2}):(\d{2})", text)
    if found:
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(offset if found[1] == "+" else -offset)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"zone {text!r} is unknown: write an offset such as +05:00") from error


@dataclass(frozen=True, slots=True)
class DateFormat:
    """One format, compiled."""

    text: str
    pattern: re.Pattern[str]
    has_year: bool
    has_time: bool

    @staticmethod
    @cache
    def parse(text: str) -> "DateFormat":
        """Raises ValueError where the format says no year, month or day at all, or a part twice."""
        if text == "serial":
            return DateFormat(text, re.compile(r"(?P<serial>\d{1,6}(\.\d+)?)"), True, False)
        tokens = _TOKEN.findall(text)
        if not tokens:
            raise ValueError(f"date format {text!r} has none of YYYY, YY, MM, M, MMM, DD, D: write it such as DD.MM.YYYY")
        pieces, end = [], 0
        for found in _TOKEN.finditer(text):
            pieces += [re.escape(text[end : found.start()]), _PATTERNS[found.group()]]
            end = found.end()
        pieces.append(re.escape(text[end:]))
        try:
            pattern = re.compile("".join(pieces).replace(r"\ ", r"\s+"))
        except re.error as error:
            raise ValueError(f"date format {text!r} has a part twice") from error
        return DateFormat(text, pattern, "YYYY" in tokens or "YY" in tokens, "HH" in tokens)

    def read(self, value: str, year: int | None, zone: tzinfo | None) -> str | None:
        """The moment (`schemas.bounds.Moment`), as precise as the format; None where the value does not fit or is no date."""
        found = self.pattern.fullmatch(_YEAR_WORD.sub("", value))
        if found is None:
            return None
        parts = found.groupdict()
        if self.text == "serial":
            return (_SERIAL_ZERO + timedelta(days=int(float(parts["serial"])))).isoformat()
        if parts.get("year"):
            year = int(parts["year"])
        elif parts.get("short"):
            # As POSIX reads two digits: 69–99 are of the last century.
            year = int(parts["short"]) + (1900 if int(parts["short"]) > 68 else 2000)
        if year is None:
            return None
        month = month_number(parts["name"]) if parts.get("name") else int(parts["month"]) if parts.get("month") else None
        if month is None:
            return f"{year:04d}" if not parts.get("name") and not parts.get("day") else None
        try:
            if not parts.get("day"):
                return date(year, month, 1).isoformat()[:7]
            day = date(year, month, int(parts["day"]))
            if not self.has_time or zone is None:
                return day.isoformat()
            at = datetime(
                year, month, day.day, int(parts["hour"]), int(parts.get("minute") or 0), int(parts.get("second") or 0), tzinfo=zone
            )
        except ValueError:
            return None
        return at.isoformat()


def read_date(value: str, formats: tuple[str, ...], year: int | None, zone: str | None) -> str | None:
    """The first format that fits. A cell that a machine wrote as ISO 8601 needs no format."""
    where = zone_of(zone) if zone else None
    for text in formats:
        moment = DateFormat.parse(text).read(value, year, where)
        if moment is not None:
            return moment
    if isinstance(value, Exact) and re.match(r"\d{4}-\d{2}-\d{2}", value):
        if "T" not in value:
            return str(value)
        return datetime.fromisoformat(value).replace(tzinfo=where).isoformat() if where else value[:10]
    return None

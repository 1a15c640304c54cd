"""Public holidays by country, from the package `holidays` (MIT). Lunar ones are estimates until their state announces them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.metadata import version as installed

import holidays


@dataclass(frozen=True, slots=True)
class Calendars:
    """`days(country, year)` gives that year's public holidays, or None where no calendar of the country is known."""

    version: str
    days: Callable[[str, int], frozenset[date] | None]

    def is_holiday(self, country: str, day: date) -> bool:
        """Whether it is a public holiday; False where no calendar is known, which `knows` tells."""
        return day in (self.days(country, day.year) or ())

    def knows(self, country: str, year: int) -> bool:
        """Whether that year's holidays of the country are known."""
        return self.days(country, year) is not None


@lru_cache(maxsize=2_048)
def _days(country: str, year: int) -> frozenset[date] | None:
    try:
        found = frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return None
    return found or None


@cache
def load() -> Calendars:
    """The calendars of the installed package; `version` names it in every plan."""
    return Calendars(f"holidays {installed('holidays')}", _days)

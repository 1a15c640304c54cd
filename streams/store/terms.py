"""How long what the store holds is kept, and whose word that is: pure.

The owner's own term prevails: what the originator of a report, or the lead of a delivery, let the centre keep until a day is to be removed
from that day on. Where nobody named one a person reviews whether it is still needed, for the first time some years after it came (a
report) or was closed (a delivery), and again so many years after each decision to keep it. Europol reviews after three years, and its
providers' own limits prevail (Regulation (EU) 2016/794, articles 19(2) and 31; remembered, so the years are a setting). Handling codes
name no term: H0 to H3 say what a report may be used for.

A delivery that was never signed is no case yet, and names persons all the same: it is reviewed 90 days [R] after the last word on it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

UNSIGNED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Term:
    """`remove`: from `due` on the owner no longer lets it be kept. `review`: by `due` a person decides whether it is still needed."""

    due: datetime
    act: Literal["remove", "review"]

    def told(self) -> dict[str, str]:
        """As JSON: `due` RFC 3339, and `act`."""
        return {"due": self.due.isoformat(), "act": self.act}


def due(began: datetime, own: datetime | None, kept_on: datetime | None, years: int) -> Term:
    """The term of what came, or was closed, when it `began`. `own`: the owner's. `kept_on`: when it was last decided to keep it."""
    if own is not None:
        return Term(own, "remove")
    return Term(_years_after(kept_on or began, years), "review")


def due_unsigned(told: datetime, own: datetime | None, kept_on: datetime | None) -> Term:
    """The term of a delivery that nobody signed, of which something was `told` last then; the rest as `due` has it."""
    return Term(own, "remove") if own is not None else Term((kept_on or told) + UNSIGNED, "review")


def _years_after(at: datetime, years: int) -> datetime:
    try:
        return at.replace(year=at.year + years)
    except ValueError:  # 29 February: no later than so many years
        return at.replace(year=at.year + years, day=28)

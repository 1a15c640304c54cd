"""What a search asks, as SQL conditions over alias `r` of table reports."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.channels import KIND_CHANNELS
from streams.store.folding import fold, like, number_key

MAX_QUERY, MAX_WORDS, MAX_LIMIT = 200, 10, 200
LONGEST_MOMENT = timedelta(days=366)
"""The widest range that a report's time may have (a year), so that an index on its start bounds a search by time."""

BBox = tuple[float, float, float, float]


class BadSearch(ValueError):
    """A parameter that cannot be searched for; the message names it and the mend."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What consecutive words of a search (folded) also mean: other names of the same thing, folded, or a country (ISO 3166-1)."""

    words: tuple[str, ...]
    names: tuple[str, ...] = ()
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A search; every field narrows it.

    `q`: words in any script, all of which must occur, or what they mean (`meanings`). `substance`: slug or name.
    `country`: where it happened. `agency`: originator.
    `identifier`: a key (`container:MSKU1234565`) or a number in any spelling. `start` inclusive and `end` exclusive, aware.
    `bbox`: west, south, east, north in degrees; west > east crosses the 180th meridian. `limit` 1 to 200.
    Raises BadSearch.
    """

    q: str | None = None
    substance: str | None = None
    country: str | None = None
    agency: str | None = None
    kind: str | None = None
    identifier: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    bbox: BBox | None = None
    limit: int = 50
    cursor: str | None = None
    meanings: tuple[Meaning, ...] = ()

    def __post_init__(self) -> None:
        for name in ("q", "substance", "country", "agency", "kind", "identifier"):
            value = getattr(self, name)
            if value is not None and len(value) > MAX_QUERY:
                raise BadSearch(f"{name}: {len(value)} characters are too many: give at most {MAX_QUERY}")
            if value is not None and any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in value):
                raise BadSearch(f"{name}: holds a character that no report can hold")
        if self.country is not None and not (len(self.country) == 2 and self.country.isascii() and self.country.isalpha()):
            raise BadSearch("country: give its two letters in ISO 3166-1, such as TJ")
        if self.kind is not None and self.kind not in KIND_CHANNELS:
            raise BadSearch(f"kind: give one of {', '.join(KIND_CHANNELS)}")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadSearch(f"limit: {self.limit} is outside 1–{MAX_LIMIT}")
        for name in ("start", "end"):
            at = getattr(self, name)
            if at is not None and at.tzinfo is None:
                raise BadSearch(f"{name}: a time needs its offset from UTC")
        if self.bbox is not None:
            west, south, east, north = self.bbox
            if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
                raise BadSearch("bbox: give west,south,east,north in degrees, south not above north")


@dataclass(slots=True)
class Conditions:
    """Conditions joined by AND, with their parameters."""

    all_of: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, **parameters: Any) -> None:
        """One more condition."""
        self.all_of.append(condition)
        self.parameters |= parameters

    @property
    def sql(self) -> str:
        """The conditions as one; TRUE where there are none."""
        return " AND ".join(self.all_of) or "TRUE"


def filters(search: Search) -> Conditions:
    """Everything that a search asks but its free text."""
    asked = Conditions()
    if search.substance is not None:
        asked.add("r.substances @> ARRAY[%(substance)s]::text[]", substance=fold(search.substance))
    if search.country is not None:
        asked.add("r.country = %(country)s", country=search.country.upper())
    if search.agency is not None:
        asked.add("r.originator = %(originator)s", originator=search.agency)
    if search.kind is not None:
        asked.add("r.kind = %(kind)s", kind=search.kind)
    if search.identifier is not None:
        asked.add(
            "r.report_uuid IN (SELECT report_uuid FROM report_identifiers WHERE key = %(identifier)s OR number = %(identifier_number)s)",
            identifier=search.identifier,
            identifier_number=number_key(search.identifier),
        )
    _during(asked, search.start, search.end)
    if search.bbox is not None:
        within(asked, search.bbox)
    return asked


def within(asked: Conditions, bbox: BBox) -> None:
    """Inside a box of west, south, east, north."""
    west, south, east, north = bbox
    across = "r.lon BETWEEN %(west)s AND %(east)s" if west <= east else "(r.lon >= %(west)s OR r.lon <= %(east)s)"
    asked.add(f"r.lat BETWEEN %(south)s AND %(north)s AND {across}", west=west, south=south, east=east, north=north)


def _during(asked: Conditions, start: datetime | None, end: datetime | None) -> None:
    """Those whose time may lie between: an event known by its year alone is found in every month of it."""
    if start is not None:
        earliest = max(start, datetime(1900, 1, 1, tzinfo=UTC)) - LONGEST_MOMENT
        asked.add("r.occurred_end > %(start)s AND r.occurred_start > %(earliest)s", start=start, earliest=earliest)
    if end is not None:
        asked.add("r.occurred_start < %(end)s", end=end)


def query_words(q: str) -> list[str]:
    """The folded words of a free text, the first ten, each once."""
    return list(dict.fromkeys(fold(q).split()))[:MAX_WORDS]


def has_number(q: str) -> Conditions | None:
    """Reports that name exactly this number, or bear it; None where the text has no digit."""
    number = number_key(q)
    if not any(letter.isdigit() for letter in number):
        return None
    asked = Conditions()
    asked.add("r.report_uuid IN (SELECT report_uuid FROM report_identifiers WHERE number = %(number)s)", number=number)
    return asked


def has_words(words: list[str], meanings: Iterable[Meaning] = ()) -> Conditions:
    """Reports whose text holds every word, anywhere in it, or begins a word with another name of what it means, or happened there."""
    asked, at = Conditions(), 0
    while at < len(words):
        meant = next((each for each in meanings if tuple(words[at : at + len(each.words)]) == each.words), Meaning((words[at],)))
        said = Conditions()
        for number, word in enumerate(meant.words, at):
            said.add(f"r.search_text LIKE %(word{number})s", **{f"word{number}": like(word)})
        ways = [said.sql] if len(meant.words) == 1 else [f"({said.sql})"]
        for number, name in enumerate(meant.names):
            ways.append(f"r.search_text LIKE %(name{at}_{number})s")
            said.parameters[f"name{at}_{number}"] = f"% {like(name).strip('% ')}%"
        if meant.country is not None:
            ways.append(f"r.country = %(meant_country{at})s")
            said.parameters[f"meant_country{at}"] = meant.country
        asked.add(ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})", **said.parameters)
        at += len(meant.words)
    return asked


def has_one_of_each(alternatives: list[list[str]]) -> Conditions:
    """Reports whose text holds, of each list, at least one word."""
    asked = Conditions()
    for number, choice in enumerate(alternatives):
        asked.add(f"r.search_text LIKE ANY(%(choice{number})s::text[])", **{f"choice{number}": [like(word) for word in choice]})
    return asked

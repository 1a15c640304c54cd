"""Draft a mapping from a file: by the columns' names in several languages, and by what their values look like."""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from streams.cli.importing.dates import read_date
from streams.cli.importing.numbers import read_number
from streams.cli.importing.reading import open_table
from streams.cli.importing.source import Source
from streams.cli.importing.table import Exact

SAMPLE = 500
_FORMATS = (
    "YYYY-MM-DD", "DD.MM.YYYY", "D.M.YYYY", "DD/MM/YYYY", "D/M/YYYY", "MM/DD/YYYY", "M/D/YYYY", "DD-MM-YYYY", "YYYY/MM/DD", "YYYYMMDD",
    "DD.MM.YYYY HH:mm", "DD.MM.YYYY HH:mm:ss", "DD/MM/YYYY HH:mm", "YYYY-MM-DD HH:mm", "YYYY-MM-DD HH:mm:ss",
    "DD.MM.YY", "DD/MM/YY", "MM/DD/YY", "D MMM YYYY", "D-MMM-YYYY", "D-MMM-YY", "D de MMM de YYYY", "MMM D, YYYY",
    "YYYY-MM-DDT00:00:00.000", "YYYY-MM-DDT00:00:00", "YYYY-MM-DD 00:00:00", "YYYY-MM", "MM.YYYY", "MM/YYYY", "MMM YYYY", "YYYY",
)  # fmt: skip
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})(\2.*)")
_BARE = frozenset({"№", "no", "n", "nr", "id", "number", "номер", "п п", "numero", "numero de orden", "рақам", "ракам", "raqam"})
_COUNTED = 999
_TELL_COUNTRY = ("place.country", "place.unlocode", "place.airport", "place.coordinates", "place.crossing")
_TOTALS = frozenset({"итого", "всего", "total", "totals", "grand total", "sum", "jami", "барлығы", "жыйынтык", "total general"})
_DATA: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
_WORDS: dict[str, list[str]] = _DATA["columns"]
_UNITS, _DRUGS = frozenset(_DATA["units"]), tuple(_DATA["drugs"])
_COUNTRIES_OF = {"AF", "AZ", "BR", "CN", "CO", "DE", "ES", "FR", "GB", "IR", "KG", "KZ", "PK", "RU", "TJ", "TM", "TR", "US", "UZ"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A drafted rule for a field, and on what ground."""

    path: str
    rule: dict[str, object]
    because: str


def folded(text: str) -> str:
    """Lower case, no marks, words apart by single blanks."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("й", "\0"))
    plain = "".join(character for character in plain if not unicodedata.combining(character)).replace("\0", "й")
    return " ".join(re.sub(r"[^\w№]+|_", " ", plain.replace("№", " № ")).split()) or plain.strip()


def draft(path: Path, source: Source, agency: str | None = None, name: str | None = None) -> str:
    """A mapping in YAML, to be read over by a person: each line says why it was drafted. Raises ReadError.

    `name` is the file's where the path is only a spool.
    """
    table = open_table(path, source)
    rows = list(islice(table.rows, SAMPLE))
    values = {column: [row.cells[column] for row in rows if row.cells.get(column)] for column in table.columns}
    figures = _figures(values)
    decimal = _decimal(figures, table.notes)
    suggestions: dict[str, Suggestion] = {}
    unused: list[str] = []
    own: str | None = None
    for column in table.columns:
        found = _suggest(column, values[column], decimal, suggestions)
        if found is None and own is None and _is_own_number(column, values[column]):
            own = column
        elif found is None:
            unused.append(column)
        else:
            suggestions[found.path] = found
    for first, second in (("lat", "lon"), ("lon", "lat")):
        here = suggestions.get(f"place.coordinates.{first}")
        if here is not None and f"place.coordinates.{second}" in suggestions:
            here.rule["only_with"] = f"place.coordinates.{second}"
    if (unit := suggestions.get("substances[0].quantity.unit")) is not None and "substances[0].quantity.amount" in suggestions:
        unit.rule["only_with"] = "substances[0].quantity.amount"
    if (dated := suggestions.get("occurred")) is not None and dated.rule["date"] != "M":
        formats = dated.rule["date"]
        doubt = _doubt(values[str(dated.rule["column"])], formats if isinstance(formats, list) else [str(formats)])
        suggestions["occurred"] = replace(dated, because=dated.because + (f"; CHECK: {doubt}" if doubt else ""))
    if (plate := "conveyances[0].registration") in suggestions:
        suggestions["conveyances[0].kind"] = Suggestion(
            "conveyances[0].kind", {"value": "car", "only_with": plate}, "CHECK: bears the plate"
        )
    said = [(column, sorted({value for value in values[column] if folded(str(value)) in _TOTALS})) for column in table.columns]
    totals = [(column, words) for column, words in said if words]
    return _written(
        path, name or path.name, table.notes, _Draft(decimal, _read_as(figures, decimal), suggestions, unused, own, totals), agency
    )


def _suggest(column: str, values: Sequence[str], decimal: str, taken: dict[str, Suggestion]) -> Suggestion | None:
    shape = _shapes(column, values, decimal)
    for path in _WORDS:
        if path in ("report_id", "month") or path in taken or not _has_word(column, path):
            continue
        rule = _fitting(path, column, values, decimal)
        if rule is not None:
            return Suggestion(path, rule, "by the column's name")
    if "occurred" not in taken and _has_word(column, "month") and all(value.isdigit() and 1 <= int(value) <= 12 for value in values):
        return Suggestion("occurred", {"column": column, "date": "M", "year": datetime.now(UTC).year}, "months only: CORRECT THE YEAR")
    if shape is not None and shape.path not in taken:
        return shape
    return None


def _has_word(column: str, path: str) -> bool:
    name = folded(column)
    # A long word may be the beginning of a longer one (наркотик, наркотики); a short one stands alone.
    return any(re.search(rf"(^|\s){re.escape(word)}" + (r"($|\s)" if len(word) <= 4 else ""), name) for word in map(folded, _WORDS[path]))


def _is_own_number(column: str, values: Sequence[str]) -> bool:
    """Whether a column bears the agency's own numbers of its reports: by its whole name, for a car and a telephone have numbers too.

    Numbers that only count the rows are none, for the next file has them again: all from 1, or small growing ones under a bare `№`, a few
    of which a row crossed out or a page left behind has taken.
    """
    name, given = folded(column), [value for value in values if folded(value) not in _TOTALS]
    named = any(name == word or (" " in word and name.startswith(f"{word} ")) for word in map(folded, _WORDS["report_id"]))
    counts = [int(value.rstrip(".)")) for value in given if value.rstrip(".)").isdecimal()]
    growing = len(counts) == len(given) and counts == sorted(counts)
    small = bool(counts) and counts[-1] <= max(_COUNTED, 2 * len(counts))
    counted = growing and (counts == list(range(1, len(counts) + 1)) or (small and name in _BARE))
    return named and len(set(given)) == len(given) > 0 and not counted


def _fitting(path: str, column: str, values: Sequence[str], decimal: str) -> dict[str, object] | None:
    """The rule for a field, where the values allow it."""
    if path == "occurred":
        formats = date_formats(values, named=True)
        return _dated(column, formats) if formats else None
    if path.endswith((".amount", ".lat", ".lon", "purity_percent")) or path == "arrests":
        # A coordinate with a point, where the decimal sign is a comma, is no coordinate: it stays in the narrative.
        most = 180 if path.endswith((".lat", ".lon")) else math.inf
        read = (read_number(value, decimal) for value in values)
        numbers = sum(number is not None and abs(float(number)) <= most for number in read)
        return {"column": column, "number": True} if numbers and numbers * 2 >= len(values) else None
    if path == "place.country" and not _most(values, lambda value: re.fullmatch("[A-Z]{2}", value) is not None):
        return None
    if path == "place.unlocode" and not _most(values, lambda value: re.fullmatch("[A-Z]{2}[A-Z2-9]{3}", value) is not None):
        return None
    if path.endswith(".unit") and sum(folded(value) in _UNITS for value in values) * 2 < len(values):
        return None
    if path == "substances[0].name" and _most(values, lambda value: read_number(value, decimal) is not None):
        return None
    return {"column": column}


def _shapes(column: str, values: Sequence[str], decimal: str) -> Suggestion | None:
    """What a column is by its values alone."""
    if not values:
        return None
    if (formats := date_formats(values)) and formats != ["YYYY"]:
        return Suggestion("occurred", _dated(column, formats), "its values are dates")
    if _most(values, lambda value: folded(value) in _UNITS):
        return Suggestion("substances[0].quantity.unit", {"column": column}, "its values are units")
    if _most(values, lambda value: any(drug in folded(value) for drug in _DRUGS)) or _substances(values):
        return Suggestion("substances[0].name", {"column": column, "required": True}, "its values are substances")
    if _most(values, lambda value: value in _COUNTRIES_OF):
        return Suggestion("place.country", {"column": column}, "its values are country codes")
    if _most(values, lambda value: re.fullmatch("[A-Z]{2}[A-Z2-9]{3}", value) is not None) and len({value[:2] for value in values}) == 1:
        return Suggestion("place.unlocode", {"column": column, "match": "[A-Z]{2}[A-Z2-9]{3}"}, "its values look like UN/LOCODEs")
    if len(set(values)) > 1 and _most(values, _airport_code):
        return Suggestion("place.airport", {"column": column, "match": "[A-Z]{3}"}, "its values look like IATA codes")
    return None


def _dated(column: str, formats: list[str]) -> dict[str, object]:
    rule: dict[str, object] = {"column": column, "date": formats if len(formats) > 1 else formats[0], "required": True}
    # Most members' zone; the mapping's line says that it is to be looked at.
    return rule | ({"zone": "+05:00"} if any("HH" in each for each in formats) else {})


def _airport_code(value: str) -> bool:
    return re.fullmatch("[A-Z]{3}", value) is not None


def _substances(values: Sequence[str]) -> bool:
    try:
        from streams.reference.load import load
    except ImportError:
        return False
    resolve = load().substances.resolve
    names = list(dict.fromkeys(values))[:50]
    return sum(resolve(name, None) is not None for name in names) * 2 > len(names)


def _most(values: Sequence[str], test: Callable[[str], bool]) -> bool:
    return bool(values) and sum(map(test, values)) >= 0.8 * len(values)


def date_formats(values: Sequence[str], *, named: bool = False) -> list[str]:
    """Formats that read nearly all the values, one where one does; half of them where the column's name says that they are dates.

    Of two that fit (03/04/2024) the order of days first is drafted.
    """
    if not values:
        return []
    exact = all(isinstance(value, Exact) and re.match(r"\d{4}-\d\d-\d\d", value) for value in values)
    if exact:
        return ["YYYY-MM-DD"]
    if not named and not any(character.isdigit() for value in values[:20] for character in value):
        return []
    # An officer writes a date in several ways, but days and months in one order.
    ways = [_formats(values, [each for each in _FORMATS if _order(each) != other], named=named) for other in ("month", "day")]
    chosen, rest = min(ways, key=lambda way: len(way[1]))
    return chosen if len(rest) * 2 <= len(values) else []


def _formats(values: Sequence[str], allowed: Sequence[str], *, named: bool) -> tuple[list[str], list[str]]:
    """Formats, of those allowed, for the values, and the values that they leave unread."""
    scored = [
        (sum(read_date(str(value), (each,), None, None) is not None for value in values), -index) for index, each in enumerate(allowed)
    ]
    best, position = max(scored)
    if not best or (not named and best < 0.8 * len(values)):
        return [], list(values)
    chosen = [allowed[-position]]
    rest = [value for value in values if read_date(str(value), tuple(chosen), None, None) is None]
    for each in allowed:
        more = sum(read_date(str(value), (each,), None, None) is not None for value in rest)
        if more and (named or more * 2 >= len(rest)):
            chosen.append(each)
            rest = [value for value in rest if read_date(str(value), (each,), None, None) is None]
    return chosen, rest


def _order(text: str) -> str | None:
    """Which of day and month a format in figures has first; None where the year is first, or the month is a name or alone."""
    found = re.match(r"(D|M)\1?[./-](?!\1)[DM]{1,2}[./-]", text)
    return None if found is None else "day" if found[1] == "D" else "month"


def _doubt(values: Sequence[str], formats: Sequence[str]) -> str:
    """What a person has to look at: a date of the other order, and one that could be of both where no other date tells; "" if none.

    Days come first in every land that writes points between.
    """
    order = next((order for each in formats if (order := _order(each))), "day")
    alike = tuple(each for each in _FORMATS if _order(each) == order)
    either, other, proven = "", "", False
    for value in values:
        parts = None if isinstance(value, Exact) else _SLASHED.fullmatch(value)
        if parts is None:
            continue
        read, turned = read_date(value, tuple(formats), None, None), read_date(parts[3] + parts[2] + parts[1] + parts[4], alike, None, None)
        if read is None and turned is not None:
            other = other or f"{value} has the {'month' if order == 'day' else 'day'} first, and is refused"
        elif read is not None and turned is None:
            proven = True
        elif read != turned:
            either = either or f"{value} is read as {read}"
    return ", ".join(each for each in (either if other or not proven else "", other) if each)


# Behind the sign one, two or more than three digits; or before it four digits, groups apart by another sign, or a lone nought; or groups.
_FIGURE = (
    r"-?(?:\d+{point}(?:\d{{1,2}}|\d{{4,}})|(?:\d{{4,}}|\d{{1,3}}(?:[{apart} \u00a0\u202f'’]\d{{3}})+|0+){point}\d+"
    r"|\d{{1,3}}(?:{apart}\d{{3}}){{2,}})"
)
_COMMA, _POINT = re.compile(_FIGURE.format(apart=r"\.", point=",")), re.compile(_FIGURE.format(apart=",", point=r"\."))
_MONTH = re.compile(r"(?:0?[1-9]|1[0-2])[.,](?:19|20)\d\d")
_AMOUNT, _PURITY, _LAT, _LON = (
    "substances[0].quantity.amount", "substances[0].purity_percent", "place.coordinates.lat", "place.coordinates.lon",
)  # fmt: skip


def _figures(values: dict[str, list[str]]) -> list[str]:
    """The figures with a comma or a point that tell the decimal sign: the amounts'; of others only where no amount has one.

    An article of the law (228.1) has a point in every language, and a map's coordinates too.
    """

    def named(*paths: str) -> list[str]:
        return [value for column in values if any(_has_word(column, path) for path in paths) for value in values[column]]

    rest = [value for column in values if not _has_word(column, _LAT) and not _has_word(column, _LON) for value in values[column]]
    for group in (named(_AMOUNT), named(_PURITY), rest, named(_LAT, _LON)):
        figures = [value for value in group if not isinstance(value, Exact) and not _MONTH.fullmatch(value)]
        figures = [value for value in figures if re.search("[.,]", value) and any(read_number(value, sign) for sign in ",.")]
        if figures:
            return figures
    return []


def _decimal(figures: Sequence[str], notes: Sequence[str]) -> str:
    """Comma where figures have one and a number of digits behind it that no group has.

    Where all figures could be either (`12,480`), a table apart by semicolons is of a machine that writes commas in its figures.
    """
    comma, point = (sum(form.fullmatch(value) is not None for value in figures) for form in (_COMMA, _POINT))
    if comma == point == 0 and any("semicolon" in note for note in notes) and any("," in value for value in figures):
        return ","
    return "," if comma > point else "."


def _read_as(figures: Sequence[str], decimal: str) -> str:
    """What figures that could be read either way are taken for: one with a comma and one with a point; "" where there is none."""
    said: dict[bool, str] = {}
    for value in figures:
        comma, point = read_number(value, ","), read_number(value, ".")
        if comma is not None and point is not None and comma != point:
            said.setdefault("," in value, f"{value} is read as {comma if decimal == ',' else point}")
    return ", ".join(said.values())


@dataclass(frozen=True, slots=True)
class _Draft:
    decimal: str
    read_as: str
    found: dict[str, Suggestion]
    unused: list[str]
    own: str | None
    totals: list[tuple[str, list[str]]]


def _written(path: Path, name: str, notes: tuple[str, ...], drafted: _Draft, agency: str | None) -> str:
    found, own, unused = drafted.found, drafted.own, drafted.unused
    lines = [f"# Drafted from {name}: read over every line, then look at: ric import {name} --mapping THIS --preview"]
    lines += [f"# {note}" for note in notes]
    lines += [f"about: {_text('Seizures, from ' + name)}"]
    lines += [f"agency: {agency}"] if agency else ["# agency: TJ-DCA"]
    check = f"  # CHECK: {drafted.read_as}" if drafted.read_as else ""
    lines += ["source:", f'  decimal: "{drafted.decimal}"{check}']
    issued = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines += [f"issued: {issued.isoformat()}  # the day the file was last changed: put the day that the agency issued it"]
    lines += [
        "handling:",
        "  tlp: AMBER  # CHECK: who may see these reports",
        '  evaluation: {scheme: 4x4, source: X, information: "4"}  # CHECK',
    ]
    if own:
        lines += ["report_id:", f"  columns: [{_text(own)}]  # every value is different"]
    lines += [f"skip_when: [{{column: {_text(column)}, is_one_of: {_text(words)}}}]  # totals" for column, words in drafted.totals[:1]]
    lines += ["fields:"]
    if not any(field.startswith(_TELL_COUNTRY) for field in found):
        lines += ["  place.country: {value: XX}  # SAY WHERE: no column tells it"]
    if "occurred" not in found:
        lines += ["  # occurred: {column: …, date: DD.MM.YYYY}  # REQUIRED: no column with dates was found"]
    if "substances[0].name" not in found:
        lines += ["  # substances[0].name: {value: …}  # no column with substances was found"]
    for each in found.values():
        rule = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in each.rule.items())
        lines += [f"  {each.path}: {{{rule}}}  # {each.because}" + ("; CHECK THE ZONE" if "zone" in each.rule else "")]
    lines += [f"# kept in the narrative, as written: {', '.join(unused)}"] if unused else []
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

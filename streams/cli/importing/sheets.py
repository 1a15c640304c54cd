"""Tables from spreadsheets: XLSX, XLS and ODS. Dates come as dates however the sheet shows them; merged headers fill to the right."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from streams.cli.importing.delimited import join_headers
from streams.cli.importing.numbers import read_number
from streams.cli.importing.source import Source
from streams.cli.importing.table import Exact, ReadError, Row, Table, fill, find_header, name_columns


def open_sheet(path: Path, source: Source) -> Table:
    """One sheet of a workbook as a table. Raises ReadError with the mend."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        raise ReadError("the workbook has a password", "save it without one") from error
    except (CalamineError, OSError) as error:
        raise ReadError("the workbook cannot be opened", "save it again as .xlsx") from error
    names = book.sheet_names
    filled = [name for name in names if book.get_sheet_by_name(name).height > 0]
    if source.sheet is not None and source.sheet not in names:
        raise ReadError(f"there is no sheet {source.sheet!r}", f"correct source.sheet in the mapping; the workbook has: {', '.join(names)}")
    if source.sheet is None and len(filled) != 1:
        what = "several sheets have rows" if filled else "no sheet has rows"
        raise ReadError(what, f"say source.sheet in the mapping, one of: {', '.join(filled or names)}")
    name = source.sheet or filled[0]
    sheet = book.get_sheet_by_name(name)
    merges = sheet.merged_cell_ranges or ()
    merged = any(top == bottom for (top, _), (bottom, _) in merges)
    # Rows come from the sheet's first, but cells from its first column that is not empty.
    empty = sheet.start[1] if sheet.start is not None else 0
    covered = {(row, left - empty): (top, left - empty) for (top, left), (bottom, _) in merges for row in range(top + 1, bottom + 1)}
    records = _records(_spread(sheet.iter_rows(), covered))
    head = list(islice(records, 100))
    notes = [f"sheet {name!r}: " + ("the mapping says so" if source.sheet else "the only one with rows")]
    first, columns, note = _header(head, source, merged)
    notes.append(note)
    if any(row >= first for row, _ in covered):
        told = "words and dates in cells merged over several rows count for each of these rows"
        notes.append(f"{told}; figures and the report's number for the first alone")
    return Table(columns, tuple(notes), _rows(chain(head, records), first, columns, covered.keys()))


def _spread(rows: Iterator[list[Any]], covered: Mapping[tuple[int, int], tuple[int, int]]) -> Iterator[list[Any]]:
    """Rows with the value of a merged cell in each row that it covers, but figures: an amount told once is not to be counted twice."""
    told: dict[tuple[int, int], Any] = dict.fromkeys(covered.values())
    for number, values in enumerate(rows):
        for column, value in enumerate(values):
            if (number, column) in told:
                told[number, column] = value
            elif (number, column) in covered and value in ("", None):
                above = told[covered[number, column]]
                values[column] = above if isinstance(above, date | time) or (isinstance(above, str) and not _figure(above)) else value
        yield values


def _figure(text: str) -> bool:
    return any(read_number(text, decimal) is not None for decimal in ",.")


def _records(rows: Iterator[list[Any]]) -> Iterator[tuple[int, list[str]]]:
    for number, values in enumerate(rows, 1):
        texts = [cell_text(value) for value in values]
        if any(text.strip() for text in texts):
            yield number, texts


def cell_text(value: Any) -> str:
    """A cell as text: whole numbers without `.0`, numbers never in scientific notation, dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        text = format(number, "f")
        return Exact(text.rstrip("0").rstrip(".") if "." in text else text)
    if isinstance(value, datetime):
        return Exact(value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds"))
    if isinstance(value, date | time):
        return Exact(value.isoformat())
    if isinstance(value, timedelta):
        return Exact(str(value))
    return str(value)


def _header(head: list[tuple[int, list[str]]], source: Source, merged: bool) -> tuple[int, tuple[str, ...], str]:
    width = max((len(values) for _, values in head), default=0)
    if source.header == 0:
        return 0, name_columns([], width), "no header: the mapping says so; columns are called column 1, column 2 …"
    if source.header is not None:
        numbers = (source.header,) if isinstance(source.header, int) else source.header
        chosen = [values for number, values in head if number in numbers]
        if len(chosen) != len(numbers):
            raise ReadError(f"the header is said to be in row {source.header}, which is empty", "correct source.header in the mapping")
        return numbers[-1], name_columns(join_headers(chosen), 0), f"header in row {source.header}"
    found = find_header([values for _, values in head])
    if found is None:
        raise ReadError("no header row was found", "say source.header in the mapping: its row, several if merged, or 0 if there is none")
    number, values = head[found]
    if merged and found + 1 < len(head) and "" in [value.strip() for value in values]:
        below = head[found + 1]
        if not any(isinstance(cell, Exact) for cell in below[1]):
            return below[0], name_columns(join_headers([values, below[1]]), 0), f"header in rows {number} and {below[0]}: cells are merged"
    return number, name_columns(values, 0), f"header in row {number}: the first row of different words"


def _rows(records: Iterator[tuple[int, list[str]]], first: int, columns: tuple[str, ...], covered: Set[tuple[int, int]]) -> Iterator[Row]:
    for number, values in records:
        # A row all of whose cells are merged with those above is the lower half of that row, and no other report.
        if number <= first or not any(value.strip() for index, value in enumerate(values) if (number - 1, index) not in covered):
            continue
        trimmed = values
        while len(trimmed) > len(columns) and not trimmed[-1].strip():
            trimmed = trimmed[:-1]
        repeated = frozenset(name for index, name in enumerate(columns) if (number - 1, index) in covered)
        yield replace(fill(number, columns, trimmed), repeated=repeated)

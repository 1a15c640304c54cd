"""Tables as text: comma, semicolon, tab or bar between the values, quoted or not, with whatever stands above the header."""

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from streams.cli.importing.encoding import detect
from streams.cli.importing.source import Source
from streams.cli.importing.table import ReadError, Row, Table, fill, find_header, name_columns

_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_SAMPLE_LINES = 200
# A quoted value over more lines than this is a quotation mark that was never closed, which would swallow the rest of the file.
_MOST_LINES = 500
_MOST_CHARACTERS = 1_048_576

Record = tuple[int, list[str]]


def open_delimited(path: Path, source: Source) -> Table:
    """A CSV-like file as a table. Raises ReadError with the line and the mend."""
    csv.field_size_limit(_MOST_CHARACTERS)
    encoding = detect(path, source.encoding)
    notes = [f"encoding {encoding.name}: {encoding.because}"]
    with _open(path, encoding.name) as file:
        sample = list(islice(file, _SAMPLE_LINES))
    if not any(line.strip() for line in sample):
        raise ReadError("the file is empty", "check that the right file was chosen")
    delimiter = source.delimiter or _sniff(sample, source)
    ground = "the mapping says so" if source.delimiter else "it divides the rows most evenly"
    notes.append(f"delimiter {_DELIMITERS.get(delimiter, repr(delimiter))}: {ground}")

    head = list(islice(_records(iter(sample), delimiter, source, partial=True), _SAMPLE_LINES // 2))
    first, columns, note = _header(head, source)
    notes.append(note)
    return Table(columns, tuple(notes), _rows(partial(_open, path, encoding.name), delimiter, source, first, columns))


def _open(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, newline="")


def _header(head: list[Record], source: Source) -> tuple[int, tuple[str, ...], str]:
    """Index of the record after the header, the columns, and how the header was found."""
    width = max(len(values) for _, values in head)
    if source.header == 0:
        return 0, name_columns([], width), "no header: the mapping says so; columns are called column 1, column 2 …"
    if source.header is not None:
        lines = (source.header,) if isinstance(source.header, int) else source.header
        chosen = [index for index, (line, _) in enumerate(head) if line in lines]
        if len(chosen) != len(lines):
            raise ReadError(
                f"the header is said to be on line {source.header}, which has no record", "correct source.header in the mapping"
            )
        return chosen[-1] + 1, name_columns(join_headers([head[index][1] for index in chosen]), 0), f"header on line {source.header}"
    found = find_header([values for _, values in head])
    if found is None:
        raise ReadError("no header row was found", "say source.header in the mapping: its line, or 0 if there is none")
    return found + 1, name_columns(_trimmed(head[found][1]), 0), f"header on line {head[found][0]}: the first row of different words"


def join_headers(rows: list[list[str]]) -> list[str]:
    """Several header rows as one: `Quantity / g`; a cell merged to the right counts for all the columns it covers, but the last row."""
    width = max(len(row) for row in rows)
    filled: list[list[str]] = []
    for depth, row in enumerate(rows):
        last, cells = "", []
        for index in range(width):
            cell = row[index].strip() if index < len(row) else ""
            last = cell or (last if depth < len(rows) - 1 else "")
            cells.append(last)
        filled.append(cells)
    return [" / ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*filled, strict=True)]


def _trimmed(header: list[str]) -> list[str]:
    while header and not header[-1].strip():
        header = header[:-1]
    return header


def _sniff(sample: list[str], source: Source) -> str:
    """The delimiter that gives the most rows the header's own number of cells; then the one with most columns."""
    best, score = ",", (-1.0, 0)
    for delimiter in _DELIMITERS:
        try:
            widths = [len(values) for _, values in _records(iter(sample), delimiter, source, partial=True) if len(values) > 1]
            lines = sum(1 for line in sample if line.strip())
        except ReadError:
            continue
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        even = sum(1 for width in widths if width == usual) / max(lines, 1)
        # A decimal comma divides the figures, but not the header: the first record with several cells must have the usual number.
        if widths[0] != usual:
            even /= 2
        if (round(even, 2), usual) > score:
            best, score = delimiter, (round(even, 2), usual)
    return best


def _records(lines: Iterator[str], delimiter: str, source: Source, *, partial: bool = False) -> Iterator[Record]:
    """Records that are not blank, each with the line on which it begins."""
    if source.quote is None:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=source.quote)
    before = 0
    while True:
        begins = before + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unclosed(begins) from error
        if reader.line_num - before > _MOST_LINES and not partial:
            raise _unclosed(begins)
        before = reader.line_num
        if any(value.strip() for value in values):
            yield begins, values


def _unclosed(line: int) -> ReadError:
    return ReadError(f"a quotation mark opened on line {line} is not closed", "close it, or say source.quote: null if quotes are only text")


def _rows(opened: Callable[[], io.TextIOWrapper], delimiter: str, source: Source, skip: int, columns: tuple[str, ...]) -> Iterator[Row]:
    with opened() as file:
        for line, values in islice(_records(file, delimiter, source), skip, None):
            trimmed = values
            while len(trimmed) > len(columns) and not trimmed[-1].strip():
                trimmed = trimmed[:-1]
            yield fill(line, columns, trimmed)

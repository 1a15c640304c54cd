"""What every reader gives: a table of text cells, with notes on how it was read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


class ReadError(Exception):
    """The file cannot be read as a table. `mend` says what to do."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}: {mend}")
        self.what = what
        self.mend = mend


class Exact(str):
    """Text that a machine wrote: a number with a decimal point, or a date in ISO 8601; the officer's conventions do not apply to it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` is where a person finds it: line of a text file, row of a sheet, place in a JSON array (all from 1).

    `cells` are by column name, empty ones as "". `warnings` say what had to be repaired; `unreadable` is the reason why the row has no
    cells but its raw text under `RAW`. `repeated`: columns whose value is that of a merged cell which begins in a row above.
    """

    number: int
    cells: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    unreadable: str | None = None
    repeated: frozenset[str] = frozenset()


RAW = "(row as it stands)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table opened for reading, once. `notes` tell what was decided, each with its ground, so that a person can object.

    `open_ended`: a later row may have columns that the first ones had not (JSON).
    """

    columns: tuple[str, ...]
    notes: tuple[str, ...]
    rows: Iterator[Row]
    open_ended: bool = False


_REMOVED = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


def clean(text: str) -> tuple[str, bool]:
    """The text without control characters (which no report may hold) and outer blanks; and whether any were removed."""
    if text.isprintable():
        return text.strip(), False
    kept = text.translate(_REMOVED)
    return kept.replace("\r\n", "\n").strip("\ufeff \t\r\n\xa0"), len(kept) != len(text)


def name_columns(header: list[str], width: int) -> tuple[str, ...]:
    """Unique names: blank ones become `column 4`, repeated ones `NAME (2)`."""
    names: list[str] = []
    for index in range(max(width, len(header))):
        wanted = " ".join(clean(header[index])[0].split()) if index < len(header) else ""
        wanted = wanted or f"column {index + 1}"
        name, count = wanted, 1
        while name in names:
            count += 1
            name = f"{wanted} ({count})"
        names.append(name)
    return tuple(names)


def fill(number: int, columns: tuple[str, ...], values: list[str]) -> Row:
    """A row of cells. Values beyond the header are kept as `column N`: they are the agency's too, and mostly tell of a stray delimiter."""
    cells: dict[str, str] = {}
    warnings: list[str] = []
    for index, value in enumerate(values):
        text, repaired = (value, False) if isinstance(value, Exact) else clean(value)
        name = columns[index] if index < len(columns) else f"column {index + 1}"
        cells[name] = text
        if repaired:
            warnings.append(f"{name}: control characters were removed")
    for name in columns[len(values) :]:
        cells[name] = ""
    if len(values) < len(columns):
        warnings.append(f"the row has {len(values)} cells, the header {len(columns)}: the missing ones are taken as empty")
    extra = [value for value in values[len(columns) :] if value.strip()]
    if extra:
        warnings.append(f"the row has {len(values)} cells, the header {len(columns)}: look for a delimiter inside a value")
    return Row(number, cells, tuple(warnings))


def find_header(rows: list[list[str]]) -> int | None:
    """Index of the header among the first rows: the first one that fills most of the usual width with different words and no figures."""
    widths = sorted(sum(1 for cell in row if cell.strip()) for row in rows if any(cell.strip() for cell in row))
    if not widths:
        return None
    usual = widths[len(widths) // 2]
    for index, row in enumerate(rows):
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(filled) < max(1, round(usual * 0.6)):
            continue
        if len(set(filled)) == len(filled) and not any(isinstance(cell, Exact) or _figure(cell) for cell in filled):
            return index
        return None
    return None


def _figure(text: str) -> bool:
    return any(character.isdigit() for character in text) and not any(character.isalpha() for character in text)

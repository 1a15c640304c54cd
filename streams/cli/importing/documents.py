"""Tables as JSON: an array, an object with an array inside, or one object a line. Numbers keep the digits that the file has."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from streams.cli.importing.encoding import detect
from streams.cli.importing.source import Source
from streams.cli.importing.table import RAW, Exact, ReadError, Row, Table, clean

_CHUNK = 1 << 16
_WHOLE = 256 << 20
_MOST_ITEM = 4 << 20
_decoder = json.JSONDecoder(parse_float=Exact, parse_int=Exact, parse_constant=Exact, strict=False)


def open_document(path: Path, source: Source, *, lines: bool) -> Table:
    """A JSON file as a table; nested objects become columns such as `place.name` and `items[0].unit`. Raises ReadError with the mend."""
    encoding = detect(path, source.encoding)
    note = f"encoding {encoding.name}: {encoding.because}"
    if lines:
        rows, shape = _lines(path, encoding.name), "one JSON object a line"
    elif source.path is None and _first_sign(path, encoding.name) == "[":
        rows, shape = _numbered(_stream(path, encoding.name)), "a JSON array"
    else:
        items, where = _inside(path, encoding.name, source.path)
        rows, shape = _numbered(iter(items)), f"the JSON array at {where}"
    head = list(islice(rows, 200))
    columns = tuple(dict.fromkeys(name for row in head for name in row.cells if row.unreadable is None))
    return Table(columns, (note, shape), chain(head, rows), open_ended=True)


def _first_sign(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding) as file:
        return file.read(4096).lstrip("\ufeff \t\r\n")[:1]


def flatten(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Leaves with their paths, as text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flatten(inner, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from flatten(inner, f"{at}[{index}]")
    elif isinstance(value, Exact):
        yield at or "value", value
    else:
        yield at or "value", {None: "", True: "true", False: "false"}.get(value, "") if not isinstance(value, str) else value


def _row(number: int, item: Any) -> Row:
    cells: dict[str, str] = {}
    warnings: list[str] = []
    for name, value in flatten(item):
        text, repaired = (value, False) if isinstance(value, Exact) else clean(value)
        cells[name] = text
        if repaired:
            warnings.append(f"{name}: control characters were removed")
    return Row(number, cells, tuple(warnings))


def _numbered(items: Iterator[Any]) -> Iterator[Row]:
    return (_row(number, item) for number, item in enumerate(items, 1))


def _lines(path: Path, encoding: str) -> Iterator[Row]:
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, 1):
            text = line.strip("\ufeff \t\r\n")
            if not text:
                continue
            try:
                item = _decoder.decode(text)
            except (json.JSONDecodeError, RecursionError):
                yield Row(number, {RAW: clean(text)[0]}, unreadable="the line is not JSON: write one object a line, in double quotes")
            else:
                yield _row(number, item)


def _stream(path: Path, encoding: str) -> Iterator[Any]:
    """The elements of a top-level array, one at a time, so that a file larger than memory can be read."""
    with path.open(encoding=encoding) as file:
        buffer = file.read(_CHUNK).lstrip("\ufeff \t\r\n")[1:]
        count, ended = 0, False
        while True:
            buffer = buffer.lstrip(" \t\r\n,")
            if buffer.startswith("]"):
                return
            try:
                item, end = _decoder.raw_decode(buffer)
                # A number at the end of the buffer may go on in the next chunk.
                if end == len(buffer) and not ended:
                    raise json.JSONDecodeError("more may follow", buffer, end)
            except RecursionError as error:
                raise ReadError(f"element {count + 1} is nested too deeply", "check that it is a table") from error
            except json.JSONDecodeError as error:
                more = "" if len(buffer) > _MOST_ITEM else file.read(max(_CHUNK, len(buffer)))
                if not more and (ended or len(buffer) > _MOST_ITEM):
                    what = (
                        f"element {count + 1} of the array is not JSON"
                        if buffer.strip()
                        else f"the array ends after element {count} without ]"
                    )
                    raise ReadError(what, "repair the file there, or save it again from where it came") from error
                ended = not more
                buffer += more
                continue
            count += 1
            buffer = buffer[end:]
            yield item


def _inside(path: Path, encoding: str, wanted: str | None) -> tuple[list[Any], str]:
    if path.stat().st_size > _WHOLE:
        raise ReadError("a nested JSON file larger than 256 MB is not read whole", "save it as an array of rows, or one object a line")
    try:
        document = _decoder.decode(path.read_text(encoding=encoding).strip("\ufeff \t\r\n"))
    except (json.JSONDecodeError, RecursionError) as error:
        line = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ReadError(f"the file is not JSON{line}", "repair it there, or save it again from where it came") from error
    if wanted is not None:
        found: Any = document
        for part in wanted.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if not isinstance(found, list):
            raise ReadError(f"there is no array at {wanted}", f"correct source.path in the mapping; arrays are at: {_listed(document)}")
        return found, wanted
    arrays = list(_arrays(document))
    if len(arrays) > 1:
        raise ReadError(
            "the file has several arrays", f"say in the mapping which one has the rows, source.path: one of {_listed(document)}"
        )
    return (arrays[0][1], arrays[0][0] or "top") if arrays else ([document], "top (one object)")


def _arrays(value: Any, at: str = "") -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _arrays(inner, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield at, value


def _listed(document: Any) -> str:
    return ", ".join(sorted(at or "top" for at, _ in _arrays(document))[:10]) or "nowhere"

"""Open any table: what it is, is seen from its content, not from its name."""

import json
import re
from pathlib import Path

from streams.cli.importing.delimited import open_delimited
from streams.cli.importing.documents import open_document
from streams.cli.importing.encoding import detect
from streams.cli.importing.sheets import open_sheet
from streams.cli.importing.source import Format, Source
from streams.cli.importing.table import ReadError, Table

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def open_table(path: Path, source: Source) -> Table:
    """The file as a table, streaming: memory does not grow with the file (spreadsheets and nested JSON excepted).

    Raises ReadError, which says what is wrong with the file and what to do.
    """
    if not path.is_file():
        raise ReadError(f"there is no file {path}", "check the name")
    if path.stat().st_size == 0:
        raise ReadError("the file is empty", "check that the right file was chosen")
    kind = source.format or content_format(path, source)
    if kind == "sheet":
        return open_sheet(path, source)
    if kind in ("json", "ndjson"):
        return open_document(path, source, lines=kind == "ndjson")
    return open_delimited(path, source)


def content_format(path: Path, source: Source) -> Format:
    """What the file is, by its first bytes."""
    with path.open("rb") as file:
        magic = file.read(4)
    if magic in (_ZIP, _OLE):
        return "sheet"
    if magic == b"%PDF":
        raise ReadError("the file is a PDF", "export the table as CSV or XLSX")
    encoding = detect(path, source.encoding).name
    with path.open(encoding=encoding) as file:
        head = file.read(65_536).lstrip("\ufeff \t\r\n")
    # One that strayed in is taken out and told; a picture or a program is full of them.
    if (strange := len(_CONTROL.findall(head))) > 20 and strange * 20 > len(head):
        raise ReadError("the file is no table of text", "choose a file in CSV, JSON, XLSX, XLS or ODS")
    if head.startswith("["):
        return "json"
    if not head.startswith("{"):
        return "csv"
    first, _, rest = head.partition("\n")
    try:
        json.loads(first)
    except json.JSONDecodeError:
        return "json"
    return "ndjson" if rest.strip() else "json"

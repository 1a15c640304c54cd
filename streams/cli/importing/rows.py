"""One row becomes one report. A row that cannot be read becomes one that the centre refuses, so that it is never lost."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from schemas.problems import problems as schema_problems
from schemas.reports import read_report
from streams.cli.importing.dates import read_date
from streams.cli.importing.mapping import Mapping, Rule, Scalar
from streams.cli.importing.numbers import read_number
from streams.cli.importing.table import RAW, Row

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_STEP = re.compile(r"([a-z_0-9]+)(?:\[(\d+)\])?")
UNREADABLE = "unreadable: "


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row will be refused, or what to look at: which column, which field, the reason and the mend."""

    column: str | None
    field: str | None
    reason: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """A row as it will be sent. `problems`: the centre will refuse it; `warnings`: it will be taken, but look at it. `body` is JSON."""

    row: Row
    report_id: str
    report: dict[str, Any]
    body: bytes
    problems: tuple[RowProblem, ...]
    warnings: tuple[str, ...]


class Ordinals:
    """How often each digest was seen in this file: on disk beyond 8 MB, so that a file of any length can be imported."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA cache_size = -8192")
        self._database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def next(self, digest: bytes) -> int:
        """1 for the first time, 2 for the second …"""
        sql = "INSERT INTO seen VALUES (?, 1) ON CONFLICT (digest) DO UPDATE SET times = times + 1 RETURNING times"
        return int(self._database.execute(sql, (digest,)).fetchone()[0])

    def close(self) -> None:
        self._database.close()


def convert_rows(rows: Iterable[Row], mapping: Mapping, agency: str) -> Iterator[Converted | None]:
    """Each row converted; None for a row that the mapping says to skip."""
    ordinals = Ordinals()
    try:
        for row in rows:
            if row.unreadable is None and any(skip.applies(row.cells.get(skip.column, "")) for skip in mapping.skip_when):
                yield None
                continue
            yield convert(row, mapping, agency, ordinals)
    finally:
        ordinals.close()


def row_digest(row: Row) -> bytes:
    """Of what the row says: empty cells and the order of columns do not count."""
    content = sorted((name, str(value)) for name, value in row.cells.items() if value)
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()[:12]


def report_id(row: Row, mapping: Mapping, ordinals: Ordinals) -> tuple[str, bool]:
    """The report's number, and whether it shows the agency's own whole.

    A number with what a report id cannot hold (a Cyrillic letter, `№`) keeps what it can and gets a digest, so that two never meet.
    Rows below the first of a merged cell have no number of their own: theirs derive from what they say.
    """
    given = [column for column in mapping.report_id.columns if row.cells.get(column)]
    own = "/".join(row.cells[column] for column in given)
    prefix = mapping.report_id.prefix
    if not row.repeated.issuperset(given):
        if _CODE.fullmatch(prefix + own):
            return prefix + own, True
        mark = hashlib.sha256(own.encode()).hexdigest()[:10]
        plain = re.sub(r"[^A-Za-z0-9._/-]+", "-", own)[:40].strip("-._/")
        return f"{prefix}{plain}-{mark}".lstrip("-._/"), False
    digest = row_digest(row)
    ordinal = ordinals.next(digest)
    return f"{prefix}{digest.hex()}" + (f"-{ordinal}" if ordinal > 1 else ""), not own


def convert(row: Row, mapping: Mapping, agency: str, ordinals: Ordinals) -> Converted:
    """What a row says, as a report.

    A value that cannot be read stands in its field as written, marked, so that the centre's refusal names that field and its dead letter
    holds the row. What no field carries whole is kept in the narrative as `column: value`: nothing that the agency said is lost.
    """
    found: dict[str, Any] = {}
    lost: list[RowProblem] = []
    carried: set[str] = set()
    notes = list(row.warnings)
    numeric = mapping.numeric
    for path, rule in mapping.fields.items():
        value, problem = _value(row, rule, mapping, path)
        if problem is not None and rule.unreadable == "refuse":
            lost.append(problem)
        elif problem is not None:
            notes.append(f"{problem.column}: {problem.reason}; left out of {path}")
            value = None
        if value is not None:
            found[path] = _number(value) if path in numeric else value
    for path, rule in mapping.fields.items():
        if rule.only_with is not None and rule.only_with not in found:
            found.pop(path, None)
        elif path in found and rule.keeps_all and rule.columns:
            first = next((column for column in rule.columns if row.cells.get(column)), rule.columns[0])
            if not _lost_clock(rule, row.cells.get(first, ""), found[path]):
                carried.update(rule.columns if rule.template is not None else (first,))

    number, whole = report_id(row, mapping, ordinals)
    if whole:
        carried.update(mapping.report_id.columns)
    report = _assemble(mapping, agency, number, found)
    _keep_rest(report, row, carried)
    if row.unreadable is not None:
        reason, _, mend = row.unreadable.partition(": ")
        lost = [RowProblem(None, None, reason, mend)]
    return _checked(Converted(row, number, report, b"", tuple(lost), tuple(notes)), mapping)


def _lost_clock(rule: Rule, cell: str, moment: Any) -> bool:
    """Whether a cell tells a time of day that the moment does not: without a zone it is of no use there, and kept as written."""
    said = _CLOCK.search(cell) if rule.date is not None else None
    return said is not None and said[0] != "00:00" and "T" not in str(moment)


def _number(value: Any) -> Any:
    """As JSON number where it is one; what is none stays as it is, to be refused."""
    if not isinstance(value, str):
        return value
    try:
        return int(value) if "." not in value and "e" not in value.lower() else float(value)
    except ValueError:
        return value


def _value(row: Row, rule: Rule, mapping: Mapping, path: str) -> tuple[Scalar | tuple[Scalar, ...] | None, RowProblem | None]:
    if rule.value is not None:
        return rule.value, None
    column, text = _take(row, rule)
    if text == "" or text in mapping.source.empty:
        if rule.required:
            return "", RowProblem(column, path, "the value is missing", "fill it in the file: this mapping requires it")
        return None, None
    if rule.match is not None:
        matched = re.fullmatch(rule.match, text)
        if matched is None:
            return None, None
        text = (matched.group(1) if matched.re.groups else text) or ""
    if rule.split is not None:
        parts = [part.strip() for part in text.split(rule.split)]
        text = parts[rule.part - 1] if rule.part <= len(parts) else ""
    if text == "":
        return None, None
    if rule.values is not None:
        meanings = {word.casefold(): meaning for word, meaning in rule.values.items()}
        if text.casefold() in meanings:
            return meanings[text.casefold()], None
        if rule.other == "leave_out":
            return None, None
    if rule.number:
        number = read_number(text, mapping.source.decimal)
        mend = f"write it with decimal {'comma' if mapping.source.decimal == ',' else 'point'}, digits only"
        return (
            (number, None) if number is not None else (UNREADABLE + text, RowProblem(column, path, f"“{text[:60]}” is not a number", mend))
        )
    if rule.date is not None:
        moment = read_date(text, rule.date_formats, rule.year, rule.zone)
        mend = f"write it as {' or '.join(rule.date_formats)}, or add its format to the mapping"
        return (
            (moment, None)
            if moment is not None
            else (UNREADABLE + text, RowProblem(column, path, f"“{text[:60]}” is not such a date", mend))
        )
    return str(text), None


def _take(row: Row, rule: Rule) -> tuple[str | None, str]:
    if rule.template is not None:
        values = {column: row.cells.get(column, "") for column in rule.columns}
        if not any(values.values()):
            return None, ""
        return None, " ".join(re.sub(r"\{([^{}]+)\}", lambda match: values[match[1]], rule.template).split())
    for column in rule.columns:
        if row.cells.get(column):
            return column, row.cells[column]
    return (rule.columns[0] if rule.columns else None), ""


def _assemble(mapping: Mapping, agency: str, number: str, found: dict[str, Any]) -> dict[str, Any]:
    handling = {"originator": agency, **mapping.handling.model_dump(mode="json", exclude_unset=True)}
    report: dict[str, Any] = {"kind": mapping.kind, "report_id": number, "handling": handling}
    if mapping.issued is not None:
        report["issued"] = mapping.issued.isoformat()
    if mapping.language is not None:
        report["language"] = mapping.language
    for path, value in found.items():
        _place(report, path, list(value) if isinstance(value, tuple) else value)
    return {name: _without_gaps(value) for name, value in report.items()}


def _place(report: dict[str, Any], path: str, value: Any) -> None:
    node: dict[str, Any] = report
    steps = [(match[1], match[2]) for match in _STEP.finditer(path)]
    for depth, (name, index) in enumerate(steps):
        last = depth == len(steps) - 1
        if index is None:
            if last:
                node[name] = value
            else:
                node = node.setdefault(name, {})
            continue
        items = node.setdefault(name, {})
        if last:
            items[int(index)] = value
        else:
            node = items.setdefault(int(index), {})


def _without_gaps(value: Any) -> Any:
    """List places (dicts by number while being built) as lists, those left empty closed up."""
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_without_gaps(value[key]) for key in sorted(value)]
    return {key: _without_gaps(inner) for key, inner in value.items()}


def _keep_rest(report: dict[str, Any], row: Row, carried: set[str]) -> None:
    rest = [f"{column}: {value}" for column, value in row.cells.items() if value and column not in carried]
    if rest:
        said = report.get("narrative")
        report["narrative"] = "\n".join(([str(said), ""] if said else []) + rest)


def _checked(draft: Converted, mapping: Mapping) -> Converted:
    """With its body, and with what the schema will say."""
    lost, notes = list(draft.problems), draft.warnings
    body = json.dumps(draft.report, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    try:
        read = read_report(body)
    except ValidationError as error:
        named = tuple(problem.field for problem in lost if problem.field)
        for each in schema_problems(error) if draft.row.unreadable is None else ():
            if not each.field.startswith(named):
                column = _column_of(each.field, mapping)
                if column is None and each.reason == "Field required":
                    mend: str | None = "no column gives it: add it to the mapping's fields"
                else:
                    mend = each.mend or ("correct it in the file, or say in the mapping what it means" if column else None)
                lost.append(RowProblem(column, each.field, each.reason, mend))
    else:
        # Written again by the schema: a coordinate is a number, not its text.
        body = read.model_dump_json(exclude_unset=True).encode()
        notes += tuple(f"{problem.column}: {problem.reason}; kept as written in {problem.field}" for problem in lost)
        lost = []
    return replace(draft, body=body, problems=tuple(lost), warnings=notes)


def _column_of(field: str, mapping: Mapping) -> str | None:
    rule = mapping.fields.get(field)
    return rule.columns[0] if rule is not None and rule.columns else None


__all__ = ["RAW", "Converted", "Ordinals", "RowProblem", "convert", "convert_rows", "report_id", "row_digest"]

"""What the importer understood, row by row, before anything is sent."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from streams.cli.importing.rows import Converted

if TYPE_CHECKING:
    from rich.console import Console

_NOT_SHOWN = ("kind", "handling", "issued", "language", "narrative")


def leaves(value: Any, at: str = "") -> Iterable[tuple[str, str]]:
    """Fields and their values, by path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{at}[{index}]")
    else:
        yield at, str(value)


def row_json(row: Converted) -> dict[str, Any]:
    """One row for machines: what stood there, the report, why it will be refused, what to look at."""
    return {
        "row": row.row.number,
        "cells": dict(row.row.cells),
        "report": row.report,
        "problems": [asdict(problem) for problem in row.problems],
        "warnings": list(row.warnings),
    }


def show(console: "Console", rows: Iterable[Converted | None], shown: int) -> tuple[int, int, int]:
    """Print the first rows and then every kind of problem of the whole file. Returns rows read, skipped, and with problems."""
    from rich.markup import escape
    from rich.table import Table

    skipped = bad = read = 0
    reasons: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], tuple[int, str]] = {}
    for row in rows:
        read += 1
        if row is None:
            skipped += 1
            continue
        if read <= shown:
            table = Table(title=f"row {row.row.number}", title_justify="left", box=None, show_header=False, pad_edge=False)
            original = "\n".join(f"[dim]{escape(name)}[/] {escape(value)}" for name, value in row.row.cells.items() if value)
            kept = row.report.get("narrative")
            understood = [f"[dim]{name}[/] {escape(value)}" for name, value in leaves(row.report) if name.split(".")[0] not in _NOT_SHOWN]
            understood += [f"[dim]narrative[/] {escape(str(kept))}"] if kept else []
            understood += [
                f"[red]✗ {escape(_said(problem.column, problem.field))}: {escape(problem.reason)}[/]" for problem in row.problems
            ]
            understood += [f"[yellow]! {escape(warning)}[/]" for warning in row.warnings]
            table.add_row(original, "→", "\n".join(understood))
            console.print(table, "", sep="\n")
        bad += bool(row.problems)
        for problem in row.problems:
            key = (problem.column or "", problem.field or "", problem.reason)
            if len(first) < 200 or key in first:
                reasons[key] += 1
                first.setdefault(key, (row.row.number, problem.mend or ""))
    for (column, field, reason), count in islice(reasons.most_common(), 50):
        number, mend = first[column, field, reason]
        console.print(f"[red]✗ {count} × {escape(_said(column, field))}: {escape(reason)}[/] (first in row {number}) {escape(mend)}")
    return read, skipped, bad


def _said(column: str | None, field: str | None) -> str:
    return " → ".join(part for part in (f"column {column}" if column else "", field or "") if part) or "row"

"""What people and programs see: results on standard output, everything else on standard error; plain when piped."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def is_terminal() -> bool:
    """Whether a person looks at the output."""
    return sys.stdout.isatty()


def console(*, errors: bool = False) -> "Console":
    """Colours only for a person (and never where NO_COLOR is set); lines are not cut when piped."""
    from rich.console import Console

    stream = sys.stderr if errors else sys.stdout
    return Console(file=stream, highlight=False, soft_wrap=not stream.isatty())


def tell(text: str) -> None:
    """A message for the person, not part of the result."""
    print(text, file=sys.stderr, flush=True)


Told = Callable[[int, str | None], None]
"""How much is done, and why it waits, if it does."""


@contextmanager
def transfer() -> Iterator[Callable[[str, int], Told]]:
    """Bars for files on their way: `begin(name, bytes)` gives what is told of one. Where nobody looks, only why one waits is said."""
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    shown = console(errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=shown, transient=True) as bars:

        def begin(name: str, total: int) -> Told:
            bar, plain = bars.add_task(escape(_plain(name)), total=total), escape(_plain(name))

            def told(done: int, why: str | None) -> None:
                bars.update(bar, completed=done, description=f"{plain}: waiting, {why}" if why else plain)
                if why and not shown.is_terminal:
                    tell(f"{_plain(name)}: waiting at {done} of {total} bytes, {why}")

            return told

        yield begin


def put_json(value: Any) -> None:
    """One JSON document, on one line."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def put_event(text: str, facts: Mapping[str, Any]) -> None:
    """What happened during long work, as one line of JSON: time, message and facts."""
    put_json({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "message": text, **facts})


def put_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for a person; tab-separated lines with a header when piped."""
    lines = [["" if cell is None else _plain(str(cell)) for cell in row] for row in rows]
    if not is_terminal():
        for line in [list(columns), *lines]:
            print("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in line))
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for line in lines:
        table.add_row(*map(escape, line))
    console().print(table)


def _plain(text: str) -> str:
    # What agencies write must not steer the terminal that shows it.
    return "".join(character if character.isprintable() or character in "\t\n" else "\ufffd" for character in text)

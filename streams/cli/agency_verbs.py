"""What an agency's officer does: publish, import, watch, search, receipts."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli import screen
from streams.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from streams.cli.connection import Connection
    from streams.cli.importing.mapping import Mapping
    from streams.cli.importing.table import Table
    from streams.cli.importing.upload import Summary
    from streams.cli.outbox import Outbox

Url = Annotated[str | None, typer.Option("--url", help="The centre's address; else RIC_URL, else the centre on this machine.")]
TokenFile = Annotated[Path | None, typer.Option("--token-file", help="File with your token; else RIC_TOKEN_FILE or RIC_TOKEN.")]
Agency = Annotated[str | None, typer.Option("--agency", help="On the centre's own machine: act as an officer of this agency.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable: one JSON document, or one a line.")]


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    for verb in (publish, watch, search, receipts):
        app.command()(verb)
    app.command("import")(import_file)


def publish(
    file: Annotated[str | None, typer.Argument(help="JSON: one report, a list, or one a line; - reads standard input.")] = None,
    flush: Annotated[bool, typer.Option("--flush", help="Only send what waits in the outbox.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="Show the reports that the centre refused, and why.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Drop the refused reports, when they are mended.")] = False,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to try on a bad line before leaving the rest in the outbox.")] = 20.0,
    url: Url = None,
    token_file: TokenFile = None,
    agency: Agency = None,
    as_json: Json = False,
) -> int:
    """Publish reports, through an outbox that survives a lost connection.

    Every report is stored on this machine first and leaves the outbox only when the centre has answered for it. With no connection it
    waits, and goes before the next one. Nothing is lost and nothing doubled, whatever is interrupted.

    ric publish report.json

    ric publish - < reports.ndjson

    ric publish --flush

    ric publish --refused --json
    """
    from streams.cli.connection import connect
    from streams.cli.publishing import check, exit_code, send_waiting, split_reports

    if sum((file is not None, flush, refused, forget)) != 1:
        raise Failure("say one of FILE, -, --flush, --refused, --forget", "see: ric publish --help")
    bodies = split_reports(_read_input(file)) if file is not None else []
    connection = connect(url, token_file, agency)
    with _outbox() as outbox:
        if refused or forget:
            return _refused(outbox, connection.name, forget, as_json)
        faults = [(body, problems) for body in bodies if (problems := check(body))]
        for body, problems in faults:
            outbox.refuse(connection.name, body, problems)
        bad = {id(body) for body, _ in faults}
        mine = outbox.store(connection.name, [body for body in bodies if id(body) not in bad])
        before = sum(outbox.waiting(connection.name).values())
        # The centre answers within the 5 s that it is asked to wait, and a little; a line that hangs is not waited for much longer.
        with connection.client(read_timeout=max(10.0, patience)) as client:
            sent = send_waiting(outbox, connection.name, client, patience=patience, on_retry=_tell_retry)
        answered = outbox.receipts(connection.name, mine)
        left = sum(outbox.waiting(connection.name).values())
        result = {
            "sent": before - left,
            "waiting": left,
            "receipts": [receipt or {"status": "waiting"} for receipt in answered],
            "refused": [{"report": body.decode(), "problems": problems} for body, problems in faults],
            "stopped": sent.stopped or None,
        }
        _show_published(result, as_json, mine_only=before == len(mine))
        for problems in (problems for _, problems in faults):
            _tell_problems("refused before sending", problems)
        if left:
            screen.tell(f"{left} waiting in the outbox: {sent.stopped}. They are sent with the next publish, or by: ric publish --flush")
        if sent.forbidden:
            return Exit.NOT_PERMITTED
        if flush:
            return Exit.STORED if left else Exit.DONE
        if connection.name.startswith("local:") and agency is None and any(map(_not_ours, answered)):
            screen.tell("on the centre's own machine say whose officer you are, such as --agency TJ-DCA, or give --token-file")
        code = exit_code(answered, sent)
        return Exit.REFUSED if faults and code is Exit.DONE else code


def _not_ours(receipt: dict[str, Any] | None) -> bool:
    return any(problem.get("field") == "handling.originator" for problem in (receipt or {}).get("problems") or ())


def _read_input(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}", "check the name; - reads standard input") from error


def _outbox() -> "Outbox":
    from streams.cli.outbox import Outbox
    from streams.settings import Settings

    return Outbox(Settings().data_dir / "outbox.db")


def _tell_retry(why: str, pause: float) -> None:
    if sys.stderr.isatty():
        screen.tell(f"{why}; trying again in {pause:.0f} s")


def _tell_problems(what: str, problems: list[dict[str, Any]]) -> None:
    for problem in problems:
        mend = f" — {problem['mend']}" if problem.get("mend") else ""
        screen.tell(f"{what}: {problem.get('field')}: {problem.get('reason')}{mend}")


def _refused(outbox: "Outbox", destination: str, forget: bool, as_json: bool) -> int:
    if forget:
        dropped = outbox.forget_refused(destination)
        screen.put_json({"dropped": dropped}) if as_json else screen.tell(f"{dropped} dropped")
        return Exit.DONE
    found = outbox.refused(destination)
    for each in found:
        if as_json:
            problems = list(each.problems)
            screen.put_json(
                {"number": each.number, "refused": each.refused, "problems": problems, "report": each.body.decode(errors="replace")}
            )
        else:
            said = "; ".join(f"{problem.get('field')}: {problem.get('reason')} — {problem.get('mend') or ''}" for problem in each.problems)
            print(f"{each.number}\t{each.refused}\t{said}\n{each.body.decode(errors='replace')}")
    return Exit.REFUSED if found else Exit.DONE


def _show_published(result: dict[str, Any], as_json: bool, *, mine_only: bool) -> None:
    if as_json:
        screen.put_json(result)
        return
    for receipt in result["receipts"]:
        if receipt["status"] != "waiting":
            words = (receipt["status"], receipt.get("report_id") or "", receipt.get("id") or "")
            print("\t".join(words))
        _tell_problems("refused", list(receipt.get("problems") or ()) if receipt["status"] == "rejected" else [])
    if not mine_only and result["sent"] > 0:
        screen.tell(f"{result['sent']} sent, counting those that waited")


def import_file(
    file: Annotated[str, typer.Argument(help="CSV (any delimiter, any encoding), JSON, NDJSON, XLSX, XLS or ODS; - reads standard input.")],
    mapping: Annotated[
        str | None, typer.Option("--mapping", "-m", help="The mapping: a YAML file, or the name of one that is shipped.")
    ] = None,
    agency: Annotated[
        str | None, typer.Option("--agency", "-a", help="Whose reports these are, such as TJ-DCA; else as the mapping says.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what is understood, row by row; send nothing.")] = False,
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many rows the preview shows; problems are found in all.")] = 10,
    suggest: Annotated[bool, typer.Option("--suggest", help="Draft a mapping from the file, on standard output; send nothing.")] = False,
    url: Url = None,
    token_file: TokenFile = None,
    as_json: Json = False,
) -> int:
    """Import an agency's own file by a mapping: every row ends as an accepted report or as a dead letter with a reason.

    Importing the same file again changes nothing; one that was interrupted is completed by importing it again.

    ric import seizures.csv --suggest > mine.yaml

    ric import seizures.csv --mapping mine.yaml --agency TJ-DCA --preview

    ric import seizures.csv --mapping mine.yaml --agency TJ-DCA
    """
    from streams.cli.importing.mapping import MappingError
    from streams.cli.importing.table import ReadError

    with _as_file(file) as path:
        try:
            if suggest:
                from streams.cli.importing.source import Source
                from streams.cli.importing.suggest import draft

                drafted = draft(path, Source(), agency, file if file == "-" else None)
                if as_json:
                    screen.put_json({"mapping": drafted})
                else:
                    print(drafted, end="")
                return Exit.DONE
            if mapping is None:
                raise Failure("no mapping is given", f"draft one with: ric import {file} --suggest; then give it with --mapping")
            read, owner = _mapping(mapping, agency)
            table = _open(path, read)
            if preview:
                return _preview(table, read, owner, rows, as_json)
            return _import(path, table, read, owner, url, token_file, as_json)
        except ReadError as error:
            raise Failure(f"{file}: {error.what}", error.mend) from error
        except MappingError as error:
            raise Failure(f"the mapping {mapping} is wrong:\n{error}", "see docs/importing.md") from error


@contextmanager
def _as_file(file: str) -> Iterator[Path]:
    if file != "-":
        yield Path(file)
        return
    import shutil
    import tempfile

    # Readers look at a file more than once; made with rights for this user alone.
    with tempfile.NamedTemporaryFile(prefix="ric-import-") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.flush()
        yield Path(spool.name)


def _mapping(name: str, agency: str | None) -> tuple["Mapping", str]:
    from streams.cli.importing.mapping import find_mapping, read_mapping

    found = read_mapping(find_mapping(name).read_text(encoding="utf-8"))
    owner = agency or found.agency
    if owner is None:
        raise Failure("whose reports are these?", "give --agency, such as --agency TJ-DCA, or say agency in the mapping")
    if found.agency not in (None, owner):
        raise Failure(f"the mapping is for files of {found.agency}, not of {owner}", "use the right mapping, or correct its agency")
    return found, owner


def _open(path: Path, mapping: "Mapping") -> "Table":
    from streams.cli.importing.reading import open_table

    table = open_table(path, mapping.source)
    absent = [column for column in mapping.columns if column not in table.columns]
    if absent and not (table.open_ended and len(absent) < len(mapping.columns)):
        what = f"the file has no column {', '.join(absent)}"
        raise Failure(what, f"it has: {', '.join(table.columns)}; correct the mapping, or draft one with --suggest")
    return table


def _preview(table: "Table", mapping: "Mapping", agency: str, shown: int, as_json: bool) -> int:
    from streams.cli.importing.preview import row_json, show
    from streams.cli.importing.rows import convert_rows

    rows = convert_rows(table.rows, mapping, agency)
    if as_json:
        bad = False
        for row in rows:
            if row is not None:
                screen.put_json(row_json(row))
                bad = bad or bool(row.problems)
        return Exit.REFUSED if bad else Exit.DONE
    console = screen.console()
    for note in table.notes:
        console.print(f"• {note}", markup=False, style="dim")
    read, skipped, refused = show(console, rows, shown)
    console.print(f"{read} rows: {read - skipped - refused} good, {refused} to be refused, {skipped} skipped. Nothing was sent.")
    return Exit.REFUSED if refused else Exit.DONE


def _import(path: Path, table: "Table", mapping: "Mapping", agency: str, url: str | None, token_file: Path | None, as_json: bool) -> int:
    from streams.cli.connection import connect
    from streams.cli.importing.reading import open_table
    from streams.cli.importing.rows import convert_rows
    from streams.cli.importing.upload import upload

    connection = connect(url, token_file, agency)
    # Read through before anything is sent: a file that breaks off in the middle is not half imported.
    total = sum(1 for _ in table.rows)
    rows = convert_rows(open_table(path, mapping.source).rows, mapping, agency)
    with connection.client(read_timeout=60.0) as client, _progress(total) as advance:
        summary = upload(client, rows, on_batch=advance, on_retry=_tell_retry)
    _show_summary(summary, table.notes, as_json)
    if not summary.adds_up or summary.pending:
        return Exit.UNREACHABLE
    return Exit.REFUSED if summary.rejected else Exit.DONE


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]} rows/s"), TimeRemainingColumn())
    with Progress(*columns, console=screen.console(errors=True), transient=True) as progress:
        task, began = progress.add_task("rows", total=total, pace="…"), time.monotonic()

        def advance(summary: "Summary") -> None:
            done = summary.read - summary.pending
            progress.update(task, completed=done, pace=f"{done / max(time.monotonic() - began, 0.001):.0f}")

        yield advance


def _show_summary(summary: "Summary", notes: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        screen.put_json(summary.as_json() | {"notes": notes})
        return
    print(
        f"{summary.read} rows read: {summary.accepted} accepted, {summary.duplicate} duplicate, {summary.superseded} superseded, "
        f"{summary.rejected} rejected, {summary.skipped} skipped" + (f", {summary.pending} not decided yet" if summary.pending else "")
    )
    print("the counts add up" if summary.adds_up else "THE COUNTS DO NOT ADD UP: report this")
    for reason in sorted(summary.reasons, key=lambda each: -each.count):
        where = " → ".join(part for part in (f"column {reason.column}" if reason.column else "", reason.field or "") if part) or "row"
        rows = ", ".join(map(str, reason.rows)) + (" …" if reason.count > len(reason.rows) else "")
        print(f"  {reason.count} × {where}: {reason.reason}" + (f" — {reason.mend}" if reason.mend else "") + f" (rows {rows})")
    if summary.pending:
        screen.tell("some are not decided yet: import the file again to see the rest (nothing doubles), or ask: ric receipts")


def watch(
    feed: Annotated[str, typer.Argument(help="all, own, country-TJ, kind-seizure, receipts or incidents.")] = "all",
    since: Annotated[str | None, typer.Option("--since", help="Begin after this event id, as --json shows it.")] = None,
    url: Url = None,
    token_file: TokenFile = None,
    agency: Agency = None,
    as_json: Json = False,
) -> int:
    """Watch a feed live; resumes without a gap when the line breaks. Ctrl-C ends it.

    ric watch country-TJ

    ric watch receipts --json | jq .data.status
    """
    from streams.cli.connection import connect
    from streams.cli.watching import follow

    connection = connect(url, token_file, agency)
    for event in follow(connection, feed, since, screen.tell):
        if as_json:
            if event.name:
                screen.put_json({"event": event.name, "id": event.cursor, "data": event.data})
        elif event.name:
            print(_event_line(event.name, event.data), flush=True)
    return Exit.DONE


def _event_line(name: str, data: Any) -> str:
    if name == "report":
        return "\t".join(_summary_cells(data))
    if name == "receipt":
        return f"receipt\t{data.get('status')}\t{data.get('report_id') or ''}\t{data.get('id') or ''}"
    if name == "gap":
        return "gap\tolder events are no longer kept: ric search has the reports"
    return f"{name}\t{data.get('id') if isinstance(data, dict) else data}"


def _summary_cells(item: dict[str, Any]) -> list[str]:
    place = item.get("place") or {}
    substances = ", ".join(
        f"{each.get('name')} {each.get('kg') + ' kg' if each.get('kg') else each.get('reported') or ''}".strip()
        for each in item.get("substances") or ()
    )
    where = ", ".join(part for part in (place.get("name"), place.get("country")) if part)
    title = item.get("title") or ""
    cells = (item.get("occurred"), item.get("kind"), item.get("originator"), where, substances or title, item.get("tlp"), item.get("id"))
    return [str(cell or "") for cell in cells]


def search(
    text: Annotated[str | None, typer.Argument(help="Words in any script.")] = None,
    substance: Annotated[str | None, typer.Option(help="A substance, by any of its names.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1, such as TJ.")] = None,
    of: Annotated[str | None, typer.Option("--of", help="Reports of this agency.")] = None,
    kind: Annotated[str | None, typer.Option(help="seizure, controlled_delivery, intelligence …")] = None,
    identifier: Annotated[str | None, typer.Option(help="A container, plate, document, telephone …")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Occurred from this day.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Occurred until this day.")] = None,
    bbox: Annotated[str | None, typer.Option(help="west,south,east,north in degrees.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    url: Url = None,
    token_file: TokenFile = None,
    agency: Agency = None,
    as_json: Json = False,
) -> int:
    """Search what you may see.

    ric search heroin --country TJ --from 2026-01-01

    ric search --identifier MSKU1234565 --json
    """
    parameters = {
        "q": text, "substance": substance, "country": country, "agency": of, "kind": kind, "identifier": identifier,
        "from": since, "to": until, "bbox": bbox,
    }  # fmt: skip
    items, total = _pages("/v1/search", parameters, limit, "cursor", _connect(url, token_file, agency))
    if as_json:
        screen.put_json({"items": items, "total": total})
    else:
        columns = ("occurred", "kind", "agency", "place", "what", "TLP", "id")
        screen.put_table(columns, [_summary_cells(item) for item in items])
        screen.tell(f"{len(items)} of {total if total is not None else 'more'}")
    return Exit.DONE


def _connect(url: str | None, token_file: Path | None, agency: str | None) -> "Connection":
    from streams.cli.connection import connect

    return connect(url, token_file, agency)


def _pages(
    path: str, parameters: dict[str, str | None], limit: int, cursor: str, connection: "Connection"
) -> tuple[list[dict[str, Any]], int | None]:
    """All pages up to `limit` items."""
    from streams.cli.connection import answer, reaching

    items: list[dict[str, Any]] = []
    given = {name: value for name, value in parameters.items() if value is not None}
    total: int | None = None
    with reaching(connection.url), connection.client() as client:
        while len(items) < limit:
            page = answer(client.get(path, params=given | {"limit": str(min(limit - len(items), 100))}))
            items += page["items"]
            total = page.get("total", total)
            if not page.get("next") or not page["items"]:
                break
            given[cursor] = page["next"]
    return items, total


def receipts(
    receipt: Annotated[list[str] | None, typer.Argument(help="Receipt ids; without any, your agency's newest receipts.")] = None,
    status: Annotated[str | None, typer.Option(help="Only accepted, duplicate, superseded or rejected ones.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    url: Url = None,
    token_file: TokenFile = None,
    agency: Agency = None,
    as_json: Json = False,
) -> int:
    """Show what the centre decided about your agency's reports.

    ric receipts --status rejected

    ric receipts RECEIPT --json
    """
    from streams.cli.connection import answer, reaching

    connection = _connect(url, token_file, agency)
    if receipt:
        with reaching(connection.url), connection.client() as client:
            found = [answer(client.get(f"/v1/receipts/{_segment(each)}")) for each in receipt]
    else:
        found, _ = _pages("/v1/receipts", {"status": status}, limit, "after", connection)
    if as_json:
        screen.put_json({"items": found})
    else:
        rows = [
            (each.get("at"), each.get("status"), each.get("report_id"), each.get("revision"), _why(each), each.get("id")) for each in found
        ]
        screen.put_table(("at", "status", "report", "revision", "why", "receipt"), rows)
    return Exit.REFUSED if receipt and any(each.get("status") == "rejected" for each in found) else Exit.DONE


def _segment(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _why(receipt: dict[str, Any]) -> str:
    if receipt.get("contact"):
        return f"please call: {receipt['contact']}"
    said = [*(receipt.get("problems") or ()), *(receipt.get("findings") or ())]
    return "; ".join(f"{each.get('field')}: {each.get('reason')}" for each in said)

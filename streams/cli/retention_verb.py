"""`ric retention`: what is to be reviewed or removed, and the decision about it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli import screen
from streams.cli.centre_verbs import Json, need_centre
from streams.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.store.reviewing import Act, Entry

COLUMNS = ("item", "due", "what", "handling", "why not")


def register(app: typer.Typer) -> None:
    """Add this verb to the command."""
    app.command()(retention)


def retention(  # noqa: PLR0917 - typer gives options by name
    items: Annotated[list[str] | None, typer.Argument(help="What is decided about, as the list names it: report/TJ-DCA/2026-1.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="List what is due by this time: 2027-03-18 or with clock. Unset: now.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the items until the next review, instead of removing them.")] = False,
    because: Annotated[str | None, typer.Option("--because", help="Why: it stays on record with who decided and when.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Really do it; without it, only show what.")] = False,
    as_json: Json = False,
) -> int:
    """List what is to be reviewed or removed now, and decide about it.

    Of a closed delivery the lead's term counts, of a report the originator's; where they gave none, somebody reviews every three years
    (RIC_REVIEW_YEARS) whether it is still needed. So is a delivery that was never signed, after 90 days. Removed is what is named, from the
    database: a rebuild does not bring it back. The topics keep their records: see docs/decisions/0503.

    ric retention --by 2027-01-01

    ric retention report/TJ-DCA/2023-17 --because "case closed, not needed" --apply

    ric retention report/TJ-DCA/2023-18 --keep --because "appeal pending" --apply
    """
    if (apply or keep) and not items:
        raise Failure("about what?", "name the items as the list does: ric retention")
    if items and by is not None:
        raise Failure("only what is due now can be decided about", "leave --by out, or the items")
    if apply and not (because and because.strip()):
        raise Failure("why?", "give --because TEXT: it stays on record")
    try:
        import psycopg

        from streams.cli.connection import local_person, local_servers
        from streams.cli.replaying import parse_time
        from streams.settings import Settings
        from streams.store.rebuild import RebuildRuns
    except ImportError as error:
        raise need_centre(error) from error
    try:
        until = parse_time(by) if by else datetime.now(UTC)
    except ValueError as error:
        raise Failure(str(error)) from error
    import asyncio

    asked = Asked(tuple(dict.fromkeys(items or ())), until, "keep" if keep else "remove", local_person(), (because or "").strip(), apply)
    try:
        found = asyncio.run(_decided(local_servers(Settings()), asked))
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise Failure("the database has no tables of this space", "start it once with: ric up", Exit.REFUSED) from error
    except psycopg.OperationalError as error:
        raise Failure(f"the database cannot be reached: {error}", "is it running? ric doctor says more", Exit.UNREACHABLE) from error
    except RebuildRuns as error:
        raise Failure(str(error), "nothing was decided", Exit.REFUSED) from error
    return _shown(asked, found, as_json)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be decided, by whom and why. No items: all are listed, and nothing is decided."""

    items: tuple[str, ...]
    by: datetime
    act: "Act"
    person: str
    because: str
    apply: bool


async def _decided(settings: "Settings", asked: Asked) -> "list[Entry]":
    import psycopg

    from streams.database import UnsafeDatabaseConnection, database_url
    from streams.store.reviewing import decide, reached

    try:
        url = database_url(settings)
    except UnsafeDatabaseConnection as error:
        raise Failure(str(error), "see docs/settings.md", Exit.UNREACHABLE) from error
    async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
        found = await reached(connection, settings.space, asked.by, settings.review_years)
        if not asked.items:
            return found
        found = [entry for entry in found if entry.item in asked.items]
        if absent := set(asked.items) - {entry.item for entry in found}:
            raise Failure(f"not due, or not there: {', '.join(sorted(absent))}", "see what is due: ric retention", Exit.REFUSED)
        if asked.apply and not any(entry.why_not(asked.act) for entry in found):
            await decide(connection, settings.space, found, asked.act, person=asked.person, because=asked.because)
        return found


def _shown(asked: Asked, found: "list[Entry]", as_json: bool) -> int:
    refused = [entry for entry in found if asked.items and entry.why_not(asked.act)]
    done = asked.apply and not refused
    if as_json:
        rows = [{"item": each.item, **each.term.told(), "handling": each.handling, "why_not": each.why_not(asked.act)} for each in found]
        screen.put_json({"items": rows, "act": asked.act if asked.items else None, "applied": done})
    else:
        cells = [(each.item, f"{each.term.due:%Y-%m-%d}", each.term.act, each.handling, each.why_not(asked.act)) for each in found]
        screen.put_table(COLUMNS, cells)
        if refused:
            screen.tell("nothing was decided: leave out what cannot be")
        elif asked.items:
            verb = "kept" if asked.act == "keep" else "removed"
            screen.tell(f"{len(found)} {verb}" if done else f"{len(found)} would be {verb}: add --because TEXT --apply")
    return Exit.REFUSED if refused else Exit.DONE

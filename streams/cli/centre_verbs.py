"""What the centre's operator does: up, token, topics, rebuild, replay, doctor."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from streams.cli import screen
from streams.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from streams.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Machine-readable: one JSON document, or one a line.")]


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    for verb in (up, token, rebuild, replay, doctor):
        app.command()(verb)
    topics = typer.Typer(help="Kafka's topics: what should be, and what is.", no_args_is_help=True)
    topics.command("plan")(topics_plan)
    topics.command("apply")(topics_apply)
    app.add_typer(topics, name="topics")


def need_centre(error: ImportError) -> Failure:
    """For a verb whose parts are not installed here."""
    return Failure(f"this is the centre's work, and {error.name} is not installed", "pip install 'ric[local]'")


def settings_here() -> "Settings":
    """With the servers that `ric up` runs here, where none are named."""
    try:
        from streams.cli.connection import local_servers
        from streams.settings import Settings

        found = local_servers(Settings())
    except ImportError as error:
        raise need_centre(error) from error
    if not found.kafka_bootstrap_servers:
        raise Failure("no broker is known here", "set RIC_KAFKA_BOOTSTRAP_SERVERS, or start everything with: ric up", Exit.UNREACHABLE)
    return found


def up(
    demo: Annotated[bool, typer.Option("--demo", help="With simulated traffic of the region.")] = False,
    exercise: Annotated[bool, typer.Option("--exercise", help="With an exercise played beside it, in a space of its own.")] = False,
    import_: Annotated[list[Path] | None, typer.Option("--import", help="A file to import when all is ready; may be repeated.")] = None,
    mapping: Annotated[list[str] | None, typer.Option("--mapping", "-m", help="The mapping of each --import, in the same order.")] = None,
    agency: Annotated[
        list[str] | None, typer.Option("--agency", "-a", help="The agency of each --import; else as its mapping says.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Run the whole centre on this machine until Ctrl-C: broker, database, worker, gateway with dashboard.

    ric up --demo

    ric up --demo --exercise

    ric up --import seizures.csv --mapping mine.yaml --agency TJ-DCA
    """
    from streams.cli.importing.mapping import MappingError, find_mapping, read_mapping

    files, mappings, agencies = import_ or [], mapping or [], agency or []
    if len(mappings) != len(files) or (agencies and len(agencies) != len(files)):
        raise Failure("every --import needs its --mapping (and --agency for all or none)", "repeat them in the same order")
    try:
        import asyncio

        from streams.local.supervisor import Import
        from streams.local.supervisor import up as run
        from streams.settings import Settings
    except ImportError as error:
        raise need_centre(error) from error
    imports = []
    for position, (file, name) in enumerate(zip(files, mappings, strict=True)):
        try:
            path = find_mapping(name)
            owner = agencies[position] if agencies else read_mapping(path.read_text(encoding="utf-8")).agency
        except MappingError as error:
            raise Failure(f"the mapping {name} is wrong:\n{error}", "see docs/importing.md") from error
        if owner is None:
            raise Failure(f"whose reports are in {file}?", "give --agency for each --import")
        if not file.is_file():
            raise Failure(f"there is no file {file}", "check the name")
        imports.append(Import(file, path, owner))
    from streams.cli.exercise_verb import beside_centre

    beside = beside_centre() if exercise else None
    return asyncio.run(run(Settings(), demo=demo, imports=imports, beside=beside, tell=screen.put_event if as_json else _tell))


def _tell(text: str, facts: Mapping[str, Any]) -> None:
    screen.console().print(text, style="red" if facts["event"] == "failed" else None, highlight=False, markup=False, soft_wrap=True)


def token(
    person: Annotated[str | None, typer.Option(help="Who: n.rahimov. Unset: this machine's user.")] = None,
    agency: Annotated[str, typer.Option("--agency", "-a", help="Of which agency: TJ-DCA; the centre is CARICC.")] = "CARICC",
    role: Annotated[
        Literal["officer", "analyst", "coordinator", "supervisor", "steward", "contributor", "operator"] | None,
        typer.Option(help="Unset: coordinator of the centre, officer of an agency."),
    ] = None,
    supervisor: Annotated[
        bool, typer.Option("--supervisor", help="Of an agency: an officer whom alarms that go past the room are told as its supervisor.")
    ] = False,
    days: Annotated[float, typer.Option(min=0.001, max=366, help="How long it is good.")] = 1.0,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file (readable by you alone) and print nothing.")] = None,
    link: Annotated[
        bool, typer.Option("--link", help="Instead of a token, a link that signs in to the dashboard once, within 10 minutes.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Issue a token of this installation: it names a person of an agency in a role. The only verb that prints one.

    ric token --person n.rahimov --agency TJ-DCA --out n.rahimov.token

    ric token --link --role steward
    """
    from datetime import timedelta

    from streams.cli.connection import issue_token, local_person, sign_in_link
    from streams.settings import Settings

    role = role or ("coordinator" if agency == "CARICC" else "officer")
    if link:
        text = sign_in_link(Settings(), person=person or local_person(), agency=agency, role=role, supervises=supervisor)
        screen.put_json({"link": text}) if as_json else print(text)
        return Exit.DONE
    text = issue_token(
        Settings(), person=person or local_person(), agency=agency, role=role, lifetime=timedelta(days=days), supervises=supervisor
    )
    if out is None:
        screen.put_json({"token": text}) if as_json else print(text)
        return Exit.DONE
    import os

    out.unlink(missing_ok=True)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text + "\n")
    screen.put_json({"out": str(out)}) if as_json else screen.tell(f"written to {out}")
    return Exit.DONE


def on_kafka(work: Any) -> Any:
    """Run a coroutine on Kafka; what goes wrong on the line becomes a Failure."""
    import asyncio
    import logging

    from aiokafka.errors import KafkaError

    from streams.database import UnsafeDatabaseConnection
    from streams.kafka import UnsafeKafkaConnection

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(work)
    except (UnsafeKafkaConnection, UnsafeDatabaseConnection) as error:
        raise Failure(str(error), "see docs/settings.md") from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise Failure(f"Kafka cannot be reached: {error}", "is it running? ric doctor says more", Exit.UNREACHABLE) from error


def _show_changes(changes: list[Any], as_json: bool, none: str) -> None:
    if as_json:
        screen.put_json({"changes": [asdict(change) for change in changes]})
    elif changes:
        screen.put_table(("change", "topic", "what"), [(change.kind, change.topic, change.detail) for change in changes])
    else:
        screen.tell(none)


def topics_plan(as_json: Json = False) -> int:
    """Say what `ric topics apply` would do. Changes nothing."""
    settings = settings_here()
    from streams import topics

    changes = on_kafka(topics.plan(settings))
    _show_changes(changes, as_json, "the topics are as declared")
    return Exit.REFUSED if any(change.kind == "refuse" for change in changes) else Exit.DONE


def topics_apply(as_json: Json = False) -> int:
    """Create the topics that are missing and mend their configuration. Deletes nothing, and refuses a change of partitions."""
    settings = settings_here()
    from streams import topics

    try:
        changes = on_kafka(topics.apply(settings))
    except topics.TopicsRefused as error:
        raise Failure(f"refused, and nothing was done:\n{error}", None, Exit.REFUSED) from error
    _show_changes(changes, as_json, "the topics are as declared; nothing was to do")
    return Exit.DONE


def rebuild(as_json: Json = False) -> int:
    """Make the database's tables again from the topics, beside the present ones, and change over when they are whole."""
    settings = settings_here()
    try:
        import psycopg
        from aiokafka.errors import KafkaError

        from streams.store.rebuild import rebuild as run
    except ImportError as error:
        raise need_centre(error) from error
    steps: list[str] = []

    def on_step(step: object) -> None:
        steps.append(str(step))
        if not as_json:
            screen.tell(str(step))

    try:
        records = run(settings, on_step)
    except psycopg.OperationalError as error:
        raise Failure(f"the database cannot be reached: {error}", "is it running? ric doctor says more", Exit.UNREACHABLE) from error
    except KafkaError as error:
        raise Failure(f"Kafka cannot be reached: {error}", "is it running? ric doctor says more", Exit.UNREACHABLE) from error
    except (ValueError, RuntimeError) as error:
        raise Failure(f"{error}", "the present tables are as they were", Exit.REFUSED) from error
    if as_json:
        screen.put_json({"records": records, "steps": steps})
    else:
        print(f"{records} records read")
    return Exit.DONE


def replay(
    letters: Annotated[list[str] | None, typer.Argument(help="Ids of dead letters, as a dry run shows them.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="All dead letters (of --state: all outputs) since this time: 2026-03-18 or with clock.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="APP", help="Decide the state of this app again (ric topology names them)."),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Really do it; without it, only show what.")] = False,
    as_json: Json = False,
) -> int:
    """Send dead letters through again, or decide an app's state again: after a mended fault of the centre's own.

    Dead letters go as they were to the topic that they came from; those of a stage with state stay, and "why not" says what mends them.
    With --state everything in the app's inbox is decided again by this release, beside the worker: first shown against what stands, and
    with --apply put in its place. The worker ends then, and its supervisor starts it on the new state. Outputs are compared since
    --from, and written only where nothing equal stands.

    ric replay --from 2026-03-18

    ric replay --from 2026-03-18T04:30:00+05:00 --apply

    ric replay --state reports --from 2026-03-18
    """
    if not letters and since is None and state is None:
        raise Failure("which dead letters, or which state?", "name their ids, or --from TIME, or --state APP")
    if letters and state is not None:
        raise Failure("dead letters and --state are two different things", "do one after the other")
    settings = settings_here()
    from streams.cli.replaying import parse_time, select, send_again

    try:
        start = parse_time(since) if since else None
    except ValueError as error:
        raise Failure(str(error)) from error
    if state is not None:
        try:
            from streams.cli.deciding import decide_again
        except ImportError as error:
            raise need_centre(error) from error
        return decide_again(settings, state, start, apply=apply, as_json=as_json)
    found = on_kafka(select(settings, ids=set(letters or ()), since=start))
    absent = set(letters or ()) - {letter.letter for letter in found}
    if absent:
        raise Failure(f"no dead letter {', '.join(sorted(absent))}", "a dry run shows the ids: ric replay --from TIME")
    sent = on_kafka(send_again(settings, found)) if apply else 0
    if as_json:
        rows = [{name: getattr(each, name) for name in ("letter", "origin", "agency", "at", "reason", "why_not")} for each in found]
        screen.put_json({"letters": rows, "sent": sent, "applied": apply})
    else:
        cells = [(each.letter, each.at, each.agency, each.reason, each.why_not) for each in found]
        screen.put_table(("letter", "at", "agency", "reason", "why not"), cells)
        screen.tell(f"{sent} sent again" if apply else f"{sum(each.why_not is None for each in found)} would be sent again: add --apply")
    return Exit.REFUSED if any(each.why_not for each in found) else Exit.DONE


def doctor(
    url: Annotated[str | None, typer.Option("--url", help="The centre's address; else RIC_URL, else the centre on this machine.")] = None,
    token_file: Annotated[Path | None, typer.Option("--token-file", help="File with your token.")] = None,
    as_json: Json = False,
) -> int:
    """Say what is wrong with this machine, this set-up or the way to the centre, and how to mend it."""
    from streams.cli.examining import examine_client

    results = examine_client(url, token_file)
    try:
        from streams.cli.connection import local_servers
        from streams.local.doctor import examine
        from streams.local.process import is_owned

        settings = _examined()
        running = local_servers(settings) if is_owned(settings.data_dir) else None
        results += [asdict(each) for each in examine(settings, running)]
    except ImportError:
        pass  # an agency's machine: nothing of the centre is to be examined
    if as_json:
        screen.put_json({"results": results})
    else:
        marks = {"ok": "✓", "warn": "!", "fail": "✗"} if sys.stdout.isatty() else {"ok": "ok", "warn": "warn", "fail": "fail"}
        screen.put_table(
            ("", "what", "found", "mend"), [(marks[each["status"]], each["name"], each["found"], each["mend"]) for each in results]
        )
    return Exit.REFUSED if any(each["status"] == "fail" for each in results) else Exit.DONE


def _examined() -> "Settings":
    from streams.settings import Settings

    return Settings()

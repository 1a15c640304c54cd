"""Controlled deliveries: plan the consents and write the forms before the first act, and bring files into the room."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli import screen
from streams.cli.agency_verbs import Agency, TokenFile, Url
from streams.cli.centre_verbs import Json, need_centre
from streams.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from schemas.request import DeliveryRequest
    from streams.planning.directory import Directory
    from streams.planning.findings import ConsentPlan

Legs = list[int] | None


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.command()(plan)
    app.command()(attach)


def plan(
    itinerary: Annotated[Path, typer.Argument(help="The case as JSON (schemas.request.DeliveryRequest): references, handling, legs.")],
    directory: Annotated[
        Path | None, typer.Option("--directory", help="Entries of the directory as a JSON list. Unset: of an exercise the fictional one.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="Plan as of this time, with its offset. Unset: now.")] = None,
    consented: Annotated[Legs, typer.Option("--consented", help="Number of a leg whose consent stands; may be repeated.")] = None,
    refused: Annotated[Legs, typer.Option("--refused", help="Number of a leg that is refused; may be repeated.")] = None,
    forms: Annotated[
        Path | None, typer.Option("--forms", help="Write the request and the reply form of each authority into this folder.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Plan the consents of a controlled delivery: whom to ask, until when, what stands against it, what else can be done.

    Every line says why, and from which entry of the directory and which version. The code is 1 where something blocks.

    ric plan case.json

    ric plan case.json --consented 1 --refused 2 --json

    ric plan case.json --forms forms/
    """
    try:
        from streams.planning import calendars, crossings
        from streams.planning.hours import UnknownZone
        from streams.planning.itinerary import OutOfOrder
        from streams.planning.plan import LegConsent, Planner
    except ImportError as error:
        raise need_centre(error) from error
    request = _request(itinerary)
    now = _now(at)
    known = _directory(directory, request)
    standing = {leg: LegConsent(state="consented") for leg in consented or ()} | {leg: LegConsent(state="refused") for leg in refused or ()}
    if unknown := sorted(standing.keys() - {leg.number for leg in request.legs}):
        raise Failure(f"there is no leg {unknown[0]}", f"the legs are 1 to {len(request.legs)}")
    try:
        found = Planner(known, calendars.load(), crossings.load(), now).plan(request, standing)
    except OutOfOrder as error:
        lines = "\n".join(f"  {problem.field}: {problem.reason} — {problem.mend}" for problem in error.problems)
        raise Failure(f"the legs do not follow each other:\n{lines}") from error
    except UnknownZone as error:
        raise Failure(str(error), "mend the entry of the directory") from error
    written = _write_forms(forms, request, known, found) if forms else []
    if as_json:
        screen.put_json({**found.model_dump(mode="json"), "forms": written})
    else:
        _show(found)
        for path in written:
            screen.tell(f"written: {path}")
    return Exit.DONE if found.clear else Exit.REFUSED


def attach(
    delivery: Annotated[str, typer.Argument(help="The delivery, LEAD/NUMBER.")],
    files: Annotated[list[Path], typer.Argument(help="JPEG, PNG, PDF, MP4, M4A or plain text, at most 25 MiB each, ten in all.")],
    note: Annotated[str | None, typer.Option("--note", help="What to say with them in the room.")] = None,
    patience: Annotated[float, typer.Option("--patience", help="Go on trying over a broken line for so many seconds.")] = 600.0,
    url: Url = None,
    token_file: TokenFile = None,
    agency: Agency = None,
    as_json: Json = False,
) -> int:
    """Upload files to a controlled delivery and show them in its room. After a broken line the same command goes on where it was.

    Others in the room get them without place, device, author and time; the original stays with your agency.

    ric attach TJ-DCA/CD-2026-1 seal.jpg protocol.pdf --note "Seal TK-1 before the handover"
    """
    from streams.cli.attaching import Line, show, upload
    from streams.cli.connection import connect, reaching

    if len(files) > 10:
        raise Failure("a message has at most ten attachments", "send them in parts")
    connection = connect(url, token_file, agency)
    with connection.client() as client, reaching(connection.url), screen.transfer() as shown:
        line = Line(client, patience)
        found = [upload(line, delivery, path, shown(path.name, path.stat().st_size if path.is_file() else 0)) for path in files]
        if note or not all(one["named"] for one in found):
            show(line, delivery, found, note, screen.tell)
    if as_json:
        screen.put_json(found)
    else:
        rows = [(one["media_type"], one["bytes"], "yes" if one["scanned"] else "not scanned", one["sha256"], one["id"]) for one in found]
        screen.put_table(("type", "bytes", "scanned", "sha256", "id"), rows)
    return Exit.DONE


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}", "check the name") from error


def _request(path: Path) -> "DeliveryRequest":
    from pydantic import ValidationError

    from schemas.request import DeliveryRequest

    try:
        return DeliveryRequest.model_validate_json(_read(path))
    except ValidationError as error:
        raise _wrong(path, error) from error


def _directory(path: Path | None, request: "DeliveryRequest") -> "Directory":
    from pydantic import ValidationError

    from streams.planning.directory import Directory, exercise, read_entries

    if path is None:
        if not request.exercise:
            raise Failure(
                "a real delivery is not planned with the fictional directory", "give --directory FILE, or set exercise in the case"
            )
        return exercise()
    try:
        known = Directory(read_entries(_read(path)))
    except ValidationError as error:
        raise _wrong(path, error) from error
    except ValueError as error:
        raise Failure(f"{path}: {error}") from error
    if any(entry.exercise != request.exercise for entry in known.entries):
        raise Failure("the case and the directory must both be real, or both of an exercise", "look at exercise in both files")
    return known


def _wrong(path: Path, error: Any) -> Failure:
    from schemas.problems import problems

    lines = "\n".join(f"  {problem.field}: {problem.reason}{f' — {problem.mend}' if problem.mend else ''}" for problem in problems(error))
    return Failure(f"{path} is wrong:\n{lines}")


def _now(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        raise Failure(f"--at {at} is no time with an offset", "write it as 2026-03-18T04:30:00+05:00")
    return found


def _write_forms(folder: Path, request: "DeliveryRequest", known: "Directory", found: "ConsentPlan") -> list[str]:
    from streams.documents.form import Stamp
    from streams.documents.pdf import to_pdf
    from streams.documents.reply_form import reply_form
    from streams.documents.request_form import check_leg, request_form, zone_of
    from streams.documents.word import to_docx

    asked = [(leg.number, entry) for leg in found.legs for entry in known.authorities(leg.country) if entry.competence == "consents"]
    for number, entry in asked:
        try:
            check_leg(request, number, entry)
        except ValueError as error:
            raise Failure(f"no forms were written: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for copy, (number, entry) in enumerate(asked, 1):
        stamp = Stamp(entry.authority, copy, len(asked), found.now, zone_of(entry))
        for kind, make in (("request", request_form), ("reply", reply_form)):
            for tongue in ("ru", "en"):
                form = make(request, number, entry, stamp, tongue)
                for ending, write in (("pdf", to_pdf), ("docx", to_docx)):
                    path = folder / f"{request.delivery_ref.replace('/', '-')}-leg{number}-{entry.authority}-{kind}-{tongue}.{ending}"
                    path.touch(mode=0o600)  # readable by whoever writes it alone: a form holds the whole case
                    path.write_bytes(write(form))
                    written.append(str(path))
    return written


def _show(found: "ConsentPlan") -> None:
    asks = []
    for leg in found.legs:
        for ask in leg.asks:
            late = " TOO LATE" if ask.latest and ask.latest.late_by_minutes is not None else ""
            stale = f" STALE: {ask.source.stale}" if ask.source.stale else ""
            reach = ", ".join(way.address for way in ask.reach)
            until = f"{ask.latest.text}{late}" if ask.latest else "no time planned"
            papers = ", ".join(paper.kind for paper in ask.missing)
            source = f"{ask.source.entry} v{ask.source.version}{stale}"
            asks.append((leg.number, leg.country, leg.passage, ask.authority, until, ask.languages[0], reach, papers, source))
    screen.put_table(("leg", "country", "passage", "ask", "until", "in", "at", "missing papers", "from"), asks)
    lines = [finding for leg in found.legs for finding in leg.findings]
    rows = [
        (
            finding.severity,
            ",".join(map(str, finding.legs)),
            finding.topic,
            finding.text,
            finding.why,
            ", ".join(f"{each.entry} v{each.version}" for each in finding.sources),
        )
        for finding in (*found.conflicts, *lines)
    ]
    print()
    screen.put_table(("", "leg", "about", "what", "why", "from"), rows)
    if found.alternatives:
        print()
        screen.put_table(
            ("instead", "leg", "what", "why", "from"),
            [
                (each.kind, each.for_leg, each.text, each.why, ", ".join(f"{source.entry} v{source.version}" for source in each.sources))
                for each in found.alternatives
            ],
        )
    if found.hard_stop:
        screen.tell(f"HARD STOP: {found.hard_stop.place} — {found.hard_stop.why}")
    screen.tell(f"{'EXERCISE. ' if found.exercise else ''}{'Nothing blocks.' if found.clear else 'Not as planned: see what is blocking.'}")

"""`ric exercise`: train with a scripted controlled delivery in a space of its own, beside the centre or alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli import screen
from streams.cli.centre_verbs import Json, need_centre
from streams.cli.failures import Failure

if TYPE_CHECKING:
    from streams.local.supervisor import Beside, Play, Tell
    from streams.settings import Settings


STYLES = {"failed": "red", "look": "dim", "turn": "bold green", "turn-late": "bold yellow"}


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command()(exercise)


def exercise(  # noqa: PLR0917 - as many as it has options
    fast: Annotated[bool, typer.Option("--fast", help="Without pauses for reading; clocks still run in real time.")] = False,
    seed: Annotated[int | None, typer.Option(help="Of the pauses between acts. Unset: a fresh one, which is told.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the space's topics, tables and folder when it ends.")] = False,
    space: Annotated[
        str | None, typer.Option("--space", help="Its name, which begins with exercise-; a kept one is used again. Unset: a new one.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            "--role",
            help="Play this agency's officer yourself: TJ-DCA (leads), KG-DCS, UZ-NCDC, KZ-DCC, RU-GUKON, "
            "or CARICC (coordinates, until the shift changes).",
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Play a controlled delivery through four countries, with everything that goes wrong, in a space of its own.

    On the servers of the centre that runs here, or on servers of its own where
    none does. Prints a link to its dashboard, plays, and stays open for looking
    until Ctrl-C; then topics, tables and folder of the exercise are removed.
    Nothing of it reaches another space. An act that is refused and should not
    be ends it: the code is then 1.

    With --role you play one officer, and the script everybody else. One-time
    links sign you in as that officer, to the dashboard and to the phone's page.
    Whenever it is your turn it says how things stand and what is expected, and
    goes on when your act is in the delivery's timeline. It waits 2 minutes; for
    3 more the clocks run on and alarms climb; then it plays the act for you and
    says so in the room. Papers (request, plan, devices, evidence) and the
    shift's page it always does. At the end, or at Ctrl-C, a debrief: how long
    each turn took, and which alarms came of it or stood meanwhile.

    ric exercise

    ric exercise --role KG-DCS

    ric exercise --fast --json

    ric exercise --space exercise-osh --keep
    """
    try:
        import asyncio
        import random

        from streams.local import exercise as spaces
        from streams.local.supervisor import up
        from streams.settings import Settings
    except ImportError as error:
        raise need_centre(error) from error
    officer = _officer(role) if role is not None else None
    tell = screen.put_event if as_json else _tell
    centre = _servers(Settings())
    try:
        settings = spaces.beside(centre, space or new_name())
    except ValueError as error:
        raise Failure(str(error), "see: ric exercise --help") from error
    for one in spaces.left(centre):
        asyncio.run(_clear(one, tell))
    if keep:
        spaces.keep(settings)
    spaces.connect(centre, settings)
    chosen = random.SystemRandom().randrange(2**24) if seed is None else seed
    code = asyncio.run(up(settings, play=script(chosen, fast=fast, role=officer), tell=tell))
    if (settings.data_dir / spaces.KEPT).exists():
        tell(
            f"{settings.space} is kept; play in it again: ric exercise --space {settings.space}", {"event": "kept", "space": settings.space}
        )
    else:
        asyncio.run(_clear(settings, tell))
    return code


def _officer(role: str) -> str:
    """Whom a person plays. Raises Failure for what is no role."""
    from streams.simulate.exercise_role import ROLES

    found = ROLES.get(role.upper())
    if found is None:
        raise Failure(f"no officer of {role} can be played", f"--role is one of {', '.join(ROLES)}")
    return found


def script(seed: int, *, fast: bool, role: str | None = None) -> "Play":
    """The scripted exercise for a supervisor to play; `role`: of the officer whom a person plays."""
    from streams.gateway.signin import new_code
    from streams.local.supervisor import Ended, Play, url_of
    from streams.simulate.exercise import play
    from streams.simulate.exercise_cast import CHIEF, DUTY, OFFICERS, PATROL
    from streams.simulate.exercise_line import CannotGoOn

    async def run(settings: "Settings", tell: "Tell") -> None:
        for who, officer in (("as the centre's supervisor", CHIEF), ("as the patrol that knows of no delivery", PATROL)):
            agency, _, person = officer.partition("/")
            url = f"{url_of(settings)}/sign-in?code={new_code(settings.data_dir, person, agency, OFFICERS[officer])}"
            tell(f"{who}, in another browser: {url}", {"event": "sign-in", "role": OFFICERS[officer], "url": url})
        try:
            await play(settings, tell, base=url_of(settings), seed=seed, fast=fast, role=role)
        except CannotGoOn as error:
            raise Ended(f"the exercise cannot go on: {error}") from error
        tell("The dashboard stays open for looking; Ctrl-C ends the exercise.", {"event": "open"})

    return Play(duty=DUTY.partition("/")[2], run=run)


def beside_centre() -> "Beside":
    """The exercise for `ric up` to play beside the centre that it runs."""
    import random

    from streams.local import exercise as spaces
    from streams.local.supervisor import Beside

    name = new_name()

    def space(centre: "Settings") -> "Settings":
        settings = spaces.beside(centre, name)
        spaces.connect(centre, settings)
        return settings

    return Beside(
        play=script(random.SystemRandom().randrange(2**24), fast=False),
        space=space,
        clear=lambda settings: _clear(settings, lambda text, facts: None),
    )


def new_name() -> str:
    """A space that no exercise had before."""
    return f"exercise-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def _servers(settings: "Settings") -> "Settings":
    """With the servers of the centre that runs here; else as they are named, or not."""
    from streams.cli.connection import local_servers
    from streams.local.process import is_owned

    return local_servers(settings) if is_owned(settings.data_dir) else settings


async def _clear(settings: "Settings", tell: "Tell") -> None:
    import psycopg
    from aiokafka.errors import KafkaError

    from streams.local import exercise as spaces

    try:
        await spaces.clear(settings)
    except (KafkaError, OSError, psycopg.Error) as error:
        what = f"{settings.space} could not be cleared away: {error}; the next ric exercise does it"
        tell(what, {"event": "left", "space": settings.space})
    else:
        tell(f"{settings.space} is cleared away: topics, tables and folder", {"event": "cleared", "space": settings.space})


def _tell(text: str, facts: Mapping[str, Any]) -> None:
    style = STYLES.get(str(facts.get("event")), "bold magenta" if facts.get("inject") else None)
    screen.console().print(text, style=style, highlight=False, markup=False, soft_wrap=True)

"""`ric positions`: what an AIS receiver hears of the ships that deliveries declare, to the centre. Which ships those are stays here."""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli import screen
from streams.cli.agency_verbs import Url
from streams.cli.centre_verbs import Json, need_centre
from streams.cli.failures import Exit

if TYPE_CHECKING:
    from streams.cli.outbox import Outbox
    from streams.cli.ships import Sender, Ship

MOST_AT_ONCE = 400
MOST_LINES = 10_000
SILENCE_S = 60.0
"""A source that says nothing for so long is called again."""


def register(app: typer.Typer) -> None:
    """Add this verb to the command."""
    app.command()(positions)


def positions(
    ais: Annotated[str, typer.Option("--ais", help="Where AIS sentences come from: HOST:PORT, a file, or - for standard input.")],
    device: Annotated[Path, typer.Option("--device", help="File with the credentials of the ships, one a line; the board shows them.")],
    url: Url = None,
    as_json: Json = False,
) -> int:
    """Send positions of ships under watch, as AIS tells them, to the centre.

    The centre tells which ship each credential is for. Of all other ships nothing is kept or sent, and no receiver learns whom we watch.
    Positions are stored on this machine first, and wait there while there is no connection. A file's sentences need a time each (tag
    block c:). The code is 1 where a credential is over or sentences had no time, 5 where positions still wait: the next call sends them.

    ric positions --ais 192.0.2.7:5631 --device ships.txt

    ric positions --ais recorded.nmea --device ships.txt
    """
    try:
        from streams.cli.ais import Heard, fixes
    except ImportError as error:
        raise need_centre(error) from error
    import httpx

    from streams.cli.connection import address
    from streams.cli.outbox import Outbox
    from streams.cli.ships import OLDEST_DAYS, Sender, watched
    from streams.settings import Settings

    where, path = address(url), Settings().data_dir / "positions.db"
    heard, live = Heard(), ais == "-" or not Path(ais).is_file()
    with httpx.Client(base_url=where, timeout=30.0) as client:
        ships = {ship.mmsi: ship for ship in watched(client, where, device)}
    screen.tell(f"listening for {len(ships)} ships: {', '.join(ships)}")
    sender = Sender(path, where, list(ships.values()))
    with Outbox(path) as outbox:
        outbox.expire(OLDEST_DAYS)
        found = fixes(_live(ais) if live else _read(Path(ais)), frozenset(ships), heard, (lambda: datetime.now(UTC)) if live else None)
        sender.start()
        _keep(found, outbox, ships, sender, at_once=1 if live else MOST_AT_ONCE)
        sender.finish()
        waiting = sum(sum(outbox.waiting(ship.filed).values()) for ship in ships.values())
    told = {"taken": sum(ship.taken for ship in ships.values()), "waiting": waiting}
    told |= {"undated": heard.undated, "broken": heard.broken, "other": heard.others}
    if as_json:
        screen.put_json(told)
    else:
        screen.tell(", ".join(f"{count} {name}" for name, count in told.items()))
    if heard.undated or any(ship.over for ship in ships.values()):
        return Exit.REFUSED
    return Exit.STORED if waiting else Exit.DONE


def _keep(found: Iterable[dict[str, Any] | None], outbox: "Outbox", ships: dict[str, "Ship"], sender: "Sender", *, at_once: int) -> None:
    """Put what is heard on disk, so many at a time, until the source or the sending ends. What waits there already stays as it is."""
    import orjson

    known = {body for ship in ships.values() for body in outbox.bodies(ship.filed)}
    heard: dict[str, list[bytes]] = {mmsi: [] for mmsi in ships}

    def store() -> None:
        for mmsi, bodies in heard.items():
            if bodies:
                outbox.store(ships[mmsi].filed, bodies)
                bodies.clear()

    for fix in found:
        if not sender.is_alive():
            break
        if fix is not None and (body := orjson.dumps(fix)) not in known:
            heard[fix["mmsi"]].append(body)
            if len(heard[fix["mmsi"]]) >= at_once:
                store()
    store()


def _read(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        yield from opened


def _live(source: str) -> Iterator[bytes]:
    """Lines as they come; an empty one each second without any, so that what waits is sent. A line that breaks is joined again."""
    lines: Queue[bytes | None] = Queue(MOST_LINES)
    threading.Thread(target=_listen, args=(source, lines), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=1.0)
        except Empty:
            line = b""
        if line is None:
            return
        yield line


def _listen(source: str, lines: "Queue[bytes | None]") -> None:
    if source == "-":
        # Whoever writes there waits for us.
        for line in sys.stdin.buffer:
            lines.put(line)
        lines.put(None)
        return
    import socket

    host, _, port = source.rpartition(":")
    while True:
        try:
            with socket.create_connection((host, int(port)), timeout=SILENCE_S) as connected, connected.makefile("rb") as stream:
                _pass(stream, lines)
        except (OSError, ValueError) as error:
            screen.tell(f"{source}: {error}; trying again")
        time.sleep(2.0)


def _pass(stream: Iterable[bytes], lines: "Queue[bytes | None]") -> None:
    for line in stream:
        try:
            lines.put_nowait(line)
        except Full:
            # The newest position counts: who falls behind begins anew.
            while not lines.empty():
                lines.get_nowait()

"""`ric positions`: what an AIS receiver hears of the ships that deliveries declare, to the centre. Which ships those are stays here."""

import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli import screen
from streams.cli.agency_verbs import Url
from streams.cli.centre_verbs import Json, need_centre
from streams.cli.failures import Exit, Failure

if TYPE_CHECKING:
    import httpx

EVERY_S = 5.0
MOST_AT_ONCE = 400
MOST_KEPT = 20_000
"""Of a ship whose fixes the centre does not take now; then the oldest go."""

MOST_LINES = 10_000
SILENCE_S = 60.0


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
    A file's sentences need a time each (tag block c:). The code is 1 where a credential is over or sentences had no time.

    ric positions --ais 192.0.2.7:5631 --device ships.txt

    ric positions --ais recorded.nmea --device ships.txt
    """
    try:
        from streams.cli.ais import Heard, fixes
    except ImportError as error:
        raise need_centre(error) from error
    import httpx

    from streams.cli.connection import address

    heard, live = Heard(), ais == "-" or not Path(ais).is_file()
    with httpx.Client(base_url=address(url), timeout=30.0) as client:
        ships = {ship.mmsi: ship for ship in (_ship(client, credential) for credential in _credentials(device))}
        screen.tell(f"listening for {len(ships)} ships: {', '.join(ships)}")
        lines = _live(ais) if live else _read(Path(ais))
        sent_at = time.monotonic()
        for fix in fixes(lines, frozenset(ships), heard, (lambda: datetime.now(UTC)) if live else None):
            if fix is not None:
                ships[fix["mmsi"]].waiting.append(fix)
            if time.monotonic() - sent_at >= EVERY_S or any(len(ship.waiting) >= MOST_AT_ONCE for ship in ships.values()):
                sent_at = time.monotonic()
                for ship in ships.values():
                    ship.send(client)
            if all(ship.over for ship in ships.values()):
                break
        for ship in ships.values():
            ship.finish(client)
    told = {"taken": sum(ship.taken for ship in ships.values()), "undated": heard.undated, "broken": heard.broken, "other": heard.others}
    if as_json:
        screen.put_json(told)
    else:
        screen.tell(", ".join(f"{count} {name}" for name, count in told.items()))
    return Exit.REFUSED if heard.undated or any(ship.over or ship.waiting for ship in ships.values()) else Exit.DONE


@dataclass
class _Ship:
    mmsi: str
    credential: str
    taken: int = 0
    over: bool = False
    waiting: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))

    def send(self, client: "httpx.Client") -> bool:
        """Send what waits, as much as one call takes; what was not taken waits on. Whether the centre answered for good."""
        import httpx

        if self.over or not self.waiting:
            return True
        batch = [self.waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self.waiting)))]
        try:
            answer = client.post("/v1/positions", json=batch, headers={"Authorization": f"Bearer {self.credential}"})
        except httpx.TransportError:
            self.waiting.extendleft(reversed(batch))
            return False
        if answer.status_code == 202:
            self.taken += int(answer.json()["taken"])
        elif answer.status_code in (401, 403):
            self.over = True
            screen.tell(f"{self.mmsi}: the credential is over; nothing more is sent")
        elif answer.status_code in (429, 503):
            self.waiting.extendleft(reversed(batch))
            return False
        else:
            screen.tell(f"{self.mmsi}: the centre refused {len(batch)} positions ({answer.status_code})")
        return True

    def finish(self, client: "httpx.Client") -> None:
        """Send all that is left, as long as the centre takes it within reason."""
        until = time.monotonic() + SILENCE_S
        while self.waiting and not self.over and time.monotonic() < until:
            if not self.send(client):
                time.sleep(1.0)


def _ship(client: "httpx.Client", credential: str) -> _Ship:
    import httpx

    try:
        answer = client.get("/v1/positions", headers={"Authorization": f"Bearer {credential}"})
    except httpx.TransportError as error:
        raise Failure("the centre cannot be reached", "check --url and the line", Exit.UNREACHABLE) from error
    if answer.status_code == 503:
        raise Failure("the centre cannot look up devices now", "try again shortly", Exit.UNREACHABLE)
    if answer.status_code != 200:
        raise Failure("a credential is not one of a ship that is watched now", "ask whoever declared the ship", Exit.NOT_PERMITTED)
    found = answer.json()
    if found["kind"] != "ais":
        raise Failure(f"a credential is for a {found['kind']}, not for AIS", "give the credentials of ships alone")
    return _Ship(str(found["device"]), credential)


def _credentials(file: Path) -> list[str]:
    try:
        found = [line.strip() for line in file.read_text(encoding="ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read", "it holds one credential a line", Exit.NOT_PERMITTED) from error
    if not found:
        raise Failure(f"{file} holds no credential", "it holds one a line; the delivery's board shows them")
    return found


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
        _pass(sys.stdin.buffer, lines)
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

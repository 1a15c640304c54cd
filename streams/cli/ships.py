"""Positions of ships under watch on their way to the centre: on disk before they are sent, and there until the centre has them.

A position that is sent twice has one effect at the centre, so that a crash at any moment loses and doubles nothing (decision 0701).
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from streams.cli import screen
from streams.cli.failures import Exit, Failure
from streams.cli.outbox import Outbox
from streams.cli.posting import LATER, retry_after

if TYPE_CHECKING:
    import httpx

EVERY_S = 2.0
MOST_KEPT = 20_000
"""Of a ship whose positions the centre does not take now; then the oldest go."""

OLDEST_DAYS = 31
"""What is older the centre does not take; nor does it lie about here when its ship is watched no more."""

SILENCE_S = 60.0
"""So long is a centre that does not answer asked again when the source has ended."""


@dataclass
class Ship:
    """A ship that the centre watches, by its credential. `over`: the credential opens nothing any more. `again`: not to be sent before."""

    mmsi: str
    credential: str = field(repr=False)
    centre: str
    taken: int = 0
    over: bool = False
    again: float = 0.0

    @property
    def filed(self) -> str:
        """What its positions wait under. They go with this credential or with none: another one is for another delivery."""
        return f"{self.centre} {blake2b(self.credential.encode(), digest_size=12).hexdigest()}"


def watched(client: "httpx.Client", centre: str, file: Path) -> list[Ship]:
    """The ships that the credentials of this file are for, as the centre tells. Raises Failure where it tells of one that it is none."""
    return [_ship(client, centre, credential) for credential in _credentials(file)]


def _ship(client: "httpx.Client", centre: str, credential: str) -> Ship:
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
    return Ship(str(found["device"]), credential, centre)


def _credentials(file: Path) -> list[str]:
    try:
        found = [line.strip() for line in file.read_text(encoding="ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read", "it holds one credential a line", Exit.NOT_PERMITTED) from error
    if not found:
        raise Failure(f"{file} holds no credential", "it holds one a line; the delivery's board shows them")
    return found


class Sender(threading.Thread):
    """Sends what waits, beside whoever listens: a bad line never stops the listening. Ends when nothing is left that may be sent."""

    def __init__(self, path: Path, centre: str, ships: Sequence[Ship]) -> None:
        super().__init__(name="sender", daemon=True)
        self._path, self._centre, self._ships = path, centre, ships
        self._ended = threading.Event()
        self._until = 0.0
        self.failure: Exception | None = None

    def finish(self) -> None:
        """No more comes: send what is left, as long as the centre answers. Raises what stopped the sending, if it was no bad line."""
        self._ended.set()
        self.join()
        if self.failure is not None:
            raise self.failure

    def run(self) -> None:
        import httpx

        try:
            with Outbox(self._path) as outbox, httpx.Client(base_url=self._centre, timeout=30.0) as client:
                while not self._ended.wait(EVERY_S) and not all(ship.over for ship in self._ships):
                    self._round(outbox, client)
                self._until = time.monotonic() + SILENCE_S
                while self._round(outbox, client) and time.monotonic() < self._until:
                    time.sleep(1.0)
        except Exception as error:  # raised again by `finish`
            self.failure = error

    def _round(self, outbox: Outbox, client: "httpx.Client") -> bool:
        """Send all that the centre takes now. Whether something is left."""
        import httpx

        with outbox.sending() as alone:
            try:
                for ship in self._ships if alone else ():
                    while not ship.over and time.monotonic() >= ship.again and self._send(ship, outbox, client):
                        pass
            except httpx.TransportError:
                # The line is as bad for the next ship.
                pass
        for ship in self._ships:
            if dropped := outbox.trim(ship.filed, 0 if ship.over else MOST_KEPT):
                screen.tell(f"{ship.mmsi}: {dropped} old positions dropped" + ("" if ship.over else ": the centre does not take them"))
        return any(outbox.waiting(ship.filed) for ship in self._ships)

    def _send(self, ship: Ship, outbox: Outbox, client: "httpx.Client") -> bool:
        """One call; whether another one may follow."""
        batch = outbox.next_batch(ship.filed)
        if batch is None:
            return False
        headers = {"Authorization": f"Bearer {ship.credential}", "Content-Type": "application/json"}
        answer = client.post("/v1/positions", content=b"[%b]" % b",".join(batch.bodies), headers=headers)
        if answer.status_code == 202:
            ship.taken += int(answer.json()["taken"])
        elif answer.status_code in (401, 403):
            ship.over = True
            screen.tell(f"{ship.mmsi}: the credential is over; nothing more is sent")
            return False
        elif answer.status_code in LATER:
            ship.again = time.monotonic() + (retry_after(answer.headers.get("Retry-After")) or EVERY_S)
            if answer.status_code == 429:
                # It takes them, but no faster.
                self._until = ship.again + SILENCE_S
            return False
        else:
            screen.tell(f"{ship.mmsi}: the centre refused {len(batch.numbers)} positions ({answer.status_code})")
        outbox.done(batch)
        self._until = time.monotonic() + SILENCE_S
        return True

"""Files for a delivery's room over a bad line: tus 1.0.0 as the centre speaks it, piece by piece, each vouched for by its checksum.

Nothing is noted on this machine: the same file asked for again is the same upload, at the offset where the centre has it.
"""

import base64
import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from streams.cli.connection import answer
from streams.cli.failures import Exit, Failure
from streams.cli.posting import retry_after
from streams.cli.screen import Told

if TYPE_CHECKING:
    import httpx

FIRST_PIECE, SMALLEST, LARGEST = 256 * 1024, 16 * 1024, 2 * 1024 * 1024
QUICK_S, LONGEST_PAUSE_S = 2.0, 30.0
_TUS = {"Tus-Resumable": "1.0.0"}
_ASKED = 6
_LATER = frozenset({408, 425, 429, 460, 500, 502, 503, 504})


@dataclass(slots=True)
class Line:
    """A line that breaks: how long a call may go on being tried, and how much goes at once."""

    client: "httpx.Client"
    patience: float
    piece: int = FIRST_PIECE

    def call(self, make: Callable[[], "httpx.Response"], tell: Callable[[str], None]) -> "httpx.Response":
        """The answer, however often it takes. Raises Failure when patience is over."""
        import httpx

        deadline, attempt = time.monotonic() + self.patience, 0
        while True:
            wait: float | None = None
            try:
                response = make()
            except httpx.TransportError as error:
                why = "no answer in time" if isinstance(error, httpx.TimeoutException) else "no connection"
            else:
                if response.status_code not in _LATER:
                    return response
                why, wait = f"the centre answered {response.status_code}", retry_after(response.headers.get("Retry-After"))
                if response.status_code == 429 and wait is None:
                    return response
            attempt += 1
            self.piece = max(SMALLEST, self.piece // 2)
            pause = wait if wait is not None else random.uniform(0.5, 1.0) * min(0.5 * 2**attempt, LONGEST_PAUSE_S)
            if time.monotonic() + pause > deadline:
                raise Failure(why, "what the centre has is kept for a day: the same command goes on from there", Exit.UNREACHABLE)
            tell(why)
            time.sleep(pause)


def upload(line: Line, delivery: str, path: Path, progress: Told) -> dict[str, Any]:
    """Send the file, or what is missing of it, and wait until it is examined: the attachment as the centre describes it.

    Raises Failure: it cannot be read, the centre refuses it (with its reason), or cannot be reached for so long.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}", "check the name") from error
    told = {"sha256": hashlib.sha256(content).hexdigest(), "filename": path.name}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
    headers = _TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    offset = 0

    def tell(why: str | None) -> None:
        progress(offset, why)

    began = line.call(lambda: line.client.post(f"/v1/deliveries/{delivery}/attachments", headers=headers), tell)
    if began.status_code != 201:
        answer(began)
    place, offset = began.headers["Location"], int(began.headers.get("Upload-Offset", 0))
    while offset < len(content):
        tell(None)
        offset = _piece(line, place, content, offset, tell)
    tell(None)
    return _examined(line, place, path, tell)


def _piece(line: Line, place: str, content: bytes, offset: int, tell: Callable[[str], None]) -> int:
    """Send one piece; where the centre then stands, which after a break is asked and may be further."""
    began = time.monotonic()

    def send() -> "httpx.Response":
        piece = content[offset : offset + line.piece]
        vouched = base64.b64encode(hashlib.sha256(piece).digest()).decode()
        of_piece = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {vouched}"}
        return line.client.patch(place, headers=_TUS | of_piece, content=piece)

    response = line.call(send, tell)
    if response.status_code == 204:
        if time.monotonic() - began < QUICK_S:
            line.piece = min(LARGEST, line.piece * 2)
        return int(response.headers["Upload-Offset"])
    if response.status_code == 409:
        # A piece arrived whose answer did not.
        found = line.call(lambda: line.client.head(place, headers=_TUS), tell)
        if found.is_success:
            return int(found.headers["Upload-Offset"])
    answer(response)
    raise AssertionError("a refusal is a failure")


def show(line: Line, delivery: str, files: list[dict[str, Any]], note: str | None, tell: Callable[[str], None]) -> None:
    """Name the files in the room, with a note. Raises Failure with the centre's reason."""
    named = [{name: one[name] for name in ("id", "sha256", "media_type", "bytes")} for one in files]
    said = {"id": str(uuid4()), "delivery": delivery, "act": "room", "at": datetime.now(UTC).isoformat(), "attachments": named}
    said |= {"says": note} if note else {}
    for _ in range(_ASKED):
        # The same act each time: sent again it has one effect.
        told = answer(line.call(lambda: line.client.post("/v1/deliveries/acts", params={"wait": "10s"}, json=said), tell))
        if told["status"] != "pending":
            return
    raise Failure("the centre has not answered the message yet", "look into the room before you send it again", Exit.UNREACHABLE)


def _examined(line: Line, place: str, path: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    deadline = time.monotonic() + line.patience
    while True:
        found: dict[str, Any] = answer(line.call(lambda: line.client.get(place), tell))
        if found["state"] == "refused":
            raise Failure(f"{path} was refused: {found['reason']}", code=Exit.REFUSED)
        if found["state"] == "ready":
            return found
        if time.monotonic() > deadline:
            raise Failure(
                f"{path} has arrived and waits: {found['reason'] or 'it is not examined yet'}", "try again later", Exit.UNREACHABLE
            )
        time.sleep(0.3)

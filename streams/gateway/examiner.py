"""Files that are whole are examined: hash, scanner, kind, and what others get of them. Then they may be named in the room, or are refused.

Any gateway takes what waits, one file at a time. Decoding happens in a process of its own under limits (`streams.attachments`), so that
neither the event loop nor the centre's settings are in a hostile file's reach.
"""

import asyncio
import hashlib
import json
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path

import structlog

import streams
from streams.gateway.clamd import NoVerdict, scan
from streams.store.attachments import Attachments, Json, Looked
from streams.store.queries import StoreDown

IDLE_S = 5.0
FORGET_EVERY_S = 600.0
LOOK_S = 90.0
SCAN_AGAIN_S = 20.0
ATTEMPTS = 3
_ROOT = str(Path(streams.__file__).resolve().parent.parent)
log = structlog.get_logger()


class NotTaken(Exception):
    """The file is refused. `code` and `reason` are for its officer."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Examiner:
    """The one that works in this process. `scanner`: where clamd listens, None where there is none."""

    def __init__(self, attachments: Attachments, scanner: str | None) -> None:
        self._attachments, self._scanner = attachments, scanner
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A file has become whole."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled. What is begun and not finished waits in the database for the next that works."""
        loop = asyncio.get_running_loop()
        forgotten = float("-inf")
        while True:
            self._woken.clear()
            with suppress(StoreDown):
                while (row := await self._take()) is not None:
                    await self._examine(row)
                if loop.time() - forgotten > FORGET_EVERY_S:
                    await self._attachments.forget()
                    forgotten = loop.time()
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._woken.wait()

    async def _take(self) -> Json | None:
        """The next file. Ended meanwhile, it is given back."""
        taking = asyncio.ensure_future(self._attachments.take())
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            with suppress(StoreDown):
                if (row := await taking) is not None:
                    await self._give_back(row)
            raise

    async def _examine(self, row: Json) -> None:
        try:
            await self._settle(row)
        except asyncio.CancelledError:
            await self._give_back(row)
            raise

    async def _give_back(self, row: Json) -> None:
        """Nobody needs to wait until it is free by itself. What is settled already stays so."""
        with suppress(StoreDown):
            await self._attachments.put_off(row["upload"], 0, None, None)

    async def _settle(self, row: Json) -> None:
        upload = row["upload"]
        try:
            looked = await self._looked(row)
        except NotTaken as refused:
            log.info("attachment refused", code=refused.code, bytes=row["length"])
            await self._attachments.refuse(upload, refused.code, refused.reason)
        except NoVerdict as error:
            log.warning("attachment waits for the scanner", error=str(error))
            await self._attachments.put_off(
                upload, SCAN_AGAIN_S, "scan_waits", "the scanner does not answer: the file waits for its verdict"
            )
        except TimeoutError:
            log.warning("examining an attachment took too long", attempt=row["attempts"], bytes=row["length"])
            if row["attempts"] >= ATTEMPTS:
                await self._attachments.refuse(upload, "too_slow", "it takes too long to be examined: make it smaller")
        else:
            await self._attachments.settle(upload, looked)

    async def _looked(self, row: Json) -> Looked:
        """Raises NotTaken, NoVerdict, TimeoutError."""
        content = b"".join([piece async for piece in self._attachments.bytes_of(row["upload"], shown=False)])
        found = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        if found != row["sha256"]:
            raise NotTaken("other_content", f"what arrived is not what was announced (its SHA-256 is {found}): send it again")
        if self._scanner is not None and (name := await scan(self._scanner, content)) is not None:
            raise NotTaken("infected", f"the scanner found {name[:100]}: do not open it, and tell your own administrators")
        return await look(content, scanned=self._scanner is not None)


async def look(content: bytes, *, scanned: bool) -> Looked:
    """What is in a file, told by a process of its own. Raises NotTaken, and TimeoutError after `LOOK_S` seconds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streams.attachments",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        # None of the centre's settings: they name servers, keys and passwords.
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": _ROOT}, cwd="/",
    )  # fmt: skip
    try:
        async with asyncio.timeout(LOOK_S):
            said, _ = await process.communicate(content)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise NotTaken("damaged", "it could not be examined, it is damaged or made to do harm: send it again from where it was taken")
    (length,) = struct.unpack_from(">I", said)
    head = json.loads(said[4 : 4 + length])
    if "refused" in head:
        raise NotTaken(head["refused"], head["reason"])
    shown, thumbnail = said[4 + length :][: head["shown"]], said[4 + length + head["shown"] :]
    return Looked(
        head["media_type"],
        scanned,
        None if head["same"] else shown,
        head["width"],
        head["height"],
        thumbnail or None,
    )

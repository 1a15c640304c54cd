"""A scanner for files: ClamAV's daemon by its INSTREAM command (clamd(8)), over TCP or a Unix socket."""

import asyncio
import struct
from collections.abc import Iterator

SECONDS = 60.0
_PIECE = 64 * 1024


class NoVerdict(Exception):
    """The scanner does not answer, or answers that it cannot say."""


async def scan(address: str, content: bytes) -> str | None:
    """The name of what was found, None where nothing was. `address` is `host:port` or a socket's path. Raises NoVerdict."""
    try:
        async with asyncio.timeout(SECONDS):
            said = await _ask(address, content)
    except (OSError, TimeoutError, EOFError, ValueError) as error:
        raise NoVerdict(f"the scanner at {address} does not answer") from error
    verdict = said.rpartition(": ")[2]
    if verdict == "OK":
        return None
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    raise NoVerdict(f"the scanner at {address} gives no verdict: {verdict[:100]}")


async def _ask(address: str, content: bytes) -> str:
    if address.startswith("/"):
        reader, writer = await asyncio.open_unix_connection(address)
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"zINSTREAM\0")
        for piece in _pieces(content):
            writer.write(struct.pack(">I", len(piece)) + piece)
            await writer.drain()
        writer.write(struct.pack(">I", 0))
        await writer.drain()
        return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace")
    finally:
        writer.close()


def _pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + _PIECE] for start in range(0, len(content), _PIECE))

"""A scanner's verdict, asked of a daemon that speaks clamd's protocol."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from streams.gateway.clamd import NoVerdict, scan

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    content = b""
    while length := struct.unpack(">I", await reader.readexactly(4))[0]:
        content += await reader.readexactly(length)
    said = "Eicar-Test-Signature FOUND" if EICAR in content else "INSTREAM size limit exceeded. ERROR" if len(content) > 900_000 else "OK"
    writer.write(f"stream: {said}\0".encode())
    writer.close()


@asynccontextmanager
async def daemon() -> AsyncIterator[str]:
    """Its address."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_what_it_finds_has_a_name_and_what_it_cannot_say_is_no_verdict() -> None:
    async with daemon() as address:
        assert await scan(address, b"x" * 200_000) is None
        assert await scan(address, b"x" * 70_000 + EICAR) == "Eicar-Test-Signature"
        with pytest.raises(NoVerdict, match="size limit"):
            await scan(address, b"x" * 1_000_000)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense", "/nowhere/clamd.sock"])
async def test_a_scanner_that_is_away_gives_no_verdict(address: str, tmp_path: Path) -> None:
    with pytest.raises(NoVerdict, match="does not answer"):
        await scan(address, b"x")

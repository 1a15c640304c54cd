"""The database over TLS: what migrates, projects and asks does so to a server whose name is checked, and to no other."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from streams.local import doctor
from streams.store.migrations import migrate
from streams.store.queries import Store
from tests.broker.secured_kafka import Authority
from tests.conftest import MakeSettings


@asynccontextmanager
async def _tls_before(server: str, certificate: Path) -> AsyncIterator[int]:
    """A port that speaks PostgreSQL's TLS and hands on to a server that has none, as the embedded one."""
    address = urlsplit(server)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readexactly(8)  # SSLRequest
            writer.write(b"S")
            await writer.start_tls(context)
            behind, before = await asyncio.open_connection(address.hostname, address.port)
            await asyncio.gather(_pour(reader, before), _pour(behind, writer))
        writer.close()

    async with await asyncio.start_server(hand_on, "127.0.0.1") as listening:
        yield listening.sockets[0].getsockname()[1]


async def _pour(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            into.write(data)
            await into.drain()
    into.close()


async def test_a_server_is_believed_by_its_certificate_alone(
    postgres_url: str, space: str, tmp_path: Path, settings_for_tests: MakeSettings
) -> None:
    authority, other = Authority(tmp_path), Authority(tmp_path, "other")
    async with _tls_before(postgres_url, authority.server("postgres")) as port:
        address = urlsplit(postgres_url)
        plain = address._replace(netloc=f"{address.username}:{address.password}@127.0.0.1:{port}").geturl()
        url = f"{plain}?sslmode=verify-full&sslrootcert={authority.certificate}"
        await asyncio.to_thread(migrate, url, space)
        store = await Store.open(url, space)
        await store.ready()
        await store.close()
        async with await psycopg.AsyncConnection.connect(url) as connection:
            assert connection.pgconn.ssl_in_use
        found = await asyncio.to_thread(doctor.database, settings_for_tests(postgres=url, space=space))
        assert found.status == "ok"
        strange = f"{plain}?sslmode=verify-full&sslrootcert={other.certificate}"
        found = await asyncio.to_thread(doctor.database, settings_for_tests(postgres=strange, space=space))
        assert (found.status, "sslrootcert" in found.mend) == ("fail", True), found
        assert address.password is not None
        assert address.password not in found.found
    untold = settings_for_tests(postgres=f"{postgres_url}?sslmode=verify-full&sslrootcert={authority.certificate}", space=space)
    assert "SSL" in doctor.database(untold).found

"""Files of deliveries in PostgreSQL: uploads as they grow, originals, and what of them others get.

They are in no topic, so they live in a schema of their own that a rebuild leaves alone (decision 0811). What is acknowledged is committed
and on the disk: any gateway may take the next bytes. Who sees a file is who sees its delivery at that moment, by `streams.store.rooms`.
"""

# ruff: noqa: S608 - conditions are this package's own text; every value travels apart

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from schemas.identity import delivery_uuid
from streams.store.migrations import kept
from streams.store.queries import StoreDown
from streams.store.rooms import where_entered
from streams.store.visibility import Viewer

Json = dict[str, Any]
Connection = psycopg.AsyncConnection[Json]

UNFINISHED = "24 hours"
UNNAMED = "7 days"
"""A finished file that no act names is forgotten after this: an act may wait in an officer's queue."""
_PIECE = 256 * 1024
_WORK = "3 minutes"
_OWN = "upload = %(upload)s AND delivery_uuid = %(delivery)s AND agency = %(agency)s AND person = %(person)s"
_SHOWN = (
    "u.upload, u.agency, u.person, u.name, u.sha256, u.length, u.state, u.code, u.reason, u.media_type, u.width, u.height,"
    " u.shown_bytes, u.scanned, u.named, u.created, u.thumbnail IS NOT NULL AS thumbnail"
)


class OtherOffset(Exception):
    """The upload stands elsewhere: at `offset`. Nothing was taken."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the upload stands at {offset}")
        self.offset = offset


class OtherLength(Exception):
    """There is an upload of the same content that is longer or shorter: one of the two is mistaken."""


class TooMuch(Exception):
    """An officer's bound is reached: `bound` is `open` or `day`."""

    def __init__(self, bound: str) -> None:
        super().__init__(bound)
        self.bound = bound


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as its officer sees it grow. `state`: open, received (whole, not examined), ready, refused."""

    upload: UUID
    length: int
    received: int
    expires: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one officer: uploads that are open at once, and bytes begun within a day."""

    open: int
    day_bytes: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in a file. `shown` None: others get the original's bytes. `scanned`: whether a scanner found nothing in it."""

    media_type: str
    scanned: bool
    shown: bytes | None = None
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


class Attachments:
    """Files of one space. Every method raises StoreDown; an upload's own methods are its officer's, None where there is none of theirs."""

    def __init__(self, url: str | None, space: str) -> None:
        self._url, self._space = url, space
        self._pool: AsyncConnectionPool[Connection] | None = None

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            await self._pool.close()

    async def begin(self, officer: Viewer, delivery: str, *, sha256: str, length: int, name: str | None, bounds: Bounds) -> Upload:
        """A new upload, or the one of the same officer, delivery and content that there is. Raises TooMuch, OtherLength."""
        own = _of(officer, delivery) | {"sha256": sha256, "length": length, "name": name, "upload": uuid4()}
        async with self._connection() as connection, connection.transaction():
            # One officer's calls take turns, through whichever gateway they come.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(agency)s || '/' || %(person)s, 811))", own)
            found = await connection.execute(
                "SELECT upload, length, received, expires, state FROM uploads WHERE delivery_uuid = %(delivery)s AND agency = %(agency)s"
                " AND person = %(person)s AND sha256 = %(sha256)s AND state <> 'refused'"
                " AND (state <> 'open' OR expires > now())",
                own,
            )
            if (row := await found.fetchone()) is not None:
                if row["length"] != length:
                    raise OtherLength
                return Upload(**row)
            found = await connection.execute(
                "SELECT count(*) FILTER (WHERE state = 'open' AND expires > now()) AS open,"
                " coalesce(sum(length) FILTER (WHERE created > now() - interval '1 day'), 0) AS day"
                " FROM uploads WHERE agency = %(agency)s AND person = %(person)s",
                own,
            )
            used = await found.fetchone() or {"open": 0, "day": 0}
            if used["open"] >= bounds.open:
                raise TooMuch("open")
            if used["day"] + length > bounds.day_bytes:
                raise TooMuch("day")
            await connection.execute(
                "DELETE FROM uploads WHERE delivery_uuid = %(delivery)s AND agency = %(agency)s AND person = %(person)s"
                " AND sha256 = %(sha256)s AND state = 'open'",
                own,
            )
            made = await connection.execute(
                "INSERT INTO uploads (upload, delivery_uuid, agency, person, name, sha256, length, expires) VALUES (%(upload)s,"
                f" %(delivery)s, %(agency)s, %(person)s, %(name)s, %(sha256)s, %(length)s, now() + interval '{UNFINISHED}')"
                " RETURNING upload, length, received, expires, state",
                own,
            )
            return Upload(**(await made.fetchone() or {}))

    async def upload(self, officer: Viewer, delivery: str, upload: UUID) -> Upload | None:
        """How far it has come."""
        async with self._connection() as connection:
            found = await connection.execute(
                f"SELECT upload, length, received, expires, state FROM uploads WHERE {_OWN} AND (state <> 'open' OR expires > now())",
                _of(officer, delivery, upload),
            )
            row = await found.fetchone()
        return Upload(**row) if row is not None else None

    async def append(self, officer: Viewer, delivery: str, upload: UUID, offset: int, piece: bytes) -> int | None:
        """Take the bytes from `offset` on; the offset after them. Once it returns they are on the disk. Raises OtherOffset."""
        own = _of(officer, delivery, upload) | {"offset": offset, "size": len(piece), "after": offset + len(piece)}
        async with self._connection() as connection, connection.transaction():
            moved = await connection.execute(
                f"UPDATE uploads SET received = %(after)s, expires = now() + interval '{UNFINISHED}',"
                " state = CASE WHEN %(after)s = length THEN 'received' ELSE 'open' END,"
                " examine_at = CASE WHEN %(after)s = length THEN now() END"
                f" WHERE {_OWN} AND state = 'open' AND expires > now() AND received = %(offset)s AND %(after)s <= length"
                " RETURNING received",
                own,
            )
            if await moved.fetchone() is None:
                found = await connection.execute(f"SELECT received FROM uploads WHERE {_OWN}", own)
                row = await found.fetchone()
                if row is None:
                    return None
                raise OtherOffset(row["received"])
            await _keep(connection, upload, piece, shown=False, at=offset)
        return offset + len(piece)

    async def end(self, officer: Viewer, delivery: str, upload: UUID) -> bool | None:
        """Forget it with its bytes; False where an act names it already."""
        async with self._connection() as connection:
            found = await connection.execute(f"DELETE FROM uploads WHERE {_OWN} AND NOT named", _of(officer, delivery, upload))
            if found.rowcount:
                return True
            found = await connection.execute(f"SELECT 1 FROM uploads WHERE {_OWN}", _of(officer, delivery, upload))
            return False if await found.fetchone() is not None else None

    async def one(self, viewer: Viewer, delivery: str, upload: UUID) -> Json | None:
        """One file that the viewer may see now: their own, or one that an act in the room has named. None: missing and forbidden alike."""
        clause, seen = where_entered(viewer)
        async with self._connection() as connection:
            found = await connection.execute(
                f"SELECT {_SHOWN} FROM uploads u JOIN deliveries d USING (delivery_uuid)"
                f" WHERE u.upload = %(upload)s AND u.delivery_uuid = %(delivery)s AND {clause}",
                seen | _of(viewer, delivery, upload),
            )
            row = await found.fetchone()
            if row is None or row["named"] or (row["agency"], row["person"]) == (viewer.agency, viewer.person):
                return row
            # An act may have named it through a gateway that ended before it could note so: the timeline knows.
            if not await _told(connection, delivery, upload):
                return None
            await connection.execute("UPDATE uploads SET named = TRUE WHERE upload = %(upload)s", {"upload": upload})
            return row | {"named": True}

    async def usable(self, viewer: Viewer, delivery: str, uploads: Iterable[UUID]) -> list[Json]:
        """Of these files those that the viewer's act may name: their own, and what the room sees already. They stay a day longer."""
        clause, seen = where_entered(viewer)
        async with self._connection() as connection:
            found = await connection.execute(
                "UPDATE uploads u SET expires = greatest(u.expires, now() + interval '1 day')"
                " WHERE u.upload = ANY(%(uploads)s) AND u.delivery_uuid = %(delivery)s AND u.state = 'ready'"
                " AND ((u.agency = %(agency)s AND u.person = %(person)s)"
                f" OR (u.named AND EXISTS (SELECT 1 FROM deliveries d WHERE d.delivery_uuid = u.delivery_uuid AND {clause})))"
                " RETURNING u.upload, u.sha256, u.media_type, u.length, u.named",
                seen | _of(viewer, delivery) | {"uploads": list(uploads)},
            )
            return await found.fetchall()

    async def thumbnail(self, upload: UUID) -> bytes | None:
        """The small picture of a file that was looked up before."""
        async with self._connection() as connection:
            found = await connection.execute("SELECT thumbnail FROM uploads WHERE upload = %(upload)s", {"upload": upload}, binary=True)
            row = await found.fetchone()
        return row["thumbnail"] if row is not None else None

    async def bytes_of(self, upload: UUID, *, shown: bool, start: int = 0) -> AsyncIterator[bytes]:
        """The bytes from `start` on, piece by piece; no connection is held between two pieces."""
        while True:
            async with self._connection() as connection:
                found = await connection.execute(
                    "SELECT start, bytes FROM upload_bytes WHERE upload = %(upload)s AND shown = %(shown)s AND start <= %(from)s"
                    " ORDER BY start DESC LIMIT 1",
                    {"upload": upload, "shown": shown, "from": start},
                    binary=True,
                )
                row = await found.fetchone()
            piece = b"" if row is None else row["bytes"][start - row["start"] :]
            if not piece:
                return
            yield piece
            start += len(piece)

    async def has_asked(self, agency: str, delivery: str, upload: UUID) -> bool:
        """Whether an act of this agency asks for the original, in the timeline for all in the room to read."""
        async with self._connection() as connection:
            found = await connection.execute(
                "SELECT 1 FROM originals_asked WHERE upload = %(upload)s AND agency = %(agency)s", {"upload": upload, "agency": agency}
            )
            if await found.fetchone() is not None:
                return True
            asked = [event for event in await _events(connection, delivery, upload) if str(upload) in event["what"].get("originals", ())]
            return any((event.get("by") or {}).get("agency") == agency for event in asked)

    async def note(self, agency: str, delivery: str, named: Iterable[UUID], asked: Iterable[UUID]) -> None:
        """An act was applied that names these files, or asks for these originals."""
        of = {"agency": agency, "delivery": delivery_uuid(delivery), "named": list(named), "asked": list(asked)}
        async with self._connection() as connection:
            await connection.execute("UPDATE uploads SET named = TRUE WHERE delivery_uuid = %(delivery)s AND upload = ANY(%(named)s)", of)
            await connection.execute(
                "INSERT INTO originals_asked (upload, agency) SELECT upload, %(agency)s FROM uploads"
                " WHERE delivery_uuid = %(delivery)s AND upload = ANY(%(asked)s) ON CONFLICT DO NOTHING",
                of,
            )

    async def take(self) -> Json | None:
        """One file that is whole and waits to be examined; for a few minutes it is nobody else's. `attempts` counts this one."""
        async with self._connection() as connection:
            found = await connection.execute(
                f"UPDATE uploads SET examine_at = now() + interval '{_WORK}', attempts = attempts + 1 WHERE upload ="
                " (SELECT upload FROM uploads WHERE state = 'received' AND examine_at <= now() ORDER BY examine_at"
                " FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING upload, sha256, length, attempts"
            )
            return await found.fetchone()

    async def settle(self, upload: UUID, looked: Looked) -> None:
        """It was examined: others may get it once an act names it."""
        said = {
            "upload": upload,
            "media_type": looked.media_type,
            "scanned": looked.scanned,
            "width": looked.width,
            "height": looked.height,
            "thumbnail": looked.thumbnail,
            "shown_bytes": len(looked.shown) if looked.shown is not None else None,
        }
        async with self._connection() as connection, connection.transaction():
            moved = await connection.execute(
                "UPDATE uploads SET state = 'ready', code = NULL, reason = NULL, media_type = %(media_type)s, scanned = %(scanned)s,"
                " width = %(width)s, height = %(height)s, thumbnail = %(thumbnail)s, shown_bytes = %(shown_bytes)s,"
                f" expires = now() + interval '{UNNAMED}' WHERE upload = %(upload)s AND state = 'received'",
                said,
            )
            if moved.rowcount and looked.shown is not None:
                for start in range(0, len(looked.shown), _PIECE):
                    await _keep(connection, upload, looked.shown[start : start + _PIECE], shown=True, at=start)

    async def refuse(self, upload: UUID, code: str, reason: str) -> None:
        """It is not taken: the bytes go, the reason stays for a day."""
        said = {"upload": upload, "code": code, "reason": reason}
        async with self._connection() as connection, connection.transaction():
            await connection.execute(
                "UPDATE uploads SET state = 'refused', code = %(code)s, reason = %(reason)s,"
                f" expires = now() + interval '{UNFINISHED}' WHERE upload = %(upload)s AND state = 'received'",
                said,
            )
            await connection.execute("DELETE FROM upload_bytes WHERE upload = %(upload)s", said)

    async def put_off(self, upload: UUID, seconds: float, code: str | None, reason: str | None) -> None:
        """It waits, for this reason if there is one; it is taken up again after so long, and waiting is no attempt."""
        async with self._connection() as connection:
            await connection.execute(
                "UPDATE uploads SET examine_at = now() + make_interval(secs => %(seconds)s), attempts = greatest(attempts - 1, 0),"
                " code = %(code)s, reason = %(reason)s WHERE upload = %(upload)s AND state = 'received'",
                {"upload": upload, "seconds": seconds, "code": code, "reason": reason},
            )

    async def forget(self) -> int:
        """Remove what has expired, and files of deliveries whose time of keeping is over; how many."""
        async with self._connection() as connection:
            found = await connection.execute(
                "SELECT upload, delivery_uuid FROM uploads WHERE expires <= now() AND NOT named AND state <> 'received'"
            )
            gone = 0
            for row in await found.fetchall():
                if await _told(connection, row["delivery_uuid"], row["upload"]):
                    await connection.execute("UPDATE uploads SET named = TRUE WHERE upload = %(upload)s", row)
                else:
                    gone += (await connection.execute("DELETE FROM uploads WHERE upload = %(upload)s AND expires <= now()", row)).rowcount
            kept_until = await connection.execute(
                "DELETE FROM uploads u USING deliveries d WHERE d.delivery_uuid = u.delivery_uuid AND NOT d.open"
                " AND (d.body->'outcome'->>'retain_until')::timestamptz <= now()"
            )
            return gone + kept_until.rowcount

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        if self._url is None:
            raise StoreDown("no database is set")
        if self._pool is None:
            path = f'"{self._space}","{kept(self._space)}",public'
            options = f"-c search_path={path} -c statement_timeout=10000 -c synchronous_commit=on -c jit=off"
            self._pool = AsyncConnectionPool(
                self._url,
                connection_class=psycopg.AsyncConnection[Json],
                kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": None, "options": options, "connect_timeout": 5},
                check=AsyncConnectionPool.check_connection,
                min_size=0,
                max_size=6,
                timeout=5,
                reconnect_timeout=30,
                open=False,
            )
            await self._pool.open(wait=False)
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise StoreDown(f"the database has no tables for attachments of space {self._space}: run `ric up`, or migrate it") from error
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed) as error:
            raise StoreDown("the database does not answer") from error


def _of(viewer: Viewer, delivery: str, upload: UUID | None = None) -> Json:
    return {"delivery": delivery_uuid(delivery), "agency": viewer.agency, "person": viewer.person, "upload": upload}


async def _keep(connection: Connection, upload: UUID, piece: bytes, *, shown: bool, at: int) -> None:
    await connection.execute(
        "INSERT INTO upload_bytes (upload, shown, start, bytes) VALUES (%(upload)s, %(shown)s, %(start)s, %(bytes)s)",
        {"upload": upload, "shown": shown, "start": at, "bytes": piece},
        binary=True,
    )


async def _events(connection: Connection, delivery: str | UUID, upload: UUID) -> list[Json]:
    """Events of the room in which the file's id stands."""
    of = delivery_uuid(delivery) if isinstance(delivery, str) else delivery
    found = await connection.execute(
        "SELECT body FROM delivery_events WHERE delivery_uuid = %(delivery)s AND NOT restricted"
        " AND body->>'kind' IN ('message', 'evidence') AND position(%(upload)s in body::text) > 0",
        {"delivery": of, "upload": str(upload)},
    )
    return [row["body"] for row in await found.fetchall()]


async def _told(connection: Connection, delivery: str | UUID, upload: UUID) -> bool:
    return any(str(upload) in named(event["what"]) for event in await _events(connection, delivery, upload))


def named(what: Mapping[str, Any]) -> list[str]:
    """Ids of the files that an event of the room names."""
    return [one["id"] for one in (*what.get("attachments", ()), *what.get("said", {}).get("attachments", ()))]

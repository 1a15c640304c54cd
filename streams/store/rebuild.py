"""The store made again from its topics: in tables beside the present ones, which then take their place.

Readers see the old tables until the last moment and no gap. A projector may go on working: it finds the offsets changed and begins again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from streams.database import database_url
from streams.settings import Settings
from streams.store.migrations import migrate, migrate_derived
from streams.store.reading import MAX_RECORDS, consumer, keep_offsets, offsets, project
from streams.store.retention import forget
from streams.store.tables import DERIVED
from streams.store.writing import Connection, prepare


@dataclass(frozen=True, slots=True)
class Step:
    """Where a rebuild is: what is done now, and how many records of how many (0 of 0 where nothing is counted)."""

    what: str
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        return f"{self.what}: {self.done} of {self.total}" if self.total else self.what


class RebuildRuns(RuntimeError):
    """Another rebuild of the same space is at work."""


OnStep = Callable[[Step], None]


def rebuild(settings: Settings, on_step: OnStep = lambda step: None) -> int:
    """Make the tables of the space again; the number of records read.

    What only the database knows (answers to idempotency keys) is carried over. Raises UnsafeDatabaseConnection, RebuildRuns,
    `reading.TopicsMissing`, `reading.Unprojectable`, psycopg's and aiokafka's errors; the present tables then stay as they are.
    """
    url = database_url(settings)
    beside = f"{settings.space}_rebuild"  # a space's name has no underscore
    on_step(Step("new tables"))
    migrate(url, settings.space)
    with psycopg.connect(url, autocommit=True) as connection:
        taken = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (f"ric rebuild {settings.space}",)).fetchone()
        if taken is None or not taken[0]:
            raise RebuildRuns(f"another rebuild of {settings.space} is at work: wait for it")
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(beside)))
        migrate_derived(url, beside)
        return asyncio.run(_fill_and_swap(settings, url, beside, on_step))


async def canonical_dump(connection: Connection, space: str) -> AsyncIterator[str]:
    """Every row that the topics determine, one JSON line each, in an order that depends on nothing but the rows.

    Two stores projected from the same topics give the same lines. Line: `["table", {column: value}]`.
    """
    for table in DERIVED:
        key = ", ".join(column.name for column in table.primary_key)
        async with connection.cursor() as cursor:
            query = f'SELECT json_build_array(%s::text, row_to_json(t))::text FROM "{space}".{table.name} t ORDER BY {key}'  # noqa: S608
            async for (line,) in cursor.stream(query, (table.name,)):
                yield line


async def _fill_and_swap(settings: Settings, url: str, beside: str, on_step: OnStep) -> int:
    options = f'-c search_path="{beside}",public -c synchronous_commit=off -c maintenance_work_mem=256MB -c jit=off'
    connection = await psycopg.AsyncConnection[tuple[Any, ...]].connect(url, options=options, prepare_threshold=None)
    async with connection:
        indexes = await drop_indexes(connection, beside)
        await prepare(connection)
        await connection.commit()
        done = await _fill(connection, settings, on_step)
        for number, definition in enumerate(indexes):
            on_step(Step("indexes", number, len(indexes)))
            await connection.execute(definition)
            await connection.commit()
        on_step(Step("statistics"))
        for table in DERIVED:
            await connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))
        await connection.commit()
        # What arrived meanwhile, so that readers do not fall back in time.
        done += await _fill(connection, settings, on_step)
        await forget(connection)
        await connection.commit()
        on_step(Step("new tables for old"))
        await _swap(connection, settings.space, beside)
    on_step(Step("done", done, done))
    return done


async def drop_indexes(connection: Connection, schema: str) -> list[sql.SQL]:
    """Drop every index but the keys; the statements that make them again."""
    found = await connection.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i LEFT JOIN pg_constraint c ON c.conname = i.indexname"
        " AND c.connamespace = i.schemaname::regnamespace WHERE i.schemaname = %s AND c.oid IS NULL ORDER BY i.indexname",
        (schema,),
    )
    indexes = await found.fetchall()
    for name, _ in indexes:
        await connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(schema, name)))
    return [sql.SQL(definition) for _, definition in indexes]


async def _fill(connection: Connection, settings: Settings, on_step: OnStep) -> int:
    """Project up to the ends that the topics have now; how many records that were."""
    async with consumer(settings, await offsets(connection)) as (reader, starts):
        ends = await reader.end_offsets(list(starts))
        await keep_offsets(connection, starts)
        await connection.commit()
        # Offsets of transaction markers count in the total and are never records: what is left at the end is jumped over.
        total = sum(ends[partition] - at.next for partition, at in starts.items())
        done, told = 0, time.monotonic()
        while any([await reader.position(partition) < end for partition, end in ends.items()]):
            batch = await reader.getmany(timeout_ms=250, max_records=MAX_RECORDS)
            if batch:
                await project(connection, batch, starts, settings.space)
                done += sum(map(len, batch.values()))
            if time.monotonic() - told > 0.5:
                on_step(Step("records", done, total))
                told = time.monotonic()
        on_step(Step("records", done, done))
    return done


async def _swap(connection: Connection, space: str, beside: str) -> None:
    old = f"{space}_old"
    names = {"live": sql.Identifier(space), "beside": sql.Identifier(beside), "old": sql.Identifier(old)}
    async with connection.transaction():
        await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {old} CASCADE").format(**names))
        # A projector holds this through each of its transactions: none may begin in the old tables and end in the new.
        await connection.execute(sql.SQL("LOCK TABLE {live}.projector_offsets IN SHARE ROW EXCLUSIVE MODE").format(**names))
        await connection.execute(sql.SQL("LOCK TABLE {live}.idempotency IN SHARE ROW EXCLUSIVE MODE").format(**names))
        await connection.execute(sql.SQL("INSERT INTO {beside}.idempotency SELECT * FROM {live}.idempotency").format(**names))
        await connection.execute(sql.SQL("ALTER SCHEMA {live} RENAME TO {old}").format(**names))
        await connection.execute(sql.SQL("ALTER SCHEMA {beside} RENAME TO {live}").format(**names))
    await connection.execute(sql.SQL("DROP SCHEMA {old} CASCADE").format(**names))
    await connection.commit()

"""Rows into tables: COPY into temporary tables, then one upsert a table, so that a batch of one and of thousands take the same way."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from psycopg import AsyncConnection, sql

from streams.store import rows
from streams.store.folding import words
from streams.store.tables import metadata

Connection = AsyncConnection[tuple[Any, ...]]

TABLES: Mapping[type[rows.Row], str] = {
    rows.Reports: "reports",
    rows.Revisions: "revisions",
    rows.ReportSubstances: "report_substances",
    rows.ReportIdentifiers: "report_identifiers",
    rows.Receipts: "receipts",
    rows.Rejected: "rejected",
    rows.Incidents: "incidents",
    rows.Deliveries: "deliveries",
    rows.DeliveryForms: "delivery_forms",
    rows.DeliveryEvents: "delivery_events",
    rows.Conflicts: "conflicts",
    rows.Duty: "duty",
    rows.DirectoryEntries: "directory",
    rows.DirectoryChanges: "directory_changes",
}
_NEWER: Mapping[str, str] = {
    "reports": "version", "revisions": "version", "incidents": "version", "receipts": "at", "rejected": "at",
    "deliveries": "version", "delivery_forms": "version", "delivery_events": "received",
    "conflicts": "version", "duty": "number", "directory": "number", "directory_changes": "number",
}  # fmt: skip
"""What must not be smaller for a row to replace the one that stands."""
_PARTS = ("report_substances", "report_identifiers")
"""Rows that belong to the standing version of their report and come and go with it."""


async def prepare(connection: Connection) -> None:
    """Make the temporary tables of this session. Call it once, with search_path set to the space."""
    for table in TABLES.values():
        # Of two rows alike in what must not be smaller the later one stands, in one batch as over two.
        arrived = sql.SQL("" if table in _PARTS else ", arrived bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000)")
        await connection.execute(
            sql.SQL("CREATE TEMP TABLE {} (LIKE {}{}) ON COMMIT DELETE ROWS").format(_incoming(table), sql.Identifier(table), arrived)
        )


async def write(connection: Connection, batch: Iterable[rows.Row]) -> None:
    """Upsert the rows, inside the caller's transaction. Any order and any repetition of them ends in the same tables.

    Rows of one key and version that differ are the exception: the one that arrives last stands, however they are cut into batches.
    """
    by_table: dict[str, list[rows.Row]] = {}
    for row in batch:
        by_table.setdefault(TABLES[type(row)], []).append(row)
    # From every standing text, also one that another of the batch replaces, so that the words do not depend on how records were batched.
    texts = (row.search_text for row in by_table.get("reports", ()) if isinstance(row, rows.Reports))
    known = set[str]().union(*map(words, texts))
    async with connection.cursor() as cursor:
        for table, incoming in by_table.items():
            async with cursor.copy(_copy(table, incoming[0]._fields)) as copy:
                for row in incoming:
                    await copy.write_row(row)
        for table in by_table:
            if table not in _PARTS:
                await cursor.execute(_upsert(table))
        await cursor.execute("INSERT INTO search_words SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (sorted(known),))
        if "reports" in by_table:
            for table in _PARTS:
                for statement in _replace_parts(table):
                    await cursor.execute(statement)


@cache
def _copy(table: str, fields: tuple[str, ...]) -> bytes:
    columns = sql.SQL(", ").join(map(sql.Identifier, fields))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(_incoming(table), columns).as_bytes()


@cache
def _replace_parts(table: str) -> tuple[bytes, bytes]:
    names = {"part": sql.Identifier(table), "incoming": _incoming(table), "reports": _incoming("reports")}
    gone = sql.SQL(
        "DELETE FROM {part} p USING reports r WHERE r.report_uuid = p.report_uuid AND r.version <> p.version"
        " AND p.report_uuid IN (SELECT report_uuid FROM {reports})"
    )
    come = sql.SQL(
        "INSERT INTO {part} SELECT i.* FROM {incoming} i JOIN reports r ON r.report_uuid = i.report_uuid AND r.version = i.version"
        " ON CONFLICT DO NOTHING"
    )
    return gone.format(**names).as_bytes(), come.format(**names).as_bytes()


@cache
def _upsert(table: str) -> bytes:
    columns = metadata.tables[table].columns.keys()
    key = [column.name for column in metadata.tables[table].primary_key]
    names = {
        "table": sql.Identifier(table),
        "incoming": _incoming(table),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
        "key": sql.SQL(", ").join(map(sql.Identifier, key)),
    }
    return (
        sql.SQL(
            "INSERT INTO {table} AS s ({columns}) SELECT DISTINCT ON ({key}) {columns} FROM {incoming}"
            " ORDER BY {key}, {newer} DESC, arrived DESC"
            " ON CONFLICT ({key}) DO UPDATE SET ({columns}) = ROW ({values}) WHERE excluded.{newer} >= s.{newer}"
        )
        .format(
            newer=sql.Identifier(_NEWER[table]),
            values=sql.SQL(", ").join(sql.SQL("excluded.{}").format(sql.Identifier(column)) for column in columns),
            **names,
        )
        .as_bytes()
    )


def _incoming(table: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"incoming_{table}")

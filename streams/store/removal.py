"""What was decided about terms of keeping, and what was removed: kept in `{space}_kept`, so that a rebuild brings nothing back.

A removal is a row that stays (who, when, why) and rows that are gone. Whatever is projected from the topics later, by the projector or a
rebuild, passes `let_in`: of a report all that came before its removal stays out, of a delivery everything.
"""

# ruff: noqa: S608 - names are this package's own; every value travels apart

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from schemas.identity import delivery_uuid, report_uuid
from streams.store import rows
from streams.store.folding import like, words
from streams.store.migrations import kept
from streams.store.rows import Row
from streams.store.writing import Connection

Removed = Mapping[UUID, datetime]
"""By the UUID of a report or delivery, when it was removed last."""


def let_in(incoming: Iterable[Row], removed: Removed) -> Iterator[Row]:
    """The rows but those of what was removed. A revision that came after its report's removal is news, and is let in."""
    for row in incoming:
        if not any(one in removed and not _is_news(row, removed[one]) for one in subjects(row)):
            yield row


def subjects(row: Row) -> tuple[UUID, ...]:
    """The reports and deliveries that a row tells of. What is known of a report by its substances and numbers goes and comes with it."""
    match row:
        case rows.Reports() | rows.Revisions():
            return (UUID(row.report_uuid),)
        case rows.Incidents():
            return UUID(row.first), UUID(row.second)
        case rows.Deliveries() | rows.DeliveryForms() | rows.DeliveryEvents():
            return (row.delivery_uuid,)
        case rows.Conflicts():
            return row.first, row.second
        case rows.Duty():
            about = orjson.loads(row.body).get("about") or {}
            named = ((delivery_uuid, "delivery"), (report_uuid, "report"))
            return tuple(uuid_of(about[name]) for uuid_of, name in named if about.get(name))
    return ()


def _is_news(row: Row, removed_at: datetime) -> bool:
    match row:
        case rows.Reports() | rows.Revisions():
            return datetime.fromisoformat(row.received) > removed_at
        case rows.Incidents():
            return datetime.fromisoformat(row.at) > removed_at
        case rows.Duty():
            told = orjson.loads(row.body)
            return bool(told["about"].get("report")) and datetime.fromisoformat(told["at"]) > removed_at
    return False


async def among(connection: Connection, space: str, asked: Iterable[UUID]) -> Removed:
    """Those that were removed."""
    found = await connection.execute(
        f"SELECT subject, max(at) FROM \"{kept(space)}\".retention_decisions WHERE act = 'remove' AND subject = ANY(%s) GROUP BY subject",
        (list(asked),),
    )
    return dict(await found.fetchall())


async def remove_report(connection: Connection, space: str, report: str) -> None:
    """Delete what the tables of the space have of a report, the words that no other text has among it. In the caller's transaction."""
    path = f'"{space}"'
    one = {"report": report_uuid(report), "name": report}
    found = await connection.execute(
        f"DELETE FROM {path}.revisions WHERE report_uuid = %(report)s RETURNING report::text, enrichment::text", one
    )
    named: set[str] = set()
    for body, enrichment in await found.fetchall():
        named |= words(rows.search_text(_loaded(body) or {}, _loaded(enrichment) or {}))
    for table in ("reports", "report_substances", "report_identifiers"):
        await connection.execute(f"DELETE FROM {path}.{table} WHERE report_uuid = %(report)s", one)
    await connection.execute(f"DELETE FROM {path}.incidents WHERE %(report)s IN (first, second)", one)
    await connection.execute(f"DELETE FROM {path}.duty WHERE body->'about'->>'report' = %(name)s", one)
    await connection.execute(
        f"DELETE FROM {path}.search_words w USING unnest(%(words)s::text[], %(patterns)s::text[]) AS gone (word, pattern)"
        f" WHERE w.word = gone.word AND NOT EXISTS (SELECT 1 FROM {path}.reports r WHERE r.search_text LIKE gone.pattern)",
        {"words": sorted(named), "patterns": [like(word) for word in sorted(named)]},
    )


async def remove_delivery(connection: Connection, space: str, delivery: str) -> None:
    """Delete what the tables of the space have of a delivery, and its attachments. In the caller's transaction."""
    path = f'"{space}"'
    one = {"delivery": delivery_uuid(delivery), "name": delivery}
    for table in (f"{path}.deliveries", f"{path}.delivery_forms", f"{path}.delivery_events", f'"{kept(space)}".uploads'):
        await connection.execute(f"DELETE FROM {table} WHERE delivery_uuid = %(delivery)s", one)
    await connection.execute(f"DELETE FROM {path}.conflicts WHERE %(delivery)s IN (first, second)", one)
    await connection.execute(f"DELETE FROM {path}.duty WHERE body->'about'->>'delivery' = %(name)s", one)


def _loaded(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)

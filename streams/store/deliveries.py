"""What the gateway asks of the store about controlled deliveries. Every read applies `streams.store.rooms`."""

# ruff: noqa: S608 - conditions are this package's own text; every value travels apart

from datetime import UTC, datetime
from typing import Any

import psycopg

from schemas.deliveries import GUARD_CHAIN
from schemas.identity import delivery_uuid
from streams.store.migrations import kept
from streams.store.paging import Page, Place, cut, read_cursor
from streams.store.rooms import hears, snapshot_for, where_entered
from streams.store.visibility import Viewer

Json = dict[str, Any]
Connection = psycopg.AsyncConnection[Json]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEARD = "(e.audience IS NULL OR e.audience && %(hears)s::text[])"


async def listed(connection: Connection, viewer: Viewer, *, is_open: bool | None, after: str | None, limit: int) -> Page:
    """Snapshots that the viewer may see, as they see them; first the one with the newest event that they may see. Raises BadCursor."""
    place = read_cursor(after)
    clause, seen = where_entered(viewer)
    found = await connection.execute(
        "SELECT * FROM (SELECT d.delivery_uuid, d.body, coalesce(greatest((SELECT e.received FROM delivery_events e"
        " WHERE e.delivery_uuid = d.delivery_uuid AND NOT e.restricted ORDER BY e.number DESC LIMIT 1),"
        " (SELECT max(e.received) FROM delivery_events e WHERE e.delivery_uuid = d.delivery_uuid AND e.restricted"
        f" AND e.audience && %(hears)s::text[])), %(epoch)s) AS changed FROM deliveries d WHERE {clause}"
        + (" AND d.open = %(open)s" if is_open is not None else "")
        + ") d"
        + (" WHERE (changed, delivery_uuid) < (%(place_at)s, %(place_id)s)" if place is not None else "")
        + " ORDER BY changed DESC, delivery_uuid DESC LIMIT %(limit)s",
        seen
        | {"hears": hears(viewer), "open": is_open, "epoch": _EPOCH, "limit": limit + 1}
        | {"place_at": place and place.at, "place_id": place and place.id},
    )
    kept, following = cut(await found.fetchall(), limit, lambda row: Place(row["changed"], row["delivery_uuid"]))
    return Page([snapshot_for(viewer, row["body"]) for row in kept], following)


async def one(connection: Connection, viewer: Viewer, delivery: str) -> tuple[Json, Json | None] | None:
    """The snapshot as recorded and the form, or None: missing and forbidden are the same. What is shown of it `rooms.snapshot_for` says."""
    clause, seen = where_entered(viewer)
    found = await connection.execute(
        "SELECT d.body, f.body AS form FROM deliveries d LEFT JOIN delivery_forms f USING (delivery_uuid)"
        f" WHERE d.delivery_uuid = %(delivery)s AND {clause}",
        seen | {"delivery": delivery_uuid(delivery)},
    )
    row = await found.fetchone()
    return (row["body"], row["form"]) if row is not None else None


async def closing(connection: Connection, space: str, delivery: str) -> tuple[datetime | None, datetime | None]:
    """When the delivery was closed, and when it was last decided to keep it: what its term is counted from."""
    found = await connection.execute(
        "SELECT (SELECT max(received) FROM delivery_events WHERE delivery_uuid = %(delivery)s AND body->>'kind' = 'closed') AS closed,"
        f" (SELECT max(at) FROM \"{kept(space)}\".retention_decisions WHERE subject = %(delivery)s AND act = 'keep') AS kept_on",
        {"delivery": delivery_uuid(delivery)},
    )
    row = await found.fetchone() or {}
    return row.get("closed"), row.get("kept_on")


async def timeline(connection: Connection, viewer: Viewer, delivery: str, after: int, limit: int) -> list[Json] | None:
    """Events that the viewer may see, oldest first, from the one after place `after`; None where the delivery is not theirs to see.

    `seq` is an event's place among these events. In the order of their chains; of two chains by the time of receipt.
    """
    clause, seen = where_entered(viewer)
    parameters = seen | {"delivery": delivery_uuid(delivery), "hears": hears(viewer), "after": after, "limit": limit}
    # Of one chain the order is that of its numbers, even where the broker's clock was set back.
    found = await connection.execute(
        "WITH entered AS (SELECT d.delivery_uuid FROM deliveries d WHERE d.delivery_uuid = %(delivery)s AND " + clause + "),"
        " heard AS (SELECT e.delivery_uuid, e.restricted, e.number,"
        f" max(e.received) OVER (PARTITION BY e.restricted, e.number > {GUARD_CHAIN} ORDER BY e.number) AS received"
        f" FROM delivery_events e JOIN entered USING (delivery_uuid) WHERE {_HEARD}),"
        " placed AS (SELECT delivery_uuid, restricted, number,"
        " row_number() OVER (ORDER BY received, restricted, number) AS seq FROM heard),"
        " paged AS (SELECT * FROM placed WHERE seq > %(after)s ORDER BY seq LIMIT %(limit)s)"
        " SELECT p.seq, e.body FROM entered LEFT JOIN (paged p JOIN delivery_events e USING (delivery_uuid, restricted, number))"
        " USING (delivery_uuid) ORDER BY p.seq",
        parameters,
    )
    rows = await found.fetchall()
    if not rows:
        return None
    return [{**row["body"], "seq": row["seq"]} for row in rows if row["seq"] is not None]

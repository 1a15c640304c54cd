"""What the gateway asks of the store. Who may see what is applied to every read, with the clock of that moment."""

# ruff: noqa: S608 - conditions are this package's own text; every value travels apart

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from schemas.directory import DirectoryEntry
from streams.store import conflicts, deliveries, directory, duty, searching
from streams.store import search as asking
from streams.store.counters import WINDOWS, Window, counters
from streams.store.paging import Page, Place, cut, read_cursor
from streams.store.search import BBox, Search
from streams.store.visibility import (
    LINKABLE,
    MATCH_MODE,
    Viewer,
    ask_first,
    facts,
    may_list_holds,
    may_release,
    may_see,
    may_see_incidents,
    may_see_rejected,
    where,
)

MAX_POINTS = 1_000
MAX_REVISIONS = 100
KEPT_ANSWERS = "7 days"

Json = dict[str, Any]
Connection = psycopg.AsyncConnection[Json]


class StoreDown(RuntimeError):
    """The database does not answer, has no tables for this space, or takes too long."""


class Store:
    """Reads of one space. Ids in answers (`report_uuid`, receipts, letters, proposals) are the centre's own: the gateway seals them.

    Every method raises StoreDown. `now` is for tests and replays; left out it is the clock.
    """

    def __init__(self, pool: AsyncConnectionPool[Connection], space: str) -> None:
        self._pool = pool
        self._space = space

    @classmethod
    async def open(cls, url: str, space: str) -> Self:
        """A store with its pool; connections are made when needed, so the database may be away now."""
        # Custom plans, for what suits a rare word does not suit a common one; JIT and parallel workers cost more than such reads do, and
        # pages at random are in memory or on a disk that has no arm.
        costs = "-c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1"
        options = f'-c search_path="{space}",public -c statement_timeout=5000 {costs}'
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            connection_class=psycopg.AsyncConnection[Json],
            kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": None, "options": options, "connect_timeout": 5},
            configure=_decode_json,
            check=AsyncConnectionPool.check_connection,
            min_size=1,
            max_size=8,
            timeout=3,
            reconnect_timeout=30,
            open=False,
        )
        await pool.open(wait=False)
        return cls(pool, space)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def ready(self) -> None:
        """Return where the database answers and has this space's tables. Raises StoreDown saying which is wrong."""
        await self._rows("SELECT 1 FROM projector_offsets LIMIT 1")

    async def report(self, viewer: Viewer, report_uuid: UUID, *, now: datetime | None = None) -> Json | None:
        """Everything of one report that the viewer may see, or None: missing and forbidden are the same (leak rule 3).

        The summary's fields and `report`, `enrichment`, `revisions` (newest first: summary, disposition, issued, correction, report),
        `receipts` (own agency's), `incidents` (coordinators, supervisors), and for the own agency `sender` and `hold`.
        """
        at = now or datetime.now(UTC)
        clause, seen = where(viewer, at)
        found = await self._rows(
            "SELECT r.originator, r.report_id, r.withdrawn, r.hold, v.summary, v.report, v.enrichment, v.sender FROM reports r"
            f" JOIN revisions v USING (report_uuid, revision) WHERE r.report_uuid = %(report)s AND {clause}",
            seen | {"report": report_uuid},
        )
        if not found:
            return None
        standing = found[0]
        own = viewer.agency == standing["originator"]
        answer: Json = {**standing["summary"], "report": standing["report"], "enrichment": standing["enrichment"]}
        answer["revisions"] = await self._revisions(viewer, report_uuid, at) if own or not standing["withdrawn"] else []
        answer["receipts"] = await self._receipts_of(viewer.agency, standing["originator"], standing["report_id"])
        if may_see_incidents(viewer):
            answer["incidents"] = (await self._incidents(viewer, at, None, 50, about=report_uuid)).items
        if own:
            answer |= {"sender": standing["sender"], "hold": standing["hold"]}
        return answer

    async def seizures(self, viewer: Viewer, reports: Iterable[UUID], *, now: datetime | None = None) -> set[UUID]:
        """Which of these are reports of seizures that the viewer may see."""
        clause, seen = where(viewer, now or datetime.now(UTC))
        asked = f"SELECT report_uuid FROM reports r WHERE report_uuid = ANY(%(reports)s) AND kind = 'seizure' AND {clause}"
        return {row["report_uuid"] for row in await self._rows(asked, seen | {"reports": list(reports)})}

    async def search(self, viewer: Viewer, search: Search, *, now: datetime | None = None) -> Page:
        """See `streams.store.searching.found`."""
        async with self._connection() as connection:
            return await searching.found(connection, viewer, search, now or datetime.now(UTC))

    async def counters(self, viewer: Viewer, now: datetime | None = None, windows: Iterable[Window] = tuple(WINDOWS)) -> dict[Window, Json]:
        """See `streams.store.counters.counters`."""
        async with self._connection() as connection:
            return await counters(connection, viewer, now or datetime.now(UTC), windows)

    async def deliveries(self, viewer: Viewer, is_open: bool | None, after: str | None, limit: int) -> Page:
        """See `streams.store.deliveries.listed`."""
        async with self._connection() as connection:
            return await deliveries.listed(connection, viewer, is_open=is_open, after=after, limit=limit)

    async def shift(self, viewer: Viewer, now: datetime | None = None) -> Json:
        """See `streams.store.duty.shift`."""
        async with self._connection() as connection:
            return await duty.shift(connection, viewer, now or datetime.now(UTC))

    async def conflicts(self, viewer: Viewer) -> list[Json]:
        """See `streams.store.conflicts.listed`."""
        async with self._connection() as connection:
            return await conflicts.listed(connection, viewer)

    async def directory(self, viewer: Viewer, country: str | None = None, *, now: datetime | None = None) -> list[Json]:
        """See `streams.store.directory.listed`."""
        async with self._connection() as connection:
            return await directory.listed(connection, viewer, country, now or datetime.now(UTC))

    async def directory_entries(self) -> tuple[DirectoryEntry, ...]:
        """See `streams.store.directory.entries`."""
        async with self._connection() as connection:
            return await directory.entries(connection)

    async def directory_entry(
        self, viewer: Viewer, key: str, *, before: int | None = None, limit: int = 50, now: datetime | None = None
    ) -> tuple[Json, list[Json]] | None:
        """See `streams.store.directory.one`."""
        async with self._connection() as connection:
            return await directory.one(connection, viewer, key, before=before, limit=limit, now=now or datetime.now(UTC))

    async def delivery(self, viewer: Viewer, delivery: str) -> tuple[Json, Json | None] | None:
        """See `streams.store.deliveries.one`."""
        async with self._connection() as connection:
            return await deliveries.one(connection, viewer, delivery)

    async def delivery_closing(self, delivery: str) -> tuple[datetime | None, datetime | None]:
        """See `streams.store.deliveries.closing`. For whoever sees the delivery: it tells nothing that its timeline does not."""
        async with self._connection() as connection:
            return await deliveries.closing(connection, self._space, delivery)

    async def delivery_events(self, viewer: Viewer, delivery: str, after: int, limit: int) -> list[Json] | None:
        """See `streams.store.deliveries.timeline`."""
        async with self._connection() as connection:
            return await deliveries.timeline(connection, viewer, delivery, after, limit)

    async def points(
        self, viewer: Viewer, bbox: BBox | None, start: datetime | None, end: datetime | None, limit: int, *, now: datetime | None = None
    ) -> list[Json]:
        """The newest seizures with a position, withdrawn ones left out: summaries, whose `place` has `lat` and `lon`. At most 1 000."""
        clause, seen = where(viewer, now or datetime.now(UTC))
        asked = asking.filters(Search(kind="seizure", bbox=bbox, start=start, end=end))
        asked.add(clause, **seen)
        found = await self._rows(
            "SELECT v.summary FROM (SELECT r.report_uuid, r.revision, r.occurred_start FROM reports r"
            f" WHERE r.lat IS NOT NULL AND NOT r.withdrawn AND {asked.sql}"
            " ORDER BY r.occurred_start DESC, r.report_uuid DESC LIMIT %(limit)s) r"
            " JOIN revisions v USING (report_uuid, revision) ORDER BY r.occurred_start DESC, r.report_uuid DESC",
            asked.parameters | {"limit": max(1, min(limit, MAX_POINTS))},
        )
        return [row["summary"] for row in found]

    async def receipt(self, agency: str, receipt_uuid: UUID) -> Json | None:
        """The agency's receipt, or None: not projected yet, another's, or never issued."""
        found = await self._rows(
            "SELECT body FROM receipts WHERE receipt = %(receipt)s AND agency = %(agency)s", {"receipt": receipt_uuid, "agency": agency}
        )
        return found[0]["body"] if found else None

    async def receipts(self, agency: str, status: str | None, after: str | None, limit: int) -> Page:
        """The agency's receipts, newest first. Raises BadCursor."""
        condition = "agency = %(agency)s" + (" AND status = %(status)s" if status is not None else "")
        return await self._list("receipts", "receipt", condition, {"agency": agency, "status": status}, after=after, limit=limit)

    async def rejected(self, viewer: Viewer, after: str | None, limit: int) -> Page:
        """Dead letters without their bytes, newest first: the viewer's agency's, or all for the steward. Raises BadCursor."""
        if not may_see_rejected(viewer, viewer.agency):
            return Page([], None)
        # What the predicate grants without an agency is the steward's.
        condition = "TRUE" if may_see_rejected(viewer, None) else "agency = %(agency)s"
        return await self._list("rejected", "letter", condition, {"agency": viewer.agency}, after=after, limit=limit)

    async def rejected_one(self, viewer: Viewer, letter: UUID) -> Json | None:
        """One dead letter with its bytes (`key_base64`, `value_base64`), or None: missing and forbidden are the same."""
        found = await self._rows(
            "SELECT agency, body, key_base64, value_base64 FROM rejected WHERE letter = %(letter)s", {"letter": letter}
        )
        if not found or not may_see_rejected(viewer, found[0]["agency"]):
            return None
        return {**found[0]["body"], "key_base64": found[0]["key_base64"], "value_base64": found[0]["value_base64"]}

    async def incidents(self, viewer: Viewer, after: str | None, limit: int, *, now: datetime | None = None) -> Page:
        """Standing proposals both of whose reports the viewer may see, newest first:
        `{proposal, score, reasons, decided_by, at, ask_first, first, second}`, the last two summaries. Raises BadCursor.
        """
        if not may_see_incidents(viewer):
            return Page([], None)
        return await self._incidents(viewer, now or datetime.now(UTC), read_cursor(after), limit)

    async def holds(self, viewer: Viewer, *, now: datetime | None = None) -> list[Json]:
        """What is held, for the steward and supervisors: `{report_uuid, originator, by, reason, until}` and no content.

        An embargo is the originator's own: `by` and `reason` are None. A coordinator finds what they held themselves, and of an embargo
        beside it nothing. At most 1 000, soonest released last.
        """
        at = {"now": now or datetime.now(UTC), "person": viewer.person}
        if may_list_holds(viewer):
            listed, until = "held OR embargo_until > %(now)s", "embargo_until"
        elif may_release(viewer):
            until = "(hold->>'until')::timestamptz"
            listed = f"hold->>'by' = %(person)s AND (held OR {until} > %(now)s)"
        else:
            return []
        found = await self._rows(
            f"SELECT report_uuid, originator, hold, {until} AS until FROM reports WHERE ({listed}) AND NOT withdrawn"
            " ORDER BY until DESC NULLS FIRST, report_uuid LIMIT 1000",
            at,
        )
        return [
            {
                "report_uuid": str(row["report_uuid"]),
                "originator": row["originator"],
                "by": (row["hold"] or {}).get("by"),
                "reason": (row["hold"] or {}).get("reason"),
                "until": None if row["until"] is None else row["until"].isoformat(),
            }
            for row in found
        ]

    async def held_key(self, viewer: Viewer, report_uuid: UUID) -> tuple[str, str] | None:
        """Originator and report_id of a report held by decision, for its release by the centre's desk; None for any other.

        Without regard to its handling, for what was raised to RED while it was held must not stay held for ever.
        """
        if not may_release(viewer):
            return None
        found = await self._rows(
            "SELECT originator, report_id FROM reports WHERE report_uuid = %(report)s AND hold IS NOT NULL", {"report": report_uuid}
        )
        return (found[0]["originator"], found[0]["report_id"]) if found else None

    async def idempotency(self, agency: str, person: str, key: str) -> Json | None:
        """What was answered to this key before: `{digest, status, media_type, answer}`, or None. Kept for a week."""
        found = await self._rows(
            "SELECT digest, status, media_type, answer FROM idempotency WHERE agency = %(agency)s AND person = %(person)s AND key = %(key)s"
            f" AND at > now() - interval '{KEPT_ANSWERS}'",
            {"agency": agency, "person": person, "key": key},
        )
        return found[0] if found else None

    async def remember_idempotency(  # noqa: PLR0917 - a row, column by column
        self, agency: str, person: str, key: str, digest: str, status: int, media_type: str | None, answer: Any
    ) -> None:
        """Keep an answer under its key (at most 200 characters), with what identifies the request. The first kept stands."""
        async with self._connection() as connection:
            await connection.execute(f"DELETE FROM idempotency WHERE at < now() - interval '{KEPT_ANSWERS}'")
            await connection.execute(
                "INSERT INTO idempotency (agency, person, key, digest, status, media_type, answer, at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING",
                (agency, person, key, digest, status, media_type, orjson.dumps(answer).decode()),
            )

    async def projected(self) -> dict[tuple[str, int], int]:
        """By topic and partition the first offset that is not in the tables yet."""
        found = await self._rows("SELECT topic, partition, next FROM projector_offsets")
        return {(row["topic"], row["partition"]): row["next"] for row in found}

    async def wait_projected(self, topic: str, partition: int, offset: int, seconds: float) -> bool:
        """Whether the record at this offset was in the tables within so many seconds."""

        async def there() -> bool:
            return (await self.projected()).get((topic, partition), 0) > offset

        return await _until(there, seconds)

    async def wait_receipt(self, agency: str, receipt_uuid: UUID, seconds: float) -> Json | None:
        """The receipt once it and what it speaks of can be read here, or None after so many seconds. Serves `?after=RECEIPT`.

        A receipt and its report travel in different topics, so either may be projected first.
        """

        async def settled() -> bool:
            found = await self._rows(
                "SELECT status IN ('rejected', 'duplicate') OR EXISTS (SELECT 1 FROM revisions v WHERE v.receipt = c.receipt) AS settled"
                " FROM receipts c WHERE receipt = %(receipt)s AND agency = %(agency)s",
                {"receipt": receipt_uuid, "agency": agency},
            )
            return bool(found and found[0]["settled"])

        return await self.receipt(agency, receipt_uuid) if await _until(settled, seconds) else None

    async def _revisions(self, viewer: Viewer, report_uuid: UUID, now: datetime) -> list[Json]:
        """Earlier handling still counts: a revision that was RED stays with those who might see it then."""
        found = await self._rows(
            "SELECT v.disposition, v.summary, v.report, v.enrichment->'countries' AS countries"
            " FROM revisions v WHERE v.report_uuid = %(report)s ORDER BY v.revision DESC LIMIT %(limit)s",
            {"report": report_uuid, "limit": MAX_REVISIONS},
        )
        return [
            {
                **row["summary"],
                "disposition": row["disposition"],
                "issued": row["report"].get("issued"),
                "correction": row["report"].get("correction"),
                "report": row["report"],
            }
            for row in found
            if may_see(viewer, facts({"report": row["report"], "enrichment": {"countries": row["countries"] or ()}}), now)
        ]

    async def _receipts_of(self, agency: str, originator: str, report_id: str) -> list[Json]:
        found = await self._rows(
            "SELECT body FROM receipts WHERE originator = %(originator)s AND report_id = %(report_id)s AND agency = %(agency)s"
            " ORDER BY at DESC, receipt DESC LIMIT 100",
            {"originator": originator, "report_id": report_id, "agency": agency},
        )
        return [row["body"] for row in found]

    async def _incidents(self, viewer: Viewer, now: datetime, place: Place | None, limit: int, *, about: UUID | None = None) -> Page:
        clause, seen = where(viewer, now)
        side = (
            f"(SELECT json_build_object('summary', v.summary, 'mode', {MATCH_MODE}) FROM reports r"
            " JOIN revisions v USING (report_uuid, revision) WHERE r.report_uuid = i.{} AND " + f"{LINKABLE} AND {clause})"
        )
        found = await self._rows(
            f"SELECT * FROM (SELECT i.proposal, i.at, i.body, {side.format('first')} AS first, {side.format('second')} AS second"
            " FROM incidents i WHERE i.status = 'proposed'"
            + (" AND %(about)s IN (i.first, i.second)" if about is not None else "")
            + (" AND (i.at, i.proposal) < (%(at)s, %(id)s)" if place is not None else "")
            + " ORDER BY i.at DESC, i.proposal DESC) i WHERE first IS NOT NULL AND second IS NOT NULL LIMIT %(limit)s",
            seen | {"about": about, "at": place and place.at, "id": place and place.id, "limit": limit + 1},
        )
        kept, following = cut(found, limit, lambda row: Place(row["at"], row["proposal"]))
        items = [
            {
                "proposal": str(row["proposal"]),
                "score": row["body"]["score"],
                "reasons": row["body"].get("reasons", []),
                "decided_by": row["body"].get("decided_by"),
                "at": row["at"].isoformat(),
                "ask_first": ask_first((one["summary"]["originator"], one["mode"]) for one in (row["first"], row["second"])),
                "first": row["first"]["summary"],
                "second": row["second"]["summary"],
            }
            for row in kept
        ]
        return Page(items, following)

    async def _list(self, table: str, key: str, condition: str, parameters: Json, *, after: str | None, limit: int) -> Page:
        place = read_cursor(after)
        found = await self._rows(
            f"SELECT {key} AS id, at, body FROM {table} WHERE {condition}"
            + (f" AND (at, {key}) < (%(place_at)s, %(place_id)s)" if place is not None else "")
            + f" ORDER BY at DESC, {key} DESC LIMIT %(limit)s",
            parameters | {"place_at": place and place.at, "place_id": place and place.id, "limit": limit + 1},
        )
        kept, following = cut(found, limit, lambda row: Place(row["at"], row["id"]))
        return Page([row["body"] for row in kept], following)

    async def _rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> list[Json]:
        async with self._connection() as connection:
            return await (await connection.execute(query, parameters)).fetchall()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise StoreDown(f"the database has no tables for space {self._space}: run `ric up`, or migrate it") from error
        except psycopg.errors.QueryCanceled as error:
            raise StoreDown("the database took longer than 5 s for this question") from error
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed) as error:
            raise StoreDown("the database does not answer") from error


async def _decode_json(connection: Connection) -> None:
    set_json_loads(orjson.loads, connection)


async def _until(holds: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    pause = 0.01
    while not await holds():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, 0.1)
    return True

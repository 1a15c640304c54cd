"""Finding reports: the store's answer to a search, newest first, with how many there are (decision 0501)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from streams.store import search as asking
from streams.store.paging import Page, Place, cut, read_cursor
from streams.store.search import Conditions, Search
from streams.store.visibility import Viewer, reach, where

TOTAL_CAP = 1_000
SIMILAR = 0.5
"""Share of trigrams from which a word may be what a misspelt one meant."""
_EXACT, _TEXT, _SIMILAR = range(3)

Json = dict[str, Any]
Connection = psycopg.AsyncConnection[Json]

# Fewer than the cap are all at hand once they are counted, so the page is cut from them: among few, the newest would be looked for long.
_FEW = """
WITH m AS MATERIALIZED (SELECT r.report_uuid, r.revision, r.occurred_start FROM reports r WHERE {all_of} LIMIT %(total_cap)s)
SELECT n.n, p.report_uuid, p.occurred_start, p.summary FROM (SELECT count(*) AS n FROM m) n LEFT JOIN (
    SELECT r.report_uuid, r.occurred_start, v.summary FROM (
        SELECT * FROM m r WHERE {after} ORDER BY r.occurred_start DESC, r.report_uuid DESC LIMIT %(limit)s
    ) r JOIN revisions v USING (report_uuid, revision)
) p ON n.n < %(total_cap)s ORDER BY p.occurred_start DESC, p.report_uuid DESC
"""

# Among many, the newest are found soon.
_MANY = """
SELECT r.report_uuid, r.occurred_start, v.summary FROM (
    SELECT r.report_uuid, r.revision, r.occurred_start FROM reports r WHERE {all_of} AND {after}
    ORDER BY r.occurred_start DESC, r.report_uuid DESC LIMIT %(limit)s
) r JOIN revisions v USING (report_uuid, revision) ORDER BY r.occurred_start DESC, r.report_uuid DESC
"""


@dataclass(frozen=True, slots=True)
class _Within:
    """What all phases lie within: the search's filters, and what the viewer may see."""

    filters: str
    seen: str
    reach: str | None
    parameters: Json

    @staticmethod
    def of(viewer: Viewer, search: Search, now: datetime) -> "_Within":
        filters, (seen, parameters) = asking.filters(search), where(viewer, now)
        within, reached = reach(viewer) or (None, {})
        return _Within(filters.sql, seen, within, filters.parameters | parameters | reached)

    def counted(self, asked: Conditions) -> str:
        return f"{self.filters} AND {self.reach or 'TRUE'} AND {self.seen} AND {asked.sql}"

    def newest(self, asked: Conditions) -> str:
        """To compare a text takes five times as long as to see whether it is open to the viewer: where little is, that comes first."""
        both = f"{self.seen} AND {asked.sql}" if self.reach is None else f"CASE WHEN {self.seen} THEN {asked.sql} END"
        return f"{self.filters} AND {both}"


async def found(connection: Connection, viewer: Viewer, search: Search, now: datetime) -> Page:
    """Summaries, newest first; those that bear the number asked for come before. `total` stops at 1 000.

    Where no word is found as written, words spelt like it are looked for. Raises BadCursor.
    """
    place = read_cursor(search.cursor)
    within = _Within.of(viewer, search, now)
    words = asking.query_words(search.q or "")
    if search.q and not words:
        return Page([], None, 0)
    number = asking.has_number(search.q or "")
    text = asking.has_words(words, search.meanings)
    if number is not None:
        text.add("r.report_uuid NOT IN (SELECT report_uuid FROM report_identifiers WHERE number = %(number)s)", **number.parameters)
    phases = [(_TEXT, text)] if number is None else [(_EXACT, number), (_TEXT, text)]
    if place is not None and place.phase == _SIMILAR:
        phases = [(_SIMILAR, await _alternatives(connection, words))]
    items, following, total = await _read_phases(connection, phases, within, place, search.limit)
    if words and not total and place is None:
        phases = [(_SIMILAR, await _alternatives(connection, words))]
        items, following, total = await _read_phases(connection, phases, within, None, search.limit)
    return Page(items, following, total)


async def _alternatives(connection: Connection, words: Sequence[str]) -> Conditions:
    """For each word those spelt like it, by any report: all above the threshold, never the best few, for which words there are is no
    reader's to learn (leak rule 1)."""
    found = await (
        await connection.execute(
            "SELECT asked, array_agg(w.word) AS meant FROM unnest(%(words)s::text[]) asked JOIN search_words w"
            " ON w.word %% asked AND similarity(w.word, asked) >= %(similar)s GROUP BY asked",
            {"words": list(words), "similar": SIMILAR},
        )
    ).fetchall()
    meant = {row["asked"]: row["meant"] for row in found}
    return asking.has_one_of_each([[word, *meant.get(word, ())] for word in words])


async def _read_phases(
    connection: Connection, phases: Sequence[tuple[int, Conditions]], within: _Within, place: Place | None, limit: int
) -> tuple[list[Json], str | None, int]:
    """One page across phases, each newest first, and how many there are in all."""
    read: list[Json] = []
    total = 0
    for phase, asked in phases:
        wanted = limit + 1 - len(read) if place is None or phase >= place.phase else 0
        parameters = within.parameters | asked.parameters | {"total_cap": TOTAL_CAP, "limit": wanted}
        after = "TRUE"
        if place is not None and phase == place.phase:
            after = "(r.occurred_start, r.report_uuid) < (%(place_at)s, %(place_id)s)"
            parameters |= {"place_at": place.at, "place_id": place.id}
        few = _FEW.format(all_of=within.counted(asked), after=after)
        rows = await (await connection.execute(few, parameters)).fetchall()
        counted = rows[0]["n"]
        total += counted
        if counted == TOTAL_CAP and wanted:
            many = _MANY.format(all_of=within.newest(asked), after=after)
            rows = await (await connection.execute(many, parameters)).fetchall()
        read += [{**row, "phase": phase} for row in rows if row["report_uuid"] is not None]
    kept, following = cut(read, limit, lambda row: Place(row["occurred_start"], row["report_uuid"], row["phase"]))
    return [row["summary"] for row in kept], following, min(total, TOTAL_CAP)

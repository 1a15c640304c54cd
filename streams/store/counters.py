"""Totals over what one viewer may see."""

# ruff: noqa: S608 - conditions are this package's own text; every value travels apart

from datetime import datetime, timedelta
from typing import Any

import psycopg

from streams.store.visibility import Viewer, where

WINDOWS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "all": None}


async def counters(connection: psycopg.AsyncConnection[dict[str, Any]], viewer: Viewer, now: datetime) -> dict[str, Any]:
    """`{"24h": …, "7d": …, "all": …}` by the time of receipt, each
    `{reports, kinds: {kind: n}, countries: {country: seizures}, substances: [{slug, name, group, seizures, kg}]}`.

    Withdrawn reports do not count. `kg` (text) sums what has a kg-equivalent; None where nothing has. Substances not recognised are
    left out. Countries are where seizures took place.
    """
    clause, seen = where(viewer, now)
    return {name: await _window(connection, clause, seen, None if span is None else now - span) for name, span in WINDOWS.items()}


async def _window(
    connection: psycopg.AsyncConnection[dict[str, Any]], clause: str, seen: dict[str, Any], since: datetime | None
) -> dict[str, Any]:
    recent = "" if since is None else " AND r.received > %(since)s"
    found = await connection.execute(
        f"""WITH v AS MATERIALIZED (SELECT r.report_uuid, r.kind, r.country FROM reports r WHERE {clause} AND NOT r.withdrawn{recent})
        SELECT kind AS name, NULL AS what, NULL AS group_name, count(*) AS n, NULL AS kg, 'kind' AS by FROM v GROUP BY kind
        UNION ALL SELECT country, NULL, NULL, count(*), NULL, 'country' FROM v
        WHERE kind = 'seizure' AND country IS NOT NULL GROUP BY country
        UNION ALL SELECT s.slug, min(s.name), min(s.group_name), count(DISTINCT s.report_uuid), trim_scale(sum(s.kg))::text, 'substance'
        FROM v JOIN report_substances s USING (report_uuid) WHERE v.kind = 'seizure' AND s.slug IS NOT NULL GROUP BY s.slug
        ORDER BY n DESC, name""",
        seen | {"since": since},
    )
    rows = await found.fetchall()
    kinds = {row["name"]: row["n"] for row in rows if row["by"] == "kind"}
    return {
        "reports": sum(kinds.values()),
        "kinds": kinds,
        "countries": {row["name"]: row["n"] for row in rows if row["by"] == "country"},
        "substances": [
            {"slug": row["name"], "name": row["what"], "group": row["group_name"], "seizures": row["n"], "kg": row["kg"]}
            for row in rows
            if row["by"] == "substance"
        ],
    }

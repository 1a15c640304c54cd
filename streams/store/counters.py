"""Totals over what one viewer may see."""

# ruff: noqa: S608 - conditions are this package's own text; every value travels apart

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg

from streams.store.visibility import Viewer, reach, where

Window = Literal["24h", "7d", "all"]
WINDOWS: dict[Window, timedelta] = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "all": timedelta(days=500_000)}


async def counters(
    connection: psycopg.AsyncConnection[dict[str, Any]], viewer: Viewer, now: datetime, windows: Iterable[Window] = tuple(WINDOWS)
) -> dict[Window, Any]:
    """`{"24h": …, "7d": …, "all": …}`, those of them that are asked for (one at least), by the time of receipt, each
    `{reports, kinds: {kind: n}, countries: {country: seizures}, substances: [{slug, name, group, seizures, kg}]}`.

    Withdrawn reports do not count. `kg` (text) sums what has a kg-equivalent; None where nothing has. Substances not recognised are
    left out. Countries are where seizures took place.
    """
    spans = {name: WINDOWS[name] for name in windows}
    widest = max(spans, key=lambda name: spans[name])
    clause, seen = where(viewer, now)
    narrow, reached = reach(viewer) or ("TRUE", {})
    # One pass: a report counts in each window that its receipt falls into.
    within = "FILTER (WHERE v.received > %(since_{0})s)"
    in_windows = ", ".join(f"count(*) {within} AS n_{{0}}, {{{{kg}}}} {within} AS kg_{{0}}".format(name) for name in spans)
    no_kg = in_windows.replace("{kg}", "sum(NULL::numeric)")
    found = await connection.execute(
        f"""WITH v AS MATERIALIZED (SELECT r.report_uuid, r.kind, r.country, r.received FROM reports r
            WHERE {narrow} AND {clause} AND NOT r.withdrawn AND r.received > %(since)s)
        SELECT 'kind' AS by, kind AS name, NULL AS what, NULL AS group_name, {no_kg} FROM v GROUP BY kind
        UNION ALL SELECT 'country', country, NULL, NULL, {no_kg} FROM v WHERE kind = 'seizure' AND country IS NOT NULL GROUP BY country
        UNION ALL SELECT 'substance', s.slug, min(s.name), min(s.group_name), {in_windows.replace("{kg}", "sum(s.kg)")}
        FROM v JOIN report_substances s USING (report_uuid) WHERE v.kind = 'seizure' GROUP BY s.slug""",
        seen | reached | {"since": now - spans[widest]} | {f"since_{name}": now - span for name, span in spans.items()},
    )
    rows = await found.fetchall()
    return {name: _window(rows, name) for name in spans}


def _window(rows: list[dict[str, Any]], window: str) -> dict[str, Any]:
    counted = sorted((row for row in rows if row[f"n_{window}"]), key=lambda row: (-row[f"n_{window}"], row["name"]))
    kinds = {row["name"]: row[f"n_{window}"] for row in counted if row["by"] == "kind"}
    return {
        "reports": sum(kinds.values()),
        "kinds": kinds,
        "countries": {row["name"]: row[f"n_{window}"] for row in counted if row["by"] == "country"},
        "substances": [
            {
                "slug": row["name"],
                "name": row["what"],
                "group": row["group_name"],
                "seizures": row[f"n_{window}"],
                "kg": None if row[f"kg_{window}"] is None else f"{row[f'kg_{window}'].normalize():f}",
            }
            for row in counted
            if row["by"] == "substance"
        ],
    }

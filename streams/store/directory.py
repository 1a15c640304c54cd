"""What the gateway asks of the store about the directory, and what of it each viewer sees (DOMAIN "Directory", decision 0807).

The authority's own officers and analysts see all of it. Whoever takes part with the authority in a delivery that is requested and not
closed sees its named contacts too; everybody else desks alone. A proposal, call backs and reasons are the authority's own.
"""

# ruff: noqa: S608 - conditions are this package's own text; every value travels apart

from datetime import datetime
from typing import Any

import psycopg
from pydantic import TypeAdapter

from schemas.directory import DirectoryEntry
from streams.planning.directory import freshness, without_names
from streams.store.rooms import where_entered
from streams.store.visibility import MEMBERS, Viewer, in_office

Json = dict[str, Any]
Connection = psycopg.AsyncConnection[Json]
_ENTRY: TypeAdapter[DirectoryEntry] = TypeAdapter(DirectoryEntry)


async def entries(connection: Connection) -> tuple[DirectoryEntry, ...]:
    """Every entry that stands, whole: for plans and forms, which name no officer and show no more than desks."""
    found = await connection.execute("SELECT body->'entry' AS entry FROM directory WHERE country IS NOT NULL ORDER BY key COLLATE \"C\"")
    return tuple(_ENTRY.validate_python(row["entry"]) for row in await found.fetchall())


async def listed(connection: Connection, viewer: Viewer, country: str | None, now: datetime) -> list[Json]:
    """Everything that stands, as the viewer sees it, in the order of the keys; of one country where it is given."""
    found = await connection.execute(
        "SELECT body FROM directory WHERE (country IS NOT NULL OR authority = %(agency)s)"
        + (" AND country = %(country)s" if country is not None else "")
        + ' ORDER BY key COLLATE "C"',
        {"agency": viewer.agency, "country": country},
    )
    partners = await _partners(connection, viewer)
    seen = (standing_for(viewer, row["body"], partners, now) for row in await found.fetchall())
    return [one for one in seen if one is not None]


async def one(
    connection: Connection, viewer: Viewer, key: str, *, before: int | None, limit: int, now: datetime
) -> tuple[Json, list[Json]] | None:
    """What stands under the key and its changes with a number below `before`, the newest first, both as the viewer sees them; or None."""
    found = await (await connection.execute("SELECT body FROM directory WHERE key = %(key)s", {"key": key})).fetchone()
    if found is None:
        return None
    partners = await _partners(connection, viewer)
    shown = standing_for(viewer, found["body"], partners, now)
    if shown is None:
        return None
    changes = await connection.execute(
        "SELECT body FROM directory_changes WHERE key = %(key)s"
        + (" AND number < %(before)s" if before is not None else "")
        + " ORDER BY number DESC LIMIT %(limit)s",
        {"key": key, "before": before, "limit": limit},
    )
    return shown, [change_for(viewer, row["body"], partners) for row in await changes.fetchall()]


def standing_for(viewer: Viewer, standing: Json, partners: frozenset[str], now: datetime) -> Json | None:
    """A DirectoryStanding as the viewer sees it, or None: nothing of it is for them.

    `stale`: why the entry is not to be relied on at `now`, or None. `pending`: since when a proposal waits.
    """
    own = _is_own(viewer, standing["authority"])
    if standing["entry"] is None and not own:
        return None
    names = own or standing["authority"] in partners
    proposal = standing["proposal"]
    return {
        "id": standing["key"],
        "number": standing["number"],
        "entry": standing["entry"] and _seen(standing["entry"], names=names),
        "stale": standing["entry"] and freshness(_ENTRY.validate_python(standing["entry"]), now),
        "changed": standing["changed"],
        "reach_changed": standing["reach_changed"],
        "pending": proposal
        and ({"since": standing["proposed"]} | ({"by": proposal["by"], "entry": _seen(proposal["entry"], names=True)} if own else {})),
    }


def change_for(viewer: Viewer, change: Json, partners: frozenset[str]) -> Json:
    """A DirectoryChange as the viewer sees it; call it only where they see what stands under its key."""
    own = _is_own(viewer, change["authority"])
    names = own or change["authority"] in partners
    entry, proposed = change.get("entry"), change.get("proposed")
    shown = {name: change[name] for name in ("number", "act", "at", "version")} | {"entry": entry and _seen(entry, names=names)}
    if names:
        shown["by"] = change["by"]
    if own:
        told = {"call_backs": change.get("call_backs", []), "reason": change.get("reason")}
        shown |= {"proposed": proposed and _seen(proposed, names=True), **told}
    return shown


def _is_own(viewer: Viewer, authority: str) -> bool:
    return viewer.agency == authority and viewer.role in MEMBERS and in_office(viewer)


def _seen(entry: Json, *, names: bool) -> Json:
    """The entry with everything that it leaves to defaults; for those who get no names, nobody is named, nor who verified it."""
    read = _ENTRY.validate_python(entry)
    if names:
        return read.model_dump(mode="json")
    return without_names(read).model_dump(mode="json", exclude={"verified_by"})


async def _partners(connection: Connection, viewer: Viewer) -> frozenset[str]:
    """The agencies with which the viewer takes part in a delivery now. A draft is nobody's word but its author's."""
    clause, seen = where_entered(viewer)
    found = await connection.execute(
        f"SELECT DISTINCT unnest(d.agencies) AS agency FROM deliveries d WHERE d.open AND d.body->>'status' <> 'draft' AND {clause}", seen
    )
    return frozenset(row["agency"] for row in await found.fetchall())

"""Who answers for what at the centre, as one of its officers may see it (decision 0810).

An item is shown to whom its room or its report is open today. Of all others a supervisor learns that there is one, with whom it is and how
long it waits; a coordinator learns nothing.
"""

# ruff: noqa: S608 - conditions are this package's own text; every value travels apart

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from schemas.alarms import ALARMS
from schemas.identity import delivery_uuid, report_uuid
from streams.store.rooms import hears, may_hear, to_ask, where_entered
from streams.store.visibility import DESK, Viewer, in_office, where

Json = dict[str, Any]
Connection = psycopg.AsyncConnection[Json]

NEWEST = 3
SUPERVISORS_AFTER = timedelta(minutes=5)
"""The ladder's own step: from then on supervisors are rung, in the room or not."""

_STANDING = ("kind", "responsible", "since", "accepted", "waiting", "rings", "version")
_RANK = {"alarm": 0, "request": 1, "delivery": 2}


def may_know(viewer: Viewer, item: Json) -> bool:
    """Whether a DutyItem is for this viewer at all: named in the room, or any coordinator where no names are asked for."""
    if viewer.role not in DESK or not in_office(viewer):
        return False
    return item["members"] is None or f"{viewer.agency}/{viewer.person}" in item["members"]


async def shift(connection: Connection, viewer: Viewer, now: datetime) -> Json:
    """`officers` on duty, `items` that are open, and `hidden`: for a supervisor those of rooms that he is not in.

    First what nobody has accepted for long, then what waits, then the rest; alarms before requests before deliveries.
    """
    if viewer.role not in DESK or not in_office(viewer):
        return {"officers": [], "items": [], "hidden": []}
    found = await connection.execute("SELECT body FROM duty WHERE open")
    bodies = [row["body"] for row in await found.fetchall()]
    watches = [body for body in bodies if body["type"] == "officer"]
    items = [body for body in bodies if body["type"] == "item"]
    mine = [item for item in items if may_know(viewer, item)]
    deliveries = await _deliveries(connection, viewer, mine)
    requests = await _requests(connection, viewer, mine, now)
    changes = await _changes(connection, viewer, [item for item in mine if item["kind"] == "delivery"])
    shown, seen = [], set()
    for item in mine:
        about = _about(viewer, item, deliveries, requests)
        if about is not None:
            seen.add(item["item"])
            shown.append(
                _standing(item) | {"item": item["item"], "about": about, "takers": _takers(item, watches)} | changes.get(item["item"], {})
            )
    hidden = [unseen(item, now) for item in items if item["item"] not in seen] if viewer.role == "supervisor" else []
    return {"officers": _officers(viewer, watches), "items": sorted(shown, key=_order), "hidden": sorted(hidden, key=_order)}


def _standing(item: Json) -> Json:
    return {name: item[name] for name in _STANDING}


def unseen(item: Json, now: datetime) -> Json:
    """An item of a room that is not the supervisor's; of an alarm still open after five minutes also its kind, and whom to `ask`."""
    about = item["about"]
    if item["kind"] != "alarm" or now - datetime.fromisoformat(about["raised"]) < SUPERVISORS_AFTER:
        return _standing(item)
    ask = to_ask({"members": item["members"], "lead": about["delivery"].partition("/")[0]})
    return _standing(item) | {"alarm": about["kind"], "ask": ask}


def _order(item: Json) -> tuple[bool, bool, int, bool, str]:
    flash = item.get("about", {}).get("priority") == "flash"
    alone = item["responsible"] is None or item["rings"] > 0
    return not alone, item["waiting"] is None, _RANK[item["kind"]], not flash, item["waiting"] or item["since"]


def _officers(viewer: Viewer, watches: list[Json]) -> list[Json]:
    """Who is on duty; counts of a shift are for that officer and the supervisors, for they count what others may not know of."""
    shown = []
    for watch in sorted(watches, key=lambda one: (one["since"], one["person"])):
        told = {name: watch[name] for name in ("person", "role", "since", "leaving")}
        if viewer.role == "supervisor" or watch["person"] == f"{viewer.agency}/{viewer.person}":
            told |= {name: watch[name] for name in ("alarms", "fell", "accepted")}
        shown.append(told)
    return shown


def _takers(item: Json, watches: Iterable[Json]) -> list[str]:
    """Who on duty could accept it now. None: whoever is to take over is named in the room first."""
    able = (watch["person"] for watch in watches if watch["leaving"] is None and watch["person"] != item["responsible"])
    return sorted(person for person in able if item["members"] is None or person in item["members"])


def _about(viewer: Viewer, item: Json, deliveries: dict[str, Json], requests: dict[str, Json]) -> Json | None:
    """What the item is, where it is today's to see."""
    about = item["about"]
    if item["kind"] == "request" and "held" not in about:
        found = requests.get(str(report_uuid(about["report"])))
        return found and {"priority": about["priority"], "reply_by": about["reply_by"], **found}
    snapshot = deliveries.get(_room(item))
    if snapshot is None:
        return None
    if item["kind"] == "request":
        return kept_in(item, snapshot)
    if item["kind"] == "delivery":
        heard = [alarm for alarm in snapshot["alarms"] if may_hear(viewer, alarm.get("audience"))]
        parts = [
            {name: part[name] for name in ("part", "state", "controller", "territory")} for part in snapshot["parts"] if not part["ended"]
        ]
        return {"delivery": about["delivery"], "status": snapshot["status"], "parts": parts, "alarms": len(heard)}
    alarm = next((one for one in snapshot["alarms"] if one["id"] == about["id"] and may_hear(viewer, one.get("audience"))), None)
    if alarm is None:
        return None
    told = {name: alarm[name] for name in ("kind", "part", "reason", "raised", "count", "acknowledged", "stands")}
    return {"delivery": about["delivery"], "alarm": alarm["id"], **ALARMS.beside(told, "reason")}


def kept_in(item: Json, snapshot: Json) -> Json:
    """A request that the delivery's guard keeps in: how urgent, since when, and whom to call. Not what it says, nor who asks."""
    control = {part["controller"] for part in snapshot["parts"] if not part["ended"] and part["controller"]}
    told = {name: item["about"][name] for name in ("priority", "reply_by")}
    return told | {
        "delivery": _room(item),
        "held": True,
        "opened": item["opened"],
        "call": sorted(control) or [_room(item).partition("/")[0]],
    }


def _room(item: Json) -> str:
    """The delivery in whose room the item is; none of an open request."""
    delivery: str = item["about"].get("held") or item["about"].get("delivery") or ""
    return delivery


async def _deliveries(connection: Connection, viewer: Viewer, items: list[Json]) -> dict[str, Json]:
    names = set(filter(None, map(_room, items)))
    clause, seen = where_entered(viewer)
    found = await connection.execute(
        f"SELECT d.delivery, d.body FROM deliveries d WHERE d.delivery_uuid = ANY(%(names)s) AND {clause}",
        seen | {"names": [delivery_uuid(name) for name in names]},
    )
    return {row["delivery"]: row["body"] for row in await found.fetchall()}


async def _requests(connection: Connection, viewer: Viewer, items: list[Json], now: datetime) -> dict[str, Json]:
    accepted = {report_uuid(item["about"]["report"]): item["accepted"] for item in items if not _room(item)}
    clause, seen = where(viewer, now)
    found = await connection.execute(
        "SELECT r.report_uuid, r.originator, r.report_id, r.revision, v.summary->>'title' AS title, v.received FROM reports r"
        f" JOIN revisions v USING (report_uuid, revision) WHERE r.report_uuid = ANY(%(reports)s) AND NOT r.withdrawn AND {clause}",
        seen | {"reports": list(accepted)},
    )
    requests = {}
    for row in await found.fetchall():
        since = accepted[row["report_uuid"]]
        told = {name: row[name] for name in ("originator", "report_id", "revision", "title")}
        changed = since is not None and row["received"] > datetime.fromisoformat(since)
        requests[str(row["report_uuid"])] = told | {"report_uuid": str(row["report_uuid"]), "changed": changed}
    return requests


async def _changes(connection: Connection, viewer: Viewer, items: list[Json]) -> dict[str, Json]:
    """By item: how many lines the viewer's timeline has since the item was last accepted, and the newest kinds of them."""
    since = [(UUID(item["item"]), delivery_uuid(item["about"]["delivery"]), item["accepted"]) for item in items if item["accepted"]]
    if not since:
        return {}
    found = await connection.execute(
        "SELECT w.item, count(*) AS n, array_agg(e.body->>'kind' ORDER BY e.received DESC, e.number DESC) AS kinds"
        " FROM unnest(%(items)s::uuid[], %(deliveries)s::uuid[], %(since)s::timestamptz[]) AS w(item, delivery, since)"
        " JOIN delivery_events e ON e.delivery_uuid = w.delivery AND e.received > w.since"
        " WHERE e.audience IS NULL OR e.audience && %(hears)s::text[] GROUP BY w.item",
        dict(zip(("items", "deliveries", "since"), map(list, zip(*since, strict=True)), strict=True)) | {"hears": hears(viewer)},
    )
    return {str(row["item"]): {"changes": row["n"], "newest": row["kinds"][:NEWEST]} for row in await found.fetchall()}

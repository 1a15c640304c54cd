"""Which deliveries come near each other, for those who may know: the centre's supervisors, and who is named in both rooms (rule 9)."""

# ruff: noqa: S608 - conditions are this package's own text; every value travels apart

from typing import Any

import psycopg

from streams.store.visibility import DESK, Viewer, in_office

Json = dict[str, Any]
Connection = psycopg.AsyncConnection[Json]


async def listed(connection: Connection, viewer: Viewer) -> list[Json]:
    """Open conflicts, the newest first: the two deliveries with the coordinators who must speak to each other, where, and when.

    Membership is today's. A supervisor is told of deliveries that he is no member of: somebody has to know who telephones whom.
    """
    if viewer.role not in DESK or not in_office(viewer):
        return []
    named = "" if viewer.role == "supervisor" else " AND %(person)s = ANY(f.members) AND %(person)s = ANY(s.members)"
    found = await connection.execute(
        "SELECT c.body, f.members AS first, s.members AS second FROM conflicts c"
        " JOIN deliveries f ON f.delivery_uuid = c.first JOIN deliveries s ON s.delivery_uuid = c.second"
        f" WHERE c.open{named} ORDER BY c.version DESC, c.conflict",
        {"person": f"{viewer.agency}/{viewer.person}"},
    )
    return [_shown(viewer, row) for row in await found.fetchall()]


def _shown(viewer: Viewer, row: Json) -> Json:
    body = row["body"]
    sides = [
        {"delivery": body[side], "plan": number, "coordinators": [one for one in row[side] if one.startswith(f"{viewer.agency}/")]}
        for side, number in zip(("first", "second"), body["plans"], strict=True)
    ]
    return {"conflict": body["conflict"], "since": body["since"], "sides": sides, "near": body["near"]}

"""The reports of seizure that ended a delivery's parts: which of them the reader may read here, asked each time that he reads.

An act may name a report that comes later, or never: so it is refused for none, and whether it is here is nothing that can be recorded. What
he may not read is answered like what has not come (leak rule 3).
"""

from typing import Any

from schemas.identity import report_uuid
from streams.gateway.answers import seal_report
from streams.gateway.centre import Centre, viewer
from streams.gateway.tokens import Claims


async def seizure_reports(centre: Centre, claims: Claims, snapshot: dict[str, Any]) -> dict[str, str | None]:
    """By `originator/report_id`, as the acts name them: the id for this reader, or None."""
    named = sorted({report for part in snapshot["parts"] if (report := (part.get("ended") or {}).get("report"))})
    ids = {name: report_uuid(name) for name in named}
    here = await centre.store.seizures(viewer(claims), ids.values()) if ids else set()
    return {name: seal_report(centre.ids, claims.agency, uuid) if uuid in here else None for name, uuid in ids.items()}

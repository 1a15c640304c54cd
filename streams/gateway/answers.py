"""What leaves the centre: the store's and the topics' records with every id sealed for its reader (leak rule 3)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from schemas.identity import report_uuid
from schemas.proposals import PROPOSALS
from schemas.report import report_key
from streams.gateway.ids import Ids


def seal_report(ids: Ids, agency: str, uuid: str | UUID) -> str:
    """A report's id for this agency."""
    return ids.seal("report", agency, _uuid(uuid).bytes)


def summary(ids: Ids, agency: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A summary with `id` in place of `report_uuid`."""
    return {"id": seal_report(ids, agency, found["report_uuid"])} | {name: value for name, value in found.items() if name != "report_uuid"}


def pending(ids: Ids, agency: str, origin: str) -> dict[str, Any]:
    """A receipt that the centre owes: the report is on all in-sync replicas and has not been decided yet."""
    sealed = ids.seal("receipt", agency, origin.encode())
    return {"id": sealed, "href": f"/v1/receipts/{sealed}", "status": "pending"}


RECEIPT_FIELDS = ("status", "originator", "report_id", "revision", "stands", "problems", "findings", "person", "at")


def receipt(ids: Ids, agency: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A settled receipt. `report` is the id of the sender's report where it stands in the centre; the origin stays inside."""
    answer = pending(ids, agency, found["origin"]) | {name: found.get(name) for name in RECEIPT_FIELDS}
    if found["status"] == "call_us":
        answer["contact"] = found["contact"]
    answer["problems"], answer["findings"] = list(found.get("problems") or ()), list(found.get("findings") or ())
    known = found["status"] != "rejected" and found.get("originator") and found.get("report_id")
    answer["report"] = seal_report(ids, agency, report_uuid(report_key(found["originator"], found["report_id"]))) if known else None
    return answer


def incident(ids: Ids, agency: str, proposal: Mapping[str, Any]) -> dict[str, Any]:
    """A proposal with its own id and those of its two reports sealed; their keys stay inside."""
    hidden = {"proposal", "first", "second", "first_key", "second_key"}
    return {
        "id": ids.seal("incident", agency, _uuid(proposal["proposal"]).bytes),
        "first": {"id": seal_report(ids, agency, proposal["first"])},
        "second": {"id": seal_report(ids, agency, proposal["second"])},
        **{name: value for name, value in proposal.items() if name not in hidden},
        "reasons": _reasons(proposal),
    }


def report(ids: Ids, agency: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A whole report from the store."""
    answer = summary(ids, agency, found)
    answer["revisions"] = [summary(ids, agency, one) for one in found.get("revisions", ())]
    answer["receipts"] = [receipt(ids, agency, one) for one in found.get("receipts", ())]
    answer["incidents"] = [proposal(ids, agency, one) for one in found.get("incidents", ())]
    answer["hold"] = found.get("hold")
    return answer


def proposal(ids: Ids, agency: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A proposal from the store, with the summaries of its two reports."""
    return {
        "id": ids.seal("incident", agency, _uuid(found["proposal"]).bytes),
        "status": "proposed",
        "first": summary(ids, agency, found["first"]),
        "second": summary(ids, agency, found["second"]),
        "reasons": _reasons(found),
    } | {name: found.get(name) for name in ("score", "decided_by", "at", "ask_first")}


def _reasons(proposal: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [PROPOSALS.beside(one, "reason") for one in proposal.get("reasons") or ()]


def conflict(ids: Ids, agency: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Two deliveries that come near each other: the centre's own id is made of their names, and would confirm a guess at them."""
    return {**found, "conflict": ids.seal("conflict", agency, _uuid(found["conflict"]).bytes)}


def alert(ids: Ids, agency: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """An alert out of an exercise: the centre's own id is made of who pressed in which minute."""
    return {**found, "id": ids.seal("alert", agency, _uuid(found["id"]).bytes)}


def letter(ids: Ids, agency: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A dead letter; `receipt` is the sender's receipt for the same record. Its place in the topic stays inside: it counts traffic."""
    answer = {"id": ids.seal("letter", agency, _uuid(found["letter"]).bytes)}
    answer |= {name: value for name, value in found.items() if name not in {"letter", "origin"}}
    if found.get("agency") == agency and found.get("origin"):
        answer["receipt"] = ids.seal("receipt", agency, found["origin"].encode())
    return answer


def feature(ids: Ids, agency: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A summary with a position as a GeoJSON point."""
    place = found["place"]
    geometry = {"type": "Point", "coordinates": [place["lon"], place["lat"]]}
    return {"type": "Feature", "geometry": geometry, "properties": summary(ids, agency, found)}


def _uuid(value: str | UUID) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)

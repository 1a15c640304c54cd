"""Holding a report from every way out, and releasing it: a decision by name, carried out by the worker."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from schemas.bounds import Instant, Line, Strict
from schemas.records import Decision
from schemas.report import report_key
from streams.gateway.access import Holder
from streams.gateway.centre import Centre, Here, viewer
from streams.gateway.problems import Refusal, missing
from streams.gateway.producer import KafkaUnreachable, Outgoing
from streams.gateway.queries import answer, unsealed
from streams.gateway.tokens import Claims

router = APIRouter(tags=["decide"])
ReportId = Annotated[str, Path(description="The report's id, as this agency sees it")]


class Hold(Strict):
    """Why, and until when; without `until` it holds until a release."""

    reason: Line
    until: Instant | None = None


class Release(Strict):
    """Why."""

    reason: Line


@router.post("/v1/reports/{id}/hold", status_code=202, summary="Hold a report", responses={404: {}, 503: {}})
async def hold(id: ReportId, asked: Hold, claims: Holder, centre: Here) -> Response:
    """From now on only its originator sees it. 202: the decision is on all in-sync replicas."""
    found = await centre.store.report(viewer(claims), unsealed(centre, claims, "report", id))
    if found is None:
        raise missing()
    decision = Decision(
        type="decision",
        act="hold",
        originator=found["originator"],
        report_id=found["report_id"],
        by=claims.person,
        by_agency=claims.agency,
        reason=asked.reason,
        until=asked.until,
        at=centre.now(),
    )
    return await _decide(centre, claims, decision, id)


@router.post("/v1/reports/{id}/release", status_code=202, summary="Release a held report", responses={404: {}, 503: {}})
async def release(id: ReportId, asked: Release, claims: Holder, centre: Here) -> Response:
    """Let a held report go its ways again. An embargo of its originator stays."""
    found = await centre.store.held_key(viewer(claims), unsealed(centre, claims, "report", id))
    if found is None:
        raise missing()
    decision = Decision(
        type="decision",
        act="release",
        originator=found[0],
        report_id=found[1],
        by=claims.person,
        by_agency=claims.agency,
        reason=asked.reason,
        at=centre.now(),
    )
    return await _decide(centre, claims, decision, id)


async def _decide(centre: Centre, claims: Claims, decision: Decision, id: str) -> Response:
    record = Outgoing(
        "decisions",
        report_key(decision.originator, decision.report_id),
        decision.model_dump_json(exclude_none=True).encode(),
        (("content-type", b"application/json"), ("ric_agency", claims.agency.encode()), ("ric_person", claims.person.encode())),
    )
    unconfirmed = Refusal(503, "Kafka did not confirm the decision. Decide again: twice is as good as once.", retry_after=5)
    try:
        origins = await centre.producer.produce([record])
    except KafkaUnreachable:
        raise unconfirmed from None
    if origins[0] is None:
        raise unconfirmed
    return answer({"id": id, "act": decision.act, "status": "pending"}, 202)

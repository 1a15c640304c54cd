"""The centre's duty: what is open and who answers for it, and the acts by which it passes from one officer to the next (decision 0810)."""

from typing import Any
from uuid import UUID

import orjson
import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from schemas.acts import Officer
from schemas.duty import DUTY_ACT, Accept, Settle
from streams.gateway.access import Holder
from streams.gateway.answers import seal_report
from streams.gateway.asking import Wait, json_body, read, refused, told
from streams.gateway.centre import Centre, Here, viewer
from streams.gateway.problems import Refusal, missing
from streams.gateway.producer import Outgoing
from streams.gateway.queries import answer
from streams.gateway.tokens import Claims

INBOX, ANSWERS = "duty.inbox", "duty.answers"
MAX_ACT_BYTES = 8_192
NO_SUCH = "there is no such item"
log = structlog.get_logger()
router = APIRouter(tags=["duty"])
_ACT_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"description": "One act: `DutyAct` of the published schemas", "type": "object"}}},
}


@router.get("/v1/shift", summary="What is open, and who answers for it")
async def shift(claims: Holder, centre: Here) -> Response:
    """Open deliveries, alarms and requests for assistance that the caller may see: with whom each is, since when, what changed since.

    What nobody has accepted for long comes first. `takers`: who on duty could accept it. `hidden`: for supervisors, of other rooms.
    """
    now = centre.now()
    found = await centre.store.shift(viewer(claims), now)
    items = [_sealed(centre, claims, item) for item in found["items"]]
    me = next((one for one in found["officers"] if one["person"] == f"{claims.agency}/{claims.person}"), None)
    return answer({"me": me, "officers": found["officers"], "items": items, "hidden": found["hidden"], "at": now})


@router.post(
    "/v1/shift/acts",
    openapi_extra={"requestBody": _ACT_BODY},
    responses={202: {}, 404: {}, 409: {}, 413: {}, 415: {}, 422: {}, 503: {}},
    summary="Come on duty, accept one item, go off",
)
async def act(request: Request, claims: Holder, centre: Here, wait: Wait = None) -> Response:
    """Applied, or refused with the reason. One act is about one item: there is none to accept several. Sending it again is safe.

    202: not decided yet. 503: Kafka did not confirm: send the same act again.
    """
    said, raw = read(DUTY_ACT, await json_body(request), "act")
    if isinstance(said, Accept | Settle):
        uuid = centre.ids.unseal("item", claims.agency, said.item)
        if uuid is None or len(uuid) != 16:
            raise missing()
        raw = {**raw, "item": str(UUID(bytes=uuid))}
    by = Officer.model_validate({"agency": claims.agency, "person": claims.person, "role": claims.role, "country": claims.country or None})
    value = orjson.dumps({"type": "act", "by": by.model_dump(), "act": raw})
    if len(value) > MAX_ACT_BYTES:
        raise Refusal(413, f"The limit of an act is {MAX_ACT_BYTES} bytes.", limit=MAX_ACT_BYTES)
    record = Outgoing(INBOX, f"{claims.agency}/{claims.person}", value, (("content-type", b"application/json"),))
    decided = await told(centre, claims, record, ANSWERS, "act", wait)
    log.info("duty", person=claims.person, act=said.act, status=decided["status"] if decided else "pending")
    if decided is None:
        return answer({"status": "pending", "act": str(said.id)}, 202)
    if decided["status"] == "refused":
        if decided["reason"] == NO_SUCH:
            raise missing()
        return refused(decided, "The act was refused", act=str(said.id), stands=decided.get("stands"))
    return answer({"status": "applied", "act": str(said.id), "stands": decided["stands"]})


def _sealed(centre: Centre, claims: Claims, item: dict[str, Any]) -> dict[str, Any]:
    about = dict(item["about"])
    if "report_uuid" in about:
        about["report"] = seal_report(centre.ids, claims.agency, about.pop("report_uuid"))
    return item | {"item": centre.ids.seal("item", claims.agency, UUID(item["item"]).bytes), "about": about}

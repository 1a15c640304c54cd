"""`POST /v1/reports`: what an agency sends is on all in-sync replicas before it is told 202."""

import asyncio
import hashlib
import re
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Annotated, Any, Literal

import orjson
import structlog
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from schemas.envelope import kafka_headers
from schemas.problems import Problem
from schemas.reports import MAX_REPORT_BYTES
from streams.gateway import answers
from streams.gateway.access import Publisher
from streams.gateway.batches import BULK, MEDIA_TYPES, Item, TooMany, Unreadable, pieces, read_item
from streams.gateway.centre import Centre, Here
from streams.gateway.limits import MAX_BODY_BYTES
from streams.gateway.live import FOLLOWED_WITHIN_S, NotLive, Watch
from streams.gateway.problems import Refusal, problem
from streams.gateway.producer import KafkaUnreachable, Outgoing
from streams.gateway.tokens import Claims
from streams.store.queries import StoreDown

TURN_S = 0.02
MAX_WAIT_S = 30.0
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_KEY = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{1,200})"?')
log = structlog.get_logger()
router = APIRouter(tags=["publish"])

Wait = Annotated[str | None, Query(pattern=r"^\d{1,2}(\.\d{1,3})?s?$", description="Wait this long for the decisions: 5s, at most 30s")]
IdempotencyKey = Annotated[str | None, Header(description="Same key and body: same answer (draft-ietf-httpapi-idempotency-key-header)")]

_REPORT_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"description": "One report, or a list of up to 10 000", "type": ["object", "array"]}},
        "application/x-ndjson": {"schema": {"description": "One report a line", "type": "string"}},
        "application/cloudevents+json": {"schema": {"description": "One CloudEvent in structured mode", "type": "object"}},
        "application/cloudevents-batch+json": {"schema": {"description": "A list of CloudEvents", "type": "array"}},
    },
}


@router.post(
    "/v1/reports",
    status_code=202,
    openapi_extra={"requestBody": _REPORT_BODY},
    responses={409: {}, 413: {}, 415: {}, 422: {}, 503: {}},
    summary="Publish reports",
)
async def publish(
    *,
    request: Request,
    claims: Publisher,
    centre: Here,
    lane: Annotated[Literal["live", "bulk"], Query(description="bulk: an import, which yields to live reports")] = "live",
    wait: Wait = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Every report gets a receipt; one that is refused at once says why and leaves a dead letter. 422 when all are refused.

    503: Kafka did not confirm. Receipts with status `unknown` may or may not have arrived: send the same body again, nothing doubles.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Refusal(415, f"Send one of {', '.join(sorted(MEDIA_TYPES))}.", headers={"Accept-Post": ", ".join(sorted(MEDIA_TYPES))})
    length = request.headers.get("content-length", "")
    async with centre.bodies.hold(int(length) if length.isdigit() else MAX_BODY_BYTES):
        seconds = min(float(wait.removesuffix("s")), MAX_WAIT_S) if wait else 0.0
        call = _Call(claims, media_type, await request.body(), lane, seconds, request.headers.get("traceparent"))
        return await _take_in(centre, call) if idempotency_key is None else await _once(centre, call, idempotency_key)


@dataclass(frozen=True, slots=True)
class _Call:
    claims: Claims
    media_type: str
    body: bytes
    lane: str
    wait_s: float
    traceparent: str | None


async def _once(centre: Centre, call: _Call, header: str) -> Response:
    """Answer a repeated call as the first time. Without the database the call goes on: the reports themselves never double."""
    found = _KEY.fullmatch(header)
    if not found:
        raise Refusal(422, "Idempotency-Key is 1 to 200 printable ASCII characters, a UUID for example.")
    digest = hashlib.sha256(f"{call.media_type} {call.lane}\n".encode() + call.body).hexdigest()
    busy = (call.claims.agency, call.claims.person, found[1])
    if busy in centre.busy:
        raise Refusal(409, "The call with this Idempotency-Key has not been answered yet. Ask again shortly.", retry_after=1)
    centre.busy.add(busy)
    try:
        try:
            known = await centre.store.idempotency(*busy)
        except StoreDown:
            known = None
        if known is not None:
            if known["digest"] != digest:
                raise Refusal(422, "This Idempotency-Key was used with another body: use a new key for a new call.")
            return Response(orjson.dumps(known["answer"]), known["status"], {"Idempotent-Replayed": "true"}, known["media_type"])
        response = await _take_in(centre, call)
        if response.status_code in {202, 422}:
            try:
                answer = orjson.loads(bytes(response.body))
                await centre.store.remember_idempotency(*busy, digest, response.status_code, response.media_type, answer)
            except StoreDown:
                response.headers["Idempotency-Key-Status"] = "not-kept"
        return response
    finally:
        centre.busy.discard(busy)


async def _take_in(centre: Centre, call: _Call) -> Response:
    claims = call.claims
    items = [_checked_sender(item, claims, centre) for item in await read_body(call.media_type, call.body, call.lane)]
    records = [_outgoing(item, claims, call.traceparent) for item in items]
    watching: AbstractContextManager[Watch | None] = nullcontext()
    if call.wait_s:
        # The watch must begin before the reports are sent, so the receipts must be followed already; else the answer is `pending`.
        with suppress(NotLive):
            await centre.tail.wait_live(min(call.wait_s, FOLLOWED_WITHIN_S))
            watching = centre.tail.watch("receipts", claims.agency)
    with watching as watch:
        try:
            origins = await centre.producer.produce(records)
        except KafkaUnreachable:
            raise Refusal(503, "Kafka cannot be reached: nothing was taken in. Send the same body again.", retry_after=5) from None
        if watch is not None:
            await watch.settled([origin for origin in origins if origin], call.wait_s)
        receipts = [_receipt(centre, claims, item, origin, watch) for item, origin in zip(items, origins, strict=True)]
    refused, unknown = sum(bool(item.problems) for item in items), sum(origin is None for origin in origins)
    log.info("published", agency=claims.agency, lane=call.lane, reports=len(items), refused=refused, unknown=unknown)
    if unknown:
        detail = f"Kafka did not confirm {unknown} of {len(items)} reports. Send the same body again: nothing doubles."
        return problem(503, detail, {"Retry-After": "5"}, receipts=receipts)
    if refused == len(items):
        return problem(422, "Nothing could be accepted: each receipt says what to mend.", receipts=receipts)
    return Response(orjson.dumps({"receipts": receipts}), 202, media_type="application/json")


async def read_body(media_type: str, body: bytes, lane: str) -> list[Item]:
    """The items of a body, giving way to other calls every `TURN_S`. A body that cannot be read is one refused item.

    Raises Refusal 413 past the number of reports that a call may have, 422 where there is none.
    """
    items: list[Item] = []
    turn = perf_counter()
    try:
        for piece in pieces(media_type, body):
            items.append(read_item(piece, lane))
            if perf_counter() - turn > TURN_S:
                await asyncio.sleep(0)
                turn = perf_counter()
    except TooMany:
        raise Refusal(413, "The limit of a call is 10000 reports: send them in parts.", limit=10_000) from None
    except Unreadable as error:
        if not body.strip():
            raise Refusal(422, "The body is empty: send one report, a list, or one report a line.") from None
        return [Item(body[: 2 * MAX_REPORT_BYTES], BULK, problems=(error.problem,))]
    if not items:
        raise Refusal(422, "The body is empty: send one report, a list, or one report a line.")
    return items


def _checked_sender(item: Item, claims: Claims, centre: Centre) -> Item:
    if item.problems or item.originator is None or item.originator == claims.agency:
        return item
    if centre.agencies.may_publish(claims.agency, item.originator):
        return item
    refusal = Problem(
        field="handling.originator",
        reason=f"{claims.agency} may not publish for another agency",
        mend=f"write {claims.agency}, or let the originator send it",
    )
    return Item(item.value, item.channel, item.key, item.originator, item.report_id, item.revision, item.attributes, problems=(refusal,))


def _outgoing(item: Item, claims: Claims, traceparent: str | None) -> Outgoing:
    sender = (("ric_agency", claims.agency.encode()), ("ric_person", claims.person.encode()))
    key = item.key or claims.agency
    if item.event:
        return Outgoing(item.channel, key, item.value, (("content-type", b"application/cloudevents+json"), *sender))
    attributes = dict(item.attributes)
    if attributes and "id" not in attributes:
        attributes |= {
            "specversion": "1.0",
            "id": f"{item.key}/{item.revision}",
            "source": f"/agencies/{claims.agency}",
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
    if attributes and traceparent and "traceparent" not in attributes and _TRACEPARENT.fullmatch(traceparent):
        attributes["traceparent"] = traceparent
    return Outgoing(item.channel, key, item.value, (*kafka_headers(attributes), *sender))


def _receipt(centre: Centre, claims: Claims, item: Item, origin: str | None, watch: Watch | None) -> dict[str, Any]:
    own = {"report_id": item.report_id, "revision": item.revision}
    if origin is None:
        return {"id": None, "href": None, "status": "unknown"} | own
    settled = watch.found.get(origin) if watch is not None else None
    if settled is not None:
        return answers.receipt(centre.ids, claims.agency, settled)
    answer = answers.pending(centre.ids, claims.agency, origin) | own
    if item.problems:
        answer |= {"status": "rejected", "problems": [one.model_dump(exclude_none=True) for one in item.problems]}
    return answer

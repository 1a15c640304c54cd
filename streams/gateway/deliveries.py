"""Controlled deliveries: what officers do, and what they read of it. Forbidden and missing are answered alike."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import orjson
import structlog
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from schemas import alarms
from schemas.acts import ACT, Act
from schemas.channels import is_exercise
from schemas.problems import Problem
from streams.gateway import attached
from streams.gateway.access import Actor, Reader
from streams.gateway.asking import Wait, json_body, officer, other_space, read, refused, told, unreadable
from streams.gateway.centre import Centre, Here, viewer
from streams.gateway.problems import Refusal
from streams.gateway.producer import Outgoing
from streams.gateway.queries import After, Limit, answer, opened, page
from streams.gateway.rooms import fresh_enough
from streams.gateway.seizures import seizure_reports
from streams.gateway.strikers import known_agencies
from streams.gateway.terms import written_due_hours
from streams.gateway.tokens import Claims
from streams.store.aftermath import aftermath
from streams.store.rooms import NO_SUCH, is_member, is_open, may_enter, snapshot_for
from streams.store.terms import due, due_unsigned

INBOX, ANSWERS = "deliveries.inbox", "deliveries.answers"
MAX_ACT_BYTES = 262_144
FRESH_S, FRESH_POLL_S = 2.0, 0.02
REPORT_EVENTS = 100_000
log = structlog.get_logger()
router = APIRouter(tags=["deliveries"])

Lead = Annotated[str, Path(max_length=40, description="The agency that leads it", examples=["TJ-DCA"])]
Number = Annotated[str, Path(max_length=64, description="The lead's number of it", examples=["CD-2026-1"])]
_ACT_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"description": "One act: `Act` of the published schemas", "type": "object"}}},
}


@router.post(
    "/v1/deliveries/acts",
    openapi_extra={"requestBody": _ACT_BODY},
    responses={202: {}, 404: {}, 409: {}, 413: {}, 415: {}, 422: {}, 503: {}},
    summary="Act in a controlled delivery",
)
async def act(request: Request, claims: Actor, centre: Here, wait: Wait = None) -> Response:
    """Applied, or refused with the reason and what stands. 202: not decided yet, read the delivery. Sending the same act again is safe.

    503: Kafka did not confirm: the act may or may not have arrived. Send the same act again.
    """
    said, raw = _read(await json_body(request), claims)
    raw = _opened(said, raw, centre)
    await attached.check(centre, claims, said)
    pinned = {"written_due_hours": await written_due_hours(centre, said) or None, "known_agencies": await known_agencies(centre, said)}
    beside = {name: value for name, value in pinned.items() if value is not None}
    value = orjson.dumps({"type": "act", "by": officer(claims), "act": raw} | beside)
    if len(value) > MAX_ACT_BYTES:
        raise Refusal(413, f"The limit of an act is {MAX_ACT_BYTES} bytes: put long texts into attachments.", limit=MAX_ACT_BYTES)
    record = Outgoing(INBOX, said.delivery, value, (("content-type", b"application/json"),))
    answered = await told(centre, claims, record, ANSWERS, "act", wait)
    if answered is not None and answered.get("first", answered["status"]) == "applied":
        await attached.note(centre, claims, said)
    log.info("act", agency=claims.agency, act=said.act, status=answered["status"] if answered else "pending")
    return _answered(said, answered)


@router.get("/v1/deliveries", summary="Controlled deliveries")
async def listed(
    claims: Reader,
    centre: Here,
    open: Annotated[bool | None, Query(description="Only those that are not closed, or only those that are")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Those that the caller takes part in: snapshots as the caller may see them, the newest change first."""
    found = await centre.store.deliveries(viewer(claims), open, opened(centre, claims, after), limit)
    return answer(page(centre, claims, found, lambda one: one))


@router.get("/v1/deliveries/{lead}/{number}", summary="One controlled delivery", responses={404: {}})
async def one(lead: Lead, number: Number, claims: Reader, centre: Here) -> Response:
    """What stands, the request form, who the caller is in it; once closed the term of keeping: `due`, and `act` review or remove.

    `seizure_reports`: by `originator/report_id`, the id of each that an act named and the caller may read here, or null.
    """
    snapshot, form = await found_for(centre, claims, f"{lead}/{number}")
    shown = {"delivery": snapshot_for(viewer(claims), snapshot), "form": form, "me": _me(claims, snapshot)}
    told = {"seizure_reports": await seizure_reports(centre, claims, snapshot), "retention": await _term(centre, snapshot, form)}
    return answer(shown | told)


@router.get("/v1/deliveries/{lead}/{number}/events", summary="The timeline", responses={404: {}})
async def events(
    *,
    lead: Lead,
    number: Number,
    claims: Reader,
    centre: Here,
    after: Annotated[int, Query(ge=0, le=2**53, description="`next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Events that the caller may see, oldest first; `seq` is an event's place among them.

    `ru`: by `seq`, what the centre itself said there, in Russian. It stands apart: an event's hash is over what was recorded.
    """
    delivery = f"{lead}/{number}"
    await found_for(centre, claims, delivery)
    found = await centre.store.delivery_events(viewer(claims), delivery, after, limit + 1)
    if found is None:
        raise Refusal(404, NO_SUCH)
    items = found[:limit]
    russian = {str(event["seq"]): ru for event in items if (ru := alarms.of_event(event["kind"], event["what"]))}
    return answer({"items": items, "next": items[-1]["seq"] if len(found) > limit else None, "ru": russian})


@router.get("/v1/deliveries/{lead}/{number}/report.json", summary="The after-action report", responses={404: {}})
async def report(lead: Lead, number: Number, claims: Reader, centre: Here) -> Response:
    """The whole timeline with gaps and entries by voice marked, the outcome, and whether the chain of events is intact."""
    return answer(await whole_report(f"{lead}/{number}", claims, centre))


async def whole_report(delivery: str, claims: Claims, centre: Centre) -> dict[str, Any]:
    """The after-action report as the caller may see it. Raises Refusal 404."""
    snapshot, form = await found_for(centre, claims, delivery)
    found = await centre.store.delivery_events(viewer(claims), delivery, 0, REPORT_EVENTS)
    if found is None:
        raise Refusal(404, NO_SUCH)
    shown = snapshot_for(viewer(claims), snapshot)
    term = await _term(centre, snapshot, form)
    # In a thread: every event of the timeline is hashed again.
    whole = await asyncio.to_thread(aftermath, shown, form, found, f"{claims.agency}/{claims.person}", centre.now(), term=term)
    reports = await seizure_reports(centre, claims, snapshot)
    return {"space": claims.space, "exercise": is_exercise(claims.space), "seizure_reports": reports, **whole}


def _read(body: bytes, claims: Claims) -> tuple[Act, Any]:
    """The act, and as it was sent. Raises Refusal 422."""
    said, raw = read(ACT, body, "act")
    lead, _, number = said.delivery.partition("/")
    if said.act == "request" and (lead != claims.agency or not number or "/" in number):
        # Here, and before anything is looked up: the answer to a foreign id must not depend on whether there is such a delivery.
        reason = f"a new delivery's id is {claims.agency}/ and a number without a slash"
        raise unreadable("act", [Problem(field="delivery", reason=reason, mend=f"name it {claims.agency}/…")])
    if said.act == "request" and said.form.exercise != is_exercise(claims.space):
        raise unreadable("act", [other_space("form.exercise", exercise=is_exercise(claims.space))])
    return said, raw


def _opened(said: Act, raw: Any, centre: Centre) -> Any:
    """The act with its sealed word read. Raises Refusal 422, whichever word it is."""
    if said.act != "check_in" or said.word is None:
        return raw
    try:
        duress = centre.ids.word.open(str(said.id), said.word)
    except ValueError as error:
        raise unreadable("act", [Problem(field="word", reason=str(error), mend="sign in again, then check in again")]) from None
    return {name: value for name, value in raw.items() if name != "word"} | {"duress": duress or said.duress}


def _answered(said: Act, told: dict[str, Any] | None) -> Response:
    if told is None:
        return answer({"status": "pending", "act": str(said.id)}, 202)
    # The record's version counts what the caller may not see; what a snapshot shows has a version of its own.
    stands = told.get("stands")
    stands = {name: value for name, value in stands.items() if name != "version"} if stands is not None else None
    if told.get("first", told["status"]) == "refused":
        if told["reason"] == NO_SUCH:
            raise Refusal(404, NO_SUCH)
        return refused(told, "The act was refused", act=str(said.id), stands=stands)
    return answer({"status": told["status"], "act": str(said.id), "stands": stands})


async def found_for(centre: Centre, claims: Claims, delivery: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The recorded snapshot and the form, as new as the feed showed it to the caller. Raises Refusal 404.

    Where the tables have not caught up with the topic it waits a moment; with what the caller may not see it never waits.
    """
    who, loop = viewer(claims), asyncio.get_running_loop()
    until = loop.time() + FRESH_S
    while True:
        found = await centre.store.delivery(who, delivery)
        room = centre.tail.rooms.get(delivery) if centre.tail.live else None
        if room is None:
            break
        if not may_enter(who, room.visibility):
            found = None
            break
        if (found is not None and fresh_enough(who, room, found[0])) or loop.time() >= until:
            break
        await asyncio.sleep(FRESH_POLL_S)
    if found is None:
        raise Refusal(404, NO_SUCH)
    snapshot, form = found
    return snapshot, None if form is None else {name: value for name, value in form.items() if name != "version"}


async def _term(centre: Centre, snapshot: dict[str, Any], form: dict[str, Any] | None) -> dict[str, str] | None:
    if is_open(snapshot):
        return None
    closed, kept_on = await centre.store.delivery_closing(snapshot["delivery"])
    if closed is None:
        return None
    own = (snapshot.get("outcome") or {}).get("retain_until") or (form or {"form": {}})["form"].get("handling", {}).get("retain_until")
    until = datetime.fromisoformat(own) if own else None
    if snapshot["signed_by"] is None:
        return due_unsigned(closed, until, kept_on).told()
    return due(closed, until, kept_on, centre.settings.review_years).told()


def _me(claims: Claims, snapshot: dict[str, Any]) -> dict[str, Any]:
    member = is_member(viewer(claims), snapshot["visibility"])
    return {"agency": claims.agency, "person": claims.person, "member": member, "lead": claims.agency == snapshot["lead"]}

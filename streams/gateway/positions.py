"""`POST /v1/positions`: fixes of tracking devices and AIS. A device has a credential of its own, which opens nothing else (decision 0812).

Its credential says which act placed it, sealed: whoever finds the device learns from it neither the delivery nor the agency.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
import structlog
from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError
from starlette.responses import Response

from schemas.positions import MOST_FIXES, Fix
from schemas.problems import Problem, problems
from streams.gateway.access import Actor, Reader, device_credential
from streams.gateway.asking import json_body
from streams.gateway.budget import Allowance
from streams.gateway.centre import Centre, Here, centre_of, viewer
from streams.gateway.deliveries import FRESH_POLL_S, FRESH_S, Lead, Number, found_for
from streams.gateway.live import NotLive
from streams.gateway.places import Bound, Places
from streams.gateway.problems import Refusal
from streams.gateway.producer import KafkaUnreachable, Outgoing
from streams.gateway.queries import answer
from streams.gateway.tokens import Claims
from streams.gateway.way import way
from streams.store.rooms import NO_SUCH, may_enter

INBOX = "positions.inbox"
MAX_FIXES_BYTES = 131_072
BURST_FIXES, FIXES_PER_S = 5_000.0, 10.0
"""So many at once, for a device that was long without a line; and so many a second in the long run."""

PATIENT_S = 2.0
log = structlog.get_logger()
router = APIRouter(tags=["deliveries"])

_FIXES_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"description": f"One fix, or a list of up to {MOST_FIXES}", "type": ["object", "array"]}}},
}
DeviceId = Annotated[UUID, Path(description="The act that placed the device")]


@dataclass(frozen=True, slots=True)
class Reporting:
    """A device that calls, and what it reports for."""

    id: UUID
    bound: Bound


async def reporting(request: Request) -> Reporting:
    """The device whose credential the call has. Raises Refusal 401 alike for what is none, was removed, or is over with its part."""
    centre = centre_of(request)
    credential = device_credential(request.state)
    if credential is None:
        raise Refusal(403, "This call is for tracking devices: send the device's credential, not a person's token.")
    opened = centre.ids.unseal("device", "", credential)
    if opened is None:
        raise _unknown()
    try:
        await centre.tail.wait_live(PATIENT_S)
    except NotLive:
        raise Refusal(503, "The centre cannot look up devices now: keep the fixes and send them again.", retry_after=5) from None
    device = UUID(bytes=opened)
    bound = centre.tail.rooms.places.bound(str(device))
    if bound is None:
        raise _unknown()
    return Reporting(device, bound)


Device = Annotated[Reporting, Depends(reporting)]


@router.post(
    "/v1/positions",
    status_code=202,
    openapi_extra={"requestBody": _FIXES_BODY},
    responses={413: {}, 415: {}, 422: {}, 429: {}, 503: {}},
    summary="Report positions of a device",
)
async def report(request: Request, device: Device, centre: Here) -> Response:
    """For a tracking device, with its own credential. 202: every fix that is not in `refused` is kept. Sending one again is safe.

    503: they may or may not have arrived: send them again. 429: too many at once, none was kept: send them later.
    """
    fixes, refused, count = _read(await json_body(request), device.bound)
    if not fixes:
        raise Refusal(
            422,
            "None of these is a fix that the centre can take: see problems.",
            problems=[each for one in refused for each in one["problems"]],
        )
    allowance = centre.allowances.setdefault(str(device.id), Allowance(BURST_FIXES, FIXES_PER_S))
    if not allowance.take(len(fixes), asyncio.get_running_loop().time()):
        raise Refusal(
            429, f"A device sends {FIXES_PER_S:g} fixes a second in the long run: keep these and send them later.", retry_after=60
        )
    value = orjson.dumps({"type": "fixes", "device": str(device.id), "fixes": fixes})
    detail = "Kafka did not confirm: the fixes may or may not have arrived. Send them again, each has one effect."
    try:
        [origin] = await centre.producer.produce([Outgoing(INBOX, device.bound.delivery, value, (("content-type", b"application/json"),))])
    except KafkaUnreachable:
        raise Refusal(503, detail, retry_after=5) from None
    if origin is None:
        raise Refusal(503, detail, retry_after=5)
    log.debug("fixes", device=str(device.id), taken=len(fixes), refused=count - len(fixes))
    return answer({"taken": len(fixes), "refused": refused}, 202)


@router.get("/v1/positions", summary="What a device's credential is for")
async def credential_of(device: Device) -> Response:
    """Kind and number of the device: a receiver of AIS learns which ship to listen for, and nothing of the delivery."""
    return answer({"kind": device.bound.kind, "device": device.bound.device})


@router.post(
    "/v1/deliveries/{lead}/{number}/devices/{device}/credential",
    summary="The credential of a tracking device",
    responses={404: {}, 503: {}},
)
async def credential(lead: Lead, number: Number, device: DeviceId, claims: Actor, centre: Here) -> Response:
    """For officers of the agency that placed it, or that is in control: what the device sends as its bearer token to `/v1/positions`.

    It ends when the device is removed or its part is over. The same device has the same credential.
    """
    delivery, name = f"{lead}/{number}", str(device)
    loop = asyncio.get_running_loop()
    until = loop.time() + FRESH_S
    while True:
        places, visible = _places(centre, claims, delivery)
        bound = places.bound(name)
        if bound is not None or not visible or loop.time() >= until:
            break
        # The act that placed it was answered a moment before the snapshot is read.
        await asyncio.sleep(FRESH_POLL_S)
    if not visible or bound is None or bound.delivery != delivery:
        raise Refusal(404, NO_SUCH if not visible else "no such device reports for this delivery")
    if claims.agency not in bound.agencies:
        raise Refusal(403, f"The credential is for officers of {' and '.join(sorted(bound.agencies - {''}))}.")
    log.info("device credential", agency=claims.agency, person=claims.person, device=name)
    return answer({"credential": centre.ids.seal("device", "", device.bytes), "kind": bound.kind, "device": bound.device})


@router.get("/v1/deliveries/positions", summary="Where the devices of all deliveries are", responses={503: {}})
async def everywhere(claims: Reader, centre: Here) -> Response:
    """The newest position of each device of every open delivery that the caller sees; trails are asked for by delivery."""
    if not centre.tail.live:
        raise _not_live()
    rooms, who = centre.tail.rooms, viewer(claims)
    seen = (each for each in rooms.places.deliveries() if (room := rooms.get(each)) is not None and may_enter(who, room.visibility))
    return answer({"items": [view for delivery in seen for view in rooms.places.newest(delivery)]})


@router.get("/v1/deliveries/{lead}/{number}/way", summary="The planned way on the map", responses={404: {}})
async def planned(lead: Lead, number: Number, claims: Reader, centre: Here) -> Response:
    """Of each part the points where its legs begin and end, as far as the gazetteer knows the places that the plan names."""
    snapshot, _ = await found_for(centre, claims, f"{lead}/{number}")
    # The gazetteer is read with the first.
    return answer({"parts": await asyncio.to_thread(way, snapshot)})


@router.get("/v1/deliveries/{lead}/{number}/positions", summary="Where the devices of a delivery are", responses={404: {}, 503: {}})
async def positions(lead: Lead, number: Number, claims: Reader, centre: Here) -> Response:
    """Of each device the newest position and its trail, points as `[lon, lat, milliseconds, jump]`. The feed tells what comes after."""
    delivery = f"{lead}/{number}"
    places, visible = _places(centre, claims, delivery)
    if not visible:
        raise Refusal(404, NO_SUCH)
    return answer({"items": places.of(delivery)})


def _places(centre: Centre, claims: Claims, delivery: str) -> tuple[Places, bool]:
    """The index, and whether the caller sees the delivery. Raises Refusal 503 where it is not known what stands."""
    if not centre.tail.live:
        raise _not_live()
    room = centre.tail.rooms.get(delivery)
    return centre.tail.rooms.places, room is not None and may_enter(viewer(claims), room.visibility)


def _read(body: bytes, bound: Bound) -> tuple[list[Any], list[dict[str, Any]], int]:
    """Fixes as they were sent, those that are none with their problems, and how many there were. Raises Refusal 422."""
    try:
        raw = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refusal(422, "This is not JSON in UTF-8: send one fix, or a list.") from None
    items = raw if isinstance(raw, list) else [raw]
    if not 1 <= len(items) <= MOST_FIXES:
        raise Refusal(422, f"A call has 1 to {MOST_FIXES} fixes, this one {len(items)}: send them in parts.")
    fixes, refused = [], []
    for index, item in enumerate(items):
        wrong = _wrong(item, bound)
        if wrong:
            refused.append({"index": index, "problems": [each.model_dump() for each in wrong]})
        else:
            fixes.append(item)
    return fixes, refused, len(items)


def _wrong(item: Any, bound: Bound) -> list[Problem]:
    try:
        fix = Fix.model_validate(item)
    except ValidationError as error:
        return [each.model_copy(update={"field": "(whole fix)"}) if each.field == "(whole report)" else each for each in problems(error)]
    if bound.kind == "ais" and fix.mmsi != bound.device:
        reason = "the position is of another ship than this credential is for" if fix.mmsi else "a position from AIS names its ship"
        return [Problem(field="mmsi", reason=reason, mend=f"send positions of {bound.device} alone")]
    return []


def _not_live() -> Refusal:
    """Nobody knows where the devices are now."""
    return Refusal(503, "Positions are not live: Kafka cannot be reached.", retry_after=5)


def _unknown() -> Refusal:
    detail = "This is no credential of a device that reports now. Whoever placed it can tell."
    return Refusal(401, detail, headers={"WWW-Authenticate": 'Bearer realm="ric"'})

"""Files of a delivery's room, for those who see the room: what they are, a small picture first, and the bytes without where and with what
they were made. The original is for the agency that sent it, and for the lead that has asked for it in the room.

Membership is asked for each call: an id or a hash learnt elsewhere opens nothing.
"""

import asyncio
import re
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Header
from starlette.responses import Response, StreamingResponse

from streams.gateway.access import Reader
from streams.gateway.attached import NO_ATTACHMENT
from streams.gateway.centre import Centre, Here, viewer
from streams.gateway.deliveries import Lead, Number
from streams.gateway.problems import Refusal
from streams.gateway.queries import answer
from streams.gateway.tokens import Claims
from streams.gateway.uploads import COLLECTION, enter

NAMED_WITHIN_S, POLL_S = 2.0, 0.05
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "video/mp4": "mp4",
    "audio/mp4": "m4a",
}
_SAFE = {"Content-Security-Policy": "sandbox; default-src 'none'", "Accept-Ranges": "bytes"}
_FROM = re.compile(r"bytes=(\d{1,15})-")
log = structlog.get_logger()
router = APIRouter(tags=["attachments"])

Range = Annotated[str | None, Header(max_length=100, description="`bytes=N-`: the rest after a line that broke")]
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}},
    206: {},
    403: {},
    404: {},
    409: {},
    416: {},
}


@router.get(f"{COLLECTION}/{{id}}", summary="An attachment", responses={404: {}})
async def one(lead: Lead, number: Number, id: UUID, claims: Reader, centre: Here) -> Response:
    """What it is and how it stands: `state` is `open`, `received` (being examined), `ready` or `refused` (with `code` and `reason`).

    `scanned` is false where the centre has no scanner. `original`: whether the caller may have the original's bytes.
    """
    delivery = f"{lead}/{number}"
    row = await _found(centre, claims, delivery, id)
    own = row["agency"] == claims.agency
    said = {
        "id": str(row["upload"]),
        "delivery": delivery,
        "by": f"{row['agency']}/{row['person']}",
        # A name that a device or a person gave tells of them.
        "name": row["name"] if own else None,
        **{
            name: row[name]
            for name in ("sha256", "media_type", "state", "code", "reason", "width", "height", "thumbnail", "scanned", "named")
        },
        "bytes": row["length"],
        "content_bytes": row["shown_bytes"] or (row["length"] if row["state"] == "ready" else None),
        "created": row["created"].isoformat(timespec="seconds"),
        "original": await _has_original(centre, claims, delivery, row),
    }
    return answer(said)


@router.get(f"{COLLECTION}/{{id}}/thumbnail", summary="Its small picture", responses=_BYTES, response_class=Response)
async def thumbnail(lead: Lead, number: Number, id: UUID, claims: Reader, centre: Here) -> Response:
    """A JPEG of at most 20 000 bytes. 404 for what has none: recordings and text."""
    row = _ready(await _found(centre, claims, f"{lead}/{number}", id))
    content = await centre.attachments.thumbnail(row["upload"]) if row["thumbnail"] else None
    if content is None:
        raise Refusal(404, "It has no small picture.")
    return Response(content, media_type="image/jpeg", headers=_SAFE | _disposition(row, "jpg", "-small"))


@router.get(f"{COLLECTION}/{{id}}/content", summary="Its bytes, without metadata", responses=_BYTES, response_class=Response)
async def content(lead: Lead, number: Number, id: UUID, claims: Reader, centre: Here, range: Range = None) -> Response:  # noqa: PLR0917
    """Pictures and papers encoded anew, recordings with sound and picture alone: no place, device, author or time is in them."""
    row = _ready(await _found(centre, claims, f"{lead}/{number}", id))
    return _bytes(centre, row, range, shown=row["shown_bytes"] is not None)


@router.get(f"{COLLECTION}/{{id}}/original", summary="The original's bytes", responses=_BYTES, response_class=Response)
async def original(lead: Lead, number: Number, id: UUID, claims: Reader, centre: Here, range: Range = None) -> Response:  # noqa: PLR0917
    """Byte for byte as it was sent, with everything that is in it."""
    delivery = f"{lead}/{number}"
    row = _ready(await _found(centre, claims, delivery, id))
    if not await _has_original(centre, claims, delivery, row):
        raise Refusal(403, f"The original is {row['agency']}'s. The lead may ask for it in the room, with the reason, for all to read.")
    log.info("original given", agency=claims.agency, person=claims.person)
    return _bytes(centre, row, range, shown=False)


async def _found(centre: Centre, claims: Claims, delivery: str, upload: UUID) -> dict[str, Any]:
    """The attachment. Raises Refusal 404.

    An event may be told before what it names has been noted as the room's, and before the tables have the event: a moment is waited, for
    whatever id is asked.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + NAMED_WITHIN_S
    while True:
        await enter(centre, claims, delivery)
        row = await centre.attachments.one(viewer(claims), delivery, upload)
        if row is not None:
            return row
        if loop.time() >= until:
            raise Refusal(404, NO_ATTACHMENT)
        await asyncio.sleep(POLL_S)


async def _has_original(centre: Centre, claims: Claims, delivery: str, row: dict[str, Any]) -> bool:
    if row["agency"] == claims.agency:
        return True
    lead = delivery.partition("/")[0]
    return claims.agency == lead and await centre.attachments.has_asked(claims.agency, delivery, row["upload"])


def _ready(row: dict[str, Any]) -> dict[str, Any]:
    if row["state"] == "ready":
        return row
    if row["state"] == "refused":
        raise Refusal(409, f"It was refused: {row['reason']}.")
    raise Refusal(409, "It is not whole yet, or being examined. Ask again shortly.")


def _bytes(centre: Centre, row: dict[str, Any], asked: str | None, *, shown: bool) -> Response:
    size = row["shown_bytes"] if shown else row["length"]
    found = _FROM.fullmatch(asked or "")
    start = int(found[1]) if found is not None else 0
    if start >= size:
        raise Refusal(416, f"It has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
    headers = _SAFE | _disposition(row, ENDINGS[row["media_type"]], "" if shown else "-original")
    headers |= {"Content-Length": str(size - start), "ETag": f'"{row["upload"]}-{"shown" if shown else "original"}"'}
    if found is not None:
        headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    body = centre.attachments.bytes_of(row["upload"], shown=shown, start=start)
    return StreamingResponse(body, 206 if found is not None else 200, headers, row["media_type"])


def _disposition(row: dict[str, Any], ending: str, which: str) -> dict[str, str]:
    """Never shown as a page of ours, whatever it is; a name of our own."""
    return {"Content-Disposition": f'attachment; filename="{str(row["upload"])[:8]}{which}.{ending}"'}

"""Files for a delivery's room, uploaded over a bad line: tus 1.0.0 with creation, expiration, checksum and termination (decision 0811).

An offset that was acknowledged is on the disk. An upload is its officer's alone, of one delivery, and only while he is in its room.
"""

import asyncio
import hashlib
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Callable
from datetime import UTC
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Header, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from streams.attachments.kinds import MAX_BYTES
from streams.gateway.access import Actor, Anyone
from streams.gateway.attached import NO_ATTACHMENT
from streams.gateway.centre import Centre, Here, viewer
from streams.gateway.deliveries import Lead, Number, found_for
from streams.gateway.problems import Refusal
from streams.gateway.tokens import Claims
from streams.store.attachments import Bounds, OtherLength, OtherOffset, TooMuch, Upload
from streams.store.rooms import NO_SUCH, is_open, may_enter

VERSION = "1.0.0"
BOUNDS = Bounds(open=10, day_bytes=500 * 1024 * 1024)
MAX_CHECKED_BYTES = 4 * 1024 * 1024
PIECE, PIECE_S = 256 * 1024, 2.0
COLLECTION = "/v1/deliveries/{lead}/{number}/attachments"
PATHS = re.compile(r"/v1/deliveries/[^/]+/[^/]+/attachments(/[^/]+)?")
"""Where a body may be as large as a file."""
_ALGORITHMS: dict[str, Callable[[bytes], Any]] = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}
_BYTES = "application/offset+octet-stream"
_SPOKEN = {"Tus-Resumable": VERSION}
_ABLE = {
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,creation-with-upload,expiration,checksum,termination",
    "Tus-Max-Size": str(MAX_BYTES),
    "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
}
log = structlog.get_logger()
router = APIRouter(tags=["attachments"])

Resumable = Annotated[str | None, Header(alias="Tus-Resumable", max_length=20, examples=[VERSION])]
Length = Annotated[str | None, Header(alias="Upload-Length", max_length=20, description="The file's size in bytes")]
Offset = Annotated[str | None, Header(alias="Upload-Offset", max_length=20, description="Where the bytes of this call begin")]
Metadata = Annotated[
    str | None,
    Header(alias="Upload-Metadata", max_length=2000, description="`sha256` of the file (hex) and, if wanted, `filename`; values in base64"),
]
Checksum = Annotated[
    str | None, Header(alias="Upload-Checksum", max_length=200, description="`sha256` or `sha1`, and the digest in base64")
]


@router.options(COLLECTION, summary="What uploads can do", status_code=204)
async def options(lead: Lead, number: Number, who: Anyone) -> Response:
    """The versions and extensions of tus that are spoken here, and the largest file. It says nothing of the delivery."""
    return Response(status_code=204, headers=_SPOKEN | _ABLE)


@router.post(
    COLLECTION,
    summary="Begin an upload",
    status_code=201,
    responses={404: {}, 409: {}, 412: {}, 413: {}, 415: {}, 422: {}, 429: {}, 460: {}},
)
async def begin(
    *,
    request: Request,
    lead: Lead,
    number: Number,
    claims: Actor,
    centre: Here,
    resumable: Resumable = None,
    length: Length = None,
    metadata: Metadata = None,
    checksum: Checksum = None,
) -> Response:
    """The upload's address in `Location`. Of the same file again, by the same officer, it is the same upload, where it stands.

    A body with `Content-Type: application/offset+octet-stream` is taken as its first bytes.
    """
    _speaks(resumable)
    delivery, size = f"{lead}/{number}", _number(length, "Upload-Length")
    snapshot, _ = await _within(found_for(centre, claims, delivery))
    if not is_open(snapshot):
        raise _refusal(409, "The delivery is closed: nothing is attached to it any more.")
    if not 1 <= size <= MAX_BYTES:
        raise _refusal(413, f"A file has 1 to {MAX_BYTES} bytes: make it smaller, or cut it.", limit=MAX_BYTES)
    sha256, name = _described(metadata)
    try:
        upload = await centre.attachments.begin(viewer(claims), delivery, sha256=sha256, length=size, name=name, bounds=BOUNDS)
    except OtherLength:
        raise _refusal(409, "There is an upload with this SHA-256 and another length: read the file again.") from None
    except TooMuch as error:
        raise _too_much(error) from None
    headers = {"Location": f"/v1/deliveries/{delivery}/attachments/{upload.upload}"} | _stands(upload)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _BYTES and upload.received == 0:
        after = await _take(request, centre, claims, delivery, upload, 0, checksum)
        headers["Upload-Offset"] = str(after)
    return Response(status_code=201, headers=headers)


@router.head(f"{COLLECTION}/{{id}}", summary="How far an upload has come", responses={404: {}, 412: {}})
async def stands(lead: Lead, number: Number, id: UUID, claims: Actor, centre: Here, resumable: Resumable = None) -> Response:  # noqa: PLR0917
    """`Upload-Offset`: how many bytes are safe. Go on from there."""
    _speaks(resumable)
    upload = await _own(centre, claims, f"{lead}/{number}", id)
    return Response(status_code=200, headers=_stands(upload))


@router.patch(
    f"{COLLECTION}/{{id}}",
    summary="Go on with an upload",
    status_code=204,
    responses={404: {}, 409: {}, 412: {}, 413: {}, 415: {}, 422: {}, 460: {}},
)
async def go_on(
    *,
    request: Request,
    lead: Lead,
    number: Number,
    id: UUID,
    claims: Actor,
    centre: Here,
    resumable: Resumable = None,
    offset: Offset = None,
    checksum: Checksum = None,
) -> Response:
    """Bytes from `Upload-Offset` on. Where the line breaks, what came is kept, unless a checksum was to vouch for it: ask with HEAD.

    409: it stands elsewhere, at the `Upload-Offset` of the answer. 460: the bytes are not those of the checksum, none was taken.
    """
    _speaks(resumable)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _BYTES:
        raise _refusal(415, f"Send {_BYTES}.")
    at, delivery = _number(offset, "Upload-Offset"), f"{lead}/{number}"
    upload = await _own(centre, claims, delivery, id)
    if at != upload.received:
        raise _elsewhere(upload.received)
    after = await _take(request, centre, claims, delivery, upload, at, checksum)
    return Response(status_code=204, headers=_stands(upload) | {"Upload-Offset": str(after)})


@router.delete(f"{COLLECTION}/{{id}}", summary="Give an upload up", status_code=204, responses={404: {}, 409: {}, 412: {}})
async def end(lead: Lead, number: Number, id: UUID, claims: Actor, centre: Here, resumable: Resumable = None) -> Response:  # noqa: PLR0917
    """Its bytes are removed. What an act has named stays: 409."""
    _speaks(resumable)
    delivery = f"{lead}/{number}"
    await _own(centre, claims, delivery, id)
    if not await centre.attachments.end(viewer(claims), delivery, id):
        raise _refusal(409, "It is named in the room: what is in the record is not removed.")
    return Response(status_code=204, headers=_SPOKEN)


async def enter(centre: Centre, claims: Claims, delivery: str) -> None:
    """Return where the caller sees the delivery now. Raises Refusal 404."""
    room = centre.tail.rooms.get(delivery) if centre.tail.live else None
    if room is None:
        await found_for(centre, claims, delivery)
    elif not may_enter(viewer(claims), room.visibility):
        raise Refusal(404, NO_SUCH)


async def _own(centre: Centre, claims: Claims, delivery: str, upload: UUID) -> Upload:
    await _within(enter(centre, claims, delivery))
    found = await centre.attachments.upload(viewer(claims), delivery, upload)
    if found is None:
        raise _refusal(404, NO_ATTACHMENT)
    return found


async def _take(request: Request, centre: Centre, claims: Claims, delivery: str, upload: Upload, at: int, checksum: str | None) -> int:  # noqa: PLR0917
    """Take the body from `at` on; the offset after it."""

    async def keep(piece: bytes, start: int) -> int:
        if start + len(piece) > upload.length:
            raise _refusal(413, f"The upload has {upload.length} bytes: these go past its end.", limit=upload.length)
        try:
            after = await centre.attachments.append(viewer(claims), delivery, upload.upload, start, piece)
        except OtherOffset as error:
            raise _elsewhere(error.offset) from None
        if after is None:
            raise _refusal(404, NO_ATTACHMENT)
        return after

    if checksum is not None:
        body = await _checked(request, centre, checksum)
        after = await keep(body, at) if body else at
    else:
        after = await _streamed(request, keep, at)
    if after == upload.length:
        centre.examiner.wake()
        log.info("attachment is whole", agency=claims.agency, bytes=upload.length)
    return after


async def _streamed(request: Request, keep: Callable[[bytes, int], Any], at: int) -> int:
    """Every 256 KiB and every two seconds what came is kept, and what came before the line broke or stood still."""
    loop = asyncio.get_running_loop()
    waiting, kept = bytearray(), loop.time()
    try:
        async for piece in request.stream():
            waiting += piece
            if len(waiting) >= PIECE or (waiting and loop.time() - kept >= PIECE_S):
                at, kept = await keep(bytes(waiting), at), loop.time()
                waiting.clear()
    except (ClientDisconnect, Refusal):
        if waiting:
            await keep(bytes(waiting), at)
        raise
    return await keep(bytes(waiting), at) if waiting else at


async def _checked(request: Request, centre: Centre, checksum: str) -> bytes:
    """The whole body, vouched for. Raises Refusal 422 for a checksum that cannot be read, 460 where it is another's."""
    algorithm, _, digest = checksum.strip().partition(" ")
    if algorithm not in _ALGORITHMS:
        raise _refusal(422, f"Upload-Checksum is one of {', '.join(_ALGORITHMS)}, and the digest in base64.")
    try:
        expected = b64decode(digest, validate=True)
    except (Error, ValueError):
        raise _refusal(422, "The digest in Upload-Checksum is not base64.") from None
    length = request.headers.get("content-length", "")
    size = int(length) if length.isdigit() else MAX_CHECKED_BYTES
    too_large = _refusal(413, f"With a checksum send at most {MAX_CHECKED_BYTES} bytes at once.", limit=MAX_CHECKED_BYTES)
    if size > MAX_CHECKED_BYTES:
        raise too_large
    async with centre.bodies.hold(size):
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_CHECKED_BYTES:
                raise too_large
        if _ALGORITHMS[algorithm](bytes(body)).digest() != expected:
            raise _refusal(460, "The bytes are not those of Upload-Checksum: none was taken. Send them again.")
        return bytes(body)


def _speaks(version: str | None) -> None:
    if version != VERSION:
        raise _refusal(412, f"Send Tus-Resumable: {VERSION}.", {"Tus-Version": VERSION})


def _number(value: str | None, header: str) -> int:
    if value is None or not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise _refusal(422, f"{header} must be a number of bytes.")
    return int(value)


def _described(metadata: str | None) -> tuple[str, str | None]:
    """SHA-256 and name from Upload-Metadata. Raises Refusal 422."""
    said: dict[str, str] = {}
    for pair in (metadata or "").split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            said[key] = b64decode(value, validate=True).decode()
        except (Error, ValueError):
            raise _refusal(422, f"The value of {key[:40]!r} in Upload-Metadata is not text in base64.") from None
    sha256 = said.get("sha256", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise _refusal(
            422, "Upload-Metadata lacks the file's sha256 (64 hexadecimal digits, in base64): it is checked when all has arrived."
        )
    plain = "".join(each for each in said.get("filename", "") if each.isprintable()).replace("\\", "/").rpartition("/")[2].strip()
    return sha256, plain[:120] or None


def _stands(upload: Upload) -> dict[str, str]:
    found = _SPOKEN | {"Upload-Offset": str(upload.received), "Upload-Length": str(upload.length), "Cache-Control": "no-store"}
    if upload.state == "open":
        found["Upload-Expires"] = upload.expires.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return found


def _elsewhere(offset: int) -> Refusal:
    return _refusal(409, f"The upload stands at {offset}: go on from there.", {"Upload-Offset": str(offset)}, offset=offset)


def _too_much(error: TooMuch) -> Refusal:
    if error.bound == "open":
        return _refusal(429, f"You have {BOUNDS.open} uploads open: finish them, or give some up.", limit=BOUNDS.open)
    return _refusal(429, f"An officer uploads at most {BOUNDS.day_bytes} bytes a day.", limit=BOUNDS.day_bytes)


def _refusal(status: int, detail: str, headers: dict[str, str] | None = None, **extra: Any) -> Refusal:
    return Refusal(status, detail, headers=_SPOKEN | (headers or {}), **extra)


async def _within(asked: Any) -> Any:
    """What was asked; a refusal says the protocol's version too, as all of its answers do."""
    try:
        return await asked
    except Refusal as refusal:
        raise Refusal(refusal.status_code, refusal.detail, headers={**(refusal.headers or {}), **_SPOKEN}, **refusal.extra) from None

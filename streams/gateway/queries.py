"""What people read: reports, receipts, search, counters, the map, proposals, dead letters. Every answer passes `answers`."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from schemas.channels import is_exercise
from schemas.identity import receipt_uuid
from schemas.receipts import Status
from streams.gateway import answers
from streams.gateway.access import Anyone, HoldReader, Reader, Receiver
from streams.gateway.centre import Centre, Here, viewer
from streams.gateway.ids import Kind
from streams.gateway.meaning import meanings, slug
from streams.gateway.problems import Refusal, missing
from streams.gateway.tokens import Claims
from streams.store.counters import WINDOWS, Window
from streams.store.paging import Page
from streams.store.search import BadSearch, BBox, Search
from streams.store.visibility import may_list_holds, may_release

MAX_POINTS = 1_000
SETTLE_S = 5.0
router = APIRouter(tags=["read"])

Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str | None, Query(max_length=2000, description="`next` of the page before")]
Settled = Annotated[str | None, Query(max_length=2000, description="A receipt's id: answer once its report can be read, in 5 s")]
Text = Annotated[str | None, Query(max_length=200)]
Box = Annotated[str | None, Query(max_length=100, description="west,south,east,north in degrees")]


def answer(body: Any, status: int = 200) -> Response:
    """JSON. Times are RFC 3339, decimals strings."""
    return Response(orjson.dumps(body, default=str), status, media_type="application/json")


@router.get("/v1/me", summary="Who am I")
async def me(claims: Anyone, centre: Here) -> Response:
    """Person, agency, role, space and expiry of the token or session; `exercise`: whether the space is one for training.

    `word`: the key that a phone seals a check-in's word with (P-256, base64url).
    `desk`: how the duty desk is called; null where nobody said.
    """
    said = {name: getattr(claims, name) for name in ("person", "agency", "country", "role", "supervises", "space", "expires")}
    return answer(said | {"exercise": is_exercise(claims.space), "word": centre.ids.word.public, "desk": centre.settings.desk_contact})


@router.get("/v1/receipts/{id}", summary="One receipt", responses={404: {}})
async def receipt(id: str, claims: Receiver, centre: Here) -> Response:
    """The agency's own receipt; `pending` where the report is safe in Kafka and not decided yet."""
    origin = centre.ids.unseal("receipt", claims.agency, id)
    if origin is None:
        raise missing()
    found = await centre.store.receipt(claims.agency, receipt_uuid(origin.decode()))
    return answer(
        answers.receipt(centre.ids, claims.agency, found) if found else answers.pending(centre.ids, claims.agency, origin.decode())
    )


@router.get("/v1/receipts", summary="Own receipts, newest first")
async def receipts(claims: Receiver, centre: Here, status: Status | None = None, after: After = None, limit: Limit = 50) -> Response:
    """Receipts of the agency's own reports."""
    found = await centre.store.receipts(claims.agency, status, opened(centre, claims, after), limit)
    return answer(page(centre, claims, found, lambda one: answers.receipt(centre.ids, claims.agency, one)))


@router.get("/v1/reports/{id}", summary="One report", responses={404: {}})
async def report(id: str, claims: Reader, centre: Here, after: Settled = None) -> Response:
    """The report as sent, its enrichment, revisions, own receipts, and proposals for coordinators."""
    await _settle(centre, claims, after)
    uuid = unsealed(centre, claims, "report", id)
    found = await centre.store.report(viewer(claims), uuid)
    if found is None:
        raise missing()
    return answer(answers.report(centre.ids, claims.agency, found))


@router.get("/v1/search", summary="Search reports")
async def search(
    *,
    claims: Reader,
    centre: Here,
    q: Annotated[str | None, Query(max_length=200, description="Words in any script")] = None,
    substance: Text = None,
    country: Text = None,
    agency: Text = None,
    kind: Text = None,
    identifier: Annotated[str | None, Query(max_length=200, description="A container, phone, document … number in any spelling")] = None,
    start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    bbox: Box = None,
    limit: Limit = 50,
    cursor: After = None,
    after: Settled = None,
) -> Response:
    """Summaries, and how many there are in all: among what the caller may see.

    A word that names a substance, a country, a crossing or a town finds it under all its names: `героин` also finds `heroin`.
    """
    await _settle(centre, claims, after)
    meant = await asyncio.to_thread(meanings, q) if q else ()
    named = await asyncio.to_thread(slug, substance) if substance else None
    box, place = _box(bbox), opened(centre, claims, cursor)
    try:
        asked = Search(q, named or substance, country, agency, kind, identifier, start, end, box, limit, place, meant)
    except BadSearch as error:
        raise Refusal(422, str(error)) from error
    found = await centre.store.search(viewer(claims), asked)
    return answer(page(centre, claims, found, lambda one: answers.summary(centre.ids, claims.agency, one)))


@router.get("/v1/counters", summary="Counts")
async def counters(claims: Reader, centre: Here, window: Annotated[set[Window] | None, Query()] = None) -> Response:
    """Of the last day, the last week and all, or of the windows asked for: by kind, substance and country, over what the caller may see.

    To count all takes long where there are many; a page that follows reports live asks for the day and the week.
    """
    return answer(await centre.store.counters(viewer(claims), centre.now(), window or WINDOWS))


@router.get("/v1/map", summary="Seizures on the map")
async def points(
    *,
    claims: Reader,
    centre: Here,
    bbox: Box = None,
    start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> Response:
    """GeoJSON (RFC 7946): one point a seizure, its properties the summary; the newest 1 000."""
    found = await centre.store.points(viewer(claims), _box(bbox), start, end, MAX_POINTS)
    features = [answers.feature(centre.ids, claims.agency, one) for one in found]
    return answer({"type": "FeatureCollection", "features": features})


@router.get("/v1/incidents", summary="Proposals that two reports are one seizure")
async def incidents(claims: Reader, centre: Here, after: After = None, limit: Limit = 50) -> Response:
    """For coordinators who may see both reports; empty for everybody else."""
    found = await centre.store.incidents(viewer(claims), opened(centre, claims, after), limit)
    return answer(page(centre, claims, found, lambda one: answers.proposal(centre.ids, claims.agency, one)))


@router.get("/v1/rejected", summary="Dead letters")
async def rejected(claims: Reader, centre: Here, after: After = None, limit: Limit = 50) -> Response:
    """What could not be processed: the own agency's, all for the steward."""
    found = await centre.store.rejected(viewer(claims), opened(centre, claims, after), limit)
    return answer(page(centre, claims, found, lambda one: answers.letter(centre.ids, claims.agency, one)))


@router.get("/v1/rejected/{id}", summary="One dead letter with its bytes", responses={404: {}})
async def letter(id: str, claims: Reader, centre: Here) -> Response:
    """As sent, in base64."""
    found = await centre.store.rejected_one(viewer(claims), unsealed(centre, claims, "letter", id))
    if found is None:
        raise missing()
    return answer(answers.letter(centre.ids, claims.agency, found))


@router.get("/v1/holds", summary="What is held")
async def holds(claims: HoldReader, centre: Here) -> Response:
    """Which reports are held, by whom and why: no content. A coordinator finds those that they held themselves."""
    if not (may_list_holds(viewer(claims)) or may_release(viewer(claims))):
        raise missing()
    found = await centre.store.holds(viewer(claims))
    return answer({"items": [answers.summary(centre.ids, claims.agency, one) for one in found], "next": None})


def unsealed(centre: Centre, claims: Claims, kind: Kind, text: str) -> UUID:
    """The UUID behind a sealed id. Raises Refusal 404 for any other text."""
    value = centre.ids.unseal(kind, claims.agency, text)
    if value is None or len(value) != 16:
        raise missing()
    return UUID(bytes=value)


async def _settle(centre: Centre, claims: Claims, receipt_id: str | None) -> None:
    """Read what you wrote: wait until what this receipt speaks of can be read. Raises Refusal 422 for what is no receipt of the caller."""
    if receipt_id is None:
        return
    origin = centre.ids.unseal("receipt", claims.agency, receipt_id)
    if origin is None:
        raise Refusal(422, "after is not one of your receipts: give the id of one, or leave it out.")
    await centre.store.wait_receipt(claims.agency, receipt_uuid(origin.decode()), SETTLE_S)


def page(centre: Centre, claims: Claims, found: Page, each: Any) -> dict[str, Any]:
    """A page as it leaves the centre: its items, each made ready, and the sealed cursor."""
    following = centre.ids.seal("page", claims.agency, found.next.encode()) if found.next else None
    body: dict[str, Any] = {"items": [each(one) for one in found.items], "next": following}
    return body | ({"total": found.total} if found.total is not None else {})


def opened(centre: Centre, claims: Claims, cursor: str | None) -> str | None:
    """The store's own cursor: it names a row, so it is sealed on its way out. Raises Refusal 422."""
    if cursor is None:
        return None
    value = centre.ids.unseal("page", claims.agency, cursor)
    if value is None:
        raise Refusal(422, "The cursor is not one that a page of this list gave: begin without it.")
    return value.decode()


def _box(text: str | None) -> BBox | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        Search(bbox=(west, south, east, north))
    except ValueError:
        raise Refusal(422, "bbox: give west,south,east,north in degrees, south not above north.") from None
    return west, south, east, north

"""The directory of competent authorities: what stands, what changed, edits, and the plan of a delivery's consents over it."""

import asyncio
from typing import Annotated, Any

import orjson
import structlog
from fastapi import APIRouter, Path, Query, Request
from pydantic import Field, TypeAdapter
from starlette.responses import Response

from schemas.bounds import Strict
from schemas.channels import is_exercise
from schemas.directory import CrossingEntry, DirectoryEdit, DirectoryEntry, Publish, entry_key
from schemas.directory_records import MAX_EDIT_BYTES
from schemas.findings import PLANS
from schemas.problems import Problem
from schemas.request import DeliveryRequest
from streams.gateway.access import Actor, Reader
from streams.gateway.asking import Wait, json_body, officer, other_space, read, refused, told, unreadable
from streams.gateway.centre import Here, viewer
from streams.gateway.problems import Refusal, missing
from streams.gateway.producer import Outgoing
from streams.gateway.queries import answer
from streams.planning import calendars, crossings, hours
from streams.planning.directory import Directory
from streams.planning.findings import ConsentPlan
from streams.planning.itinerary import OutOfOrder
from streams.planning.landmarks import landmarks
from streams.planning.plan import LegConsent, Planner
from streams.planning.posts import meant, nearest, posts

INBOX, ANSWERS = "directory.inbox", "directory.answers"
MAX_CASE_BYTES = 262_144
FRESH_S, FRESH_POLL_S = 5.0, 0.03
EDIT: TypeAdapter[DirectoryEdit] = TypeAdapter(DirectoryEdit)
log = structlog.get_logger()
router = APIRouter(tags=["directory"])


class StandingConsent(LegConsent):
    """What stands of one leg's consent."""

    leg: int = Field(ge=1, le=60)


class PlanAsked(Strict):
    """A case to be planned; legs without a consent are pending."""

    request: DeliveryRequest
    consents: tuple[StandingConsent, ...] = Field((), max_length=60)


PLAN: TypeAdapter[PlanAsked] = TypeAdapter(PlanAsked)


def _described(what: str) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": {"description": what, "type": "object"}}}}}


@router.get("/v1/directory", summary="The directory of competent authorities")
async def listed(
    claims: Reader,
    centre: Here,
    country: Annotated[str | None, Query(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2", examples=["TJ"])] = None,
    stale: Annotated[bool | None, Query(description="Only stale entries, or only those that are not")] = None,
) -> Response:
    """Authorities and their posts at crossings. `stale` says why an entry is not to be relied on now; officers by name are for parties."""
    now = centre.now()
    found = await centre.store.directory(viewer(claims), country, now=now)
    wanted = (one for one in found if stale is None or (one["stale"] is not None) is stale)
    return answer({"items": [PLANS.beside(one, "stale") for one in wanted], "at": now})


@router.get("/v1/directory/{id:path}", summary="One entry and its history", responses={404: {}})
async def one(
    *,
    id: Annotated[str, Path(max_length=450, description="Authority, or authority@crossing", examples=["TJ-BRD@Panji Poyon"])],
    claims: Reader,
    centre: Here,
    after: Annotated[
        int, Query(ge=0, le=2**53, description="`number` of an own edit's answer: wait until it can be read, at most 5 s")
    ] = 0,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What stands, and who changed what, the newest first; to the authority itself with call backs and with what waits."""
    loop = asyncio.get_running_loop()
    until = loop.time() + FRESH_S
    while True:
        found = await centre.store.directory_entry(viewer(claims), id, before=before, limit=limit + 1, now=centre.now())
        if after == 0 or (found is not None and found[0]["number"] >= after) or loop.time() >= until:
            break
        await asyncio.sleep(FRESH_POLL_S)
    if found is None:
        raise missing()
    standing, changes = found
    following = changes[limit - 1]["number"] if len(changes) > limit else None
    return answer({**PLANS.beside(standing, "stale"), "history": changes[:limit], "next": following, "at": centre.now()})


@router.get("/v1/crossings", summary="The gazetteer's posts on one country's side")
async def crossing_names(
    claims: Reader, country: Annotated[str, Query(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2", examples=["TJ"])]
) -> Response:
    """What a crossing is called in its entry: `name`; `ru` the same in Russian, `by` road, rail, river or sea, `to` where it leads."""
    return answer({"items": posts(country)})


@router.get("/v1/landmarks", summary="Towns and posts by which a map is read")
async def on_the_map(claims: Reader) -> Response:
    """The gazetteer's, those first that are named first where there is no room for all; `ru` the same name in Russian."""
    return answer({"items": landmarks()})


@router.post(
    "/v1/directory/edits",
    openapi_extra=_described("One edit: `DirectoryEdit` of the published schemas"),
    responses={202: {}, 409: {}, 413: {}, 415: {}, 422: {}, 503: {}},
    summary="Edit the own authority's entry",
)
async def edited(request: Request, claims: Actor, centre: Here, wait: Wait = None) -> Response:
    """Applied, or refused with the reason; a changed number is a proposal until a second person confirms it with a call back.

    202: not decided yet, read the entry. 503: Kafka did not confirm. The same edit again has one effect.
    """
    edit, raw = read(EDIT, await json_body(request), "edit")
    if found := _unfit(edit, exercise=is_exercise(claims.space)):
        raise unreadable("edit", [found])
    value = orjson.dumps({"type": "edit", "by": officer(claims), "edit": raw})
    if len(value) > MAX_EDIT_BYTES:
        raise Refusal(413, f"The limit of an edit is {MAX_EDIT_BYTES} bytes: shorten its texts.", limit=MAX_EDIT_BYTES)
    key = entry_key(edit.authority, edit.crossing)
    record = Outgoing(INBOX, key, value, (("content-type", b"application/json"),))
    said = await told(centre, claims, record, ANSWERS, "edit", wait)
    log.info("edit", agency=claims.agency, act=edit.act, key=key, status=said["status"] if said else "pending")
    if said is None:
        return answer({"status": "pending", "id": key}, 202)
    if said["status"] == "refused":
        return refused(said, "The edit was refused", id=key, stands=said.get("stands"))
    return answer({"status": said["status"], "id": key, "stands": said["stands"]})


@router.post(
    "/v1/plans",
    openapi_extra=_described("`request`: a DeliveryRequest; `consents`: list of leg, state, valid_until"),
    responses={413: {}, 415: {}, 422: {}},
    summary="Plan the consents of a delivery",
)
async def planned(request: Request, claims: Reader, centre: Here) -> Response:
    """Over the directory as it stands: whom to ask, until when, what stands against it, what else can be done. Nothing is kept of it.

    Every line names the entries that it rests on, by version; a stale one is marked and blocks. `ru`: the same texts in Russian.
    """
    asked, _ = read(PLAN, await json_body(request), "plan")
    if asked.request.exercise != is_exercise(claims.space):
        raise unreadable("plan", [other_space("request.exercise", exercise=is_exercise(claims.space))])
    numbers = {leg.number for leg in asked.request.legs}
    for position, one in enumerate(asked.consents):
        if one.leg not in numbers:
            what = Problem(field=f"consents[{position}].leg", reason=f"there is no leg {one.leg}", mend="name a leg of the request")
            raise unreadable("plan", [what])
    known = Directory(await centre.store.directory_entries())
    now = centre.now()

    def plan() -> ConsentPlan:
        consents = {one.leg: LegConsent(state=one.state, valid_until=one.valid_until) for one in asked.consents}
        return Planner(known, calendars.load(), crossings.load(), now).plan(asked.request, consents)

    try:
        found = await centre.pressed(plan)
    except OutOfOrder as error:
        named = [one.model_copy(update={"field": f"request.{one.field}"}) for one in error.problems]
        raise unreadable("plan", list(named)) from None
    return answer(PLANS.throughout(found.model_dump(mode="json"), "text", "why", "place", "stale"))


def _unfit(edit: DirectoryEdit, *, exercise: bool) -> Problem | None:
    """What the schema cannot say, and the stage would refuse or never could."""
    if not isinstance(edit, Publish):
        return None
    if edit.entry.exercise != exercise:
        return other_space("entry.exercise", exercise=exercise)
    for desk in edit.entry.desks():
        try:
            hours.zone(desk.time_zone)
        except hours.UnknownZone as error:
            return Problem(field=f"time_zone of {desk.code}", reason=str(error)[:400], mend="use a name of tzdata, as Asia/Almaty")
    return _unknown_post(edit.entry)


def _unknown_post(entry: DirectoryEntry) -> Problem | None:
    """The planner looks a post up by the gazetteer's name of it: under any other an entry would stand, and nobody would be told."""
    if not isinstance(entry, CrossingEntry) or entry.crossing in {post.name for post in posts(entry.country)}:
        return None
    # A name may be longer than a reason.
    reason = f"{entry.crossing[:100]} is no post of {entry.country} in the gazetteer"
    if names := meant(entry.country, entry.crossing):
        mend = f"write {' or '.join(names)}: so the gazetteer calls it, and so it is found"
    elif near := nearest(entry.country, entry.crossing):
        mend = (
            f"choose one of /v1/crossings, as {', '.join(near)}; a new post stands in the authority's own entry until the gazetteer has it"
        )
    else:
        mend = "write its desks into the authority's own entry: the gazetteer has no posts of this country"
    return Problem(field="entry.crossing", reason=reason, mend=mend)

"""The request and the reply form of one leg, filled from the delivery's case and the directory's entry as both stand, for this reader."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from schemas.directory import AuthorityEntry
from schemas.findings import PLANS
from schemas.request import DeliveryRequest
from streams.documents.form import Form, Remark, Stamp
from streams.documents.pdf import to_pdf
from streams.documents.reply_form import reply_form
from streams.documents.request_form import check_leg, request_form, zone_of
from streams.documents.under_way import under_way
from streams.documents.word import to_docx
from streams.documents.wording import Tongue
from streams.gateway.access import Reader
from streams.gateway.centre import Here
from streams.gateway.deliveries import Lead, Number, found_for
from streams.gateway.papers import Copies, Copy
from streams.gateway.problems import Refusal
from streams.planning.directory import freshness
from streams.store.rooms import NO_SUCH

Ending = Literal["pdf", "docx"]
MEDIA: dict[Ending, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_PAPER: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA.values()}},
    404: {},
    409: {},
    422: {},
}
STALE: dict[Tongue, str] = {
    "en": "The directory's entry of this authority (version {version}) is stale: {why}. Verify its numbers before you rely on them.",
    "ru": "Запись этого органа в справочнике (версия {version}) устарела: {why}. Проверьте номера, прежде чем на них полагаться.",
}
router = APIRouter(tags=["deliveries"])


@router.get(
    "/v1/deliveries/{lead}/{number}/forms/{leg}.{ending}",
    summary="Request or reply form of a leg",
    responses=_PAPER,
    response_class=Response,
)
async def form(
    *,
    lead: Lead,
    number: Number,
    leg: Annotated[int, Path(ge=1, le=60)],
    ending: Ending,
    claims: Reader,
    centre: Here,
    form: Literal["request", "reply"] = "request",
    lang: Tongue = "ru",
    part: Annotated[
        str | None, Query(pattern="^[A-Z][A-Z0-9]{0,11}$", description="By whose way; unset: the newest part that has the leg")
    ] = None,
    stale: Annotated[bool, Query(description="Print it though the directory's entry is stale; the form then says so")] = False,
    copy: Copy = 1,
    copies: Copies = 1,
) -> Response:
    """For whoever sees the delivery. Every page has handling, copy number, reader and time, in the zone of the authority addressed.

    Filled from the way that stands; what was signed and stands no more is marked so, for whom was asked on it.
    409: the directory has no entry of the leg's authority, or a stale one, or the case is not marked for that authority.
    """
    snapshot, filed = await found_for(centre, claims, f"{lead}/{number}")
    if filed is None:
        raise Refusal(404, NO_SUCH)
    found, now = under_way(snapshot, DeliveryRequest.model_validate(filed["form"]), leg, part), centre.now()
    if found is None:
        raise Refusal(404, f"The delivery has no leg {leg} of which an authority is known.")
    authority = found.authority
    entry = next((one for one in await centre.store.directory_entries() if _is_of(one, authority)), None)
    if not isinstance(entry, AuthorityEntry):
        raise Refusal(409, f"The directory has no entry of {authority}: it makes one itself, by POST /v1/directory/edits.")
    why = freshness(entry, now)
    if why is not None and not stale:
        raise Refusal(409, f"The entry of {authority} is stale: {why}. Have it verified, or add stale=true: the form then says so.")
    try:
        check_leg(found.case, leg, entry)
        stamp = Stamp(f"{claims.agency}/{claims.person}", copy, copies, now, zone_of(entry))
    except ValueError as error:
        raise Refusal(409, f"{str(error)[0].upper()}{str(error)[1:]}.") from None

    def written() -> bytes:
        made: Form = (request_form if form == "request" else reply_form)(found.case, leg, entry, stamp, lang, now=found)
        if why is not None:
            told = PLANS.in_words(why) if lang == "ru" else why
            made = replace(made, blocks=(Remark(STALE[lang].format(version=entry.version, why=told), strong=True), *made.blocks))
        return to_pdf(made) if ending == "pdf" else to_docx(made)

    body = await centre.pressed(written)
    named = f"{lead}-{number}{f'-{part}' if part else ''}-leg{leg}-{form}-{lang}"
    file = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in named)
    return Response(body, media_type=MEDIA[ending], headers={"Content-Disposition": f'attachment; filename="{file}.{ending}"'})


def _is_of(entry: object, authority: str) -> bool:
    return isinstance(entry, AuthorityEntry) and entry.authority == authority

"""What a controlled delivery leaves on paper, as PDF: for whom sees the delivery, of what they see of it, marked for this reader."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from streams.documents.after_action import after_action
from streams.documents.custody import NoHandover
from streams.documents.form import Form, Stamp
from streams.documents.handover_act import SeveralHandovers, handover_act
from streams.documents.pdf import to_pdf
from streams.documents.wording import Tongue
from streams.gateway.access import Reader
from streams.gateway.centre import Centre, Here
from streams.gateway.deliveries import Lead, Number, whole_report
from streams.gateway.problems import Refusal
from streams.gateway.tokens import Claims
from streams.planning import hours

NO_HANDOVER = "there is no such handover in this delivery"
MOST_EVENTS = 5_000
MOST_ITEMS = 40
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PAPER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
    404: {},
    413: {},
    422: {},
}
router = APIRouter(tags=["deliveries"])

Zone = Annotated[str, Query(max_length=64, description="Zone of the printed times", examples=["Asia/Almaty"])]
Copy = Annotated[int, Query(ge=1, le=999, description="Which copy this is")]
Copies = Annotated[int, Query(ge=1, le=999, description="How many copies are printed")]
Acts = Annotated[
    str,
    Path(
        pattern=f"^{_UUID}(,{_UUID}){{0,{MOST_ITEMS - 1}}}$",
        description="The act that offered or accepted the load, or those that handed over or received items of evidence, by commas",
    ),
]


@router.get(
    "/v1/deliveries/{lead}/{number}/report.pdf", summary="The after-action report on paper", responses=_PAPER, response_class=Response
)
async def report(  # noqa: PLR0917
    lead: Lead,
    number: Number,
    claims: Reader,
    centre: Here,
    lang: Tongue = "ru",
    zone: Zone = "UTC",
    copy: Copy = 1,
    copies: Copies = 1,
) -> Response:
    """What report.json says, printed whole; each page has handling, copy number, reader and time."""
    stamp = _stamp(claims, centre, zone, copy, copies)
    said = await whole_report(f"{lead}/{number}", claims, centre)
    return await _printed(said, lambda: after_action(said, stamp, lang), centre, f"report-{lang}")


@router.get("/v1/deliveries/{lead}/{number}/handover/{acts}.pdf", summary="The handover act", responses=_PAPER, response_class=Response)
async def handover(  # noqa: PLR0917
    lead: Lead,
    number: Number,
    acts: Acts,
    claims: Reader,
    centre: Here,
    zone: Zone = "UTC",
    copy: Copy = 1,
    copies: Copies = 1,
) -> Response:
    """One handover of the load or of items of evidence, Russian and English side by side, with the hashes of the record, to be signed."""
    stamp = _stamp(claims, centre, zone, copy, copies)
    said = await whole_report(f"{lead}/{number}", claims, centre)
    return await _printed(said, lambda: handover_act(said, acts.split(","), stamp), centre, "handover")


def _stamp(claims: Claims, centre: Centre, named: str, copy: int, copies: int) -> Stamp:
    try:
        return Stamp(f"{claims.agency}/{claims.person}", copy, copies, centre.now(), hours.zone(named))
    except ValueError as error:
        raise Refusal(422, f"{error}.") from None


async def _printed(said: dict[str, Any], make: Callable[[], Form], centre: Centre, name: str) -> Response:
    """The paper. Raises Refusal 404, 413 and 422."""
    if len(said["timeline"]) > MOST_EVENTS:
        raise Refusal(413, f"The timeline has more than {MOST_EVENTS} entries: read report.json.", limit=MOST_EVENTS)
    try:
        body = await centre.pressed(lambda: to_pdf(make()))
    except NoHandover:
        raise Refusal(404, NO_HANDOVER) from None
    except SeveralHandovers as error:
        raise Refusal(422, f"{error}.") from None
    file = f"{said['delivery'].replace('/', '-')}-{name}.pdf"
    return Response(body, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{file}"'})

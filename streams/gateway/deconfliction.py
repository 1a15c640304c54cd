"""Who must telephone whom because two deliveries come near each other (decision 0809)."""

from fastapi import APIRouter
from starlette.responses import Response

from streams.gateway import answers
from streams.gateway.access import Holder
from streams.gateway.centre import Here, viewer
from streams.gateway.queries import answer

router = APIRouter(tags=["deliveries"])


@router.get("/v1/deconfliction", summary="Deliveries that come near each other")
async def conflicts(claims: Holder, centre: Here) -> Response:
    """For supervisors all, for a coordinator those between deliveries in both of which they are named: who, where, when."""
    found = await centre.store.conflicts(viewer(claims))
    return answer({"items": [answers.conflict(centre.ids, claims.agency, one) for one in found]})

"""What else can be done with a load under way, where a leg ahead is refused: the planner asked from where it is now."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from schemas.findings import PLANS
from schemas.request import DeliveryRequest
from streams.documents.under_way import under_way
from streams.gateway.access import Reader
from streams.gateway.centre import Here
from streams.gateway.deliveries import Lead, Number, found_for
from streams.gateway.problems import Refusal
from streams.gateway.queries import answer
from streams.planning import calendars, crossings
from streams.planning.directory import Directory
from streams.planning.onward import Here as Place
from streams.planning.onward import Onward, onward
from streams.planning.plan import LegConsent, Planner
from streams.store.rooms import NO_SUCH

router = APIRouter(tags=["deliveries"])


@dataclass(frozen=True, slots=True)
class Point:
    """Where the load was seen last."""

    lat: float
    lon: float


@router.get(
    "/v1/deliveries/{lead}/{number}/alternatives",
    summary="What else can be done from where the load is now",
    responses={404: {}, 409: {}, 422: {}},
)
async def alternatives(
    *,
    lead: Lead,
    number: Number,
    claims: Reader,
    centre: Here,
    part: Annotated[str | None, Query(pattern="^[A-Z][A-Z0-9]{0,11}$", description="Unset: the only one that has not ended")] = None,
) -> Response:
    """For whoever sees the delivery: ways to the same destination round who refused a leg ahead, a stop before that border, another load.

    Over the directory as it stands; nothing is kept of it, and the lead decides by `route_change`. `ru`: the same texts in Russian.
    """
    snapshot, filed = await found_for(centre, claims, f"{lead}/{number}")
    if filed is None:
        raise Refusal(404, NO_SUCH)
    live = {each["part"]: each for each in snapshot["parts"] if each["ended"] is None and not each["became"]}
    chosen = live.get(part) if part else next(iter(live.values())) if len(live) == 1 else None
    if chosen is None:
        raise Refusal(409, f"Say which part is meant: {', '.join(sorted(live)) or '–'} have not ended.")
    found = under_way(snapshot, DeliveryRequest.model_validate(filed["form"]), chosen["leg"], chosen["part"])
    assert found is not None, "a part is on a leg of its way"
    case, consents, here = found.case, _consents(chosen), _here(chosen)
    known, now = Directory(await centre.store.directory_entries()), centre.now()

    def planned() -> Onward:
        return onward(Planner(known, calendars.load(), crossings.load(), now), case, here, consents)

    told = (await centre.pressed(planned)).model_dump(mode="json")
    return answer({"part": chosen["part"], **PLANS.throughout(told, "text", "why", "stale")})


def _consents(part: dict[str, Any]) -> dict[int, LegConsent]:
    return {leg["number"]: LegConsent(state=leg["consent"]["state"].lower()) for leg in part["legs"]}


def _here(part: dict[str, Any]) -> Place:
    at = part["position"]
    return Place(part["territory"], part["leg"], Point(at["lat"], at["lon"]) if at is not None and not at["jump"] else None)

"""Health, readiness, metrics."""

import asyncio
from time import monotonic

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from streams.gateway.access import Operator
from streams.gateway.centre import Centre, Here
from streams.gateway.observe import FEEDS, REGISTRY
from streams.gateway.producer import KafkaUnreachable
from streams.store.queries import StoreDown

FRESH_S = 1.0
router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Alive")
async def healthz() -> Response:
    """The process answers. Does no work."""
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz", summary="Able to work", responses={503: {}})
async def readyz(centre: Here) -> Response:
    """200 when Kafka and the database answer and the feeds are live, else 503; says which. Asked at most once a second, whoever calls."""
    async with centre.readiness.lock:
        if monotonic() - centre.readiness.at > FRESH_S:
            kafka, database = await asyncio.gather(_kafka(centre), _database(centre))
            centre.readiness.parts = {"kafka": kafka, "database": database, "feeds": centre.tail.live}
            centre.readiness.at = monotonic()
        parts = centre.readiness.parts
    body = {name: "ok" if well else "down" for name, well in parts.items()}
    return JSONResponse(body, 200 if all(parts.values()) else 503, {} if all(parts.values()) else {"Retry-After": "5"})


@router.get("/metrics", summary="Metrics, for Prometheus")
async def metrics(operator: Operator, centre: Here) -> Response:
    """Counts and times by route; no content, no person."""
    FEEDS.set(sum(centre.watching.values()))
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _kafka(centre: Centre) -> bool:
    try:
        await centre.producer.ready()
    except KafkaUnreachable:
        return False
    return True


async def _database(centre: Centre) -> bool:
    try:
        await centre.store.ready()
    except StoreDown:
        return False
    return True

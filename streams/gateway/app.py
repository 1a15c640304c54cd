"""The gateway as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp

from schemas.directory_records import MAX_EDIT_BYTES
from streams.attachments.kinds import MAX_BYTES
from streams.gateway import (
    attachments,
    deconfliction,
    deliveries,
    directory,
    fiction,
    forms,
    health,
    holds,
    onward,
    pages,
    papers,
    positions,
    problems,
    publish,
    queries,
    real,
    shift,
    streaming,
    uploads,
)
from streams.gateway.access import Guard
from streams.gateway.centre import Centre
from streams.gateway.limits import MAX_BODY_BYTES, Limits
from streams.gateway.observe import Observe, lateness

BODIES = {
    "/v1/reports": MAX_BODY_BYTES,
    "/v1/deliveries/acts": deliveries.MAX_ACT_BYTES,
    "/v1/shift/acts": shift.MAX_ACT_BYTES,
    "/v1/directory/edits": MAX_EDIT_BYTES,
    "/v1/positions": positions.MAX_FIXES_BYTES,
    "/v1/plans": directory.MAX_CASE_BYTES,
}
ABOUT = (
    "Publish reports, follow their receipts, search and watch; act in controlled deliveries. "
    "Every call needs a signed token that names a person, an agency and a role."
)


def create_app(centre: Centre) -> FastAPI:
    """The routes, without the guards around them (`guarded`): for the OpenAPI document."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        centre.tail.start()
        bringing = asyncio.create_task(fiction.bring(centre))
        examining = asyncio.create_task(centre.examiner.run())
        looking = asyncio.create_task(lateness())
        yield
        for task in (bringing, examining, looking):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await centre.tail.close()
        await centre.producer.close()
        await centre.store.close()
        await centre.attachments.close()

    app = FastAPI(
        title="ric gateway",
        description=ABOUT,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.centre = centre
    problems.install(app)
    for part in (
        publish,
        queries,
        holds,
        deliveries,
        uploads,
        attachments,
        positions,
        papers,
        forms,
        onward,
        deconfliction,
        directory,
        real,
        shift,
        streaming,
        health,
        pages,
    ):
        app.include_router(part.router)
    return app


def guarded(app: FastAPI) -> ASGIApp:
    """The application as it is served: observed, guarded, limited."""
    centre: Centre = app.state.centre
    return Observe(
        Guard(
            Limits(app, BODIES, (uploads.PATHS, MAX_BYTES)),
            keys=centre.keys,
            space=centre.settings.space,
            data_dir=centre.settings.data_dir,
            secure=centre.secure,
            is_open=pages.is_open,
            is_page=pages.is_page,
            stranger=partial(pages.how_to_sign_in, centre.settings.space),
        )
    )

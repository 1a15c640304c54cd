"""Every refusal as RFC 9457 problem JSON: what was wrong, where, and the mend; never a stack trace, never the input."""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from schemas.faults import CALLED
from schemas.problems import Problem
from streams.store.paging import BadCursor
from streams.store.queries import StoreDown

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger()

TITLES: dict[int, str] = {
    400: "The request cannot be understood",
    401: "Sign in, or send a token",
    403: "Your role may not do this",
    404: "There is no such thing",
    405: "This address does not take that method",
    406: "The centre cannot answer in that form",
    408: "The request took too long to arrive",
    409: "The same request is still being worked on",
    413: "The request is too large",
    414: "The address is too long",
    415: "The centre does not read that content type",
    422: "The request was read but cannot be accepted",
    429: "Too many at once",
    431: "The request's headers are too large",
    500: "The centre failed",
    503: "A part of the centre cannot be reached",
}


class Refusal(HTTPException):
    """A call that is refused. `extra` are members of the problem beside the standard ones; `retry_after` is in seconds."""

    def __init__(
        self, status: int, detail: str, *, retry_after: int | None = None, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        given = dict(headers or {}) | ({"Retry-After": str(retry_after)} if retry_after is not None else {})
        super().__init__(status, detail, given or None)
        self.extra = extra


def missing() -> Refusal:
    """Leak rule 3: what may not be seen and what does not exist are answered alike."""
    return Refusal(404, "It does not exist, or it is not for you. Check the id; ids are per agency and cannot be passed on.")


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **extra: Any) -> Response:
    """A problem as a response. `type` is `about:blank`: the status says what kind it is (RFC 9457, section 4.2.1)."""
    body = {"type": "about:blank", "title": TITLES.get(status, "Refused"), "status": status, "detail": detail} | extra
    if "ru" not in body and (russian := CALLED.russian(detail)) is not None:
        body["ru"] = {"detail": russian}
    return Response(orjson.dumps(body, default=str), status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every refusal and failure of the app as a problem."""

    @app.exception_handler(HTTPException)
    async def _refused(request: Request, error: HTTPException) -> Response:
        if isinstance(error, Refusal):
            return problem(error.status_code, error.detail, error.headers, **error.extra)
        detail = {404: missing().detail, 405: "See /docs for the methods of each address."}.get(error.status_code, "See /docs.")
        return problem(error.status_code, detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        found = [
            Problem(field=".".join(str(part) for part in item["loc"])[:400], reason=str(item["msg"])[:400]).model_dump(exclude_none=True)
            for item in error.errors()[:20]
        ]
        return problem(422, "A parameter or field is not as /docs says: see problems.", problems=found)

    @app.exception_handler(BadCursor)
    async def _bad_cursor(request: Request, error: BadCursor) -> Response:
        return problem(422, "The cursor is not one that a page of this list gave: begin without it.")

    @app.exception_handler(StoreDown)
    async def _store_down(request: Request, error: StoreDown) -> Response:
        return problem(503, "The database cannot be reached. Publishing goes on; ask again shortly.", {"Retry-After": "5"})

    @app.exception_handler(Exception)
    async def _failed(request: Request, error: Exception) -> Response:
        return problem(500, "The fault is ours and has been logged. Try again; if it stays, tell the centre the time.")

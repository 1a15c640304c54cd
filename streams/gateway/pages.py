"""Pages for people: the dashboard for a session, signing in and out, the documentation. Nothing here needs another host."""

import mimetypes
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, FastAPI, Query, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from schemas.channels import is_exercise
from streams.gateway.access import Anyone, session_token
from streams.gateway.centre import Centre, Here
from streams.gateway.problems import Refusal, missing
from streams.gateway.reading import reading_page
from streams.gateway.signin import COOKIE, SESSION_LIFETIME, end_session, spend_code
from streams.gateway.tokens import BadToken, claims, issue

DASHBOARD = Path(__file__).resolve().parent.parent / "dashboard" / "dist"
PUBLISHED = Path(__file__).resolve().parent.parent.parent / "schemas" / "published"
OPEN = {"/healthz", "/readyz", "/sign-in", "/plain.css", "/favicon.ico", "/icon.svg", "/phone-worker.js", "/v1/from-exercise"}
LONG = "public, max-age=31536000, immutable"
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}"
    "code,pre{font:14px/1.4 ui-monospace,monospace;background:#f2f4f7;padding:.1em .3em;border-radius:3px}pre{padding:.8rem;overflow:auto}"
    "h2{margin-top:2.2rem;border-top:1px solid #d8dee4;padding-top:1rem}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:.25rem .8rem .25rem 0;vertical-align:top}.method{display:inline-block;min-width:3.6rem;font-weight:600}"
    ".exercise{font-weight:700;padding:.4rem .8rem;color:#fff;background:#6a2c91}"
    "@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#14171a}code,pre{background:#22272c}h2{border-color:#333a41}}"
)
log = structlog.get_logger()
router = APIRouter(include_in_schema=False)


def is_open(path: str) -> bool:
    """What anyone may fetch: health, signing in, and the dashboard's own code, which holds no data; exercises bring their own token."""
    return path in OPEN or path.startswith("/assets/")


def is_page(path: str) -> bool:
    """What a person opens in a browser: without a session it shows how to sign in."""
    return path in {"/", "/index.html", "/phone"}


def page(space: str, title: str, body: str, status: int = 200, head: str = "") -> HTMLResponse:
    """A small page without scripts; in a space of exercises it says so first. `body` and `head` are HTML, `title` is text."""
    exercise = '<p class="exercise">EXERCISE, NOT REAL · <span lang="ru">УЧЕНИЯ, НЕ НА САМОМ ДЕЛЕ</span></p>' if is_exercise(space) else ""
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/plain.css">{head}</head>'
        f"<body>{exercise}<h1>{escape(title)}</h1>{body}</body></html>",
        status,
    )


def how_to_sign_in(space: str) -> HTMLResponse:
    """What a stranger sees."""
    return page(
        space,
        "Sign in",
        "<p>Open the one-time link that <code>ric up</code> printed, or ask for a new one with <code>ric token --link</code>. "
        "A link is good for one sign-in within ten minutes.</p>",
        401,
    )


@router.get("/sign-in")
def sign_in(
    request: Request, centre: Here, code: Annotated[str, Query()] = "", to: Annotated[Literal["", "phone"], Query()] = ""
) -> Response:
    """Spend a one-time code for a session. The page goes on by itself, so that a SameSite=Strict cookie is sent with the next request.

    `to=phone` goes on to the officer's phone page.
    """
    now = datetime.now(UTC)
    who = spend_code(centre.settings.data_dir, code, now)
    if who is None:
        again = "Ask for a new one; on the centre's own machine <code>ric token --link</code> prints it."
        return page(centre.settings.space, "This link is no longer good", f"<p>It was used, or is older than ten minutes. {again}</p>", 403)
    try:
        country = country_of(centre, who.agency)
        session = claims(
            who.person,
            who.agency,
            country,
            who.role,
            space=centre.settings.space,
            lifetime=SESSION_LIFETIME,
            now=now,
            supervises=who.supervises,
        )
    except BadToken as error:
        raise Refusal(403, str(error)) from error
    log.info("signed in", person=who.person, agency=who.agency, role=who.role)
    onward = f'<p><a href="/{to}">Go on to the {to or "dashboard"}</a></p>'
    answer = page(centre.settings.space, "Signed in", onward, head=f'<meta http-equiv="refresh" content="0;url=/{to}">')
    answer.set_cookie(
        COOKIE,
        issue(centre.keys, session, "session"),
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        secure=centre.secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def country_of(centre: Centre, agency: str) -> str:
    """The agency's country by the directory, empty for one that belongs to no state or is not listed."""
    found = centre.agencies.get(agency)
    return str(getattr(found, "country", None) or "")


@router.post("/sign-out")
def sign_out(request: Request, who: Anyone, centre: Here) -> Response:
    """End the session everywhere. A bearer token is not a session: it ends by its expiry."""
    answer = Response(status_code=204)
    if session_token(request.headers) is not None and "authorization" not in request.headers:
        end_session(centre.settings.data_dir, who.jti, who.expires)
        log.info("signed out", person=who.person, agency=who.agency)
        answer.delete_cookie(COOKIE, path="/", secure=centre.secure, httponly=True, samesite="strict")
    return answer


@router.get("/")
@router.get("/index.html")
def dashboard(who: Anyone, centre: Here) -> Response:
    """The dashboard's page."""
    return _built(centre, "index.html")


@router.get("/phone")
def phone(who: Anyone, centre: Here) -> Response:
    """The officer's phone page: five buttons, small enough for a slow line."""
    return _built(centre, "phone.html")


def _built(centre: Centre, name: str) -> Response:
    found = DASHBOARD / name
    if not found.is_file():
        mend = "<p>Run <code>make dashboard</code>. The API is at <a href='/docs'>/docs</a>.</p>"
        return page(centre.settings.space, "The dashboard is not built", mend, 503)
    return FileResponse(found, headers={"Cache-Control": "no-cache"})


@router.get("/phone-worker.js")
def phone_worker() -> Response:
    """The phone page's service worker: its address stays, so that a newer one takes its place. Code alone, as the assets."""
    found = DASHBOARD / "phone-worker.js"
    if not found.is_file():
        raise missing()
    return FileResponse(found, headers={"Cache-Control": "no-cache"})


@router.get("/assets/{name:path}")
def asset(request: Request, name: str) -> Response:
    """The dashboard's code, styles and map; names carry a hash, so they are kept for ever. Sent as the build compressed them."""
    root = (DASHBOARD / "assets").resolve()
    try:
        found = (root / name).resolve()
        if not found.is_relative_to(root) or not found.is_file():
            raise missing()
    except (ValueError, OSError):
        raise missing() from None
    headers = {"Cache-Control": LONG, "Vary": "Accept-Encoding"}
    small = found.with_name(f"{found.name}.gz")
    if "gzip" in request.headers.get("accept-encoding", "") and small.is_file():
        kind = mimetypes.guess_type(found.name)[0]
        return FileResponse(small, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})
    return FileResponse(found, headers=headers)


@router.get("/icon.svg")
def icon() -> Response:
    """The dashboard's icon."""
    found = DASHBOARD / "icon.svg"
    if not found.is_file():
        raise missing()
    return FileResponse(found, headers={"Cache-Control": "public, max-age=3600"})


@router.get("/favicon.ico")
def favicon() -> Response:
    """None."""
    return Response(status_code=204, headers={"Cache-Control": LONG})


@router.get("/plain.css")
def style() -> Response:
    """The style of the plain pages."""
    return Response(STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/openapi.json")
def openapi(request: Request, who: Anyone) -> Response:
    """The API, as OpenAPI 3.1."""
    return JSONResponse(_openapi(request))


@router.get("/docs")
def docs(request: Request, who: Anyone, centre: Here) -> Response:
    """The API, for reading."""
    return page(centre.settings.space, "The centre's API", reading_page(_openapi(request)))


@router.get("/asyncapi")
def asyncapi(who: Anyone) -> Response:
    """The topics, as AsyncAPI 3."""
    published = PUBLISHED / "asyncapi.yaml"
    if not published.is_file():
        raise missing()
    return FileResponse(published, media_type="application/vnd.aai.asyncapi+yaml")


def _openapi(request: Request) -> dict[str, Any]:
    app: FastAPI = request.app
    return app.openapi()

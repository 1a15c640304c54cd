"""Who may call what: default deny. Everything needs a signed token or a session; each route names the roles that it is for."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import Headers, State
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streams.gateway.problems import Refusal, problem
from streams.gateway.signin import COOKIE, same_origin, session_ended
from streams.gateway.tokens import ROLES, BadToken, Claims, Keys, Role, verify

READERS: tuple[Role, ...] = ("officer", "analyst", "coordinator", "supervisor", "steward")
PUBLISHERS: tuple[Role, ...] = ("officer", "analyst", "contributor", "coordinator", "supervisor")
RECEIVERS: tuple[Role, ...] = (*READERS, "contributor")
ACTORS: tuple[Role, ...] = ("officer", "coordinator", "supervisor")
HOLDERS: tuple[Role, ...] = ("coordinator", "supervisor")

WHOSE = "ric-as"
"""The header in which a page says whose it is, as AGENCY/person (decision 0815)."""

FOR_DEVICES = "/v1/positions"
"""The one path that takes the credential of a tracking device, and nobody's token."""

SECURITY_HEADERS: dict[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "worker-src 'self' blob:; child-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ric"'}
STRICT_TRANSPORT = "max-age=31536000"


class Guard:
    """ASGI middleware: puts the caller's claims into `state`, or answers 401 for every path that `is_open` does not name.

    `stranger` answers in place of 401 where a person opens a page without a session.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        space: str,
        data_dir: Path,
        secure: bool,
        is_open: Callable[[str], bool],
        is_page: Callable[[str], bool],
        stranger: Callable[[], Response],
    ) -> None:
        self._app, self._keys, self._space, self._data_dir, self._secure = app, keys, space, data_dir, secure
        self._is_open, self._is_page, self._stranger = is_open, is_page, stranger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"the gateway speaks HTTP alone, not {scope['type']}")
        answer = self._with_headers(scope, send)
        if self._is_open(scope["path"]):
            await self._app(scope, receive, answer)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        try:
            if scope["path"] == FOR_DEVICES and (credential := _credential(headers)) is not None:
                state["device"] = credential
            else:
                state["claims"] = self._claims(scope["method"], headers)
        except Refusal as refusal:
            if refusal.status_code == 401 and self._is_page(scope["path"]) and "authorization" not in headers:
                await self._stranger()(scope, receive, answer)
                return
            await problem(refusal.status_code, refusal.detail, refusal.headers, **refusal.extra)(scope, receive, answer)
            return
        await self._app(scope, receive, answer)

    def _claims(self, method: str, headers: Headers) -> Claims:
        now = datetime.now(UTC)
        authorization = headers.getlist("authorization")
        if authorization:
            scheme, _, token = authorization[0].partition(" ")
            if len(authorization) > 1 or scheme.lower() != "bearer" or not token:
                raise _unknown("Send one header: Authorization: Bearer and the token.")
            try:
                return verify(self._keys, token.strip(), self._space, now)
            except BadToken as error:
                raise _unknown(f"{str(error)[0].upper()}{str(error)[1:]}. `ric token` makes one in a local installation.") from error
        session = session_token(headers)
        if session is None:
            raise _unknown("Send Authorization: Bearer and a token, or sign in with the one-time link.")
        try:
            claims = verify(self._keys, session, self._space, now, "session")
        except BadToken as error:
            raise _unknown("The session is over: sign in again.") from error
        if session_ended(self._data_dir, claims.jti):
            raise _unknown("The session is over: sign in again.")
        if not same_origin(method, headers.get("host"), headers.get("origin"), headers.get("sec-fetch-site")):
            raise Refusal(403, "A session may change things only from the centre's own pages. Scripts send a bearer token.")
        _whose(method, headers.get(WHOSE), f"{claims.agency}/{claims.person}")
        return claims

    def _with_headers(self, scope: Scope, send: Send) -> Callable[[Message], Awaitable[None]]:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", [])}
                extra = SECURITY_HEADERS | ({"Strict-Transport-Security": STRICT_TRANSPORT} if self._secure else {})
                if b"cache-control" not in given:
                    extra = extra | {"Cache-Control": "no-store"}
                message["headers"] = [*message.get("headers", []), *((n.lower().encode(), v.encode()) for n, v in extra.items())]
            await send(message)

        return answer


def session_token(headers: Headers) -> str | None:
    """The session cookie's value. None where there is none, or the header cannot be read."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    return cookies[COOKIE].value if COOKIE in cookies else None


def device_credential(state: State) -> str | None:
    """What a tracking device calls with, not looked at yet; None where a person calls."""
    credential: str | None = getattr(state, "device", None)
    return credential


def _credential(headers: Headers) -> str | None:
    """A device's credential is no token, and is looked at by the one route that is for devices."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip().startswith("device-") else None


def _whose(method: str, said: str | None, signed_in: str) -> None:
    """Refuse what a page of one person sends with the session of another: a browser has one cookie for all its tabs.

    What changes something must say whose it is. Raises Refusal 401, whose `signed_in` names the session's person, or 403.
    """
    if said is None and method not in {"GET", "HEAD", "OPTIONS"}:
        raise Refusal(403, "A page says whose act it sends, in the header Ric-As. Open the page anew: it is older than the centre.")
    if said not in (None, signed_in):
        raise Refusal(
            401,
            f"This browser is signed in as {signed_in} now, and the page is another person's. It was not done: sign in as that person.",
            headers=CHALLENGE,
            signed_in=signed_in,
        )


def _unknown(detail: str) -> Refusal:
    return Refusal(401, detail, headers=CHALLENGE)


def caller(*roles: Role) -> Callable[[Request], Awaitable[Claims]]:
    """A dependency: the caller's claims where the role is one of these. Raises Refusal 403, which depends on the token alone."""

    async def checked(request: Request) -> Claims:
        claims: Claims = request.state.claims
        if claims.role not in roles:
            raise Refusal(403, f"The role {claims.role} may not do this. It is for: {', '.join(roles)}.")
        return claims

    return checked


Anyone = Annotated[Claims, Depends(caller(*sorted(ROLES)))]
Reader = Annotated[Claims, Depends(caller(*READERS))]
Receiver = Annotated[Claims, Depends(caller(*RECEIVERS))]
Publisher = Annotated[Claims, Depends(caller(*PUBLISHERS))]
Actor = Annotated[Claims, Depends(caller(*ACTORS))]
Holder = Annotated[Claims, Depends(caller(*HOLDERS))]
HoldReader = Annotated[Claims, Depends(caller(*HOLDERS, "steward"))]
Operator = Annotated[Claims, Depends(caller("operator"))]
"""The callers that routes declare. A route without one fails `test_every_route_names_its_callers`."""

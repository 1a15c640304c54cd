"""Bounds on what a client may send, enforced while it arrives: size, time, headers, address."""

import asyncio
import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streams.gateway.problems import Refusal, problem

MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_SMALL_BODY_BYTES = 64 * 1024
MAX_HEADER_BYTES = 32 * 1024
MAX_ADDRESS_BYTES = 8 * 1024
MAX_DRAINED_BYTES = 64 * 1024 * 1024
BODY_IDLE_S = 10.0
BODY_TOTAL_S = 120.0
FILE_TOTAL_S = 3600.0
"""Over a slow line a file takes long; what came is kept all the while."""


class Limits:
    """ASGI middleware. A body may have as many bytes as `bodies` says of the path, on paths like those of `files` as many as a file,
    `MAX_SMALL_BODY_BYTES` elsewhere."""

    def __init__(
        self,
        app: ASGIApp,
        bodies: Mapping[str, int],
        files: tuple[re.Pattern[str], int] | None = None,
        *,
        idle_s: float = BODY_IDLE_S,
        total_s: float = BODY_TOTAL_S,
    ) -> None:
        self._app, self._bodies, self._files = app, bodies, files
        self._idle_s, self._total_s = idle_s, total_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
            await problem(431, f"All headers together may have {MAX_HEADER_BYTES} bytes.")(scope, receive, send)
            return
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_ADDRESS_BYTES:
            await problem(414, f"Path and query together may have {MAX_ADDRESS_BYTES} bytes.")(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        length = next((value for name, value in headers if name == b"content-length"), None)
        if length is not None and (not length.isdigit() or int(length) > limit):
            asks = any(name == b"expect" for name, _ in headers)
            if not asks and length.isdigit() and int(length) <= MAX_DRAINED_BYTES:
                await self._drain(receive)
            await self._too_large(limit)(scope, receive, send)
            return
        total_s = FILE_TOTAL_S if self._takes_files(scope["path"]) else self._total_s
        await self._app(scope, _Bounded(receive, limit, self._idle_s, total_s), send)

    def _takes_files(self, path: str) -> bool:
        return self._files is not None and self._files[0].fullmatch(path) is not None

    def _limit(self, path: str) -> int:
        if self._files is not None and self._takes_files(path):
            return self._files[1]
        return self._bodies.get(path, MAX_SMALL_BODY_BYTES)

    @staticmethod
    def _too_large(limit: int) -> ASGIApp:
        return problem(413, f"The limit of a call is {limit} bytes: send it in parts.", {"Connection": "close"}, limit=limit)

    async def _drain(self, receive: Receive) -> None:
        """Read to the end and keep nothing: a client that is still sending would not see the answer."""
        try:
            async with asyncio.timeout(self._idle_s):
                while (await receive()).get("more_body"):
                    pass
        except TimeoutError:
            return


class _Bounded:
    """`receive` that refuses a body when it grows past the limit or comes too slowly. Raises Refusal 413 or 408."""

    def __init__(self, receive: Receive, limit: int, idle_s: float, total_s: float) -> None:
        self._receive, self._limit, self._idle_s, self._total_s = receive, limit, idle_s, total_s
        self._seen, self._started, self._whole = 0, 0.0, False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._started = self._started or now
        try:
            async with asyncio.timeout(min(self._idle_s, self._started + self._total_s - now)):
                message = await self._receive()
        except TimeoutError:
            raise Refusal(
                408,
                f"The body stopped for {self._idle_s:g} s or took over {self._total_s:g} s: send less at once.",
                headers={"Connection": "close"},
            ) from None
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._seen > self._limit:
                raise Refusal(
                    413,
                    f"The limit of a call is {self._limit} bytes: send it in parts.",
                    headers={"Connection": "close"},
                    limit=self._limit,
                )
        return message

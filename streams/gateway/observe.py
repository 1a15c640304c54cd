"""What the gateway says of itself: one log line and one measurement a call, never a query, header, body or id; and how late it is."""

import asyncio
import logging
import sys
import traceback
from time import perf_counter

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streams.settings import Settings

REGISTRY = CollectorRegistry()
CALLS = Counter("ric_http_requests_total", "Calls by route, method and status", ("route", "method", "status"), registry=REGISTRY)
SECONDS = Histogram("ric_http_seconds", "Time to answer, by route (feeds are not counted)", ("route",), registry=REGISTRY)
LATE = Histogram(
    "ric_gateway_late_seconds",
    "How late the gateway comes to what is due: calls wait as long before they are begun, and events before they are sent",
    registry=REGISTRY,
)
FEEDS = Gauge("ric_open_feeds", "Live feeds that are open", registry=REGISTRY)
ProcessCollector(registry=REGISTRY)
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
LOOK_EVERY_S = 0.25
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = structlog.get_logger()


class Observe:
    """ASGI middleware, the outermost. A failure is logged by type and place: its message may hold what was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            place = "".join(traceback.format_tb(error.__traceback__)[-4:])
            log.error("a call failed", route=_route(scope), error=type(error).__name__, place=place)
            if not status:
                raise RuntimeError("the call failed before it was answered") from None
        finally:
            route, method = _route(scope), scope["method"] if scope["method"] in METHODS else "other"
            CALLS.labels(route, method, str(status)).inc()
            if not route.startswith("/v1/feeds"):
                SECONDS.labels(route).observe(perf_counter() - began)
            if route not in QUIET:
                claims = scope.get("state", {}).get("claims")
                who = {"person": claims.person, "agency": claims.agency} if claims is not None else {}
                log.info("call", route=route, method=method, status=status, ms=round((perf_counter() - began) * 1000, 1), **who)


async def lateness() -> None:
    """Look for ever how late this process is. More calls than it can take are seen nowhere else: each is short once it is begun."""
    while True:
        due = perf_counter() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        LATE.observe(max(0.0, perf_counter() - due))


def _route(scope: Scope) -> str:
    """The route's pattern; paths as sent may hold anything."""
    return str(getattr(scope.get("route"), "path", "(none)"))


def configure_logging(settings: Settings) -> None:
    """structlog for our own lines, the same level for libraries; aiokafka's and uvicorn's chatter only from warnings on."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if settings.log_format == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.typing.Processor] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)

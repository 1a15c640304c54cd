"""`GET /v1/feeds/{name}`: server-sent events that resume without a gap, for as long as the token lives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError
from fastapi import APIRouter, Header, Query
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from streams.gateway.access import HOLDERS, READERS, RECEIVERS, Anyone
from streams.gateway.centre import Centre, Here, viewer
from streams.gateway.feeds import Delivery, Feed, find_feed, frame, heartbeat, seal_cursor, unseal_cursor
from streams.gateway.live import NotLive, Seen
from streams.gateway.problems import Refusal, missing
from streams.gateway.signin import session_end
from streams.gateway.tokens import Claims
from streams.store.queries import StoreDown
from streams.store.visibility import Facts, facts

HEARTBEAT_S = 10.0
STUCK_S = 30.0
MAX_FEEDS_PER_PERSON = 20
START_S = 3.0
WATCHERS = {"receipts": RECEIVERS, "shift": HOLDERS}
"""Who may watch a line; of all others whoever may read."""
log = structlog.get_logger()
router = APIRouter(tags=["feeds"])


class EventStream(Response):
    """Sends an iterator's chunks until it ends, the client leaves, or takes nothing for `STUCK_S`."""

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        super().__init__(None, 200, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            done = await asyncio.gather(sending, leaving, return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, Exception) and not isinstance(outcome, TimeoutError | OSError):
                raise outcome

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for chunk in self._chunks:
                async with asyncio.timeout(STUCK_S):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            close = getattr(self._chunks, "aclose", None)
            if close is not None:
                await close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get(
    "/v1/feeds/{name}",
    summary="Watch a feed",
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, 429: {}, 503: {}},
    response_class=Response,
)
async def watch(
    name: str,
    claims: Anyone,
    centre: Here,
    last_event_id: Annotated[str | None, Header(description="Resume after this event")] = None,
    since: Annotated[str | None, Query(max_length=4096, description="The same, where headers cannot be set")] = None,
) -> Response:
    """Events `report`, `receipt`, `incident`, `withdrawn` and `gap`; a comment with the centre's time every 10 s while it is live.

    Of the feed `shift`, for the centre: `shift`, when what `GET /v1/shift` says may be another; `rang` where supervisors are called.
    Of the feed `deliveries`: `delivery`, `delivery-event`, `ring`, `withdrawn` and `gap`.

    Upsert by `id`; on `withdrawn` remove it. `gap`: your place is older than what is kept: load what you show again, then go on.
    """
    feed = find_feed(name)
    if feed is None or claims.role not in WATCHERS.get(feed.channel, READERS):
        raise missing()
    try:
        await centre.tail.wait_live(START_S)
        bounds = await centre.tail.bounds(feed.channel)
    except NotLive:
        raise Refusal(503, "The feeds are not live: Kafka cannot be reached.", retry_after=5) from None
    if centre.watching.get((claims.agency, claims.person), 0) >= MAX_FEEDS_PER_PERSON:
        raise Refusal(429, f"One person may watch {MAX_FEEDS_PER_PERSON} feeds at a time: close one.", retry_after=5)
    return EventStream(_events(centre, claims, feed, last_event_id or since, bounds))


async def _events(
    centre: Centre, claims: Claims, feed: Feed, cursor: str | None, bounds: tuple[tuple[int, ...], tuple[int, ...]]
) -> AsyncIterator[bytes]:
    who = (claims.agency, claims.person)
    centre.watching[who] = centre.watching.get(who, 0) + 1
    try:
        async for chunk in _Stream(centre, claims, feed).chunks(cursor, bounds):
            yield chunk
    except (NotLive, KafkaError, OSError) as error:
        log.info("a feed ends: the client resumes", error=type(error).__name__)
    finally:
        centre.watching[who] -= 1
        if not centre.watching[who]:
            del centre.watching[who]


class _Stream:
    """One watcher's stream: its place, its clock."""

    def __init__(self, centre: Centre, claims: Claims, feed: Feed) -> None:
        self._centre, self._claims, self._feed = centre, claims, feed
        self._viewer = viewer(claims)
        self._delivery = Delivery(self._viewer, feed, centre.ids, lambda: centre.tail.standing, lambda: centre.tail.rooms, self._seen_older)
        self._end = session_end(centre.settings.data_dir, claims.jti)
        self._place: list[int] = []
        self._loop = asyncio.get_running_loop()
        self._beat = self._loop.time() + HEARTBEAT_S

    async def chunks(self, cursor: str | None, bounds: tuple[tuple[int, ...], tuple[int, ...]]) -> AsyncIterator[bytes]:
        """Bytes for the client, until its token ends."""
        tail, channel = self._centre.tail, self._feed.channel
        resumed = unseal_cursor(self._centre.ids, self._claims.agency, channel, cursor) if cursor else None
        fits = resumed is not None and len(resumed) == len(bounds[0])
        if resumed is not None and fits and all(a <= at <= b for a, at, b in zip(bounds[0], resumed, bounds[1], strict=True)):
            self._place = list(resumed)
        with tail.subscribe(channel) as now:
            self._place = self._place or list(now.start)
            now.end()
        if cursor and resumed != tuple(self._place):
            query = "/v1/deliveries" if channel == "deliveries" else "/v1/search"
            yield frame("gap", {"reason": "the place to resume from is no longer kept", "query": query}, self._cursor())
        else:
            yield heartbeat(self._centre.now(), self._cursor())
        while not self._over():
            with tail.subscribe(channel) as subscription:
                if any(at < start for at, start in zip(self._place, subscription.start, strict=True)):
                    async for seen in tail.replay(channel, tuple(self._place), subscription.start):
                        async for chunk in self._deliver(seen):
                            yield chunk
                        if self._over():
                            return
                    self._place = [max(at, start) for at, start in zip(self._place, subscription.start, strict=True)]
                while not subscription.over and not self._over():
                    async for chunk in self._deliver(await subscription.next(self._beat)):
                        yield chunk

    async def _deliver(self, seen: Seen | None) -> AsyncIterator[bytes]:
        """The frame of a record not yet passed, if it is for this watcher; the heartbeat when it is time, whatever else happens."""
        if seen is not None and seen.offset >= self._place[seen.slot]:
            self._place[seen.slot] = seen.offset + 1
            event = await self._delivery.event(seen, self._centre.now())
            if event is not None:
                yield frame(*event, self._cursor())
        if self._loop.time() >= self._beat:
            self._beat += HEARTBEAT_S
            # Silence says "not live": no heartbeat is sent while Kafka does not answer.
            if self._centre.tail.live:
                yield heartbeat(self._centre.now(), self._cursor())

    def _cursor(self) -> str:
        return seal_cursor(self._centre.ids, self._claims.agency, self._feed.channel, self._place)

    def _over(self) -> bool:
        if self._centre.tail.closing or self._claims.expires <= self._centre.now():
            return True
        return self._end.exists()

    async def _seen_older(self, uuid: UUID) -> Facts | None:
        with suppress(StoreDown):
            found = await self._centre.store.report(self._viewer, uuid)
            return facts(found) if found is not None else None
        return None

"""A gateway served over HTTP on a real broker and a real database, and a hand that writes what the stages would."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import uvicorn
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from schemas.identity import receipt_uuid
from streams.gateway.app import create_app, guarded
from streams.gateway.centre import Centre
from streams.gateway.ids import Ids
from streams.gateway.live import Tail
from streams.gateway.producer import Producer
from streams.gateway.tokens import Keys, claims, issue
from streams.local.process import free_port
from streams.settings import Settings
from streams.store import projector
from streams.store.queries import Store
from tests.unit.gateway.conftest import Directory

Json = dict[str, Any]
IDS = Ids(bytes(range(64)))
KEYS = Keys.generate()


@dataclass
class Gateway:
    """One served gateway."""

    settings: Settings
    centre: Centre
    url: str
    _producer: AIOKafkaProducer | None = None
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, agency: str = "TJ-DCA", role: str = "officer", person: str = "n.rahimov") -> httpx.AsyncClient:
        """HTTP as a person."""
        country = "" if agency == "CARICC" else agency[:2]
        who = claims(person, agency, country, role, space=self.settings.space, lifetime=timedelta(hours=1), now=datetime.now(UTC))
        client = httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {issue(KEYS, who)}"}, timeout=60, trust_env=False)
        self._clients.append(client)
        return client

    async def write(
        self, channel: str, *records: Json, key: Callable[[Json], str] = lambda r: r["key"], partition: int | None = None
    ) -> None:
        """As the stages write: in one transaction."""
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self.settings.kafka_bootstrap_servers, transactional_id=f"{self.settings.space}.hand"
            )
            await self._producer.start()
        async with self._producer.transaction():
            sent = [
                await self._producer.send(
                    f"{self.settings.space}.{channel}", orjson.dumps(record), key=key(record).encode(), partition=partition
                )
                for record in records
            ]
        await asyncio.gather(*sent)

    async def feed(self, *changes: Json, partition: int | None = None) -> None:
        """Changes of reports into the feed."""
        for change in changes:
            await self.write("feed", {"type": "report", "change": change}, key=lambda r: r["change"]["key"], partition=partition)

    async def records(self, channel: str) -> list[ConsumerRecord]:
        """Everything in a topic now, in the order of partitions."""
        consumer = AIOKafkaConsumer(
            f"{self.settings.space}.{channel}",
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            found = sorted(consumer.assignment())
            ends = await consumer.end_offsets(found)
            records: list[ConsumerRecord] = []
            while any([await consumer.position(one) < ends[one] for one in found]):
                for batch in (await consumer.getmany(timeout_ms=100)).values():
                    records += batch
            return sorted(records, key=lambda record: (record.partition, record.offset))
        finally:
            await consumer.stop()

    async def settle(self, *statuses: str, channel: str = "seizures") -> None:
        """Write a receipt for each record of a topic, as intake and reports would."""
        for record, status in zip(await self.records(channel), statuses, strict=True):
            body = json.loads(record.value)
            origin = f"{record.topic}/{record.partition}/{record.offset}"
            receipt = {
                "receipt": str(receipt_uuid(origin)), "origin": origin, "agency": dict(record.headers)["ric_agency"].decode(),
                "person": "n.rahimov", "status": status, "originator": body["handling"]["originator"], "report_id": body["report_id"],
                "revision": body.get("revision", 1), "problems": [], "findings": [], "at": "2026-11-22T08:00:00Z",
            }  # fmt: skip
            await self.write("receipts", receipt, key=lambda r: r["receipt"])

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()
        if self._producer is not None:
            await self._producer.stop()


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Gateway]:
    """A gateway on a free port; every gateway of the tests has the same keys, so that ids compare."""
    assert settings.database_url is not None
    centre = Centre(
        settings=settings,
        keys=KEYS,
        ids=IDS,
        agencies=Directory(),
        producer=Producer(settings),
        tail=Tail(settings),
        store=await Store.open(settings.database_url.get_secret_value(), settings.space),
    )
    port = free_port()
    config = uvicorn.Config(
        guarded(create_app(centre)), host="127.0.0.1", port=port, log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), task
        await asyncio.sleep(0.01)
    # Topics made a moment ago may have no leader yet.
    await centre.tail.wait_live(60)
    gateway = Gateway(settings, centre, f"http://127.0.0.1:{port}")
    try:
        yield gateway
    finally:
        await gateway.close()
        centre.tail.end_subscriptions()
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def projecting(settings: Settings) -> AsyncIterator[None]:
    """The projector at work."""
    task = asyncio.create_task(projector.run(settings))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@dataclass(frozen=True)
class Event:
    """One server-sent event; `name` is None for a heartbeat."""

    id: str | None
    name: str | None
    data: Json


class Stream:
    """An open feed."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self, seconds: float = 30, *, heartbeats: bool = False) -> Event:
        """The next event; heartbeats are passed over unless wanted."""
        async with asyncio.timeout(seconds):
            found: dict[str, str] = {}
            async for line in self._lines:
                if line:
                    name, _, value = line.partition(": ") if not line.startswith(":") else ("", "", line)
                    found[name or "comment"] = value
                    continue
                if "event" in found or heartbeats:
                    return Event(found.get("id"), found.get("event"), json.loads(found.get("data", "{}")))
                found = {}
        raise AssertionError("the stream ended")

    async def take(self, number: int) -> list[Event]:
        """The next so many events."""
        return [await self.next() for _ in range(number)]


@contextlib.asynccontextmanager
async def watching(client: httpx.AsyncClient, feed: str, after: str | None = None) -> AsyncIterator[Stream]:
    """Open a feed, past its first heartbeat."""
    headers = {"Last-Event-ID": after} if after else {}
    async with client.stream("GET", f"/v1/feeds/{feed}", headers=headers) as answer:
        if answer.status_code != 200:
            raise AssertionError((await answer.aread()).decode())
        yield Stream(answer.aiter_lines())

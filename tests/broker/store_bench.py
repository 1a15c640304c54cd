"""A space to project, a projector at work on it, and a way to write to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from streams.metrics import Exposition
from streams.settings import Settings
from streams.store import projector
from streams.store.queries import Store
from streams.store.search import Search
from streams.store.visibility import Viewer
from tests.system import PATIENT_S

DESK = Viewer("d.coord", "CARICC", None, "coordinator")


@contextlib.asynccontextmanager
async def projecting(settings: Settings, exposition: Exposition | None = None) -> AsyncIterator[None]:
    """A projector at work; what ends it fails the test."""
    task = asyncio.create_task(projector.run(settings, exposition))
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Centre:
    """A space with topics and tables, and a way to write to it as the stages do: in transactions."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self._producer: AIOKafkaProducer | None = None

    async def write(self, channel: str, *records: dict[str, Any], key: Callable[[dict[str, Any]], str] = lambda r: r["key"]) -> None:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self.settings.kafka_bootstrap_servers, transactional_id=f"{self.settings.space}.test"
            )
            await self._producer.start()
        async with self._producer.transaction():
            for record in records:
                await self._producer.send(f"{self.settings.space}.{channel}", orjson.dumps(record), key=key(record).encode())

    async def until_seen(self, number: int) -> list[str]:
        """The desk's reports, once there are so many."""
        async with asyncio.timeout(PATIENT_S):
            while True:
                with contextlib.suppress(Exception):
                    page = await self.store.search(DESK, Search(limit=200))
                    if page.total == number:
                        return sorted(item["report_id"] for item in page.items)
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        if self._producer is not None:
            await self._producer.stop()
        await self.store.close()

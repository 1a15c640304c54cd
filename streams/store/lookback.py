"""Looks in the store for reports from before a live delivery's watch, in the projector's process (decision 0808).

What is found goes the way of all matches. Its place in `deliveries.watch` is kept with the store's other offsets, after what was found is
acknowledged: stopped anywhere it looks again, and the delivery's stage takes each report once.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import NoReturn

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from psycopg.rows import dict_row

from schemas.channels import BY_NAME
from streams.engine import faults
from streams.engine.failure import describe
from streams.engine.tables import FRESH_S
from streams.kafka import kafka_client_kwargs, stop
from streams.settings import Settings
from streams.store.earlier import QUERY, Json, Look, looks, met, told
from streams.store.reading import Standing, keep_offsets, offsets
from streams.store.writing import Connection

WATCH, MATCHES = "deliveries.watch", "deliveries.matches"
INBOX, APP, CURRENT = "reports.enriched", "reports", "reports.current"
"""Between intake, which has the watch in its table, and the store."""

SETTLE_S = FRESH_S + 2.0
"""After which intake decides nothing any more by a table without the watch, or has written what it so decided."""

POLL_MS = 500
ASK_S = 0.25
AGAIN_S = 2.0
SAID_AGAIN_S = 30.0
FETCHED = 100
"""Reports in hand at once: they may be large."""

log = logging.getLogger("ric.projector")

Connect = Callable[[], AbstractAsyncContextManager[Connection]]


class Reached:
    """Up to where the tables have `reports.current`: the projector says so, and who looks back waits for it."""

    def __init__(self, settings: Settings) -> None:
        self.partitions = _partitions(settings, CURRENT)
        self._places: Mapping[TopicPartition, int] = {}
        self._moved = asyncio.Event()

    def note(self, places: Mapping[TopicPartition, int]) -> None:
        """All before these offsets is in the tables."""
        self._places = places
        self._moved.set()

    async def until(self, ends: Mapping[TopicPartition, int]) -> None:
        """Return once all before these offsets is in the tables."""
        while any(self._places.get(partition, -1) < end for partition, end in ends.items()):
            self._moved.clear()
            await self._moved.wait()


class LookBack:
    """`connect` opens a connection of the space's own."""

    def __init__(self, settings: Settings, reached: Reached, connect: Connect) -> None:
        self.source = TopicPartition(BY_NAME[WATCH].topic(settings.space), 0)
        self._settings = settings
        self._kafka = kafka_client_kwargs(settings)
        self._reached = reached
        self._connect = connect
        self._known: dict[str, frozenset[str]] = {}
        self._place = -1
        self._reader: AIOKafkaConsumer | None = None

    @property
    def behind(self) -> int | None:
        """Offsets of `deliveries.watch` that were not looked back for; None while nobody can say."""
        end = None if self._reader is None else self._reader.last_stable_offset(self.source)
        return None if end is None or self._place < 0 else max(0, end - self._place)

    async def keep(self) -> NoReturn:
        """Look back for every watch that begins or grows, until cancelled."""
        said = ""
        while True:
            began = time.monotonic()
            try:
                await self._follow()
            except Exception as error:  # whatever it is, the store goes on being filled, and what is owed is looked for again
                problem = describe(error)
                if problem != said or time.monotonic() - began > SAID_AGAIN_S:
                    log.warning("reports from before a delivery's watch are not looked for, trying again: %s", problem)
                said = problem
            finally:
                self._reader = None
            await asyncio.sleep(AGAIN_S)

    async def _follow(self) -> NoReturn:
        async with self._consumer("read_committed") as reader, self._consumer("read_uncommitted") as edge:
            reader.assign([self.source])
            self._place = await self._begin(reader)
            reader.seek(self.source, self._place)
            self._reader = reader
            while True:
                records = (await reader.getmany(self.source, timeout_ms=POLL_MS)).get(self.source, ())
                following = await reader.position(self.source)
                if following == self._place:
                    continue
                asked, after = looks([(record.key, record.value, record.offset, record.timestamp) for record in records], self._known)
                if asked:
                    await self._everything_is_projected(edge)
                async with self._connect() as connection:
                    if asked:
                        await self._look(connection, asked)
                    await keep_offsets(connection, {self.source: Standing(following, None)})
                self._known, self._place = after, following

    async def _begin(self, reader: AIOKafkaConsumer) -> int:
        """Where the tables stand; at the beginning where they are new, or the topic is."""
        async with self._connect() as connection:
            standing = (await offsets(connection)).get(self.source)
        start: int = (await reader.beginning_offsets([self.source]))[self.source]
        end: int = (await reader.end_offsets([self.source]))[self.source]
        return start if standing is None or not start <= standing.next <= end else standing.next

    async def _everything_is_projected(self, edge: AIOKafkaConsumer) -> None:
        """Return once the tables have every report that was taken in without the watches just read.

        Ends are those of what is written, committed or not: what intake has under way counts.
        """
        await asyncio.sleep(SETTLE_S)
        ends = await edge.end_offsets(_partitions(self._settings, INBOX))
        admin = AIOKafkaAdminClient(**self._kafka)
        try:
            await admin.start()
            while True:
                committed = await admin.list_consumer_group_offsets(f"{self._settings.space}.{APP}", partitions=list(ends))
                if all(committed[partition].offset >= end for partition, end in ends.items() if end):
                    break
                await asyncio.sleep(ASK_S)
        finally:
            await admin.close()
        await self._reached.until(await edge.end_offsets(self._reached.partitions))

    async def _look(self, connection: Connection, asked: list[Look]) -> None:
        """Search, and return once all that was found is acknowledged."""
        found = [value for look in asked for value in await _search(connection, look)]
        log.info("looked back for %d watches of deliveries: %d to tell", len(asked), len(found))
        if not found:
            return
        topic = BY_NAME[MATCHES].topic(self._settings.space)
        async with AIOKafkaProducer(**self._kafka, enable_idempotence=True) as producer:
            sent = [await producer.send(topic, orjson.dumps(value), key=value["delivery"].encode()) for value in found]
            await asyncio.gather(*sent)
        if faults.ARMED:
            faults.at("lookback", "acknowledged")

    @asynccontextmanager
    async def _consumer(self, isolation: str) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(**self._kafka, isolation_level=isolation, enable_auto_commit=False, auto_offset_reset="none")
        try:
            await consumer.start()
            yield consumer
        finally:
            await stop(consumer)


async def _search(connection: Connection, look: Look) -> list[Json]:
    now, watches = datetime.now(UTC), look.watches()
    found: list[tuple[str, Json]] = []
    async with connection.transaction(), connection.cursor("looking_back", row_factory=dict_row) as cursor:
        cursor.itersize = FETCHED
        await cursor.execute(QUERY, look.parameters())
        async for row in cursor:
            if (match := met(watches, row, now)) is not None:
                found.append((row["kind"], match))
    return told(look, found, now)


def _partitions(settings: Settings, channel: str) -> list[TopicPartition]:
    return [TopicPartition(BY_NAME[channel].topic(settings.space), number) for number in range(settings.partitions)]

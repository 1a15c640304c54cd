"""The topics that the store is made of, read from where the tables stand; no consumer group, for offsets are kept with the rows."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.channels import BY_NAME
from streams.kafka import UNSEEN, kafka_client_kwargs, reach, stop
from streams.settings import Settings
from streams.store.removal import among, let_in, subjects
from streams.store.rows import ROWS, Row
from streams.store.writing import Connection, write

MAX_RECORDS = 4_000
FETCH_BYTES = 5 * 1024 * 1024
FETCH_AT_ONCE, FETCH_WITHIN_MS = 256 * 1024, 100


class StoreStale(RuntimeError):
    """The tables were made from other topics than these, or records are gone: only `ric rebuild` helps."""


class TopicsMissing(RuntimeError):
    """The space's topics are not there yet."""


class Unprojectable(RuntimeError):
    """A record of our own stages that does not become rows: a defect. Going on without it could show what it was to hide."""


class OffsetsMoved(RuntimeError):
    """Another process has written to the tables, or they were replaced by a rebuild: read the offsets again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the tables stand in one partition. `first_at`: broker time (ms) of its first record, None where there was none."""

    next: int
    first_at: int | None


Standings = dict[TopicPartition, Standing]
Batch = Mapping[TopicPartition, list[ConsumerRecord]]


def partitions(settings: Settings) -> list[TopicPartition]:
    """Every partition that the store is made of."""
    return [TopicPartition(BY_NAME[name].topic(settings.space), number) for name in ROWS for number in range(settings.partitions)]


@asynccontextmanager
async def consumer(settings: Settings, standing: Mapping[TopicPartition, Standing]) -> AsyncIterator[tuple[AIOKafkaConsumer, Standings]]:
    """A consumer at the first records not projected, and where it starts.

    Raises StoreStale where the topics are not those of the tables, TopicsMissing where there are none, and aiokafka's errors.
    """
    kafka = kafka_client_kwargs(settings)
    await reach(kafka)
    reader = AIOKafkaConsumer(
        **kafka,
        client_id=f"{settings.space}-projector",
        isolation_level="read_committed",
        auto_offset_reset="none",
        enable_auto_commit=False,
        max_partition_fetch_bytes=FETCH_BYTES,
        # A transaction costs the database as much for one record as for fifty, and nobody's screen waits for the tables.
        fetch_min_bytes=FETCH_AT_ONCE,
        fetch_max_wait_ms=FETCH_WITHIN_MS,
    )
    await reader.start()
    try:
        wanted = partitions(settings)
        missing = {partition.topic for partition in wanted} - await reader.topics()
        if missing:
            raise TopicsMissing(f"no topic {', '.join(sorted(missing))}: {UNSEEN}")
        reader.assign(wanted)
        starts = await _starts(reader, wanted, standing, settings)
        for partition, start in starts.items():
            reader.seek(partition, start.next)
        yield reader, starts
    finally:
        await stop(reader)


async def _starts(
    reader: AIOKafkaConsumer, wanted: list[TopicPartition], standing: Mapping[TopicPartition, Standing], settings: Settings
) -> Standings:
    first, end = await reader.beginning_offsets(wanted), await reader.end_offsets(wanted)
    firsts = await reader.offsets_for_times(dict.fromkeys(wanted, 0))
    kept_for_ever = {BY_NAME[name].topic(settings.space) for name in ROWS if BY_NAME[name].retention_ms == -1 and not BY_NAME[name].compact}
    starts: Standings = {}
    for partition in wanted:
        found = firsts[partition]
        # Where retention or compaction removes records, the first one's time says nothing.
        first_at = found.timestamp if found is not None and partition.topic in kept_for_ever else None
        before = standing.get(partition)
        if before is None:
            starts[partition] = Standing(first[partition], first_at)
            continue
        where = f"{partition.topic}, partition {partition.partition}"
        if before.next > end[partition]:
            raise StoreStale(
                f"{where}: the tables stand at offset {before.next}, it ends at {end[partition]}. It was made anew: run `ric rebuild`"
            )
        if before.first_at is not None and first_at != before.first_at:
            raise StoreStale(f"{where}: its first record is not the one that the tables began with. It was made anew: run `ric rebuild`")
        if before.next < first[partition] and partition.topic in kept_for_ever:
            raise StoreStale(f"{where}: records {before.next} to {first[partition] - 1} are gone. Restore them and run `ric rebuild`")
        starts[partition] = Standing(max(before.next, first[partition]), first_at)
    return starts


def batch_rows(batch: Batch, space: str) -> Iterator[Row]:
    """The rows of a batch as the consumer gave it. Raises Unprojectable naming the record."""
    for partition, records in batch.items():
        become = ROWS[partition.topic.removeprefix(f"{space}.")]
        for record in records:
            if record.value is None:
                continue
            try:
                at = datetime.fromtimestamp(record.timestamp / 1000, UTC).isoformat()
                yield from become(orjson.loads(record.value), at)
            except Exception as error:
                raise Unprojectable(f"{partition.topic}/{partition.partition}/{record.offset} does not become rows: {error!r}") from error


async def offsets(connection: Connection) -> Standings:
    """Where the tables stand."""
    found = await connection.execute("SELECT topic, partition, next, first_at FROM projector_offsets")
    return {TopicPartition(topic, number): Standing(following, first_at) for topic, number, following, first_at in await found.fetchall()}


async def keep_offsets(connection: Connection, standing: Mapping[TopicPartition, Standing]) -> None:
    """Note where the tables stand, inside the caller's transaction."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO projector_offsets (topic, partition, next, first_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (topic, partition) DO UPDATE SET next = excluded.next, first_at = excluded.first_at",
            [(partition.topic, partition.partition, at.next, at.first_at) for partition, at in standing.items()],
        )


async def check_standing(connection: Connection, standing: Mapping[TopicPartition, Standing]) -> None:
    """Raise OffsetsMoved where the tables do not stand at `standing`."""
    stored = await offsets(connection)
    for partition, at in standing.items():
        if stored.get(partition) != at:
            raise OffsetsMoved(f"{partition.topic}/{partition.partition}: {stored.get(partition)} and not {at}")


async def project(connection: Connection, batch: Batch, standing: Standings, space: str) -> None:
    """Write a batch and its offsets in one transaction, and bring `standing` on.

    Raises OffsetsMoved, with nothing written, where the tables do not stand at `standing`; Unprojectable; psycopg's errors.
    """
    after = {partition: Standing(records[-1].offset + 1, standing[partition].first_at) for partition, records in batch.items()}
    async with connection.transaction():
        # Held to the end: a rebuild that puts new tables in the place of these waits, and so do we for it.
        await connection.execute("LOCK TABLE projector_offsets IN SHARE ROW EXCLUSIVE MODE")
        await check_standing(connection, {partition: standing[partition] for partition in batch})
        incoming = list(batch_rows(batch, space))
        removed = await among(connection, space, {one for row in incoming for one in subjects(row)})
        await write(connection, let_in(incoming, removed) if removed else incoming)
        await keep_offsets(connection, after)
    standing.update(after)

"""`python -m streams.store.projector`: topics into tables, rows and offsets in one transaction.

One projector of a space works, others wait to take over. Where the database or the broker is away it waits and goes on where the tables
stand, so nothing is lost and nothing doubled.
"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, NoReturn

import psycopg
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams import logs
from streams.answers import Answers, known_ends
from streams.database import database_url
from streams.metrics import Exposition
from streams.metrics import Standing as Measured
from streams.settings import Settings, settings
from streams.store.lookback import LookBack, Reached
from streams.store.reading import (
    MAX_RECORDS,
    Batch,
    OffsetsMoved,
    Standings,
    StoreStale,
    TopicsMissing,
    Unprojectable,
    check_standing,
    consumer,
    keep_offsets,
    offsets,
    project,
)
from streams.store.retention import forget
from streams.store.writing import Connection, prepare

log = logging.getLogger("ric.projector")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
BEHIND = 2_000
"""Records from which on progress is logged."""
REPORT_EVERY = 5.0
FORGET_EVERY = 86_400.0
ASK_EVERY = 5.0
"""Seconds between two questions to the broker where its partitions end."""


async def run(chosen: Settings, exposition: Exposition | None = None) -> None:
    """Project until cancelled, which is safe at any moment: what is not committed is projected again. `exposition` is told of it.

    Raises StoreStale and Unprojectable, which waiting does not mend, and ValueError for wrong settings.
    """
    pause = FIRST_PAUSE
    said = ""
    exposition = exposition or Exposition()
    exposition.leave(_group(chosen.space), "the database and Kafka have not answered yet")
    while True:
        began = time.monotonic()
        try:
            await _work(chosen, exposition)
        except OffsetsMoved as error:
            problem = f"the tables were changed by another process, beginning again: {error}"
        except TopicsMissing as error:
            problem = f"waiting for topics: {error}"
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            problem = f"waiting for the tables of space {chosen.space}: they come with `ric up`"
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            problem = f"the database does not answer, trying again: {error}"
        except (KafkaError, OSError) as error:
            problem = f"Kafka does not answer, trying again: {str(error) or repr(error)}"
        exposition.leave(_group(chosen.space), problem)
        if time.monotonic() - began > LONGEST_PAUSE:
            pause, said = FIRST_PAUSE, ""
        if problem != said:
            log.warning("%s", problem)
            said = problem
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _work(chosen: Settings, exposition: Exposition) -> NoReturn:
    """Connect to both, and project until either is lost, which its errors say."""
    async with _database(chosen) as connection:
        await _alone(connection, chosen.space, exposition)
        await prepare(connection)
        async with consumer(chosen, await offsets(connection)) as (reader, standing):
            await keep_offsets(connection, standing)
            await connection.commit()
            log.info("projecting %s from %d partitions", chosen.space, len(standing))
            forgotten_at = -FORGET_EVERY
            progress = _Progress(reader, standing)
            reached = Reached(chosen)
            look_back = LookBack(chosen, reached, partial(_database, chosen))
            measures = _Measures(exposition, chosen.space, reader, standing, look_back)
            async with _beside(look_back.keep(), measures.keep_asking()):
                while True:
                    batch = await reader.getmany(timeout_ms=250, max_records=MAX_RECORDS)
                    if batch:
                        began = time.monotonic()
                        await project(connection, batch, standing, chosen.space)
                        progress.after(sum(map(len, batch.values())))
                        measures.after(batch, time.monotonic() - began)
                    else:
                        if measures.nobody_answers:
                            raise KafkaConnectionError("no broker says where the topics end")
                        await measures.idle()
                        if time.monotonic() - forgotten_at >= FORGET_EVERY:
                            await forget(connection)
                            forgotten_at = time.monotonic()
                        # Tables put in the place of ours, or a database that went away, are noticed though nothing arrives.
                        await check_standing(connection, standing)
                        await connection.commit()
                    reached.note({partition: await reader.position(partition) for partition in reached.partitions})


@asynccontextmanager
async def _database(chosen: Settings) -> AsyncIterator[Connection]:
    connection = await psycopg.AsyncConnection[tuple[Any, ...]].connect(
        database_url(chosen),
        # A commit lost in a crash is projected again with its offsets, so none needs to wait for the disk.
        options=f'-c search_path="{chosen.space}",public -c synchronous_commit=off -c jit=off',
        connect_timeout=5,
        prepare_threshold=None,
    )
    async with connection:
        yield connection


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, NoReturn]) -> AsyncIterator[None]:
    """Do all this too for as long as this is open."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _alone(connection: Connection, space: str, exposition: Exposition) -> None:
    """Return once no other projector works; the lock lasts as long as the connection."""
    waiting = False
    while True:
        found = await connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (f"ric projector {space}",))
        taken = await found.fetchone()
        await connection.commit()
        if taken is not None and taken[0]:
            return
        if not waiting:
            log.info("another projector of %s is at work: waiting to take over", space)
            exposition.watch(_group(space), tuple)
            waiting = True
        await asyncio.sleep(1)


class _Progress:
    """Says how far we are while there is much to do."""

    def __init__(self, reader: AIOKafkaConsumer, standing: Standings) -> None:
        self._reader = reader
        self._standing = standing
        self._done = 0
        self._since = self._said = time.monotonic()
        self._was_behind = False

    def after(self, records: int) -> None:
        """Count records just projected, and say so now and then."""
        self._done += records
        now = time.monotonic()
        if now - self._said < REPORT_EVERY:
            return
        behind = self._behind()
        if behind > BEHIND:
            log.info("behind by %d records, projecting %d a second", behind, self._done / (now - self._since))
            self._was_behind = True
        elif self._was_behind:
            log.info("caught up")
            self._was_behind = False
        self._done, self._since, self._said = 0, now, now

    def _behind(self) -> int:
        ends = ((self._reader.last_stable_offset(partition), at.next) for partition, at in self._standing.items())
        return sum(end - following for end, following in ends if end is not None)


def _group(space: str) -> str:
    return f"{space}.projector"


class _Measures:
    """What Prometheus is told: as of a consumer group, though the projector keeps its offsets itself."""

    def __init__(self, exposition: Exposition, space: str, reader: AIOKafkaConsumer, standing: Standings, look_back: LookBack) -> None:
        self._exposition = exposition
        self._look_back = look_back
        self._group = _group(space)
        self._reader = reader
        self._standing = standing
        self._idle_at: dict[TopicPartition, int] = {}
        self._last: dict[TopicPartition, tuple[int, float]] = {}
        self._ends: Mapping[TopicPartition, int] = {}
        self._answers = Answers[TopicPartition]()
        self.nobody_answers = False
        exposition.watch(self._group, self._standings)

    def after(self, batch: Batch, seconds: float) -> None:
        """A batch is in the tables."""
        now = time.time()
        for partition, records in batch.items():
            self._exposition.consumed(self._group, partition.topic, len(records))
            self._last[partition] = records[-1].timestamp, now
        self._exposition.processed(self._group, "", seconds)

    async def idle(self) -> None:
        """Nothing came: up to where the reader stands there is nothing but transactions' ends, which are in no batch."""
        self._idle_at = {partition: await self._reader.position(partition) for partition in self._standing}

    async def keep_asking(self) -> NoReturn:
        """Ask where the partitions end: of one without a leader, and of a broker that is gone, the reader says nothing."""
        while True:
            await asyncio.sleep(ASK_EVERY)
            self._ends = await known_ends(self._reader, list(self._standing))
            self._answers.note(list(self._standing), self._ends)
            self.nobody_answers = not self._ends

    def _standings(self) -> Iterator[Measured]:
        for partition, at in list(self._standing.items()):
            ends = [end for end in (self._reader.last_stable_offset(partition), self._ends.get(partition)) if end is not None]
            lag = max(0, max(ends) - max(at.next, self._idle_at.get(partition, 0))) if ends else None
            last_at, committed_at = self._last.get(partition, (None, None))
            # What waits is younger than what was projected last, but not known before it is read: the delay is at most this.
            said = self._answers.readable(partition)
            yield Measured(partition.topic, partition.partition, lag, last_at if lag else None, committed_at, readable=said)
        source = self._look_back.source
        yield Measured(source.topic, source.partition, self._look_back.behind)


async def _main(chosen: Settings) -> None:
    exposition = Exposition()
    exposition.serve(chosen.metrics_host, chosen.metrics_port)
    working = asyncio.create_task(run(chosen, exposition))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    with suppress(asyncio.CancelledError):
        await working


if __name__ == "__main__":
    logs.configure(settings(), log)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_main(settings()))
    except (StoreStale, Unprojectable, ValueError) as error:
        log.critical("%s", error)
        sys.exit(1)

"""What an app's stages look up: compacted channels of one partition, read whole before the first record and kept up with from then on.

A stage that decides by what it has not read yet would let through what it is there to keep in. So nothing is decided before a table has
been read to where its topic ended, nor once nobody could say for some seconds where it ends.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.channels import Channel
from streams.engine.effects import App, Table
from streams.engine.failure import describe
from streams.kafka import stop

ASK_S = 1.0
"""How often the broker is asked where a topic ends; what is written meanwhile comes by itself, within milliseconds."""

FRESH_S = 5.0
"""Nothing is decided by a table whose end nobody has known for so long."""

ANSWER_S = 4.0
AGAIN_S = 0.5
MOMENT_MS = 200

log = logging.getLogger("streams.engine")


@dataclass(frozen=True, slots=True)
class Followed:
    """One topic, and who keeps what it says."""

    topic: str
    tables: tuple[Table, ...]


def followed(app: App, space: str, channels: Mapping[str, Channel]) -> tuple[Followed, ...]:
    """The tables of the app's stages, by topic. Raises ValueError where a channel cannot be one."""
    found: dict[str, list[Table]] = {}
    for stage in app.stages:
        for name, table in stage.tables.items():
            channel = channels.get(name)
            if channel is None or channel.spread != "one" or not channel.compact or "worker" not in channel.readers:
                raise ValueError(f"stage {stage.name} looks up {name}: that must be a compacted channel of one partition that workers read")
            found.setdefault(channel.topic(space), []).append(table)
    return tuple(Followed(topic, tuple(tables)) for topic, tables in found.items())


class Tables:
    """Follows the topics for all partitions of an app in this process."""

    def __init__(self, topics: Iterable[Followed], kafka: Mapping[str, Any]) -> None:
        self._topics = tuple(topics)
        self._kafka = kafka
        self._read_at = {one.topic: float("-inf") for one in self._topics}
        self._places: dict[str, int] = {}
        self._read = asyncio.Event()
        self._asked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def fresh(self) -> bool:
        """Whether every table had, a few seconds ago at most, everything that its topic had."""
        return all(monotonic() - at < FRESH_S for at in self._read_at.values())

    async def read(self) -> None:
        """Return when every table has all that its topic had when this was called; as long as a topic cannot be read, never."""
        if self._topics and not self._tasks:
            self._tasks = [asyncio.create_task(self._keep(one), name=one.topic) for one in self._topics]
        began = monotonic()
        self._asked.set()
        while any(at < began for at in self._read_at.values()):
            self._read.clear()
            await self._read.wait()

    async def close(self) -> None:
        """Follow no longer."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, one: Followed) -> None:
        source = TopicPartition(one.topic, 0)
        while True:
            consumer = AIOKafkaConsumer(
                **self._kafka,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="none",
                request_timeout_ms=int(ANSWER_S * 1000),
                retry_backoff_ms=100,
            )
            try:
                async with asyncio.timeout(ANSWER_S):
                    await consumer.start()
                consumer.assign([source])
                if one.topic not in self._places:
                    self._places[one.topic] = (await consumer.beginning_offsets([source]))[source]
                consumer.seek(source, self._places[one.topic])
                while True:
                    asked = monotonic()
                    async with asyncio.timeout(ANSWER_S):
                        end = (await consumer.end_offsets([source]))[source]
                    while self._places[one.topic] < end:
                        await self._take(consumer, source, one)
                    self._read_at[one.topic] = asked
                    self._read.set()
                    # What is written meanwhile comes by itself, at once: asking only shows that the broker still answers.
                    while not self._asked.is_set() and monotonic() < asked + ASK_S:
                        await self._take(consumer, source, one)
                    self._asked.clear()
            except (
                Exception
            ) as error:  # a table that cannot take a record, too: whatever it is, nothing is decided, and somebody must see why
                log.warning("%s cannot be read: %s; nothing is decided without it", one.topic, describe(error))
            finally:
                await stop(consumer, ANSWER_S)
            await asyncio.sleep(AGAIN_S)

    async def _take(self, consumer: AIOKafkaConsumer, source: TopicPartition, one: Followed) -> None:
        """Take what comes within a moment."""
        for record in (await consumer.getmany(source, timeout_ms=MOMENT_MS)).get(source, ()):
            for table in one.tables:
                table.take(record.key or b"", record.value)
        # By position, not by record: the end of a transaction is a record that nobody is shown.
        self._places[one.topic] = await consumer.position(source)

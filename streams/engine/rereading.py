"""A partition's own earlier records, read again for a stage that asks: its inbox keeps them for ever, so its state need not."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError, RecordTooLargeError

from streams.engine.failure import EngineError, describe
from streams.engine.parking import RecordsLost
from streams.engine.unreadable import Unreadable, repeatedly
from streams.kafka import stop

WITHIN_S = 30.0
GONE = "{}, to which the state points, is not there: was the topic made anew, or cut by retention? Nothing is guessed in its place"
DAMAGED = (
    "{}, to which the state points, cannot be read: the broker's copy of it is damaged. Where another broker has a good copy, stop the one "
    "that leads this partition, delete its folder of it, and start it and then this worker. Nothing is guessed in its place"
)
FETCH_BYTES = 64 * 1024
"""A record larger than this still comes, alone; the many behind it would be thrown away."""


class CannotReread(EngineError):
    """The broker does not give a record that the state points to; it may, once this process has been started again."""


class Rereader:
    """Reads single records of one partition, over a connection of its own that is made when first needed."""

    def __init__(self, source: TopicPartition, kafka: Mapping[str, Any]) -> None:
        self._source = source
        self._kafka = kafka
        self._consumer: AIOKafkaConsumer | None = None

    async def value(self, offset: int) -> bytes:
        """The value of the record at this offset. Raises CannotReread, and RecordsLost where the inbox does not have it any more."""
        where = f"{self._source.topic}/{self._source.partition}/{offset}"
        try:
            record = await repeatedly(lambda: self._record(offset))
        except OffsetOutOfRangeError as error:
            raise RecordsLost(GONE.format(where)) from error
        except (Unreadable, RecordTooLargeError) as error:
            raise RecordsLost(DAMAGED.format(where)) from error
        except Exception as error:
            raise CannotReread(f"{where}, to which the state points, cannot be read: {describe(error)}") from error
        if record.offset != offset or record.value is None:
            raise RecordsLost(GONE.format(where))
        value: bytes = record.value
        return value

    async def _record(self, offset: int) -> Any:
        async with asyncio.timeout(WITHIN_S):
            consumer = await self._assigned()
            consumer.seek(self._source, offset)
            return await consumer.getone(self._source)

    async def _assigned(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                **self._kafka,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="none",
                max_partition_fetch_bytes=FETCH_BYTES,
            )
            await consumer.start()
            consumer.assign([self._source])
            self._consumer = consumer
        return self._consumer

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._consumer is not None:
            await stop(self._consumer)
            self._consumer = None

"""One transactional producer per source partition: the fence against zombies, and the batch's only way out."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from streams.engine import faults
from streams.engine.failure import EngineError, describe

RETRY_BACKOFF_MS = 5
"""The broker answers CONCURRENT_TRANSACTIONS when the next transaction begins at once; aiokafka then waits this long."""

BATCH_BYTES = 512 * 1024

log = logging.getLogger("streams.engine")

Header = tuple[str, bytes]

NO_HEADERS: list[Header] = []

Outgoing = tuple[bytes, bytes | None, list[Header], int]
"""Key, value, headers, timestamp in milliseconds."""

Outputs = Mapping[tuple[str, int], Sequence[Outgoing]]


def transactional_id(group: str, source: TopicPartition) -> str:
    """The producer's id for a source partition: whoever works on it has this one, so that the next owner shuts out the one before."""
    return f"{group}.{source.topic}.{source.partition}"


class TransactionFailed(EngineError):
    """A batch could not be committed: fenced, timed out or refused."""


class Transactor:
    """Commits batches of one source partition, each with its offset, all or nothing."""

    def __init__(self, source: TopicPartition, group: str, kafka: Mapping[str, Any], timeout_s: float) -> None:
        self._source = source
        self._group = group
        self._app = group.rpartition(".")[2]
        self._timeout_s = timeout_s
        self.transactional_id = transactional_id(group, source)
        self._producer = AIOKafkaProducer(
            **kafka,
            transactional_id=self.transactional_id,
            transaction_timeout_ms=int(timeout_s * 1000),
            retry_backoff_ms=RETRY_BACKOFF_MS,
            max_batch_size=BATCH_BYTES,
        )

    async def fence(self) -> None:
        """Shut out earlier owners of this partition and end what they left open. Raises TransactionFailed."""
        try:
            await self._producer.start()
        except (KafkaError, OSError) as error:
            raise TransactionFailed(f"{self.transactional_id} cannot be initialised: {describe(error)}") from error

    async def commit(self, outputs: Outputs, changelog: TopicPartition | None, changes: Sequence[Outgoing], offset: int) -> int | None:
        """Outputs, changelog and the source's next offset in one transaction.

        Returns the changelog offset after the last change, None without changes. Raises TransactionFailed.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._commit(outputs, changelog, changes, offset)
        except TimeoutError as error:
            raise TransactionFailed(f"{self.transactional_id}: the transaction did not end within {self._timeout_s:g} s") from error
        except (KafkaError, OSError) as error:
            raise TransactionFailed(f"{self.transactional_id}: {describe(error)}") from error

    async def _commit(self, outputs: Outputs, changelog: TopicPartition | None, changes: Sequence[Outgoing], offset: int) -> int | None:
        producer = self._producer
        await producer.begin_transaction()
        if faults.ARMED:
            faults.at(self._app, "begun")
        sent: list[asyncio.Future[Any]] = []
        for (topic, partition), records in outputs.items():
            await self._send(topic, partition, records, sent)
        if faults.ARMED:
            await asyncio.gather(*sent)
            faults.at(self._app, "outputs")
        written: list[asyncio.Future[Any]] = []
        last = 0
        if changelog is not None and changes:
            last = await self._send(changelog.topic, changelog.partition, changes, written)
        # Only the broker's acknowledgement counts: a flush returns without it.
        await asyncio.gather(*sent, *written)
        if faults.ARMED:
            faults.at(self._app, "changelog")
        await producer.send_offsets_to_transaction({self._source: offset}, self._group)
        if faults.ARMED:
            faults.at(self._app, "offsets")
        await producer.commit_transaction()
        if faults.ARMED:
            faults.at(self._app, "committed")
        return written[-1].result().offset + last if written else None

    async def _send(self, topic: str, partition: int, records: Sequence[Outgoing], sent: list[asyncio.Future[Any]]) -> int:
        """Hand the records over in as few batches as they fit in; return how many the last one has."""
        producer = self._producer
        batch = producer.create_batch()
        for key, value, headers, at in records:
            if batch.append(timestamp=at, key=key, value=value, headers=headers) is None:
                sent.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(timestamp=at, key=key, value=value, headers=headers)
        count: int = batch.record_count()
        sent.append(await producer.send_batch(batch, topic, partition=partition))
        return count

    async def close(self) -> None:
        """Close the connection; only between transactions."""
        await self._producer.stop()

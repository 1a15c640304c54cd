"""One transactional producer per source partition: the fence against zombies, and the batch's only way out."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from streams.engine import faults
from streams.engine.failure import EngineError, describe
from streams.engine.requests import (
    Producer,
    Request,
    api_versions,
    end_txn,
    init_producer_id,
    produce,
    transaction_version,
    txn_offset_commit,
)

BUSY_PAUSE_S = 0.005
"""Where the broker still writes the markers of the transaction before."""
BUSY_TRIES = 200
"""From then on it is not that."""
MOVED_PAUSE_S = 0.1
"""Where a leader or coordinator is away, or is another by now."""
TOLD_EVERY = 50

PATIENCE = 3
"""A broker that says nothing is asked again, or another in its place, so many times within a transaction's time."""

FENCED_CODES = (47, 90)
"""INVALID_PRODUCER_EPOCH and PRODUCER_FENCED."""

BATCH_BYTES = 512 * 1024

NEEDED_VERSION = 2
"""Of Kafka's feature `transaction.version`: with it a transaction has an epoch of its own."""

PASSING = (
    errors.ConcurrentTransactions,
    errors.CoordinatorLoadInProgressError,
    errors.CoordinatorNotAvailableError,
    errors.KafkaConnectionError,
    errors.KafkaStorageError,
    errors.LeaderNotAvailableError,
    errors.NodeNotReadyError,
    errors.NotCoordinatorError,
    errors.NotEnoughReplicasAfterAppendError,
    errors.NotEnoughReplicasError,
    errors.NotLeaderForPartitionError,
    errors.RequestTimedOutError,
    errors.UnknownTopicOrPartitionError,
)
"""What may be another's answer a moment later. A batch sent again is written once: the broker knows its epoch and sequence."""

log = logging.getLogger("streams.engine")

Header = tuple[str, bytes]

NO_HEADERS: list[Header] = []

Outgoing = tuple[bytes, bytes | None, list[Header], int]
"""Key, value, headers, timestamp in milliseconds."""

Outputs = Mapping[tuple[str, int], Sequence[Outgoing]]

Batch = tuple[bytes, int]
"""Encoded, and how many records it has."""


def transactional_id(group: str, source: TopicPartition) -> str:
    """The producer's id for a source partition: whoever works on it has this one, so that the next owner shuts out the one before."""
    return f"{group}.{source.topic}.{source.partition}"


class TransactionFailed(EngineError):
    """A batch could not be committed: fenced, timed out or refused."""


class Transactor:
    """Commits batches of one source partition, each with its offset, all or nothing.

    Transactions are Kafka's second kind (KIP-890, Kafka 4.0): three requests each, and an epoch each.
    """

    def __init__(self, source: TopicPartition, group: str, kafka: Mapping[str, Any], timeout_s: float) -> None:
        self._source = source
        self._group = group
        self._app = group.rpartition(".")[2]
        self._kafka = kafka
        self._timeout_s = timeout_s
        self._timeout_ms = int(timeout_s * 1000)
        self._request_ms = max(1_000, self._timeout_ms // PATIENCE)
        self.transactional_id = transactional_id(group, source)
        self._client: Any = None
        self._producer = Producer(-1, -1)
        self._coordinators: dict[int, int] = {}
        self._hindrance = ""
        self._tries = 0

    async def fence(self) -> None:
        """Shut out earlier owners of this partition and end what they left open. Raises TransactionFailed."""
        try:
            self._client = AIOKafkaClient(**self._kafka, client_id=self.transactional_id, request_timeout_ms=self._request_ms)
            await self._client.bootstrap()
            await self._require_version()
            answer = await self._ask(CoordinationType.TRANSACTION, init_producer_id(self.transactional_id, self._timeout_ms))
        except (KafkaError, OSError) as error:
            raise TransactionFailed(f"{self.transactional_id} cannot be initialised: {describe(error)}") from error
        self._producer = Producer(answer["producer_id"], answer["producer_epoch"])

    async def commit(self, outputs: Outputs, changelog: TopicPartition | None, changes: Sequence[Outgoing], offset: int) -> int | None:
        """Outputs, changelog and the source's next offset in one transaction.

        Returns the changelog offset after the last change, None without changes. Raises TransactionFailed.
        """
        self._hindrance, self._tries = "", 0
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._commit(outputs, changelog, changes, offset)
        except TimeoutError as error:
            late = f"{self.transactional_id}: the transaction did not end within {self._timeout_s:g} s"
            raise TransactionFailed(f"{late}: {self._hindrance}" if self._hindrance else late) from error
        except (KafkaError, OSError) as error:
            raise TransactionFailed(f"{self.transactional_id}: {describe(error)}") from error

    async def _commit(self, outputs: Outputs, changelog: TopicPartition | None, changes: Sequence[Outgoing], offset: int) -> int | None:
        written = {TopicPartition(*to): records for to, records in outputs.items() if records}
        if faults.ARMED:
            faults.at(self._app, "begun", self._source.topic)
            await self._write(written)
            faults.at(self._app, "outputs", self._source.topic)
            written = {}
        if changelog is not None and changes:
            written[changelog] = changes
        ends = await self._write(written)
        if faults.ARMED:
            faults.at(self._app, "changelog", self._source.topic)
        await self._ask(
            CoordinationType.GROUP,
            txn_offset_commit(self.transactional_id, self._group, self._producer, (*self._source, offset)),
        )
        if faults.ARMED:
            faults.at(self._app, "offsets", self._source.topic)
        answer = await self._ask(CoordinationType.TRANSACTION, end_txn(self.transactional_id, self._producer))
        self._producer = Producer(answer["producer_id"], answer["producer_epoch"])
        if faults.ARMED:
            faults.at(self._app, "committed", self._source.topic)
        return ends[changelog] if changelog is not None and changes else None

    async def _write(self, records: Mapping[TopicPartition, Sequence[Outgoing]]) -> dict[TopicPartition, int]:
        """Write all; return the offset after the last record of each partition."""
        waiting = {to: deque(self._batches(outgoing)) for to, outgoing in records.items()}
        ends: dict[TopicPartition, int] = {}
        while waiting:
            failed: KafkaError | None = None
            # One leader after the other: partitions of one transaction that join it at once hold each other up in its coordinator.
            for node, partitions in (await self._leaders(waiting)).items():
                try:
                    answer = await self._client.send(node, self._produce({to: waiting[to][0][0] for to in partitions}))
                except PASSING as error:
                    failed = error
                    continue
                for topic, parts, _ in answer["responses"]:
                    for index, code, base, *_ in parts:
                        to = TopicPartition(topic, index)
                        if code:
                            failed = self._failed(code)
                            continue
                        ends[to] = base + waiting[to].popleft()[1]
                        if not waiting[to]:
                            del waiting[to]
            if failed is not None:
                await self._again(failed)
        return ends

    def _batches(self, records: Iterable[Outgoing]) -> Iterator[Batch]:
        """As few batches as they fit in. Sequences begin anew with each transaction, as its epoch is its own."""
        batch, count, sequence = self._batch(0), 0, 0
        for key, value, headers, at in records:
            if batch.append(count, at, key, value, headers) is None:
                yield bytes(batch.build()), count
                sequence += count
                batch, count = self._batch(sequence), 0
                batch.append(count, at, key, value, headers)
            count += 1
        yield bytes(batch.build()), count

    def _batch(self, sequence: int) -> Any:
        return DefaultRecordBatchBuilder(
            magic=2,
            compression_type=0,
            is_transactional=1,
            producer_id=self._producer.id,
            producer_epoch=self._producer.epoch,
            base_sequence=sequence,
            batch_size=BATCH_BYTES,
        )

    def _produce(self, batches: Mapping[TopicPartition, bytes]) -> Request:
        topics: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
        for to, batch in batches.items():
            topics[to.topic].append((to.partition, batch))
        return produce(self.transactional_id, self._request_ms, list(topics.items()))

    async def _leaders(self, partitions: Iterable[TopicPartition]) -> dict[int, list[TopicPartition]]:
        """Who leads which of them; asks again until all are known."""
        while True:
            leaders: defaultdict[int, list[TopicPartition]] = defaultdict(list)
            for to in partitions:
                leader = self._client.cluster.leader_for_partition(to)
                leaders[-1 if leader is None else leader].append(to)
            if -1 not in leaders:
                return leaders
            for to in leaders[-1]:
                await self._client.add_topic(to.topic)
                if to.topic in self._client.cluster.unauthorized_topics:
                    raise errors.TopicAuthorizationFailedError(to.topic)
            if any(self._client.cluster.leader_for_partition(to) in (None, -1) for to in leaders[-1]):
                await self._again(errors.LeaderNotAvailableError(", ".join(f"{to.topic}/{to.partition}" for to in leaders[-1])))

    async def _ask(self, kind: int, request: Request) -> Any:
        """The coordinator's answer, from whoever it is by now. Raises KafkaError for an error that does not pass by itself."""
        while True:
            try:
                node = self._coordinators.get(kind)
                if node is None:
                    key = self._group if kind == CoordinationType.GROUP else self.transactional_id
                    node = self._coordinators[kind] = await self._client.coordinator_lookup(kind, key)
                answer = await self._client.send(node, request)
                code = answer["error_code"] if kind == CoordinationType.TRANSACTION else answer["topics"][0][1][0][1]
                if not code:
                    return answer
                failed = self._failed(code)
            except PASSING as error:
                failed = error
            if not isinstance(failed, errors.ConcurrentTransactions):
                self._coordinators.pop(kind, None)
            await self._again(failed)

    def _failed(self, code: int) -> KafkaError:
        """The error of this code where it may pass by itself; raised where not."""
        if code in FENCED_CODES:
            raise errors.ProducerFenced
        kind = errors.for_code(code)
        error: KafkaError = kind() if kind is not errors.UnknownError else KafkaError(f"Kafka's error {code}")
        if not isinstance(error, PASSING):
            raise error
        return error

    async def _again(self, failed: KafkaError) -> None:
        """Wait before it is tried again, and learn who leads and coordinates now where it may have changed."""
        self._hindrance, self._tries = describe(failed), self._tries + 1
        if isinstance(failed, errors.ConcurrentTransactions) and self._tries < BUSY_TRIES:
            await asyncio.sleep(BUSY_PAUSE_S)
            return
        if self._tries % TOLD_EVERY == 1 or self._tries == BUSY_TRIES:
            log.warning("%s: %s, tried again (%d times so far)", self.transactional_id, self._hindrance, self._tries)
        await self._client.force_metadata_update()
        await asyncio.sleep(MOVED_PAUSE_S)

    async def _require_version(self) -> None:
        while True:
            try:
                answer = await self._client.send(self._client.get_random_node(), api_versions())
                break
            except PASSING as error:
                await self._again(error)
        if (version := transaction_version(answer)) < NEEDED_VERSION:
            raise TransactionFailed(
                f"the cluster's transaction.version is {version}, and {NEEDED_VERSION} is needed (Kafka 4.0 or newer): "
                f"kafka-features upgrade --feature transaction.version={NEEDED_VERSION}"
            )

    async def close(self) -> None:
        """Close the connection; only between transactions."""
        if self._client is not None:
            await self._client.close()

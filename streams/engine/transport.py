"""Faust's aiokafka transport with one message per partition and fetch: Faust's cost per message becomes a cost per batch.

Faust keeps assignment, rebalancing and the flow from consumer to agent. Offsets are not its business any more: they travel in the
batch's transaction, so nothing is acknowledged to Faust and nothing is committed by it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import aiokafka
import aiokafka.consumer.fetcher
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaTimeoutError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from streams.answers import known_ends
from streams.engine.batches import Batches
from streams.engine.failure import EngineError, describe
from streams.engine.journal import FULL_BATCH
from streams.engine.unreadable import PAUSE_S, READINGS, Readable, Unreadable, position, unreadable
from streams.kafka import TOPICS_KNOWN_MS, stop

FETCH_BYTES = 4 * 1024 * 1024
PATIENT_BYTES = 256 * 1024
"""What ends the patience of an app that has some."""

IDLE_WAIT_MS = 500
IDLE_POLL_S = 5.0

T = TypeVar("T")

log = logging.getLogger("streams.engine")

# The fetcher takes them by these names and has no other way in.
aiokafka.consumer.fetcher.MemoryRecords = Batches
aiokafka.consumer.fetcher.PartitionRecords = Readable


class FetchFailed(EngineError):
    """The broker's log cannot be read on from where we stand."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records of one partition, in order. They and the gaps between them (compaction, transaction markers) cover all up to `end`.

    `owner` is the assignment of the partition that asked for them: another one must not take them.
    """

    owner: object
    partition: TopicPartition
    records: Sequence[ConsumerRecord[bytes, bytes]]
    end: int


@dataclass(frozen=True, slots=True)
class Damaged:
    """In place of `Fetched`: this partition cannot be read on. The others can."""

    owner: object
    fault: Unreadable


class Owner(Protocol):
    """What the transport tells its app about partitions."""

    def assigned(self, partitions: set[TopicPartition]) -> None: ...

    async def released(self) -> None: ...

    def damaged(self, damaged: Damaged) -> None: ...

    def failed(self, error: BaseException) -> None: ...


class Pump:
    """Moves records from aiokafka to the app; lives in the consumer's thread.

    A partition is fetched only on request, one batch a request, so what is buffered is bounded by who asks. Positions are
    checked: a fetch must begin where the partition's last one ended.
    """

    def __init__(self, consumer: aiokafka.AIOKafkaConsumer, deliver: Any) -> None:
        self._consumer = consumer
        self._deliver = deliver
        self._wanted: dict[TopicPartition, object] = {}
        self._expected: dict[TopicPartition, int] = {}
        self._readings: dict[TopicPartition, int] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def request(self, partition: TopicPartition, owner: object) -> None:
        """The owner takes one more batch of the partition."""
        self._wanted[partition] = owner
        self._changed.set()

    async def seek(self, partition: TopicPartition, offset: int) -> None:
        """Begin at this offset."""
        self._consumer.seek(partition, offset)
        self._expected[partition] = offset
        self.begin()

    def begin(self) -> None:
        """Live: fetch what is wanted, and where nothing is, be no dead consumer."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Forget all requests; when this returns no fetch is under way."""
        self._wanted.clear()
        self._expected.clear()
        self._readings.clear()
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        try:
            while True:
                self._changed.clear()
                if self._wanted:
                    await self._fetch()
                else:
                    # Nothing is wanted for as long as the app holds back; to aiokafka that is no dead consumer, which leaves the group.
                    with self._consumer._subscription.fetch_context():
                        await self._changed.wait()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._deliver(error)

    async def _fetch(self) -> None:
        fetcher, subscriptions = self._consumer._fetcher, self._consumer._subscription
        partitions = self._still_ours(self._wanted)
        if not partitions:
            return
        for partition in partitions:
            self._check(partition)
        fetch = asyncio.ensure_future(fetcher.fetched_records(partitions, timeout=IDLE_POLL_S, max_records=FULL_BATCH))
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            with subscriptions.fetch_context():
                await asyncio.wait({fetch, changed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            # Records are taken from the fetcher in the step that ends it: cancelled before, it has taken none.
            if not fetch.done():
                fetch.cancel()
                await asyncio.wait({fetch})
        if not fetch.cancelled() and (error := fetch.exception()) is not None:
            self._not_read(error)
            return
        fetched = {} if fetch.cancelled() else fetch.result()
        for partition in self._still_ours(partitions):
            end = position(self._consumer, partition)
            if partition in fetched or end != self._expected[partition]:
                self._expected[partition] = end
                self._readings.pop(partition, None)
                owner = self._wanted.pop(partition)
                self._deliver(Fetched(owner, partition, fetched.get(partition, ()), end))

    def _still_ours(self, partitions: Iterable[TopicPartition]) -> list[TopicPartition]:
        """Those that are assigned. The others are wanted no more: Faust says nothing of a rebalance while its app stops."""
        assigned, ours = self._consumer.assignment(), []
        for partition in list(partitions):
            if partition in assigned:
                ours.append(partition)
            else:
                self._wanted.pop(partition, None)
        return ours

    def _not_read(self, error: BaseException) -> None:
        fault = unreadable(error)
        if fault is None or fault.partition not in self._wanted:
            raise error
        owner = self._wanted.pop(fault.partition)
        # aiokafka may have gone past what it had taken of others in the same call.
        for partition in self._still_ours(self._wanted):
            if position(self._consumer, partition) != self._expected[partition]:
                self._consumer.seek(partition, self._expected[partition])
        self._readings[fault.partition] = times = self._readings.get(fault.partition, 0) + 1
        if times >= READINGS:
            self._deliver(Damaged(owner, fault))
        else:
            asyncio.get_running_loop().call_later(PAUSE_S, self._read_again, fault.partition, owner)

    def _read_again(self, partition: TopicPartition, owner: object) -> None:
        if partition in self._readings and partition in self._consumer.assignment():
            # It may have gone past the damage, or have the same answer still.
            self._consumer.seek(partition, self._expected[partition])
            self.request(partition, owner)

    def leave(self, partition: TopicPartition) -> None:
        """Fetch it no more, and stay in the group all the same."""
        if partition in self._consumer.assignment():
            self._consumer.pause(partition)
        self.begin()

    def _check(self, partition: TopicPartition) -> None:
        at = position(self._consumer, partition)
        if at != self._expected[partition]:
            name, expected = f"{partition.topic}/{partition.partition}", self._expected[partition]
            raise FetchFailed(f"{name} is at {at}, not at {expected}: records would be lost")


class BatchThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread around a consumer of our own settings."""

    consumer: "BatchConsumer"

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf, consumer = self.app.conf, self.consumer
        self._assignor = RoundRobinPartitionAssignor
        return aiokafka.AIOKafkaConsumer(
            **consumer.kafka,
            client_id=conf.id,
            group_id=conf.id,
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            enable_auto_commit=False,
            # Never silently: a position that the log no longer has means lost records.
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=FULL_BATCH,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_min_bytes=PATIENT_BYTES if consumer.patience_ms else 1,
            fetch_max_wait_ms=consumer.patience_ms or IDLE_WAIT_MS,
            metadata_max_age_ms=TOPICS_KNOWN_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
        )

    async def on_thread_stop(self) -> None:
        """Stop the consumer, whatever becomes of a fetch: else nobody hears that the thread has ended, and the worker waits for it."""
        await super(driver.AIOKafkaConsumerThread, self).on_thread_stop()
        if self._consumer is not None:
            await stop(self._consumer)


class BatchConsumer(driver.Consumer):
    """Yields one message per partition and fetch, whose value is a `Fetched`."""

    kafka: Mapping[str, Any]
    patience_ms: int
    owner: Owner

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arrived: asyncio.Queue[Fetched] = asyncio.Queue()
        self._pump: Pump | None = None

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109
        """What has arrived, at most `timeout` seconds from now."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]  # an asyncio.Event, as in Faust's own code
        try:
            async with asyncio.timeout(timeout):
                fetched = await self._arrived.get()
        except TimeoutError:
            return
        while True:
            yield TP(*fetched.partition), self._message(fetched)
            if self._arrived.empty():
                return
            fetched = self._arrived.get_nowait()

    def _message(self, fetched: Fetched) -> ConsumerMessage:
        topic, partition = fetched.partition
        return ConsumerMessage(
            topic,
            partition,
            fetched.end - 1,
            0.0,
            0,
            None,
            None,
            fetched,  # type: ignore[arg-type]  # a batch takes the place of a value
            None,
            tp=TP(topic, partition),
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """A new assignment is complete: each partition is made ready by its owner, in its own time."""
        self.owner.assigned({TopicPartition(tp.topic, tp.partition) for tp in self.assignment()})

    async def wait_empty(self) -> None:
        """The assignment ends (rebalance, shutdown): batches under way end first."""
        await self.owner.released()
        if self._pump is not None:
            await self._in_thread(self._pump.stop())
            self._pump = None
        self._arrived = asyncio.Queue()

    async def on_stop(self) -> None:
        """The worker stops."""
        await self.wait_empty()

    def ack(self, message: Message) -> bool:
        """The agent has handed the batch over; that says nothing about its offsets."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    def _new_offset(self, tp: TP) -> int | None:
        return None

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Offsets are committed in transactions only."""
        return False

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps are inside batches."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """The engine's watchdog does this."""

    @property
    def member(self) -> str:
        """Which member of its group this is, once it has joined."""
        return str(self._client._coordinator.member_id)

    # For the owner of a partition, called in the app's loop:

    async def committed(self, partition: TopicPartition) -> int | None:
        """The group's committed offset, asked of the broker now (aiokafka's own cache may predate the fence)."""
        coordinator = self._client._coordinator
        offsets = await self._in_thread(coordinator.fetch_committed_offsets([partition]))
        found = offsets.get(partition)
        return None if found is None or found.offset < 0 else found.offset

    async def log_start(self, partition: TopicPartition) -> int:
        """The first offset that the log still has; as long as the partition has no leader, it waits and says so."""
        while True:
            try:
                start: int = (await self._in_thread(self._client.beginning_offsets([partition])))[partition]
                return start
            except KafkaTimeoutError:
                log.warning("nobody says where %s/%d begins; asked again (has it a leader?)", *partition)

    async def ends(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offsets up to which each partition may be read, without those of which nobody says it: see `known_ends`."""
        return await self._in_thread(known_ends(self._client, partitions))

    def known_end(self, partition: TopicPartition) -> int | None:
        """Up to where the partition could be read at its last fetch, without asking; from any thread. None before the first."""
        subscription = self._client._subscription.subscription
        assignment = None if subscription is None else subscription.assignment
        state = None if assignment is None else assignment.state_value(partition)
        return None if state is None else state.lso

    async def start_at(self, partition: TopicPartition, offset: int) -> None:
        """Fetches of this partition begin at this offset."""
        await self._in_thread(self._pumped().seek(partition, offset))

    def leave(self, partition: TopicPartition) -> None:
        """Fetch this partition no more, and stay in the group, though none may ever be fetched."""
        self._thread.thread_loop.call_soon_threadsafe(self._pumped().leave, partition)

    def _pumped(self) -> Pump:
        if self._pump is None:
            self._pump = Pump(self._client, self._deliver_threadsafe)
        return self._pump

    def request(self, partition: TopicPartition, owner: object) -> None:
        """Ask for the partition's next batch."""
        if self._pump is not None:
            self._thread.thread_loop.call_soon_threadsafe(self._pump.request, partition, owner)

    @property
    def _client(self) -> aiokafka.AIOKafkaConsumer:
        return self._thread._ensure_consumer()

    async def _in_thread(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._thread.thread_loop))

    def _deliver_threadsafe(self, fetched: Fetched | Damaged | BaseException) -> None:
        self.loop.call_soon_threadsafe(self._deliver, fetched)

    def _deliver(self, fetched: Fetched | Damaged | BaseException) -> None:
        if isinstance(fetched, BaseException):
            self.owner.failed(
                fetched if isinstance(fetched, EngineError) else FetchFailed(f"records cannot be fetched: {describe(fetched)}")
            )
        elif isinstance(fetched, Damaged):
            self.owner.damaged(fetched)
        else:
            self._arrived.put_nowait(fetched)


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with batches. Subclassed per app, to give the consumer its settings and owner."""

    Consumer = BatchConsumer

"""The topics as they grow: one consumer a process reads `feed` and `receipts` and hands each record to whoever watches.

A watcher's queue is bounded. One that falls behind is cut off and reads on from Kafka, so a slow client costs a fixed amount of memory
and loses nothing.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.channels import BY_NAME
from streams.gateway.standing import Standing
from streams.kafka import kafka_client_kwargs
from streams.settings import Settings

FOLLOWED = ("feed", "receipts")
QUEUED = 1000
MAX_WATCHED_RECEIPTS = 20_000
PROBE_S = 5.0
ANSWER_S = 4.0
REPLAYS = 4
log = structlog.get_logger()


class NotLive(Exception):
    """Kafka cannot be read now."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One record of a followed topic. `at` is broker time in milliseconds."""

    partition: int
    offset: int
    at: int
    body: dict[str, Any]


class Subscription:
    """Records of one channel from `start` (next offset by partition) on, until `cut`: then read on from Kafka and subscribe again."""

    def __init__(self, start: tuple[int, ...]) -> None:
        self.start, self.cut = start, False
        self._records: deque[Seen] = deque()
        self._waiting = asyncio.Event()

    def put(self, record: Seen) -> bool:
        """Whether there was room."""
        if len(self._records) >= QUEUED:
            self.cut = True
        else:
            self._records.append(record)
        self._waiting.set()
        return not self.cut

    async def next(self, until: float) -> Seen | None:
        """The next record; None when none came before the loop's clock reads `until`, or when cut and empty."""
        while not self._records and not self.cut:
            self._waiting.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._waiting.wait()
            except TimeoutError:
                return None
        return self._records.popleft() if self._records else None

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.cut and not self._records

    def end(self) -> None:
        """Cut it off."""
        self.cut = True
        self._waiting.set()


class ReceiptWatch:
    """An agency's receipts, by origin, from the moment that the watch began."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._changed = asyncio.Event()

    def put(self, receipt: dict[str, Any]) -> None:
        """Note a receipt."""
        if len(self.found) < MAX_WATCHED_RECEIPTS:
            self.found[receipt["origin"]] = receipt
            self._changed.set()

    async def settled(self, origins: Iterable[str], seconds: float) -> bool:
        """Wait until each origin has its receipt; False when the time is up first."""
        open_ones = set(origins)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while open_ones := {origin for origin in open_ones if origin not in self.found}:
                    self._changed.clear()
                    await self._changed.wait()
        return not open_ones


class Tail:
    """Follows the topics for the whole process and comes back by itself when Kafka was away."""

    def __init__(self, settings: Settings) -> None:
        self.standing = Standing()
        self.closing = False
        self._settings = settings
        self._positions: dict[str, list[int]] = {}
        self._subscriptions: dict[str, set[Subscription]] = {channel: set() for channel in FOLLOWED}
        self._watches: dict[str, set[ReceiptWatch]] = {}
        self._replays = asyncio.Semaphore(REPLAYS)
        self._caught_up = asyncio.Event()
        self._answered = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def end_subscriptions(self) -> None:
        """Cut every watcher off for good: the process is about to end."""
        self.closing = True
        for subscription in [one for channel in self._subscriptions.values() for one in channel]:
            subscription.end()

    def start(self) -> None:
        """Begin to follow, in a task of its own."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop; whoever watches is cut off."""
        self.end_subscriptions()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def live(self) -> bool:
        """Whether Kafka answered lately, and everything that it had then has been read."""
        return self._caught_up.is_set() and asyncio.get_running_loop().time() - self._answered < PROBE_S + 2 * ANSWER_S

    async def wait_live(self, seconds: float) -> None:
        """Raises NotLive when the topics have not been read up to their end in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._caught_up.wait()
        except TimeoutError:
            raise NotLive from None
        if not self.live:
            raise NotLive

    @contextmanager
    def subscribe(self, channel: str) -> Iterator[Subscription]:
        """What comes from now on. Only after `wait_live`."""
        subscription = Subscription(tuple(self._positions[channel]))
        self._subscriptions[channel].add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[channel].discard(subscription)

    @contextmanager
    def receipts(self, agency: str) -> Iterator[ReceiptWatch]:
        """Watch an agency's receipts; begin before the reports are sent."""
        watch = ReceiptWatch()
        watches = self._watches.setdefault(agency, set())
        watches.add(watch)
        try:
            yield watch
        finally:
            watches.discard(watch)
            if not watches:
                self._watches.pop(agency, None)

    async def bounds(self, channel: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """First kept and next offset by partition. Raises NotLive."""
        async with self._consumer(channel) as consumer:
            partitions = self._partitions(consumer, channel)
            first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        return tuple(first[one] for one in partitions), tuple(end[one] for one in partitions)

    async def replay(self, channel: str, start: Sequence[int], stop: Sequence[int]) -> AsyncIterator[Seen | None]:
        """Records from `start` up to `stop` (exclusive), each partition in order; None where a moment passed without any.

        Raises NotLive when Kafka goes away; at most `REPLAYS` at a time, others wait.
        """
        async with self._replays, self._consumer(channel) as consumer:
            partitions = self._partitions(consumer, channel)
            open_ones = [one for one in partitions if start[one.partition] < stop[one.partition]]
            for one in open_ones:
                consumer.seek(one, start[one.partition])
            consumer.pause(*(set(partitions) - set(open_ones)))
            while open_ones:
                found: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(timeout_ms=500, max_records=200)
                for partition, records in found.items():
                    for record in records:
                        if record.offset < stop[partition.partition]:
                            yield _seen(record)
                if not found:
                    yield None
                open_ones = [one for one in open_ones if await consumer.position(one) < stop[one.partition]]
                finished = consumer.assignment() - set(open_ones)
                if finished:
                    consumer.pause(*finished)

    def _consumer(self, *channels: str) -> "_Consumer":
        return _Consumer(self._settings, [BY_NAME[channel].topic(self._settings.space) for channel in channels])

    def _partitions(self, consumer: AIOKafkaConsumer, channel: str) -> list[TopicPartition]:
        topic = BY_NAME[channel].topic(self._settings.space)
        partitions = sorted(one for one in consumer.assignment() if one.topic == topic)
        if not partitions:
            raise NotLive(f"topic {topic} is not there: run `ric topics apply`")
        return partitions

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, NotLive) as error:
                log.warning("the topics cannot be followed", error=str(error) or type(error).__name__)
            except Exception:
                log.exception("following the topics failed")
            self._answered = float("-inf")
            await asyncio.sleep(1)

    async def _follow(self) -> None:
        async with self._consumer(*FOLLOWED) as consumer:
            channels: dict[str, str] = {}
            ends: dict[TopicPartition, int] = {}
            for channel in FOLLOWED:
                partitions = self._partitions(consumer, channel)
                channels[partitions[0].topic] = channel
                first, last = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
                ends |= last
                # The feed is read from its beginning for `standing`; of receipts only the new ones matter.
                start = [(first if channel == "feed" else last)[one] for one in partitions]
                known = self._positions.get(channel)
                if known is None or len(known) != len(start) or any(known[one.partition] > last[one] for one in partitions):
                    self._restart(channel, start)
            for one in ends:
                consumer.seek(one, self._positions[channels[one.topic]][one.partition])
            probe = asyncio.create_task(self._probe(consumer, list(ends)))
            try:
                while True:
                    found = await consumer.getmany(timeout_ms=200, max_records=500)
                    for partition, records in found.items():
                        for record in records:
                            self._take(channels[partition.topic], record)
                    if not self._caught_up.is_set() and all([await consumer.position(one) >= end for one, end in ends.items()]):
                        self._caught_up.set()
                        self._answered = asyncio.get_running_loop().time()
                        log.info("following the topics", reports=len(self.standing))
                    elif found:
                        self._answered = asyncio.get_running_loop().time()
                    if probe.done():
                        probe.result()
                    await asyncio.sleep(0)
            finally:
                probe.cancel()
                with suppress(asyncio.CancelledError, KafkaError):
                    await probe

    async def _probe(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        """An idle consumer does not notice that its broker is gone: ask."""
        while True:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(ANSWER_S):
                    await consumer.end_offsets(partitions[:1])
                    self._answered = asyncio.get_running_loop().time()
            await asyncio.sleep(PROBE_S)

    def _restart(self, channel: str, start: list[int]) -> None:
        self._positions[channel] = start
        self._caught_up.clear()
        if channel == "feed":
            self.standing = Standing()
        for subscription in self._subscriptions[channel]:
            subscription.end()

    def _take(self, channel: str, record: ConsumerRecord) -> None:
        """Never awaits: a watcher that comes in between two records sees each exactly once."""
        self._positions[channel][record.partition] = record.offset + 1
        if record.value is None:
            return
        seen = _seen(record)
        if channel == "feed":
            if seen.body["type"] == "report":
                self.standing.take(seen.body["change"], seen.offset, seen.at)
        else:
            for watch in self._watches.get(seen.body["agency"], ()):
                watch.put(seen.body)
        for subscription in list(self._subscriptions[channel]):
            if not subscription.put(seen):
                self._subscriptions[channel].discard(subscription)


class _Consumer:
    """A consumer without a group that reads committed records alone; NotLive where it cannot start."""

    def __init__(self, settings: Settings, topics: list[str]) -> None:
        self._consumer = AIOKafkaConsumer(
            *topics,
            **kafka_client_kwargs(settings),
            client_id="ric-gateway",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=100,
            request_timeout_ms=int(ANSWER_S * 1000),
            retry_backoff_ms=100,
        )

    async def __aenter__(self) -> AIOKafkaConsumer:
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._consumer.start()
        except (TimeoutError, KafkaError, OSError) as error:
            await self._stop()
            raise NotLive(str(error) or "Kafka does not answer") from error
        except BaseException:
            await self._stop()
            raise
        return self._consumer

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def _stop(self) -> None:
        with suppress(TimeoutError, KafkaError, OSError):
            async with asyncio.timeout(ANSWER_S):
                await self._consumer.stop()


def _seen(record: ConsumerRecord) -> Seen:
    return Seen(record.partition, record.offset, record.timestamp, orjson.loads(record.value or b"{}"))

"""The topics as they grow: one consumer a process reads them and hands each record to whoever watches.

What is watched is a line: one channel, or several that are delivered together. A place in a line is one offset for each of its slots,
the partitions of its channels in their order.

A watcher's queue is bounded. One that falls behind is cut off and reads on from Kafka, so a slow client costs a fixed amount of memory
and loses nothing.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.channels import BY_NAME
from streams.gateway.rooms import Rooms
from streams.gateway.standing import Standing
from streams.kafka import UNSEEN, kafka_client_kwargs, reach, stop
from streams.settings import Settings

LINES: Mapping[str, tuple[str, ...]] = {
    "feed": ("feed",),
    "receipts": ("receipts",),
    "deliveries": ("deliveries.current", "deliveries.events", "deliveries.rings", "deliveries.positions", "alerts.real"),
    "shift": ("duty.current", "deliveries.conflicts"),
    "answers": ("deliveries.answers", "directory.answers", "duty.answers"),
}
FROM_THE_BEGINNING = frozenset({"feed", "deliveries.current", "alerts.real", "deliveries.positions"})
"""Read whole for what stands; of the others only what is new matters."""
AFTER_THEIR_SNAPSHOT = frozenset({"deliveries.events", "deliveries.rings"})
"""Passed on once the snapshot written with them has been read: it says who may see them."""
QUEUED = 1000
MAX_WATCHED = 20_000
PROBE_S = 5.0
ANSWER_S = 4.0
FOLLOWED_WITHIN_S = 1.0
"""How long a record is held back, at most, so that its answer can be followed."""
REPLAYS = 4
log = structlog.get_logger()


class NotLive(Exception):
    """Kafka cannot be read now."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One record of a followed topic. `at` is broker time in milliseconds."""

    slot: int
    offset: int
    at: int
    body: dict[str, Any]
    channel: str = "feed"


class Subscription:
    """Records of one line from `start` (next offset by slot) on, until `cut`: then read on from Kafka and subscribe again."""

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


class Watch:
    """What comes for one reader from the moment that the watch began, by name: receipts by origin, answers by their id."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._changed = asyncio.Event()

    def put(self, name: str, body: dict[str, Any]) -> None:
        """Note one."""
        if len(self.found) < MAX_WATCHED:
            self.found[name] = body
            self._changed.set()

    async def settled(self, names: Iterable[str], seconds: float) -> bool:
        """Wait until each has come; False when the time is up first."""
        open_ones = set(names)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while open_ones := {name for name in open_ones if name not in self.found}:
                    self._changed.clear()
                    await self._changed.wait()
        return not open_ones


def _officer(answer: dict[str, Any]) -> str:
    return f"{answer['agency']}/{answer['person']}"


def _answer(answer: dict[str, Any]) -> str:
    return str(answer["answer"])


WATCHED: Mapping[str, tuple[Callable[[dict[str, Any]], str], Callable[[dict[str, Any]], str]]] = {
    "receipts": (lambda receipt: receipt["agency"], lambda receipt: receipt["origin"]),
    "deliveries.answers": (_officer, _answer),
    "directory.answers": (_officer, _answer),
    "duty.answers": (_officer, _answer),
}
"""Whom a record is for, and under which name a watch keeps it."""


class Tail:
    """Follows the topics for the whole process and comes back by itself when Kafka was away."""

    def __init__(self, settings: Settings) -> None:
        self.standing = Standing()
        self.rooms = Rooms()
        self.real: dict[str, dict[str, Any]] = {}
        self.closing = False
        self._settings = settings
        self._positions: dict[str, list[int]] = {}
        self._subscriptions: dict[str, set[Subscription]] = {line: set() for line in LINES}
        self._held: dict[tuple[str, int], deque[Seen]] = {}
        self._watches: dict[tuple[str, str], set[Watch]] = {}
        self._replays = asyncio.Semaphore(REPLAYS)
        self._caught_up = asyncio.Event()
        self._answered = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def end_subscriptions(self) -> None:
        """Cut every watcher off for good: the process is about to end."""
        self.closing = True
        for subscription in [one for line in self._subscriptions.values() for one in line]:
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
        """Raises NotLive when the topics have not been read up to their end in time, at once when they will not be any more."""
        if self.closing:
            raise NotLive
        try:
            async with asyncio.timeout(seconds):
                await self._caught_up.wait()
        except TimeoutError:
            raise NotLive from None
        if not self.live:
            raise NotLive

    @contextmanager
    def subscribe(self, line: str) -> Iterator[Subscription]:
        """What comes from now on. Only after `wait_live`."""
        subscription = Subscription(tuple(self._positions[line]))
        self._subscriptions[line].add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[line].discard(subscription)

    @contextmanager
    def watch(self, channel: str, reader: str) -> Iterator[Watch]:
        """Watch an agency's receipts, or a person's answers (`agency/person`); begin before that is sent which they speak of."""
        watch = Watch()
        watches = self._watches.setdefault((channel, reader), set())
        watches.add(watch)
        try:
            yield watch
        finally:
            watches.discard(watch)
            if not watches:
                self._watches.pop((channel, reader), None)

    async def bounds(self, line: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """First kept and next offset by slot. Raises NotLive."""
        async with self._consumer(*LINES[line]) as consumer:
            partitions = self._slots(consumer, line)
            first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        return tuple(first[one] for one in partitions), tuple(end[one] for one in partitions)

    async def replay(self, line: str, start: Sequence[int], stop: Sequence[int]) -> AsyncIterator[Seen | None]:
        """Records from `start` up to `stop` (exclusive), each partition in order; None where a moment passed without any.

        Raises NotLive when Kafka goes away; at most `REPLAYS` at a time, others wait.
        """
        async with self._replays, self._consumer(*LINES[line]) as consumer:
            slots = {partition: slot for slot, partition in enumerate(self._slots(consumer, line))}
            open_ones = [one for one, slot in slots.items() if start[slot] < stop[slot]]
            for one in open_ones:
                consumer.seek(one, start[slots[one]])
            consumer.pause(*(set(slots) - set(open_ones)))
            while open_ones:
                found: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(timeout_ms=500, max_records=200)
                for partition, records in found.items():
                    for record in records:
                        if record.offset < stop[slots[partition]] and record.value is not None:
                            yield _seen(record, slots[partition], self._channel(partition))
                if not found:
                    yield None
                open_ones = [one for one in open_ones if await consumer.position(one) < stop[slots[one]]]
                finished = consumer.assignment() - set(open_ones)
                if finished:
                    consumer.pause(*finished)

    def _consumer(self, *channels: str) -> "_Consumer":
        return _Consumer(self._settings, [BY_NAME[channel].topic(self._settings.space) for channel in channels])

    def _slots(self, consumer: AIOKafkaConsumer, line: str) -> list[TopicPartition]:
        """The partitions of a line, by slot."""
        slots: list[TopicPartition] = []
        for channel in LINES[line]:
            topic = BY_NAME[channel].topic(self._settings.space)
            partitions = sorted(one for one in consumer.assignment() if one.topic == topic)
            if not partitions:
                raise NotLive(f"topic {topic} is not there: {UNSEEN}")
            slots += partitions
        return slots

    def _channel(self, partition: TopicPartition) -> str:
        return str(partition.topic.removeprefix(f"{self._settings.space}."))

    async def _run(self) -> None:
        while True:
            try:
                # A connection that was begun while the network was cut is not waited for.
                async with asyncio.timeout(ANSWER_S):
                    await reach(kafka_client_kwargs(self._settings))
                await self._follow()
            except (KafkaError, OSError, NotLive) as error:
                log.warning("the topics cannot be followed", error=str(error) or "Kafka does not answer")
            except Exception:
                log.exception("following the topics failed")
            self._answered = float("-inf")
            await asyncio.sleep(1)

    async def _follow(self) -> None:
        async with self._consumer(*(channel for channels in LINES.values() for channel in channels)) as consumer:
            places: dict[TopicPartition, tuple[str, int]] = {}
            ends: dict[TopicPartition, int] = {}
            self._held.clear()
            for line in LINES:
                slots = self._slots(consumer, line)
                places |= {partition: (line, slot) for slot, partition in enumerate(slots)}
                first, last = await consumer.beginning_offsets(slots), await consumer.end_offsets(slots)
                ends |= last
                start = [(first if self._channel(one) in FROM_THE_BEGINNING else last)[one] for one in slots]
                known = self._positions.get(line)
                if known is None or len(known) != len(start) or any(at > last[one] for at, one in zip(known, slots, strict=True)):
                    self._restart(line, start)
            for one, (line, slot) in places.items():
                consumer.seek(one, self._positions[line][slot])
            probe = asyncio.create_task(self._probe(consumer, list(ends)))
            try:
                while True:
                    found = await consumer.getmany(timeout_ms=200, max_records=500)
                    for partition, records in found.items():
                        for record in records:
                            self._take(*places[partition], self._channel(partition), record)
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

    def _restart(self, line: str, start: list[int]) -> None:
        self._positions[line] = start
        self._caught_up.clear()
        if line == "feed":
            self.standing = Standing()
        if line == "deliveries":
            self.rooms, self.real = Rooms(), {}
        for subscription in self._subscriptions[line]:
            subscription.end()

    def _take(self, line: str, slot: int, channel: str, record: ConsumerRecord) -> None:
        """Never awaits: a watcher that comes in between two records sees each exactly once."""
        if record.value is None:
            if not self._held.get((line, slot)):
                self._positions[line][slot] = record.offset + 1
            return
        seen = _seen(record, slot, channel)
        if channel in AFTER_THEIR_SNAPSHOT:
            self._held.setdefault((line, slot), deque()).append(seen)
            self._release(line, slot)
            return
        if channel == "feed" and seen.body["type"] == "report":
            self.standing.take(seen.body["change"], seen.offset, seen.at)
        elif channel == "deliveries.current" and seen.body["type"] == "delivery":
            self.rooms.take(seen.body, seen.offset)
        elif channel == "alerts.real":
            self.real[seen.body["id"]] = seen.body
        elif channel == "deliveries.positions":
            self.rooms.places.take(seen.body, seen.offset)
        elif channel in WATCHED:
            reader, name = (tell(seen.body) for tell in WATCHED[channel])
            for watch in self._watches.get((channel, reader), ()):
                watch.put(name, seen.body)
        self._pass_on(line, seen)
        if line == "deliveries":
            for held in [place for place, waiting in self._held.items() if waiting]:
                self._release(*held)

    def _release(self, line: str, slot: int) -> None:
        """Until then a record is not passed: whoever begins to watch meanwhile gets it too."""
        waiting = self._held[line, slot]
        while waiting and self.rooms.ready(waiting[0].body):
            self._pass_on(line, waiting.popleft())

    def _pass_on(self, line: str, seen: Seen) -> None:
        self._positions[line][seen.slot] = seen.offset + 1
        for subscription in list(self._subscriptions[line]):
            if not subscription.put(seen):
                self._subscriptions[line].discard(subscription)


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
        await stop(self._consumer, ANSWER_S)


def _seen(record: ConsumerRecord, slot: int, channel: str) -> Seen:
    return Seen(slot, record.offset, record.timestamp, orjson.loads(record.value), channel)

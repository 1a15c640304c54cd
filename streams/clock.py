"""`python -m streams.clock`: writes into an inbox what a stage asked to be woken by, when its time has come (decision 0103).

One clock of a space works, others wait to take over. What waits is in `timers` and nowhere else: whoever takes over fences the one before,
reads it from its beginning, and goes on. A timer's record in the inbox and its end in `timers` are one transaction, so it fires once.
"""

import asyncio
import heapq
import logging
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from aiokafka.errors import KafkaError

from schemas.channels import BY_NAME
from streams.engine import faults
from streams.engine.membership import Membership
from streams.kafka import TOPICS_KNOWN_MS, UNSEEN, heartbeat_s, kafka_client_kwargs, reach, stop
from streams.logs import configure
from streams.metrics import Exposition, Standing
from streams.settings import Settings, settings

MOST_AT_ONCE = 1_000
"""Timers in one transaction: readers of the inboxes wait while it is open."""
LONGEST_PAUSE_MS = 500
CATCHING_UP_MS = 50
LATE_MS = 5_000
"""What fires later than this is worth a line in the log."""
ENDS_WITHIN_S = 30.0
RETRY_BACKOFF_MS = 5
ASK_EVERY_MS = 30_000
"""So long may timers be wrong when somebody sets the broker's clock, or this machine sleeps."""
NO_TIMER = b"what time is it"

log = logging.getLogger("ric.clock")

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")
_MILLISECOND = timedelta(milliseconds=1)


class CannotTell(RuntimeError):
    """The clock cannot go on; whoever keeps it starts it again."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A wish to be woken. `due` in milliseconds since 1970; `inbox`, `key` and `value` are the record that is written then."""

    id: bytes
    due: int
    inbox: str
    key: bytes
    value: bytes

    @classmethod
    def of(cls, key: bytes, value: bytes) -> "Timer":
        """A record of `timers`. Raises ValueError where it is none, or names an inbox that is not the clock's to write."""
        try:
            asked = orjson.loads(value)
            due = (datetime.fromisoformat(asked["due"]) - _EPOCH) // _MILLISECOND
            fired = {"type": "due", "timer": asked["timer"], "name": asked["name"], "due": asked["due"]}
            inbox, whose = asked["inbox"], asked["key"].encode()
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"no timer: {type(error).__name__}: {error}") from error
        if inbox not in BY_NAME or "clock" not in BY_NAME[inbox].writers or inbox == "timers":
            raise ValueError(f"no inbox that the clock may write: {inbox}")
        return cls(key, due, inbox, whose, orjson.dumps(fired))


class Agenda:
    """What waits in one partition, soonest first. What was taken out to be fired comes back only by `put`."""

    def __init__(self) -> None:
        self._timers: dict[bytes, Timer] = {}
        self._order: list[tuple[int, bytes]] = []

    def put(self, timer: Timer) -> None:
        """Note a timer; a known one stays as it is, for its id is made of all that it says."""
        if timer.id not in self._timers:
            self._timers[timer.id] = timer
            heapq.heappush(self._order, (timer.due, timer.id))

    def drop(self, timer: bytes) -> None:
        """Forget a timer: it was called off, or has fired."""
        self._timers.pop(timer, None)

    def soonest(self) -> int | None:
        """When the next timer is due, or None."""
        while self._order and self._order[0][1] not in self._timers:
            heapq.heappop(self._order)
        return self._order[0][0] if self._order else None

    def standing(self, now: int) -> tuple[int, int, int | None]:
        """How many timers wait, how many of them are due at `now`, and when the first of these was; from any thread."""
        order, known = list(self._order), self._timers
        due, at, first = 0, [0], None
        while at:
            # A heap: below one that is not due yet, none is.
            place = at.pop()
            if place < len(order) and order[place][0] <= now:
                if order[place][1] in known:
                    due += 1
                    first = order[place][0] if first is None else min(first, order[place][0])
                at += (2 * place + 1, 2 * place + 2)
        return len(known), due, first

    def take(self, now: int, most: int) -> list[Timer]:
        """Take out what is due at `now`, soonest first."""
        taken: list[Timer] = []
        while len(taken) < most and (due := self.soonest()) is not None and due <= now:
            taken.append(self._timers.pop(heapq.heappop(self._order)[1]))
        return taken


class OneOwner(AbstractPartitionAssignor):  # type: ignore[misc]
    """One member of the group has all partitions, the others wait."""

    name = "one-owner"
    version = 0

    @classmethod
    def assign(cls, cluster: Any, members: Mapping[str, ConsumerProtocolMemberMetadata]) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Whoever is first by name, which every leader of the group answers alike."""
        topics = sorted({topic for member in members.values() for topic in member.subscription})
        everything = [(topic, sorted(cluster.partitions_for_topic(topic) or ())) for topic in topics]
        owner = min(members)
        return {member: ConsumerProtocolMemberAssignment(cls.version, everything if member == owner else [], b"") for member in members}

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What a member tells the others: its topics."""
        return ConsumerProtocolMemberMetadata(cls.version, list(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Nothing is remembered between assignments."""


def now_ms() -> int:
    """Milliseconds since whenever. Not this computer's time of day, which somebody may set: what it is the broker says."""
    return time.monotonic_ns() // 1_000_000


class Clock(ConsumerRebalanceListener):  # type: ignore[misc]
    """The process's work. `now` counts milliseconds from anywhere; the broker's append times say what time that is.

    `stop` ends it between two transactions.
    """

    def __init__(self, chosen: Settings, now: Callable[[], int] = now_ms, exposition: Exposition | None = None) -> None:
        self._now_ms = now
        self._exposition = exposition or Exposition()
        self._committed_at: float | None = None
        self._space = chosen.space
        self._group = f"{chosen.space}.clock"
        self._kafka = kafka_client_kwargs(chosen)
        self._session_ms = int(chosen.session_timeout_s * 1000)
        self._membership = Membership(chosen.data_dir / "journal" / self._group / "members", self._group, self._kafka)
        self._topic = BY_NAME["timers"].topic(chosen.space)
        self._consumer: AIOKafkaConsumer
        self._producer: AIOKafkaProducer | None = None
        self._given: set[TopicPartition] = set()
        self._agendas: dict[int, Agenda] = {}
        self._behind: dict[TopicPartition, int] = {}
        self._ahead_ms: int | None = None
        self._asked_at = 0
        self._busy = asyncio.Lock()
        self._stopping = False

    def _standings(self) -> Iterator[Standing]:
        """What this clock keeps, for whoever reads the metrics, in another thread. One that waits to take over keeps nothing."""
        ahead = self._ahead_ms
        if ahead is None:
            return
        now = self._now_ms() - ahead
        # By this computer's time of day, as everything that the metrics tell.
        other = int(time.time() * 1000) - now
        for number, agenda in list(self._agendas.items()):
            waiting, due, first = agenda.standing(now)
            yield Standing(self._topic, number, due, None if first is None else first + other, self._committed_at, waiting)

    def stop(self) -> None:
        """End soon."""
        self._stopping = True

    async def run(self) -> None:
        """Work until `stop`. Raises CannotTell, KafkaError and OSError: what was not committed then is fired by whoever takes over."""
        self._exposition.leave(self._group, "Kafka has not answered yet")
        await reach(self._kafka)
        await self._membership.succeed()
        self._consumer = AIOKafkaConsumer(
            **self._kafka,
            group_id=self._group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._session_ms,
            heartbeat_interval_ms=int(heartbeat_s(self._session_ms / 1000) * 1000),
            metadata_max_age_ms=TOPICS_KNOWN_MS,
            partition_assignment_strategy=(OneOwner,),
        )
        await self._consumer.start()
        self._exposition.watch(self._group, self._standings)
        try:
            if self._topic not in await self._consumer.topics():
                raise CannotTell(f"the broker shows us no topic {self._topic}: {UNSEEN}")
            self._consumer.subscribe([self._topic], listener=self)
            while not self._stopping:
                read = await self._consumer.getmany(timeout_ms=self._pause_ms(), max_records=10_000)
                async with self._busy:
                    await self._work(read)
        finally:
            # On the way out after an error the broker may be away: the process ends in any case, and says why it does.
            with suppress(KafkaError, OSError, asyncio.CancelledError):
                await self._give_up()
            await stop(self._consumer)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is under way, then leave the timers to whoever gets them."""
        async with self._busy:
            self._given = set()
            await self._give_up()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """All timers are ours, or none: then we wait to take over."""
        self._membership.keep(self._consumer._coordinator.member_id)
        self._given = set(assigned)
        for place in self._given:
            self._consumer.seek(place, 0)
        if not self._given:
            log.info("another clock of %s is at work: waiting to take over", self._space)

    async def _give_up(self) -> None:
        self._agendas, self._behind = {}, {}
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def _work(self, read: Mapping[TopicPartition, Iterable[Any]]) -> None:
        if not self._given:
            return
        if self._producer is None:
            await self._take_over()
        for place, records in read.items():
            for record in records:
                self._note(place.partition, record.key, record.value)
        for place, end in list(self._behind.items()):
            if await self._consumer.position(place) >= end:
                del self._behind[place]
                if not self._behind:
                    log.info("keeping the timers of %s", self._space)
        if self._ahead_ms is None or abs(self._now_ms() - self._asked_at) > ASK_EVERY_MS:
            await self._ask_the_time(self._producer)
        await self._fire(self._producer)

    async def _ask_the_time(self, producer: AIOKafkaProducer) -> None:
        """Write a mark that compaction removes, only for the time that the broker gives it."""
        async with asyncio.timeout(ENDS_WITHIN_S):
            await producer.begin_transaction()
            before = self._now_ms()
            stored = await (await producer.send(self._topic, None, key=NO_TIMER, partition=0))
            self._learn(before, stored.timestamp, stored.timestamp)
            await producer.commit_transaction()
        self._asked_at = self._now_ms()

    def _learn(self, before: int, first: int, last: int) -> int:
        """Records written since `before` were stored by the broker from `first` to `last`: how far ahead of its time ours is, at most."""
        least, most = before - first, self._now_ms() - last
        self._ahead_ms = most if self._ahead_ms is None else min(max(self._ahead_ms, least), most)
        return most

    async def _take_over(self) -> None:
        """Fence whoever kept the timers before; what it fired is read before anything is fired here."""
        self._agendas = {place.partition: Agenda() for place in self._given}
        self._producer = AIOKafkaProducer(
            **self._kafka,
            transactional_id=self._group,
            transaction_timeout_ms=self._session_ms,
            retry_backoff_ms=RETRY_BACKOFF_MS,
        )
        await self._producer.start()
        # The very end: a worker's open transaction may still hide what the clock before us has written behind it.
        consumer = AIOKafkaConsumer(**self._kafka, isolation_level="read_uncommitted", enable_auto_commit=False)
        await consumer.start()
        try:
            self._behind = await consumer.end_offsets(list(self._given))
        finally:
            await stop(consumer)

    def _note(self, partition: int, key: bytes, value: bytes | None) -> None:
        agenda = self._agendas[partition]
        if value is None:
            agenda.drop(key)
            return
        try:
            agenda.put(Timer.of(key, value))
        except ValueError as error:
            log.error("a record of %s/%d with key %r is passed over: %s", self._topic, partition, key, error)

    async def _fire(self, producer: AIOKafkaProducer) -> None:
        """Write what is due and forget it, in one transaction. The broker's time judges: what it finds too early is not committed."""
        waiting = {place.partition for place in self._behind}
        assert self._ahead_ms is not None
        now = self._now_ms() - self._ahead_ms
        due = [
            (number, timer)
            for number, agenda in self._agendas.items()
            if number not in waiting
            for timer in agenda.take(now, MOST_AT_ONCE // len(self._agendas) + 1)
        ]
        if not due:
            return
        began = time.monotonic()
        async with asyncio.timeout(ENDS_WITHIN_S):
            await producer.begin_transaction()
            if faults.ARMED:
                faults.at("clock", "begun")
            before = self._now_ms()
            sent = [
                await producer.send(BY_NAME[timer.inbox].topic(self._space), timer.value, key=timer.key, partition=number)
                for number, timer in due
            ]
            if faults.ARMED:
                await asyncio.gather(*sent)
                faults.at("clock", "fired")
            gone = [await producer.send(self._topic, None, key=timer.id, partition=number) for number, timer in due]
            stored = [written.timestamp for written in await asyncio.gather(*sent)]
            await asyncio.gather(*gone)
            most = self._learn(before, min(stored), max(stored))
            if any(at < timer.due for (_, timer), at in zip(due, stored, strict=True)):
                self._ahead_ms = most
                await producer.abort_transaction()
                log.warning("the broker's time is not what it was, and timers fire by it: it was set back, or this process had stopped")
                for number, timer in due:
                    self._agendas[number].put(timer)
                return
            if faults.ARMED:
                faults.at("clock", "forgotten")
            committing = time.monotonic()
            await producer.commit_transaction()
            if faults.ARMED:
                faults.at("clock", "committed")
        late = [at - timer.due for (_, timer), at in zip(due, stored, strict=True)]
        log.log(logging.WARNING if max(late) > LATE_MS else logging.DEBUG, "%d timers fired, up to %d ms late", len(due), max(late))
        self._measure([timer for _, timer in due], late, committing - began, time.monotonic() - committing)

    def _measure(self, fired: Sequence[Timer], late_ms: Sequence[int], wrote_s: float, commit_s: float) -> None:
        exposition, group = self._exposition, self._group
        self._committed_at = time.time()
        exposition.consumed(group, self._topic, len(fired))
        exposition.sent(group, self._topic, len(fired))
        for inbox, number in Counter(timer.inbox for timer in fired).items():
            exposition.sent(group, BY_NAME[inbox].topic(self._space), number)
        for late in late_ms:
            exposition.fired(group, late / 1000)
        exposition.processed(group, self._topic, wrote_s + commit_s)
        exposition.committed(group, self._topic, commit_s)

    def _pause_ms(self) -> int:
        if self._behind:
            return CATCHING_UP_MS
        if self._ahead_ms is None:
            return LONGEST_PAUSE_MS
        soonest = [due for agenda in self._agendas.values() if (due := agenda.soonest()) is not None]
        return min(max(min(soonest) - (self._now_ms() - self._ahead_ms), 0), LONGEST_PAUSE_MS) if soonest else LONGEST_PAUSE_MS


async def _main(chosen: Settings) -> None:
    exposition = Exposition()
    exposition.serve(chosen.metrics_host, chosen.metrics_port)
    clock = Clock(chosen, exposition=exposition)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, clock.stop)
    try:
        await clock.run()
    except (CannotTell, KafkaError, OSError) as error:
        log.critical("%s", str(error) or repr(error))
        # At once: whatever still waits for the broker in this process would hold up the next.
        sys.stderr.flush()
        os._exit(70)


if __name__ == "__main__":
    configure(settings(), log, logging.getLogger("streams.engine"))
    try:
        asyncio.run(_main(settings()))
    except ValueError as error:
        log.critical("%s", error)
        sys.exit(1)

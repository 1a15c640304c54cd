"""One source partition while it is ours: made ready, then batch after batch decided and committed, then given up."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from streams.engine import faults
from streams.engine.decide import Decider, Released, Turns
from streams.engine.effects import Headers, Record
from streams.engine.failure import EngineError
from streams.engine.journal import FULL_BATCH, Journal, Refusals
from streams.engine.lanes import Lanes
from streams.engine.metrics import Metrics
from streams.engine.parking import Parking, RecordsLost, StageFails
from streams.engine.rereading import Rereader
from streams.engine.state import LocalStore, restore
from streams.engine.tables import Tables
from streams.engine.topics import Inbox, Route
from streams.engine.transaction import NO_HEADERS, Outgoing, Transactor
from streams.engine.transport import BatchConsumer, Fetched
from streams.engine.unreadable import Unreadable

WAITING_BYTES = 8 * 1024 * 1024
STALE_PAUSE_S = 0.05

log = logging.getLogger("streams.engine")


class Partition:
    """Owns a source partition of one app.

    `changelog` and `store_path` are given for a stateful stage. All waiting is cooperative: a batch in its transaction is finished,
    one still being decided is dropped.
    """

    def __init__(
        self,
        source: TopicPartition,
        inbox: Inbox,
        *,
        app_id: str,
        consumer: BatchConsumer,
        kafka: Mapping[str, Any],
        routes: Mapping[str, Route],
        changelog: TopicPartition | None,
        data_dir: Path,
        cluster: str,
        transaction_timeout_s: float,
        refusals: Refusals,
        parking: Parking,
        turns: Turns,
        lanes: Lanes,
        metrics: Metrics,
        tables: Tables,
    ) -> None:
        self.source = source
        self.inbox = inbox
        self.committed = -1
        self.parked: str | None = None
        """Why nothing is done here, although the app goes on."""
        self._consumer = consumer
        self._kafka = kafka
        self._group = app_id
        self._changelog = changelog
        self._journal_path = data_dir / "journal" / app_id / f"{source.topic}-{source.partition}"
        self._transactor = Transactor(source, app_id, kafka, transaction_timeout_s)
        self._store: LocalStore | None = None
        if changelog is not None:
            self._store = LocalStore(
                data_dir / "state" / app_id / str(source.partition), f"{cluster}/{changelog.topic}/{changelog.partition}"
            )
        self._refusals = refusals
        self._parking = parking
        self._lanes = lanes
        self._metrics = metrics
        self._tables = tables
        self._waiting: deque[ConsumerRecord[bytes, bytes]] = deque()
        self._waiting_bytes = 0
        self._reached = -1
        self._settle = False
        self._requested = False
        self._released = False
        self._lost: RecordsLost | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ready = False
        self._rereader = Rereader(source, kafka)
        self._decider = Decider(
            inbox.stage,
            routes,
            self._store,
            refusals=refusals,
            turns=turns,
            released=lambda: self._released or parking.reason is not None,
            reread=self._rereader.value,
        )

    def start(self, failed: Callable[[BaseException], None]) -> None:
        """Make the partition ready and work on it in a task of its own; `failed` is told of any error."""
        self._task = asyncio.create_task(self._run(failed), name=f"{self.source.topic}/{self.source.partition}")

    async def release(self) -> None:
        """Give the partition up: return when its last transaction has ended and its producer and state are closed."""
        before, self._released = self._released, True
        self._wake.set()
        if self._task is not None:
            if not self._ready and not before:
                self._task.cancel()
            await asyncio.wait({self._task})

    @property
    def oldest_at(self) -> int | None:
        """When the broker stored the oldest record that waits here, or None."""
        try:
            at: int = self._waiting[0].timestamp
            return at
        except IndexError:  # not asked for first: the thread that serves the metrics asks too
            return None

    @property
    def ready(self) -> bool:
        """Whether it has been made ready."""
        return self._ready

    @property
    def at_hand(self) -> bool:
        """Whether there are records here that are not committed yet."""
        return bool(self._waiting)

    def accept(self, fetched: Fetched) -> None:
        """Records arrive. Those that were fetched for an earlier assignment are dropped: they will come again."""
        if fetched.owner is not self or self._released:
            return
        self._requested = False
        self._waiting.extend(fetched.records)
        self._waiting_bytes += sum(record.serialized_value_size for record in fetched.records)
        self._reached = fetched.end
        self._request()
        self._wake.set()

    def lose(self, why: str) -> None:
        """Nothing more can be fetched: when what waits is done, the partition is parked."""
        self._lost = RecordsLost(why)
        self._wake.set()

    def settle(self) -> None:
        """Commit a position that moved without records (transaction markers), once nothing waits."""
        self._settle = True
        self._wake.set()

    def _request(self) -> None:
        # One batch being decided and one waiting: more would only be thrown away at a rebalance. Large records count by their bytes.
        if not self._requested and len(self._waiting) < FULL_BATCH and self._waiting_bytes < WAITING_BYTES:
            self._requested = True
            self._consumer.request(self.source, self)

    async def _run(self, failed: Callable[[BaseException], None]) -> None:
        resources = AsyncExitStack()
        if self._store is not None:
            resources.callback(self._store.close)
        resources.push_async_callback(self._transactor.close)
        resources.push_async_callback(self._rereader.close)
        try:
            journal = resources.enter_context(closing(Journal(self._journal_path)))
            try:
                await self._make_ready()
                await self._work(journal)
            except RecordsLost as lost:
                await self._park(lost)
        except asyncio.CancelledError:
            if not self._released:  # else it was given up before it was ready
                failed(EngineError(f"{self.source.topic}/{self.source.partition}: its work was cancelled, and nobody gave it up"))
        except BaseException as error:
            failed(error)
        finally:
            self._lanes.leave(self)
            await resources.aclose()

    async def _work(self, journal: Journal) -> None:
        self._ready = True
        if not self.inbox.bulk:
            self._lanes.enter(self, patient=self._consumer.patience_ms > 0)
        self._request()
        while not self._released:
            self._wake.clear()
            settle, self._settle = self._settle, False
            if self._parking.reason is not None:
                # What waits stays, so that it is seen how long; bulk work of other apps must not yield to it.
                self._lanes.leave(self)
                await self._wake.wait()
            elif self._waiting and not self._tables.fresh:
                await asyncio.sleep(STALE_PAUSE_S)
            elif self._waiting and self.inbox.bulk:
                async with self._lanes.bulk(lambda: self._released) as room:
                    if room:
                        await self._batch(journal, room)
            elif self._waiting:
                await self._batch(journal, len(self._waiting))
            elif self._lost is not None:
                raise self._lost
            elif settle and self._reached > self.committed:
                await self._commit_position(self._reached)
            else:
                await self._wake.wait()

    async def _park(self, lost: RecordsLost) -> None:
        """Hold the partition and do nothing, until it is given up."""
        if self._released:
            return
        log.critical("%s. The partition is parked: its app goes on with the others", lost)
        self.parked = str(lost)
        self._ready = False
        self._lanes.leave(self)
        self._consumer.leave(self.source)
        await asyncio.Event().wait()

    async def _make_ready(self) -> None:
        # The order is the protocol: the fence first, so that nobody moves what is read after it.
        await self._transactor.fence()
        committed = await self._consumer.committed(self.source)
        start = await self._consumer.log_start(self.source)
        name = f"{self.source.topic}/{self.source.partition}"
        if committed is not None and start > committed:
            raise RecordsLost(
                f"{name}: records {committed} to {start - 1} were deleted before they were processed (retention). Nothing is processed "
                f"until somebody accepts the loss: stop the workers of group {self._group}, set it to offset {start} with "
                "kafka-consumer-groups --reset-offsets, and start them"
            )
        if self._store is not None and self._changelog is not None:
            self._store.open()
            began = monotonic()
            try:
                applied = await restore(self._store, self._changelog, self._kafka)
            except Unreadable as fault:
                raise RecordsLost(fault.of_changelog(self._group)) from fault
            if applied:
                log.info("%s: %d changes of state restored in %.1f s", name, applied, monotonic() - began)
                self._metrics.restored(self.source, applied)
            if committed is None and not self._store.empty():
                raise RecordsLost(
                    f"{name}: group {self._group} has state but no committed offset (did the broker expire it?). Reading again from the "
                    "start would process records twice: stop the group's workers, set the offset with kafka-consumer-groups "
                    "--reset-offsets, and start them"
                )
        await self._tables.read()
        self.committed = self._reached = start if committed is None else committed
        await self._consumer.start_at(self.source, self.committed)
        log.info("%s: ready at offset %d", name, self.committed)

    async def _batch(self, journal: Journal, room: int) -> None:
        waiting, channel = self._waiting, self.inbox.channel
        attempt = journal.plan(waiting[0].offset, min(room, len(waiting)))
        records = [
            Record(channel, r.topic, r.partition, r.offset, r.key, r.value, _said(r.headers), r.timestamp)
            for r in islice(waiting, attempt.size)
        ]
        began = monotonic()
        try:
            decision = await self._decider.decide(records, journal, hopeless=attempt.hopeless)
            if attempt.hopeless:
                self._refusals.give_up(self.inbox.stage.sender(records[0]))
        except Released:
            return
        except StageFails as fault:
            self._parking.park(fault)
            return
        decided = monotonic()
        size = decision.decided
        at = records[size - 1].at
        changes: list[Outgoing] = [(key, value, NO_HEADERS, at) for key, value in decision.overlay.changes.items()]
        position = self._reached if size == len(waiting) else records[size - 1].offset + 1
        changelog_end = await self._transactor.commit(decision.outputs, self._changelog, changes, position)
        # Only now may the local store see the batch: it is never ahead of the commit.
        if faults.ARMED:
            faults.at(self._group.rpartition(".")[2], "unapplied", self.source.topic)
        if changelog_end is not None and self._store is not None:
            self._store.apply(decision.overlay.changes.items(), changelog_end)
        self.committed = position
        journal.passed()
        for _ in range(size):
            self._waiting_bytes -= waiting.popleft().serialized_value_size
        self._request()
        self._metrics.batch(
            self.source,
            read=size,
            sent=decision.outputs,
            refused=decision.refused,
            decide_s=decided - began,
            commit_s=monotonic() - decided,
        )

    async def _commit_position(self, position: int) -> None:
        await self._transactor.commit({}, None, (), position)
        self.committed = position


def _said(headers: Sequence[tuple[str, bytes | None]]) -> Headers:
    """The headers that have a value. Kafka lets a sender leave it out, and stages need not know."""
    for _, value in headers:
        if value is None:
            return tuple((name, value) for name, value in headers if value is not None)
    return headers  # type: ignore[return-value]  # all have one, and copying every record's would cost

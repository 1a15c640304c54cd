"""One partition of a stateful app decided again from the beginning of its inbox, beside the worker that has it (decision 0106).

What comes of it is a state in a folder of its own and what the stage would write. `take_over` puts the state in the place of the one that
stands, as the partition's next owner would: it shuts the worker out first, and whatever fails after that changes nothing.
"""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.engine.decide import Decider, Turns
from streams.engine.effects import Record
from streams.engine.failure import EngineError
from streams.engine.journal import FULL_BATCH, Journal, Refusals
from streams.engine.rereading import Rereader
from streams.engine.state import LocalStore, restore
from streams.engine.topics import Inbox, Route
from streams.engine.transaction import NO_HEADERS, Outgoing, Outputs, Transactor
from streams.engine.unreadable import Unreadable, position, unreadable
from streams.kafka import stop

TRANSACTION_S = 600.0
"""The whole state may have to be written, in one transaction."""
STALLED_S = 60.0

Heard = Callable[[Sequence[Record], Outputs], None]
"""Told of each batch that was decided again: its records, and what the stage writes."""


class CannotDecideAgain(EngineError):
    """The inbox does not have what the state was made of, or the partition moved while it was taken over."""


class Again:
    """Decides a partition again. Use it as an async context; its folder is deleted at the end, the partition's own is never touched.

    `given_up`: offsets of records that ended workers and were refused undecoded; they are here too.
    """

    def __init__(
        self,
        source: TopicPartition,
        inbox: Inbox,
        *,
        app_id: str,
        kafka: Mapping[str, Any],
        routes: Mapping[str, Route],
        changelog: TopicPartition,
        folder: Path,
        cluster: str,
        given_up: Container[int],
        turns: Turns,
        heard: Heard,
    ) -> None:
        self.source = source
        self._inbox = inbox
        self._group = app_id
        self._kafka = kafka
        self._changelog = changelog
        self._folder = folder
        self._given_up = given_up
        self._heard = heard
        self._made = LocalStore(folder / "again", f"{cluster}/{source.topic}/{source.partition}")
        self._stands = LocalStore(folder / "stands", f"{cluster}/{changelog.topic}/{changelog.partition}")
        self._rereader = Rereader(source, kafka)
        self._decider = Decider(
            inbox.stage,
            routes,
            self._made,
            refusals=Refusals(folder / "refusals.json"),
            turns=turns,
            released=lambda: False,
            reread=self._rereader.value,
        )
        self._reached = 0

    async def __aenter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._journal = Journal(self._folder / "journal")
        self._made.open()
        self._stands.open()
        self._consumer = AIOKafkaConsumer(
            **self._kafka, isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="none", max_poll_records=FULL_BATCH
        )
        await self._consumer.start()
        self._consumer.assign([self.source])
        start = (await self._consumer.beginning_offsets([self.source]))[self.source]
        if start > 0:
            await self.__aexit__()
            raise CannotDecideAgain(f"{self.name}: records 0 to {start - 1} were deleted (retention), and the state was made of them too")
        self._consumer.seek(self.source, 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop(self._consumer)
        await self._rereader.close()
        self._journal.close()
        self._made.close()
        self._stands.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def name(self) -> str:
        """The partition, for people."""
        return f"{self.source.topic}/{self.source.partition}"

    async def committed(self) -> int:
        """Up to where the app's worker has come: the offset that its state stands for. 0 before its first commit."""
        admin = AIOKafkaAdminClient(**self._kafka)
        await admin.start()
        try:
            found = (await admin.list_consumer_group_offsets(self._group)).get(self.source)
        finally:
            await admin.close()
        return 0 if found is None else max(0, found.offset)

    async def read_to(self, end: int) -> None:
        """Decide every record below this offset that has not been decided yet. Raises EngineError."""
        if end < self._reached:
            raise CannotDecideAgain(f"{self.name}: the group {self._group} went back from offset {self._reached} to {end}: begin again")
        moved = time.monotonic()
        while (at := position(self._consumer, self.source)) < end:
            fetched = await fetch(self._consumer, self.source)
            records = [record for record in fetched.get(self.source, ()) if record.offset < end]
            if records:
                await self._decide(records)
            if position(self._consumer, self.source) > at:
                moved = time.monotonic()
            elif time.monotonic() - moved > STALLED_S:
                raise CannotDecideAgain(f"{self.name}: the group is at offset {end}, and the log does not go on after {at}")
        self._reached = end
        # What came behind it is read when it is asked for.
        self._consumer.seek(self.source, end)

    async def _decide(self, fetched: Iterable[Any]) -> None:
        channel = self._inbox.channel
        waiting = [
            Record(channel, r.topic, r.partition, r.offset, r.key, r.value, tuple(h for h in r.headers if h[1] is not None), r.timestamp)
            for r in fetched
        ]
        while waiting:
            hopeless = waiting[0].offset in self._given_up
            size = 1 if hopeless else next((n for n, record in enumerate(waiting) if record.offset in self._given_up), len(waiting))
            decision = await self._decider.decide(waiting[:size], self._journal, hopeless=hopeless)
            done = decision.decided
            self._made.apply(decision.overlay.changes.items(), waiting[done - 1].offset + 1)
            self._heard(waiting[:done], decision.outputs)
            del waiting[:done]

    async def differences(self) -> Iterator[tuple[bytes, bytes | None]]:
        """What would make the state that stands, as the changelog has it now, the one that was decided again."""
        try:
            await restore(self._stands, self._changelog, self._kafka)
        except Unreadable as fault:
            raise CannotDecideAgain(fault.of_changelog(self._group)) from fault
        return difference(self._made.items(), self._stands.items())

    async def keys_that_differ(self) -> set[bytes]:
        """The keys of those, some perhaps because the worker has gone on since the last record that was decided again."""
        return {key for key, _ in await self.differences()}

    async def take_over(self, missing: Callable[[], Awaitable[Outputs]]) -> tuple[int, int]:
        """Shut out the worker, decide what it did meanwhile, and write the state and what is `missing` in one transaction.

        How many keys of state and how many outputs were written. The worker ends at its next commit and comes back to the new state.
        Raises EngineError, and then nothing was written: a worker that came back meanwhile has shut out this one.
        """
        transactor = Transactor(self.source, self._group, self._kafka, TRANSACTION_S)
        await transactor.fence()
        try:
            committed = await self.committed()
            await self.read_to(committed)
            now = time.time_ns() // 1_000_000
            changes: list[Outgoing] = [(key, value, NO_HEADERS, now) for key, value in await self.differences()]
            outputs = await missing()
            if changes or outputs:
                await transactor.commit(outputs, self._changelog, changes, committed)
        finally:
            await asyncio.shield(transactor.close())
        return len(changes), sum(map(len, outputs.values()))


async def fetch(consumer: AIOKafkaConsumer, source: TopicPartition) -> Mapping[TopicPartition, Sequence[Any]]:
    """What comes next of an inbox. Raises CannotDecideAgain where it is damaged."""
    try:
        fetched: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(source, timeout_ms=1_000)
    except Exception as error:
        fault = unreadable(error)
        if fault is None:
            raise
        raise CannotDecideAgain(fault.of_replay()) from error
    return fetched


def difference(made: Iterator[tuple[bytes, bytes]], stands: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes | None]]:
    """The writes that make `stands` into `made`, both in the order of their keys; None forgets a key."""
    one, other = next(made, None), next(stands, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one
            one = next(made, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None
            other = next(stands, None)
        else:
            if one[1] != other[1]:
                yield one
            one, other = next(made, None), next(stands, None)

"""What of a log cannot be read: a batch that is damaged on the broker, an offset that the log does not have. Asking again is no help."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import FetchError, PartitionRecords
from aiokafka.errors import OffsetOutOfRangeError, RecordTooLargeError

from streams.engine.failure import describe

T = TypeVar("T")

GOOD_COPY = (
    "Where another broker has a good copy, stop the broker that leads this partition, delete its folder of it, and start it and then "
    "{others}; where nobody has one, "
)

READINGS = 3
PAUSE_S = 1.0
"""Between readings. A batch may be damaged on its way, and what is read at once may be the same: what is damaged each time is so there."""


class Unreadable(Exception):
    """A partition cannot be read on at `offset`; `behind` is where it goes on, None where that cannot be seen."""

    def __init__(self, partition: TopicPartition, offset: int, why: str, behind: int | None = None) -> None:
        super().__init__(f"{partition.topic}/{partition.partition}: offset {offset} cannot be read: {why}")
        self.partition = partition
        self.offset = offset
        self._behind = "the next offset that can be read" if behind is None else f"offset {behind}"

    def of_inbox(self, group: str) -> str:
        """For whoever has to mend it, where it is what the group goes on from."""
        return (
            f"{self}. Nothing is processed there until somebody mends it. {GOOD_COPY.format(others=f'the workers of group {group}')}the "
            f"records are lost, and to accept that stop the workers of group {group}, set it to {self._behind} with "
            "kafka-consumer-groups --reset-offsets, and start them"
        )

    def of_changelog(self, group: str) -> str:
        """The same, where it is the group's state."""
        return (
            f"{self}, so the state is not whole. {GOOD_COPY.format(others=f'the workers of group {group}')}stop those workers, "
            f"delete the changelog up to {self._behind} with kafka-delete-records, decide the state again with "
            f"`ric replay --state {group.rpartition('.')[2]} --apply`, and start them"
        )

    def of_replay(self) -> str:
        """The same, where it is an inbox that `ric replay` reads from its beginning."""
        return f"{self}. {GOOD_COPY.format(others='this replay')}this partition's state cannot be decided again. It stands as it was"


def silent(partition: TopicPartition, offset: int, end: int, group: str) -> str:
    """For whoever has to mend it, of a partition of which the broker gives nothing and says nothing of damage."""
    name = f"{partition.topic}/{partition.partition}"
    return (
        f"{name}: the broker gives nothing from offset {offset} on, though the log ends at {end}, and it was so before this worker was "
        f"last started. Nothing shows that records are lost, so leave the offset of group {group} where it is. Look into the log of the "
        "broker that leads this partition, start it again or let another one lead it, and then start the workers"
    )


async def repeatedly(read: Callable[[], Awaitable[T]]) -> T:
    """What `read` gives. Where that cannot be read of a log, it is asked READINGS times in all. Raises its last error."""
    for _ in range(READINGS - 1):
        try:
            return await read()
        except Exception as error:
            if unreadable(error) is None:
                raise
        await asyncio.sleep(PAUSE_S)
    return await read()


class Readable(PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """One partition's part of a fetch, in aiokafka's place: what is good before damage is handed over, and damage says where it is."""

    _records_iterator: Iterator[Any]

    def __init__(self, partition: TopicPartition, records: Any, *others: Any) -> None:
        super().__init__(partition, records, *others)
        self._began = self.next_fetch_offset

    def __next__(self) -> Any:
        try:
            return next(self._records_iterator)
        except StopIteration:
            self._records_iterator = iter(())  # breaks a cycle, as aiokafka does
            raise
        except (MemoryError, OSError):  # this machine's trouble, which another process may not have
            raise
        except Exception as error:  # what a damaged batch makes of its reader cannot be listed
            if self.next_fetch_offset > self._began:
                raise StopIteration from error  # the next fetch begins there
            behind = self._records.following(self.next_fetch_offset)
            raise Unreadable(self._tp, self.next_fetch_offset, describe(error), behind) from error


def position(consumer: AIOKafkaConsumer, partition: TopicPartition) -> int:
    """Up to where the consumer has read an assigned partition. Behind damage aiokafka goes on by one before anybody has heard of it."""
    at: int = consumer._subscription.subscription.assignment.state_value(partition).position
    kept = consumer._fetcher._records.get(partition)
    return at - 1 if isinstance(kept, FetchError) and isinstance(kept._error, RecordTooLargeError) else at


def unreadable(error: BaseException) -> Unreadable | None:
    """What of a partition's log this error of aiokafka tells, or None where it is none of the log's."""
    match error:
        case Unreadable():
            return error
        case RecordTooLargeError(args=(_, TopicPartition() as partition, int(offset), *_)):
            return Unreadable(partition, offset, "its batch is said to be larger than any can be, so it is damaged")
        case OffsetOutOfRangeError(args=(dict() as offsets,)) if offsets:
            partition = min(offsets)
            gone = "the log does not have it: records were deleted (retention), or a broker came back with less than it had"
            return Unreadable(partition, offsets[partition], gone)
    return None

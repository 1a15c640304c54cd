"""What one app of a worker measures: a handful of counters a batch, never one a record."""

from collections.abc import Mapping, Sized
from time import time

from aiokafka import TopicPartition

from streams.metrics import Exposition


class Metrics:
    """One app's part of the process's metrics."""

    def __init__(self, exposition: Exposition, group: str) -> None:
        self._exposition = exposition
        self._group = group
        self.committed_at: dict[TopicPartition, float] = {}
        """When this process last committed records of a partition, Unix seconds."""

    def batch(
        self, source: TopicPartition, *, read: int, sent: Mapping[tuple[str, int], Sized], refused: int, decide_s: float, commit_s: float
    ) -> None:
        """One batch is committed. `sent`: what was written to each topic and partition, without changelogs."""
        exposition, group, topic = self._exposition, self._group, source.topic
        exposition.consumed(group, topic, read)
        written: dict[str, int] = {}
        for (destination, _), records in sent.items():
            written[destination] = written.get(destination, 0) + len(records)
        for destination, number in written.items():
            exposition.sent(group, destination, number)
        if refused:
            exposition.refused(group, topic, refused)
        exposition.processed(group, topic, decide_s + commit_s)
        exposition.committed(group, topic, commit_s)
        self.committed_at[source] = time()

    def restored(self, source: TopicPartition, records: int) -> None:
        """The partition's state was brought up to the changelog's end."""
        self._exposition.restored(self._group, source.topic, records)

    def parked(self, reason: str | None) -> None:
        """Why the app takes in nothing more; None where it works."""
        self._exposition.parked(self._group, reason)

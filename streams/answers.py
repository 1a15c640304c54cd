"""Of which partitions the broker says where they end: one without a leader is told of, and a broker that is gone is noticed.

aiokafka's consumers wait for a broker that went away and say nothing of it: what they knew last looks like now.
"""

import asyncio
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

ANSWER_S = 5.0

Key = TypeVar("Key")


async def known_ends(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], within_s: float = ANSWER_S
) -> Mapping[TopicPartition, int]:
    """Where each partition ends, as far as it may be read. One that has no leader is left out, and costs the others nothing."""
    try:
        async with asyncio.timeout(within_s):
            ends: Mapping[TopicPartition, int] = await consumer.end_offsets(list(partitions))
        return ends
    except (KafkaError, TimeoutError):
        # One request for all is answered for all, or for none.
        return await _ends_one_by_one(consumer, partitions, within_s)


async def _ends_one_by_one(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], within_s: float) -> dict[TopicPartition, int]:
    asked = {partition: asyncio.ensure_future(consumer.end_offsets([partition])) for partition in partitions}
    try:
        await asyncio.wait(asked.values(), timeout=within_s)
        answered = [ask.result() for ask in asked.values() if ask.done() and not ask.cancelled() and ask.exception() is None]
    finally:
        for ask in asked.values():
            ask.cancel()
        await asyncio.gather(*asked.values(), return_exceptions=True)
    return {partition: end for answer in answered for partition, end in answer.items()}


class Answers(Generic[Key]):
    """Of which partitions the broker says where they end. One look that is answered late says nothing: a busy broker does that."""

    def __init__(self, patience: int = 2) -> None:
        self._patience = patience
        self._silent: Mapping[Key, int] = {}

    def note(self, asked: Iterable[Key], answered: Container[Key]) -> None:
        """One look."""
        self._silent = {key: 0 if key in answered else self._silent.get(key, 0) + 1 for key in asked}

    def readable(self, key: Key) -> bool | None:
        """Whether it said so at one of the last looks; None before the first. From any thread."""
        silent = self._silent.get(key)
        return None if silent is None else silent < self._patience

    def forget(self) -> None:
        """The partitions are given anew."""
        self._silent = {}

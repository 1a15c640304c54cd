"""How far each app has come, from Kafka alone: committed offsets against ends, who is in the group, and the dead letters of a day."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError, for_code

from schemas.channels import BY_NAME
from streams.kafka import kafka_client_kwargs, reach, stop
from streams.operations.flow import Step, channel_of
from streams.settings import Settings

DEAD_LETTERS = "reports.rejected"
DEAD_LETTERS_FOR = timedelta(hours=24)
READ_MS = 500
PATIENCE_S = (0.2, 0.5, 1.0, 2.0, 4.0)


class NotInstalled(RuntimeError):
    """The space's topics are not on this broker."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an app stands. `lag` by channel, in offsets (transaction markers count), so a lag of a few is none.

    `members`: worker processes in its group, None of the projector, which has no group. `dead_letters` of the last 24 hours; None where
    this account may not read them, and of the projector.
    """

    step: Step
    lag: Mapping[str, int]
    members: int | None
    dead_letters: int | None


@asynccontextmanager
async def observer(settings: Settings) -> AsyncIterator["Observer"]:
    """Connections for as long as somebody looks. Raises aiokafka's errors and UnsafeKafkaConnection."""
    kafka = kafka_client_kwargs(settings)
    await reach(kafka)
    admin = AIOKafkaAdminClient(**kafka)
    consumer = AIOKafkaConsumer(**kafka, isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        await admin.start()
        await consumer.start()
        yield Observer(settings.space, admin, consumer)
    finally:
        await stop(consumer)
        await admin.close()


class Observer:
    """Reads, and changes nothing: no group is joined and nothing is committed."""

    def __init__(self, space: str, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> None:
        self._space = space
        self._admin = admin
        self._consumer = consumer
        self._letters: dict[tuple[int, int], tuple[datetime, str]] = {}
        self._letters_read: dict[TopicPartition, int] = {}

    async def look(self, steps: Iterable[Step], now: datetime) -> list[Standing]:
        """How each app stands. Raises NotInstalled, and aiokafka's errors where they do not pass (a broker that elects or starts does)."""
        steps = list(steps)
        for pause in PATIENCE_S:
            try:
                return await self._look(steps, now)
            except KafkaError as error:
                if not error.retriable:
                    raise
                await asyncio.sleep(pause)
        return await self._look(steps, now)

    async def _look(self, steps: list[Step], now: datetime) -> list[Standing]:
        partitions = await self._partitions(steps)
        flat = [partition for found in partitions.values() for partition in found]
        ends = await self._consumer.end_offsets(flat)
        starts = await self._consumer.beginning_offsets(flat)
        dead = await self._dead_letters(now)
        standings = []
        for step in steps:
            group = step.group(self._space)
            committed = await self._admin.list_consumer_group_offsets(group)
            lag: dict[str, int] = {}
            for name in step.reads:
                lag[name] = 0
                for partition in partitions[name]:
                    at = committed.get(partition)
                    # Without a commit everything that the topic still has is to be read.
                    reached = starts[partition] if at is None or at.offset < 0 else at.offset
                    lag[name] += max(0, ends[partition] - reached)
            letters = None if dead is None else sum(dead[stage] for stage in step.stages)
            standings.append(Standing(step, lag, await self.members(group), letters))
        return standings

    async def ends(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Up to where each partition may be read."""
        ends: Mapping[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        return ends

    async def _partitions(self, steps: list[Step]) -> dict[str, list[TopicPartition]]:
        channels = {name for step in steps for name in step.reads}
        found: dict[str, list[TopicPartition]] = {name: [] for name in channels}
        names = [topic for topic in await self._admin.list_topics() if channel_of(topic, self._space, channels)]
        for topic in await self._admin.describe_topics(names) if names else ():
            channel = channel_of(topic["topic"], self._space, channels)
            if channel is not None:
                found[channel] += [TopicPartition(topic["topic"], each["partition"]) for each in topic["partitions"]]
        absent = sorted(name for name, each in found.items() if not each and "{agency}" not in name)
        if absent:
            raise NotInstalled(f"space {self._space} has no topic for {', '.join(absent)}")
        return found

    async def members(self, group: str) -> int:
        """How many processes are in a consumer group. Raises aiokafka's errors."""
        (answer,) = await self._admin.describe_consumer_groups([group])
        (described,) = answer.groups
        code, _, _, _, _, members = described[:6]
        if code:
            raise for_code(code)(f"group {group}")
        return len(members)

    async def _dead_letters(self, now: datetime) -> Counter[str] | None:
        """Of the last day by stage; each is read once, however often one looks."""
        topic = BY_NAME[DEAD_LETTERS].topic(self._space)
        try:
            await self._read_letters(topic, now - DEAD_LETTERS_FOR)
        except TopicAuthorizationFailedError:
            return None
        old = now - DEAD_LETTERS_FOR
        self._letters = {place: letter for place, letter in self._letters.items() if letter[0] >= old}
        return Counter(stage for _, stage in self._letters.values())

    async def _read_letters(self, topic: str, since: datetime) -> None:
        consumer = self._consumer
        numbers = await self._admin.describe_topics([topic])
        partitions = [TopicPartition(topic, each["partition"]) for each in numbers[0]["partitions"]]
        ends = await consumer.end_offsets(partitions)
        if not self._letters_read:
            consumer.assign(partitions)
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, int(since.timestamp() * 1000)))
            self._letters_read = {each: first.offset if (first := found.get(each)) else ends[each] for each in partitions}
            for partition, offset in self._letters_read.items():
                consumer.seek(partition, offset)
        while any(self._letters_read[each] < ends[each] for each in partitions):
            for partition, records in (await consumer.getmany(timeout_ms=READ_MS)).items():
                for record in records:
                    at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
                    self._letters[partition.partition, record.offset] = at, str(json.loads(record.value).get("stage"))
            # By position: the last thing in the log is a transaction's marker, which is no record.
            self._letters_read = {each: await consumer.position(each) for each in partitions}

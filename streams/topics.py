"""Provisioning: what the broker's topics should be (`schemas.channels`), what they are, and how to get there.

`ric topics plan|apply` and `ric up` call this. Nothing is ever deleted, and what cannot be mended without moving records is refused.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from schemas.channels import CHANNELS, DAY, Channel
from streams.kafka import kafka_client_kwargs, reach
from streams.settings import Settings

TOPIC_OVERRIDE = 1
"""DescribeConfigs' source of a value that was set on the topic itself."""
BATCH_OVERHEAD = 65_536
"""max.message.bytes bounds a batch: room for its header and a record's key and headers beside the value."""
SEEN_WITHIN = 30.0


class TopicsRefused(RuntimeError):
    """The plan needs what only a new topic generation and a replay can give."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a plan. `create` and `configure` are done by `apply`; `refuse` stops it; `unknown` is only named."""

    kind: Literal["create", "configure", "refuse", "unknown"]
    topic: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Found:
    partitions: int
    replication: int
    config: Mapping[str, str]
    overrides: Mapping[str, str]


def wanted(settings: Settings) -> list[Topic]:
    """Every topic of the space: one a channel, and the inbound template once an agency."""
    return [
        Topic(
            channel.topic(settings.space, agency),
            settings.partitions if channel.spread == "keyed" else 1,
            settings.replication,
            _config(channel, settings.replication),
        )
        for channel in CHANNELS
        for agency in (settings.agencies if "{agency}" in channel.name else (None,))
    ]


def _config(channel: Channel, replication: int) -> dict[str, str]:
    config = {
        "cleanup.policy": "compact" if channel.compact else "delete",
        "retention.ms": str(channel.retention_ms),
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(channel.max_bytes + BATCH_OVERHEAD),
        "min.insync.replicas": "2" if replication >= 3 else "1",
    }
    if channel.compact:
        # A segment that is still written is never compacted: small ones keep recovery short.
        config |= {"segment.bytes": str(64 * 1024 * 1024), "delete.retention.ms": str(DAY)}
    elif channel.retention_ms > 0:
        # A segment lives until its newest record is too old: daily ones keep the promise to within a day.
        config["segment.ms"] = str(DAY)
    return config


async def plan(settings: Settings) -> list[Change]:
    """What differs between the broker and `wanted`, in the order of the channels. Raises aiokafka.errors.KafkaError."""
    async with _admin(settings) as admin:
        return await _plan(admin, settings)


async def apply(settings: Settings, on_step: Callable[[Change], None] = lambda change: None) -> list[Change]:
    """Create what is missing and mend configurations; `on_step` is told each change done. Applied twice, the second changes nothing.

    Raises TopicsRefused, before anything is done, where a topic has another number of partitions or copies; KafkaError where the
    broker refuses.
    """
    async with _admin(settings) as admin:
        changes = await _plan(admin, settings)
        refused = [f"{change.topic}: {change.detail}" for change in changes if change.kind == "refuse"]
        if refused:
            raise TopicsRefused("\n".join(refused))
        topics = {topic.name: topic for topic in wanted(settings)}
        await _create(admin, [topics[change.topic] for change in changes if change.kind == "create"])
        await _configure(admin, [topics[change.topic] for change in changes if change.kind == "configure"])
        for change in changes:
            on_step(change)
        return changes


async def _plan(admin: AIOKafkaAdminClient, settings: Settings) -> list[Change]:
    topics = wanted(settings)
    found = await _found(admin, settings.space)
    changes = [change for topic in topics if (change := _change(topic, found.get(topic.name))) is not None]
    strangers = sorted(found.keys() - {topic.name for topic in topics})
    return changes + [Change("unknown", name, "no channel declares it; delete it by hand if nothing needs it") for name in strangers]


def _change(topic: Topic, found: _Found | None) -> Change | None:
    if found is None:
        return Change("create", topic.name, f"{topic.partitions} partitions, {topic.replication} copies")
    if found.partitions != topic.partitions:
        return Change(
            "refuse",
            topic.name,
            f"has {found.partitions} partitions, the settings ask for {topic.partitions}: keys would move away from their state. "
            f"Set RIC_PARTITIONS={found.partitions}, or install a new space and replay into it",
        )
    if found.replication != topic.replication:
        return Change(
            "refuse",
            topic.name,
            f"has {found.replication} copies, the settings ask for {topic.replication}: set RIC_REPLICATION={found.replication}, "
            "or move the partitions with kafka-reassign-partitions first",
        )
    drift = [f"{key} {found.config.get(key)} → {value}" for key, value in topic.config.items() if found.config.get(key) != value]
    return Change("configure", topic.name, ", ".join(drift)) if drift else None


async def _found(admin: AIOKafkaAdminClient, space: str) -> dict[str, _Found]:
    names = [name for name in await admin.list_topics() if name.startswith(f"{space}.")]
    if not names:
        return {}
    described = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(names)}
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    configs: dict[str, list[Any]] = {}
    for answer in answers:
        for code, message, _, name, entries in answer.resources:
            _raise_for(code, name, message)
            configs[name] = entries
    return {
        name: _Found(
            len(described[name]),
            min(len(partition["replicas"]) for partition in described[name]),
            {entry[0]: entry[1] for entry in configs[name]},
            {entry[0]: entry[1] for entry in configs[name] if entry[3] == TOPIC_OVERRIDE},
        )
        for name in names
    }


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    if not topics:
        return
    answer = await admin.create_topics(
        [NewTopic(topic.name, topic.partitions, topic.replication, topic_configs=dict(topic.config)) for topic in topics]
    )
    for name, code, message in answer.topic_errors:
        # Two starts at once: the other was quicker, and made the same.
        if code != TopicAlreadyExistsError.errno:
            _raise_for(code, name, message)
    await until_led(admin, {topic.name for topic in topics})


async def until_led(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Creation is answered by the controller; each broker learns of it a moment later, and clients that come sooner fail."""
    async with asyncio.timeout(SEEN_WITHIN):
        while True:
            described = [topic for topic in await admin.describe_topics(list(names)) if topic["error_code"] == 0]
            led = {topic["topic"] for topic in described if all(partition["leader"] >= 0 for partition in topic["partitions"])}
            if led == names:
                return
            await asyncio.sleep(0.05)


async def _configure(admin: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    if not topics:
        return
    found = await _found(admin, topics[0].name.partition(".")[0])
    # This request replaces all of a topic's overrides, so an operator's own (a throttle, say) are sent along.
    changed = [ConfigResource(ConfigResourceType.TOPIC, topic.name, {**found[topic.name].overrides, **topic.config}) for topic in topics]
    for answer in await admin.alter_configs(changed):
        for code, message, _, name in answer.resources:
            _raise_for(code, name, message)
    async with asyncio.timeout(SEEN_WITHIN):
        while any(_change(topic, found.get(topic.name)) for topic in topics):
            await asyncio.sleep(0.05)
            found = await _found(admin, topics[0].name.partition(".")[0])


def _raise_for(code: int, name: str, message: str | None) -> None:
    if code != 0:
        raise for_code(code)(f"{name}: {message or 'refused by the broker'}")


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    kafka = kafka_client_kwargs(settings)
    await reach(kafka)
    admin = AIOKafkaAdminClient(**kafka)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()

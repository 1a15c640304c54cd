"""Channels to topics: names on the broker, partition counts, and which partition a key belongs to."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from schemas.channels import Channel
from streams.engine.effects import App, Stage
from streams.kafka import UNSEEN, reach

RECORD_OVERHEAD = 512
"""Bytes of one record and its batch besides key, value and headers."""


class Unprovisioned(RuntimeError):
    """The broker's topics are not those that the channels declare."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """A topic that a stage reads. `bulk`: it yields to the others."""

    topic: str
    channel: str
    stage: Stage
    bulk: bool


@dataclass(frozen=True, slots=True)
class Route:
    """Where a channel's records go: its topic, the topic's partition count, and the most bytes that one record may have."""

    topic: str
    partitions: int
    room: int


def inboxes(app: App, space: str, agencies: Iterable[str], channels: Mapping[str, Channel]) -> dict[str, Inbox]:
    """The app's inbox topics by name; a channel with one topic per agency gives one for each.

    Raises ValueError where a channel is not declared, two stages read the same topic, or a stateful stage has not exactly one inbox.
    """
    found: dict[str, Inbox] = {}
    for stage in app.stages:
        for name in stage.inbox:
            for topic in _topics(_declared(name, channels, stage), space, agencies):
                if topic in found:
                    raise ValueError(f"app {app.name}: {topic} is read by {found[topic].stage.name} and by {stage.name}: one of them only")
                found[topic] = Inbox(topic, name, stage, name in stage.bulk)
        if stage.stateful and len(stage.inbox) != 1:
            raise ValueError(f"stage {stage.name} is stateful and reads {len(stage.inbox)} channels: re-key them into one inbox first")
    if sum(stage.stateful for stage in app.stages) > 1:
        raise ValueError(f"app {app.name} has two stateful stages, which would share one changelog: give each an app of its own")
    return found


def _declared(name: str, channels: Mapping[str, Channel], stage: Stage) -> Channel:
    if name not in channels:
        raise ValueError(f"stage {stage.name} reads {name}, which schemas/channels.py does not declare")
    return channels[name]


def _topics(channel: Channel, space: str, agencies: Iterable[str]) -> list[str]:
    if "{agency}" in channel.name:
        return [channel.topic(space, agency) for agency in agencies]
    return [channel.topic(space)]


async def partition_counts(kafka: Mapping[str, Any]) -> tuple[str, dict[str, int]]:
    """The cluster's id, and the partition count of every topic that the broker shows us. Raises NoBroker, and other errors of aiokafka."""
    await reach(kafka)
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        cluster = await admin.describe_cluster()
        topics = await admin.describe_topics()
    finally:
        await admin.close()
    return cluster["cluster_id"], {topic["topic"]: len(topic["partitions"]) for topic in topics}


def written(app: App, channels: Mapping[str, Channel]) -> dict[str, Channel]:
    """The channels that the app writes, by name. Raises ValueError where one is not declared, or not for workers to write."""
    for name in app.writes:
        if name not in channels or "worker" not in channels[name].writers:
            raise ValueError(f"app {app.name} writes {name}, which schemas/channels.py does not declare for workers to write")
    return {name: channels[name] for name in app.writes}


def routes(space: str, channels: Mapping[str, Channel], counts: Mapping[str, int]) -> dict[str, Route]:
    """Where records on these channels go. Raises Unprovisioned naming the topics that the broker does not have."""
    require(counts, (channel.topic(space) for channel in channels.values()))
    return {
        name: Route(channel.topic(space), counts[channel.topic(space)], channel.max_bytes - RECORD_OVERHEAD)
        for name, channel in channels.items()
    }


def require(counts: Mapping[str, int], topics: Iterable[str]) -> None:
    """Raises Unprovisioned where a topic is absent."""
    absent = sorted({topic for topic in topics if topic not in counts})
    if absent:
        raise Unprovisioned(f"the broker shows us no topic {', '.join(absent)}: {UNSEEN}")


@lru_cache(maxsize=65_536)
def key_hash(key: bytes) -> int:
    """The key's murmur2, positive, as the Java client and aiokafka partition by it."""
    length = len(key)
    whole = length & ~3
    h = 0x9747B28C ^ length
    for k in struct.unpack_from(f"<{whole >> 2}I", key):
        k = k * 0x5BD1E995 & 0xFFFFFFFF  # noqa: PLW2901
        k = (k ^ k >> 24) * 0x5BD1E995 & 0xFFFFFFFF  # noqa: PLW2901
        h = (h * 0x5BD1E995 & 0xFFFFFFFF) ^ k
    if length != whole:
        h = (h ^ int.from_bytes(key[whole:], "little")) * 0x5BD1E995 & 0xFFFFFFFF
    h = (h ^ h >> 13) * 0x5BD1E995 & 0xFFFFFFFF
    return (h ^ h >> 15) & 0x7FFFFFFF

"""`ric replay`: dead letters through again, as they were, to the topic that they came from."""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError

from schemas.channels import BY_NAME
from streams.kafka import kafka_client_kwargs, stop
from streams.operations.flow import steps
from streams.settings import Settings

READ_MS = 1_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter that was selected. `why_not`: it cannot be sent again, and the reason."""

    letter: str
    origin: str
    agency: str | None
    at: str
    reason: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    why_not: str | None = None


async def select(settings: Settings, *, ids: Collection[str], since: datetime | None) -> list[Letter]:
    """Dead letters by id, or all since a time (broker's), oldest first, each origin once. Raises aiokafka.errors.KafkaError."""
    topic = BY_NAME["reports.rejected"].topic(settings.space)
    consumer = AIOKafkaConsumer(
        topic, **kafka_client_kwargs(settings), isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        # Of a consumer without a group, every partition that the topic really has.
        partitions = sorted(consumer.assignment())
        if not partitions:
            raise UnknownTopicOrPartitionError(topic)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        if since is not None:
            at = await consumer.offsets_for_times(dict.fromkeys(partitions, int(since.timestamp() * 1000)))
            starts = {each: first.offset if (first := at.get(each)) else ends[each] for each in partitions}
        found: dict[str, Letter] = {}
        for partition in partitions:
            consumer.seek(partition, starts[partition])
        while [partition for partition in partitions if await consumer.position(partition) < ends[partition]]:
            for records in (await consumer.getmany(timeout_ms=READ_MS)).values():
                for record in records:
                    letter = orjson.loads(record.value)
                    if not ids or letter["letter"] in ids:
                        found[letter["origin"]] = _letter(settings, letter)
        return sorted(found.values(), key=lambda letter: letter.at)
    finally:
        await stop(consumer)


def not_again(stage: str) -> str | None:
    """Why a record that this stage refused cannot go in once more; None where it can, for the stage decides each record by itself.

    A stage with state has decided what came after it, and has told whoever acted that nothing changed: an old record at the end of its
    inbox would be another one.
    """
    step = next(step for step in steps() if stage in step.stages)
    if stage not in step.stateful:
        return None
    if stage == "reports":
        return "it was refused after intake: of a conflict its agency sends a new revision, a mended fault needs ric replay --state reports"
    if any(BY_NAME[channel].compact for channel in step.reads):
        return f"{stage} reads what stands, and something newer may stand by now: the next record of its key mends it"
    return f"{stage} has decided what came after it: once the fault is mended, ric replay --state {step.app} decides it in its place"


def _letter(settings: Settings, letter: dict[str, Any]) -> Letter:
    value = base64.b64decode(letter.get("value_base64") or "")
    topic = letter["origin"].rsplit("/", 2)[0]
    why_not = None
    if len(value) < letter["value_bytes"]:
        why_not = "only its beginning was kept: ask the sender to send it again"
    elif not topic.startswith(f"{settings.space}."):
        why_not = f"it came from {topic}, which is not of space {settings.space}"
    else:
        why_not = not_again(letter["stage"])
    problems = letter.get("problems") or [{}]
    key = letter.get("key_base64")
    return Letter(
        letter["letter"],
        letter["origin"],
        letter.get("agency"),
        letter["at"],
        f"{problems[0].get('field')}: {problems[0].get('reason')}",
        base64.b64decode(key) if key is not None else None,
        value,
        tuple((name, text.encode()) for name, text in letter.get("headers") or ()),
        why_not,
    )


async def send_again(settings: Settings, letters: list[Letter]) -> int:
    """Produce the original bytes, key and headers to the original partition; how many, all acknowledged by every in-sync replica.

    What was refused for a reason that still holds comes back as a new dead letter; what was taken meanwhile is a duplicate.
    """
    producer = AIOKafkaProducer(**kafka_client_kwargs(settings), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        sent = []
        for letter in letters:
            if letter.why_not is None:
                topic, partition, _ = letter.origin.rsplit("/", 2)
                headers = list(letter.headers)
                sent.append(await producer.send(topic, letter.value, letter.key, int(partition), headers=headers))
        for future in sent:
            await future
        return len(sent)
    finally:
        await producer.stop()


def parse_time(text: str) -> datetime:
    """RFC 3339, or a day (UTC). Raises ValueError with the mend."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time: write 2026-03-18 or 2026-03-18T04:30:00+05:00") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)

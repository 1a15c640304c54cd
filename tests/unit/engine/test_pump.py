"""What of a fetch reaches the app where one partition of several is damaged: aiokafka's own fetcher, with a broker's answers made here."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import Fetcher

from streams.engine import transport, unreadable
from streams.engine.again import CannotDecideAgain, fetch
from streams.engine.transport import Damaged, Fetched, Pump
from streams.engine.unreadable import Unreadable, position, repeatedly
from tests.unit.engine.test_unreadable import damaged, long, stored

GOOD, BAD = TopicPartition("live.in", 0), TopicPartition("live.in", 1)
TOO_LONG = long(1_000_000, stored(5, [b"x"]))
PATIENT_S = 60.0


class Broker:
    """aiokafka's client: answers each fetch with what a partition has from the asked offset on, the damaged one last."""

    def __init__(self, logs: dict[TopicPartition, dict[int, bytes]]) -> None:
        self.logs = logs
        self.asked: list[tuple[TopicPartition, int]] = []
        self._loop = asyncio.get_running_loop()
        self._metadata_max_age_ms = 300_000
        self.cluster = SimpleNamespace(leader_for_partition=lambda _: 0)

    async def send(self, _: int, request: Any) -> Any:
        await asyncio.sleep(0)
        asked = sorted((TopicPartition(topic, number), at) for topic, numbers in request.topics for number, at, _ in numbers)
        self.asked += asked
        found = [(place, self.logs[place].get(at, b"")) for place, at in asked]
        if not any(data for _, data in found):
            await asyncio.sleep(0.01)
        return SimpleNamespace(API_VERSION=4, topics=[(place.topic, [(place.partition, 0, 99, 99, [], data)]) for place, data in found])


@asynccontextmanager
async def consuming(logs: dict[TopicPartition, dict[int, bytes]]) -> AsyncIterator[tuple[AIOKafkaConsumer, Broker]]:
    consumer, broker = AIOKafkaConsumer(auto_offset_reset="none"), Broker(logs)
    consumer._subscription.assign_from_user(list(logs))
    consumer._coordinator = SimpleNamespace(check_errors=lambda: None)
    consumer._fetcher = Fetcher(broker, consumer._subscription, auto_offset_reset="none", isolation_level="read_committed")
    try:
        yield consumer, broker
    finally:
        await consumer._fetcher.close()
        consumer._closed = True


@asynccontextmanager
async def reading(logs: dict[TopicPartition, dict[int, bytes]]) -> AsyncIterator[tuple[Pump, Broker, "asyncio.Queue[Any]"]]:
    """A pump that has been told where each partition begins, and where it delivers."""
    async with consuming(logs) as (consumer, broker):
        delivered = asyncio.Queue[Any]()
        pump = Pump(consumer, delivered.put_nowait)
        for partition, log in logs.items():
            await pump.seek(partition, min(log))
        try:
            yield pump, broker, delivered
        finally:
            await pump.stop()


async def next_of(delivered: "asyncio.Queue[Any]", wanted: Callable[[Any], bool]) -> list[Any]:
    """What is delivered until then, with that."""
    seen: list[Any] = []
    async with asyncio.timeout(PATIENT_S):
        while not seen or not wanted(seen[-1]):
            seen.append(await delivered.get())
    return seen


@pytest.mark.parametrize("bad", [TOO_LONG, damaged(stored(5, [b"x"]))], ids=["too long", "checksum"])
async def test_damage_beside_a_partition_with_records_is_told_and_never_gone_past(bad: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PAUSE_S", 0.0)
    owners = {GOOD: object(), BAD: object()}
    async with reading({GOOD: {n: stored(n, [b"v%d" % n]) for n in range(40)}, BAD: {5: bad}}) as (pump, _, delivered):
        pump.request(BAD, owners[BAD])
        values: list[bytes] = []
        while True:
            pump.request(GOOD, owners[GOOD])
            (got,) = await next_of(delivered, lambda _: True)
            if isinstance(got, Damaged):
                break
            assert isinstance(got, Fetched), got
            assert got.partition == GOOD, "nothing of the damaged one was read"
            values += [record.value for record in got.records]
        assert (got.owner, got.fault.partition, got.fault.offset) == (owners[BAD], BAD, 5)
        while len(values) < 40:
            pump.request(GOOD, owners[GOOD])
            (got,) = await next_of(delivered, lambda _: True)
            assert isinstance(got, Fetched), got
            values += [record.value for record in got.records]
        assert values == [b"v%d" % n for n in range(40)]


async def test_what_was_damaged_on_its_way_alone_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PAUSE_S", 0.0)
    logs = {BAD: {5: TOO_LONG}}
    async with reading(logs) as (pump, broker, delivered):
        pump.request(BAD, pump)
        async with asyncio.timeout(PATIENT_S):
            while broker.asked.count((BAD, 5)) < 2:
                await asyncio.sleep(0)
        logs[BAD] = {5: stored(5, [b"x"])}
        (got,) = await next_of(delivered, lambda _: True)
        assert isinstance(got, Fetched), got
        assert ([record.value for record in got.records], got.end) == ([b"x"], 6)


async def test_what_the_group_takes_away_under_a_fetch_is_wanted_no_more() -> None:
    """Faust asks nobody before it gives the partitions of an app that stops."""
    async with reading({GOOD: {0: b""}}) as (pump, broker, delivered):
        pump.request(GOOD, pump)
        async with asyncio.timeout(PATIENT_S):
            while not broker.asked:
                await asyncio.sleep(0)
        broker.logs[BAD] = {5: stored(5, [b"x"])}
        pump._consumer._subscription.assign_from_user([BAD])
        await pump.seek(BAD, 5)
        pump.request(BAD, pump)
        (got,) = await next_of(delivered, lambda _: True)
        assert isinstance(got, Fetched), got
        assert (got.partition, got.end) == (BAD, 6)


@pytest.mark.parametrize("bad", [TOO_LONG, damaged(stored(5, [b"x"]))], ids=["too long", "checksum"])
async def test_a_replay_that_meets_damage_says_what_mends_it(bad: bytes) -> None:
    async with consuming({BAD: {5: bad}}) as (consumer, _):
        consumer.seek(BAD, 5)
        # Heard of only at the next fetch: until then nobody may take it for read.
        async with asyncio.timeout(PATIENT_S):
            while BAD not in consumer._fetcher._records:
                await asyncio.sleep(0)
        assert position(consumer, BAD) == 5
        with pytest.raises(CannotDecideAgain, match=r"live\.in/1: offset 5 cannot be read: .*Where another broker has a good copy"):
            await fetch(consumer, BAD)


async def test_what_cannot_be_read_is_asked_for_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unreadable, "PAUSE_S", 0.0)
    asked: list[int] = []

    async def answer(good_at: int) -> str:
        asked.append(good_at)
        if len(asked) < good_at:
            raise Unreadable(BAD, 5, "Invalid CRC")
        return "read"

    assert await repeatedly(lambda: answer(3)) == "read"
    asked.clear()
    with pytest.raises(Unreadable):
        await repeatedly(lambda: answer(4))
    assert len(asked) == 3

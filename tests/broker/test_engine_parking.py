"""A stage that fails stops its own app and no other, one sender's records stop nobody else's, and lost records stop their own partition."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.parking import RecordsLost
from streams.engine.rereading import Rereader
from streams.engine.topics import key_hash
from streams.local.process import free_port
from tests.broker.engine_bench import PARTITIONS, Bench, Worker, started
from tests.system import PATIENT_S

POISON = [(b"k%d" % n, b"poison %d" % n) for n in range(100)]


@pytest.fixture
async def bench(kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with started(kafka, space, tmp_path_factory.mktemp("engine")) as bench:
        yield bench


async def parked(worker: Worker, group: str) -> None:
    await worker._until(lambda: f"{group} is parked: more than 20 records were refused" in worker.output(), f"parked {group}")


async def gauges(port: int, group: str) -> dict[str, float]:
    """What a worker says of a group now: each gauge's sum over partitions."""
    async with httpx.AsyncClient() as client:
        lines = (await client.get(f"http://127.0.0.1:{port}/metrics")).text.splitlines()
    found: dict[str, float] = {}
    for line in lines:
        name, _, rest = line.partition("{")
        if f'"{group}"' in rest:
            found[name] = found.get(name, 0.0) + float(rest.rpartition(" ")[2])
    return found


async def asked(port: int, path: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{port}/{path}")


async def test_a_release_that_refuses_everything_is_parked_beside_the_others_and_drains_nothing(bench: Bench) -> None:
    relay, counter = f"{bench.space}.relay", f"{bench.space}.counter"
    await bench.publish("in", [(b"k", value) for _, value in POISON])
    for time in (1, 2):
        # A restart alone mends nothing, and drains nothing either.
        worker = bench.start_worker(RIC_METRICS_PORT=str(port := free_port()))
        await parked(worker, relay)
        await bench.publish("mid", [(b"k%d" % n, b"beside") for n in range(50)])
        assert len(await bench.read("counted", 50 * time)) == 50 * time
        async with asyncio.timeout(PATIENT_S):
            while (said := await gauges(port, relay)).get("ric_consumer_lag_messages") != 100:
                await asyncio.sleep(0.1)
        assert said["ric_app_parked"] == 1
        assert said["ric_consumer_delay_seconds"] > 0
        assert (await gauges(port, counter))["ric_app_parked"] == 0
        ready, alive = await asked(port, "readyz"), await asked(port, "healthz")
        # Not able to work, and yet not to be started again by whoever starts what is not alive.
        assert (ready.status_code, alive.status_code) == (503, 200)
        assert ready.json()[relay].startswith("parked: more than 20 records were refused")
        assert ready.json()[counter] == "ok"
        if time == 1:
            assert await worker.stop() == 0
    assert await bench.all_records("dead") == []
    # The next release comes beside it: what is parked gives its partitions up as ever.
    mended = bench.start_worker(RELEASE="2")
    await mended.owns_some(bench.topic("in"), PARTITIONS // 2)
    await bench.publish("mid", [(b"k%d" % n, b"beside") for n in range(50)])
    assert await worker.stop() == 0
    answers = await bench.read("counted", 250)
    assert sorted(answer["of"] for answer in answers) == sorted(["beside"] * 150 + [value.decode() for _, value in POISON])
    assert await bench.all_records("dead") == []


async def test_one_senders_poison_goes_to_the_dead_letters_and_the_others_go_on(bench: Bench) -> None:
    worker = bench.start_worker()
    bad, good = [("from", b"TJ-DCA")], [("from", b"KG-SCNBC")]
    for n in range(3):
        await bench.publish("in", POISON, headers=bad)
        await bench.publish("in", [(b"k%d" % n, b"good")] * 20, headers=good)
    assert {answer["of"] for answer in await bench.read("counted", 60)} == {"good"}
    assert len(await bench.read("dead", 300)) == 300
    assert "is parked" not in worker.output()
    # Others' too: now it must be the release.
    await bench.publish("in", POISON[:21], headers=good)
    await parked(worker, f"{bench.space}.relay")
    await bench.publish("in", [(b"k", b"good")], headers=good)
    await bench.publish("mid", [(b"k", b"beside")])
    assert (await bench.read("counted", 61))[-1]["of"] == "beside"
    assert await worker.stop() == 0
    assert len(await bench.all_records("counted")) == 61


async def test_a_partition_whose_records_were_deleted_is_parked_alone_until_somebody_accepts_the_loss(bench: Bench) -> None:
    relay = f"{bench.space}.relay"
    lost = TopicPartition(bench.topic("in"), key_hash(b"k") % PARTITIONS)
    other = next(key for key in (b"k%d" % n for n in range(100)) if key_hash(key) % PARTITIONS != lost.partition)
    await bench.publish("in", [(b"k", b"%d" % n) for n in range(10)])
    bench.start_worker()
    await bench.read("counted", 10)
    await bench.stop_worker()
    await bench.publish("in", [(b"k", b"%d" % n) for n in range(10, 30)])
    await bench.delete_before("in", b"k", 25)
    worker = bench.start_worker(RIC_METRICS_PORT=str(port := free_port()))
    said = f"{lost.topic}/{lost.partition}: records 10 to 24 were deleted before they were processed"
    await worker._until(lambda: said in worker.output(), "said what is lost")
    await bench.publish("in", [(other, b"beside")])
    assert (await bench.read("counted", 11))[-1]["of"] == "beside"
    ready, found = await asked(port, "readyz"), await gauges(port, relay)
    assert ready.status_code == 503
    assert said in ready.json()[relay]
    assert (found["ric_app_parked"], found["ric_partition_parked"]) == (0, 1)
    assert await worker.stop() == 0
    # As `kafka-consumer-groups --reset-offsets` does.
    consumer = AIOKafkaConsumer(bootstrap_servers=bench.kafka, group_id=relay, enable_auto_commit=False)
    consumer.assign([lost])
    await consumer.start()
    await consumer.commit({lost: 25})
    await consumer.stop()
    bench.start_worker()
    answers = await bench.read("counted", 16)
    assert sorted(answer["of"] for answer in answers) == sorted([*map(str, range(10)), "beside", *map(str, range(25, 30))])


async def test_a_record_that_the_inbox_does_not_have_any_more_is_lost_and_not_only_unread(bench: Bench) -> None:
    await bench.publish("in", [(b"k", b"%d" % n) for n in range(10)])
    await bench.delete_before("in", b"k", 5)
    rereader = Rereader(TopicPartition(bench.topic("in"), key_hash(b"k") % PARTITIONS), {"bootstrap_servers": bench.kafka})
    try:
        assert await rereader.value(7) == b"7"
        for gone in (2, 99):
            with pytest.raises(RecordsLost, match=f"/{gone}, to which the state points, is not there"):
                await rereader.value(gone)
        assert await rereader.value(5) == b"5"
    finally:
        await rereader.close()

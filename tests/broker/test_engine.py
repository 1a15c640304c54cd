"""The engine on a real broker: what it promises to a stage, and what it does when something is wrong."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.engine.topics import key_hash
from streams.local.process import free_port
from tests.broker.engine_bench import PARTITIONS, Bench, started
from tests.system import PATIENT_S


@pytest.fixture
async def bench(kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with started(kafka, space, tmp_path_factory.mktemp("engine")) as bench:
        yield bench


async def test_records_pass_through_two_apps_in_one_worker(bench: Bench) -> None:
    await bench.publish("in", [(b"k%d" % (n % 7), b"%d" % n) for n in range(500)])
    bench.start_worker()
    answers = await bench.read("counted", 500)
    assert sorted(int(answer["of"]) for answer in answers) == list(range(500))
    counts = Counter(answer["key"] for answer in answers)
    assert {key: max(a["n"] for a in answers if a["key"] == key) for key in counts} == counts
    await bench.stop_worker()


async def test_the_order_of_a_key_is_kept(bench: Bench) -> None:
    bench.start_worker()
    await bench.publish("in", [(b"one", b"%d" % n) for n in range(300)])
    answers = await bench.read("counted", 300)
    assert [answer["of"] for answer in answers] == [str(n) for n in range(300)]
    assert [answer["n"] for answer in answers] == list(range(1, 301))


async def test_an_agencys_own_topic_is_read_under_the_channels_name(bench: Bench) -> None:
    bench.start_worker()
    await bench.publish("inbound.kg-scnbc", [(b"k", b"direct")])
    (answer,) = await bench.read("counted", 1)
    assert answer["of"] == "direct"


async def test_the_trace_of_the_record_goes_on(bench: Bench) -> None:
    bench.start_worker()
    trace = ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    await bench.publish("in", [(b"k", b"v")], headers=[trace])
    (answer,) = await bench.read("counted", 1)
    assert trace in answer["headers"]


async def test_a_record_that_cannot_be_decided_is_refused_and_the_next_is_processed(bench: Bench) -> None:
    await bench.publish("in", [(b"k", b"1"), (b"k", b"poison"), (b"k", b"too large"), (b"k", b"2")])
    bench.start_worker()
    assert [answer["of"] for answer in await bench.read("counted", 2)] == ["1", "2"]
    reasons = {answer["of"]: answer["reason"] for answer in await bench.read("dead", 2)}
    assert reasons["poison"] == "ValueError: cannot read this"
    assert "2000001 bytes to mid" in reasons["too large"]
    assert all(record.key != b"never" for record in await bench.all_records("mid"))


async def test_a_header_without_a_value_is_as_none(bench: Bench) -> None:
    await bench.publish("inbound.kg-scnbc", [(b"k", b"poison"), (b"k", b"good")], headers=[("traceparent", None)])
    bench.start_worker()
    assert [answer["of"] for answer in await bench.read("counted", 1)] == ["good"]
    assert [answer["of"] for answer in await bench.read("dead", 1)] == ["poison"]


@pytest.mark.parametrize("value", [b"sleeps", b"backtracks", b"kills", b"devours"])
async def test_a_record_that_ends_the_process_is_given_up_at_its_third_attempt(bench: Bench, value: bytes) -> None:
    await bench.publish("in", [(b"k", b"before"), (b"k", value), (b"k", b"after")])
    ends = 0
    limits = {"DECIDE_LIMIT_S": "0.5", "MEMORY_LIMIT": str(4 * 1024**3), "RIC_SESSION_TIMEOUT_S": "2.5"}
    worker = bench.start_worker(**limits)
    reading = asyncio.create_task(bench.read("counted", 2))
    while not reading.done():
        if (await asyncio.wait({reading, worker.ending()}, return_when=asyncio.FIRST_COMPLETED))[0] == {reading}:
            break
        ends += 1
        assert ends < 6, worker.output()
        worker = bench.start_worker(**limits)
    assert [answer["of"] for answer in await reading] == ["before", "after"]
    (dead,) = await bench.read("dead", 1)
    assert dead["of"] == value.decode()
    assert "twice" in dead["reason"]
    # Three records at once, then one, then that one again, and what follows it.
    assert 2 <= ends <= 4


async def test_a_lost_disk_is_restored_from_the_changelog(bench: Bench) -> None:
    await bench.publish("in", [(b"k%d" % (n % 10), b"first") for n in range(100)])
    bench.start_worker()
    await bench.read("counted", 100)
    await bench.stop_worker()
    bench.lose_disk()
    bench.start_worker()
    await bench.publish("in", [(b"k%d" % n, b"second") for n in range(10)])
    answers = (await bench.read("counted", 110))[-10:]
    assert [answer["n"] for answer in answers] == [11] * 10


async def test_an_older_disk_is_brought_up_to_date(bench: Bench) -> None:
    await bench.publish("in", [(b"k%d" % (n % 10), b"first") for n in range(100)])
    bench.start_worker()
    await bench.read("counted", 100)
    await bench.stop_worker()
    old = bench.copy_disk()
    bench.start_worker()
    await bench.publish("in", [(b"k%d" % (n % 10), b"second") for n in range(100)])
    await bench.read("counted", 200)
    await bench.stop_worker()
    bench.put_disk_back(old)
    bench.start_worker()
    await bench.publish("in", [(b"k%d" % n, b"third") for n in range(10)])
    answers = (await bench.read("counted", 210))[-10:]
    assert [answer["n"] for answer in answers] == [21] * 10


async def test_workers_share_the_load(bench: Bench) -> None:
    first = bench.start_worker()
    await first.owns(bench.topic("in"), {0, 1, 2, 3})
    second = bench.start_worker()
    await second.owns_some(bench.topic("in"), 2)
    await bench.publish("in", [(b"k%d" % (n % 50), b"%d" % n) for n in range(1000)])
    answers = await bench.read("counted", 1000)
    assert len({answer["of"] for answer in answers}) == 1000
    await second.stop()
    await first.owns(bench.topic("in"), {0, 1, 2, 3})
    await bench.publish("in", [(b"k%d" % (n % 50), b"%d" % n) for n in range(1000, 1100)])
    answers = await bench.read("counted", 1100)
    assert Counter(answer["key"] for answer in answers) == {
        key: max(a["n"] for a in answers if a["key"] == key) for key in {a["key"] for a in answers}
    }


async def test_a_missing_topic_is_named_with_its_mend(kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    async with started(kafka, space, tmp_path_factory.mktemp("engine"), without=("counted",)) as bench:
        worker = bench.start_worker()
        assert await worker.ended() == 70
        assert f"no topic {space}.counted: run `ric topics apply` first" in worker.output()


async def test_live_records_overtake_an_import_that_then_goes_on(bench: Bench) -> None:
    await bench.publish("bulk", [(b"b%d" % n, b"bulk %d" % n) for n in range(12_000)])
    await bench.publish("in", [(b"k%d" % n, b"live %d" % n) for n in range(200)])
    bench.start_worker()
    await bench.read("counted", 12_200)
    # Of the app that has both in its inbox; the next one may take in one batch whatever came before it began.
    of = [kind for _, kind in sorted((record.timestamp, record.value.split()[0].decode()) for record in await bench.all_records("mid"))]
    assert Counter(of) == {"bulk": 12_000, "live": 200}
    assert Counter(of[max(n for n, kind in enumerate(of) if kind == "live") :])["bulk"] > 6_000


async def test_a_worker_stops_in_order_and_commits_what_it_did(bench: Bench) -> None:
    bench.start_worker()
    await bench.publish("in", [(b"k", b"%d" % n) for n in range(50)])
    await bench.read("counted", 50)
    assert await bench.stop_worker() == 0
    assert json.loads((await bench.all_records("counted"))[-1].value)["n"] == 50


async def test_workers_that_leave_at_the_same_time_break_nothing(bench: Bench) -> None:
    ended = asyncio.Event()

    async def load() -> int:
        for number in count(1):
            await bench.publish("in", [(b"k%d.%d" % (number, n), b"") for n in range(20)])
            await asyncio.sleep(0.05)
            if ended.is_set():
                break
        return number * 20

    loading = asyncio.create_task(load())
    try:
        bench.start_worker()
        for _ in range(2):
            first, second = (bench.start_worker() for _ in range(2))
            for worker in (first, second):
                await worker.said("Worker ready")
            leaving = asyncio.create_task(first.stop())
            # The group hears of the first while the second stops.
            await first.said("Stopping...")
            assert (await second.stop(), await leaving) == (0, 0)
            for worker in (first, second):
                assert "coordinator dead" not in worker.output().partition("Signal received")[2]
    finally:
        ended.set()
        sent = await loading
    assert {answer["n"] for answer in await bench.read("counted", sent)} == {1}
    assert len(await bench.all_records("counted")) == sent


async def test_a_position_behind_which_nothing_is_to_be_read_is_committed(bench: Bench) -> None:
    # What a killed worker leaves: records that never count, and a marker. Uncommitted, they would look like work that stands still.
    producer = AIOKafkaProducer(bootstrap_servers=bench.kafka, transactional_id=f"{bench.space}.ended")
    await producer.start()
    await producer.begin_transaction()
    await producer.send_and_wait(bench.topic("mid"), key=b"k", value=b"never")
    await producer.abort_transaction()
    await producer.stop()
    bench.start_worker()
    marked = TopicPartition(bench.topic("mid"), key_hash(b"k") % PARTITIONS)
    reader = AIOKafkaConsumer(bootstrap_servers=bench.kafka, group_id=f"{bench.space}.counter", enable_auto_commit=False)
    await reader.start()
    try:
        async with asyncio.timeout(PATIENT_S):
            while await reader.committed(marked) != 2:
                await asyncio.sleep(0.2)
    finally:
        await reader.stop()


def total(lines: list[str], name: str, *labels: str) -> float:
    """The sum of a metric's samples that have all these labels."""
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name}{{") and all(label in line for label in labels))


async def test_a_worker_tells_of_itself_where_the_setting_says(bench: Bench) -> None:
    port = free_port()
    bench.start_worker(RIC_METRICS_PORT=str(port))
    await bench.publish("in", [(b"k%d" % n, b"%d" % n) for n in range(100)] + [(b"k", b"poison")])
    relay, counter = (f'messaging_consumer_group_name="{bench.space}.{app}"' for app in ("relay", "counter"))
    consumed, sent = "messaging_client_consumed_messages_total", "messaging_client_sent_messages_total"
    async with asyncio.timeout(PATIENT_S), httpx.AsyncClient() as client:
        # From the first moment on: whoever asks must not disturb the start.
        while True:
            with contextlib.suppress(httpx.TransportError):
                lines = (await client.get(f"http://127.0.0.1:{port}/metrics")).text.splitlines()
                lags = [line for line in lines if line.startswith("ric_consumer_lag_messages{") and counter in line]
                if total(lines, consumed, counter) == 100 and len(lags) == PARTITIONS:
                    break
            await asyncio.sleep(0.01)
    assert total(lines, consumed, relay) == 101
    assert total(lines, "ric_partition_begun", counter) == PARTITIONS
    assert total(lines, sent, relay, f'"{bench.topic("mid")}"') == 100
    assert total(lines, sent, relay, f'"{bench.topic("dead")}"') == 1
    assert total(lines, "ric_refused_messages_total", relay, f'"{bench.topic("in")}"') == 1

"""What a stage looks up: read whole before the first record, kept up with, and without it nothing is decided."""

import asyncio
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.channels import Channel
from streams.engine.effects import App, Stage
from streams.engine.tables import Followed, Tables, followed
from streams.engine.transport import BatchConsumer
from streams.engine.worker import build
from streams.kafka import stop
from streams.local.process import free_port
from streams.settings import Settings
from tests.broker.engine_bench import started
from tests.broker.engine_worker import APPS, CHANNELS, KNOWN, Known, refuse, relay
from tests.system import PATIENT_S

LONG = 30_000


async def test_nothing_is_decided_before_the_table_has_been_read_to_its_end(
    kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with started(kafka, space, tmp_path_factory.mktemp("tables")) as bench:
        await bench.publish("known", [(b"k%d" % (n % 10), b"old %d" % n) for n in range(LONG)] + [(b"k%d" % n, b"new") for n in range(10)])
        await bench.publish("in", [(b"k%d" % n, b"asks") for n in range(10)])
        bench.start_worker()
        assert {answer["of"] for answer in await bench.read("counted", 10)} == {"new"}
        await bench.publish("known", [(b"k1", b"newer")])
        said, asked = "", 10
        while said != "newer":
            asked += 1
            await bench.publish("in", [(b"k1", b"asks")])
            said = (await bench.read("counted", asked))[-1]["of"]
        await bench.stop_worker()
        await bench.publish("in", [(b"k1", b"asks")])
        bench.start_worker()
        assert (await bench.read("counted", asked + 1))[-1]["of"] == "newer"


async def test_a_table_that_cannot_be_read_is_never_fresh() -> None:
    tables = Tables([Followed("live.known", (Known(),))], {"bootstrap_servers": f"127.0.0.1:{free_port()}"})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await tables.read()
    assert not tables.fresh
    await tables.close()


@pytest.mark.parametrize("by", ["itself", "the worker's thread"])
async def test_a_consumer_whose_fetch_failed_stops_without_ending_whoever_stops_it(
    kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture, by: str
) -> None:
    async with started(kafka, space, tmp_path_factory.mktemp("tables")) as bench:
        # The broker holds a fetch of nothing back for longer than the consumer waits for it; then it is tried again in an hour.
        consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka,
            fetch_max_wait_ms=60_000,
            fetch_min_bytes=1_000_000,
            request_timeout_ms=3_000,
            retry_backoff_ms=3_600_000,
        )
        await consumer.start()
        source = TopicPartition(bench.topic("known"), 0)
        consumer.assign([source])
        consumer.seek(source, 0)
        async with asyncio.timeout(PATIENT_S):
            while not any("Failed fetch" in message for message in caplog.messages):
                await asyncio.sleep(0.02)
        if by == "itself":
            await stop(consumer, PATIENT_S)
        else:
            settings = Settings(kafka_bootstrap_servers=kafka, space=space, data_dir=bench.folder)
            thread = cast(BatchConsumer, build(settings, APPS, CHANNELS).consumer)._thread
            thread._consumer = consumer
            await thread.on_thread_stop()
            thread.thread_loop.close()


@pytest.mark.parametrize("broken", [{"spread": "keyed"}, {"compact": False}, {"readers": ("gateway",)}])
def test_a_channel_that_cannot_be_a_table_is_refused(broken: dict[str, object]) -> None:
    known = CHANNELS["known"]
    said = {name: getattr(known, name) for name in ("name", "about", "key", "value", "writers", "readers", "spread", "compact")}
    app = App("relay", (Stage("relay", ("in",), relay, refuse, tables={"known": KNOWN}),), writes=("mid",))
    assert [one.topic for one in followed(app, "live", CHANNELS)] == ["live.known"]
    with pytest.raises(ValueError, match="stage relay looks up known"):
        followed(app, "live", {"known": Channel(**(said | broken))})  # type: ignore[arg-type]

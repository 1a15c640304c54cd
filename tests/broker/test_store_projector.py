"""Topics into tables, on a real broker and a real database: nothing lost, nothing doubled, whatever stops."""

import asyncio
import contextlib
import logging
import sys
from pathlib import Path
from uuid import UUID

import orjson
import psycopg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from psycopg import sql

from streams import topics
from streams.local.kafka import EmbeddedKafka
from streams.local.postgres import EmbeddedPostgres
from streams.metrics import Exposition
from streams.store import projector
from streams.store.migrations import migrate
from streams.store.queries import Store
from streams.store.reading import StoreStale, partitions
from streams.store.rebuild import rebuild
from streams.store.tables import DERIVED
from streams.store.visibility import Viewer
from tests.broker.store_bench import DESK, Centre, projecting
from tests.conftest import MakeSettings
from tests.store_cases import current, incident, receipt, uuid_of
from tests.system import PATIENT_S


async def test_every_topic_becomes_rows(centre: Centre) -> None:
    first, second = current("A-1"), current("B-1", originator="KG-DCS")
    letter = {
        "letter": "7f1d0c5e-3b0a-5b0e-9b57-1f3c2a7d9e41", "origin": "x", "stage": "intake", "agency": "TJ-DCA", "problems": [],
        "headers": [["ce_id", "nul\x00here"]], "value_base64": "AAE=", "value_bytes": 2, "at": "2026-11-20T08:00:00Z",
    }  # fmt: skip
    async with projecting(centre.settings):
        await centre.write("reports.current", first, second)
        await centre.write("receipts", receipt(first), key=lambda r: r["receipt"])
        await centre.write("incidents", incident(first, second), key=lambda r: r["proposal"])
        await centre.write("reports.rejected", letter, key=lambda r: r["origin"])
        assert await centre.until_seen(2) == ["A-1", "B-1"]
        settled = await centre.store.wait_receipt("TJ-DCA", UUID(receipt(first)["receipt"]), 30)
        assert settled is not None
        assert settled["status"] == "accepted"
        async with asyncio.timeout(PATIENT_S):
            while not (await centre.store.incidents(DESK, None, 10)).items:
                await asyncio.sleep(0.02)
            steward = Viewer("s", "CARICC", None, "steward")
            while not (letters := (await centre.store.rejected(steward, None, 10)).items):
                await asyncio.sleep(0.02)
        assert letters[0]["headers"] == [["ce_id", "nul\x00here"]]


async def test_tables_that_were_put_in_place_while_nothing_arrives_are_filled_too(centre: Centre) -> None:
    # A rebuild's last look at the topics may be before the projector's: what came between stands in the old tables alone.
    await centre.write("reports.current", current("A-1"), current("B-1"))
    async with projecting(centre.settings):
        await centre.until_seen(2)
        assert centre.settings.database_url is not None
        async with await psycopg.AsyncConnection.connect(centre.settings.database_url.get_secret_value()) as connection:
            for table in [*(table.name for table in DERIVED), "projector_offsets"]:
                await connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(centre.settings.space, table)))
        assert await centre.until_seen(2) == ["A-1", "B-1"]


async def test_what_the_topics_no_longer_keep_is_forgotten(centre: Centre) -> None:
    # Segments are removed whole: a record may outlast its time in the topic, and then a rebuild reads it again.
    old = {**receipt(current("A-1")), "at": "2026-01-02T03:04:05.000Z", "receipt": str(UUID(int=1))}
    await centre.write("receipts", old, receipt(current("B-1")), key=lambda r: r["receipt"])
    for _ in range(2):
        async with projecting(centre.settings), asyncio.timeout(PATIENT_S):
            while [item["report_id"] for item in (await centre.store.receipts("TJ-DCA", None, None, 10)).items] != ["B-1"]:
                await asyncio.sleep(0.02)
        await asyncio.to_thread(rebuild, centre.settings)


async def test_a_record_of_an_aborted_transaction_is_never_seen(centre: Centre) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=centre.settings.kafka_bootstrap_servers, transactional_id=f"{centre.settings.space}.aborted"
    )
    await producer.start()
    topic = f"{centre.settings.space}.reports.current"
    await producer.begin_transaction()
    await producer.send_and_wait(topic, orjson.dumps(current("ABORTED")), partition=0)
    await producer.abort_transaction()
    await producer.stop()
    async with projecting(centre.settings):
        await centre.write("reports.current", current("KEPT"))
        assert await centre.until_seen(1) == ["KEPT"]
    # Begun again, the topic is known again although its first record was aborted.
    async with projecting(centre.settings):
        await centre.write("reports.current", current("LATER"))
        assert await centre.until_seen(2) == ["KEPT", "LATER"]


async def test_stopped_and_started_it_goes_on_where_the_tables_stand(centre: Centre) -> None:
    await centre.write("reports.current", *[current(f"R-{n}") for n in range(30)])
    async with projecting(centre.settings):
        await centre.until_seen(30)
    before = await centre.store.projected()
    await centre.write("reports.current", current("R-30"))
    async with projecting(centre.settings):
        await centre.until_seen(31)
    after = await centre.store.projected()
    assert all(after[partition] >= offset for partition, offset in before.items())


async def test_a_second_projector_waits_and_takes_over(centre: Centre, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ric.projector")
    async with projecting(centre.settings):
        await centre.write("reports.current", current("A"))
        await centre.until_seen(1)
        second = asyncio.create_task(projector.run(centre.settings))
        async with asyncio.timeout(PATIENT_S):
            while "waiting to take over" not in caplog.text:
                await asyncio.sleep(0.02)
        await centre.write("reports.current", current("B"))
        await centre.until_seen(2)
    await centre.write("reports.current", current("C"))
    assert await centre.until_seen(3) == ["A", "B", "C"]
    second.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await second


async def test_a_topic_made_anew_is_refused_with_the_mend(centre: Centre) -> None:
    await centre.write("reports.current", *[current(f"R-{n}") for n in range(10)])
    async with projecting(centre.settings):
        await centre.until_seen(10)
    admin = AIOKafkaAdminClient(bootstrap_servers=centre.settings.kafka_bootstrap_servers)
    await admin.start()
    await admin.delete_topics([f"{centre.settings.space}.reports.current"])
    async with asyncio.timeout(PATIENT_S):
        while f"{centre.settings.space}.reports.current" in await admin.list_topics():
            await asyncio.sleep(0.05)
    await admin.close()
    await topics.apply(centre.settings)
    # As many records as before, so that only their time tells.
    await centre.close()
    centre._producer, centre.store = None, await Store.open(centre.settings.database_url.get_secret_value(), centre.settings.space)
    await centre.write("reports.current", *[current(f"R-{n}") for n in range(10)])
    with pytest.raises(StoreStale, match="ric rebuild"):
        async with asyncio.timeout(PATIENT_S):
            await projector.run(centre.settings)


async def test_the_database_goes_and_comes_back(kafka: str, space: str, tmp_path: Path, settings_for_tests: MakeSettings) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres").start()
    settings = settings_for_tests(kafka=kafka, postgres=server.url, space=space)
    await topics.apply(settings)
    migrate(server.url, space)
    centre = Centre(settings, await Store.open(server.url, space))
    try:
        async with projecting(settings):
            await centre.write("reports.current", *[current(f"R-{n}") for n in range(20)])
            await centre.until_seen(20)
            server.kill()
            await centre.write("reports.current", *[current(f"S-{n}") for n in range(20)])
            server.start()
            await centre.until_seen(40)
            server.stop()
            await centre.write("reports.current", *[current(f"T-{n}") for n in range(20)])
            server.start()
            await centre.until_seen(60)
    finally:
        await centre.close()
        server.stop()


async def test_the_broker_goes_which_is_told_and_comes_back(
    postgres_url: str, space: str, tmp_path: Path, settings_for_tests: MakeSettings
) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka").start()
    settings = settings_for_tests(kafka=broker.bootstrap_servers, postgres=postgres_url, space=space)
    await topics.apply(settings)
    migrate(postgres_url, space)
    centre = Centre(settings, await Store.open(postgres_url, space))
    exposition = Exposition()

    async def until_said(words: str) -> None:
        async with asyncio.timeout(PATIENT_S):
            while words not in exposition.readiness()[f"{space}.projector"]:
                await asyncio.sleep(0.05)

    try:
        async with projecting(settings, exposition):
            await centre.write("reports.current", current("A"))
            await centre.until_seen(1)
            await until_said("ok")
            await centre._producer.stop()
            centre._producer = None
            broker.stop()
            await until_said("Kafka does not answer")
            broker.start()
            await centre.write("reports.current", current("B"))
            assert await centre.until_seen(2) == ["A", "B"]
            await until_said("ok")
    finally:
        await centre.close()
        broker.stop()


async def test_the_process_ends_cleanly_on_sigterm(centre: Centre, tmp_path: Path) -> None:
    await centre.write("reports.current", current("A"))
    environment = {
        "RIC_SPACE": centre.settings.space,
        "RIC_KAFKA_BOOTSTRAP_SERVERS": str(centre.settings.kafka_bootstrap_servers),
        "RIC_DATABASE_URL": centre.settings.database_url.get_secret_value(),
        "RIC_PARTITIONS": str(centre.settings.partitions),
        "RIC_LOG_FORMAT": "json",
        "PATH": "/usr/bin:/bin",
    }
    with (tmp_path / "log").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams.store.projector", env=environment, stderr=out, cwd=Path(__file__).parents[2]
        )
        try:
            await centre.until_seen(1)
            process.terminate()
            async with asyncio.timeout(PATIENT_S):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    lines = [orjson.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["event"] for line in lines] == [f"projecting {centre.settings.space} from {len(partitions(centre.settings))} partitions"]


async def test_every_revision_is_kept_and_the_last_stands(centre: Centre) -> None:
    changes = [current(f"R-{n}", version=v, revision=v, title=f"title {v}") for v in (1, 2, 3) for n in range(20)]
    async with projecting(centre.settings):
        await centre.write("reports.current", *changes)
        await centre.until_seen(20)
        one = await centre.store.report(DESK, uuid_of(changes[0]))
        async with asyncio.timeout(PATIENT_S):
            while one is None or one["revision"] != 3:
                await asyncio.sleep(0.02)
                one = await centre.store.report(DESK, uuid_of(changes[0]))
        assert [revision["revision"] for revision in one["revisions"]] == [3, 2, 1]

"""A broker as a cluster's are, over TLS: every process and an agency do their work as who they are, and nothing else is let in."""

import asyncio
import random
import string
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from streams import topics
from streams.clock import Clock
from streams.engine.transaction import Outgoing, TransactionFailed, Transactor
from streams.kafka import NoBroker, kafka_client_kwargs
from streams.local import doctor
from streams.local.process import free_port
from streams.settings import Settings
from streams.store import projector
from streams.store.migrations import migrate
from tests.broker.gateway_bench import watching
from tests.broker.secured_kafka import Authority, SecuredKafka
from tests.examples import SEIZURE
from tests.system import PATIENT_S, System, ending, wait_until

AGENCIES = ("TJ-DCA", "KZ-KNB")
OPERATOR = "ric-operator"
PROCESSES = {"worker": "ric-worker", "projector": "ric-projector", "gateway": "ric-gateway", "clock": "ric-clock"}
PARTITIONS = 2


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    with SecuredKafka(tmp_path_factory.mktemp("secured"), (*AGENCIES, OPERATOR, *PROCESSES.values())) as broker:
        yield broker


@pytest.fixture(scope="module")
async def space(kafka: SecuredKafka) -> str:
    """A space that whoever provisions has made, with the access rules of the deployment, for all tests of the file."""
    name = f"t{''.join(random.SystemRandom().choices(string.ascii_lowercase, k=8))}"
    await kafka.allow(name, AGENCIES)
    await topics.apply(_settings(kafka, OPERATOR, space=name))
    return name


def _settings(kafka: SecuredKafka, principal: str, **changed: object) -> Settings:
    return Settings(**({"partitions": PARTITIONS, "agencies": AGENCIES} | kafka.client(principal) | changed))


def _client(kafka: SecuredKafka, principal: str) -> dict[str, object]:
    return kafka_client_kwargs(_settings(kafka, principal))


async def test_what_is_sent_by_http_and_by_kafka_is_seen_live(kafka: SecuredKafka, space: str, postgres_url: str, tmp_path: Path) -> None:
    migrate(postgres_url, space)
    system = System(kafka.bootstrap_servers, postgres_url, space, tmp_path, partitions=PARTITIONS, agencies=AGENCIES)
    with ending(system):
        for process, principal in PROCESSES.items():
            system.start(process, **_environment(kafka, principal))
        system.wait_ready()
        headers = {"Authorization": f"Bearer {system.token('TJ-DCA')}"}
        async with httpx.AsyncClient(base_url=system.url, headers=headers, timeout=PATIENT_S) as officer, watching(officer, "all") as feed:
            answer = await officer.post("/v1/reports?wait=30s", json=SEIZURE)
            assert [receipt["status"] for receipt in answer.json()["receipts"]] == ["accepted"]
            async with AIOKafkaProducer(**_client(kafka, "TJ-DCA"), enable_idempotence=True, acks="all") as agency:
                await agency.send_and_wait(f"{space}.inbound.TJ-DCA", orjson.dumps(SEIZURE | {"report_id": "2026-0118"}))
            seen = [(await feed.next(PATIENT_S)).data["report_id"] for _ in range(2)]
            assert seen == [SEIZURE["report_id"], "2026-0118"]

            async def receipts() -> list[str]:
                return [item["status"] for item in (await officer.get("/v1/receipts")).json()["items"]]

            async with asyncio.timeout(PATIENT_S):
                while await receipts() != ["accepted"] * 2:
                    await asyncio.sleep(0.05)
        clock = doctor.timers
        while (found := await asyncio.to_thread(clock, _settings(kafka, OPERATOR, space=space))).status != "ok":
            assert system.alive("clock"), system.log("clock").read_text()
        assert found.found.startswith("1 clock")
        wait_until(lambda: "keeping the timers" in system.log("clock").read_text(), "the clock keeps the timers")
        assert [name for name in PROCESSES if not system.alive(name)] == []


def _environment(kafka: SecuredKafka, principal: str, **changed: str) -> dict[str, str]:
    return {f"RIC_{name.upper()}": value for name, value in kafka.client(principal, **changed).items()}


async def test_a_wrong_password_is_told_by_whoever_starts_and_written_nowhere(
    kafka: SecuredKafka, space: str, postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "mistyped-" + kafka.passwords["ric-worker"]
    system = System(kafka.bootstrap_servers, postgres_url, space, tmp_path, partitions=PARTITIONS, agencies=AGENCIES)
    caplog.set_level("DEBUG")
    with ending(system):
        system.start("worker", **_environment(kafka, "ric-worker", kafka_password=wrong))
        with pytest.raises(NoBroker, match=r"the user ric-clock.*RIC_KAFKA_PASSWORD"):
            await Clock(_settings(kafka, "ric-clock", space=space, kafka_password=wrong)).run()
        migrate(postgres_url, space)
        projecting = asyncio.create_task(
            projector.run(_settings(kafka, "ric-projector", space=space, kafka_password=wrong, database_url=postgres_url))
        )
        async with asyncio.timeout(PATIENT_S):
            while "the user ric-projector" not in caplog.text:
                await asyncio.sleep(0.05)
        projecting.cancel()
        await asyncio.wait([projecting])
        wait_until(lambda: not system.alive("worker"), "the worker ends")
        said = system.log("worker").read_text()
        assert system.processes.pop("worker").returncode == 70
    assert f"worker ends: {kafka.bootstrap_servers}: does not know the user ric-worker by this password" in said
    assert wrong not in said + caplog.text


def test_the_doctor_says_of_each_way_not_to_be_let_in_what_mends_it(kafka: SecuredKafka, space: str, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other").certificate
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate")
    nobody = {"kafka_username": None, "kafka_password": None}
    ways: list[tuple[dict[str, object], str]] = [
        ({"kafka_cafile": None}, "RIC_KAFKA_CAFILE"),
        ({"kafka_cafile": other}, "RIC_KAFKA_CAFILE"),
        ({"kafka_cafile": rubbish}, "RIC_KAFKA_CAFILE"),
        ({"kafka_cafile": tmp_path / "nowhere.pem"}, "RIC_KAFKA_CAFILE"),
        ({"kafka_bootstrap_servers": kafka.expired}, "has expired"),
        ({"kafka_bootstrap_servers": kafka.elsewhere}, "RIC_KAFKA_BOOTSTRAP_SERVERS must call the broker by a name"),
        ({"kafka_bootstrap_servers": kafka.brokers, "kafka_security_protocol": "SSL"} | nobody, "RIC_KAFKA_CERTFILE"),
        ({"kafka_bootstrap_servers": kafka.brokers}, "RIC_KAFKA_CERTFILE"),
        ({"kafka_security_protocol": "SSL"} | nobody, "RIC_KAFKA_SECURITY_PROTOCOL to SASL_SSL"),
        ({"kafka_security_protocol": "PLAINTEXT"} | nobody, "RIC_KAFKA_SECURITY_PROTOCOL to SASL_SSL"),
        ({"kafka_password": None}, "RIC_KAFKA_PASSWORD"),
        ({"kafka_username": "ric-nobody"}, "does not know the user ric-nobody"),
        ({"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}"}, "nobody listens there"),
    ]
    for changed, expected in ways:
        found = doctor.broker(_settings(kafka, OPERATOR, space=space, **changed))
        assert (found.status, expected in found.found, bool(found.mend)) == ("fail", True, True), (changed, found)
    assert "ric-operator" in doctor.broker(_settings(kafka, "ric-worker", space=space)).mend
    good = _settings(kafka, OPERATOR, space=space)
    assert (doctor.broker(good).status, doctor.promptness(good).status) == ("ok", "ok")
    assert "ric-operator" in doctor.promptness(_settings(kafka, "ric-worker", space=space)).mend
    # One that is away hinders nobody while another answers.
    one_away = f"127.0.0.1:{free_port()},{kafka.bootstrap_servers}"
    assert doctor.broker(_settings(kafka, OPERATOR, space=space, kafka_bootstrap_servers=one_away)).status == "ok"
    # Made for twenty days.
    assert (doctor.certificates(good).status, kafka.bootstrap_servers in doctor.certificates(good).found) == ("warn", True)
    over = doctor.certificates(_settings(kafka, OPERATOR, space=space, kafka_bootstrap_servers=kafka.expired))
    assert (over.status, "has expired" in over.found) == ("fail", True), over


async def test_agencies_write_their_own_inbound_topic_and_the_worker_alone_reads_it(kafka: SecuredKafka, space: str) -> None:
    own, other, kind = (f"{space}.inbound.TJ-DCA", f"{space}.inbound.KZ-KNB", f"{space}.seizures")

    async with AIOKafkaProducer(**_client(kafka, "TJ-DCA"), enable_idempotence=True) as agency:
        await agency.send_and_wait(own, b"ours")
        for forbidden in (other, kind):
            with pytest.raises(TopicAuthorizationFailedError):
                await agency.send_and_wait(forbidden, b"not ours")
    async with AIOKafkaProducer(**_client(kafka, "ric-gateway"), enable_idempotence=True) as gateway:
        await gateway.send_and_wait(kind, b"checked")
        with pytest.raises(TopicAuthorizationFailedError):
            await gateway.send_and_wait(own, b"the gateway speaks for nobody")

    # What the worker does: read, write and commit offsets in one transaction.
    worker = Transactor(TopicPartition(own, 0), f"{space}.intake", _client(kafka, "ric-worker"), 60.0)
    async with AIOKafkaConsumer(**_client(kafka, "ric-worker"), group_id=f"{space}.intake", auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(own, 0)])
        record = await consumer.getone()
        assert record.value == b"ours"
        await worker.fence()
        read: list[Outgoing] = [(b"TJ-DCA/1", record.value, [], 1)]
        await worker.commit({(f"{space}.reports.enriched", 0): read}, None, (), record.offset + 1)
        for forbidden in (kind, f"{space}.elsewhere"):  # the one it may see, the other not even that
            with pytest.raises(TransactionFailed, match="TopicAuthorizationFailed"):
                await worker.commit({(forbidden, 0): read}, None, (), record.offset + 2)
    await worker.close()

    async with AIOKafkaConsumer(**_client(kafka, "TJ-DCA"), auto_offset_reset="earliest") as reader:
        reader.assign([TopicPartition(own, 0)])
        with pytest.raises(TopicAuthorizationFailedError):
            await reader.getone()


async def test_the_clock_keeps_timers_and_writes_the_inboxes_alone(kafka: SecuredKafka, space: str) -> None:
    timers = f"{space}.timers"
    async with (
        AIOKafkaProducer(**_client(kafka, "ric-worker"), enable_idempotence=True) as worker,
        AIOKafkaConsumer(
            timers, **_client(kafka, "ric-clock"), group_id=f"{space}.clock", auto_offset_reset="earliest", enable_auto_commit=False
        ) as reader,
        AIOKafkaProducer(**_client(kafka, "ric-clock"), transactional_id=f"{space}.clock") as clock,
    ):
        await worker.send_and_wait(timers, b"{}", key=b"id")
        while (await reader.getone()).key != b"id":
            pass  # what the clock of the flow above has asked
        async with clock.transaction():
            await clock.send_and_wait(f"{space}.reports.enriched", b"{}", key=b"TJ-DCA/1")
            await clock.send_and_wait(timers, None, key=b"id")
    async with AIOKafkaProducer(**_client(kafka, "ric-clock"), enable_idempotence=True) as clock:
        with pytest.raises(TopicAuthorizationFailedError):
            await clock.send_and_wait(f"{space}.reports.current", b"{}", key=b"TJ-DCA/1")


async def test_the_projector_asks_where_the_reports_app_stands_and_writes_matches_alone(kafka: SecuredKafka, space: str) -> None:
    inbox = TopicPartition(f"{space}.reports.enriched", 0)
    client = _client(kafka, "ric-projector")
    async with AIOKafkaProducer(**client, enable_idempotence=True) as projector:
        await projector.send_and_wait(f"{space}.deliveries.matches", b"{}", key=b"TJ-DCA/1")
        with pytest.raises(TopicAuthorizationFailedError):
            await projector.send_and_wait(f"{space}.deliveries.inbox", b"{}", key=b"TJ-DCA/1")
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:
        assert inbox in await admin.list_consumer_group_offsets(f"{space}.reports", partitions=[inbox])
        with pytest.raises(GroupAuthorizationFailedError):
            await admin.list_consumer_group_offsets(f"{space}.intake", partitions=[inbox])
    finally:
        await admin.close()
    async with AIOKafkaConsumer(**client, auto_offset_reset="earliest") as reader:
        assert inbox in await reader.end_offsets([inbox])

"""The access rules on a real broker: what they allow works, and nothing else does."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest

from deploy.kafka.acls import rules
from streams import topics
from streams.engine.transaction import Outgoing, TransactionFailed, Transactor
from streams.local.kafka import EmbeddedKafka
from streams.local.process import free_port
from tests.conftest import MakeSettings

AGENCIES = ("TJ-DCA", "KZ-KNB")
PRINCIPALS = (*AGENCIES, "ric-gateway", "ric-worker", "ric-clock", "ric-projector")
RESOURCES = {"topic": 2, "group": 3, "transactional-id": 5}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10, "AlterConfigs": 11}
LITERAL, PREFIXED, ALLOW = 3, 4, 3


class _Guarded:
    """A broker with a second port that knows its clients by password."""

    def __init__(self, folder: Path) -> None:
        self.password = secrets.token_hex(8)
        self.port = free_port()
        self.broker = EmbeddedKafka(folder)
        self.broker.prepare()
        users = " ".join(f'user_{name}="{self.password}"' for name in PRINCIPALS)
        properties = folder / "server.properties"
        changed = properties.read_text().replace("\nlisteners=", f"\nlisteners=NAMED://127.0.0.1:{self.port},")
        changed = changed.replace("CONTROLLER:PLAINTEXT,", "NAMED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT,")
        changed = changed.replace("advertised.listeners=", f"advertised.listeners=NAMED://127.0.0.1:{self.port},")
        properties.write_text(
            changed + "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
            "super.users=User:ANONYMOUS\n"
            "sasl.enabled.mechanisms=PLAIN\n"
            "listener.name.named.plain.sasl.jaas.config="
            f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};\n"
            "inter.broker.listener.name=PLAINTEXT\n"
        )
        self.broker.spawn()
        self.broker.wait_ready()

    def client(self, principal: str) -> dict[str, object]:
        return {
            "bootstrap_servers": f"127.0.0.1:{self.port}",
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": principal,
            "sasl_plain_password": self.password,
        }


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Guarded]:
    guarded = _Guarded(tmp_path_factory.mktemp("acls"))
    yield guarded
    guarded.broker.stop()


async def _allow(bootstrap: str, space: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for rule in {rule for agency in AGENCIES for rule in rules(space, agency)}:
            for operation in rule.operations:
                pattern = PREFIXED if rule.prefixed else LITERAL
                principal = f"User:{rule.principal}"
                answer = await admin._send_request(
                    CreateAclsRequest(RESOURCES[rule.resource], rule.name, pattern, principal, "*", OPERATIONS[operation], ALLOW)
                )
                assert [code for code, *_ in answer.creation_responses] == [0]
    finally:
        await admin.close()


async def test_agencies_write_their_own_inbound_topic_and_the_worker_alone_reads_it(
    guarded: _Guarded, space: str, settings_for_tests: MakeSettings
) -> None:
    bootstrap = guarded.broker.bootstrap_servers
    await topics.apply(settings_for_tests(kafka=bootstrap, space=space, agencies=AGENCIES))
    await _allow(bootstrap, space)
    own, other, kind = (f"{space}.inbound.TJ-DCA", f"{space}.inbound.KZ-KNB", f"{space}.seizures")

    async with AIOKafkaProducer(**guarded.client("TJ-DCA"), enable_idempotence=True) as agency:
        await agency.send_and_wait(own, b"ours")
        for forbidden in (other, kind):
            with pytest.raises(TopicAuthorizationFailedError):
                await agency.send_and_wait(forbidden, b"not ours")
    async with AIOKafkaProducer(**guarded.client("ric-gateway"), enable_idempotence=True) as gateway:
        await gateway.send_and_wait(kind, b"checked")
        with pytest.raises(TopicAuthorizationFailedError):
            await gateway.send_and_wait(own, b"the gateway speaks for nobody")

    # What the worker does: read, write and commit offsets in one transaction.
    worker = Transactor(TopicPartition(own, 0), f"{space}.intake", guarded.client("ric-worker"), 60.0)
    async with AIOKafkaConsumer(**guarded.client("ric-worker"), group_id=f"{space}.intake", auto_offset_reset="earliest") as consumer:
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

    async with AIOKafkaConsumer(**guarded.client("TJ-DCA"), auto_offset_reset="earliest") as reader:
        reader.assign([TopicPartition(own, 0)])
        with pytest.raises(TopicAuthorizationFailedError):
            await reader.getone()


async def test_the_clock_keeps_timers_and_writes_the_inboxes_alone(guarded: _Guarded, space: str, settings_for_tests: MakeSettings) -> None:
    bootstrap = guarded.broker.bootstrap_servers
    await topics.apply(settings_for_tests(kafka=bootstrap, space=space, agencies=AGENCIES))
    await _allow(bootstrap, space)
    timers = f"{space}.timers"
    async with (
        AIOKafkaProducer(**guarded.client("ric-worker"), enable_idempotence=True) as worker,
        AIOKafkaConsumer(
            timers, **guarded.client("ric-clock"), group_id=f"{space}.clock", auto_offset_reset="earliest", enable_auto_commit=False
        ) as reader,
        AIOKafkaProducer(**guarded.client("ric-clock"), transactional_id=f"{space}.clock") as clock,
    ):
        await worker.send_and_wait(timers, b"{}", key=b"id")
        assert (await reader.getone()).key == b"id"
        async with clock.transaction():
            await clock.send_and_wait(f"{space}.reports.enriched", b"{}", key=b"TJ-DCA/1")
            await clock.send_and_wait(timers, None, key=b"id")
    async with AIOKafkaProducer(**guarded.client("ric-clock"), enable_idempotence=True) as clock:
        with pytest.raises(TopicAuthorizationFailedError):
            await clock.send_and_wait(f"{space}.reports.current", b"{}", key=b"TJ-DCA/1")


async def test_the_projector_asks_where_the_reports_app_stands_and_writes_matches_alone(
    guarded: _Guarded, space: str, settings_for_tests: MakeSettings
) -> None:
    bootstrap = guarded.broker.bootstrap_servers
    await topics.apply(settings_for_tests(kafka=bootstrap, space=space, agencies=AGENCIES))
    await _allow(bootstrap, space)
    inbox = TopicPartition(f"{space}.reports.enriched", 0)
    client = guarded.client("ric-projector")
    async with AIOKafkaProducer(**client, enable_idempotence=True) as projector:
        await projector.send_and_wait(f"{space}.deliveries.matches", b"{}", key=b"TJ-DCA/1")
        with pytest.raises(TopicAuthorizationFailedError):
            await projector.send_and_wait(f"{space}.deliveries.inbox", b"{}", key=b"TJ-DCA/1")
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:
        assert (await admin.list_consumer_group_offsets(f"{space}.reports", partitions=[inbox]))[inbox].offset == -1
        with pytest.raises(GroupAuthorizationFailedError):
            await admin.list_consumer_group_offsets(f"{space}.intake", partitions=[inbox])
    finally:
        await admin.close()
    async with AIOKafkaConsumer(**client, auto_offset_reset="earliest") as reader:
        assert await reader.end_offsets([inbox]) == {inbox: 0}

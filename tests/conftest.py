"""Real servers for tests, one broker and one PostgreSQL a session, and skips that CI turns into failures."""

import os
import random
import re
import socket
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from streams.local.kafka import EmbeddedKafka
from streams.local.postgres import EmbeddedPostgres
from streams.local.process import free_port
from streams.settings import Settings

KAFKA_IMAGE = "apache/kafka:4.1.2"

MakeSettings = Callable[..., Settings]


def require(condition: object, reason: str) -> None:
    """Go on when `condition` holds; else skip the test, or fail it where RIC_NO_SKIP is set (CI)."""
    if condition:
        return
    if os.environ.get("RIC_NO_SKIP"):
        pytest.fail(f"missing here, and RIC_NO_SKIP allows no skip: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_machine() -> Iterator[None]:
    """Tests see no RIC_ variable but those that name servers and forbid skips."""
    kept = {"RIC_KAFKA_BOOTSTRAP_SERVERS", "RIC_DATABASE_URL", "RIC_NO_SKIP"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("RIC_") and name not in kept]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of the session's broker: RIC_KAFKA_BOOTSTRAP_SERVERS, else a container where Docker answers, else the embedded one.

    Tests that stop or break a broker start an EmbeddedKafka of their own.
    """
    named = os.environ.get("RIC_KAFKA_BOOTSTRAP_SERVERS")
    if named:
        yield named
        return
    container = _kafka_container()
    if container is not None:
        bootstrap, stop = container
        yield bootstrap
        stop()
        return
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.bootstrap_servers


def _kafka_container() -> tuple[str, Callable[[], Any]] | None:
    """A container of the official image, or None where Docker does not answer or has no such image and can fetch none."""
    if not _docker_answers():
        return None
    import docker
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer

    # Its reaper is a second image, which a machine that makes its images itself does not have.
    testcontainers_config.ryuk_disabled = True
    port = free_port()
    properties = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE": "LogAppendTime",
        "KAFKA_MESSAGE_MAX_BYTES": str(5 * 1024 * 1024),
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    }
    container = DockerContainer(KAFKA_IMAGE)
    container.ports = {port: ("127.0.0.1", port)}  # type: ignore[dict-item]  # docker takes an address too
    for name, value in properties.items():
        container.with_env(name, value)
    try:
        container.start()
    except docker.errors.DockerException:
        return None
    _wait_until_kafka_answers(port)
    return f"127.0.0.1:{port}", container.stop


def _docker_answers() -> bool:
    """Asked without its client, which leaves a socket open where nobody answers."""
    scheme, _, path = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").partition("://")
    if scheme != "unix":
        return True
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(path) == 0


def _wait_until_kafka_answers(port: int) -> None:
    import time

    from streams.local.kafka import answers

    deadline = time.monotonic() + 60
    while not answers(port):
        if time.monotonic() > deadline:
            pytest.fail(f"{KAFKA_IMAGE} did not answer on port {port} within 60 s")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A `postgresql://` URL of a database made for this session: on RIC_DATABASE_URL's server, else on the embedded one."""
    named = os.environ.get("RIC_DATABASE_URL")
    if named:
        yield from _fresh_database(named)
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server.url


def _fresh_database(server_url: str) -> Iterator[str]:
    name = f"ric_test_{_random_word()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield re.sub(r"^(\w+://[^/]*)(/[^?]*)?", rf"\1/{name}", server_url)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def space() -> str:
    """A space of its own for each test, so that tests share one broker and one database."""
    return f"t{_random_word()}"


def _random_word() -> str:
    return "".join(random.SystemRandom().choices(string.ascii_lowercase, k=8))


@pytest.fixture
def settings_for_tests(tmp_path: Path) -> MakeSettings:
    """`settings_for_tests(kafka=…, postgres=…, space=…, **fields)`: settings of one test, with its own data folder and quick sessions."""

    def make(*, kafka: str | None = None, postgres: str | None = None, space: str = "test", **fields: Any) -> Settings:
        defaults: dict[str, Any] = {
            "space": space,
            "data_dir": tmp_path / "data",
            "kafka_bootstrap_servers": kafka,
            "database_url": postgres,
            "partitions": 2,
            "session_timeout_s": 6.0,
        }
        return Settings(**(defaults | fields))

    return make

"""A broker and a PostgreSQL for tests: those that the environment names, else embedded ones (a container of Kafka where Docker answers)."""

import os
import random
import re
import socket
import string
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from streams.local.kafka import EmbeddedKafka, answers
from streams.local.postgres import EmbeddedPostgres
from streams.local.process import ServerFailed, free_port

KAFKA_IMAGE = "apache/kafka:4.1.2"
KAFKA = "RIC_KAFKA_BOOTSTRAP_SERVERS"
DATABASE = "RIC_DATABASE_URL"
JAVA = "JDK_JAVA_OPTIONS"


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """One broker and one PostgreSQL for all processes of a distributed run, and what makes other brokers start sooner: the environment
    names them."""
    with (
        pytest.MonkeyPatch.context() as patch,
        trained_java(folder / "java") as option,
        kafka(folder / "kafka") as bootstrap_servers,
        postgres(folder / "postgres") as server_url,
    ):
        patch.setenv(JAVA, f"{os.environ.get(JAVA, '')} {option}")
        patch.setenv(KAFKA, bootstrap_servers)
        patch.setenv(DATABASE, server_url)
        yield


class Trainee(EmbeddedKafka):
    """A broker that runs only to leave a cache of the classes that it loaded and linked (JEP 514, Java 25)."""

    @property
    def cache(self) -> Path:
        """Where the cache is once it is whole. Without it a JVM starts as ever."""
        return self.data_dir / "kafka.aot"

    def train(self) -> None:
        """Wait until it has started, end it in order, and wait for the cache, which it makes then. Nothing fails without it."""
        with suppress(ServerFailed, FileNotFoundError):
            self.wait_ready()
            process = self._running()
            process.terminate()
            process.wait()
            self._unfinished.rename(self.cache)

    @property
    def _unfinished(self) -> Path:
        return self.cache.with_suffix(".unfinished")

    def _java(self, main: str) -> list[str]:
        java, *options = super()._java(main)
        # Code of adapters is left out: of some, Java 25 says at every start that it belongs to others.
        trains = ["-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", f"-XX:AOTCacheOutput={self._unfinished}"]
        return [java, *(trains if main == "kafka.Kafka" else []), *options]


@contextmanager
def trained_java(folder: Path) -> Iterator[str]:
    """The option with which a broker starts with half the processor time, of which a run needs some forty: from when a first one has shown,
    beside the first tests, what a start takes."""
    broker = Trainee(folder)
    broker.prepare()
    broker.spawn()
    training = Thread(target=broker.train, daemon=True)
    training.start()
    try:
        yield f"-XX:AOTCache={broker.cache}"
    finally:
        broker.kill()
        training.join()


@contextmanager
def kafka(folder: Path) -> Iterator[str]:
    """Bootstrap servers of a broker; the embedded one keeps its data in `folder`."""
    if named := os.environ.get(KAFKA):
        yield named
    elif container := _container():
        bootstrap_servers, stop = container
        try:
            yield bootstrap_servers
        finally:
            stop()
    else:
        with EmbeddedKafka(folder) as broker:
            yield broker.bootstrap_servers


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The `postgresql://` URL of a server; the embedded one keeps its data in `folder`."""
    if named := os.environ.get(DATABASE):
        yield named
    else:
        with EmbeddedPostgres(folder) as server:
            yield server.url


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """A database of its own on that server, dropped at the end."""
    name = f"ric_test_{''.join(random.SystemRandom().choices(string.ascii_lowercase, k=8))}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield re.sub(r"^(\w+://[^/]*)(/[^?]*)?", rf"\1/{name}", server_url)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _container() -> tuple[str, Callable[[], Any]] | None:
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
    deadline = time.monotonic() + 60
    while not answers(port):
        if time.monotonic() > deadline:
            pytest.fail(f"{KAFKA_IMAGE} did not answer on port {port} within 60 s")
        time.sleep(0.1)

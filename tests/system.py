"""The whole centre on real parts, as processes of their own, for tests that look at it from outside or kill parts of it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from streams import topics
from streams.gateway import tokens
from streams.local.process import free_port, spawn, stop, tail
from streams.settings import Settings
from streams.store.migrations import migrate
from tests import forking

POLL_S = 0.05
PATIENT_S = 240.0
"""For what takes seconds on a machine that is not busy: only a failure waits for so long."""
SESSION_S = 30.0
"""A worker's session where none is killed: on a busy machine a short one ends by itself. A test that kills workers sets a short one."""


def wait_until(condition: Callable[[], Any], what: str, within: float = PATIENT_S) -> Any:
    """The first truthy value of `condition`; fails naming `what` after `within` seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(POLL_S)
    raise AssertionError(f"not within {within:g} s: {what}")


@dataclass
class System:
    """A space on given servers: topics, tables, and the processes started so far, by name."""

    kafka: str
    database: str
    space: str
    data_dir: Path
    partitions: int = 4
    agencies: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    forks: bool = True
    """Whether processes are forked from one that has imported everything; else each is an interpreter of its own."""

    @property
    def settings(self) -> Settings:
        """What every process is started with."""
        return Settings(
            space=self.space,
            data_dir=self.data_dir,
            port=self.port,
            kafka_bootstrap_servers=self.kafka,
            database_url=self.database,
            partitions=self.partitions,
            agencies=self.agencies,
            session_timeout_s=SESSION_S,
        )

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://127.0.0.1:{self.port}"

    async def install(self) -> None:
        """Topics and tables."""
        await topics.apply(self.settings)
        migrate(self.database, self.space)

    def start(self, *names: str, **environment: str) -> None:
        """Start processes: `worker`, `worker-2`…, `projector`, `gateway`. `environment` is for these alone."""
        for name in names:
            command = {
                "worker": ["faust", "-A", "streams.app", "worker", "-l", "info"],
                "projector": ["streams.store.projector"],
                "gateway": ["streams.gateway"],
                "clock": ["streams.clock"],
            }[name.partition("-")[0]]
            variables = {key: value for key, value in os.environ.items() if not key.startswith("RIC_")} | {
                "RIC_SPACE": self.space,
                "RIC_DATA_DIR": str(self.data_dir),
                "RIC_PORT": str(self.port),
                "RIC_KAFKA_BOOTSTRAP_SERVERS": self.kafka,
                "RIC_DATABASE_URL": self.database,
                "RIC_PARTITIONS": str(self.partitions),
                "RIC_AGENCIES": ",".join(self.agencies),
                "RIC_SESSION_TIMEOUT_S": str(SESSION_S),
                **self.environment,
                **environment,
            }
            self.processes[name] = self.spawn(name, command, variables)

    def spawn(self, name: str, command: list[str], variables: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start `python -m command…`."""
        if self.forks:
            return forking.zygote().start(command, log=self.log(name), env=variables)  # type: ignore[return-value]  # it does what is asked of it
        return spawn([sys.executable, "-m", *command], log=self.log(name), env=variables)

    def log(self, name: str) -> Path:
        """The file that a process writes to."""
        return self.data_dir / "logs" / f"{name}.log"

    def alive(self, name: str) -> bool:
        """Whether the process runs; one that ended by itself is worth its log."""
        return self.processes[name].poll() is None

    def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self, name: str) -> None:
        """SIGTERM, as an operator would."""
        stop(self.processes.pop(name), (signal.SIGTERM, 20))

    def end_all(self) -> None:
        """Stop whatever runs."""
        for name in list(self.processes):
            self.end(name)

    def wait_ready(self) -> None:
        """Until the gateway says that it can work."""

        def ready() -> bool:
            if not self.alive("gateway"):
                raise AssertionError(f"the gateway ended:\n{tail(self.log('gateway'), 40)}")
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
            return False

        wait_until(ready, "the gateway is ready")

    def token(self, agency: str, role: str = "officer", person: str = "n.rahimov") -> str:
        """A bearer token, signed with the installation's own keys."""
        country = "" if agency == "CARICC" else agency[:2]
        who = tokens.claims(person, agency, country, role, space=self.space, lifetime=timedelta(hours=1), now=datetime.now(UTC))
        return tokens.issue(tokens.Keys.of(self.settings), who)

    @contextlib.contextmanager
    def client(self, agency: str, role: str = "officer", person: str = "n.rahimov") -> Iterator[httpx.Client]:
        """HTTP as a person of an agency."""
        headers = {"Authorization": f"Bearer {self.token(agency, role, person)}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=60) as client:
            yield client

    def publish(
        self, reports: Iterable[dict[str, Any]], *, agency: str, lane: str = "live", wait: str | None = None
    ) -> list[dict[str, Any]]:
        """Publish as NDJSON; the receipts of the answer. Raises AssertionError unless the gateway answers 202."""
        body = b"\n".join(json.dumps(report, ensure_ascii=False).encode() for report in reports)
        with self.client(agency) as client:
            answer = client.post(
                "/v1/reports",
                content=body,
                headers={"Content-Type": "application/x-ndjson"},
                params={"lane": lane} | ({"wait": wait} if wait else {}),
            )
        assert answer.status_code == 202, answer.text
        receipts: list[dict[str, Any]] = answer.json()["receipts"]
        return receipts

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the space's tables."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(f'SET search_path TO "{self.space}", public')
            return connection.execute(query).fetchall()


@contextlib.contextmanager
def ending(system: System) -> Iterator[System]:
    """The system; its processes end with the block."""
    try:
        yield system
    finally:
        system.end_all()

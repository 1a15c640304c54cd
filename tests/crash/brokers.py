"""Three Kafka nodes, each broker and controller, as in `docker-compose.yml`: three copies of everything, of which two must have it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.local import kafka
from streams.local.kafka import EmbeddedKafka
from streams.local.process import free_port
from tests.system import PATIENT_S

COUNT = 3
TOGETHER = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    # A killed node is missed after three seconds instead of nine: the test waits for it.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "controller.quorum.election.timeout.ms": "500",
    "controller.quorum.fetch.timeout.ms": "1000",
    "replica.lag.time.max.ms": "5000",
}


class Node(EmbeddedKafka):
    """One of the three. `ports` and `controllers` are all nodes'."""

    def __init__(self, home: Path, number: int, ports: list[int], controllers: list[int]) -> None:
        super().__init__(home / f"node-{number}", ports[number])
        self.number = number
        self._controllers = controllers

    def _choose_ports(self) -> None:
        super()._choose_ports()
        controller = self._controllers[self.number]
        voters = ",".join(f"{number + 1}@127.0.0.1:{port}" for number, port in enumerate(self._controllers))
        properties = kafka.BROKER_PROPERTIES | TOGETHER
        properties |= {
            "node.id": str(self.number + 1),
            "log.dirs": str(self.data_dir / "log"),
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.quorum.voters": voters,
        }
        self._properties_file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))

    def _cluster_id(self) -> str:
        return "dGhyZWUgYnJva2VycyEhIQ"


class Brokers:
    """All three. `stop` and `kill` are of one, by number."""

    def __init__(self, home: Path) -> None:
        ports: list[int] = []
        while len(ports) < 2 * COUNT:
            if (port := free_port()) not in ports:
                ports.append(port)
        self.nodes = [Node(home, number, ports[:COUNT], ports[COUNT:]) for number in range(COUNT)]

    @property
    def bootstrap_servers(self) -> str:
        """All three as host:port."""
        return ",".join(node.bootstrap_servers for node in self.nodes)

    def start(self) -> None:
        """Start them together: none answers before two agree."""
        for node in self.nodes:
            node.prepare()
            node.spawn()
        for node in self.nodes:
            node.wait_ready()

    def stop(self) -> None:
        """End all: what is left of a majority need not agree any more."""
        for node in self.nodes:
            node.kill()

    async def leading(self, number: int) -> int:
        """How many partitions this node leads. Raises KafkaError while nobody answers."""
        return sum(leader == number + 1 for leader, _ in await self._partitions())

    async def whole(self) -> bool:
        """Whether every partition has all its copies up to date."""
        try:
            return all(leader > 0 and isr == COUNT for leader, isr in await self._partitions())
        except KafkaError:
            return False

    async def _partitions(self) -> list[tuple[int, int]]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        try:
            await admin.start()
            topics = await admin.describe_topics()
            return [(each["leader"], len(each["isr"])) for topic in topics for each in topic["partitions"]]
        finally:
            await admin.close()


@contextmanager
def brokers(home: Path) -> Iterator[Brokers]:
    """Three nodes that run; they end with the block."""
    made = Brokers(home)
    try:
        made.start()
        yield made
    finally:
        made.stop()


async def until_whole(made: Brokers) -> None:
    """Wait until every partition has three copies again."""
    async with asyncio.timeout(PATIENT_S):
        while not await made.whole():
            await asyncio.sleep(0.2)

"""Topics, worker processes and readers for the engine's tests."""

import asyncio
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.errors import NotLeaderForPartitionError, for_code
from aiokafka.protocol.produce import ProduceRequest

from streams.engine.topics import key_hash
from streams.topics import until_led
from tests import forking
from tests.broker.engine_worker import CHANNELS
from tests.system import PATIENT_S

PARTITIONS = 4
AGENCY = "kg-scnbc"


class Worker:
    """A worker process."""

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        self._log = log
        command = ["faust", "-A", "tests.broker.engine_worker", "worker", "-l", "info"]
        self.process = forking.zygote().start(command, log=log, env=environment)
        self._ending: asyncio.Task[int] | None = None

    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def ending(self) -> asyncio.Task[int]:
        if self._ending is None:
            self._ending = asyncio.create_task(asyncio.to_thread(self.process.wait))
        return self._ending

    async def ended(self, within: float = 90.0) -> int:
        return await asyncio.wait_for(asyncio.shield(self.ending()), within)

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def frozen(self) -> None:
        """Return when the process has been stopped by a signal."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        await self._until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "froze")

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()

    def owned(self, topic: str) -> set[int]:
        """Partitions of the topic made ready since its app was last given some, or none."""
        said = self.output()
        apps = {app for app, given in re.findall(r"(\S+) is given (.*)", said) if f"{topic}/" in given}
        *_, since = re.split("|".join(rf"{re.escape(app)} is given " for app in apps), said) if apps else ("",)
        return {int(number) for number in re.findall(rf"{re.escape(topic)}/(\d+): ready", since)}

    async def owns(self, topic: str, partitions: set[int]) -> None:
        await self._until(lambda: self.owned(topic) == partitions, f"owns {partitions} of {topic}")

    async def said(self, words: str) -> None:
        await self._until(lambda: words in self.output(), f"said {words!r}")

    async def owns_some(self, topic: str, number: int) -> None:
        await self._until(lambda: len(self.owned(topic)) == number, f"owns {number} of {topic}")

    async def _until(self, condition: Any, what: str) -> None:
        async with asyncio.timeout(PATIENT_S):
            while not condition():
                assert self.process.poll() is None, f"the worker ended before it {what}:\n{self.output()[-3000:]}"
                await asyncio.sleep(0.05)


class Bench:
    """One space on the broker."""

    def __init__(self, kafka: str, space: str, folder: Path) -> None:
        self.kafka = kafka
        self.space = space
        self.folder = folder
        self.workers: list[Worker] = []
        self._producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True)

    def topic(self, channel: str) -> str:
        return f"{self.space}.{channel}"

    async def provision(self, without: Sequence[str] = ()) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            counts = {name.replace("{agency}", AGENCY): 1 if channel.spread == "one" else PARTITIONS for name, channel in CHANNELS.items()}
            topics = [NewTopic(self.topic(name), count, 1) for name, count in counts.items() if name not in without]
            await admin.create_topics(topics)
            await until_led(admin, {topic.name for topic in topics})
        finally:
            await admin.close()
        await self._producer.start()

    async def close(self) -> None:
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait()
        await asyncio.gather(*(worker.ending() for worker in self.workers))
        await self._producer.stop()

    def start_worker(self, **environment: str) -> Worker:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RIC_")}
        settings = {
            "RIC_KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "RIC_SPACE": self.space,
            "RIC_DATA_DIR": str(self.folder / "data"),
            "RIC_SESSION_TIMEOUT_S": "20",
            "RIC_AGENCIES": AGENCY,
        }
        worker = Worker(self.folder / f"worker-{len(self.workers)}.log", inherited | settings | environment)
        self.workers.append(worker)
        return worker

    @asynccontextmanager
    async def supervised(self, number: int, **environment: str) -> AsyncIterator[list[Worker]]:
        """Workers that are started again whenever they end, as every worker is; the list has those that run now."""
        running = [self.start_worker(**environment) for _ in range(number)]

        async def keep(place: int) -> None:
            while True:
                await asyncio.shield(running[place].ending())
                running[place] = self.start_worker(**environment)

        keepers = [asyncio.create_task(keep(place)) for place in range(number)]
        try:
            yield running
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.wait(keepers)

    async def stop_worker(self) -> int:
        return await self.workers[-1].stop()

    async def publish(self, channel: str, records: Sequence[tuple[bytes, bytes]], headers: Any = None) -> None:
        sent = [await self._producer.send(self.topic(channel), key=key, value=value, headers=headers) for key, value in records]
        await asyncio.gather(*sent)

    async def publish_raw(self, channel: str, partition: int, batch: bytes) -> None:
        """Store one record batch as it is, as a client that is not ours may send it."""
        topic = self.topic(channel)
        request = ProduceRequest(transactional_id=None, required_acks=-1, timeout=10_000, topics=[(topic, [(partition, batch)])])
        client = self._producer.client
        await self._producer.partitions_for(topic)
        while True:
            node = client.cluster.leader_for_partition(TopicPartition(topic, partition))
            ((_, ((_, error, *_),)),) = (await client.send(node, request)).topics
            if error != NotLeaderForPartitionError.errno:  # of a topic that is quite new
                break
            await client.force_metadata_update()
        assert error == 0, for_code(error)

    async def read(self, channel: str, number: int, within: float = 90.0) -> list[dict[str, Any]]:
        """The first `number` committed records as JSON, with their `key` and `headers`, ordered by broker time."""
        records: list[ConsumerRecord[bytes, bytes]] = []
        async with self._reader(channel) as consumer:
            try:
                async with asyncio.timeout(within):
                    while len(records) < number:
                        for some in (await consumer.getmany(timeout_ms=200)).values():
                            records += some
            except TimeoutError:
                logs = "\n".join(worker.output()[-3000:] for worker in self.workers)
                raise AssertionError(f"{len(records)} of {number} records in {channel} after {within:g} s\n{logs}") from None
        return [
            json.loads(r.value) | {"key": r.key, "headers": list(r.headers)}
            for r in sorted(records, key=lambda r: (r.timestamp, r.partition, r.offset))
        ]

    async def all_records(self, channel: str) -> list[ConsumerRecord[bytes, bytes]]:
        """Every committed record that the channel has now."""
        records: list[ConsumerRecord[bytes, bytes]] = []
        async with self._reader(channel) as consumer:
            ends = await consumer.end_offsets(list(consumer.assignment()))
            for partition, end in ends.items():
                while await consumer.position(partition) < end:
                    records += (await consumer.getmany(partition, timeout_ms=200)).get(partition, [])
        return records

    @asynccontextmanager
    async def _reader(self, channel: str) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.kafka, isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False
        )
        consumer.assign([TopicPartition(self.topic(channel), number) for number in range(PARTITIONS)])
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def delete_before(self, channel: str, key: bytes, offset: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            partition = TopicPartition(self.topic(channel), key_hash(key) % PARTITIONS)
            await admin.delete_records({partition: RecordsToDelete(before_offset=offset)})
        finally:
            await admin.close()

    def lose_disk(self) -> None:
        shutil.rmtree(self.folder / "data")

    def copy_disk(self) -> Path:
        return Path(shutil.copytree(self.folder / "data", self.folder / "copy"))

    def put_disk_back(self, copy: Path) -> None:
        self.lose_disk()
        copy.rename(self.folder / "data")


@asynccontextmanager
async def started(kafka: str, space: str, folder: Path, without: Sequence[str] = ()) -> AsyncIterator[Bench]:
    """A space with the test channels' topics, but for those left out."""
    bench = Bench(kafka, space, folder)
    await bench.provision(without)
    try:
        yield bench
    finally:
        await bench.close()

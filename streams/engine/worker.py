"""Apps as a Faust worker: one process, one event loop, one consumer group for each app."""

import asyncio
import gc
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from time import time
from typing import Any, cast

import faust
from aiokafka import TopicPartition
from faust.app.base import BootStrategy
from faust.tables.manager import TableManager
from faust.types import TP
from mode import ServiceT

from schemas.channels import Channel
from streams.answers import Answers
from streams.engine.decide import Turns
from streams.engine.effects import App
from streams.engine.failure import EngineError, describe, end_process
from streams.engine.journal import Refusals, Stood
from streams.engine.lanes import Lanes
from streams.engine.membership import Membership
from streams.engine.metrics import Metrics
from streams.engine.parking import Parking
from streams.engine.partition import Partition
from streams.engine.tables import Tables, followed
from streams.engine.topics import Inbox, Route, Unprovisioned, inboxes, partition_counts, require, routes, written
from streams.engine.transport import BatchConsumer, BatchTransport, Damaged, Fetched
from streams.engine.unreadable import silent
from streams.engine.watchdog import DECIDE_LIMIT_S, Progress, Watchdog
from streams.kafka import NoBroker, heartbeat_s, kafka_client_kwargs
from streams.metrics import Exposition, Standing
from streams.settings import Settings

SETTLE_EVERY_S = 5.0
LOOK_EVERY_S = 30.0
REBALANCE_TIMEOUT_S = 60.0

log = logging.getLogger("streams.engine")


class Process:
    """What the apps of one worker process share."""

    def __init__(self, settings: Settings, channels: Mapping[str, Channel], decide_limit_s: float) -> None:
        self.settings = settings
        self.channels = channels
        self.kafka = kafka_client_kwargs(settings)
        self.watchdog = Watchdog(decide_limit_s)
        self.turns = Turns(self.watchdog)
        self.lanes = Lanes()
        self.exposition = Exposition()


class Boot(BootStrategy):
    """Faust without its web server, so that any number of workers start on one machine, and without its producer."""

    enable_web = False
    enable_kafka_producer = False


class NoTables(TableManager):
    """Faust gives tables that are defined late a second to appear. There are none, and apps start one after the other."""

    async def on_start(self) -> None:
        """Go on at once."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class BatchSchema(faust.Schema[Any, Any]):
    """Hands the transport's batches to the agent as they are."""

    def compile(self, app: Any, **_: Any) -> Any:
        """Faust's decoder of a topic's messages."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, None, message)

        return decode


class Worker(faust.Worker):
    """Faust's worker, with all the apps of the process."""

    app: "EngineApp"

    def __init__(self, app: Any, *services: ServiceT, **options: Any) -> None:
        # The command line sets it, and its banner would name a server that Boot never starts.
        app.conf.web_enabled = False
        super().__init__(app, *services, **options)

    async def start(self) -> None:
        """Start everything, or end: where one app fails, those that began before it would go on, and nobody would miss it."""
        try:
            await super().start()
        except Exception as error:
            end_process(f"the worker cannot start: {describe(error)}", error)

    def on_init_dependencies(self) -> Iterable[ServiceT]:
        """The worker's app, and those beside it."""
        own = super().on_init_dependencies()
        for app in self.app.beside:
            app.beacon.reattach(self.beacon)
        return chain(own, self.app.beside)

    async def on_first_start(self) -> None:
        """Start what the process has once."""
        await super().on_first_start()
        # Each partition has clients of its own, and every one of them tells what it does.
        logging.getLogger("aiokafka").setLevel(logging.WARNING)
        process = self.app.process
        process.watchdog.start()
        # Batches make garbage by the thousand and no cycles: looking through everything that was imported each time costs a tenth.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        process.exposition.serve(process.settings.metrics_host, process.settings.metrics_port)


class EngineApp(faust.App):
    """One consumer group. Faust assigns its partitions; each is then a `Partition` of the engine."""

    BootStrategy = Boot

    def __init__(self, app: App, process: Process) -> None:
        settings = process.settings
        self.process = process
        self.beside: tuple[EngineApp, ...] = ()
        self.definition = app
        self._inboxes: dict[str, Inbox] = inboxes(app, settings.space, settings.agencies, process.channels)
        self._written = written(app, process.channels)
        self._followed = followed(app, settings.space, process.channels)
        self._tables = Tables(self._followed, process.kafka)
        self._routes: dict[str, Route] = {}
        self._owned: dict[TopicPartition, Partition] = {}
        self._leaving: set[Partition] = set()
        self._progress = Progress[Partition]()
        self._answers = Answers[TopicPartition]()
        self._ends: Mapping[TopicPartition, int] = {}
        app_id = f"{settings.space}.{app.name}"
        self._metrics = Metrics(process.exposition, app_id)
        self._refusals = Refusals(settings.data_dir / "journal" / app_id / "refusals.json")
        self._stood = Stood(settings.data_dir / "journal" / app_id / "stood.json")
        self._parking = Parking(app_id, self._metrics)
        self._membership = Membership(settings.data_dir / "journal" / app_id / "members", app_id, process.kafka)
        super().__init__(
            app_id,
            broker=[f"kafka://{server}" for server in process.kafka["bootstrap_servers"]],
            datadir=settings.data_dir / "faust",
            Worker=Worker,
            TableManager=NoTables,
            agent_supervisor="mode.CrashingSupervisor",
            broker_session_timeout=settings.session_timeout_s,
            broker_heartbeat_interval=heartbeat_s(settings.session_timeout_s),
            broker_rebalance_timeout=REBALANCE_TIMEOUT_S,
            broker_request_timeout=max(40.0, settings.session_timeout_s),
            stream_recovery_delay=0.0,
            stream_buffer_maxsize=4096,
            topic_allow_declare=False,
            topic_disable_leader=True,
            worker_redirect_stdouts=False,
        )
        topic = self.topic(*self._inboxes, schema=BatchSchema())
        self.agent(topic, name=f"{app_id}.batches")(self._batches)

    async def _batches(self, stream: Any) -> None:
        async for fetched in stream:
            self._take(fetched)

    def _take(self, fetched: Fetched) -> None:
        partition = self._owned.get(fetched.partition)
        if partition is not None:
            partition.accept(fetched)

    # Faust's hooks

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    def _new_consumer(self) -> BatchConsumer:
        consumer = cast(BatchConsumer, super()._new_consumer())
        consumer.kafka = self.process.kafka
        consumer.patience_ms = self.definition.patience_ms
        consumer.owner = self
        return consumer

    def _create_directories(self) -> None:
        """Faust keeps nothing on disk here."""

    async def on_first_start(self) -> None:
        """Check the broker's topics before anything is read."""
        try:
            await self._check_topics()
        except (Unprovisioned, NoBroker, EngineError) as error:
            end_process(str(error))
        except Exception as error:
            end_process(f"Kafka at {', '.join(self.process.kafka['bootstrap_servers'])} cannot be reached: {describe(error)}", error)
        await self._membership.succeed()

    async def on_started(self) -> None:
        """Look after the partitions from now on."""
        self.add_future(self._look_after())
        await super().on_started()

    async def on_stop(self) -> None:
        """The process ends in good order."""
        await self._tables.close()
        await super().on_stop()

    def on_rebalance_start(self) -> None:
        """Until the group gives partitions again, which may take long, nobody may take this app for one that works."""
        super().on_rebalance_start()
        self.process.exposition.leave(self.conf.id)

    def on_rebalance_end(self) -> None:
        """The group has given what it gives. Where that is nothing, for others have it all, Faust seeks nothing, and nobody said so yet."""
        super().on_rebalance_end()
        if not self._owned:
            self.assigned(set())

    # Where the group changes while the app stops, Faust would let it, whatever is under way, and close the consumer's connections from
    # this thread, though they are another one's: a successor fences us in mid-transaction, or uvloop ends the process.

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        await (self.consumer.wait_empty() if self.should_stop else super()._on_partitions_revoked(revoked))

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        if not self.should_stop:
            self._membership.keep(cast(BatchConsumer, self.consumer).member)
            await super()._on_partitions_assigned(assigned, generation_id)

    def _crash(self, reason: BaseException) -> None:
        # What Faust reports as a crash of any of its services reaches every app of the process here.
        if self.should_stop or isinstance(reason, asyncio.CancelledError):
            super()._crash(reason)
        else:
            end_process(f"{self.conf.id}: {describe(reason)}", reason)

    # The transport's owner

    def assigned(self, partitions: set[TopicPartition]) -> None:
        """The group gave us these partitions."""
        # Not sooner: asked before there is a consumer, Faust would make it, in the thread that asks.
        self.process.exposition.watch(self.conf.id, self._standings)
        log.info("%s is given %s", self.conf.id, ", ".join(f"{topic}/{number}" for topic, number in sorted(partitions)) or "nothing")
        for source in sorted(partitions):
            partition = self._owned[source] = self._partition(source)
            partition.start(self.failed)

    async def released(self) -> None:
        """The group takes all partitions back (it gives some again): end what is under way, also what another call is ending."""
        self._leaving |= set(self._owned.values())
        self._owned = {}
        self._ends = {}
        self._answers.forget()
        leaving = set(self._leaving)
        await asyncio.gather(*(partition.release() for partition in leaving))
        self._leaving -= leaving

    def damaged(self, damaged: Damaged) -> None:
        """One partition cannot be read on."""
        partition = self._owned.get(damaged.fault.partition)
        if partition is not None and partition is damaged.owner:
            partition.lose(damaged.fault.of_inbox(self.conf.id))

    def failed(self, error: BaseException) -> None:
        """Something failed that is no record's fault."""
        reason = str(error) if isinstance(error, EngineError) else describe(error)
        end_process(f"{self.conf.id}: {reason}", error)

    def _partition(self, source: TopicPartition) -> Partition:
        process, inbox = self.process, self._inboxes[source.topic]
        changelog = None
        if inbox.stage.stateful:
            changelog = TopicPartition(self._changelog(), source.partition)
        return Partition(
            source,
            inbox,
            app_id=self.conf.id,
            consumer=cast(BatchConsumer, self.consumer),
            kafka=process.kafka,
            routes=self._routes,
            changelog=changelog,
            data_dir=process.settings.data_dir,
            cluster=self._cluster,
            transaction_timeout_s=process.settings.session_timeout_s,
            refusals=self._refusals,
            parking=self._parking,
            turns=process.turns,
            lanes=process.lanes,
            metrics=self._metrics,
            tables=self._tables,
        )

    def _changelog(self) -> str:
        return self.process.channels[f"{self.definition.name}.changelog"].topic(self.process.settings.space)

    async def _check_topics(self) -> None:
        process = self.process
        self._cluster, counts = await partition_counts(process.kafka)
        require(counts, [*self._inboxes, *(one.topic for one in self._followed)])
        self._routes = routes(process.settings.space, self._written, counts)
        for inbox in self._inboxes.values():
            if inbox.stage.stateful:
                changelog = self._changelog()
                require(counts, [changelog])
                if counts[changelog] != counts[inbox.topic]:
                    raise Unprovisioned(
                        f"{inbox.topic} has {counts[inbox.topic]} partitions and {changelog} has {counts[changelog]}: they must be equal, "
                        "because state is kept by the inbox's partition"
                    )

    async def _look_after(self) -> None:
        looked = asyncio.get_running_loop().time()
        while not self.should_stop:
            await self.sleep(SETTLE_EVERY_S)
            for partition in self._owned.values():
                partition.settle()
            now = asyncio.get_running_loop().time()
            if now - looked >= LOOK_EVERY_S and not self.rebalancing:
                looked = now
                await self._look()

    async def _look(self) -> None:
        ready = {source: partition for source, partition in self._owned.items() if partition.ready}
        if not ready:
            return
        ends = await cast(BatchConsumer, self.consumer).ends(list(ready))
        if any(self._owned.get(source) is not partition for source, partition in ready.items()):
            return
        self._ends = ends
        self._answers.note(ready, ends)
        if unsaid := sorted(ready.keys() - ends.keys()):
            named = ", ".join(f"{topic}/{number}" for topic, number in unsaid)
            log.warning("%s: nobody says where %s ends; nothing is read of it until it has a leader", self.conf.id, named)
        if self._parking.reason is not None:
            return
        seen = {partition: (partition.committed, ends[source]) for source, partition in ready.items() if source in ends}
        for partition in self._progress.standing_still(seen):
            self._stands_still(partition, ends[partition.source])

    def _stands_still(self, partition: Partition, end: int) -> None:
        source, committed = partition.source, partition.committed
        if not partition.at_hand and self._stood.again(f"{source.topic}/{source.partition}", committed, time()):
            # Another start would change as little, and end the work of all others again.
            partition.lose(silent(source, committed, end, self.conf.id))
            return
        end_process(f"{source.topic}/{source.partition} has stood at offset {committed} for a minute with {end} written")

    def _standings(self) -> Iterator[Standing]:
        """The partitions, for whoever reads the metrics: called in another thread, so nothing may be awaited or changed here."""
        consumer = cast(BatchConsumer, self.consumer)
        for source, partition in list(self._owned.items()):
            if partition.parked is not None:
                yield Standing(source.topic, source.partition, None, parked=partition.parked)
            elif partition.ready:
                ends = [end for end in (consumer.known_end(source), self._ends.get(source)) if end is not None]
                lag = max(0, max(ends) - partition.committed) if ends else None
                committed_at = self._metrics.committed_at.get(source)
                said = self._answers.readable(source)
                yield Standing(source.topic, source.partition, lag, partition.oldest_at, committed_at, begun=True, readable=said)
            else:
                yield Standing(source.topic, source.partition, None, begun=False)


def build(settings: Settings, apps: Sequence[App], channels: Mapping[str, Channel], decide_limit_s: float = DECIDE_LIMIT_S) -> EngineApp:
    """The Faust app of a worker that runs these apps, or those of them that the settings name.

    Raises ValueError where a name is unknown or an app is not well-formed, and UnsafeKafkaConnection.
    """
    by_name = {app.name: app for app in apps}
    unknown = [name for name in settings.apps if name not in by_name]
    if unknown:
        raise ValueError(f"RIC_APPS names {', '.join(unknown)}: there are {', '.join(by_name)}")
    process = Process(settings, channels, decide_limit_s)
    built = [EngineApp(by_name[name], process) for name in settings.apps or by_name]
    first, *beside = built
    first.beside = tuple(beside)
    return first

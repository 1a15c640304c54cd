"""Prometheus metrics of the processes that consume topics, the clock among them: what they are called, and how they are served.

What OpenTelemetry's semantic conventions for messaging client metrics name (status: development) is called so, in Prometheus' form: dots
become underscores, unit and `_total` are appended, attributes are labels. What they do not name begins with `ric_` and has their labels.
Nothing here tells of a report: topics, groups and numbers only.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, make_wsgi_app, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SYSTEM, OPERATION = "messaging_system", "messaging_operation_name"
GROUP, DESTINATION, PARTITION = "messaging_consumer_group_name", "messaging_destination_name", "messaging_destination_partition_id"

CONSUMED = "messaging_client_consumed_messages"
SENT = "messaging_client_sent_messages"
PROCESS = "messaging_process_duration_seconds"
OPERATED = "messaging_client_operation_duration_seconds"
REFUSED = "ric_refused_messages"
PARKED = "ric_app_parked"
RESTORED = "ric_state_restored_records"
LAG = "ric_consumer_lag_messages"
DELAY = "ric_consumer_delay_seconds"
LAST_COMMIT = "ric_last_commit_timestamp_seconds"
TIMERS = "ric_timers_waiting"
BEGUN = "ric_partition_begun"
PARTITION_PARKED = "ric_partition_parked"
READABLE = "ric_partition_readable"
LATENESS = "ric_timer_lateness_seconds"

# Below the conventions' first boundary, 5 ms, lie most of our batches.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
LATE_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)

log = logging.getLogger(__name__)

WAITING = "waiting for its group"


@dataclass(frozen=True, slots=True)
class Standing:
    """One partition that this process consumes, now. `oldest_at`: broker time in ms of the oldest record that waits here, None without.

    `lag` counts offsets, so transaction markers too; None until the broker was asked. `committed_at`: Unix seconds of the last commit.
    Of a worker, `begun`: whether its state and tables are read and work on it has begun. Of the clock, `timers` wait, and `lag` counts
    those whose time has passed; `oldest_at` is when the first of these was due. `parked`: why nothing is done there, while the group works.
    `readable`: whether the broker, when it was last asked, said where the partition ends; None before. `lag` is then as it was.
    """

    topic: str
    partition: int
    lag: int | None
    oldest_at: int | None = None
    committed_at: float | None = None
    timers: int | None = None
    begun: bool | None = None
    parked: str | None = None
    readable: bool | None = None


class Exposition(Collector):
    """The metrics of one process, by consumer group (for the projector, which has none: its name in the space).

    Counters are touched once a batch. What changes by itself (lag, delay) is computed when somebody asks, so partitions that went to
    another process are not told of any more.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._standings: dict[str, Callable[[], Iterable[Standing]]] = {}
        self._waiting: dict[str, str] = {}
        self._reasons: dict[str, str | None] = {}
        named = (SYSTEM, OPERATION, GROUP, DESTINATION)
        self._consumed = Counter(CONSUMED, "Records read, processed and committed.", named, registry=self.registry)
        self._sent = Counter(SENT, "Records written and committed, without changelogs.", named, registry=self.registry)
        self._process = Histogram(
            PROCESS, "One batch, from its first record's turn to its commit.", named, registry=self.registry, buckets=SECONDS
        )
        self._operated = Histogram(OPERATED, "One call of the broker: a commit.", named, registry=self.registry, buckets=SECONDS)
        self._refused = Counter(REFUSED, "Records whose stage failed: a defect.", (GROUP, DESTINATION), registry=self.registry)
        self._restored = Counter(RESTORED, "Changes of state read back from the changelog.", (GROUP, DESTINATION), registry=self.registry)
        self._parked = Gauge(
            PARKED, "1 where the app stopped because its stage fails, and takes in nothing more.", (GROUP,), registry=self.registry
        )
        self._lateness = Histogram(
            LATENESS,
            "A timer, from when it was due to its record, by the broker's clock.",
            (GROUP,),
            registry=self.registry,
            buckets=LATE_SECONDS,
        )
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def serve(self, host: str, port: int) -> None:
        """Answer GET /metrics, /readyz and /healthz in a thread; port 0 does nothing.

        A port that cannot be had is logged: measuring never stops the work.
        """
        if not port:
            return
        try:
            server, _ = start_http_server(port, host, registry=self.registry)
            server.set_app(self._answering(make_wsgi_app(self.registry)))
        except OSError as error:
            log.error("metrics are not served on %s, port %d: %s. Set RIC_METRICS_PORT to a free one", host, port, error)

    def readiness(self) -> dict[str, str]:
        """What each group of this process says of itself: `ok`, or what it waits for or is parked for."""
        return {group: self._said(group) for group in {**self._reasons, **self._waiting, **self._standings}}

    def _said(self, group: str) -> str:
        if (reason := self._reasons.get(group)) is not None:
            return f"parked: {reason}"
        asked = self._standings.get(group)
        if asked is None:
            return self._waiting.get(group, WAITING)
        standings = list(asked())
        parked = [f"parked: {at.parked}" for at in standings if at.parked is not None]
        reading = [f"{at.topic}/{at.partition}" for at in standings if at.begun is False]
        silent = [f"{at.topic}/{at.partition}" for at in standings if at.readable is False]
        waits = [
            *([f"work has not begun: {', '.join(reading)}"] if reading else ()),
            *([f"the broker does not say where it ends (has it a leader?): {', '.join(silent)}"] if silent else ()),
        ]
        return "; ".join([*parked, *waits]) or "ok"

    def _answering(self, metrics: "WSGIApplication") -> "WSGIApplication":
        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if path == "/healthz":
                start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
                return [b"ok\n"]
            if path == "/readyz":
                said = self.readiness()
                # Where nobody has said anything yet, nothing has begun.
                able = bool(said) and all(each == "ok" for each in said.values())
                start_response("200 OK" if able else "503 Service Unavailable", [("Content-Type", "application/json")])
                return [json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"]
            return metrics(environ, start_response)

        return answer

    def watch(self, group: str, standings: Callable[[], Iterable[Standing]]) -> None:
        """Ask `standings`, from another thread, for the group's partitions whenever metrics are read."""
        self._standings[group] = standings

    def leave(self, group: str, why: str = WAITING) -> None:
        """Until `watch` this process can do nothing of the group's work, such as while the group gives partitions anew. From any thread."""
        self._waiting[group] = why
        self._standings.pop(group, None)

    def consumed(self, group: str, topic: str, records: int) -> None:
        """Records of one topic are committed."""
        self._consumed.labels("kafka", "poll", group, topic).inc(records)

    def sent(self, group: str, topic: str, records: int) -> None:
        """Records written to one topic are committed."""
        self._sent.labels("kafka", "send", group, topic).inc(records)

    def processed(self, group: str, topic: str, seconds: float) -> None:
        """One batch is committed, that long after work on it began. `topic` is empty where it held records of several."""
        self._process.labels("kafka", "process", group, topic).observe(seconds)

    def committed(self, group: str, topic: str, seconds: float) -> None:
        """One commit took that long."""
        self._operated.labels("kafka", "commit", group, topic).observe(seconds)

    def refused(self, group: str, topic: str, records: int) -> None:
        """Records of one topic were given up because their stage failed."""
        self._refused.labels(group, topic).inc(records)

    def parked(self, group: str, reason: str | None) -> None:
        """Why the group's app is parked in this process, or None."""
        self._reasons[group] = reason
        self._parked.labels(group).set(reason is not None)

    def restored(self, group: str, topic: str, records: int) -> None:
        """State was read back before work on a partition of the topic began."""
        self._restored.labels(group, topic).inc(records)

    def fired(self, group: str, late_s: float) -> None:
        """One timer has fired, that long after it was due."""
        self._lateness.labels(group).observe(late_s)

    def describe(self) -> list[GaugeMetricFamily]:
        """The gauges without values, so that registering asks no partition."""
        return list(_gauges())

    def collect(self) -> list[GaugeMetricFamily]:
        """The gauges as the partitions stand now."""
        lag, delay, last, timers, begun, parked, readable = _gauges()
        now = time()
        for group, standings in list(self._standings.items()):
            for at in standings():
                labels = (group, at.topic, str(at.partition))
                if at.lag is not None:
                    lag.add_metric(labels, at.lag)
                    # Nothing that waits here is no delay only where nothing waits at the broker.
                    if at.oldest_at is not None or at.lag == 0:
                        delay.add_metric(labels, 0 if at.oldest_at is None else max(0.0, now - at.oldest_at / 1000))
                if at.committed_at is not None:
                    last.add_metric(labels, at.committed_at)
                if at.timers is not None:
                    timers.add_metric(labels, at.timers)
                if at.begun is not None:
                    begun.add_metric(labels, at.begun)
                if at.begun is not None or at.parked is not None:
                    parked.add_metric(labels, at.parked is not None)
                if at.readable is not None:
                    readable.add_metric(labels, at.readable)
        return [lag, delay, last, timers, begun, parked, readable]


def _gauges() -> Iterator[GaugeMetricFamily]:
    named = (GROUP, DESTINATION, PARTITION)
    yield GaugeMetricFamily(LAG, "Offsets between the committed one and the last that may be read.", labels=named)
    yield GaugeMetricFamily(DELAY, "Age of the oldest record that waits, by the broker's clock.", labels=named)
    yield GaugeMetricFamily(LAST_COMMIT, "When this process last committed records of the partition, Unix time.", labels=named)
    yield GaugeMetricFamily(TIMERS, "Timers that the clock keeps, due or not.", labels=named)
    yield GaugeMetricFamily(BEGUN, "1: work on the partition has begun; 0: its state or a table is still being read.", labels=named)
    yield GaugeMetricFamily(
        PARTITION_PARKED, "1: its log has lost what it goes on from, or is damaged there, and somebody must mend that.", labels=named
    )
    yield GaugeMetricFamily(
        READABLE, "1: the broker says where it ends; 0: it does not, as without a leader, so nothing can be read of it.", labels=named
    )

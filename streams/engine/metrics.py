"""Prometheus metrics of a worker; served on a port only where the setting names one."""

from typing import Self

from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What a worker's apps did, by source topic."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._read = Counter("ric_records_read", "Records decided and committed.", ["topic"], registry=self.registry)
        self._written = Counter("ric_records_written", "Records written, without changelogs.", ["topic"], registry=self.registry)
        self._refused = Counter("ric_records_refused", "Records whose decision failed.", ["topic"], registry=self.registry)
        self._decide = Histogram("ric_decide_seconds", "Deciding one batch.", ["topic"], registry=self.registry, buckets=SECONDS)
        self._commit = Histogram("ric_commit_seconds", "One batch's transaction.", ["topic"], registry=self.registry, buckets=SECONDS)
        self._lag = Gauge(
            "ric_lag_records", "Offsets between the committed one and the log's end.", ["topic", "partition"], registry=self.registry
        )

    def serve(self, port: int) -> Self:
        """Answer GET /metrics on this port of every address; 0 does nothing."""
        if port:
            start_http_server(port, registry=self.registry)
        return self

    def batch(self, source: TopicPartition, *, read: int, written: int, refused: int, decide_s: float, commit_s: float) -> None:
        """One batch is committed."""
        topic = source.topic
        self._read.labels(topic).inc(read)
        self._written.labels(topic).inc(written)
        if refused:
            self._refused.labels(topic).inc(refused)
        self._decide.labels(topic).observe(decide_s)
        self._commit.labels(topic).observe(commit_s)

    def lag(self, source: TopicPartition, records: int) -> None:
        """How far a partition is behind."""
        self._lag.labels(source.topic, source.partition).set(records)

"""The requests of a transaction as brokers from Kafka 4.0 take them (KIP-890, part 2), which aiokafka does not know yet.

Here a partition and a group join the transaction with the first write to them, and each transaction has an epoch of its own: five requests
become three, and what a broker receives late cannot get into the next transaction. Names of fields are those of Kafka's own definitions.
aiokafka's connections carry them: they ask of a request no more than `Request` has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NamedTuple

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import RequestHeader_v2, ResponseHeader_v0, ResponseHeader_v1
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactBytes,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

TEXT = CompactString("utf-8")
TAGS = ("tags", TaggedFields)

ALL_IN_SYNC = -1
NO_GENERATION = -1
"""A transaction is fenced by its own id, which is one source partition's: the group's generation would add nothing."""


class Producer(NamedTuple):
    """Who writes the next transaction."""

    id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Api:
    """One kind of request in one flexible version: what is asked and what is answered."""

    key: int
    version: int
    asked: Schema
    answered: Schema

    def decode(self, buffer: BytesIO) -> dict[str, Any]:
        """An answer's fields by their names."""
        return dict(zip(self.answered.names, self.answered.decode(buffer), strict=True))


class Request:
    """A request with its fields, as an `AIOKafkaConnection` sends it."""

    def __init__(self, api: Api, *fields: Any) -> None:
        self.API_KEY, self.API_VERSION, self.RESPONSE_TYPE = api.key, api.version, api
        self._api = api
        self._fields = (*fields, {})

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> "Request":
        """Itself. Raises IncompatibleBrokerVersion where the broker does not know this version."""
        least, most = versions.get(self.API_KEY, (0, -1))
        if not least <= self.API_VERSION <= most:
            raise IncompatibleBrokerVersion(
                f"the broker takes versions {least} to {most} of request {self.API_KEY}, not {self.API_VERSION}"
            )
        return self

    def build_request_header(self, correlation_id: int, client_id: str) -> Any:
        """What goes before it."""
        return RequestHeader_v2(self, correlation_id=correlation_id, client_id=client_id)

    def encode(self) -> bytes:
        """Its bytes."""
        encoded: bytes = self._api.asked.encode(self._fields)
        return encoded

    def parse_response_header(self, buffer: BytesIO) -> Any:
        """What comes before the answer. Of ApiVersions it has no tags: who asks may not know yet what the broker speaks."""
        return (ResponseHeader_v0 if self._api is API_VERSIONS else ResponseHeader_v1).decode(buffer)


PRODUCE = Api(
    0,
    12,
    Schema(
        ("transactional_id", TEXT),
        ("acks", Int16),
        ("timeout_ms", Int32),
        (
            "topic_data",
            CompactArray(("name", TEXT), ("partition_data", CompactArray(("index", Int32), ("records", CompactBytes), TAGS)), TAGS),
        ),
        TAGS,
    ),
    Schema(
        (
            "responses",
            CompactArray(
                ("name", TEXT),
                (
                    "partition_responses",
                    CompactArray(
                        ("index", Int32),
                        ("error_code", Int16),
                        ("base_offset", Int64),
                        ("log_append_time_ms", Int64),
                        ("log_start_offset", Int64),
                        ("record_errors", CompactArray(("batch_index", Int32), ("batch_index_error_message", TEXT), TAGS)),
                        ("error_message", TEXT),
                        TAGS,
                    ),
                ),
                TAGS,
            ),
        ),
        ("throttle_time_ms", Int32),
        TAGS,
    ),
)

API_VERSIONS = Api(
    18,
    3,
    Schema(("client_software_name", TEXT), ("client_software_version", TEXT), TAGS),
    Schema(
        ("error_code", Int16),
        ("api_keys", CompactArray(("api_key", Int16), ("min_version", Int16), ("max_version", Int16), TAGS)),
        ("throttle_time_ms", Int32),
        TAGS,
    ),
)

_PRODUCER = (("producer_id", Int64), ("producer_epoch", Int16))
_DONE = (("throttle_time_ms", Int32), ("error_code", Int16), *_PRODUCER, TAGS)

INIT_PRODUCER_ID = Api(22, 4, Schema(("transactional_id", TEXT), ("transaction_timeout_ms", Int32), *_PRODUCER, TAGS), Schema(*_DONE))
END_TXN = Api(26, 5, Schema(("transactional_id", TEXT), *_PRODUCER, ("committed", Boolean), TAGS), Schema(*_DONE))

TXN_OFFSET_COMMIT = Api(
    28,
    5,
    Schema(
        ("transactional_id", TEXT),
        ("group_id", TEXT),
        *_PRODUCER,
        ("generation_id", Int32),
        ("member_id", TEXT),
        ("group_instance_id", TEXT),
        (
            "topics",
            CompactArray(
                ("name", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition_index", Int32),
                        ("committed_offset", Int64),
                        ("committed_leader_epoch", Int32),
                        ("committed_metadata", TEXT),
                        TAGS,
                    ),
                ),
                TAGS,
            ),
        ),
        TAGS,
    ),
    Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(("name", TEXT), ("partitions", CompactArray(("partition_index", Int32), ("error_code", Int16), TAGS)), TAGS),
        ),
        TAGS,
    ),
)


def init_producer_id(transactional_id: str, timeout_ms: int) -> Request:
    """Ask for a producer's id and epoch: ends what a former holder of `transactional_id` left open, and shuts him out."""
    return Request(INIT_PRODUCER_ID, transactional_id, timeout_ms, -1, -1)


def produce(transactional_id: str, timeout_ms: int, topics: Sequence[tuple[str, Sequence[tuple[int, bytes]]]]) -> Request:
    """Write one batch to each of some partitions, on all in-sync replicas; they join the transaction by it."""
    data: Any = [(name, [(index, records, {}) for index, records in partitions], {}) for name, partitions in topics]
    return Request(PRODUCE, transactional_id, ALL_IN_SYNC, timeout_ms, data)


def txn_offset_commit(transactional_id: str, group: str, producer: Producer, offset: tuple[str, int, int]) -> Request:
    """Commit a partition's next offset (topic, partition, offset) with the transaction; the group joins it by that."""
    topic, partition, position = offset
    topics: Any = [(topic, [(partition, position, -1, "", {})], {})]
    return Request(TXN_OFFSET_COMMIT, transactional_id, group, *producer, NO_GENERATION, "", None, topics)


def end_txn(transactional_id: str, producer: Producer) -> Request:
    """Commit. The answer has the producer for the next transaction."""
    return Request(END_TXN, transactional_id, *producer, True)


def api_versions() -> Request:
    """Ask what the cluster speaks."""
    return Request(API_VERSIONS, "ric", "0")


_FINALIZED_FEATURES = 2
_FEATURES = CompactArray(("name", TEXT), ("max_version_level", Int16), ("min_version_level", Int16), TAGS)


def transaction_version(answer: Mapping[str, Any]) -> int:
    """The cluster's finalized `transaction.version`, from its answer to ApiVersions; 0 where it has none."""
    encoded = answer["tags"].get(_FINALIZED_FEATURES)
    for name, level, _, _ in _FEATURES.decode(BytesIO(encoded)) or () if encoded else ():
        if name == "transaction.version":
            return int(level)
    return 0

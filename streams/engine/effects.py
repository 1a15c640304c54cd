"""What a stage is given and what it answers: plain values, no Faust, no I/O.

A stage is a pure function from one record and a view of its keyed state to effects. The engine performs the effects of a
batch in one Kafka transaction together with the batch's offsets (ENGINE: the protocol), so a stage never sends, stores or waits.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

Headers = tuple[tuple[str, bytes], ...]


class Record(NamedTuple):
    """One Kafka record as a stage sees it.

    `channel` is the declared name (`schemas.channels`), `topic` the name on the broker, `at` the broker's append time in
    milliseconds since 1970 UTC: the only "now" that a stage may use.
    """

    channel: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    at: int

    @property
    def origin(self) -> str:
        """`topic/partition/offset`: the identity of this record, from which ids of all that follows derive."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    def header(self, name: str) -> str | None:
        """The last header of this name as text, or None; bytes that are not UTF-8 are replaced."""
        for key, value in reversed(self.headers):
            if key == name:
                return value.decode("utf-8", "replace")
        return None


class Emit(NamedTuple):
    """Write one record. `channel` may be a declared name only. With `partition` None the key's murmur2 decides, as in the Java client."""

    channel: str
    key: bytes
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class Remember(NamedTuple):
    """Set one key of the stage's state; `value` None forgets it. Values are at most 64 KiB."""

    key: bytes
    value: bytes | None


Effect = Emit | Remember


class State(Protocol):
    """The stage's keyed state in the record's partition, with the effects of earlier records of the batch applied."""

    def get(self, key: bytes) -> bytes | None: ...

    def inbox(self, offset: int) -> bytes:
        """The value of an earlier record of this partition of the stage's inbox, which must be one that keeps its records for ever.

        For what is rare: it is read from the broker, and the record is decided once more when it is there.
        """
        ...


Decide = Callable[[Record, State], Iterable[Effect]]
Refuse = Callable[[Record, str], Iterable[Effect]]


class Table(Protocol):
    """What a stage looks up besides its state: it is given every record of a compacted channel, in order, before and between its own."""

    def take(self, key: bytes, value: bytes | None) -> None:
        """The newest value of this key; None: the key is forgotten. The same may come again. Must not raise."""
        ...


def nobody(record: Record) -> str | None:
    """The sender where a stage does not tell senders apart."""
    return None


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the flow.

    `inbox`: the channels read; a stateful stage has exactly one. `refuse(record, reason)` gives the dead letter and receipt of a
    record whose `decide` raised, or that was given up undecoded after repeated crashes. `bulk` names the inbox channels that
    yield while the others lag more than a quarter of a second. `tables`: by channel, what `decide` looks up in it; the channel has
    been read to its end before the first record is decided. `sender` says who sent a record, or whose it is, by what the centre knows
    and not by what the record says: failures at one sender's records alone do not park the app (decision 0107).
    """

    name: str
    inbox: tuple[str, ...]
    decide: Decide
    refuse: Refuse
    stateful: bool = False
    bulk: tuple[str, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    sender: Callable[[Record], str | None] = nobody


@dataclass(frozen=True, slots=True)
class App:
    """One consumer group: the stages that share a worker's assignment. Its group id is `{space}.{name}`.

    `writes`: the channels that its stages may emit on, and no others. `patience_ms`: how long records may wait for others, so that one
    transaction takes them all; for an app that nobody's screen waits for.
    """

    name: str
    stages: tuple[Stage, ...]
    writes: tuple[str, ...]
    patience_ms: int = 0

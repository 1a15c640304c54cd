"""Keyed state of a stateful stage: a local store that is never ahead of the commit, and an overlay for the batch being decided."""

import fcntl
import json
import logging
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError, OffsetOutOfRangeError
from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, WriteBatch

from streams.engine.failure import EngineError, describe
from streams.engine.unreadable import position, repeatedly, unreadable
from streams.kafka import stop

MAX_VALUE_BYTES = 65_536
DELETE_RETENTION_S = 86_400.0
"""Kafka's default `delete.retention.ms`: how long a compacted topic keeps the mark that a key was forgotten."""

RESTORE_RECORDS = 5_000
MARKER = 1
"""Offsets that the end of a transaction takes: the mark of a store that has everything lies one below the changelog's end."""

_META = b"m"
_KEY = b"k"
_FORMAT = 1

log = logging.getLogger("streams.engine")

Changes = Mapping[bytes, bytes | None]


class StateUnavailable(EngineError):
    """The local store or the changelog cannot be read or written."""


class Base(Protocol):
    """What an overlay reads through to."""

    def get(self, key: bytes) -> bytes | None: ...


class NotAtHand(BaseException):
    """A stage asks for a record of its inbox that has to be read from the broker first; no fault that a stage could handle."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"record {offset} of the inbox is to be read again")
        self.offset = offset


class Overlay:
    """The state that a batch's records see: the local store under the changes of the batch's earlier records.

    `reread`: values of the inbox that a stage has asked for, by offset.
    """

    __slots__ = ("_base", "changes", "reread")

    def __init__(self, base: Base | None) -> None:
        self._base = base
        self.changes: dict[bytes, bytes | None] = {}
        self.reread: dict[int, bytes] = {}

    def inbox(self, offset: int) -> bytes:
        """The value of the inbox's record at this offset. Raises NotAtHand where it has to be read first."""
        if offset not in self.reread:
            raise NotAtHand(offset)
        return self.reread[offset]

    def get(self, key: bytes) -> bytes | None:
        """The key's value, or None. Raises StateUnavailable, and LookupError in a stage that is not stateful."""
        if key in self.changes:
            return self.changes[key]
        if self._base is None:
            raise LookupError("this stage is not stateful: it has no state to read")
        return self._base.get(key)


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where the local store has the changelog: the next offset to apply, and when it was applied (Unix seconds)."""

    next_offset: int
    applied_at: float


class LocalStore:
    """One partition's state on local disk (RocksDB), with its place in the changelog in the same write.

    Each opening takes an exclusive folder: a process that lost the partition but still has its folder open keeps it, and
    the new owner starts another one. `identity` names the cluster and changelog that the folder belongs to.
    """

    def __init__(self, root: Path, identity: str) -> None:
        self._root = root
        self._identity = identity
        self._lock: int | None = None
        self._db: Rdict | None = None
        self.mark: Mark | None = None

    def open(self) -> None:
        """Open the newest folder that nobody holds; what cannot be used is deleted. Raises StateUnavailable."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            numbers = sorted((int(path.name) for path in self._root.iterdir() if path.name.isdigit()), reverse=True)
            for number in numbers:
                if self._db is None and self._take(number):
                    self._try_open(number)
                elif self._db is not None:
                    self._delete_if_free(number)
            if self._db is None:
                self._start_new(max(numbers, default=0) + 1)
        except OSError as error:
            raise StateUnavailable(f"local state in {self._root}: {describe(error)}") from error

    def _take(self, number: int) -> bool:
        lock = self._root / f"{number}.lock"
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever deletes a folder deletes its lock, which may be the very one that was just opened: that holds off nobody any more.
            held = os.fstat(descriptor).st_ino == lock.stat().st_ino
        except (BlockingIOError, FileNotFoundError):
            held = False
        if held:
            self._lock = descriptor
        else:
            os.close(descriptor)
        return held

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _try_open(self, number: int) -> None:
        folder = self._root / str(number)
        try:
            db = Rdict(str(folder), _options())
            meta = json.loads(db.get(_META) or b"null")
        except Exception as error:  # RocksDB raises plain Exceptions; whatever it is, the changelog has the state
            log.warning("local state %s cannot be used and is rebuilt: %s", folder, describe(error))
            shutil.rmtree(folder, ignore_errors=True)
            self._release()
            return
        if meta is not None and (meta["format"], meta["identity"]) != (_FORMAT, self._identity):
            log.warning("local state %s belongs to %s and is rebuilt", folder, meta["identity"])
            db.close()
            shutil.rmtree(folder)
            self._release()
            return
        self._db = db
        self.mark = None if meta is None else Mark(meta["next"], meta["at"])

    def _delete_if_free(self, number: int) -> None:
        held, self._lock = self._lock, None
        if self._take(number):
            shutil.rmtree(self._root / str(number), ignore_errors=True)
            (self._root / f"{number}.lock").unlink(missing_ok=True)
            self._release()
        self._lock = held

    def _start_new(self, number: int) -> None:
        while not self._take(number):
            number += 1
        self._begin(self._root / str(number))

    def _begin(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            self._db = Rdict(str(folder), _options())
        except Exception as error:
            raise StateUnavailable(f"local state cannot be created in {folder}: {describe(error)}") from error
        self.mark = None

    def discard(self) -> None:
        """Forget everything held locally and begin an empty folder, without letting go of it."""
        folder = Path(self._open.path())
        self._open.close()
        self._db = None
        self._begin(folder)

    @property
    def _open(self) -> Rdict:
        if self._db is None:
            raise StateUnavailable(f"local state in {self._root} is not open")
        return self._db

    def get(self, key: bytes) -> bytes | None:
        """The key's value, or None. Raises StateUnavailable."""
        try:
            value: bytes | None = self._open.get(_KEY + key)
        except Exception as error:
            raise StateUnavailable(f"local state in {self._root} cannot be read: {describe(error)}") from error
        return value

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key that is remembered with its value, in the order of the keys."""
        for key, value in self._open.items(from_key=_KEY):
            if not (isinstance(key, bytes) and key.startswith(_KEY)):
                return
            yield key.removeprefix(_KEY), value

    def empty(self) -> bool:
        """Whether no key is remembered."""
        return next(self.items(), None) is None

    def apply(self, changes: Iterable[tuple[bytes, bytes | None]], next_offset: int) -> None:
        """Write the changes and the changelog offset that follows them, atomically. Raises StateUnavailable."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes:
            if value is None:
                batch.delete(_KEY + key)
            else:
                batch.put(_KEY + key, value)
        self.mark = Mark(next_offset, time.time())
        meta = {"format": _FORMAT, "identity": self._identity, "next": next_offset, "at": self.mark.applied_at}
        batch.put(_META, json.dumps(meta).encode())
        try:
            self._open.write(batch)
        except Exception as error:
            raise StateUnavailable(f"local state in {self._root} cannot be written: {describe(error)}") from error

    def close(self) -> None:
        """Close the folder; it may be opened again by any process."""
        if self._db is not None:
            self._db.close()
            self._db = None
        self._release()


_CACHE: list[Cache] = []


def _options() -> Options:
    # RocksDB's defaults (per partition) would take gigabytes in a worker with a dozen partitions: one cache for all, small memtables.
    if not _CACHE:
        _CACHE.append(Cache(64 * 1024 * 1024))
    blocks = BlockBasedOptions()
    blocks.set_block_cache(_CACHE[0])
    blocks.set_bloom_filter(10, False)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_write_buffer_size(16 * 1024 * 1024)
    options.set_max_write_buffer_number(2)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_keep_log_file_num(2)
    options.set_max_open_files(256)
    return options


async def restore(store: LocalStore, changelog: TopicPartition, kafka: Mapping[str, Any]) -> int:
    """Bring the store up to the changelog's end; return how many records were applied (where damage was met and then not, since).

    Call it after the fence, when no one else can write to the changelog partition. A store that is ahead of the changelog, or
    so far behind that forgotten keys may have left it, is discarded first. Raises Unreadable where the changelog is damaged, and
    StateUnavailable on any other error.
    """
    try:
        return await repeatedly(lambda: _restored(store, changelog, kafka))
    except EngineError:
        raise
    except Exception as error:
        fault = unreadable(error)
        if fault is not None and not isinstance(error, OffsetOutOfRangeError):  # that is looked at anew by the next start
            raise fault from error
        raise StateUnavailable(f"state cannot be restored from {changelog.topic}/{changelog.partition}: {describe(error)}") from error


async def _restored(store: LocalStore, changelog: TopicPartition, kafka: Mapping[str, Any]) -> int:
    consumer = AIOKafkaConsumer(
        **kafka,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    try:
        await consumer.start()
        consumer.assign([changelog])
        begin, end = await _bounds(consumer, changelog)
        return await _replay(store, consumer, changelog, begin, end)
    finally:
        await stop(consumer)


async def _bounds(consumer: AIOKafkaConsumer, changelog: TopicPartition) -> tuple[int, int]:
    """Where it begins and ends; as long as it has no leader, this waits and says so: other partitions need not end for it."""
    while True:
        try:
            begin = (await consumer.beginning_offsets([changelog]))[changelog]
            return begin, (await consumer.end_offsets([changelog]))[changelog]
        except KafkaTimeoutError:
            log.warning("nobody says where %s/%d begins and ends; asked again (has it a leader?)", *changelog)


async def _replay(store: LocalStore, consumer: AIOKafkaConsumer, changelog: TopicPartition, begin: int, end: int) -> int:
    fault = _unusable(store.mark, begin, end, time.time())
    if fault is not None:
        log.warning("local state of %s/%d is rebuilt: %s", changelog.topic, changelog.partition, fault)
        store.discard()
    start = begin
    if store.mark is not None:
        start = store.mark.next_offset
        if end - start <= MARKER:
            return 0
    if start >= end:
        return 0
    consumer.seek(changelog, start)
    applied = 0
    # By position, not by record: the changelog's tail is a transaction marker, which no record ever reaches.
    while (at := position(consumer, changelog)) < end:
        fetched = await consumer.getmany(changelog, timeout_ms=1_000, max_records=RESTORE_RECORDS)
        records = fetched.get(changelog, ())
        if records:
            at = position(consumer, changelog)
            store.apply(((record.key, record.value) for record in records), at)
            applied += len(records)
    if store.mark is None or store.mark.next_offset < at:
        store.apply((), at)
    return applied


def _unusable(mark: Mark | None, begin: int, end: int, now: float) -> str | None:
    if mark is None:
        return None
    if mark.next_offset > end:
        return f"it is at offset {mark.next_offset}, ahead of the changelog's end {end}"
    if mark.next_offset < begin:
        return f"it is at offset {mark.next_offset}, before the changelog's start {begin}"
    # Whoever wrote a change after the mark also ended its transaction, so what is missed takes two offsets at least.
    if mark.next_offset + MARKER < end and abs(now - mark.applied_at) > DELETE_RETENTION_S:
        return "it is older than the changelog keeps the marks of forgotten keys"
    return None

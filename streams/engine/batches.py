"""Record batches as anyone may send them. Agencies write to Kafka directly, and aiokafka raises at what Kafka takes.

A raise in the fetcher comes again at every attempt, so one record would stop the whole worker for good. Kafka's message format:
KIP-98 and the Kafka protocol guide, "Record Batch".
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cramjam
from aiokafka.codec import snappy_decode
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.util import decode_varint

MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes of one batch. The broker bounds what arrives, compressed: a megabyte of it may unpack to gigabytes."""

ENOUGH_UNPACKED = 16 * 1024 * 1024
"""Bytes after which no further batch of a fetch is read: the rest is fetched again when this is worked off."""

_LENGTH = struct.Struct(">8xi")
_LENGTH_END = 12
_MAGIC_AT = 16
_MAGIC = 2
_ATTRIBUTES = struct.Struct(">h")
_ATTRIBUTES_AT = 21
_HEADER = 61
_CODEC = 0x07
_GZIP, _SNAPPY, _LZ4, _ZSTD = 1, 2, 3, 4

HeaderField = tuple[str, bytes | None]


class Unpackable(ValueError):
    """A batch cannot be unpacked, or not in a bearable size."""


@dataclass(frozen=True, slots=True)
class PlainRecord:
    """A record as aiokafka's fetcher takes it."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[HeaderField]
    checksum: None = None


class Batches:
    """One partition's part of a fetch, in place of `aiokafka.record.memory_records.MemoryRecords`."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0
        self._unpacked = 0

    def size_in_bytes(self) -> int:
        """Bytes, as they came."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether a whole batch is left, the last one of a fetch being cut off anywhere, and may still be unpacked."""
        left = len(self._data) - self._at
        return left >= _HEADER and left >= self._size() and self._unpacked < ENOUGH_UNPACKED

    def next_batch(self) -> "Batch":
        """The next batch. Raises ValueError where its length cannot be one: aiokafka's reader would read what is not its own."""
        size = self._size()
        if size < _HEADER:
            raise ValueError(f"a batch of {size} bytes cannot be")
        end = self._at + size
        batch = Batch(self._data[self._at : end], self)
        self._at = end
        return batch

    def following(self, after: int) -> int | None:
        """Where the batch that would come next begins, if it is whole and begins behind `after`.

        None where it is not: a damaged length points anywhere, and what stands there is no offset then.
        """
        left = self._data[self._at :]
        if len(left) < _HEADER or left[_MAGIC_AT] != _MAGIC or not _HEADER <= self._size() <= len(left):
            return None
        batch = DefaultRecordBatch(left[: self._size()])
        offset: int = batch.base_offset
        return offset if batch.validate_crc() and offset > after else None

    def unpacked(self, size: int) -> None:
        """A batch took this many bytes."""
        self._unpacked += size

    def _size(self) -> int:
        length: int = _LENGTH.unpack_from(self._data, self._at)[0]
        return _LENGTH_END + length


class Batch:
    """One batch: aiokafka's own, but for what it cannot read."""

    __slots__ = ("_batch", "_of", "_raw", "base_offset", "is_control_batch", "is_transactional", "next_offset", "producer_id")

    def __init__(self, raw: memoryview, of: Batches) -> None:
        batch = self._batch = DefaultRecordBatch(raw)
        self._raw = raw
        self._of = of
        self.base_offset: int = batch.base_offset
        self.next_offset: int = batch.next_offset
        self.producer_id: int = batch.producer_id
        self.is_control_batch: bool = batch.is_control_batch
        self.is_transactional: bool = batch.is_transactional

    def validate_crc(self) -> bool:
        """Whether it arrived as it was stored."""
        valid: bool = self._batch.validate_crc()
        return valid

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        codec = self._batch.attributes & _CODEC
        if not codec:
            return iter(_records(self._raw))
        try:
            payload = unpack(codec, self._raw[_HEADER:])
        except Unpackable as error:
            return self._given_up(str(error))
        self._of.unpacked(len(payload))
        plain = bytearray(self._raw[:_HEADER])
        _ATTRIBUTES.pack_into(plain, _ATTRIBUTES_AT, self._batch.attributes & ~_CODEC)
        return iter(_records(memoryview(plain + payload)))

    def _given_up(self, reason: str) -> Iterator[PlainRecord]:
        # Each offset gets something that intake refuses, so that it leaves a dead letter and its sender hears of it.
        batch = self._batch
        said = f"(no report: {reason})".encode()
        for offset in range(self.base_offset, self.next_offset):
            yield PlainRecord(offset, batch.max_timestamp, batch.timestamp_type, None, said, ())


def unpack(codec: int, data: memoryview) -> bytes | bytearray:
    """The records of a compressed batch. Raises Unpackable, naming the cause."""
    room = bytearray()
    try:
        if codec == _GZIP:
            return _gunzip(data)
        if codec == _SNAPPY:
            unpacked: bytes = snappy_decode(data)  # at most some twenty times its size
            return unpacked
        if codec not in (_LZ4, _ZSTD):
            raise Unpackable(f"compression {codec} is not known")
        room = bytearray(MAX_UNPACKED)
        into = cramjam.lz4.decompress_into if codec == _LZ4 else cramjam.zstd.decompress_into
        del room[into(data, room) :]
    except (zlib.error, cramjam.DecompressionError, struct.error) as error:
        raise Unpackable(f"its batch cannot be unpacked into {MAX_UNPACKED} bytes: {error}") from error
    return room


def _gunzip(data: memoryview) -> bytes:
    unpacked = b""
    left: bytes | memoryview = data
    while left:
        member = zlib.decompressobj(31)
        unpacked += member.decompress(left, MAX_UNPACKED + 1 - len(unpacked))
        if len(unpacked) > MAX_UNPACKED:
            raise Unpackable(f"its batch unpacks to more than {MAX_UNPACKED} bytes")
        if not member.eof:
            raise Unpackable("its batch breaks off")
        left = member.unused_data
    return unpacked


def _records(batch: memoryview) -> Sequence[Any]:
    """The records of an uncompressed batch."""
    try:
        return list(DefaultRecordBatch(batch))
    except UnicodeDecodeError:
        return list(_forgiving(batch))


def _forgiving(batch: memoryview) -> Iterator[PlainRecord]:
    """The records, where a header's name is not UTF-8: its bytes are replaced, which no stage's header names have."""
    said = DefaultRecordBatch(batch)
    data, at = bytearray(batch), _HEADER

    def field() -> bytes | None:
        nonlocal at
        size, at = decode_varint(data, at)
        if size < 0:
            return None
        at += size
        return bytes(data[at - size : at])

    count = struct.unpack_from(">i", data, _HEADER - 4)[0]
    for _ in range(count):
        _, at = decode_varint(data, at)  # length
        at += 1  # attributes, unused
        delta, at = decode_varint(data, at)
        timestamp = said.max_timestamp if said.timestamp_type else said.first_timestamp + delta
        offset, at = decode_varint(data, at)
        key, value = field(), field()
        fields, at = decode_varint(data, at)
        headers = [((field() or b"").decode("utf-8", "replace"), field()) for _ in range(fields)]
        yield PlainRecord(said.base_offset + offset, timestamp, said.timestamp_type, key, value, headers)

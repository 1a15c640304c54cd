"""Batches as anyone may send them: read where they can be, and never more memory than is bearable."""

import gzip
from typing import Any

import pytest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy as Builder

from streams.engine import batches
from streams.engine.batches import Batches

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
HEADERS = [("said", b"1"), ("unsaid", None)]


def packed(values: list[bytes], codec: int = 0, headers: Any = HEADERS) -> bytes:
    builder = Builder(
        magic=2, compression_type=codec, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1, batch_size=1 << 30
    )
    for offset, value in enumerate(values):
        builder.append(offset, timestamp=1_000 + offset, key=b"k%d" % offset, value=value, headers=headers)
    return bytes(builder.build())


def read(data: bytes) -> list[Any]:
    found, records = Batches(data), []
    while found.has_next():
        batch = found.next_batch()
        assert batch.validate_crc()
        records += list(batch)
    return records


@pytest.mark.parametrize("codec", [0, GZIP, SNAPPY, LZ4, ZSTD])
def test_every_compression_that_a_kafka_client_offers_is_read(codec: int) -> None:
    records = read(packed([b"one", b"two" * 1_000], codec) * 2)
    assert [(r.offset, r.timestamp, r.key, r.value, list(r.headers)) for r in records[:2]] == [
        (0, 1_000, b"k0", b"one", HEADERS),
        (1, 1_001, b"k1", b"two" * 1_000, HEADERS),
    ]
    assert len(records) == 4


@pytest.mark.parametrize("codec", [0, GZIP])
def test_a_header_name_that_is_not_utf8_keeps_nothing_from_being_read(codec: int) -> None:
    plain = packed([b"one", b"two"], headers=[("name", b"v"), ("unsaid", None)]).replace(b"name", b"\xff\xfe\xfdx")
    data = plain if codec == 0 else recompressed(plain)
    records = [record for batch in [Batches(data).next_batch()] for record in batch]
    assert [(r.offset, r.timestamp, r.key, r.value) for r in records] == [(0, 1_000, b"k0", b"one"), (1, 1_001, b"k1", b"two")]
    assert [list(r.headers) for r in records] == [[("\ufffd\ufffd\ufffdx", b"v"), ("unsaid", None)]] * 2


def recompressed(plain: bytes) -> bytes:
    """The batch with its records gzipped."""
    header, records = bytearray(plain[:61]), gzip.compress(plain[61:])
    header[8:12] = (len(header) + len(records) - 12).to_bytes(4)
    header[21:23] = GZIP.to_bytes(2)
    return bytes(header) + records


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD])
def test_a_batch_that_unpacks_to_more_than_is_bearable_leaves_something_to_refuse(codec: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_UNPACKED", 100_000)
    records = read(packed([b"small", b"\0" * 1_000_000], codec) + packed([b"next"], codec))
    assert [record.offset for record in records] == [0, 1, 0]
    assert all(record.value.startswith(b"(no report: its batch") for record in records[:2])
    assert records[2].value == b"next"


def test_a_fetch_stops_unpacking_when_it_has_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "ENOUGH_UNPACKED", 2_000)
    one = packed([b"\0" * 1_500], ZSTD)
    assert len(read(one * 5)) == 2


def test_what_is_no_compressed_data_is_given_up() -> None:
    data = bytearray(packed([b"one" * 100], ZSTD))
    data[61:] = b"\0" * (len(data) - 61)
    (record,) = list(Batches(bytes(data)).next_batch())
    assert record.value.startswith(b"(no report: its batch cannot be unpacked")


def test_a_batch_that_a_fetch_cut_off_is_left_for_the_next() -> None:
    one = packed([b"one"])
    assert len(read(one + one[:-1])) == 1
    assert len(read(one + one[:5])) == 1

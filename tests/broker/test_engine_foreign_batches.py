"""What agencies' own Kafka clients send, on a real broker: the worker reads it or refuses it, and goes on."""

from collections.abc import AsyncIterator

import pytest
from aiokafka.record.util import calc_crc32c

from tests.broker.engine_bench import Bench, started
from tests.unit.engine.test_batches import GZIP, LZ4, SNAPPY, ZSTD, packed

INBOUND = "inbound.kg-scnbc"


@pytest.fixture
async def bench(kafka: str, space: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with started(kafka, space, tmp_path_factory.mktemp("foreign")) as bench:
        yield bench


def with_crc(batch: bytes) -> bytes:
    """The batch with the checksum of its present content."""
    checksum: int = calc_crc32c(batch[21:])
    return batch[:17] + checksum.to_bytes(4) + batch[21:]


async def test_a_header_name_that_is_not_utf8_stops_nobody(bench: Bench) -> None:
    good, bad = packed([b"good"], headers=[]), packed([b"odd"], headers=[("name", b"v")])
    await bench.publish_raw(INBOUND, 0, with_crc(bad.replace(b"name", b"\xff\xfe\xfdx")))
    await bench.publish_raw(INBOUND, 0, good)
    await bench.publish("in", [(b"k", b"another's")])
    worker = bench.start_worker()
    assert {answer["of"] for answer in await bench.read("counted", 3)} == {"odd", "good", "another's"}
    assert worker.process.poll() is None


async def test_batches_of_every_compression_are_read(bench: Bench) -> None:
    values = {codec: b"%d" % codec * 100 for codec in (GZIP, SNAPPY, LZ4, ZSTD)}
    for codec, value in values.items():
        await bench.publish_raw(INBOUND, 0, packed([value], codec))
    bench.start_worker()
    assert {answer["of"] for answer in await bench.read("counted", 4)} == {value.decode() for value in values.values()}


async def test_a_batch_that_unpacks_to_gigabytes_costs_no_gigabytes(bench: Bench) -> None:
    bomb = packed([b"\0" * 300_000_000] * 3, ZSTD)
    assert len(bomb) < 1_000_000
    await bench.publish_raw(INBOUND, 0, bomb)
    await bench.publish_raw(INBOUND, 0, packed([b"after"]))
    worker = bench.start_worker(MEMORY_LIMIT=str(2 * 1024**3))
    answers = [answer["of"] for answer in await bench.read("counted", 4)]
    assert answers[-1] == "after"
    assert all(answer.startswith("(no report: its batch cannot be unpacked") for answer in answers[:-1])
    assert worker.process.poll() is None

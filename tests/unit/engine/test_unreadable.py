"""What is damaged in a log, as aiokafka's fetcher meets it."""

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError, RecordTooLargeError, TopicAuthorizationFailedError

from streams.engine.batches import Batches
from streams.engine.unreadable import Readable, Unreadable, unreadable
from tests.unit.engine.test_batches import packed

SOURCE = TopicPartition("live.seizures", 1)


def stored(offset: int, values: list[bytes]) -> bytes:
    """A batch as the broker stores it: where it begins is no part of its checksum."""
    return offset.to_bytes(8) + packed(values)[8:]


def damaged(batch: bytes) -> bytes:
    return batch[:-1] + bytes([batch[-1] ^ 1])


def fetched(data: bytes, offset: int) -> Readable:
    return Readable(SOURCE, Batches(data), [], offset, None, None, True, 1)


def test_what_is_good_is_handed_over_and_the_next_fetch_begins_at_the_damage() -> None:
    part = fetched(stored(10, [b"a", b"b"]) + damaged(stored(12, [b"c"])) + stored(13, [b"d"]), 10)
    assert [record.value for record in part] == [b"a", b"b"]
    assert part.next_fetch_offset == 12


@pytest.mark.parametrize(
    "bad",
    [
        damaged(stored(12, [b"c"])),
        (12).to_bytes(8) + bytes(4) + stored(12, [b"c"])[12:],  # its length is nothing
        (12).to_bytes(8) + (-12).to_bytes(4, signed=True) + stored(12, [b"c"])[12:],
    ],
    ids=["checksum", "no length", "negative length"],
)
def test_damage_at_which_a_fetch_begins_is_named_with_its_place(bad: bytes) -> None:
    with pytest.raises(Unreadable, match=r"live\.seizures/1: offset 12 cannot be read: ") as raised:
        list(fetched(bad + stored(13, [b"d"]), 12))
    assert raised.value.offset == 12


def test_whoever_mends_it_hears_where_it_goes_on() -> None:
    with pytest.raises(Unreadable) as raised:
        list(fetched(damaged(stored(12, [b"c", b"d"])) + stored(14, [b"e"]), 12))
    for said in (raised.value.of_inbox("live.intake"), raised.value.of_changelog("live.intake")):
        assert "offset 14" in said
        assert "group live.intake" in said
    assert "ric replay --state intake --apply" in raised.value.of_changelog("live.intake")
    with pytest.raises(Unreadable) as raised:
        list(fetched(damaged(stored(12, [b"c", b"d"])), 12))
    assert "the next offset that can be read" in raised.value.of_inbox("live.intake")


def test_which_partition_an_error_of_the_fetcher_speaks_of() -> None:
    def told(error: Exception) -> tuple[TopicPartition, int] | None:
        fault = unreadable(error)
        return None if fault is None else (fault.partition, fault.offset)

    assert told(OffsetOutOfRangeError({SOURCE: 7})) == (SOURCE, 7)
    # As its fetcher raises it where a damaged length asks for more than there is.
    assert told(RecordTooLargeError("%s=%s is larger than %s", SOURCE, 7, 4096)) == (SOURCE, 7)
    assert told(Unreadable(SOURCE, 7, "Invalid CRC")) == (SOURCE, 7)
    assert told(TopicAuthorizationFailedError("live.seizures")) is None

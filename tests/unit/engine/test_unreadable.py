"""What is damaged in a log, as aiokafka's fetcher meets it."""

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError, RecordTooLargeError, TopicAuthorizationFailedError

from streams.engine import batches
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


GOOD, NEXT = stored(12, [b"c", b"d"]), stored(14, [b"e", b"f"])
UNSEEN = "the next offset that can be read"


def long(length: int, batch: bytes = GOOD) -> bytes:
    """The batch, said to have this length."""
    return batch[:8] + length.to_bytes(4, signed=True) + batch[12:]


@pytest.mark.parametrize(
    ("data", "behind"),
    [
        (damaged(GOOD) + NEXT, "offset 14"),
        (damaged(GOOD) + stored(20, [b"e"]), "offset 20"),
        (damaged(GOOD), UNSEEN),
        (damaged(GOOD) + NEXT[:-1], UNSEEN),
        (damaged(GOOD) + NEXT[:61], UNSEEN),
        (damaged(GOOD) + damaged(NEXT), UNSEEN),
        (damaged(GOOD) + NEXT[:16] + b"\x01" + NEXT[17:], UNSEEN),
        (damaged(GOOD) + long(-1, NEXT) + NEXT, UNSEEN),
        (damaged(GOOD) + bytes(8) + NEXT[8:], UNSEEN),
        (damaged(GOOD) + GOOD, UNSEEN),
        (long(0) + NEXT, UNSEEN),
        (long(-12) + NEXT, UNSEEN),
        (long(48) + NEXT, UNSEEN),
        (long(49) + NEXT, UNSEEN),
        (long(len(GOOD) - 12 - 1) + NEXT, UNSEEN),
        (long(len(GOOD) - 12 + 8) + NEXT + NEXT, UNSEEN),
    ],
    ids=[
        "checksum",
        "checksum, and a gap",
        "checksum of the last",
        "the next cut off",
        "the next cut off behind its header",
        "the next damaged",
        "the next of another format",
        "the next without a length",
        "the next with an offset before it",
        "the next with the same offset",
        "no length",
        "negative length",
        "less than a header",
        "a header alone",
        "a byte short",
        "into the next",
    ],
)
def test_whoever_mends_it_hears_where_it_goes_on_or_that_nobody_sees_it(data: bytes, behind: str) -> None:
    with pytest.raises(Unreadable) as raised:
        list(fetched(data, 12))
    fault = raised.value
    assert fault.offset == 12
    assert f"set it to {behind} with kafka-consumer-groups" in fault.of_inbox("live.intake")
    assert f"delete the changelog up to {behind} with kafka-delete-records" in fault.of_changelog("live.intake")
    assert "group live.intake" in fault.of_inbox("live.intake")
    assert "ric replay --state intake --apply" in fault.of_changelog("live.intake")


@pytest.mark.parametrize("trouble", [MemoryError(), OSError("no file left")])
def test_what_this_machine_lacks_is_no_damage(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(batches, "unpack", lacks)
    with pytest.raises(type(trouble)):
        list(fetched(packed([b"c" * 1_000], codec=1), 0))


def test_which_partition_an_error_of_the_fetcher_speaks_of() -> None:
    def told(error: Exception) -> tuple[TopicPartition, int] | None:
        fault = unreadable(error)
        return None if fault is None else (fault.partition, fault.offset)

    assert told(OffsetOutOfRangeError({SOURCE: 7})) == (SOURCE, 7)
    # As its fetcher raises it where a damaged length asks for more than there is.
    assert told(RecordTooLargeError("%s=%s is larger than %s", SOURCE, 7, 4096)) == (SOURCE, 7)
    assert told(Unreadable(SOURCE, 7, "Invalid CRC")) == (SOURCE, 7)
    assert told(TopicAuthorizationFailedError("live.seizures")) is None

"""What a cluster says of the transactions that it speaks."""

from io import BytesIO

import pytest
from aiokafka.errors import IncompatibleBrokerVersion

from streams.engine.requests import API_VERSIONS, Producer, end_txn, produce, transaction_version

HEAD = b"\x00\x00" + b"\x01" + b"\x00\x00\x00\x00"  # no error, no requests, no throttling


def answer(features: bytes) -> dict[str, object]:
    """An answer to ApiVersions whose one tag, the third, has these finalized features."""
    return API_VERSIONS.decode(BytesIO(HEAD + b"\x01\x02" + bytes([len(features)]) + features))


def feature(name: bytes, level: int) -> bytes:
    return bytes([len(name) + 1]) + name + level.to_bytes(2, "big") + b"\x00\x00" + b"\x00"


def test_the_version_of_transactions_is_read_among_other_features() -> None:
    features = b"\x03" + feature(b"metadata.version", 27) + feature(b"transaction.version", 2)
    assert transaction_version(answer(features)) == 2


@pytest.mark.parametrize("head", [HEAD + b"\x00", HEAD + b"\x01\x02\x01\x01"])
def test_a_cluster_that_says_nothing_of_it_has_none(head: bytes) -> None:
    assert transaction_version(API_VERSIONS.decode(BytesIO(head))) == 0


def test_an_older_broker_is_refused_by_what_it_takes() -> None:
    for request in (produce("id", 1, []), end_txn("id", Producer(1, 2))):
        with pytest.raises(IncompatibleBrokerVersion, match="takes versions 0 to 3 of request"):
            request.prepare({0: (0, 3), 26: (0, 3)})

"""The demonstration looks like the region: real places, every act of a centre's day, and the same again from the same seed."""

import itertools
from collections import Counter
from datetime import UTC, datetime

import orjson
import pytest
from pydantic import ValidationError

from schemas.reports import read_report
from streams.reference.agencies import Agencies
from streams.reference.countries import Countries
from streams.reference.places import Places
from streams.simulate import routes
from streams.simulate.__main__ import cast
from streams.simulate.traffic import Message, Traffic

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
POSTS = {post for path in routes.PATHS for post in path.posts}


@pytest.fixture(scope="module")
def places() -> Places:
    return Places(Countries())


def messages(seed: int, count: int) -> list[Message]:
    return list(itertools.islice(Traffic(seed, cast(Agencies()), lambda: NOW), count))


def test_one_seed_tells_one_story():
    assert messages(11, 500) == messages(11, 500)
    assert messages(11, 50) != messages(12, 50)


def test_every_act_of_a_day_occurs_and_only_the_malformed_are_refused():
    acts: Counter[str] = Counter()
    for message in messages(3, 3000):
        acts[message.about] += 1
        try:
            report = read_report(message.body)
        except ValidationError:
            assert message.about.startswith("malformed"), (message.about, message.body)
            continue
        stranger = report.handling.originator != message.agency
        assert stranger <= message.about.startswith("malformed")
    assert set(acts) >= {
        "seizure", "the same seizure from a second agency", "retransmission", "correction", "withdrawal", "intelligence", "malformed",
        "controlled delivery", "laboratory result", "revision 2 before revision 1", "request for assistance",
    }  # fmt: skip


def test_two_agencies_report_one_seizure_with_their_own_numbers():
    seen = {}
    for message in messages(5, 400):
        if message.about.startswith("the same seizure"):
            report = orjson.loads(message.body)
            assert seen[report["occurred"], report["place"].get("crossing", report["place"].get("name"))] != message.agency
            return
        if message.about == "seizure":
            report = orjson.loads(message.body)
            seen[report["occurred"], report["place"].get("crossing", report["place"].get("name"))] = message.agency
    pytest.fail("no second agency in 400 messages")


@pytest.mark.parametrize("post", sorted(POSTS, key=lambda post: post.name), ids=lambda post: post.name)
@pytest.mark.parametrize("script", ["name", "russian"])
def test_every_post_is_found_on_the_map(places, post, script):
    written = getattr(post, script)
    found = places.locate(country=post.country, **({"crossing": written} if post.kind == "border_crossing" else {"name": written}))
    assert found is not None
    assert found.country == post.country
    assert found.lat is not None
    assert (found.accuracy_m or 10**9) <= 30_000, f"{written} is only known as {found.name}, from {found.basis}"

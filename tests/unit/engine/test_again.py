"""What makes one state into another, and what of the outputs that are decided again does not stand yet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.channels import BY_NAME
from streams import topology
from streams.engine.again import difference
from streams.engine.decide import Turns
from streams.engine.effects import Record
from streams.engine.transaction import Outgoing
from streams.engine.watchdog import Watchdog
from streams.replay import Said, Written, replay
from streams.settings import Settings

states = st.dictionaries(st.binary(max_size=2), st.binary(max_size=1), max_size=8)
FEED, TIMERS = "live.feed", "live.timers"


@given(states, states)
def test_the_difference_makes_one_state_into_the_other(made: dict[bytes, bytes], stands: dict[bytes, bytes]) -> None:
    changes = list(difference(iter(sorted(made.items())), iter(sorted(stands.items()))))
    after = dict(stands)
    for key, value in changes:
        if value is None:
            del after[key]
        else:
            assert after.get(key) != value
            after[key] = value
    assert after == made
    assert len({key for key, _ in changes}) == len(changes)


def stands(since: int | None) -> Written:
    """Nothing stands yet in a feed and the timers."""
    return Written(None, {}, {FEED: BY_NAME["feed"], TIMERS: BY_NAME["timers"]}, since)


def said(key: bytes, value: bytes | None, at: int = 10) -> Outgoing:
    return key, value, [], at


def record(value: bytes) -> Record:
    return Record("deliveries.inbox", "live.deliveries.inbox", 0, 0, b"k", value, (), 0)


def put(written: Written, value: bytes) -> None:
    """One record that somebody wrote to the feed."""
    written.note(FEED, b"k", value)


def test_what_stands_once_excuses_one_alone() -> None:
    written = stands(0)
    put(written, b"a")
    decided = Said(written)
    decided.heard([], {(FEED, 0): [said(b"k", b"a"), said(b"k", b"a"), said(b"k", b"b")]})
    assert decided.missing() == {(FEED, 0): [said(b"k", b"a"), said(b"k", b"b")]}
    # The worker wrote one of them meanwhile.
    put(written, b"b")
    assert decided.missing() == {(FEED, 0): [said(b"k", b"a")]}


def test_streams_are_compared_since_a_time_or_not_at_all() -> None:
    for since, expected in ((None, []), (11, [said(b"k", b"b", 11)]), (0, [said(b"k", b"a", 10), said(b"k", b"b", 11)])):
        decided = Said(stands(since))
        decided.heard([], {(FEED, 0): [said(b"k", b"a", 10), said(b"k", b"b", 11)]})
        assert decided.missing().get((FEED, 0), []) == expected


def test_a_timer_is_asked_for_again_unless_it_stands_was_called_off_or_has_fired() -> None:
    written = stands(None)
    written.note(TIMERS, b"stands", b"1")
    written.note(TIMERS, b"left over", b"1")
    decided = Said(written)
    asked = [said(key, b"1") for key in (b"stands", b"lost", b"fired", b"called off", b"left over")]
    called_off = [said(b"called off", None), said(b"left over", None)]
    decided.heard([record(b'{"type":"due","timer":"fired"}'), record(b'{"type":"act"}')], {(TIMERS, 1): [*asked, *called_off]})
    assert decided.missing() == {(TIMERS, 1): [said(b"lost", b"1"), said(b"left over", None)]}


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        ("intake", "has no state"),
        ("deconfliction", r"deliveries\.plans, which is compacted"),
        ("guard", r"deliveries\.watch, which is compacted"),
        ("nothing", "there is no app nothing: intake, "),
    ],
)
async def test_what_cannot_be_decided_again_is_refused_before_anybody_is_asked(app: str, reason: str) -> None:
    chosen = Settings(kafka_bootstrap_servers="127.0.0.1:9")
    with pytest.raises(ValueError, match=reason):
        await replay(chosen, topology.APPS, app, None, False, print, Turns(Watchdog(60)))

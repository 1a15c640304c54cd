"""The oracle sees what it is there to see: a record too few, too many or otherwise, a state or a timer that is wrong."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest

from schemas.channels import BY_NAME
from schemas.deliveries import GUARD_CHAIN
from streams import topology
from streams.engine.effects import Record
from streams.stages.timers import milliseconds
from tests.crash.load import delivery
from tests.crash.oracle import Fold, Output, Stored, chains, check, check_timers
from tests.unit.deliveries.office import START

APPS = [app for app in topology.APPS if app.name == "deliveries"]
INBOX = ("deliveries.inbox", 0)
Log = dict[tuple[str, int], list[Stored]]
Undisturbed = tuple[Log, Counter[tuple[str, bytes]]]


@pytest.fixture
def undisturbed() -> Undisturbed:
    """A delivery whose last offer expires, as one worker and one clock would leave it in a space of one partition."""
    log: Log = {(name, 0): [] for name in BY_NAME}
    bodies = [sent.body(START + timedelta(seconds=number)) for number, sent in enumerate(delivery(7, 1))]
    fold = Fold(())
    (stage,) = APPS[0].stages

    def take(value: bytes, at: int) -> None:
        offset = len(log[INBOX])
        log[INBOX].append(Stored(offset, b"TJ-DCA/CD-1", value, (), at))
        record = Record(INBOX[0], BY_NAME[INBOX[0]].topic("live"), 0, offset, b"TJ-DCA/CD-1", value, (), at)
        before = dict(fold.state)
        for emit in fold.run(stage, record):
            log[emit.channel, 0].append(Stored(offset, emit.key, emit.value, emit.headers, at))
        for key in before.keys() | fold.state.keys():
            if before.get(key) != fold.state.get(key):
                log["deliveries.changelog", 0].append(Stored(offset, key, fold.state.get(key), (), at))

    start = int(START.timestamp() * 1000)
    for number, body in enumerate(bodies):
        take(body, start + 1000 * number)
    *_, asked = [at for at in {at.key: at for at in log["timers", 0]}.values() if at.value is not None]
    timer = orjson.loads(asked.value or b"")
    due = milliseconds(timer["due"])
    take(orjson.dumps({"type": "due", "timer": timer["timer"], "name": timer["name"], "due": timer["due"]}), due + 5)
    log["timers", 0].append(Stored(99, asked.key, None, (), due + 5))
    return log, Counter((INBOX[0], body) for body in bodies)


def test_what_nothing_disturbed_is_as_it_should_be(undisturbed: Undisturbed) -> None:
    log, sent = undisturbed
    compared = check(log, APPS, "live", 1, sent)
    acts = sum(each.answered for each in delivery(7, 1))
    assert compared["deliveries.answers"] == acts
    # The load is worth something only while its acts do something: one comes twice, and of two officers one accepts.
    told = Counter(orjson.loads(at.value or b"")["status"] for at in log["deliveries.answers", 0])
    assert told == {"applied": acts - 2, "repeated": 1, "refused": 1}


def doubled(log: Log, channel: str) -> None:
    log[channel, 0].append(log[channel, 0][-1])


def lost(log: Log, channel: str) -> None:
    log[channel, 0].pop()


def altered(log: Log, channel: str) -> None:
    log[channel, 0][-1] = log[channel, 0][-1]._replace(value=b"{}")


@pytest.mark.parametrize("channel", ["deliveries.answers", "deliveries.events", "deliveries.rings", "deliveries.current"])
@pytest.mark.parametrize("fault", [doubled, lost, altered])
def test_an_output_that_is_not_what_the_log_says_is_found(
    undisturbed: Undisturbed, fault: Callable[[Log, str], None], channel: str
) -> None:
    log, sent = undisturbed
    fault(log, channel)
    with pytest.raises(AssertionError, match=channel):
        check(log, APPS, "live", 1, sent)


def test_a_state_that_is_not_what_the_log_says_is_found(undisturbed: Undisturbed) -> None:
    log, sent = undisturbed
    altered(log, "deliveries.changelog")
    with pytest.raises(AssertionError, match="state of deliveries/0"):
        check(log, APPS, "live", 1, sent)


def test_a_timer_that_fires_twice_or_too_early_is_found(undisturbed: Undisturbed) -> None:
    log, sent = undisturbed
    early = {**log, INBOX: [*log[INBOX][:-1], log[INBOX][-1]._replace(at=log[INBOX][-1].at - 3_600_000)]}
    with pytest.raises(AssertionError):
        check(early, APPS, "live", 1, sent)
    twice = {**log, INBOX: [*log[INBOX], log[INBOX][-1]._replace(offset=len(log[INBOX]))]}
    with pytest.raises(AssertionError):
        check(twice, APPS, "live", 1, sent)


def test_a_timer_may_fire_as_often_as_it_was_asked_for(undisturbed: Undisturbed) -> None:
    log, _ = undisturbed
    due = log[INBOX][-1]
    timer = orjson.loads(due.value or b"")["timer"].encode()
    asked = [Output(0, at.key, at.value, at.headers) for at in log["timers", 0] if at.key == timer and at.value is not None]
    again = Counter(asked) + Counter(asked[-1:])
    check_timers(again, {**log, INBOX: [*log[INBOX], due]}, Counter({timer: again.total()}))
    with pytest.raises(AssertionError, match="more often"):
        check_timers(again, log, Counter({timer: again.total() + 1}))
    with pytest.raises(AssertionError, match="nobody asked for"):
        check_timers(Counter(), log, Counter({timer: 1}))


def test_what_was_sent_and_came_twice_is_found(undisturbed: Undisturbed) -> None:
    log, sent = undisturbed
    sent[INBOX[0], log[INBOX][0].value or b""] -= 1
    log["deliveries.answers", 0].append(log["deliveries.answers", 0][0])
    with pytest.raises(AssertionError, match=r"deliveries\.answers"):
        check(log, APPS, "live", 1, sent)


def event(number: int, previous: str | None, audience: list[str] | None = None) -> Stored:
    told = {"delivery": "TJ-DCA/1", "number": number, "audience": audience, "previous": previous, "hash": f"{audience} {number}"}
    return Stored(number, b"TJ-DCA/1", orjson.dumps(told), (), 0)


def test_each_chain_of_a_timeline_is_followed_by_itself_and_a_gap_in_any_is_found() -> None:
    guards = ["CARICC"]
    told = [event(1, None), event(1, None, guards), event(GUARD_CHAIN + 1, None, guards), event(2, "None 1")]
    assert chains({("deliveries.events", 0): told}) == 4
    with pytest.raises(AssertionError, match="comes after"):
        chains({("deliveries.events", 0): [*told, event(GUARD_CHAIN + 3, f"{guards} {GUARD_CHAIN + 1}", guards)]})
    with pytest.raises(AssertionError, match="is broken"):
        chains({("deliveries.events", 0): [*told, event(GUARD_CHAIN + 2, "another's", guards)]})

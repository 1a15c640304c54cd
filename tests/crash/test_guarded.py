"""What the guard is held against sees when one of its parts is missing: the match, what is kept in, the warning, the release, the call."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache

import orjson
import pytest

from schemas.channels import BY_NAME
from streams import topology
from streams.engine.effects import Headers, Record
from tests.crash.guarded import delivery
from tests.crash.oracle import Fold, Stored, check, guarded
from tests.unit.deliveries.office import START

Log = dict[tuple[str, int], list[Stored]]
Sent = Counter[tuple[str, bytes]]


def undisturbed() -> Log:
    """Each record sent once what it comes after is there, and worked off before the next, in a space of one partition."""
    return {place: records.copy() for place, records in run()[0].items()}


@cache
def run() -> tuple[Log, Sent]:
    log: Log = {(name, 0): [] for name in BY_NAME if "{agency}" not in name}
    stages = [
        (app, stage, {name: Fold(log[name, 0]) for name in stage.inbox if (name, 0) in log})
        for app in topology.APPS
        for stage in app.stages
    ]
    taken: Counter[tuple[str, str]] = Counter()
    sent: Sent = Counter()

    def write(channel: str, key: bytes | None, value: bytes | None, headers: Headers, at: int) -> None:
        log[channel, 0].append(Stored(len(log[channel, 0]), key, value, headers, at))

    def new(reader: str, channel: str) -> list[Stored]:
        found = log[channel, 0][taken[reader, channel] :]
        taken[reader, channel] += len(found)
        return found

    def work() -> bool:
        worked = False
        for _, stage, folds in stages:
            for channel, table in stage.tables.items():
                for at in new(f"table of {stage.name}", channel):
                    table.take(at.key or b"", at.value)
            for channel, fold in folds.items():
                for at in new(stage.name, channel):
                    worked = True
                    record = Record(channel, BY_NAME[channel].topic("live"), 0, *at)
                    for emit in fold.run(stage, record):
                        write(emit.channel, emit.key, emit.value, emit.headers, at.at)
        return worked

    for number, each in enumerate(delivery(7, 1)):
        assert each.after is None or each.after(log), f"{each.key!r} waits in vain"
        now = START + timedelta(seconds=number)
        body = each.body(now)
        write(each.channel, each.key, body, each.headers, int(now.timestamp() * 1000))
        sent[each.channel, body] += 1
        while work():
            pass
    for app, stage, folds in stages:
        for fold in folds.values() if stage.stateful else ():
            for key, value in fold.state.items():
                write(f"{app.name}.changelog", key, value, (), 0)
    return log, sent


def test_a_delivery_that_reports_meet_is_what_its_log_says_and_has_all_of_the_guard() -> None:
    log, sent = run()
    compared = check(log, topology.APPS, "live", 1, sent)
    assert guarded(log) == {"kept in": 2, "matches": 2, "rooms warned": 1, "let out": 2, "called": 2}
    assert compared["deliveries.matches"] == 2


def without(log: Log, channel: str, text: bytes) -> Log:
    """The log, had nobody written what has this text."""
    left = [at for at in log[channel, 0] if text not in (at.value or b"")]
    assert len(left) < len(log[channel, 0])
    return log | {(channel, 0): left}


@pytest.mark.parametrize(
    ("channel", "text", "missed"),
    [
        ("reports.current", b'"guard":{', "no report was kept in"),
        ("deliveries.matches", b'"held":true', "its match"),
        ("deliveries.current", b'"guard_match"', "not warned"),
        ("reports.current", b'"change":"released"', "kept in for ever"),
        ("receipts", b'"call_us"', "Counter"),
    ],
)
def test_a_part_of_the_guard_that_never_came_is_missed(channel: str, text: bytes, missed: str) -> None:
    with pytest.raises(AssertionError, match=missed):
        guarded(without(undisturbed(), channel, text))


def test_intake_may_know_of_a_watch_late_and_does_not_forget_it() -> None:
    place = "reports.enriched", 0
    intake = [replace(app, writes=(place[0],)) for app in topology.APPS if app.name == "intake"]
    log = undisturbed()
    first, second = [number for number, at in enumerate(log[place]) if b'"watched":[' in (at.value or b"")]
    sent = run()[1] + Counter((place[0], at.value or b"") for at in log[place] if b'"unguard"' in (at.value or b""))

    def unmarked(number: int) -> None:
        value = orjson.loads(log[place][number].value or b"")
        del value["about"]["watched"]
        log[place][number] = log[place][number]._replace(value=orjson.dumps(value))

    unmarked(first)
    check(log, intake, "live", 1, sent)
    log[place][first] = undisturbed()[place][first]
    unmarked(second)
    with pytest.raises(AssertionError, match="nothing that it can have looked up"):
        check(log, intake, "live", 1, sent)

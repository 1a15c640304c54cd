"""What everything should be: each app's stage run over its inbox as it lies in Kafka, one record after the other, and nothing else.

That is the run that nothing disturbs, with the very times that the broker gave. So outputs, changelogs and the tables are compared to the
last byte: the answers, the chained timeline, rings, timers and receipts, each once. It knows the stages and the topics, and no engine.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from schemas.channels import BY_NAME
from schemas.deliveries import GUARD_CHAIN
from streams.clock import NO_TIMER
from streams.engine.effects import App, Effect, Emit, Headers, Record, Stage
from streams.engine.topics import key_hash
from streams.stages.timers import milliseconds

TIMERS = "timers"


class Stored(NamedTuple):
    """A committed record of a channel; `at` is the broker's time in milliseconds."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    at: int


class Output(NamedTuple):
    """What is compared of a record: all but offset and time."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


Log = Mapping[tuple[str, int], Sequence[Stored]]
"""Every committed record by channel and partition, in order."""


@dataclass
class Fold:
    """One partition's state, and a stage run over it."""

    log: Sequence[Stored]
    state: dict[bytes, bytes] = field(default_factory=dict)

    def get(self, key: bytes) -> bytes | None:
        return self.state.get(key)

    def inbox(self, offset: int) -> bytes:
        (value,) = [at.value for at in self.log if at.offset == offset]
        assert value is not None
        return value

    def run(self, stage: Stage, record: Record) -> Iterator[Emit]:
        """Apply one record; what it writes."""
        for effect in self._effects(stage, record):
            if isinstance(effect, Emit):
                yield effect
            elif effect.value is None:
                self.state.pop(effect.key, None)
            else:
                self.state[effect.key] = effect.value

    def _effects(self, stage: Stage, record: Record) -> list[Effect]:
        try:
            return list(stage.decide(record, self))
        except Exception as error:
            return list(stage.refuse(record, f"{type(error).__name__}: {error}"[:500]))


class Tables:
    """What a stage looks up, empty at first; `at`: the broker's time of the newest record that was read, in milliseconds."""

    def __init__(self, stage: Stage, log: Log) -> None:
        assert not (stage.tables and stage.stateful), "a record is decided more than once here: only without state is that nothing"
        self._coming = [(table, at) for channel, table in stage.tables.items() for at in log.get((channel, 0), ())]
        self.at = 0
        for table, at in self._coming:
            table.take(at.key or b"", None)

    def read(self) -> bool:
        """One record; whether there was one."""
        if not self._coming:
            return False
        table, at = self._coming.pop(0)
        table.take(at.key or b"", at.value)
        self.at = at.at
        return True


def check(log: Log, apps: Iterable[App], space: str, partitions: int, sent: Counter[tuple[str, bytes]]) -> dict[str, int]:
    """Fails where any topic or changelog is not what its log says. How many records of each channel were compared.

    `sent`: what was written from outside, by channel and value.
    """
    published: defaultdict[str, Counter[Output]] = defaultdict(Counter)
    written: dict[tuple[str, Output], int] = {}
    for (channel, partition), records in log.items():
        for at in records:
            output = Output(partition, at.key, at.value, at.headers)
            published[channel][output] += 1
            written[channel, output] = at.at
    decided: defaultdict[str, Counter[Output]] = defaultdict(Counter)
    for app in apps:
        for stage in app.stages:
            for channel, partition in [place for place in log if place[0] in stage.inbox]:
                fold = Fold(log[channel, partition])
                topic, tables = BY_NAME[channel].topic(space), Tables(stage, log)
                for at in fold.log:
                    record = Record(channel, topic, partition, at.offset, at.key, at.value, at.headers, at.at)
                    made = [(emit.channel, _output(emit, partitions)) for emit in fold.run(stage, record)]
                    # How far they were read by then is in no log: no less far than before, nor further than there was as this was written.
                    while stage.tables and any(written.get(each, -1) < tables.at for each in made):
                        assert tables.read(), f"{stage.name}: nothing that it can have looked up explains what it wrote of {record.origin}"
                        made = [(emit.channel, _output(emit, partitions)) for emit in fold.run(stage, record)]
                    for name, output in made:
                        decided[name][output] += 1
                if stage.stateful:
                    changelog = _newest(log.get((f"{app.name}.changelog", partition), ()))
                    _equal(f"state of {app.name}/{partition}", Counter(changelog.items()), Counter(fold.state.items()))
    fired = _fired(published)
    for app in apps:
        for channel in app.writes:
            _equal(channel, _from_apps(channel, published[channel], decided[channel], sent, fired), decided[channel])
    check_timers(published[TIMERS], log, fired)
    return {channel: outputs.total() for channel, outputs in decided.items()}


def _output(emit: Emit, partitions: int) -> Output:
    count = partitions if BY_NAME[emit.channel].spread == "keyed" else 1
    partition = key_hash(emit.key) % count if emit.partition is None else emit.partition
    return Output(partition, emit.key, emit.value, tuple(emit.headers))


def _newest(records: Iterable[Stored]) -> dict[bytes | None, bytes]:
    last = {at.key: at.value for at in records}
    return {key: value for key, value in last.items() if value is not None}


def _equal(what: str, found: Counter, expected: Counter) -> None:  # type: ignore[type-arg]  # of whatever is compared
    missing, extra = expected - found, found - expected
    if missing or extra:
        raise AssertionError(
            f"{what}: {missing.total()} missing, {extra.total()} too many\nmissing: {list(missing)[:3]}\ntoo many: {list(extra)[:3]}"
        )


def _fired(published: Mapping[str, Counter[Output]]) -> Counter[bytes]:
    """How often each timer has fired, in whatever inbox."""
    fired: Counter[bytes] = Counter()
    for channel, outputs in published.items():
        if "clock" in BY_NAME[channel].writers and channel != TIMERS:
            for output, times in outputs.items():
                if output.value is not None and b'"type":"due"' in output.value:
                    fired[orjson.loads(output.value)["timer"].encode()] += times
    return fired


def _from_apps(
    channel: str, published: Counter[Output], decided: Counter[Output], sent: Counter[tuple[str, bytes]], fired: Counter[bytes]
) -> Counter[Output]:
    """What is left of a channel without what the gateway and the clock wrote there."""
    by_others: Counter[Output] = Counter()
    for output, times in (published - decided).items():
        due = output.value is not None and b'"type":"due"' in output.value and "clock" in BY_NAME[channel].writers
        key = output.key or b""
        forgotten = channel == TIMERS and output.value is None and (key == NO_TIMER or fired[key] == times)
        from_outside = sent[channel, output.value or b""] >= times
        if due or forgotten or from_outside:
            by_others[output] = times
    return published - by_others


def check_timers(timers: Counter[Output], log: Log, fired: Counter[bytes]) -> None:
    """Each timer fired at most as often as it was asked for, none before its time, and none that was due is left.

    A stage that works off late what came before a timer's time may give it up and ask for it again when it has fired already: then it
    fires again, which to the stage is nothing (decision 0103).
    """
    asked: Counter[bytes] = Counter()
    for output, times in timers.items():
        if output.value is not None:
            asked[output.key or b""] += times
    twice = [timer for timer, times in fired.items() if 0 < asked[timer] < times]
    assert not twice, f"timers fired more often than they were asked for: {twice[:3]}"
    assert fired.keys() <= asked.keys(), "a timer fired that nobody asked for"
    for (channel, _), records in log.items():
        for at in records:
            if channel != TIMERS and at.value is not None and b'"type":"due"' in at.value and "clock" in BY_NAME[channel].writers:
                assert at.at >= milliseconds(orjson.loads(at.value)["due"]), f"fired too early: {at}"


def overdue(log: Log, now_ms: int) -> list[bytes | None]:
    """Timers that should have fired."""
    left = [item for (channel, _), records in log.items() if channel == TIMERS for item in _newest(records).items()]
    return [timer for timer, asked in left if milliseconds(orjson.loads(asked)["due"]) <= now_ms]


def chains(log: Log) -> int:
    """Fails where a delivery's timeline has a gap or a broken seal; how many events it has in all."""
    last: dict[tuple[str, bool, bool], tuple[int, str | None]] = {}
    number = 0
    for (channel, _), records in log.items():
        for at in records if channel == "deliveries.events" else ():
            event = orjson.loads(at.value or b"")
            guards = event["number"] > GUARD_CHAIN
            of = event["delivery"], event["audience"] is not None, guards
            before, seal = last.get(of, (GUARD_CHAIN if guards else 0, None))
            assert event["number"] == before + 1, f"{of}: {event['number']} comes after {before}"
            assert event["previous"] == seal or seal is None, f"{of}: the seal of {event['number']} is broken"
            last[of] = event["number"], event["hash"]
            number += 1
    return number


def asks_to_call(value: bytes | None) -> bool:
    """Whether an answer is none to a record, but asks an agency to call."""
    return b'"status":"call_us"' in (value or b"")


def guarded(log: Log) -> dict[str, int]:
    """Fails unless reports were kept in, their deliveries' rooms warned, every one of them let out, and its agency asked to call once."""
    standing: dict[str, Any] = {}
    kept: dict[str, str] = {}
    for current in _values(log, "reports.current"):
        standing[current["key"]] = current
        if "guard" in current:
            kept[current["key"]] = current["report"]["handling"]["originator"]
    matches = {(each["report"], each["delivery"]) for each in _values(log, "deliveries.matches") if each["held"]}
    warned = {
        each["delivery"]
        for each in _values(log, "deliveries.current")
        for alarm in each.get("alarms", ())
        if alarm["kind"] == "guard_match"
    }
    released = {key for key in kept if "guard" not in standing[key]}
    calls = {each["receipt"]: each["agency"] for each in _values(log, "receipts") if each["status"] == "call_us"}
    called = Counter(calls.values())
    assert kept, "no report was kept in"
    assert {report for report, _ in matches} == kept.keys(), "a report that is kept in and its match: one of them is missing"
    assert {delivery for _, delivery in matches} <= warned, "a room was not warned"
    assert released == kept.keys(), f"kept in for ever: {kept.keys() - released}"
    assert called == Counter(agency for agency, _ in {(kept[report], delivery) for report, delivery in matches}), called
    return {"kept in": len(kept), "matches": len(matches), "rooms warned": len(warned), "let out": len(released), "called": called.total()}


def _of(log: Log, channel: str) -> Iterator[Stored]:
    return (at for (name, _), records in log.items() if name == channel for at in records)


def _values(log: Log, channel: str) -> Iterator[Any]:
    return (orjson.loads(at.value) for at in _of(log, channel) if at.value is not None)

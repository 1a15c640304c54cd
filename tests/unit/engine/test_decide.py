"""From a batch of records to what is written."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from streams.engine.decide import ENOUGH_BYTES, Decider, Decision, Released, Turns
from streams.engine.effects import Effect, Emit, Headers, Record, Remember, Stage, State
from streams.engine.failure import EngineError
from streams.engine.journal import Journal, Refusals
from streams.engine.parking import StageFails
from streams.engine.state import StateUnavailable
from streams.engine.topics import Route, key_hash
from streams.engine.watchdog import Watchdog

ROUTES = {"out": Route("live.out", 12, 1000), "large": Route("live.large", 12, 1_048_576), "dead": Route("live.dead", 12, 1000)}
TRACE = ("traceparent", b"00-trace")


class Held(dict[bytes, bytes]):
    """A local store in memory."""


def record(value: bytes, headers: Headers = ()) -> Record:
    return Record("in", "live.in", 3, 17, b"key", value, headers, 1_700_000_000_000)


def refuse(record: Record, reason: str) -> Iterable[Effect]:
    return [Emit("dead", b"", reason.encode())]


async def nothing_to_reread(offset: int) -> bytes:
    raise AssertionError(f"nobody asked for {offset}")


def run(
    tmp_path: Path,
    decide: Callable[[Record, State], Iterable[Effect]],
    records: list[Record],
    *,
    base: Any = None,
    refuse: Callable[[Record, str], Iterable[Effect]] = refuse,
    **how: Any,
) -> Decision:
    stage = Stage("stage", ("in",), decide, refuse, stateful=base is not None, **how.pop("stage", {}))
    decider = Decider(
        stage,
        ROUTES,
        base,
        refusals=Refusals(how.pop("refusals", tmp_path / "refusals")),
        turns=Turns(Watchdog(10.0)),
        released=how.pop("released", lambda: False),
        reread=how.pop("reread", nothing_to_reread),
    )
    journal = how.pop("journal", None) or Journal(tmp_path / "journal")
    return asyncio.run(decider.decide(records, journal, **how))


def written(decision: Decision, topic: str) -> list[bytes | None]:
    return [value for (name, _), records in decision.outputs.items() if name == topic for _, value, _, _ in records]


def test_a_key_goes_to_the_partition_of_the_java_client(tmp_path: Path) -> None:
    decision = run(tmp_path, lambda r, s: [Emit("out", b"KAZ/2026-1", b"v")], [record(b"v")])
    assert list(decision.outputs) == [("live.out", key_hash(b"KAZ/2026-1") % 12)]


def test_a_named_partition_is_taken(tmp_path: Path) -> None:
    decision = run(tmp_path, lambda r, s: [Emit("out", b"k", b"v", partition=r.partition)], [record(b"v")])
    assert list(decision.outputs) == [("live.out", 3)]


def test_an_earlier_record_of_the_inbox_is_read_again_for_who_asks(tmp_path: Path) -> None:
    asked: list[int] = []

    async def reread(offset: int) -> bytes:
        asked.append(offset)
        return b"record %d" % offset

    def decide(record: Record, state: State) -> Iterable[Effect]:
        # Nothing of a first attempt may be left when it is decided again.
        yield Emit("out", b"k", record.value)
        if record.value == b"ask":
            yield Emit("out", b"k", state.inbox(5) + b", " + state.inbox(9))

    decision = run(tmp_path, decide, [record(b"first"), record(b"ask"), record(b"ask")], reread=reread)
    told = b"record 5, record 9"
    assert written(decision, "live.out") == [b"first", b"ask", told, b"ask", told]
    assert asked == [5, 9]


def test_small_records_that_ask_for_large_ones_are_decided_as_many_as_one_transaction_bears(tmp_path: Path) -> None:
    whole = b"x" * 1_000_000

    async def reread(offset: int) -> bytes:
        return whole

    def release(record: Record, state: State) -> Iterable[Effect]:
        return [Emit("large", b"k", state.inbox(int(record.value or 0)))]

    waiting = [record(b"%d" % number) for number in range(100)]
    decision = run(tmp_path, release, waiting, reread=reread)
    assert 0 < decision.decided < 100
    assert len(written(decision, "live.large")) == decision.decided
    assert decision.written < ENOUGH_BYTES + 1_048_576
    assert run(tmp_path, release, waiting[decision.decided :], reread=reread).decided == 100 - decision.decided


def test_a_record_sees_the_state_that_earlier_ones_left(tmp_path: Path) -> None:
    def count(record: Record, state: State) -> Iterable[Effect]:
        number = int(state.get(b"n") or 0) + 1
        return [Remember(b"n", b"%d" % number), Emit("out", b"k", b"%d" % number)]

    decision = run(tmp_path, count, [record(b"")] * 3, base=Held({b"n": b"7"}))
    assert written(decision, "live.out") == [b"8", b"9", b"10"]
    assert decision.overlay.changes == {b"n": b"10"}


def test_a_forgotten_key_is_gone(tmp_path: Path) -> None:
    def once(record: Record, state: State) -> Iterable[Effect]:
        held = state.get(b"n")
        return [Remember(b"n", None), Emit("out", b"k", held)]

    decision = run(tmp_path, once, [record(b"")] * 2, base=Held({b"n": b"7"}))
    assert written(decision, "live.out") == [b"7", None]


def test_of_a_record_that_raises_half_way_only_the_refusal_is_written(tmp_path: Path) -> None:
    def half(record: Record, state: State) -> Iterable[Effect]:
        yield Remember(b"n", b"1")
        yield Emit("out", b"k", b"1")
        if record.value == b"bad":
            raise ValueError("no such unit")

    decision = run(tmp_path, half, [record(b"bad"), record(b"good")], base=Held())
    assert written(decision, "live.out") == [b"1"]
    assert written(decision, "live.dead") == [b"ValueError: no such unit"]
    assert decision.refused == 1


@pytest.mark.parametrize(
    ("effect", "why"),
    [
        (Emit("nowhere", b"k", b"v"), "which its app does not say that it writes"),
        (Emit("out", b"k", b"x" * 1000), "1001 bytes to out, which takes 1000"),
        (Emit("out", b"k", b"v", partition=12), "partition 12 of out, which has 12"),
        (Remember(b"k", b"x" * 65_537), "65537 bytes under one key: at most 65536"),
        ("text", "returned str, which is no effect"),
    ],
)
def test_an_effect_that_cannot_be_performed_refuses_the_record(tmp_path: Path, effect: Any, why: str) -> None:
    (reason,) = written(run(tmp_path, lambda r, s: [effect], [record(b"")], base=Held()), "live.dead")
    assert why in (reason or b"").decode()


def test_a_stateless_stage_has_no_state(tmp_path: Path) -> None:
    decision = run(tmp_path, lambda r, s: [Emit("out", b"k", s.get(b"k"))], [record(b"")])
    assert b"not stateful" in (written(decision, "live.dead")[0] or b"")


def test_what_follows_inherits_the_trace_unless_it_has_one(tmp_path: Path) -> None:
    own = ("traceparent", b"00-own")
    decision = run(tmp_path, lambda r, s: [Emit("out", b"k", b"1"), Emit("out", b"k", b"2", (own,))], [record(b"", (TRACE,))])
    ((_, records),) = decision.outputs.items()
    assert [headers for _, _, headers, _ in records] == [[TRACE], [own]]


def test_a_trace_that_fits_beside_no_output_does_not_keep_a_record_from_being_refused(tmp_path: Path) -> None:
    decision = run(tmp_path, lambda r, s: [Emit("elsewhere", b"k", b"v")], [record(b"", (("traceparent", b"x" * 2000),))])
    assert [headers for records in decision.outputs.values() for _, _, headers, _ in records] == [[]]


def test_a_hopeless_record_is_not_shown_to_the_stage(tmp_path: Path) -> None:
    decision = run(tmp_path, lambda r, s: pytest.fail("shown"), [record(b"")], hopeless=True)
    assert b"given up undecoded" in (written(decision, "live.dead")[0] or b"")


@pytest.mark.parametrize("error", [MemoryError(), OSError("disk"), StateUnavailable("disk")])
def test_what_is_no_fault_of_the_record_ends_the_worker(tmp_path: Path, error: BaseException) -> None:
    def fails(record: Record, state: State) -> Iterable[Effect]:
        raise error

    with pytest.raises(EngineError) as raised:
        run(tmp_path, fails, [record(b"")])
    assert not isinstance(raised.value, StageFails)


@pytest.mark.parametrize("error", [MemoryError(), OSError("value too large")])
def test_a_record_that_raises_what_it_may_not_be_guilty_of_is_found_by_trying_less_of_the_batch(tmp_path: Path, error: Exception) -> None:
    ends = 0

    def fails(given: Record, state: State) -> Iterable[Effect]:
        if given.value == b"poison":
            raise error
        return [Emit("out", b"", b"decided")]

    waiting = [record(b"fine")] * 5 + [record(b"poison")] + [record(b"fine")] * 100
    decided, letters, journal = 0, list[bytes | None](), Journal(tmp_path / "journal")
    while waiting:
        attempt = journal.plan(1_000 - len(waiting), len(waiting))
        try:
            decision = run(tmp_path, fails, waiting[: attempt.size], hopeless=attempt.hopeless, journal=journal)
        except StageFails:
            raise
        except EngineError:
            # The next process knows by the journal alone how it went.
            ends += 1
            journal.close()
            journal = Journal(tmp_path / "journal")
            continue
        journal.passed()
        decided += len(written(decision, "live.out"))
        letters += written(decision, "live.dead")
        del waiting[: attempt.size]
    assert (decided, len(letters), ends) == (105, 1, 7)
    assert b"given up undecoded" in (letters[0] or b"")


def test_an_error_that_is_not_the_records_is_not_held_against_it(tmp_path: Path) -> None:
    def fails(given: Record, state: State) -> Iterable[Effect]:
        raise StateUnavailable("disk")

    sizes: list[int] = []
    for _ in range(4):
        journal = Journal(tmp_path / "journal")
        attempt = journal.plan(17, 8)
        sizes.append(attempt.size)
        assert not attempt.hopeless
        with pytest.raises(StateUnavailable):
            run(tmp_path, fails, [record(b"")] * attempt.size, journal=journal)
        journal.close()
    assert sizes == [8] * 4


class Failing:
    """A local store whose disk fails."""

    def __init__(self, cause: Exception) -> None:
        self._cause = cause

    def get(self, key: bytes) -> bytes | None:
        raise StateUnavailable("local state cannot be read") from self._cause


@pytest.mark.parametrize("cause", [OSError("input/output error"), MemoryError(), Exception("Corruption: block checksum mismatch")])
def test_a_disk_that_fails_while_state_is_read_is_never_held_against_the_record(tmp_path: Path, cause: Exception) -> None:
    def reads(given: Record, state: State) -> Iterable[Effect]:
        try:
            return [Emit("out", b"", state.get(b"k"))]
        except Exception:  # as a careless stage may
            return [Emit("out", b"", b"guessed")]

    sizes: list[int] = []
    for _ in range(5):
        journal = Journal(tmp_path / "journal")
        attempt = journal.plan(17, 8)
        sizes.append(attempt.size)
        assert not attempt.hopeless
        with pytest.raises(StateUnavailable):
            run(tmp_path, reads, [record(b"")] * attempt.size, base=Failing(cause), journal=journal)
        journal.close()
    assert sizes == [8] * 5


def test_a_disk_that_is_full_keeps_no_refusal_from_being_counted_and_is_not_held_against_the_record(tmp_path: Path) -> None:
    def fails(*_: Any) -> Iterable[Effect]:
        raise KeyError

    # Nothing can be written where a file has the folder's place, whoever asks.
    (tmp_path / "full").write_bytes(b"")
    (tmp_path / "journal").mkdir()
    journal = Journal(tmp_path / "journal" / "p")
    attempt = journal.plan(17, 30)
    with pytest.raises(StageFails, match="more than 20 records were refused"):
        run(tmp_path, fails, [record(b"")] * 30, journal=journal, refusals=tmp_path / "full" / "refusals")
    journal.close()
    assert Journal(tmp_path / "journal" / "p").plan(17, 30) == attempt


@pytest.mark.parametrize("error", [MemoryError, OSError])
def test_a_record_that_cannot_even_be_given_up_parks_the_app(tmp_path: Path, error: type[Exception]) -> None:
    def exhausted(*_: Any) -> Iterable[Effect]:
        raise error

    with pytest.raises(StageFails, match=r"stage cannot refuse live\.in/3/17"):
        run(tmp_path, lambda r, s: [], [record(b"")], refuse=exhausted, hopeless=True)


def test_a_refusal_that_fails_parks_the_app_and_quotes_nothing(tmp_path: Path) -> None:
    def fails(*_: Any) -> Iterable[Effect]:
        raise KeyError("the report's own words")

    with pytest.raises(StageFails, match=r"stage cannot refuse live\.in/3/17: KeyError$"):
        run(tmp_path, fails, [record(b"")], refuse=fails)


def test_a_refusal_without_memory_ends_the_worker(tmp_path: Path) -> None:
    def fails(*_: Any) -> Iterable[Effect]:
        raise KeyError

    def exhausted(*_: Any) -> Iterable[Effect]:
        raise MemoryError

    with pytest.raises(EngineError, match="no fault of the record") as raised:
        run(tmp_path, fails, [record(b"")], refuse=exhausted)
    assert not isinstance(raised.value, StageFails)


def test_refusals_are_counted_by_who_sent_the_record(tmp_path: Path) -> None:
    def fails(*_: Any) -> Iterable[Effect]:
        raise KeyError

    of_one = [record(b"", (("from", b"one"),))] * 300
    of_two = [record(b"", (("from", b"two"),))] * 20
    sender = {"sender": lambda r: r.header("from")}
    decision = run(tmp_path, fails, [*of_one, *of_two], stage=sender)
    assert decision.refused == 320
    with pytest.raises(StageFails):
        run(tmp_path, fails, [*of_one, *of_two, of_two[0]], stage=sender)
    with pytest.raises(StageFails):
        run(tmp_path, fails, of_one[:21])


def test_a_batch_is_dropped_when_its_partition_goes(tmp_path: Path) -> None:
    import time

    shown: list[Record] = []

    def slow(record: Record, state: State) -> Iterable[Effect]:
        shown.append(record)
        time.sleep(0.03)
        return ()

    with pytest.raises(Released):
        run(tmp_path, slow, [record(b"")] * 3, released=lambda: bool(shown))
    assert len(shown) == 1

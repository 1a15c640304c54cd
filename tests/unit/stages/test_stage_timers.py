"""What time alone frees goes out by itself: embargoes and holds with an end, their timers, and every way in which these cross."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import CurrentReport, Due, Timer
from streams.engine.effects import Emit, Record
from streams.stages import deduplicate
from streams.stages.naming import utc
from streams.stages.timers import milliseconds
from streams.store.visibility import Viewer, facts, may_see
from tests.unit.stages.building import AT, Memory, decision, enriched, of, record, report, run, withdrawal

STAGE = deduplicate.stage()
KEY = b"TJ-DCA/2026-0117"
NEIGHBOUR = Viewer("b.serik", "KZ-KNB", "KZ", "officer")
EUROPOL = [{"partner": "EUROPOL", "hops": 1}]
SECOND = 1_000


def later(seconds: float) -> str:
    """RFC 3339, so many seconds after the first record."""
    return utc(AT + round(seconds * SECOND))


class Flow:
    """One report's stage, a clock that wakes it as the real one does, and whoever listens to what goes out."""

    def __init__(self) -> None:
        self.state = Memory()
        self.now = AT
        self.asked: dict[str, dict[str, Any]] = {}
        self.fired: list[dict[str, Any]] = []
        self.last: dict[str, Any] | None = None
        self.shown = False
        self.blocks: dict[str, bool] = {}
        self.partner: str | None = None
        self._offset = 1_000

    def arrives(self, given: Record) -> list[Emit]:
        """The record is decided at the time that it is now."""
        emits = run(STAGE, self.state, given._replace(at=self.now))
        for emit in emits:
            if emit.channel == "timers":
                assert emit.partition == given.partition
                if emit.value is None:
                    self.asked.pop(emit.key.decode(), None)
                else:
                    Timer.model_validate_json(emit.value)
                    self.asked[emit.key.decode()] = orjson.loads(emit.value)
        for change in of(emits, "reports.current"):
            CurrentReport.model_validate_json(orjson.dumps(change))
            if change["change"] != "history":
                self.last = change
        for item in of(emits, "feed"):
            self.shown = not item["change"]["withdrawn"] and may_see(NEIGHBOUR, facts(item["change"]), self.at)
        for sighting in of(emits, "sightings"):
            self.blocks[sighting["block"]] = not sighting["gone"]
        for candidate in of(emits, "bridges.candidates"):
            self.partner = candidate["act"]
        return emits

    def due(self, timer: dict[str, Any]) -> list[Emit]:
        """The clock's record about a timer."""
        self._offset += 1
        value = {"type": "due", "timer": timer["timer"], "name": timer["name"], "due": timer["due"]}
        Due.model_validate_json(orjson.dumps(value))
        return self.arrives(record(value, timer["inbox"], key=timer["key"].encode(), offset=self._offset))

    def pass_time(self, seconds: float) -> list[Emit]:
        """Time passes, and at its end the clock fires what is due, soonest first."""
        self.now += round(seconds * SECOND)
        emits = []
        while ready := [timer for timer in self.asked.values() if milliseconds(timer["due"]) <= self.now]:
            timer = min(ready, key=lambda timer: str(timer["due"]))
            del self.asked[timer["timer"]]
            self.fired.append(timer)
            emits += self.due(timer)
        return emits

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.now / SECOND, UTC)

    def visible(self) -> bool:
        """What `streams.store.visibility` says of what stands, at this moment."""
        return self.last is not None and not self.last["withdrawn"] and may_see(NEIGHBOUR, facts(self.last), self.at)

    def out(self) -> set[bool]:
        """What feed, links and bridges know: all of them the same."""
        return {self.shown, any(self.blocks.values()), self.partner == "release"}


def embargoed(revision: int = 1, until: float | None = 10, origin: int = 0, **more: Any) -> Record:
    if until is not None:
        more["embargo_until"] = later(until)
    return enriched(report(revision, tlp="GREEN", release=EUROPOL, **more), origin)


def test_an_embargo_that_passes_releases_by_itself_everywhere():
    flow = Flow()
    arrival = flow.arrives(embargoed())
    (timer,) = of(arrival, "timers")
    assert (timer["inbox"], timer["key"], timer["due"]) == ("reports.enriched", KEY.decode(), later(10))
    assert flow.pass_time(9.999) == []
    assert flow.out() == {False}
    emits = flow.pass_time(0.001)
    (change,) = of(emits, "reports.current")
    assert (change["change"], change["version"], change["late_ms"], change["hold"]) == ("released", 2, 0, None)
    assert change["report"] == of(arrival, "reports.current")[0]["report"]
    assert flow.out() == {True}
    assert of(emits, "receipts") == of(emits, "timers") == []


def test_a_hold_with_an_end_calls_back_and_lets_go_by_itself():
    flow = Flow()
    flow.arrives(embargoed(until=None))
    assert flow.out() == {True}
    flow.arrives(decision("hold", 1, until=later(5)))
    assert flow.out() == {False}
    emits = flow.pass_time(5)
    (change,) = of(emits, "reports.current")
    assert (change["change"], change["hold"]) == ("released", None)
    assert flow.out() == {True}
    assert flow.asked == {}


def test_what_is_not_kept_in_by_time_asks_for_nothing():
    for life in ([embargoed(until=None)], [embargoed(until=-1)], [embargoed(until=None), decision("hold", 1)], [enriched(withdrawal(2))]):
        flow = Flow()
        for arriving in life:
            assert of(flow.arrives(arriving), "timers") == []
        assert all(b'"t":' not in value.partition(b',"c":')[0] for value in flow.state.values.values())


def test_how_late_it_was_is_said():
    flow = Flow()
    flow.arrives(embargoed(until=10))
    (change,) = of(flow.pass_time(72.5), "reports.current")
    assert change["late_ms"] == 62_500


def test_the_later_of_embargo_and_hold_decides():
    flow = Flow()
    flow.arrives(embargoed(until=10))
    flow.arrives(decision("hold", 1, until=later(20)))
    assert [timer["due"] for timer in flow.asked.values()] == [later(20)]
    assert flow.pass_time(15) == []
    assert len(of(flow.pass_time(5), "reports.current")) == 1
    assert flow.out() == {True}


@pytest.mark.parametrize(
    ("crossing", "out"),
    [
        ([embargoed(2, until=None, origin=1)], True),
        ([embargoed(2, until=30, origin=1)], False),
        ([embargoed(2, until=5, origin=1)], True),
        ([enriched(withdrawal(2, tlp="GREEN"), 1)], False),
        ([decision("hold", 1)], False),
        ([enriched(withdrawal(2, tlp="GREEN"), 1), embargoed(3, until=30, origin=2)], False),
        ([decision("hold", 1), decision("release", 2)], True),
        ([decision("hold", 1, until=later(3)), decision("release", 2)], True),
        ([embargoed(1, until=10, origin=1)], True),
        ([embargoed(1, until=99, origin=1)], True),
    ],
    ids=[
        "dropped",
        "later",
        "sooner",
        "withdrawn",
        "held by name",
        "withdrawn and back",
        "held and released",
        "held for less",
        "again",
        "conflict",
    ],
)
def test_what_crosses_the_timer_before_it_runs_out_wins(crossing, out):
    flow = Flow()
    flow.arrives(embargoed(until=10))
    (first,) = flow.asked.values()
    for arriving in crossing:
        flow.arrives(arriving)
    still_asked = first["timer"] in flow.asked
    flow.pass_time(10)
    assert flow.out() == {out} == {flow.visible()}
    if not still_asked:
        assert flow.due(first) == [], "the old timer does nothing, though the clock was quicker than its end"
    flow.pass_time(1_000)
    assert flow.out() == {flow.visible()}


def test_a_timer_that_comes_again_does_nothing():
    flow = Flow()
    flow.arrives(embargoed())
    flow.pass_time(10)
    assert flow.due(flow.fired[0]) == []
    assert flow.arrives(embargoed()) == []


def test_a_timer_that_comes_too_early_by_the_broker_s_time_is_asked_for_again():
    flow = Flow()
    flow.arrives(embargoed())
    (timer,) = flow.asked.values()
    assert [emit.channel for emit in flow.due(timer)] == ["timers"]
    assert flow.asked == {timer["timer"]: timer}
    flow.pass_time(10)
    assert flow.out() == {True}


def test_a_timer_of_another_report_or_for_nobody_does_nothing():
    flow = Flow()
    flow.arrives(embargoed())
    (timer,) = flow.asked.values()
    flow.now += 60 * SECOND
    assert flow.due({**timer, "key": "TJ-DCA/unknown"}) == []
    assert flow.due({**timer, "timer": "2f3c2b1e-6f4e-5f3e-8a39-1b1c2d3e4f50"}) == []


def test_a_decision_after_the_end_releases_before_the_clock_does():
    flow = Flow()
    flow.arrives(embargoed(until=10))
    (timer,) = flow.asked.values()
    flow.now += 11 * SECOND
    flow.arrives(decision("hold", 1, until=later(5)))
    assert flow.out() == {True}
    assert flow.due(timer) == []


@pytest.mark.parametrize("instant", ["2026-11-22T00:00:00.0000001Z", "2026-11-22T00:00:00.001Z", "2026-11-22T05:00:00.000500+05:00"])
def test_an_instant_has_passed_at_its_milliseconds(instant):
    at = datetime.fromtimestamp(milliseconds(instant) / SECOND, UTC)
    assert 0 <= (at - datetime.fromisoformat(instant)).total_seconds() < 0.001


when = st.sampled_from([None, -1, 1, 2, 3, 4, 5])
steps = st.one_of(
    st.tuples(st.just("report"), st.integers(1, 6), when),
    st.tuples(st.just("withdraw"), st.integers(2, 6), st.none()),
    st.tuples(st.just("hold"), st.just(0), when),
    st.tuples(st.just("release"), st.just(0), st.none()),
    st.tuples(st.just("time"), st.integers(1, 3), st.none()),
    st.tuples(st.just("again"), st.integers(0, 9), st.none()),
    st.tuples(st.just("early"), st.integers(0, 9), st.none()),
    st.tuples(st.just("resent"), st.integers(0, 9), st.none()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=25))
def test_whatever_crosses_what_is_out_is_what_may_be_seen_at_that_moment(history):
    """Reports, decisions, timers, repetitions in any order: feed, links and bridges end where visibility ends, at every step."""
    flow = Flow()
    seen: list[Record] = []
    for origin, (act, number, until) in enumerate(history):
        offset = (flow.now - AT) / SECOND
        end = None if until is None else offset + until
        if act == "report":
            seen.append(embargoed(number, end, origin))
            flow.arrives(seen[-1])
        elif act == "withdraw":
            seen.append(enriched(withdrawal(number, tlp="GREEN"), origin))
            flow.arrives(seen[-1])
        elif act == "hold":
            flow.arrives(decision("hold", origin, until=None if end is None else later(end)))
        elif act == "release":
            flow.arrives(decision("release", origin))
        elif act == "time":
            flow.pass_time(number)
        elif act == "again" and flow.fired:
            assert of(flow.due(flow.fired[number % len(flow.fired)]), "reports.current") == []
        elif act == "early" and flow.asked:
            assert of(flow.due(list(flow.asked.values())[number % len(flow.asked)]), "reports.current") == []
        elif act == "resent" and seen:
            assert of(flow.arrives(seen[number % len(seen)]), "reports.current") == []
        if flow.last is not None:
            assert flow.out() == {flow.visible()}
        assert len(flow.asked) <= (flow.last is not None and not flow.last["withdrawn"]), "one timer, and none for what is withdrawn"
    flow.pass_time(100)
    assert flow.asked == {}
    if flow.last is not None:
        assert flow.out() == {flow.visible()}

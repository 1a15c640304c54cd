"""One report's life: every row of the table in docs/architecture.md, holds, routing, and properties over random histories."""

from base64 import b64decode
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.channels import BY_NAME
from schemas.links import Sighting
from schemas.receipts import DeadLetter, Receipt
from schemas.records import CurrentReport, FeedItem, ReleaseCandidate, Timer
from streams.engine.effects import Emit, Record
from streams.stages import deduplicate, naming
from tests.unit.stages.building import Memory, decision, enriched, identifier, of, report, run, withdrawal

STAGE = deduplicate.stage()
MODELS = {
    "reports.current": CurrentReport,
    "receipts": Receipt,
    "feed": FeedItem,
    "sightings": Sighting,
    "bridges.candidates": ReleaseCandidate,
    "reports.rejected": DeadLetter,
    "timers": Timer,
}


def life(*records: Record) -> list[list[Emit]]:
    """What each record emits, in one report's life; every value is checked against its published model."""
    state, all_emits = Memory(), []
    for arriving in records:
        emits = run(STAGE, state, arriving)
        for emit in emits:
            assert emit.channel in BY_NAME
            if emit.value is not None:
                MODELS[emit.channel].model_validate_json(emit.value)
        all_emits.append(emits)
    return all_emits


def changes(emits: list[Emit]) -> list[tuple[str, int, int]]:
    return [(current["change"], current["revision"], current["current_revision"]) for current in of(emits, "reports.current")]


def answers(emits: list[Emit]) -> list[tuple[str, int | None]]:
    return [(answer["status"], answer.get("stands")) for answer in of(emits, "receipts")]


def test_a_first_report_is_applied_and_accepted():
    (emits,) = life(enriched(report(), findings=[{"field": "place", "reason": "odd", "mend": None}]))
    assert changes(emits) == [("applied", 1, 1)]
    (answer,) = of(emits, "receipts")
    assert answer["status"] == "accepted"
    assert answer["findings"][0]["reason"] == "odd"
    assert answer["receipt"] == naming.receipt_uuid("live.seizures/0/0")
    assert [emit.partition for emit in emits if emit.channel in ("receipts", "feed")] == [0, 0]


def test_the_report_stands_in_the_output_as_it_was_sent():
    (emits,) = life(enriched(report(narrative='quoted: ,"report":{ and ,"enrichment":{', title="Каримов")))
    (current,) = of(emits, "reports.current")
    assert current["report"] == report(narrative='quoted: ,"report":{ and ,"enrichment":{', title="Каримов")


def test_the_same_origin_again_does_nothing():
    assert life(enriched(report(), 7), enriched(report(), 7))[1] == []


def test_the_same_content_again_is_a_duplicate_of_the_own_revision():
    _, emits = life(enriched(report(), 1), enriched(report(), 2))
    assert changes(emits) == []
    assert answers(emits) == [("duplicate", 1)]
    assert len(emits) == 1


def test_the_same_revision_with_other_content_is_refused_with_its_bytes():
    *_, emits = life(enriched(report(), 1), enriched(report(2), 2), enriched(report(title="other"), 3))
    (letter,) = of(emits, "reports.rejected")
    (answer,) = of(emits, "receipts")
    assert letter["problems"] == answer["problems"]
    assert answer["status"] == "rejected"
    assert answer["problems"][0]["field"] == "revision"
    assert "revision 3" in answer["problems"][0]["mend"]
    assert letter["origin"] == "live.seizures/0/3"
    assert orjson.loads(b64decode(letter["value_base64"])) == report(title="other")
    assert ["ce_id", "3"] in letter["headers"]


def test_a_higher_revision_applies_at_once_and_a_late_lower_one_is_history():
    _, higher, late = life(enriched(report(1), 1), enriched(report(5), 2), enriched(report(3), 3))
    assert changes(higher) == [("applied", 5, 5)]
    assert changes(late) == [("history", 3, 5)]
    assert answers(late) == [("superseded", 5)]
    assert {emit.channel for emit in late} == {"reports.current", "receipts"}


def test_a_withdrawal_of_an_unknown_report_leaves_a_tombstone():
    first, below, again = life(enriched(withdrawal(4), 1), enriched(report(2), 2), enriched(withdrawal(4), 3))
    assert changes(first) == [("withdrawn", 4, 4)]
    assert answers(first) == [("accepted", None)]
    assert changes(below) == [("history", 2, 4)]
    assert answers(below) == [("superseded", 4)]
    assert answers(again) == [("duplicate", 4)]


def test_who_could_see_a_report_sees_that_it_is_withdrawn():
    seen = enriched(report(1), 1, countries=["KZ", "TJ", "UZ"])
    _, gone, again, back = life(
        seen, enriched(withdrawal(2), 2, countries=["TJ"]), enriched(withdrawal(3), 3, countries=["TJ"]), enriched(report(4), 4)
    )
    for emits in (gone, again):
        (current,) = of(emits, "reports.current")
        assert current["enrichment"]["countries"] == ["KZ", "TJ", "UZ"]
        assert current["report"]["kind"] == "withdrawal"
    assert of(back, "reports.current")[0]["enrichment"]["countries"] == ["TJ"]


def test_who_could_not_see_a_held_report_does_not_hear_of_its_withdrawal():
    *_, gone = life(
        decision("hold", 1),
        enriched(report(1), 2, countries=["KZ", "TJ"]),
        decision("release", 4),
        enriched(withdrawal(2), 5, countries=["TJ"]),
    )
    assert of(gone, "reports.current")[0]["enrichment"]["countries"] == ["KZ", "TJ"]
    *_, gone = life(decision("hold", 1), enriched(report(1), 2, countries=["KZ", "TJ"]), enriched(withdrawal(2), 5, countries=["TJ"]))
    assert of(gone, "reports.current")[0]["enrichment"]["countries"] == ["TJ"]


def test_a_higher_revision_reinstates_after_a_withdrawal():
    _, gone, back = life(enriched(report(1), 1), enriched(withdrawal(2), 2), enriched(report(3), 3))
    assert [current["withdrawn"] for current in of(gone, "reports.current")] == [True]
    assert of(gone, "reports.current")[0]["kind"] == "seizure"
    assert changes(back) == [("applied", 3, 3)]
    assert of(back, "reports.current")[0]["withdrawn"] is False


def test_version_counts_every_change():
    emits = life(
        enriched(report(1), 1),
        enriched(report(1), 2),
        enriched(report(3), 3),
        enriched(report(2), 4),
        decision("hold", 5),
        decision("release", 6),
    )
    assert [current["version"] for step in emits for current in of(step, "reports.current")] == [1, 2, 3, 4, 5]


def test_a_hold_calls_back_what_was_out_and_a_release_sends_it_out():
    out, hold, release = life(enriched(report(release=[{"partner": "EUROPOL", "hops": 2}]), 1), decision("hold", 2), decision("release", 3))
    assert changes(hold) == [("held", 1, 1)]
    (item,) = of(hold, "feed")
    assert item["change"]["hold"]["by"] == "c.duty"
    assert item["before"] == {
        "report": {"handling": {"originator": "TJ-DCA", "tlp": "AMBER"}},
        "enrichment": {"countries": ["TJ"]},
        "hold": None,
    }
    assert [sighting["gone"] for sighting in of(hold, "sightings")] == [True] * len(of(out, "sightings"))
    assert of(hold, "sightings")[0]["fingerprint"]["substances"] == []
    assert [(candidate["act"], candidate["change"]) for candidate in of(hold, "bridges.candidates")] == [("recall", None)]
    assert changes(release) == [("released", 1, 1)]
    assert len(of(release, "feed")) == 1
    assert "before" not in of(release, "feed")[0]
    assert [sighting["gone"] for sighting in of(release, "sightings")] == [False] * len(of(out, "sightings"))
    assert [(candidate["act"], candidate["hops"]) for candidate in of(release, "bridges.candidates")] == [("release", 2)]
    assert of(hold, "receipts") == of(release, "receipts") == []


def test_while_held_revisions_are_accepted_and_nothing_goes_out():
    for first in (enriched(report(1), 1), decision("hold", 0)):
        *_, revised, withdrawn = life(first, decision("hold", 2), enriched(report(2), 3), enriched(withdrawal(3), 4))
        for emits in (revised, withdrawn):
            assert answers(emits) == [("accepted", None)]
            assert {emit.channel for emit in emits} == {"reports.current", "receipts"}


def test_a_hold_before_the_report_holds_it():
    early, arrival, release = life(decision("hold", 1), enriched(report(), 2), decision("release", 3))
    assert early == []
    assert of(arrival, "reports.current")[0]["hold"]["reason"] == "a source"
    assert of(arrival, "feed") == []
    assert len(of(release, "feed")) == 1


def test_a_decision_seen_again_does_nothing():
    *_, again, older = life(enriched(report(), 1), decision("hold", 2), decision("release", 3), decision("release", 3), decision("hold", 2))
    assert again == older == []


def test_a_release_of_what_is_not_held_does_nothing():
    assert life(enriched(report(), 1), decision("release", 2))[1] == []


@pytest.mark.parametrize(("embargo", "out"), [("2026-11-23T00:00:00Z", False), ("2026-11-21T00:00:00Z", True)])
def test_an_embargo_holds_until_its_time(embargo, out):
    (emits,) = life(enriched(report(embargo_until=embargo)))
    assert answers(emits) == [("accepted", None)]
    assert bool(of(emits, "feed")) is out
    assert bool(of(emits, "sightings")) is out


def test_a_release_does_not_lift_the_originators_embargo():
    *_, release = life(enriched(report(embargo_until="2027-01-01T00:00:00Z"), 1), decision("hold", 2), decision("release", 3))
    assert changes(release) == [("released", 1, 1)]
    assert of(release, "feed") == []


def test_a_hold_with_an_end_no_longer_holds_after_it():
    _, arrival = life(decision("hold", 1, until="2026-11-21T00:00:00Z"), enriched(report(), 2))
    assert len(of(arrival, "feed")) == 1


def test_a_revision_that_drops_a_rule_recalls():
    first, second = life(
        enriched(report(1, release=[{"partner": "EUROPOL"}, {"partner": "SELEC", "hops": 3}]), 1),
        enriched(report(2, release=[{"partner": "SELEC", "hops": 2}]), 2),
    )
    assert sorted((c["partner"], c["hops"], c["act"]) for c in of(first, "bridges.candidates")) == [
        ("EUROPOL", 1, "release"),
        ("SELEC", 3, "release"),
    ]
    assert sorted((c["partner"], c["hops"], c["act"]) for c in of(second, "bridges.candidates")) == [
        ("EUROPOL", 1, "recall"),
        ("SELEC", 2, "release"),
    ]


@pytest.mark.parametrize("second", [withdrawal(2), report(2, tlp="RED", release=[{"partner": "EUROPOL"}], recipients=["KZ-KNB"])])
def test_withdrawing_and_raising_to_red_pull_back_from_partners_links_and_feeds(second):
    first, pulled = life(enriched(report(1, release=[{"partner": "EUROPOL"}]), 1), enriched(second, 2))
    assert [c["act"] for c in of(pulled, "bridges.candidates")] == ["recall"]
    assert len(of(first, "sightings")) > 0
    assert all(sighting["gone"] for sighting in of(pulled, "sightings"))
    assert of(pulled, "feed")[0]["before"]["report"]["handling"]["tlp"] == "AMBER"


def test_red_reports_are_never_matched_or_released():
    (emits,) = life(enriched(report(tlp="RED", release=[{"partner": "EUROPOL"}]), identifiers=[identifier("container:MSKU1234565")]))
    assert of(emits, "sightings") == of(emits, "bridges.candidates") == []
    assert len(of(emits, "feed")) == 1


def test_blocks_that_a_revision_leaves_hear_of_it_and_of_what_follows():
    first, second, third = life(
        enriched(report(1), 1, identifiers=[identifier("container:MSKU1234565")]),
        enriched(report(2), 2, identifiers=[identifier("container:CSQU3054383")]),
        enriched(report(3), 3),
    )
    blocks = [{s["block"]: s["gone"] for s in of(step, "sightings") if s["block"].startswith("id:")} for step in (first, second, third)]
    assert blocks[0] == {"id:container:MSKU1234565": False}
    assert blocks[1] == {"id:container:MSKU1234565": True, "id:container:CSQU3054383": False}
    assert blocks[2] == {"id:container:MSKU1234565": True, "id:container:CSQU3054383": True}


def test_only_seizures_are_matched():
    sent = {**report(), "kind": "intelligence", "summary": "x"}
    (emits,) = life(enriched(sent, substances=[{"field": "substances[0].name", "slug": "heroin", "kg": None}]))
    assert of(emits, "sightings") == []


def test_a_large_report_with_thousands_of_revisions_keeps_every_one_in_bounded_state():
    state = Memory()
    for revision in range(1, 3_001):
        sent = report(revision, narrative="x" * 200_000) if revision in (50, 2_000) else report(revision)
        assert answers(run(STAGE, state, enriched(sent, revision))) == [("accepted", None)]
    for revision in (1, 126, 127, 128, 129, 255, 256, 2_999, 3_000):
        assert answers(run(STAGE, state, enriched(report(revision), 10_000 + revision))) == [("duplicate", revision)]
        (answer,) = of(run(STAGE, state, enriched(report(revision, title="other"), 20_000 + revision)), "receipts")
        assert answer["status"] == "rejected"
    assert not any(b"#c" in key for key in state.values), "the pieces of a large revision are forgotten with it"


def test_a_large_report_that_stands_comes_back_whole_on_release():
    sent = report(narrative="ы" * 20_000, title='"c":')
    *_, release = life(enriched(sent, 1), decision("hold", 2, reason=',"c":{'), decision("release", 3))
    assert of(release, "reports.current")[0]["report"] == sent


def test_a_poison_record_gives_its_sender_a_receipt_for_the_raw_record():
    poisoned = list(STAGE.refuse(enriched(report(), 9), "ValueError: secret of the centre"))
    (letter,) = of(poisoned, "reports.rejected")
    (answer,) = of(poisoned, "receipts")
    assert answer["origin"] == letter["origin"] == "live.seizures/0/9"
    assert b"secret" not in orjson.dumps(answer)
    DeadLetter.model_validate_json(orjson.dumps(letter))
    Receipt.model_validate_json(orjson.dumps(answer))


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b"{}", b'{"type":"report","sender":3}', decision("hold", 1).value])
def test_any_record_can_be_refused(value):
    record = enriched(report(), 9)
    emits = list(STAGE.refuse(Record(record.channel, record.topic, 0, 1, None, value, (), record.at), "why"))
    assert [emit.channel for emit in emits] == ["reports.rejected"]


def test_the_second_agency_s_receipt_is_the_same_with_and_without_the_first_agency_s_report():
    """Leak rule 2: all bytes of all receipts, and everything else that follows from the second report but matching."""
    shared: dict[str, Any] = {"identifiers": [identifier("container:MSKU1234565")]}
    state, alone = Memory(), Memory()
    run(STAGE, state, enriched(report(originator="TJ-DCA"), 1, **shared))
    second = enriched(report(originator="UZ-CUS", report_id="77"), 2, **shared)
    assert run(STAGE, state, second) == run(STAGE, alone, second)


# --- properties -------------------------------------------------------------------------------------------------------------


class Model:
    """The table, as plainly as it can be said: revisions by number, the highest stands."""

    def __init__(self) -> None:
        self.revisions: dict[int, tuple[bytes, int]] = {}

    def answer(self, revision: int, digest: bytes, origin: int) -> str | None:
        if revision in self.revisions:
            kept, first = self.revisions[revision]
            if first == origin:
                return None
            return "duplicate" if kept == digest else "rejected"
        late = revision < max(self.revisions, default=0)
        self.revisions[revision] = (digest, origin)
        return "superseded" if late else "accepted"


def content(revision: int, withdrawn: bool, variant: int) -> dict[str, Any]:
    return withdrawal(revision) if withdrawn else report(revision, title=f"variant {variant}")


sent = st.builds(content, st.sampled_from([2, 3, 4, 127, 128, 129, 300]), st.booleans(), st.integers(0, 1))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(sent, st.integers(0, 12)), max_size=25))
def test_any_history_is_answered_as_the_plain_model_answers(history):
    state, model = Memory(), Model()
    origins: dict[int, dict[str, Any]] = {}
    for fresh, origin in history:
        one = origins.setdefault(origin, fresh)  # an origin names one record for ever
        emits = run(STAGE, state, enriched(one, origin))
        expected = model.answer(one["revision"], orjson.dumps(one), origin)
        statuses = [answer["status"] for answer in of(emits, "receipts")]
        assert statuses == ([] if expected is None else [expected])
        if expected in ("accepted", "superseded"):
            (current,) = of(emits, "reports.current")
            assert current["current_revision"] == max(model.revisions)


def end_state(records: list[Record]) -> tuple[Any, Any, list[int]]:
    state = Memory()
    emits = [emit for arriving in records for emit in run(STAGE, state, arriving)]
    currents = of(emits, "reports.current")
    standing = [current for current in currents if current["change"] != "history"][-1]
    accepted = [current["revision"] for current in currents]
    assert len(set(accepted)) == len(accepted)
    return standing["report"], standing["withdrawn"], sorted(accepted)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_end_state_does_not_depend_on_order_or_repetition(data):
    revisions = data.draw(st.sets(st.sampled_from([2, 3, 4, 5, 127, 128, 400]), min_size=1))
    contents = [content(revision, data.draw(st.booleans()), 0) for revision in sorted(revisions)]
    sent_once = [enriched(one, place) for place, one in enumerate(contents)]
    again = data.draw(st.lists(st.sampled_from(range(len(contents))), max_size=6))
    resent = [enriched(contents[place], 100 + number) for number, place in enumerate(again)]
    redelivered = [sent_once[place] for place in again]
    shuffled = data.draw(st.permutations([*sent_once, *resent, *redelivered]))
    assert end_state(sent_once) == end_state(shuffled)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["hold", "release", "revise", "withdraw", "red"]), st.integers(2, 6)), max_size=20))
def test_what_is_out_is_what_stands_unless_held_withdrawn_or_red(history):
    """Follow feeds, blocks and partners by what is emitted alone: they end where the rules say."""
    state = Memory()
    known: dict[int, dict[str, Any]] = {}
    is_held = False
    visible, blocks, partners = False, dict[str, bool](), dict[str, str]()
    for origin, (act, revision) in enumerate(history):
        if act in ("hold", "release"):
            is_held = act == "hold"
            emits = run(STAGE, state, decision(act, origin))
        else:
            fresh = (
                withdrawal(revision)
                if act == "withdraw"
                else report(revision, tlp="RED" if act == "red" else "GREEN", release=[{"partner": "EUROPOL"}])
            )
            known.setdefault(revision, fresh)
            emits = run(STAGE, state, enriched(fresh, origin))
        for item in of(emits, "feed"):
            visible = not item["change"]["hold"] and not item["change"]["withdrawn"]
        for sighting in of(emits, "sightings"):
            blocks[sighting["block"]] = not sighting["gone"]
        for candidate in of(emits, "bridges.candidates"):
            partners[candidate["partner"]] = candidate["act"]
    standing = known[max(known)] if known else None
    out = standing is not None and standing["kind"] != "withdrawal" and not is_held
    red = standing is not None and standing["handling"]["tlp"] == "RED"
    assert visible is out
    assert any(blocks.values()) is (out and not red)
    assert (partners.get("EUROPOL") == "release") is (out and not red)

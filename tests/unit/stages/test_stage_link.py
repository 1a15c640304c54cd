"""The same seizure from two agencies: which pairs are proposed, why, and that the end does not depend on the order of arrival."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.identity import proposal_uuid
from schemas.links import IncidentProposal, Sighting
from schemas.records import FeedItem
from streams.engine.effects import Emit
from streams.stages import deduplicate, link
from streams.stages.fingerprint import blocks, fingerprint
from tests.unit.stages.building import Memory, decision, enriched, identifier, of, record, report, run, withdrawal

LINKS, REPORTS = link.stage(), deduplicate.stage()


def sighted(sent: dict[str, Any], **enrichment: Any) -> dict[str, Any]:
    item = orjson.loads(enriched(sent, **enrichment).value or b"")
    found = fingerprint(item, 1)
    assert found is not None
    return orjson.loads(orjson.dumps(found))


def pair(first: dict[str, Any] | None = None, second: dict[str, Any] | None = None, **both: Any) -> list[tuple[str, float]]:
    """The verdict on two reports of two agencies, each plain but for what is given: `occurred`, or enrichment."""
    made = []
    for agency, more in (("TJ-DCA", first or {}), ("UZ-CUS", second or {})):
        more = {**both, **more}
        sent = report(originator=agency, **{name: more.pop(name) for name in ("occurred",) if name in more})
        made.append(sighted(sent, **more))
    reasons = link.verdict(*made)
    assert link.verdict(*reversed(made)) == reasons
    assert bool(reasons) <= bool(set(blocks(made[0])) & set(blocks(made[1]))), "what is proposed shares a block"
    return reasons


def substance(kg: str | None, slug: str = "heroin") -> dict[str, Any]:
    return {"substances": [{"field": "substances[0].name", "slug": slug, "kg": kg}]}


def place(**more: Any) -> dict[str, Any]:
    return {"place": {"country": "TJ", "basis": "crossing", "name": None, "lat": None, "lon": None, "accuracy_m": None, **more}}


CONTAINER = {"identifiers": [identifier("container:MSKU1234565")]}
FAR_AWAY = {**place(country="KZ", name="Almaty"), **substance("500", "cannabis-resin")}


def test_same_time_place_and_amount():
    reasons = pair()
    assert [reason for reason, _ in reasons] == ["heroin: 12.48 kg and 12.48 kg", "at the same place", "in TJ, at the same time"]


@pytest.mark.parametrize(
    ("second", "proposed"),
    [
        (substance("13.7"), True),
        (substance("14.0"), False),
        (substance("12.48", "opium"), False),
        (substance(None), False),
        ({"occurred": "2026-03-19T16:29:00+05:00"}, True),
        ({"occurred": "2026-03-19T16:31:00+05:00"}, False),
        ({"occurred": "2026-03-19"}, True),
        ({"occurred": "2026-03-21"}, False),
        ({"occurred": "2026-03"}, False),
        (place(name="Other", lat=37.3, lon=68.7), True),
        (place(name="Other", lat=37.6, lon=68.6), False),
        (place(name="Other", lat=37.6, lon=68.6, accuracy_m=24_000.0), True),
        (place(name="Other", lat=37.2, lon=68.6, accuracy_m=300_000.0), False),
        (place(name="Other"), False),
        (place(name="PANJI  poyon"), True),
        (place(country="UZ", name="Panji Poyon"), False),
        (place(kind="country", name="Tajikistan", lat=37.2, lon=68.6), False),
    ],
)
def test_time_place_and_amount_bounds(second, proposed):
    assert bool(pair(None, second)) is proposed


def test_without_weights_only_the_same_place_will_do():
    assert pair(**substance(None))
    assert not pair(place(name="One", lat=37.2, lon=68.6), place(name="Two", lat=37.3, lon=68.6), **substance(None))


def test_a_strong_identifier_is_enough_within_two_weeks():
    (reason,) = pair(None, {**FAR_AWAY, "occurred": "2026-03-30"}, **CONTAINER)
    assert reason == ("same container MSKU1234565", 0.9)
    assert not pair(None, {**FAR_AWAY, "occurred": "2026-04-30"}, **CONTAINER)
    assert not pair(None, FAR_AWAY, identifiers=[identifier("phone:+992935550142", strong=False)])


def test_one_agency_s_own_reports_are_never_proposed():
    assert link.verdict(sighted(report()), sighted(report(report_id="other"))) == []


class Centre:
    """Reports stage and links stage, one after the other; sightings may be held back by block, as partitions are read independently."""

    def __init__(self) -> None:
        self.reports, self.links = Memory(), Memory()
        self.waiting: dict[bytes, list[Emit]] = {}
        self.proposals: list[dict[str, Any]] = []
        self.offset = 0

    def publish(self, *arriving: Any) -> None:
        for one in arriving:
            for emit in run(REPORTS, self.reports, one):
                if emit.channel == "sightings":
                    self.waiting.setdefault(emit.key, []).append(emit)

    def match(self, block: bytes) -> None:
        emit = self.waiting[block].pop(0)
        if not self.waiting[block]:
            del self.waiting[block]
        Sighting.model_validate_json(emit.value or b"")
        emits = run(LINKS, self.links, record(emit.value, "sightings", key=emit.key, offset=self.offset))
        self.offset += 1
        for feed in of(emits, "feed"):
            FeedItem.model_validate(feed)
            assert feed["type"] == "incident"
        for proposal in of(emits, "incidents"):
            IncidentProposal.model_validate_json(orjson.dumps(proposal))
            self.proposals.append(proposal)

    def match_all(self) -> None:
        while self.waiting:
            self.match(next(iter(self.waiting)))

    def standing(self) -> dict[str, dict[str, Any]]:
        """What a sink that keeps the highest order ends with."""
        kept: dict[str, dict[str, Any]] = {}
        for proposal in self.proposals:
            if proposal["order"] >= kept.get(proposal["proposal"], proposal)["order"]:
                kept[proposal["proposal"]] = proposal
        return kept


def test_a_proposal_is_announced_once_however_many_blocks_two_reports_share():
    centre = Centre()
    centre.publish(enriched(report(), 1, **CONTAINER), enriched(report(originator="UZ-CUS"), 2, **CONTAINER))
    centre.match_all()
    (proposal,) = centre.proposals
    assert proposal["status"] == "proposed"
    assert proposal["score"] > 0.9
    assert proposal["order"] == 2
    assert proposal["proposal"] == str(proposal_uuid(proposal["first"], proposal["second"]))


@pytest.mark.parametrize(
    "after",
    [
        enriched(withdrawal(2), 3),
        decision("hold", 3),
        enriched(report(2, tlp="RED"), 3),
        enriched(report(2, match_mode="never"), 3),
        enriched(report(2, occurred="2026-09-01"), 3),
    ],
    ids=["withdrawn", "held", "red", "never", "revised"],
)
def test_a_proposal_falls_with_a_report(after):
    centre = Centre()
    centre.publish(enriched(report(), 1), enriched(report(originator="UZ-CUS"), 2), after)
    centre.match_all()
    (standing,) = centre.standing().values()
    assert standing["status"] == "withdrawn"


def test_a_release_proposes_again():
    centre = Centre()
    centre.publish(enriched(report(), 1), enriched(report(originator="UZ-CUS"), 2), decision("hold", 3), decision("release", 4))
    centre.match_all()
    (standing,) = centre.standing().values()
    assert standing["status"] == "proposed"


# Leak rule 2: with it and without it, whoever is shown proposals is shown the same, by the byte.
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_its_originator_says_is_never_to_be_matched_changes_nothing(place):
    others = [enriched(report(), 1, **CONTAINER), enriched(report(originator="UZ-CUS"), 2, **CONTAINER)]
    kept_back = enriched(report(originator="KZ-KNB", match_mode="never"), 3, **CONTAINER)
    proposals = []
    for arriving in (others, [*others[:place], kept_back, *others[place:]]):
        centre = Centre()
        centre.publish(*arriving)
        centre.match_all()
        proposals.append(orjson.dumps(centre.proposals))
    assert proposals[0] == proposals[1]
    assert len(orjson.loads(proposals[0])) == 1


def test_who_no_longer_says_never_is_matched():
    centre = Centre()
    centre.publish(enriched(report(match_mode="never"), 1), enriched(report(originator="UZ-CUS"), 2))
    centre.match_all()
    assert centre.proposals == []
    centre.publish(enriched(report(2, match_mode="mutual"), 3))
    centre.match_all()
    assert [proposal["status"] for proposal in centre.proposals] == ["proposed"]


def test_a_mode_of_a_later_language_keeps_a_report_out():
    (first,) = [run(REPORTS, Memory(), enriched(report(match_mode="ask the moon")))]
    assert of(first, "sightings") == []
    assert len(of(first, "reports.current")) == 1


def test_a_block_keeps_the_newest_two_hundred():
    state, emits = Memory(), []
    for number in range(250):
        found = {**sighted(report(originator="TJ-DCA", report_id=f"r{number}"), **CONTAINER), "strong": ["container:MSKU1234565"]}
        value = {"block": "id:container:MSKU1234565", "fingerprint": found, "gone": False}
        emits += run(LINKS, state, record(value, "sightings", key=b"id:container:MSKU1234565", offset=number))
    assert emits == []
    assert len(state.values) == 201
    found = sighted(report(originator="UZ-CUS"), **CONTAINER)
    value = {"block": "id:container:MSKU1234565", "fingerprint": found, "gone": False}
    assert len(of(run(LINKS, state, record(value, "sightings", key=b"id:container:MSKU1234565")), "incidents")) == 200


def test_a_poison_sighting_answers_no_agency():
    emits = list(LINKS.refuse(record(b"{", "sightings", key=b"x"), "broken"))
    assert [emit.channel for emit in emits] == ["reports.rejected"]
    assert of(emits, "reports.rejected")[0]["agency"] is None


AGENCIES = ["TJ-DCA", "UZ-CUS", "KZ-KNB"]
step = st.tuples(
    st.sampled_from(AGENCIES),
    st.sampled_from(["report", "hold", "release", "withdraw", "red", "never"]),
    st.sampled_from(["2026-03-18", "2026-03-19", "2026-03-21", "2026-06-01"]),
    st.sampled_from([[], ["container:MSKU1234565"], ["container:CSQU3054383"], ["vin:X"]]),
    st.sampled_from(["12", "12.5", "40"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(step, max_size=14), st.data())
def test_what_stands_at_the_end_does_not_depend_on_the_order_of_blocks_and_reports(history, data):
    """Each block is read in its own order and pace; at the end, exactly the pairs that match as they now are stand proposed."""
    per_agency: dict[str, list[Any]] = {}
    for number, (agency, act, day, strong, kg) in enumerate(history):
        steps = per_agency.setdefault(agency, [])
        revision = len(steps) + 2
        if act in ("hold", "release"):
            steps.append(decision(act, number, originator=agency))
        elif act == "withdraw":
            steps.append(enriched(withdrawal(revision, originator=agency), number))
        else:
            more = {"match_mode": "never"} if act == "never" else {}
            sent = report(revision, originator=agency, occurred=day, tlp="RED" if act == "red" else "GREEN", **more)
            steps.append(enriched(sent, number, identifiers=[identifier(key) for key in strong], **substance(kg)))
    centre = Centre()
    last: dict[str, dict[str, Any]] = {}
    queues = {agency: list(steps) for agency, steps in per_agency.items()}
    while queues or centre.waiting:
        choice = data.draw(st.sampled_from([*sorted(queues), *sorted(centre.waiting)]))
        if isinstance(choice, bytes):
            centre.match(choice)
            continue
        before = {block: list(emits) for block, emits in centre.waiting.items()}
        centre.publish(queues[choice].pop(0))
        for block, emits in centre.waiting.items():
            for emit in emits[len(before.get(block, [])) :]:
                last[choice] = orjson.loads(emit.value or b"")["fingerprint"]
        if not queues[choice]:
            del queues[choice]
    expected = {
        str(proposal_uuid(one["report"], other["report"])) for one in last.values() for other in last.values() if link.verdict(one, other)
    }
    standing = centre.standing()
    assert {uuid for uuid, proposal in standing.items() if proposal["status"] == "proposed"} == expected
    announced = [(proposal["proposal"], proposal["order"]) for proposal in centre.proposals if proposal["status"] == "proposed"]
    assert len(set(announced)) == len(announced)

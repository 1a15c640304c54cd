"""The after-action report: gaps and entries by voice are marked, and a changed timeline does not pass for the recorded one."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from schemas.deliveries import GUARD_CHAIN
from streams.store.aftermath import aftermath, links, verdict
from streams.store.rooms import may_hear, snapshot_for
from streams.store.visibility import Viewer
from tests.delivery_cases import DUTY, LEAD
from tests.delivery_cases import FOLLOWER as RECEIVER
from tests.unit.deliveries.office import CENTRE, DELIVERY, Office

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FOLLOWER = "TJ-DCA/n.rahimov"


def report(office: Office, viewer: Viewer = LEAD) -> dict[str, Any]:
    events = [event | {"seq": number} for number, event in enumerate(office.events, 1) if may_hear(viewer, event["audience"])]
    return aftermath(snapshot_for(viewer, office.board), None, events, viewer.person, NOW)


def test_silence_is_a_gap_from_when_word_was_due_to_the_next_word() -> None:
    office = Office().running(2)
    office.must(FOLLOWER, "check_in", eyes_on=True)
    silent = office.now
    office.pass_minutes(20)
    office.must(FOLLOWER, "check_in", eyes_on=True)
    (gap,) = report(office)["gaps"]
    assert (gap["part"], gap["kind"], gap["ended_by"]) == ("A", "contact_lost", "check_in")
    assert (datetime.fromisoformat(gap["since"]) - silent).total_seconds() == 15 * 60
    assert datetime.fromisoformat(gap["until"]) == office.now


def test_what_was_queued_before_the_silence_does_not_end_it() -> None:
    office = Office().running(2)
    at = office.now.isoformat()
    office.pass_minutes(20)
    office.must(FOLLOWER, "check_in", eyes_on=True, at=at, sent=office.now.isoformat())
    (gap,) = report(office)["gaps"]
    assert gap["until"] is None
    assert office.part()["state"] == "CONTACT_LOST"


def test_lost_control_is_a_gap_until_it_is_regained() -> None:
    office = Office().running(2)
    office.must(FOLLOWER, "control_lost", reason="потеряли в потоке")
    office.must(FOLLOWER, "check_in", eyes_on=False)
    assert [gap["until"] for gap in report(office)["gaps"]] == [None]
    office.pass_minutes(7)
    weighed = [{"substance": "heroin", "kg": "24", "uncertainty_kg": "0.05"}]
    office.must(FOLLOWER, "regained", country="TJ", eyes_on=True, seals_intact=True, weighed=weighed)
    (gap,) = report(office)["gaps"]
    assert (gap["kind"], gap["ended_by"]) == ("control_lost", "regained")
    assert (datetime.fromisoformat(gap["until"]) - datetime.fromisoformat(gap["since"])).total_seconds() == 7 * 60


def test_a_declared_shadow_is_shown_as_one() -> None:
    office = Office().running(2)
    office.must(FOLLOWER, "radio_shadow", minutes=45)
    (gap,) = report(office)["gaps"]
    assert gap["kind"] == "radio_shadow"
    assert (datetime.fromisoformat(gap["until"]) - datetime.fromisoformat(gap["since"])).total_seconds() == 45 * 60


def test_entries_by_voice_are_marked_with_the_officers_word() -> None:
    office = Office().running(2)
    voice = {"agency": "KG-SCNBC", "person": "t.eam", "means": "radio", "code_word_checked": True}
    entries = [office.must(f"{CENTRE}/d.duty", "check_in", eyes_on=True, by_voice=voice)["act"] for _ in range(3)]
    office.must("KG-SCNBC/t.eam", "voice_confirmed", entry=entries[0], agrees=True)
    office.must("KG-SCNBC/t.eam", "voice_confirmed", entry=entries[1], agrees=False)
    found = report(office)
    assert [(one["act"], one["voice"]) for one in found["entries_by_voice"]] == list(
        zip(entries, ("confirmed", "disputed", "unconfirmed"), strict=True)
    )
    assert {line["voice"] for line in found["timeline"] if line["kind"] == "start"} == {None}


def test_the_chain_holds_and_every_change_breaks_it() -> None:
    office = Office().running(2)
    office.must(FOLLOWER, "check_in", eyes_on=True, duress=True)
    office.must(FOLLOWER, "check_in", eyes_on=True)
    found = report(office)
    room = [event for event in office.events if event["audience"] is None]
    assert found["chain"] == {"verdict": "intact", "events": len(room), "hash": office.board["hash"]}
    assert "restricted_chain" not in found
    assert report(office, DUTY)["restricted_chain"]["verdict"] == "intact"
    for at in range(len(room)):
        left_out = room[:at] + room[at + 1 :]
        expected = "incomplete" if at == len(room) - 1 else "broken"
        assert verdict(left_out, office.board["events"], office.board["hash"])["verdict"] == expected
        changed = [*room[:at], room[at] | {"what": {"forged": True}}, *room[at + 1 :]]
        assert verdict(changed, office.board["events"], office.board["hash"]) == {
            "verdict": "broken", "at": at + 1, "reason": "the event is not as it was recorded",
        }  # fmt: skip


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_another_chain_than_the_one_that_the_delivery_stands_on_is_broken(digest: str) -> None:
    office = Office().running(2)
    assert verdict(office.events, office.board["events"], digest)["verdict"] == "broken"


def met(office: Office, report: str) -> None:
    """The guard says that a report met what is under watch."""
    on, handling = [{"kind": "container", "how": "number"}], {"originator": "UZ-SCC", "tlp": "RED"}
    said = {"report": report, "revision": 1, "held": True, "on": on, "handling": handling, "countries": ["UZ"], "closed": False}
    office.take({"type": "match", "delivery": DELIVERY, **said, "at": office.now.isoformat()})


def test_who_came_into_control_later_is_not_told_that_the_guards_chain_is_broken() -> None:
    office = Office().running(2)
    met(office, "UZ-SCC/R-1")
    before = sum(event["number"] > GUARD_CHAIN for event in office.events)
    offer = office.offer()
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=str(offer), eyes_on=True)
    met(office, "UZ-SCC/R-2")
    met(office, "UZ-SCC/R-3")
    assert report(office)["guard_chain"]["verdict"] == "intact", "the lead heard all of it"
    guard = [event for event in office.events if event["number"] > GUARD_CHAIN]
    heard = guard[before:]
    expected = {"verdict": "in_part", "events": len(heard), "first": before + 1, "hash": heard[-1]["hash"]}
    assert report(office, RECEIVER)["guard_chain"] == expected
    assert len(heard) > 2
    for at in range(len(heard)):
        changed = [*heard[:at], heard[at] | {"what": {"forged": True}}, *heard[at + 1 :]]
        assert links(changed, after=GUARD_CHAIN)["at"] == at + 1, "a changed event is still found"
    forged = heard[1] | {"previous": "0" * 64}
    resealed = forged | {"hash": hashlib.sha256(orjson.dumps(unsealed(forged), option=orjson.OPT_SORT_KEYS)).hexdigest()}
    assert links([heard[0], resealed], after=GUARD_CHAIN)["verdict"] == "broken", "and one that does not follow its neighbour"
    assert verdict(heard, after=GUARD_CHAIN)["verdict"] == "broken", "nothing is forgiven the lead"


def unsealed(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("hash", "seq")}


def test_a_declared_shadow_lasts_as_long_as_the_clocks_wait_for_it() -> None:
    office = Office().running(2)
    office.must(FOLLOWER, "radio_shadow", minutes=45)
    office.pass_minutes(5)
    office.offer()
    assert_clocks_agree(office, [None])
    office.must(FOLLOWER, "held", place="пост", guard="наряд")
    assert_clocks_agree(office, [None])
    office.must(FOLLOWER, "radio_shadow", minutes=20)
    assert_clocks_agree(office, ["radio_shadow", None])
    office.must(FOLLOWER, "check_in", eyes_on=False)
    assert_clocks_agree(office, ["radio_shadow", "check_in"])


def assert_clocks_agree(office: Office, ended_by: list[str | None]) -> None:
    """The shadow that nothing has ended is the one that the clocks wait for."""
    gaps = report(office)["gaps"]
    assert [gap["ended_by"] for gap in gaps] == ended_by
    waits = office.part()["clocks"]["shadow_until"]
    standing = [datetime.fromisoformat(gap["until"]) for gap in gaps if gap["ended_by"] is None]
    assert standing == ([datetime.fromisoformat(waits)] if waits else [])


def test_what_the_load_became_is_as_silent_as_it_was() -> None:
    office = Office().running(2)
    office.must(FOLLOWER, "radio_shadow", minutes=45)
    office.pass_minutes(5)
    goods = [[{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.02"}] for kg in ("10", "14")]
    office.must(FOLLOWER, "split", into=[{"name": name, "goods": each} for name, each in zip("BC", goods, strict=True)])
    office.pass_minutes(1)
    assert silences(office) == [("A", 5, "split"), ("B", 40, None), ("C", 40, None)]
    office.must(FOLLOWER, "radio_shadow", part="C", minutes=10)
    office.pass_minutes(1)
    office.must(FOLLOWER, "merge", parts=["B", "C"], into="D")
    assert silences(office)[1:] == [("B", 2, "merge"), ("C", 1, "radio_shadow"), ("C", 1, "merge"), ("D", 9, None)]
    office.must(FOLLOWER, "check_in", part="D", eyes_on=True)
    assert silences(office)[-1] == ("D", 0, "check_in")
    assert office.part("D")["clocks"]["shadow_until"] is None


def test_of_what_was_put_together_only_a_common_silence_goes_on() -> None:
    office = Office().running(2)
    goods = [[{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.02"}] for kg in ("10", "14")]
    office.must(FOLLOWER, "split", into=[{"name": name, "goods": each} for name, each in zip("BC", goods, strict=True)])
    office.must(FOLLOWER, "radio_shadow", part="B", minutes=45)
    office.must(FOLLOWER, "merge", parts=["B", "C"], into="D")
    assert silences(office) == [("B", 0, "merge")]
    assert office.part("D")["clocks"]["shadow_until"] is None


def silences(office: Office) -> list[tuple[str, float, str | None]]:
    """Part, minutes, and what ended it."""
    lasted = [(gap, datetime.fromisoformat(gap["until"]) - datetime.fromisoformat(gap["since"])) for gap in report(office)["gaps"]]
    return [(gap["part"], length.total_seconds() / 60, gap["ended_by"]) for gap, length in lasted]

"""The directory as a stage: two persons and a call back, who signed what, and nothing fictional where it is real."""

import pytest

from schemas.directory import entry_key
from streams.engine.effects import Emit, Record
from streams.planning.directory import exercise
from streams.stages.directory import poisoned
from tests.unit.directory.desk import FIRST, NEW, OLD, SECOND, Desk, entry


def standing(desk: Desk | None = None) -> Desk:
    """With the entry of TJ-DCA, which two persons made."""
    desk = desk or Desk()
    assert desk.publish()["status"] == "applied"
    desk.pass_minutes(5)
    assert desk.confirm()["status"] == "applied"
    desk.pass_minutes(5)
    return desk


def number(desk: Desk) -> str:
    return desk.standing["TJ-DCA"]["entry"]["contacts"][0]["reach"][0]["address"]


def test_a_changed_number_takes_two_persons_and_the_old_one_stands_until_then():
    desk = standing()
    proposed = desk.publish(number=NEW, version=2)
    assert proposed["status"] == "applied"
    assert proposed["stands"]["proposal"]["by"] == FIRST
    assert (number(desk), desk.standing["TJ-DCA"]["entry"]["version"]) == (OLD, 1)
    desk.pass_minutes(2)
    alone = desk.confirm(FIRST, base=1)
    assert (alone["status"], alone["field"]) == ("refused", "by")
    wrong = desk.confirm(number=NEW, base=1)
    assert (wrong["status"], wrong["field"]) == ("refused", "call_backs")
    assert number(desk) == OLD
    desk.pass_minutes(2)
    assert desk.confirm(base=1)["stands"] == {"number": 4, "version": 2, "proposal": None}
    told = desk.standing["TJ-DCA"]
    assert number(desk) == NEW
    assert told["changed"] == told["reach_changed"] == "2026-03-18T06:14:00.000Z"
    assert [(one["number"], one["act"], one["by"], one["version"]) for one in desk.changes] == [
        (1, "propose", FIRST, None),
        (2, "confirm", SECOND, 1),
        (3, "propose", FIRST, 1),
        (4, "confirm", SECOND, 2),
    ]
    assert desk.changes[-1]["call_backs"][0]["number"] == OLD


def test_a_dropped_proposal_leaves_what_stood():
    desk = standing()
    desk.publish(number=NEW, version=2)
    assert desk.edit(SECOND, "drop", 1, reason="not ours")["status"] == "applied"
    assert (number(desk), desk.standing["TJ-DCA"]["proposal"]) == (OLD, None)
    assert desk.edit(SECOND, "drop", 1, reason="again")["field"] == "act"


def test_verifying_gives_a_version_and_a_date_without_a_second_person():
    desk = standing()
    desk.pass_minutes(60 * 24)
    assert desk.edit(SECOND, "verify", 1)["stands"]["version"] == 2
    told = desk.standing["TJ-DCA"]
    assert told["entry"]["verified"] == "2026-03-19T06:10:00Z"
    assert told["changed"] != told["reach_changed"]


def test_who_edits_is_who_signed():
    desk = standing()
    said = {"act": "verify", "authority": "TJ-DCA", "base_version": 1, "at": desk.now.isoformat()}
    for who, by, role, field in [
        (FIRST, SECOND, "officer", "by"),
        (FIRST, FIRST, "analyst", "by"),
        ("KG-DCS/a.b", "KG-DCS/a.b", "officer", "by"),
        ("KG-DCS/a.b", FIRST, "officer", "by"),
    ]:
        answer = desk.send(who, {**said, "by": by}, role)
        assert (answer["status"], answer["field"]) == ("refused", field)
        assert bool(answer["mend"])
        # Whether a proposal waits is nobody's but the authority's.
        assert (answer["stands"] is None) is who.startswith("KG")
    assert len(desk.changes) == 2


@pytest.mark.parametrize(
    ("changes", "said"), [({"country": "KG"}, "TJ-DCA is of TJ"), ({"authority": "TJ-MIA"}, "a person of the authority")]
)
def test_an_authority_speaks_for_itself_and_its_own_state_alone(changes, said):
    desk = Desk()
    answer = desk.publish(**changes)
    assert answer["status"] == "refused"
    assert said in answer["reason"]
    assert desk.standing == {}


def test_a_number_that_cannot_ring_is_an_exercise_and_stays_out_of_the_real_directory():
    live, exercise_space = Desk(), Desk("exercise-demo")
    for desk, status in ((live, "refused"), (exercise_space, "applied")):
        answer = desk.publish(number="+999 1 2", exercise=True)
        assert answer["status"] == status, answer
    assert (live.answers[-1]["field"], live.standing) == ("entry.exercise", {})
    assert exercise_space.publish(who="KG-DCS/a.b")["field"] == "entry.exercise"


def test_an_edit_of_another_hour_is_refused():
    desk = standing()
    said = {"act": "verify", "authority": "TJ-DCA", "base_version": 1, "by": FIRST, "at": desk.now.isoformat()}
    for minutes in (-11, 11):
        desk.pass_minutes(-minutes)
        assert desk.send(FIRST, said)["field"] == "at"
        desk.pass_minutes(minutes)
    assert desk.send(FIRST, said)["status"] == "applied"


def test_the_same_edit_again_does_nothing_again():
    desk = standing()
    said = {"act": "verify", "authority": "TJ-DCA", "base_version": 1, "by": FIRST, "at": desk.now.isoformat()}
    assert [desk.send(FIRST, said)["status"] for _ in range(3)] == ["applied", "repeated", "repeated"]
    assert len(desk.changes) == 3
    assert desk.send(SECOND, {**said, "by": SECOND})["field"] == "base_version"


def test_what_is_no_edit_is_refused_by_field():
    desk = Desk()
    assert desk.send(FIRST, {"act": "verify", "authority": "TJ-DCA"})["status"] == "refused"
    assert desk.edit(FIRST, "verify", 0, key="TJ-MIA")["field"] == "authority"
    texts = ["я" * 400] * 30
    many = [{**entry()["contacts"][0], "code": f"d{place}", "desk": "я" * 400} for place in range(19)]
    large = desk.publish(special_requirements=texts, contacts=[entry()["contacts"][0], *many])
    assert (large["status"], large["field"]) == ("refused", "(whole edit)")
    assert desk.standing == {}


def test_the_fictional_directory_comes_into_an_exercise_where_nothing_stands():
    desk, live = Desk("exercise-demo"), Desk()
    for one in exercise().entries:
        key = entry_key(one.authority, getattr(one, "crossing", None))
        for where in (desk, live):
            where.take({"type": "fiction", "entry": one.model_dump(mode="json")}, key)
    assert len(desk.standing) == len(exercise().entries)
    assert {told["entry"]["verified"] for told in desk.standing.values()} == {"2026-03-18T06:00:00Z"}
    assert live.standing == {}
    assert live.state.values == {}
    assert len(live.letters) == len(exercise().entries)
    # Two gateways may bring it, and officers may have changed it meanwhile.
    before = len(desk.changes)
    assert desk.edit("TJ-DCA/n.rahimov", "verify", 1)["status"] == "applied"
    for one in exercise().entries:
        desk.take({"type": "fiction", "entry": one.model_dump(mode="json")}, entry_key(one.authority, getattr(one, "crossing", None)))
    assert len(desk.changes) == before + 1


def test_a_real_entry_never_comes_as_fiction():
    desk = Desk("exercise-demo")
    desk.take({"type": "fiction", "entry": entry(at=desk.now.isoformat())}, "TJ-DCA")
    assert (desk.standing, len(desk.letters)) == ({}, 1)


@pytest.mark.parametrize(("value", "answers"), [(b"{", 0), (b'{"by":{"agency":"TJ-DCA","person":"a.b","role":"officer"}}', 1)])
def test_a_poisoned_edit_leaves_a_letter_and_an_answer_where_it_can(value, answers):
    record = Record("directory.inbox", "live.directory.inbox", 0, 1, b"TJ-DCA", value, (), 1_773_800_000_000)
    channels = [effect.channel for effect in poisoned(record, "boom") if isinstance(effect, Emit)]
    assert channels == ["reports.rejected", *["directory.answers"] * answers]

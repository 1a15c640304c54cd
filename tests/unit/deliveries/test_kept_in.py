"""Whoever may let a report out finds by its name which are kept in, whatever became of the alarm; nobody else does."""

from streams.gateway.rooms import Rooms
from streams.store.rooms import snapshot_for
from tests.delivery_cases import ANALYST, DUTY, FOLLOWER, LEAD
from tests.unit.deliveries.office import Office
from tests.unit.deliveries.test_guarding import match, ready

OFFICER, TAKER = "TJ-DCA/n.rahimov", "KG-SCNBC/t.eam"


def watched() -> Office:
    """Under way with one report kept in, whose alarm is resolved already."""
    office = ready()
    office.must(OFFICER, "start")
    match(office)
    office.must(OFFICER, "alarm_resolved", alarm="g1", reason="they stand back")
    return office


def handed_over(office: Office) -> None:
    offer = office.offer()
    office.must(TAKER, "receiver_in_place", leg=2, eyes_on=True)
    office.must(TAKER, "acceptance", leg=2, offer=str(offer), eyes_on=True)


def test_what_is_kept_in_is_named_to_the_watchers_after_the_alarm() -> None:
    office = watched()
    assert office.board["alarms"] == []
    for viewer in (LEAD, DUTY):
        (kept,) = snapshot_for(viewer, office.board)["kept_in"]["matches"]
        assert (kept["match"], kept["on"]) == ("m1", ["container"])
    for viewer in (FOLLOWER, ANALYST):
        assert snapshot_for(viewer, office.board)["kept_in"] is None
    office.must(OFFICER, "match_released", match="m1", reason="they stand back")
    assert snapshot_for(LEAD, office.board)["kept_in"] is None


def test_a_later_revision_of_what_is_kept_in_leaves_its_name_and_its_time() -> None:
    office = watched()
    before = office.board["kept_in"]
    office.pass_minutes(2)
    match(office, revision=2)
    assert office.board["kept_in"] == before


def test_who_comes_into_control_finds_it_and_a_gateway_that_begins_then_sends_it_to_them() -> None:
    office = watched()
    handed_over(office)
    (kept,) = snapshot_for(FOLLOWER, office.board)["kept_in"]["matches"]
    rooms = Rooms()
    rooms.take(office.board, 7)
    office.must(TAKER, "match_released", match=kept["match"], reason="they stand back")
    rooms.take(office.board, 8)
    sent = rooms.event(FOLLOWER, "deliveries.current", 8, office.board)
    assert sent is not None
    assert sent[1]["kept_in"] is None


def test_nothing_is_kept_in_once_the_watch_has_ended() -> None:
    office = watched()
    office.must(OFFICER, "aborted", reason="no more")
    assert office.board["kept_in"] is None

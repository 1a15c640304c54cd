"""Who watches learns what met the guard; the room does not, whichever way it is said."""

from tests.unit.deliveries.office import Office
from tests.unit.deliveries.test_guarding import DUTY, LEAD, match, ready


def watched() -> Office:
    """Under way with one report kept in."""
    office = ready()
    office.must(LEAD, "start")
    match(office)
    return office


def test_what_is_let_out_is_not_entered_by_voice_for_the_room_reads_what_was() -> None:
    office = watched()
    voice = {"agency": "TJ-DCA", "person": "n.rahimov", "means": "telephone", "code_word_checked": True}
    answer = office.act(DUTY, "match_released", match="m1", reason="не опасно", by_voice=voice)
    assert (answer["status"], answer["field"]) == ("refused", "by_voice")
    assert office.board["unconfirmed"] == []
    office.must(DUTY, "match_released", match="m1", reason="не опасно")

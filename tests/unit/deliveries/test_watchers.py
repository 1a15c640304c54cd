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


def test_who_comes_into_control_is_told_to_call_the_centre_though_who_was_could_call_the_agency() -> None:
    office = watched()
    (alarm,) = office.board["alarms"]
    assert alarm["reason"].endswith("Call the duty desk of KG-SDCA")
    offer = office.offer()
    kept = office.board["alarms"][0]["reason"]
    assert kept == alarm["reason"]
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=str(offer), eyes_on=True)
    (alarm,) = office.board["alarms"]
    assert "KG-SCNBC" in {each["agency"] for each in alarm["audience"]}
    assert alarm["reason"].endswith("it is held. Call the centre's desk")
    office.pass_minutes(15)
    theirs = [ring for ring in office.rings if {"agency": "KG-SCNBC", "role": "officers"} in ring["told"]]
    assert theirs
    assert "KG-SDCA" not in str(theirs)

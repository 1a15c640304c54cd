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


def test_each_report_that_is_kept_in_has_an_alarm_of_its_own_which_names_it() -> None:
    office = watched()
    match(office, "KG-SDCA/R-2")
    first, second = office.board["alarms"]
    assert (first["reason"][:3], second["reason"][:3]) == ("m1:", "m2:")
    office.must(DUTY, "alarm_resolved", alarm=first["id"], reason="свои")
    assert [alarm["id"] for alarm in office.board["alarms"]] == [second["id"]]
    match(office, "KG-SDCA/R-2", revision=2)
    assert [(alarm["id"], alarm["count"]) for alarm in office.board["alarms"]] == [(second["id"], 2)]


def test_a_flood_of_matches_counts_on_the_newest_of_ten_alarms() -> None:
    office = watched()
    for number in range(2, 20):
        match(office, f"KG-SDCA/R-{number}")
    alarms = office.board["alarms"]
    assert [alarm["count"] for alarm in alarms] == [1] * 9 + [10]
    assert alarms[-1]["reason"].startswith("m19:")

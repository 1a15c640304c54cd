"""The guard on the delivery's side: what is under watch and since when, who is warned of what, and what lets a report out."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from streams.reference.watching import mark
from streams.stages.deliveries.keeping import recall
from tests.unit.deliveries.office import BORDERS, DELIVERY, HANDLING, Office, form, plan

LEAD, SECOND, DUTY, CHIEF = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", "CARICC/d.duty", "CARICC/s.super"
BEARING = {
    "conveyances": [
        {"kind": "truck", "registration": "1234 AB 01", "country": "TJ"},
        {"kind": "trailer", "registration": "99", "country": "TJ"},
    ],
    "containers": [{"number": "MSKU1234565", "seals": ["UZ-88120"]}],
    "customs": {"documents": [{"kind": "cmr", "number": "7704512"}]},
    "parties": [{"kind": "person", "names": ["Рустам Каримов"], "phones": [{"number": "+992 37 2211334"}]}],
    "seals": ["S-77001"],
}


def ready(**changes: Any) -> Office:
    """A delivery that is READY; its form bears what `BEARING` says."""
    office = Office()
    way = plan(entry={"country": "KG", "crossing": "Karamyk"}, entry_planned=(office.now + timedelta(hours=5)).isoformat())
    way["seals"] = ["S-900100"]
    request = office.must(LEAD, "request", form=form(**(BEARING | changes)), plan=way)
    office.must(SECOND, "signature", request=request["act"])
    office.consented(1, 2)
    assert office.watch is None
    declared = office.must(LEAD, "ready", informed_posts=BORDERS)
    office.must(DUTY, "ready_confirmed", ready=declared["act"], deconfliction="clear")
    return office


def match(office: Office, report: str = "KG-SDCA/R-1", revision: int = 1, **more: Any) -> None:
    said = {
        "type": "match",
        "delivery": DELIVERY,
        "report": report,
        "revision": revision,
        "held": True,
        "on": [{"kind": "container", "how": "number"}],
        "handling": {"originator": "KG-SDCA", "tlp": "GREEN"},
        "countries": ["KG"],
        "closed": False,
        "at": office.now.isoformat(),
    }
    office.take(said | more)


def told(office: Office, kind: str) -> list[dict[str, Any]]:
    return [event["what"] for event in office.events if event["kind"] == kind]


def test_from_ready_on_what_the_signed_form_names_and_the_parts_bear_is_under_watch():
    office = ready()
    assert office.watch is not None
    keys = {number["key"]: number for number in office.watch["numbers"]}
    assert set(keys) == {
        "plate:TJ:1234AB01", "container:MSKU1234565", "seal:UZ88120", "seal:S77001", "seal:S900100", "cmr:7704512", "phone:+992372211334"
    }  # fmt: skip
    assert keys["seal:S900100"]["grounds"] == "part"
    assert keys["cmr:7704512"]["grounds"] == "form"
    assert (office.watch["by"], office.watch["members"]) == (SECOND, office.case.members)
    assert office.watch["names"]
    assert office.watch["places"][0]["names"] == ["karamyk"]
    (begins,) = told(office, "watch_begins")
    (refused,) = begins["refused"]
    assert refused.startswith("99: 99 has fewer than five characters")


def test_the_watch_ends_with_the_last_part_and_everything_is_let_out():
    office = ready()
    office.must(LEAD, "start")
    match(office)
    match(office, "KG-SDCA/R-2", held=False)
    match(office, "KG-SDCA/R-3")
    office.must(LEAD, "aborted", reason="no more")
    assert office.watch is None
    assert office.let_out == [("KG-SDCA/R-1", "ended"), ("KG-SDCA/R-3", "ended")]
    assert [alarm for alarm in office.board["alarms"] if alarm["kind"].startswith("guard")] == []
    match(office, "KG-SDCA/R-4")
    assert office.let_out[-1] == ("KG-SDCA/R-4", "ended"), "what was kept in meanwhile comes too late, and is let out"
    assert told(office, "watch_ends") == [{}]


def test_the_controller_the_lead_and_the_rooms_coordinators_are_rung_at_once_and_nobody_else_sees_it():
    office = ready()
    office.must(LEAD, "start")
    before = office.board["events"], office.board["hash"]
    match(office)
    (alarm,) = office.board["alarms"]
    assert (alarm["id"], alarm["kind"]) == ("g1", "guard_match")
    audience = [("TJ-DCA", "officers"), (None, "coordinator"), (None, "supervisor")]
    assert [(each["agency"], each["role"]) for each in alarm["audience"]] == audience
    (ring,) = office.rings
    assert [(each["agency"], each["role"]) for each in ring["told"]] == audience[:2]
    assert ring["minute"] == 0
    assert (office.board["events"], office.board["hash"]) == before
    (what,) = told(office, "watch_match")
    assert (what["match"], what["held"], what["strong"], what["contact"]) == ("m1", True, True, "the duty desk of KG-SDCA")
    assert all("R-1" not in str(said) for said in (*office.events, *office.rings, *office.snapshots))


@pytest.mark.parametrize(
    ("handling", "closed", "named"),
    [
        ({"tlp": "GREEN"}, False, True),
        ({"tlp": "GREEN"}, True, False),
        ({"tlp": "AMBER"}, False, False),
        ({"tlp": "AMBER", "recipients": ["TJ-DCA"]}, False, True),
        ({"tlp": "RED"}, False, False),
        ({"tlp": "AMBER+STRICT"}, False, False),
    ],
)
def test_the_reporting_agency_is_named_only_where_the_watcher_may_know_of_the_report(handling: dict[str, Any], closed: bool, named: bool):
    office = ready()
    match(office, handling={"originator": "KG-SDCA"} | handling, closed=closed)
    (what,) = told(office, "watch_match")
    assert what["contact"] == ("the duty desk of KG-SDCA" if named else "the centre's desk")
    assert ("KG-SDCA" in str(office.board["alarms"])) is named


def test_a_weak_match_is_a_warning():
    office = ready()
    match(office, held=False, on=[{"kind": "name", "how": "name"}])
    assert [alarm["kind"] for alarm in office.board["alarms"]] == ["guard_warning"]
    assert told(office, "watch_match")[0]["strong"] is False


def test_a_match_counts_once_for_each_revision():
    office = ready()
    match(office)
    match(office)
    assert len(told(office, "watch_match")) == 1
    match(office, revision=2)
    assert [what["match"] for what in told(office, "watch_match")] == ["m1", "m1"]
    match(office, "KG-SDCA/R-2")
    assert told(office, "watch_match")[-1]["match"] == "m2"
    assert [(alarm["id"], alarm["count"]) for alarm in office.board["alarms"]] == [("g1", 2), ("g2", 1)]


def test_a_flood_is_told_now_and_then_and_every_report_of_it_is_let_out():
    office = ready()
    office.must(LEAD, "start")
    for number in range(250):
        match(office, f"KG-SDCA/R-{number}")
    assert len(told(office, "watch_match")) == 200
    office.must(LEAD, "aborted", reason="no more")
    assert len(office.let_out) == 250


def earlier(office: Office, report: str = "KG-SDCA/R-1", revision: int = 1, **more: Any) -> None:
    """What the store finds of before the watch."""
    match(office, report, revision, **{"held": False, "received": "2026-03-16T18:03:07.120Z"} | more)


def test_a_report_from_before_the_watch_warns_with_its_time_and_whom_to_call_and_keeps_nothing_in():
    office = ready()
    earlier(office)
    (alarm,) = office.board["alarms"]
    assert (alarm["id"], alarm["kind"]) == ("g1", "guard_warning")
    assert alarm["reason"] == (
        "m1: a report of 2026-03-16T18:03Z, from before the watch, meets what is under watch (container); take it to be out."
        " Call the duty desk of KG-SDCA"
    )
    assert [(each["agency"], each["role"]) for each in office.rings[-1]["told"]] == [("TJ-DCA", "officers"), (None, "coordinator")]
    earlier(office, "KG-SDCA/R-2", handling={"originator": "KG-SDCA", "tlp": "RED"})
    earlier(office, "KG-SDCA/R-3", closed=True)
    assert [what["contact"] for what in told(office, "watch_match")[1:]] == ["the centre's desk"] * 2
    office.must(LEAD, "start")
    office.must(LEAD, "aborted", reason="no more")
    assert office.let_out == []
    earlier(office, "KG-SDCA/R-4")
    assert (office.let_out, len(told(office, "watch_match"))) == ([], 3), "the watch is over"


def test_a_report_is_told_once_of_before_the_watch_whatever_is_looked_for_again():
    office = ready()
    earlier(office)
    earlier(office)
    earlier(office, revision=2)
    match(office, "KG-SDCA/R-2")
    earlier(office, "KG-SDCA/R-2")
    assert [(what["match"], what["held"]) for what in told(office, "watch_match")] == [("m1", False), ("m2", True)]
    # Its next revision arrives under the watch, is kept in, and let out at the end.
    match(office, revision=2)
    assert told(office, "watch_match")[-1]["match"] == "m1"
    earlier(office, revision=2)
    office.must(LEAD, "start")
    office.must(LEAD, "aborted", reason="no more")
    assert office.let_out == [("KG-SDCA/R-1", "ended"), ("KG-SDCA/R-2", "ended")]


def test_a_flood_from_before_leaves_what_arrives_its_place():
    office = ready()
    for number in range(210):
        earlier(office, f"KG-SDCA/E-{number}")
    assert len(told(office, "watch_match")) == 200
    match(office)
    assert told(office, "watch_match")[-1]["held"] is True


def test_more_than_are_told_each_are_counted_in_one_line_a_look():
    office = ready()
    said = {"type": "looked_back", "delivery": DELIVERY, "look": 4, "found": 351, "told": 200, "at": office.now.isoformat()}
    for look in (4, 4, 3, 9):
        office.take(said | {"look": look})
    (alarm,) = office.board["alarms"]
    assert (alarm["kind"], alarm["count"]) == ("guard_warning", 2)
    assert alarm["reason"] == (
        "351 reports from before the watch meet what is under watch; the 200 most urgent are told each. Call the centre's desk"
    )


def test_a_report_is_let_out_by_name_by_those_who_were_warned():
    office = ready()
    office.must(LEAD, "start")
    match(office)
    assert office.act("KG-SCNBC/t.eam", "match_released", match="m1", reason="x")["status"] == "refused"
    assert office.act(LEAD, "match_released", match="m7", reason="x")["reason"] == "there is no match m7"
    office.must(DUTY, "match_released", match="m1", reason="the patrol was told by telephone")
    assert office.let_out == [("KG-SDCA/R-1", "released")]
    assert "keeps no report in" in office.act(LEAD, "match_released", match="m1", reason="x")["reason"]
    assert told(office, "match_released") == [{"match": "m1", "reason": "the patrol was told by telephone"}]
    # What was under way meanwhile is let out too, and told.
    match(office, revision=2)
    assert office.let_out[1:] == [("KG-SDCA/R-1", "released")]
    assert told(office, "watch_match")[-1]["held"] is False
    office.must(LEAD, "aborted", reason="no more")
    assert len(office.let_out) == 2


def test_control_takes_the_alarm_along():
    office = ready()
    office.must(LEAD, "start")
    match(office)
    offer = office.offer()
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=str(offer), eyes_on=True)
    audiences = [alarm["audience"] for alarm in office.board["alarms"] if alarm["kind"] == "guard_match"]
    assert {each["agency"] for each in audiences[0]} == {"TJ-DCA", "KG-SCNBC", None}
    office.must("KG-SCNBC/t.eam", "match_released", match="m1", reason="they stand back")
    office.must("KG-SCNBC/t.eam", "alarm_resolved", alarm="g1", reason="they stand back")


def test_a_party_adds_numbers_with_its_grounds_and_takes_them_off():
    office = ready()
    value = {"kind": "plate", "number": "77 KZ 123", "country": "KZ", "grounds": "the load was moved over"}
    office.must("KG-SCNBC/t.eam", "watch", adds=[value])
    assert office.watch is not None
    (added,) = [number for number in office.watch["numbers"] if number["key"] == "plate:KZ:77KZ123"]
    assert (added["by"], added["grounds"]) == ("KG-SCNBC/t.eam", "the load was moved over")
    assert told(office, "watch")[0]["adds"] == ["plate 77 KZ 123: the load was moved over"]
    assert "was not added" in office.act(LEAD, "watch", drops=["MSKU1234565"])["reason"]
    office.must(LEAD, "watch", drops=["77KZ123"])
    assert "plate:KZ:77KZ123" not in {number["key"] for number in office.watch["numbers"]}


def test_a_name_that_warns_too_often_is_taken_off():
    office = ready()
    office.must(LEAD, "watch", drops=["Каримов Рустам"])
    assert office.watch is not None
    assert office.watch["names"] == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"kind": "seal", "number": "1234"}, "fewer than five characters"),
        ({"kind": "seal", "number": "11111"}, "too few different ones"),
        ({"kind": "plate", "number": "77 KZ 123"}, "without its country"),
    ],
)
def test_a_number_that_would_meet_everything_is_refused(value: dict[str, Any], reason: str):
    answer = ready().act(LEAD, "watch", adds=[value | {"grounds": "g"}])
    assert answer["status"] == "refused"
    assert reason in answer["reason"]
    assert answer["field"] == "adds[0].number"


def test_what_is_added_is_capped():
    office = ready()
    values = [{"kind": "seal", "number": f"ADD-{number}", "grounds": "g"} for number in range(10_000, 10_021)]
    office.must(LEAD, "watch", adds=values[:20])
    assert "at most 20" in office.act(SECOND, "watch", adds=values[20:])["reason"]
    many = [{"number": f"MSKU{number}", "seals": []} for number in range(1_000_001, 1_000_030)]
    crowded = ready(containers=many)
    assert crowded.watch is not None
    assert sum(number["grounds"] == "form" for number in crowded.watch["numbers"]) <= 40


def test_another_delivery_with_the_same_number_is_told_to_the_centres_officers_alone():
    office = ready()
    office.take({"type": "watched_elsewhere", "delivery": DELIVERY, "kinds": ["container"], "at": office.now.isoformat()})
    (alarm,) = office.board["alarms"]
    assert alarm["kind"] == "watched_elsewhere"
    assert {each["agency"] for each in alarm["audience"]} == {None}
    assert [each["role"] for each in office.rings[0]["told"]] == ["coordinator"]


def elsewhere(office, *numbers):
    numbers = [f"{mark(number).family}:{mark(number).value}" for number in numbers]
    kinds = sorted({number.partition(":")[0] for number in numbers})
    office.take({"type": "watched_elsewhere", "delivery": DELIVERY, "kinds": kinds, "numbers": numbers, "at": office.now.isoformat()})
    return [(alarm["kind"], alarm["reason"]) for alarm in office.board["alarms"]]


def test_of_another_delivery_with_a_number_of_the_signed_form_the_controller_learns_that_he_is_to_call():
    office = ready()
    office.must(LEAD, "start")
    told = elsewhere(office, "container:MSKU1234565", "seal:X900900")
    assert [kind for kind, _ in told] == ["watched_elsewhere", "guard_match"]
    assert told[1][1] == "m1: what the centre learned meets what is under watch (container); it is held. Call the centre's desk"
    assert {each["agency"] for each in office.board["alarms"][1]["audience"]} == {"TJ-DCA", None}
    ringing = next(ring for ring in office.rings if ring["kind"] == "guard_match")
    assert [each["agency"] for each in ringing["told"]] == ["TJ-DCA", None]


def shown_to_watchers(office):
    """What the lead and who is in control read and hear, without what the centre alone does; and what is chained without its hashes."""
    hears = [event for event in office.events if event["audience"] and any(each["agency"] for each in event["audience"])]
    lines = [{name: event[name] for name in event if name not in ("hash", "previous", "act")} for event in hears]
    alarms = [alarm for alarm in office.board["alarms"] if alarm["kind"] != "watched_elsewhere"]
    rings = [{**ring, "ring": None} for ring in office.rings if ring["kind"] != "watched_elsewhere"]
    return lines, alarms, rings, office.board["kept_in"]


def test_nothing_that_the_room_reads_tells_another_delivery_from_a_report_that_is_not_for_it():
    report, other = ready(), ready()
    for office in (report, other):
        office.must(LEAD, "start")
    unknown = {"originator": "KG-SDCA", "tlp": "RED"}
    match(report, handling=unknown)
    elsewhere(other, "container:MSKU1234565")
    assert shown_to_watchers(report) == shown_to_watchers(other)
    match(report, handling=unknown, revision=2)
    elsewhere(other, "container:MSKU1234565")
    assert shown_to_watchers(report) == shown_to_watchers(other)
    for office in (report, other):
        office.must(DUTY, "match_released", match="m1", reason="свои")
    assert shown_to_watchers(report) == shown_to_watchers(other)
    match(report, handling=unknown, revision=3)
    elsewhere(other, "container:MSKU1234565")
    assert shown_to_watchers(report) == shown_to_watchers(other)
    assert other.let_out == []


def test_whoever_adds_and_drops_numbers_elsewhere_opens_one_alarm_and_its_end_lets_out_nothing():
    office = ready()
    office.must(LEAD, "start")
    for _ in range(12):
        elsewhere(office, "container:MSKU1234565")
    assert [(alarm["kind"], alarm["count"]) for alarm in office.board["alarms"]] == [("watched_elsewhere", 12), ("guard_match", 12)]
    match(office)
    assert [alarm["reason"][:3] for alarm in office.board["alarms"][1:]] == ["m1:", "m2:"]
    office.must(LEAD, "aborted", reason="no more")
    assert office.let_out == [("KG-SDCA/R-1", "ended")]


def test_a_number_that_one_officer_put_under_watch_does_not_ask_whether_another_delivery_has_it():
    office = ready()
    office.must(LEAD, "watch", adds=[{"kind": "container", "number": "CSQU3054383", "grounds": "слух"}])
    assert [kind for kind, _ in elsewhere(office, "container:CSQU3054383")] == ["watched_elsewhere"]


def test_events_of_the_guard_leave_no_gap_to_those_who_do_not_hear_of_duress():
    office = ready()
    office.must(LEAD, "start")
    match(office)
    office.must(LEAD, "check_in", eyes_on=True, duress=True)
    match(office, "KG-SDCA/R-2")
    heard = [event for event in office.events if event["audience"] and any(each["agency"] == "TJ-DCA" for each in event["audience"])]
    numbers = [event["number"] for event in heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert all(event["previous"] == before["hash"] for before, event in pairwise(heard))
    assert {alarm["id"] for alarm in office.board["alarms"]} == {"g1", "g2", "s1"}


def test_a_draft_that_is_replaced_forgets_what_it_named():
    office = Office()
    office.must(LEAD, "request", form=form(containers=[{"number": "MSKU1234565"}]), plan=plan())
    office.must(LEAD, "request", form=form(handling=HANDLING), plan=plan())
    case = recall(DELIVERY, office.state)
    assert case is not None
    assert set(case.guard["numbers"]) == {"plate:TJ:1234AB01"}

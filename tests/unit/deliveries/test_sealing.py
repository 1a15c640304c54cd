"""Which seals the load bears: as its controller says under way."""

from datetime import timedelta

from schemas.refusals import told
from tests.unit.deliveries.test_guarding import LEAD, ready
from tests.unit.deliveries.test_hostile import KG


def test_what_is_sealed_anew_under_way_is_on_the_board_and_under_watch() -> None:
    office = ready()
    office.must(LEAD, "start")
    office.must(LEAD, "held", place="стоянка", guard="двое", seals=["S-900200", "S-900201"])
    assert office.part()["seals"] == ["S-900200", "S-900201"]
    assert office.events[-1]["what"]["seals"] == ["S-900200", "S-900201"]
    assert office.watch is not None
    assert {"seal:S900200", "seal:S900201"} <= {number["key"] for number in office.watch["numbers"]}
    office.must(LEAD, "check_in", eyes_on=True, seals=["S-900300"])
    assert office.part()["seals"] == ["S-900300"]
    office.must(LEAD, "check_in", eyes_on=True)
    assert office.part()["seals"] == ["S-900300"]


def test_a_check_in_that_comes_late_does_not_bring_old_seals_back() -> None:
    office = ready()
    office.must(LEAD, "start")
    office.pass_minutes(10)
    office.must(LEAD, "check_in", eyes_on=True, seals=["S-900300"])
    office.must(LEAD, "check_in", eyes_on=True, seals=["S-900200"], at=(office.now - timedelta(minutes=5)).isoformat())
    assert office.part()["seals"] == ["S-900300"]


def test_only_who_is_in_control_says_which_seals_it_bears() -> None:
    office = ready()
    office.must(LEAD, "start")
    no = office.act(KG, "check_in", eyes_on=False, seals=["S-1"])
    assert (no["status"], no["field"]) == ("refused", "seals")
    assert told(no["reason"], no["mend"]).reason == "пломбы части A меняет контролирующий"


def test_what_was_queued_of_the_seals_by_whoever_had_the_load_before_is_told_and_changes_nothing() -> None:
    office = ready()
    office.must(LEAD, "start")
    written = office.now
    offer = office.offer()
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    office.must(KG, "acceptance", leg=2, offer=str(offer), eyes_on=True, country="KG")
    office.must(KG, "check_in", eyes_on=True, seals=["S-900300"])
    for minutes in (1, 9):
        office.pass_minutes(minutes)
        office.must(LEAD, "check_in", eyes_on=True, seals=["S-900200"], country="TJ", at=written.isoformat())
        said = next(event for event in reversed(office.events) if event["kind"] == "check_in")
        assert (said["what"]["seals"], said["what"]["of_the_controller"]) == (["S-900200"], False)
        assert office.part()["seals"] == ["S-900300"]


def test_once_control_is_lost_what_is_said_of_the_seals_is_told_and_changes_nothing() -> None:
    office = ready()
    office.must(LEAD, "start")
    borne = office.part()["seals"]
    office.must(LEAD, "control_lost", reason="ушёл")
    office.must(LEAD, "check_in", eyes_on=False, seals=["S-900200"])
    assert (office.part()["seals"], office.events[-1]["kind"]) == (borne, "check_in")


def test_of_very_many_seals_those_that_were_put_on_last_are_under_watch() -> None:
    office = ready()
    office.must(LEAD, "start")
    first, second, last = ([f"S-9{number}{seal:04d}" for seal in range(50)] for number in range(3))
    halves = [
        {"name": name, "goods": [{"substance": "heroin", "kg": "12", "uncertainty_kg": "0.03"}], "seals": seals}
        for name, seals in (("B", first), ("C", second))
    ]
    office.must(LEAD, "split", into=halves)
    office.pass_minutes(1)
    office.must(LEAD, "check_in", part="C", eyes_on=True, seals=last)
    assert office.watch is not None
    watched = [number["key"].removeprefix("seal:S") for number in office.watch["numbers"] if number["grounds"] == "part"]
    assert watched == [seal.removeprefix("S-") for seal in (*last, *first[:10])]
    assert any(number["grounds"] == "form" for number in office.watch["numbers"])

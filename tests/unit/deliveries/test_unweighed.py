"""What was regained and not weighed is said so, until it is weighed: in the timeline, on the board, and among the gaps of the report."""

from datetime import timedelta
from typing import Any

from tests.unit.deliveries.office import Office
from tests.unit.store.test_aftermath import report

LEAD = "TJ-DCA/n.rahimov"
WEIGHED = [{"substance": "heroin", "kg": "24", "uncertainty_kg": "0.05"}]


def regained(**found: Any) -> Office:
    office = Office().running(2)
    office.must(LEAD, "control_lost", reason="потеряли в потоке")
    office.pass_minutes(7)
    office.must(LEAD, "regained", country="TJ", eyes_on=True, seals_intact=True, **found)
    return office


def line(office: Office) -> dict[str, Any]:
    what: dict[str, Any] = next(event["what"] for event in office.events if event["kind"] == "regained")
    return what


def unweighed(office: Office) -> list[tuple[Any, ...]]:
    names = ("part", "substance", "until", "ended_by")
    return [tuple(gap[name] for name in names) for gap in report(office)["gaps"] if gap["kind"] == "unweighed"]


def test_what_is_weighed_when_it_is_regained_lacks_nothing() -> None:
    office = regained(weighed=WEIGHED)
    assert "unweighed" not in line(office)
    assert office.part()["unweighed"] == {}
    assert unweighed(office) == []


def test_what_is_not_weighed_is_told_until_it_is() -> None:
    office = regained()
    assert line(office)["unweighed"] == ["heroin"]
    since = office.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert office.part()["unweighed"] == {"heroin": since}
    assert unweighed(office) == [("A", "heroin", None, None)]
    office.pass_minutes(5)
    office.must(LEAD, "check_in", eyes_on=True, weighed=WEIGHED)
    assert office.part()["unweighed"] == {}
    assert [gap[3] for gap in unweighed(office)] == ["weighed"]


def test_a_weighing_from_before_the_loss_says_nothing_of_what_was_regained() -> None:
    office = regained()
    before = office.now - timedelta(minutes=30)
    office.must(LEAD, "check_in", eyes_on=True, weighed=WEIGHED, at=before.isoformat(), sent=office.now.isoformat())
    assert list(office.part()["unweighed"]) == ["heroin"]
    assert unweighed(office) == [("A", "heroin", None, None)]


def test_of_what_is_split_and_merged_each_is_still_not_weighed() -> None:
    office = regained()
    goods = [{"substance": "heroin", "kg": "12", "uncertainty_kg": "0.05"}]
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods}, {"name": "C", "goods": goods}])
    office.must(LEAD, "check_in", part="B", eyes_on=True, weighed=goods)
    assert [list(office.part(name)["unweighed"]) for name in "BC"] == [[], ["heroin"]]
    office.must(LEAD, "merge", parts=["B", "C"], into="D")
    assert list(office.part("D")["unweighed"]) == ["heroin"]
    assert unweighed(office)[-1] == ("D", "heroin", None, None)


def test_a_part_that_ends_unweighed_says_with_what_it_ended() -> None:
    office = regained()
    office.must(LEAD, "aborted", reason="отбой")
    assert unweighed(office)[0][3] == "aborted"


def test_what_is_lost_and_regained_again_is_not_weighed_since_then() -> None:
    office = regained()
    office.must(LEAD, "control_lost", reason="снова")
    office.must(LEAD, "regained", country="TJ", eyes_on=True, seals_intact=True)
    assert [gap[3] for gap in unweighed(office)] == ["regained", None]
    office.must(LEAD, "check_in", eyes_on=True, weighed=WEIGHED)
    assert [gap[3] for gap in unweighed(office)] == ["regained", "weighed"]

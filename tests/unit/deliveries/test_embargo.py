"""A strike's embargo: what concerns the delivery stays kept in until it ends, though every part has."""

from datetime import timedelta

from schemas.refusals import told as refused
from tests.unit.deliveries.office import Office
from tests.unit.deliveries.test_calling import goods
from tests.unit.deliveries.test_guarding import DUTY, LEAD, match, ready, told


def struck(hours: float = 2) -> Office:
    """Secured under an embargo; one report was kept in before."""
    office = ready()
    office.must(LEAD, "start")
    match(office, "KG-SDCA/R-1")
    hour, until = (office.now + timedelta(minutes=5)).isoformat(), (office.now + timedelta(hours=hours)).isoformat()
    strike = office.must(LEAD, "strike", h_hour=hour, embargo_until=until, agencies=["TJ-DCA"])
    office.must(LEAD, "strike_ready", strike=strike["act"])
    office.must(LEAD, "secured", report={"originator": "TJ-DCA", "report_id": "1"})
    return office


def test_the_hold_stands_until_the_embargo_ends_though_every_part_has() -> None:
    office = struck()
    assert office.board["status"] == "ended"
    assert office.watch is not None
    assert {"seal:S900100", "container:MSKU1234565"} <= {number["key"] for number in office.watch["numbers"]}
    office.must(LEAD, "closed", evidence_handed_over=True, shortfall_signed="акт 4")
    rung = len(office.rings)
    match(office, "KG-SDCA/R-2")
    assert [ring["kind"] for ring in office.rings[rung:]] == ["guard_match"]
    office.pass_minutes(119)
    assert office.let_out == []
    office.pass_minutes(1)
    assert office.let_out == [("KG-SDCA/R-1", "ended"), ("KG-SDCA/R-2", "ended")]
    assert office.watch is None
    assert told(office, "watch_ends") == [{}]
    assert [alarm["kind"] for alarm in office.board["alarms"]] == ["shortfall"]
    match(office, "KG-SDCA/R-3")
    assert office.let_out[-1] == ("KG-SDCA/R-3", "ended")


def test_a_report_is_let_out_by_name_under_an_embargo_too() -> None:
    office = struck()
    office.must(LEAD, "closed", evidence_handed_over=True, shortfall_signed="акт 4")
    office.must(DUTY, "match_released", match="m1", reason="никого больше не ищут")
    assert office.let_out == [("KG-SDCA/R-1", "released")]


def test_an_embargo_that_ends_first_changes_nothing() -> None:
    office = ready()
    office.must(LEAD, "start")
    match(office, "KG-SDCA/R-1")
    until = (office.now + timedelta(minutes=10)).isoformat()
    office.must(LEAD, "strike", h_hour=office.now.isoformat(), embargo_until=until, agencies=["TJ-DCA"])
    office.pass_minutes(11)
    assert office.let_out == []
    office.must(LEAD, "secured", report={"originator": "TJ-DCA", "report_id": "1"})
    assert office.let_out == [("KG-SDCA/R-1", "ended")]


def test_the_hour_of_a_strike_is_at_most_a_fortnight_ahead_so_nothing_is_kept_in_for_years_by_it() -> None:
    office = ready()
    office.must(LEAD, "start")
    far = office.now + timedelta(days=14, minutes=1)
    said = {"embargo_until": (far + timedelta(days=80)).isoformat(), "agencies": ["TJ-DCA"]}
    no = office.act(LEAD, "strike", h_hour=far.isoformat(), **said)
    assert (no["status"], no["field"], no["reason"]) == ("refused", "h_hour", "the hour of a strike is at most 14 days ahead")
    russian = refused(no["reason"], no["mend"])
    assert (russian.reason, russian.mend) == ("час реализации — не дальше 14 дней", "назначьте ближайший; позже его можно назначить заново")
    office.must(LEAD, "strike", h_hour=(far - timedelta(minutes=1)).isoformat(), **said)


def test_an_embargo_has_a_longest_and_is_told() -> None:
    office = ready()
    office.must(LEAD, "start")
    hour, year = office.now.isoformat(), (office.now + timedelta(days=365)).isoformat()
    no = office.act(LEAD, "strike", h_hour=hour, embargo_until=year, agencies=["TJ-DCA"])
    assert (no["field"], no["reason"]) == ("embargo_until", "an embargo ends at most 90 days after the strike")
    until = office.now + timedelta(hours=1)
    office.must(LEAD, "strike", h_hour=hour, embargo_until=until.isoformat(), agencies=["TJ-DCA"])
    (said,) = told(office, "strike")
    assert said["embargo_until"] == int(until.timestamp() * 1000)


def test_the_embargo_of_a_strike_that_is_called_off_on_every_part_of_a_divided_load_is_over() -> None:
    office = ready()
    office.must(LEAD, "start")
    until = (office.now + timedelta(days=60)).isoformat()
    office.must(LEAD, "strike", h_hour=office.now.isoformat(), embargo_until=until, agencies=["TJ-DCA"])
    office.must(LEAD, "held", place="стоянка", guard="двое")
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14")}])
    assert office.part("A")["strike"] is None
    for name in ("B", "C"):
        strike = office.part(name)["strike"]["id"]
        office.must(LEAD, "strike_called_off", part=name, strike=strike, reason="раскрыт")
        office.must(LEAD, "aborted", part=name, reason="раскрыт")
    assert office.watch is None

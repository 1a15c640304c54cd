"""Whom an ALERT calls at once: everybody who follows."""

from tests.unit.deliveries.office import Office

LEAD = "TJ-DCA/n.rahimov"


def goods(amount: str) -> list[dict[str, str]]:
    return [{"substance": "heroin", "kg": amount, "uncertainty_kg": "0.05"}]


def called(office: Office, kind: str) -> dict[int, list[str]]:
    """Minute → who was rung for alarms of this kind: agencies, and roles of the centre as `/role`."""
    rings = [ring for ring in office.rings if ring["kind"] == kind]
    return {ring["minute"]: [one["agency"] or f"/{one['role']}" for one in ring["told"]] for ring in rings}


def test_an_alert_that_names_no_part_calls_all_controllers_and_all_that_follow_at_once() -> None:
    office = Office().running(2, 3)
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14")}])
    offer = office.must(LEAD, "offer", part="B", handover_at=office.now.isoformat(), place="Карамык")
    office.must("KG-SCNBC/t.eam", "receiver_in_place", part="B", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", part="B", leg=2, offer=offer["act"], eyes_on=True, seals_intact=True)
    office.must("KG-SCNBC/t.eam", "alert", reason="стреляют")
    assert called(office, "alert") == {0: ["KG-SCNBC", "KZ-KNB", "RU-MVD", "TJ-DCA"]}
    office.pass_minutes(5)
    rung = called(office, "alert")
    assert (rung[3], rung[5]) == (["/coordinator"], ["/supervisor"])


def test_whom_the_load_has_left_behind_an_alert_does_not_call_before_everybody() -> None:
    office = Office().running(2)
    offer = office.must(LEAD, "offer", handover_at=office.now.isoformat(), place="Карамык")
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=offer["act"], eyes_on=True, seals_intact=True)
    office.must("KG-SCNBC/t.eam", "alert", reason="стреляют")
    # The lead, whose leg is over, is called as the lead.
    assert called(office, "alert")[0] == ["KG-SCNBC", "KZ-KNB", "RU-MVD", "TJ-DCA"]
    office.pass_minutes(15)
    assert "KG-GP" in called(office, "alert")[15]


def test_of_two_alerts_none_takes_the_words_of_the_other() -> None:
    office = Office().running(2)
    office.must("KG-SCNBC/t.eam", "alert", reason="стреляют")
    office.must(LEAD, "alert", reason="груз вскрывают")
    office.must(LEAD, "alert", reason="груз вскрывают")
    said = [(alarm["reason"], alarm["count"]) for alarm in office.board["alarms"]]
    assert said == [("KG-SCNBC/t.eam: стреляют", 1), ("TJ-DCA/n.rahimov: груз вскрывают", 2)]
    rung = {ring["reason"] for ring in office.rings}
    assert rung == {"KG-SCNBC/t.eam: стреляют", "TJ-DCA/n.rahimov: груз вскрывают"}


def test_alerts_that_never_end_count_on_the_newest_of_ten() -> None:
    office = Office().running(2)
    for number in range(30):
        office.must(LEAD, "alert", reason=f"колонна {number}")
    assert [alarm["count"] for alarm in office.board["alarms"]] == [1] * 9 + [21]
    assert office.board["alarms"][-1]["reason"].endswith("колонна 29")

"""The short form of a report."""

from typing import Any

from streams.store.summary import summarise


def current(**report: Any) -> dict[str, Any]:
    handling = {"originator": "TJ-DCA", "tlp": "AMBER"}
    return {
        "report_uuid": "0b0f7d3e-0000-5000-8000-000000000001",
        "kind": "seizure",
        "revision": 2,
        "received": "2026-03-18T05:00:00Z",
        "report": {"kind": "seizure", "report_id": "2026-0117", "handling": handling, "occurred": "2026-03-18"} | report,
        "enrichment": {
            "occurred": {"start": "2026-03-18T00:00:00Z", "end": "2026-03-19T00:00:00Z", "precision": "day"},
            "place": {"country": "TJ", "lat": 37.2, "lon": 68.6, "basis": "crossing", "accuracy_m": 500.0},
            "substances": [{"field": "substances[0].name", "slug": "heroin", "name": "Heroin", "group": "opioids", "kg": "2.5"}],
            "findings": [{"field": "containers[0].number", "reason": "wrong check digit"}],
        },
    }


def test_a_seizure_in_short() -> None:
    substances = [{"name": "героин", "quantity": {"amount": "2.5", "unit": "кг"}}, {"name": "неизвестно"}]
    assert summarise(current(title="Тайник", substances=substances, place={"crossing": "Panji Poyon"})) == {
        "report_uuid": "0b0f7d3e-0000-5000-8000-000000000001",
        "kind": "seizure",
        "originator": "TJ-DCA",
        "report_id": "2026-0117",
        "revision": 2,
        "title": "Тайник",
        "occurred": "2026-03-18",
        "place": {"name": "Panji Poyon", "country": "TJ", "lat": 37.2, "lon": 68.6, "accuracy_m": 500.0, "basis": "crossing"},
        "substances": [
            {"slug": "heroin", "name": "Heroin", "group": "opioids", "kg": "2.5", "reported": "героин 2.5 кг"},
            {"slug": None, "name": "неизвестно", "group": None, "kg": None, "reported": "неизвестно"},
        ],
        "tlp": "AMBER",
        "received": "2026-03-18T05:00:00Z",
        "withdrawn": False,
        "findings": 1,
    }


def test_a_withdrawal_names_what_it_withdraws_and_shows_nothing_else() -> None:
    handling = {"originator": "TJ-DCA", "tlp": "AMBER"}
    withdrawal = current() | {
        "kind": "withdrawal",
        "withdrawn": True,
        "report": {"kind": "withdrawal", "withdraws": "seizure", "report_id": "2026-0117", "handling": handling, "reason": "error"},
        "enrichment": None,
    }
    short = summarise(withdrawal)
    assert (short["kind"], short["withdrawn"], short["place"], short["substances"]) == ("seizure", True, None, [])
    assert short["occurred"] is None


def test_time_without_a_clock_keeps_its_precision() -> None:
    report = current(occurred=None, kind="intelligence")
    report["enrichment"]["occurred"]["precision"] = "month"
    assert summarise(report)["occurred"] == "2026-03"


def test_a_long_list_of_substances_is_cut() -> None:
    samples = [{"components": [{"substance": {"name": f"component {n}"}} for n in range(100)]}]
    assert len(summarise(current(samples=samples))["substances"]) == 20


def test_a_delivery_s_goods_are_substances_and_a_seizure_s_are_not() -> None:
    assert summarise(current(goods=[{"description": "phones"}]))["substances"] == []
    assert summarise(current(kind="controlled_delivery", goods=[{"name": "opium"}]))["substances"][0]["name"] == "opium"

"""Deconfliction: what comes near is found, and nobody learns of it but whom it concerns, nor from when they are told."""

import json
from random import Random
from typing import Any

import pytest

from streams.reference.load import load
from streams.stages.nearness import AGAIN_MS, DELAY_MS, NEAR_KM, SLACK_MS, Spot, Where, around, cells, located, near
from streams.store.visibility import Viewer
from tests.unit.deliveries.office import AUTHORISATION, BORDERS, CENTRE, START
from tests.unit.deliveries.operations import Operations, hour, way

OURS, THEIRS, THIRD = "TJ-DCA/CD-1", "KZ-KNB/CD-7", "RU-MVD/CD-3"
DUTY = f"{CENTRE}/d.duty"
OUR_WAY = way(("TJ", None, 0, "Karamyk", 40), ("KG", "Karamyk", 40, "Ak-Jol", 60), ("KZ", "Korday", 60, "Syrym", 100))
THEIR_WAY = way(("KG", None, 30, "Ak-Jol", 58), ("KZ", "Korday", 58, "Syrym", 300))
FAR_WAY = way(("RU", None, 0, None, 20))
NOW = int(START.timestamp() * 1000)


def answer(operations: Operations, delivery: str) -> Any:
    return operations.board(delivery)["deconfliction"]


def ready(operations: Operations, delivery: str, deconfliction: str) -> dict[str, Any]:
    lead = delivery.partition("/")[0]
    declared = operations.must(delivery, f"{lead}/n.rahimov", "ready", informed_posts=BORDERS)["act"]
    return operations.act(delivery, DUTY, "ready_confirmed", ready=declared, deconfliction=deconfliction)


def test_the_answer_comes_a_constant_time_after_the_plan_whether_or_not_something_is_near() -> None:
    alone, together = Operations(), Operations()
    together.requested(THEIRS, THEIR_WAY, [f"{CENTRE}/k.other"])
    together.after(1.25)
    for operations in (alone, together):
        operations.requested(OURS, OUR_WAY)
        asked = operations.now
        operations.until(asked + DELAY_MS - 1)
        assert answer(operations, OURS)["answered"] is None
        operations.until(asked + DELAY_MS)
        assert answer(operations, OURS)["answered"] is not None
    assert (answer(alone, OURS)["contact"], answer(together, OURS)["contact"]) == (False, True)


def test_ready_waits_for_the_answer_to_the_plan_that_stands() -> None:
    operations = Operations()
    operations.requested(OURS, OUR_WAY)
    refused = ready(operations, OURS, "clear")
    assert "not answered" in refused["reason"]
    operations.after(6)
    assert ready(operations, OURS, "clear")["status"] == "applied"
    assert operations.board(OURS)["status"] == "ready"
    # Another way: what was answered and confirmed was about the one before.
    onward = [leg | {"entry": {"crossing": "Tokmok"}} for leg in OUR_WAY[1:]]
    operations.must(OURS, "TJ-DCA/n.rahimov", "route_change", legs=onward, reason="дорога закрыта")
    board = operations.board(OURS)
    assert (board["status"], board["ready"]["confirmed_by"], answer(operations, OURS)["answered"]) == ("declared", None, None)
    assert "declared" in operations.act(OURS, "TJ-DCA/n.rahimov", "start")["reason"]
    assert "not answered" in operations.act(OURS, DUTY, "ready_confirmed", ready=board["ready"]["id"], deconfliction="clear")["reason"]
    operations.after(6)
    operations.must(OURS, DUTY, "ready_confirmed", ready=board["ready"]["id"], deconfliction="clear")
    operations.must(OURS, "TJ-DCA/n.rahimov", "start")


def test_clear_is_not_declared_of_a_plan_about_which_the_coordinator_is_to_be_contacted() -> None:
    operations = Operations()
    operations.requested(THEIRS, THEIR_WAY, [f"{CENTRE}/k.other"])
    operations.requested(OURS, OUR_WAY)
    operations.after(6)
    assert "contacted" in ready(operations, OURS, "clear")["reason"]
    assert ready(operations, OURS, "arranged")["status"] == "applied"


def test_the_older_plan_learns_of_a_newer_one_at_its_own_hour() -> None:
    operations = Operations()
    operations.requested(OURS, OUR_WAY)
    asked = operations.now
    operations.after(600)
    assert answer(operations, OURS)["contact"] is False
    operations.requested(THEIRS, THEIR_WAY, [f"{CENTRE}/k.other"])
    operations.after(60)
    assert answer(operations, OURS)["contact"] is False
    # The supervisors know at once, and telephone.
    (conflict,) = operations.conflicts.values()
    assert (conflict["first"], conflict["second"], conflict["open"]) == (THEIRS, OURS, True)
    operations.until(asked + DELAY_MS + AGAIN_MS)
    assert answer(operations, OURS)["contact"] is True
    assert answer(operations, OURS)["answered"].startswith("2026-03-18T07:00:05")


def test_what_is_near_is_told_by_places_and_times_and_is_over_when_a_plan_is() -> None:
    operations = Operations()
    operations.requested(OURS, OUR_WAY)
    operations.requested(THIRD, FAR_WAY)
    assert operations.conflicts == {}
    operations.requested(THEIRS, THEIR_WAY)
    (conflict,) = operations.conflicts.values()
    first = conflict["near"][0]
    assert (first["first"]["name"], first["first"]["leg"], first["second"]["name"], first["second"]["kind"]) == (
        "Ak-Jol",
        1,
        "Ak-Jol",
        "exit",
    )
    # At Syrym they are 200 hours apart.
    assert "Syrym" not in {side["name"] for pair in conflict["near"] for side in pair.values()}
    operations.until(NOW + 60 * 3_600_000 + SLACK_MS + AGAIN_MS)
    (conflict,) = operations.conflicts.values()
    assert (conflict["open"], conflict["near"]) == (False, [])
    assert answer(operations, OURS)["contact"] is False


def test_a_delivery_that_has_ended_is_near_to_none() -> None:
    operations = Operations()
    operations.requested(OURS, OUR_WAY)
    operations.requested(THEIRS, THEIR_WAY)
    operations.must(OURS, "TJ-DCA/n.rahimov", "aborted", reason="отказ")
    (conflict,) = operations.conflicts.values()
    assert conflict["open"] is False
    assert answer(operations, OURS) is None
    operations.after(2 * 3600)
    assert answer(operations, THEIRS)["contact"] is False
    assert not [timer for timer in operations.timers.waiting.values() if timer.key == f"#{OURS}".encode()]


def test_legs_without_a_place_are_named_as_not_compared() -> None:
    operations = Operations()
    operations.requested(OURS, way(("TJ", None, 0, None, 40), ("KG", "Karamyk", 40, None, 60)))
    assert answer(operations, OURS)["blind"] == [1]


def test_what_a_deliverys_people_see_is_the_same_whichever_others_there_are_but_for_one_sentence() -> None:
    """Noninterference, over random histories of other deliveries; printed seeds break it or do not."""
    told = 0
    for seed in range(20):
        alone, together = (history(seed, others=others) for others in (False, True))
        room, lead, desk = Viewer("t.eam", "KG-SCNBC", "KG", "officer"), Viewer("n.rahimov", "TJ-DCA", "TJ", "officer"), DESK
        assert dumped(alone, room) == dumped(together, room), f"seed {seed}"
        for viewer in (lead, desk):
            before, after = (one.shown(OURS, viewer) for one in (alone, together))
            assert [silenced(each) for each in before] == [silenced(each) for each in after], f"seed {seed}, {viewer.agency}"
            told += any(sentence(each) for each in after)
    assert told > 5, "the other deliveries came near: the test has something to hide"


DESK = Viewer("d.duty", CENTRE, None, "coordinator")


def history(seed: int, *, others: bool) -> Operations:
    """What our delivery does follows from the seed alone; what the others do from another one."""
    ours, theirs, operations = Random(seed), Random(seed + 1_000), Operations()
    foreign = _foreign(operations, theirs) if others else None
    operations.requested(OURS, OUR_WAY)
    declared = None
    for _ in range(12):
        operations.until(operations.now + ours.choice((500, 4_000, 7_000, 600_000, 4_000_000)))
        if foreign is not None and theirs.random() < 0.7:
            foreign()
        match ours.randrange(5):
            case 0:
                onward = [leg | {"exit_planned": hour(100 + ours.randrange(5))} if leg["number"] == 3 else leg for leg in OUR_WAY[1:]]
                operations.act(OURS, "TJ-DCA/n.rahimov", "route_change", legs=onward, reason="иначе")
            case 1:
                declared = operations.act(OURS, "TJ-DCA/n.rahimov", "ready", informed_posts=BORDERS)["act"]
            case 2 if declared:
                operations.act(OURS, DUTY, "ready_confirmed", ready=declared, deconfliction="arranged")
            case 3:
                operations.act(OURS, "TJ-DCA/n.rahimov", "start")
            case _:
                operations.act(OURS, "KG-GP/p.rosecutor", "consent", leg=2, authorisation=AUTHORISATION)
    return operations


def _foreign(operations: Operations, random: Random) -> Any:
    made: list[str] = []

    def go_on() -> None:
        name = f"KZ-KNB/CD-{len(made) + 10}"
        legs = way(("KG", None, random.randrange(60), "Ak-Jol", 60 + random.randrange(10)), ("KZ", "Korday", 75, "Syrym", 300))
        if made and random.random() < 0.3:
            operations.act(random.choice(made), "KZ-KNB/n.rahimov", "aborted", reason="отказ")
        else:
            operations.requested(name, legs, [DUTY])
            made.append(name)

    return go_on


def dumped(operations: Operations, viewer: Viewer) -> list[str]:
    return [json.dumps(each, sort_keys=True) for each in operations.shown(OURS, viewer)]


def sentence(each: tuple[int, str, Any]) -> bool:
    return each[1] == "deliveries.current" and bool((each[2].get("deconfliction") or {}).get("contact"))


def silenced(each: tuple[int, str, Any]) -> str:
    at, channel, value = each
    if channel == "deliveries.current" and value.get("deconfliction"):
        value = value | {"deconfliction": value["deconfliction"] | {"contact": None}}
    return json.dumps((at, channel, value), sort_keys=True)


def spot(lat: float, lon: float, begins: float | None = 0, ends: float | None = 0, code: str | None = None) -> Spot:
    at = [None if each is None else NOW + int(each * 3_600_000) for each in (begins, ends)]
    return Spot(1, "entry", "?", "", Where(code, lat, lon, 0.0), *at)


@pytest.mark.parametrize("seed", [1])
def test_places_within_the_radius_are_always_filed_where_they_are_looked_for(seed: int) -> None:
    random = Random(seed)
    print("seed", seed)
    for _ in range(2_000):
        lat, lon = random.uniform(35, 70), random.uniform(-180, 180)
        one, other = spot(lat, lon), spot(lat + random.uniform(-0.3, 0.3), (lon + random.uniform(-0.5, 0.5) + 180) % 360 - 180)
        if near(one, other, NOW):
            assert set(around(one)) & set(cells(other))


def test_nearness_is_a_radius_and_a_time_with_slack() -> None:
    degree_km = 111.2
    here, hours = spot(40.0, 70.0), SLACK_MS / 3_600_000
    assert near(here, spot(40.0 + (NEAR_KM - 0.5) / degree_km, 70.0), NOW)
    assert not near(here, spot(40.0 + (NEAR_KM + 0.5) / degree_km, 70.0), NOW)
    assert near(here, spot(40.0, 70.0, 2 * hours, 2 * hours), NOW)
    assert not near(here, spot(40.0, 70.0, 2 * hours + 0.1, 2 * hours + 0.1), NOW)
    assert near(here, spot(40.0, 70.0, None, None), NOW)
    assert not near(here, spot(40.0, 70.0, None, None), NOW + SLACK_MS + 1), "what is over is not near"
    # The two posts of one crossing, however far the gazetteer has them.
    assert near(spot(40.0, 70.0, code="x"), spot(40.5, 70.0, code="x"), NOW)


def test_a_place_in_words_is_looked_for_in_both_languages() -> None:
    look = located(load)
    codes = {where.code for where in look({"name": "Ак-Жол — Кордай / Ak-Jol — Korday", "country": "KG"})}
    assert codes == {"KG-KZ-ak-jol"}
    assert look({"country": "KZ"}) == ()
    assert [where.code for where in look({"name": "Алматы, склад / a warehouse in Almaty", "country": "KZ"})] == ["KZ-almaty"]

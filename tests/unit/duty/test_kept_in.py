"""A request that a delivery's guard keeps in is an item of those at the centre who are in its room, and of nobody else."""

from typing import Any

from streams.store.duty import kept_in
from tests.unit.duty.house import ANNA, BORIS, DELIVERY, OTHER, VERA, House

Json = dict[str, Any]
REPORT = "UZ-SCC/R-1"


def held(house: House, delivery: str = DELIVERY) -> Json:
    """The newest word about the item of that delivery."""
    return next(item for item in reversed(house.items.values()) if item["about"].get("held") == delivery)


def keeps(house: House, *deliveries: str, **more: Any) -> Json:
    house.request(REPORT, "flash", is_open=False, held=list(deliveries), **more)
    return held(house, deliveries[0])


def staffed(*room: str) -> House:
    house = House()
    house.must(ANNA, "on")
    house.must(BORIS, "on")
    house.delivery(DELIVERY, room)
    return house


def test_it_falls_to_who_answers_for_the_delivery_and_rings_after_five_minutes() -> None:
    house = staffed(ANNA, BORIS)
    house.accept(ANNA, house.delivery(DELIVERY, (ANNA, BORIS)))
    item = keeps(house, DELIVERY)
    assert (item["open"], item["responsible"], item["members"]) == (True, ANNA, [ANNA, BORIS])
    house.after(5)
    assert held(house)["rings"] == 1
    house.accept(ANNA, item["item"])
    house.must(ANNA, "settle", item=item["item"], how="позвонил контролирующему")
    assert not held(house)["open"]
    # What is dealt with comes again with a new revision alone.
    house.delivery(DELIVERY, (ANNA,))
    keeps(house, DELIVERY)
    assert not held(house)["open"]
    assert keeps(house, DELIVERY, revision=2)["open"]


def test_who_leaves_the_room_loses_it_and_who_enters_may_take_it() -> None:
    house = staffed(ANNA)
    assert keeps(house, DELIVERY)["responsible"] == ANNA
    house.delivery(DELIVERY, (BORIS,))
    assert (held(house)["responsible"], held(house)["members"]) == (BORIS, [BORIS])
    assert house.act(ANNA, "accept", item=held(house)["item"], seen=1)["reason"] == "there is no such item"
    house.delivery(DELIVERY, ())
    assert (held(house)["responsible"], held(house)["rings"]) == (None, 1), "nobody may take it: the supervisors are rung at once"


def test_it_is_for_those_alone_who_may_read_the_request() -> None:
    house = staffed(ANNA, BORIS)
    assert keeps(house, DELIVERY, members=["CARICC/b.oris", VERA])["members"] == [BORIS]
    assert keeps(house, DELIVERY, members=["CARICC"], revision=2)["members"] == [ANNA, BORIS]


def test_each_delivery_that_keeps_it_in_has_its_own_and_it_ends_where_it_is_let_out() -> None:
    house = staffed(ANNA)
    house.delivery(OTHER, (BORIS,))
    keeps(house, DELIVERY, OTHER)
    assert (held(house)["members"], held(house, OTHER)["members"]) == ([ANNA], [BORIS])
    keeps(house, OTHER)
    assert (held(house)["open"], held(house, OTHER)["open"]) == (False, True)
    plain = house.request(REPORT, "flash", held=[])
    assert not held(house, OTHER)["open"]
    assert house.open[plain]["members"] is None
    assert [name for name in house.state.values if b"kept in" in name or b"waiting" in name] == []


def test_an_embargo_after_the_end_keeps_it_with_the_same_people() -> None:
    house = staffed(ANNA)
    house.delivery(DELIVERY, (ANNA,), is_open=False)
    assert keeps(house, DELIVERY)["members"] == [ANNA]


def test_the_page_says_whom_to_call_and_not_what_was_asked() -> None:
    house = staffed(ANNA)
    item = keeps(house, DELIVERY)
    parts = [
        {"controller": "KG-DCS", "ended": None},
        {"controller": "TJ-MIA", "ended": "2026-11-22T00:00:00Z"},
        {"controller": None, "ended": None},
    ]
    shown = kept_in(item, {"parts": parts})
    assert shown == {
        "priority": "flash", "reply_by": None, "delivery": DELIVERY, "held": True, "opened": item["opened"], "call": ["KG-DCS"]
    }  # fmt: skip
    assert kept_in(item, {"parts": parts[1:]})["call"] == ["TJ-DCA"], "where nobody controls it, the lead"

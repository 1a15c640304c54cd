"""The planned way on the map: where its legs begin and end."""

from typing import Any

from streams.gateway.way import way


def leg(**plan: Any) -> dict[str, Any]:
    snapshot = {"plans": {"p": {"country": "KG", **plan}}, "parts": [{"part": "A", "legs": [{"number": 1, "plan": "p"}]}]}
    return way(snapshot)["A"][0]


def test_both_posts_of_a_border_are_one_point_with_the_name_that_was_given() -> None:
    found = leg(entry={"country": "KG", "crossing": "Карамык / Карамик"}, exit={"country": "KG", "crossing": "Ак-Жол–Кордай"})
    assert (found["entry"]["lat"], found["entry"]["lon"], found["entry"]["name"]) == (39.48, 71.74, "Карамык / Карамик")
    assert (found["exit"]["lat"], found["exit"]["lon"], found["exit"]["accuracy_m"]) == (43.035, 74.7, 2000)


def test_coordinates_of_the_plan_stand_and_a_handover_place_is_where_a_leg_ends() -> None:
    found = leg(entry={"name": "Ош", "coordinates": {"lat": 40.1, "lon": 72.5}}, handover_place="Ак-Жол")
    assert found["entry"] == {"lat": 40.1, "lon": 72.5, "accuracy_m": None, "name": "Ош"}
    assert (found["exit"]["lat"], found["exit"]["name"]) == (43.035, "Ак-Жол")


def test_a_place_that_nobody_lists_is_no_point() -> None:
    assert leg(entry={"country": "KG"}, exit={"country": "KZ", "crossing": "Узынагаш"}) == {"leg": 1, "entry": None, "exit": None}

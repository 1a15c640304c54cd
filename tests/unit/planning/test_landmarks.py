"""What a map is read by."""

from streams.planning.landmarks import landmarks


def test_every_landmark_has_a_name_in_both_scripts_and_lies_in_the_region() -> None:
    for one in landmarks():
        assert one.name.isascii()
        assert any("а" <= letter.lower() <= "я" for letter in one.ru), one
        assert 30 < one.lat < 71, one
        assert 19 < one.lon < 142, one


def test_the_capital_of_each_member_comes_before_the_second_town_of_any() -> None:
    first = [one.name for one in landmarks()][:8]
    assert {"Dushanbe", "Bishkek", "Tashkent", "Astana", "Baku", "Moscow", "Ashgabat"} <= set(first)

"""The posts that an authority picks from, and the entry that the planner then finds."""

from streams.planning import crossings
from streams.planning.posts import posts


def test_a_post_stands_on_both_sides_under_the_name_that_the_planner_looks_for() -> None:
    here = {post.name: post for post in posts("TJ")}
    assert here["Panji Poyon"].ru == "Нижний Пяндж"
    assert here["Panji Poyon"].to == ("AF",)
    assert "Sher Khan Bandar" in {post.name for post in posts("AF")}
    network = crossings.load().crossings
    for country in ("TJ", "KG", "KZ", "UZ", "TM", "AZ", "RU", "AF"):
        assert posts(country), country
        for post in posts(country):
            named = {found.name for found in network.named(post.name, country)}
            assert post.name in named, post
    assert posts("XX") == ()

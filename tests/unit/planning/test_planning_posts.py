"""The posts that an authority picks from, and the entry that the planner then finds."""

from schemas.directory import CrossingEntry
from streams.planning import crossings
from streams.planning.directory import exercise
from streams.planning.posts import meant, nearest, posts


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


def test_a_post_written_otherwise_is_known_and_one_that_is_not_there_has_neighbours() -> None:
    for written in ("Нижний Пяндж", "panji poyon", "КПП «Нижний Пяндж»", "Sher Khan Bandar"):
        assert meant("TJ", written) == ("Panji Poyon",), written
    assert meant("AF", "Panji Poyon") == ("Sher Khan Bandar",)
    assert meant("TJ", "Panji Poyn") == meant("TJ", "Dostuk-9") == ()
    assert nearest("TJ", "Panji Poyn")[0] == nearest("TJ", "Нижний Пянж")[0] == "Panji Poyon"
    assert len(nearest("TJ", "?")) == 3
    assert nearest("XX", "Panji Poyon") == ()


def test_every_post_of_the_fictional_directory_is_called_as_the_gazetteer_calls_it() -> None:
    named = [(entry.country, entry.crossing) for entry in exercise().entries if isinstance(entry, CrossingEntry)]
    assert len(named) > 10
    assert [one for one in named if one[1] not in {post.name for post in posts(one[0])}] == []

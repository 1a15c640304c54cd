"""A word of a search means the same in every script and language; a word that could mean more means only itself."""

import pytest

from streams.gateway.meaning import meanings, slug
from streams.store.folding import fold
from streams.store.search import Meaning, has_words, query_words


@pytest.mark.parametrize("word", ["героин", "героина", "ҳероин", "HEROIN", "heroína"])
def test_a_substance_is_found_under_its_name_of_the_centre(word: str) -> None:
    (meant,) = meanings(word)
    assert meant.names == ("heroin",)
    assert slug(word) == "heroin"


def test_each_word_means_its_own() -> None:
    found = {meant.words: meant for meant in meanings("героин Панджи Таджикистан каримов")}
    assert found["героин",].names == ("heroin",)
    assert "panji poyon" in found["панджи",].names
    assert found["таджикистан",].country == "TJ"
    assert ("каримов",) not in found


def test_a_name_of_two_words_is_read_as_one() -> None:
    (meant,) = meanings("уксусный ангидрид")
    assert meant == Meaning(("уксусныи", "ангидрид"), names=("acetic anhydride",))


def test_a_town_is_found_in_the_other_script() -> None:
    assert [meant.names for meant in meanings("Ош")] == [("osh",)]


@pytest.mark.parametrize(
    ("word", "place"),
    [("кара-суу", "kara-suu"), ("Джалал-Абад", "jalal-abad"), ("jalal-abad", "jalal-abad"), ("Кызыл-Бель", "kyzyl-bel")],
)
def test_a_name_with_a_hyphen_is_found(word: str, place: str) -> None:
    (meant,) = meanings(word)
    assert meant.words == (fold(word),)
    assert place in meant.names


def test_a_word_of_many_places_is_the_one_whose_whole_name_it_is() -> None:
    assert [meant.names for meant in meanings("Термез")] == [("termez",)]


@pytest.mark.parametrize("word", ["white", "соль", "snow", "KG", "kg", "TJ", "117", "port", "тайник", "порт", "мост", "кара-порт", "-", ""])
def test_street_names_codes_and_common_words_mean_only_themselves(word: str) -> None:
    assert meanings(word) == ()


def test_the_condition_asks_for_what_was_said_or_any_other_name() -> None:
    asked = has_words(query_words("уксусный ангидрид Ош узбекистан груз"), meanings("уксусный ангидрид Ош узбекистан груз"))
    assert asked.all_of == [
        "((r.search_text LIKE %(word0)s AND r.search_text LIKE %(word1)s) OR r.search_text LIKE %(name0_0)s)",
        "(r.search_text LIKE %(word2)s OR r.search_text LIKE %(name2_0)s)",
        "(r.search_text LIKE %(word3)s OR r.country = %(meant_country3)s)",
        "r.search_text LIKE %(word4)s",
    ]
    assert asked.parameters["name0_0"] == "% acetic anhydride%"
    assert asked.parameters["meant_country3"] == "UZ"
    assert set(asked.parameters) == {"word0", "word1", "name0_0", "word2", "name2_0", "word3", "meant_country3", "word4"}

"""Spellings of one name meet under one key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reference.names import name_keys


@pytest.mark.parametrize(
    "spellings",
    [
        ("Qodirov", "Кадыров", "Қодиров", "Kadirov", "Kadyrova", "Қадыров"),
        ("Karimov", "Каримов", "کریموف", "Karimoff", "Каримова"),
        ("Hakimov", "Хакимов", "Ҳакимов", "Xakimov", "Khakimov", "حکیموف"),
        ("Jo'rayev", "Джураев", "Жўраев", "Juraev", "Dzhuraev"),
        ("Zhumabayev", "Жумабаев", "Jumabaev"),
        ("Бахтиёрович", "Baxtiyor o'g'li", "Baxtiyor oʻgʻli", "Бахтиёровна", "Bakhtiyor ugli", "Бахтиёр"),
        ("Abdurahmon", "Абдурахман", "Abdul Rahman", "عبدالرحمن"),
        ("Navruzov", "Наврузов", "نوروزوف"),
        ("Sharif", "Шариф", "شریف"),
        ("Cəfərov", "Джафаров", "Jafarov"),
        ("Alexander", "Александр", "Aleksandr"),
        ("Нурсултанулы", "Nursultan"),
        ("Shukhrat", "Шухрат", "Shuhrat"),
    ],
)
def test_spellings_share_a_key(spellings):
    keys = [set(name_keys(spelling).keys) for spelling in spellings]
    assert set.intersection(*keys), dict(zip(spellings, keys, strict=True))


def test_order_patronymic_and_script_do_not_matter():
    russian = name_keys("Кадыров Алишер Бахтиёрович")
    uzbek = name_keys("Qodirov Alisher Baxtiyor o'g'li")
    assert russian.keys == uzbek.keys
    assert set(name_keys("Alisher QODIROV").keys) <= set(russian.keys)
    assert russian.latin == "Kadyrov Alisher Bakhtiyorovich"


@pytest.mark.parametrize(
    ("one", "other"), [("Karimov", "Rahimov"), ("Saidov", "Sodiqov"), ("Ali Karimov", "Ali Rahimov"), ("Nazarov", "Navruzov")]
)
def test_other_names_have_other_keys(one, other):
    assert not set(name_keys(one).keys) & set(name_keys(other).keys)


@pytest.mark.parametrize("text", [None, "", "123", "-", "A."])
def test_no_name_no_keys(text):
    assert name_keys(text).keys == ()


@settings(deadline=None)
@given(st.text())
def test_any_name_is_answered(text):
    found = name_keys(text)
    assert len(found.keys) <= 30
    assert all(key.startswith("name:") and key.isascii() for key in found.keys)


def test_labelled_pairs_of_another_project(shared):
    """Not a measure of quality, which is the matcher's: a floor under the blocking, printed."""
    checks = shared("entities/labelled-entity-pairs.yml")["checks"]
    people = [check for check in checks if check["match"] and check["schema"] == "Person"]

    def keys(entity):
        names = entity["name"] if isinstance(entity["name"], list) else [entity["name"]]
        return {key for name in names for key in name_keys(name).keys}

    named = [check for check in people if "name" in check["query"] and "name" in check["candidate"]]
    missed = [
        (check["query"]["name"], check["candidate"]["name"]) for check in named if not keys(check["query"]) & keys(check["candidate"])
    ]
    print(f"labelled persons that share a key: {len(named) - len(missed)} of {len(named)}; missed: {missed}")
    assert len(missed) < len(named) / 2

"""What a planned place means, in the spellings that plans are really written in."""

import pytest

from streams.reference.waypoints import waypoints

KM_15 = 15_000


def codes(ref, country, worst_m=KM_15, **place):
    return [found.code for found in waypoints(ref.places, place | ({"country": country} if country else {}), worst_m)]


@pytest.mark.parametrize(
    ("country", "said", "meant"),
    [
        # A hyphen is part of a name; the same name is written with any dash.
        ("KG", "Ак-Жол", ["KG-KZ-ak-jol"]),
        ("KG", "Ак–Жол", ["KG-KZ-ak-jol"]),
        ("KG", "Ак—Тилек", ["KG-KZ-ak-tilek"]),
        ("KG", "Кызыл-Кия", ["KG-UZ-kyzyl-kiya"]),
        # The posts of both sides, parted by a dash with or without spaces, in one language or two.
        ("KG", "Ак-Жол–Кордай", ["KG-KZ-ak-jol"]),
        ("KZ", "Ак-Жол — Кордай / Ak-Jol — Korday", ["KG-KZ-ak-jol"]),
        ("RU", "Сырым - Маштаково", ["RU-KZ-mashtakovo"]),
        ("TJ", "Карамык / Карамик", ["TJ-KG-karamyk"]),
        ("KZ", "Korday (Ak-Jol)", ["KG-KZ-ak-jol"]),
        # What is not listed takes nothing away from what is.
        ("TJ", "Dusti – Uzynagash", ["TJ-dusti"]),
        ("TJ", "Dusti–Uzynagash", ["TJ-dusti"]),
        ("KZ", "Алматы, склад / a warehouse in Almaty", ["KZ-almaty"]),
        ("KZ", "Узынагаш", []),
        # Two places are two, and the one in the country that was said is the first.
        ("KZ", "Ош – Алматы", ["KZ-almaty", "KG-osh"]),
        ("KG", "Ош – Алматы", ["KG-osh", "KZ-almaty"]),
        (None, "Ош – Алматы", ["KG-osh", "KZ-almaty"]),
        ("KZ", " / — , ", []),
    ],
)
def test_a_place_in_words(ref, country, said, meant):
    assert codes(ref, country, crossing=said) == meant
    assert codes(ref, country, name=said) == meant


def test_a_name_that_is_known_whole_is_not_taken_apart(ref):
    assert codes(ref, "KG", crossing="Osh – Dostuk") == ["KG-UZ-dostuk"], "the crossing near Osh, not the city too"


def test_a_code_comes_before_words(ref):
    assert codes(ref, "KG", unlocode="KZALA", crossing="Ак-Жол")[1:] == ["KG-KZ-ak-jol"]
    assert codes(ref, "KZ", airport="ALA") == codes(ref, None, airport="ALA") == ["ALA"]


def test_nothing_is_found_that_is_known_less_exactly_than_asked(ref):
    assert codes(ref, "KZ") == []
    assert codes(ref, "KG", worst_m=1_999, crossing="Ак-Жол") == []
    assert codes(ref, "KG", worst_m=2_000, crossing="Ак-Жол") == ["KG-KZ-ak-jol"]

"""Countries, crossings, codes and coordinates."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reference.agencies import MEMBERS
from streams.reference.borders import kilometres


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TJ", "TJ"),
        ("tjk", "TJ"),
        ("762", "TJ"),
        ("Tajikistan", "TJ"),
        ("Таджикистан", "TJ"),
        ("Тоҷикистон", "TJ"),
        ("Tadjikistan", "TJ"),
        ("Киргизия", "KG"),
        ("Кыргызстан", "KG"),
        ("Kyrgyz Republic", "KG"),
        ("Россия", "RU"),
        ("РФ", "RU"),
        ("Russian Federation", "RU"),
        ("Brasil", "BR"),
        ("Казахстан", "KZ"),
        ("Қазақстан", "KZ"),
        ("O'zbekiston", "UZ"),
        ("Oʻzbekiston", "UZ"),
        ("Туркмения", "TM"),
        ("Türkmenistan", "TM"),
        ("Azərbaycan", "AZ"),
        ("افغانستان", "AF"),
        ("ایران", "IR"),
        ("Islamic Republic of Iran", "IR"),
        ("КНР", "CN"),
        ("Türkiye", "TR"),
        ("США", "US"),
        ("EE.UU.", "US"),
        ("Reino Unido", "GB"),
        ("Côte d’Ivoire", "CI"),
        ("ЕГИПЕТ", "EG"),
    ],
)
def test_countries(ref, text, code):
    assert ref.country(text) == code


@pytest.mark.parametrize("text", [None, "", "Nowhere", "Central Asia", "-"])
def test_what_is_no_country(ref, text):
    assert ref.country(text) is None


def test_country_names(ref):
    assert (ref.country_name("TJ"), ref.country_name("TJ", "ru"), ref.country_name("TJ", "tg")) == (
        "Tajikistan",
        "Таджикистан",
        "Тоҷикистон",
    )
    assert ref.country_name("TJ", "xx") == "Tajikistan"


def test_the_table_of_names_is_the_one_in_babel(ref):
    from babel import Locale

    for code, name in Locale.parse("ru").territories.items():
        if len(code) == 2 and code in ref.countries.alpha3:
            assert ref.country_name(code, "ru") == name


@pytest.mark.parametrize(
    ("fields", "country", "code"),
    [
        ({"crossing": "Нижний Пяндж"}, "TJ", "TJ-AF-panji-poyon"),
        ({"crossing": "Sher Khan Bandar"}, "AF", "TJ-AF-panji-poyon"),
        ({"crossing": "КПП «Достук»", "country": "Киргизия"}, "KG", "KG-UZ-dostuk"),
        ({"crossing": "Торугарт", "country": "KG"}, "KG", "KG-CN-torugart"),
        ({"crossing": "Torugart", "country": "Китай"}, "CN", "KG-CN-torugart"),
        ({"name": "Хоргос", "country": "KZ"}, "KZ", "KZ-CN-korgas"),
        ({"unlocode": "KZALA"}, "KZ", "KZALA"),
        ({"unlocode": "UZ TAS"}, "UZ", "UZTAS"),
        ({"airport": "DYU"}, "TJ", "DYU"),
        ({"airport": "UTDD"}, "TJ", "DYU"),
        ({"airport": "GRU", "country": "Brasil"}, "BR", "GRU"),
        ({"country": "BR", "subdivision": "SP"}, "BR", "BR-SP"),
        ({"country": "CO", "subdivision": "ANTIOQUIA"}, "CO", "CO-ANT"),
        ({"country": "US", "subdivision": "FL"}, "US", "US-FL"),
        ({"subdivision": "Хатлонская область"}, "TJ", "TJ-KT"),
        ({"subdivision": "TJ-GB"}, "TJ", "TJ-GB"),
        ({"name": "Душанбе"}, "TJ", "TJ-dushanbe"),
        ({"name": "Термез", "country": "UZ"}, "UZ", "UZ-termez"),
        ({"country": "Tajikistan"}, "TJ", "TJ"),
        ({"name": "Santos", "country": "BR"}, "BR", "BRSSZ"),
    ],
)
def test_a_place_gets_coordinates(ref, fields, country, code):
    found = ref.locate(**fields)
    assert (found.country, found.code) == (country, code)
    assert found.lat is not None
    assert found.accuracy_m > 0
    assert found.basis
    assert found.findings == ()


def test_the_two_sides_of_a_crossing_are_one_point(ref):
    tajik, afghan = ref.locate(crossing="Panji Poyon"), ref.locate(crossing="Шерхан-Бандар")
    assert (tajik.lat, tajik.lon, tajik.code) == (afghan.lat, afghan.lon, afghan.code)
    assert (tajik.country, afghan.country) == ("TJ", "AF")


def test_a_crossing_whose_sides_share_a_name_asks_for_the_country(ref):
    found = ref.locate(crossing="Torugart")
    assert found.country is None
    assert "KG" in found.findings[0]


def test_a_crossing_in_the_wrong_country_is_a_finding(ref):
    found = ref.locate(crossing="Нижний Пяндж", country="KZ")
    assert found.country == "KZ"
    assert "TJ-AF-panji-poyon" in found.findings[0]


@pytest.mark.parametrize(
    ("lat", "lon", "country"),
    [
        (38.56, 68.77, "TJ"),
        (42.87, 74.6, "KG"),
        (41.3, 69.25, "UZ"),
        (43.24, 76.9, "KZ"),
        (37.95, 58.38, "TM"),
        (40.4, 49.87, "AZ"),
        (55.75, 37.6, "RU"),
        (34.53, 69.17, "AF"),
        (35.69, 51.39, "IR"),
        (39.97, 71.13, "UZ"),
        (39.21, 45.41, "AZ"),
        (-23.43, -46.47, "BR"),
        (6.2, -75.6, "CO"),
        (54.7, 20.5, "RU"),
    ],
)
def test_coordinates_give_the_country(ref, lat, lon, country):
    """Among them Sokh, an Uzbek enclave inside Kyrgyzstan, and Nakhchivan."""
    assert ref.locate(coordinates=(lat, lon)).country == country


def test_coordinates_give_the_nearest_crossing_or_town(ref):
    assert ref.locate(coordinates=(37.19, 68.61)).code == "TJ-AF-panji-poyon"
    assert ref.locate(coordinates=(41.31, 69.25)).name == "Tashkent"
    assert ref.locate(coordinates=(43.0, 51.0)).country == "KZ"


def test_coordinates_in_another_country_are_a_finding_and_the_report_stands(ref):
    found = ref.locate(country="KZ", coordinates=(38.56, 68.77))
    assert (found.country, found.lat, found.lon) == ("KZ", 38.56, 68.77)
    assert "lie in TJ" in found.findings[0]


def test_near_the_frontier_neither_side_is_contradicted(ref):
    """The outline is not truer than 3 km, and the river is the border."""
    for country in ("TJ", "AF"):
        assert ref.locate(country=country, coordinates=(37.193, 68.61)).findings == ()


def test_coordinates_far_from_the_named_place_are_a_finding(ref):
    assert "km from Dushanbe" in ref.locate(name="Душанбе", coordinates=(40.28, 69.62)).findings[0]


@pytest.mark.parametrize(
    "fields",
    [{"unlocode": "TJZZZ"}, {"airport": "QQQQ"}, {"country": "Nowhere"}, {"coordinates": (99.0, 10.0)}, {"coordinates": (0.0, 0.0)}],
)
def test_what_is_not_known_is_a_finding(ref, fields):
    found = ref.locate(**fields)
    assert found.lat is None
    assert found.findings


def test_nothing_is_nothing(ref):
    assert ref.locate() is None
    assert ref.locate(name="a place nobody knows") is None


def test_every_crossing_lies_at_its_frontier(ref):
    """A typing error in our gazetteer would show as a crossing far from one of its countries."""
    astray = []
    for side in ref.places.crossings.sides:
        away = ref.places.borders.distance_km(side.country, side.lat, side.lon)
        if away > ref.places.borders.tolerance_km(side.country) + side.accuracy_m / 1000 + 3:
            astray.append((side.code, side.country, round(away, 1)))
    assert astray == []
    assert len({side.code for side in ref.places.crossings.sides}) >= 120


def test_every_town_and_subdivision_lies_in_its_country(ref):
    for spots in ref.places.towns._spots.values():
        for spot in spots:
            assert ref.places.borders.distance_km(spot.country, spot.lat, spot.lon) <= 5, spot
    for known in ref.places._subdivisions.values():
        if known.lat is not None and known.code not in {"CO-SAP", "US-PR"}:  # not in the outline
            assert ref.places.borders.distance_km(known.code[:2], known.lat, known.lon) <= max(10, known.accuracy_m / 2000), known


def test_member_capitals_by_agencies(ref):
    assert {agency.country for agency in ref.agencies if agency.member} == set(MEMBERS)
    assert {"TJ-DCA", "KZ-KNB", "CARICC", "WCO-RILO", "BR-PF", "CO-PONAL", "US-DEA"} <= {agency.code for agency in ref.agencies}
    for country in MEMBERS:
        assert sum(agency.country == country for agency in ref.agencies) >= 4
    assert ref.agencies.get("XX-NONE") is None


@settings(deadline=None)
@given(
    st.text(),
    st.floats() | st.floats(-90, 90),
    st.floats() | st.floats(-180, 180),
    st.sampled_from([None, "TJ", "Россия", "?"]),
)
def test_any_place_is_answered(ref, text, lat, lon, country):
    for found in (
        ref.locate(name=text, country=text, subdivision=text, unlocode=text, airport=text, crossing=text),
        ref.locate(name=text, country=country, coordinates=(lat, lon)),
    ):
        assert found is None or found.lat is None or math.isfinite(found.lat)


def test_distance():
    assert kilometres(41.31, 69.28, 38.56, 68.78) == pytest.approx(308, abs=3)


# The file's own code for Três Lagoas, whose IATA code is TJL; TLS is Toulouse, and the look-up says so.
UNRESOLVED = {"TLS"}


def test_place_codes_of_the_brazilian_file(ref, shared):
    rows = shared("seizures/brazil-federal-police-ports-airports-2013-2023.csv", ";")
    codes = {row["UNIDADE_PADRAO_AEROPORTUARIO"] for row in rows}
    unknown = {code for code in codes if (ref.locate(unlocode=code) if len(code) == 5 else ref.locate(airport=code)).country != "BR"}
    print("Brazilian place codes that are not known:", sorted(unknown))
    assert unknown == UNRESOLVED
    assert "FR" in ref.locate(airport="TLS", country="BR").findings[0]
    assert {uf for uf in {row["UF"] for row in rows} if ref.locate(country="BR", subdivision=uf).code != f"BR-{uf}"} == set()


def test_states_and_departments_of_the_other_files(ref, shared):
    states = {row["state"] for row in shared("seizures/us-stride-cocaine-2007.csv")}
    assert {state for state in states if ref.locate(country="US", subdivision=state).code != f"US-{state}"} == set()
    departments = {row["departamento"] for row in shared("seizures/colombia-police-2018.json")}
    assert {name for name in departments if ref.locate(country="CO", subdivision=name).kind != "subdivision"} == set()


def test_reported_coordinates_of_the_brazilian_file_lie_in_brazil(ref, shared):
    wrong = set()
    for row in shared("seizures/brazil-federal-police-ports-airports-2013-2023.csv", ";"):
        if row["lat"] and row["lon"] and row["lat"] != "0":
            found = ref.locate(country="BR", coordinates=(float(row["lat"].replace(",", ".")), float(row["lon"].replace(",", "."))))
            if found.findings:
                wrong.add((row["UNIDADE_PADRAO_AEROPORTUARIO"], found.findings))
    assert wrong == set()

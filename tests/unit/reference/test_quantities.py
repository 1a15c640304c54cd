"""Units as written in five languages, and kilograms by UNODC's rules."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kg", "kg"),
        ("Кг.", "kg"),
        ("килограммов", "kg"),
        ("quilos", "kg"),
        ("g", "g"),
        ("gramas", "g"),
        ("GRAMO", "g"),
        ("граммы", "g"),
        ("гр.", "g"),
        ("mg", "mg"),
        ("мг", "mg"),
        ("µg", "ug"),
        ("μg", "ug"),
        ("мкг", "ug"),
        ("t", "t"),
        ("тонн", "t"),
        ("litros", "l"),
        ("л", "l"),
        ("ml", "ml"),
        ("lb", "lb"),
        ("oz", "oz"),
        ("таблетки", "tablet"),
        ("comprimidos", "tablet"),
        ("comprimés", "tablet"),
        ("капсулы", "capsule"),
        ("ампул", "ampoule"),
        ("frascos", "vial"),
        ("pontos", "blot"),
        ("марок", "blot"),
        ("plants", "plant"),
        ("кусты", "plant"),
        ("дозы", "dose"),
        ("шт", "piece"),
        ("шт.", "piece"),
    ],
)
def test_units(ref, text, code):
    assert ref.unit(text).code == code


@pytest.mark.parametrize("text", [None, "", " ", "furlong", "мискаль", "mithqal", "?"])
def test_a_unit_that_is_not_known_is_none(ref, text):
    assert ref.unit(text) is None
    assert ref.kg_equivalent(Decimal(5), text, "heroin") is None


@pytest.mark.parametrize(
    ("amount", "unit", "slug", "kg"),
    [
        ("1027", "gramas", "cocaine", "1.027"),
        ("2.5", "л", "acetic-anhydride", "2.5"),
        ("1", "lb", "heroin", "0.45359237"),
        ("3", "т", None, "3000"),
        ("500", "мг", None, "0.0005"),
        ("0", "g", "heroin", "0"),
        ("1000", "tablets", "mdma", "0.25"),
        ("12", "plants", "cannabis-plant", "1.2"),
    ],
)
def test_kilograms(ref, amount, unit, slug, kg):
    found = ref.kg_equivalent(Decimal(amount), unit, slug)
    assert found.kg == Decimal(kg)
    assert found.basis


def test_a_litre_says_that_it_counts_as_a_kilogram(ref):
    found = ref.kg_equivalent(Decimal(1), "litre", "ghb")
    assert (found.factor, found.estimated) == (1, False)
    assert "UNODC" in found.basis


def test_a_typical_unit_weight_is_marked_as_estimated(ref):
    assert ref.kg_equivalent(Decimal(1), "tablet", "mdma").estimated


@pytest.mark.parametrize(
    ("unit", "slug"), [("tablets", "tramadol"), ("pontos", "lsd"), ("frascos", "ethyl-chloride"), ("шт", "heroin"), ("tablets", None)]
)
def test_counted_things_without_a_published_weight_have_no_kilograms(ref, unit, slug):
    assert ref.kg_equivalent(Decimal(10), unit, slug) is None


@settings(deadline=None)
@given(st.decimals(), st.text(), st.text())
def test_any_amount_is_answered(ref, amount, unit, slug):
    assert ref.kg_equivalent(amount, unit, slug) is None or ref.unit(unit) is not None
    ref.kg_equivalent(amount, "t", slug)


def test_units_of_the_seizure_files(ref, shared):
    units = {row["UNIDADE_MEDIDA"] for row in shared("seizures/brazil-federal-police-ports-airports-2013-2023.csv", ";")}
    units |= {row["unidad_de_medida"] for row in shared("seizures/colombia-police-2018.json")}
    assert {unit for unit in units if ref.unit(unit) is None} == {""}

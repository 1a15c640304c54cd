"""What enrichment finds, by kind of report and kind of finding; what the agency said stays as it was."""

import copy
from typing import Any

import orjson
import pytest

from schemas.records import Enrichment
from streams.reference.load import load
from streams.stages.enrich import enrich
from tests.examples import EXAMPLES
from tests.unit.stages.building import report


def found(**more: Any) -> dict[str, Any]:
    enrichment = enrich({**report(), **more}, load())
    Enrichment.model_validate_json(orjson.dumps(enrichment))
    return enrichment


def substance(name: str = "heroin", amount: Any = "12.48", unit: str | None = "kg") -> dict[str, Any]:
    return {"substances": [{"name": name, "quantity": {"amount": amount, "unit": unit}}]}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_report_is_never_changed_and_always_found_the_same(name):
    before = copy.deepcopy(EXAMPLES[name])
    first = orjson.dumps(enrich(EXAMPLES[name], load()))
    assert EXAMPLES[name] == before
    assert orjson.dumps(enrich(copy.deepcopy(before), load())) == first
    Enrichment.model_validate_json(first)


def test_every_place_and_country_is_found():
    enrichment = found(
        route={
            "departure": {"place": {"country": "AF", "locality": "Kunduz"}},
            "transit": [{"place": {"country": "UZ", "locality": "Termez"}}],
            "destination": {"place": {"country": "RU", "locality": "Samara"}},
        },
        parties=[{"kind": "person", "names": ["A B"], "nationalities": ["KG"]}],
        conveyances=[{"kind": "truck", "registration": "123 ABC 02", "country": "KZ", "seized": True}],
        phones=[{"number": "+49 30 901820"}],
    )
    assert [place["field"] for place in enrichment["locations"]] == [
        "place",
        "route.departure.place",
        "route.transit[0].place",
        "route.destination.place",
    ]
    assert enrichment["place"]["name"] == "Panji Poyon"
    assert enrichment["place"]["lat"] == pytest.approx(37.2, abs=0.1)
    assert enrichment["countries"] == ["AF", "KG", "KZ", "RU", "TJ", "UZ"], "no country is guessed from a telephone"


def test_legs_and_addressees_concern_their_countries():
    delivery = {**EXAMPLES["controlled_delivery"], "itinerary": [{"country": "KZ", "number": 2}, {"country": "RU", "number": 3}]}
    assert {"TJ", "KZ", "RU"} <= set(enrich(delivery, load())["countries"])
    assert enrich(EXAMPLES["assistance_request"], load())["countries"] == ["TJ", "UZ"]


def test_a_place_that_is_in_no_list_stays_as_reported():
    (place,) = found(place={"name": "Пост у старой мельницы"})["locations"]
    assert place["name"] == "Пост у старой мельницы"
    assert place["lat"] is None


@pytest.mark.parametrize(
    ("amount", "unit", "kg"),
    [("12.480", "kg", "12.48"), ("500", "г", "0.5"), (2, "l", "2"), ("3", "tablets", None), ("1", "handful", None), ("1", None, None)],
)
def test_kilograms_stand_beside_the_quantity(amount, unit, kg):
    (one,) = found(**substance(amount=amount, unit=unit))["substances"]
    assert one["kg"] == kg


@pytest.mark.parametrize(
    ("more", "field", "word"),
    [
        ({"containers": [{"number": "MSKU1234560"}]}, "containers[0].number", "expected 5"),
        ({"conveyances": [{"kind": "vessel", "imo": "9074720"}]}, "conveyances[0].imo", "expected 9"),
        (substance("солёные огурцы"), "substances[0].name", "not in the reference data"),
        (substance(amount="0"), "substances[0].quantity.amount", "zero"),
        (substance(unit="handful"), "substances[0].quantity.unit", "not known"),
        ({"place": {"country": "TJ", "coordinates": {"lat": 55.75, "lon": 37.6}}}, "place", "RU"),
        (
            {"parties": [{"kind": "person", "names": ["A"], "phones": [{"number": "1", "imei": "490154203237510"}]}]},
            "parties[0].phones[0].imei",
            "expected 8",
        ),
    ],
)
def test_what_looks_wrong_is_a_finding_at_its_field(more, field, word):
    said = {finding["field"]: finding["reason"] for finding in found(**more)["findings"]}
    assert field in said, said
    assert word in said[field]


def test_an_ambiguous_street_name_is_said_to_be_one():
    enrichment = found(**substance("ice"))
    assert any(finding["field"] == "substances[0].name" and "street name" in finding["reason"] for finding in enrichment["findings"])


@pytest.mark.parametrize(
    ("more", "key", "strong"),
    [
        ({"containers": [{"number": "CSQU 305438-3"}]}, "container:CSQU3054383", True),
        ({"containers": [{"number": "CSQU3054384"}]}, "container:CSQU3054384", False),
        ({"conveyances": [{"kind": "vessel", "imo": "IMO 9074729"}]}, "imo:9074729", True),
        ({"documents": [{"kind": "passport", "number": "a 01234567", "country": "TJ"}]}, "passport:TJ:A01234567", True),
        ({"documents": [{"kind": "passport", "number": "A01234567"}]}, "passport:A01234567", False),
        ({"documents": [{"kind": "cmr", "number": "KZ 0012345", "country": "KZ"}]}, "cmr:KZ0012345", True),
        ({"documents": [{"kind": "cmr", "number": "0000000"}]}, "cmr:0000000", False),
        ({"documents": [{"kind": "invoice", "number": "INV-2026-1"}]}, "invoice:INV20261", False),
        ({"firearms": [{"kind": "pistol", "serial": "ТК4417"}]}, "firearm:TK4417", True),
        ({"phones": [{"number": "+992 93 555 01 42"}]}, "phone:+992935550142", False),
        ({"conveyances": [{"kind": "car", "registration": "01 777 AB"}]}, "plate:01777AB", False),
        ({"accounts": [{"kind": "iban", "number": "GB82 WEST 1234 5698 7654 32"}]}, "iban:GB82WEST12345698765432", True),
        ({"attachments": [{"sha256": "ab" * 32, "media_type": "image/jpeg", "bytes": 1}]}, "sha256:" + "ab" * 32, True),
    ],
)
def test_which_identifiers_are_strong(more, key, strong):
    by_key = {number["key"]: number["strong"] for number in found(**more)["identifiers"]}
    assert by_key.get(key) is strong, by_key


def test_names_meet_across_scripts():
    parties = [{"kind": "person", "names": ["Каримов Бахтиёр"]}, {"kind": "person", "names": ["Karimov Bakhtiyor"]}]
    first, second = found(parties=parties)["names"]
    assert first["latin"].isascii()
    assert set(first["keys"]) & set(second["keys"])


@pytest.mark.parametrize(
    ("occurred", "start", "end"),
    [
        ("2026-03-18T04:30:00+05:00", "2026-03-17T23:30:00Z", "2026-03-17T23:30:01Z"),
        ("2026-03-18T04:30:00.5Z", "2026-03-18T04:30:00.500000Z", "2026-03-18T04:30:01.500000Z"),
        ("2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_when_is_a_range_in_utc(occurred, start, end):
    when = found(occurred=occurred)["occurred"]
    assert (when["start"], when["end"]) == (start, end)

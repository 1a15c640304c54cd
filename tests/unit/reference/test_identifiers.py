"""Check digits: a right one is accepted, a wrong one is a finding that says what was expected."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reference import mrz
from streams.reference.identifiers import Checked

TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<< L898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
KINDS = ["container", "imo", "mmsi", "imei", "iban", "card", "cas", "vin", "plate", "phone", "wallet", "mrz", "passport", "cmr"]


@pytest.mark.parametrize(
    ("kind", "value", "country", "key"),
    [
        ("container", "CSQU3054383", None, "container:CSQU3054383"),
        ("container", "csqu 305438-3", None, "container:CSQU3054383"),
        ("container", "МSKU1234565", None, "container:MSKU1234565"),
        ("imo", "IMO 9074729", None, "imo:9074729"),
        ("imei", "49-015420-323751-8", None, "imei:49015420323751"),
        ("iban", "GB82 WEST 1234 5698 7654 32", None, "iban:GB82WEST12345698765432"),
        ("iban", "KZ86125KZT5004100100", None, "iban:KZ86125KZT5004100100"),
        ("cas", "561-27-3", None, "cas:561-27-3"),
        ("card", "4111 1111 1111 1111", None, "card:4111111111111111"),
        ("vin", "1M8GDM9AXKP042788", None, "vin:1M8GDM9AXKP042788"),
        ("phone", "+992 93 123-45-67", None, "phone:+992931234567"),
        ("phone", "8 (701) 123-45-67", "KZ", "phone:+77011234567"),
        ("phone", "00 992 931234567", None, "phone:+992931234567"),
        ("phone", "۰۰۹۹۲۹۳۱۲۳۴۵۶۷", None, "phone:+992931234567"),
        ("wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", None, "wallet:bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("wallet", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", None, "wallet:bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        (
            "wallet",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            None,
            "wallet:bitcoin:bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ),
        ("wallet", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", None, "wallet:ethereum:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
        ("wallet", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", None, "wallet:tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
        ("mrz", TD3, None, "passport:UTO:L898902C3"),
        ("mrz", TD1, None, "document:UTO:D23145890"),
    ],
)
def test_right_numbers(ref, kind, value, country, key):
    found = ref.check(kind, value, country)
    assert (found.key, found.valid, found.finding) == (key, True, None)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("container", "CSQU3054384", "expected 3"),
        ("container", "CSQU305438", "expected 3"),
        ("container", "CSQX3054383", "ISO 6346"),
        ("imo", "9074728", "expected 9"),
        ("imo", "907472", "seven digits"),
        ("imei", "490154203237517", "expected 8"),
        ("imei", "49015420323751", "expected 8"),
        ("iban", "GB83WEST12345698765432", "expected 82"),
        ("iban", "GB82", "IBAN"),
        ("cas", "561-27-4", "expected 3"),
        ("card", "4111111111111112", "expected 1"),
        ("vin", "1M8GDM9A1KP042788", "expected X"),
        ("vin", "1M8GDM9AXKPO42788", "O never"),
        ("mmsi", "199123456", "201 to 775"),
        ("mmsi", "27312345", "nine digits"),
        ("phone", "+7 701", "too long or too short"),
        ("phone", "931234567", "country code"),
        ("wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "expected c29b7d93"),
        ("wallet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "expected v8f3t4"),
        ("wallet", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", "1BeAed"),
        ("mrz", TD3.replace("L898902C36", "L898902C46"), "document number: check digit 6, expected 7"),
        ("mrz", "P<UTO", "expected 88"),
        ("mrz", "Ж" * 88, "A-Z"),
    ],
)
def test_wrong_numbers_say_what_was_expected(ref, kind, value, expected):
    found = ref.check(kind, value)
    assert found.valid is not True
    assert expected in found.finding


def test_the_three_ways_to_write_a_device_meet(ref):
    assert len({ref.check("imei", text).key for text in ("490154203237518", "49015420323751", "4901542032375101")}) == 1


def test_a_container_without_its_check_digit_meets_the_one_with_it(ref):
    assert ref.check("container", "CSQU305438").key == ref.check("container", "CSQU3054383").key


def test_cyrillic_and_latin_plates_meet_and_others_do_not(ref):
    assert ref.check("plate", "А123ВС 77", "RU").key == ref.check("plate", "a123bc77", "RU").key == "plate:RU:A123BC77"
    assert ref.check("plate", "1234 ББ").key != ref.check("plate", "1234 ДД").key


def test_numbers_that_countries_repeat_are_keyed_by_country(ref):
    assert ref.check("passport", "400 123 456", "TJ").key == "passport:TJ:400123456"
    assert ref.check("passport", "400123456", "KG").key != ref.check("passport", "400123456", "TJ").key


def test_flags(ref):
    assert ref.check("mmsi", "273123456").country == "RU"
    assert "KZ" in ref.check("mmsi", "436000123", "RU").finding
    assert ref.check("mmsi", "002730000").country == "RU"


def test_every_flag_of_ours_is_the_itus(ref, shared):
    from streams.reference.identifiers import _FLAGS

    table = shared("transport/mmsi_mid.json")
    assert {mid: flag for mid, flag in _FLAGS.items() if table[mid][0] != flag} == {}


@settings(deadline=None)
@given(st.from_regex(r"[A-Z]{3}[UJZ][0-9]{6}", fullmatch=True), st.integers(1, 9))
def test_container_digit(ref, body, shift):
    full = ref.check("container", body).key.removeprefix("container:")
    assert ref.check("container", full).valid is True
    assert ref.check("container", full[:-1] + str((int(full[-1]) + shift) % 10)).finding


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{14}", fullmatch=True), st.integers(0, 14), st.integers(1, 9))
def test_one_changed_digit_of_an_imei_is_found(ref, body, at, shift):
    """Luhn finds every changed digit; ISO 6346 does not (remainder 10 counts as 0), so containers are tested at the check digit."""
    full = body + ref.check("imei", body).finding[-1]
    assert ref.check("imei", full).valid is True
    changed = full[:at] + str((int(full[at]) + shift) % 10) + full[at + 1 :]
    assert ref.check("imei", changed).finding


@settings(deadline=None)
@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<", min_size=9, max_size=9), st.integers(1, 9))
def test_mrz_digit(ref, number, shift):
    line = "P<TJK" + "A" * 39 + number + mrz.digit(number) + "TJK8001014M3001019" + "<" * 14 + "<"
    full = line + mrz.digit(line[44:54] + line[57:64] + line[65:87])
    assert ref.check("mrz", full).valid is True
    wrong = full[:53] + str((int(full[53]) + shift) % 10) + full[54:]
    assert "document number" in ref.check("mrz", wrong).finding


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.text(), st.sampled_from([None, "TJ", "KZ", "RU", "US", "??"]))
def test_any_number_is_answered_and_normalising_twice_changes_nothing(ref, kind, value, country):
    found = ref.check(kind, value, country)
    assert isinstance(found, Checked)
    assert "\x00" not in found.key
    assert bool(found.key) == bool(found.value) or kind == "mrz"
    if kind not in ("phone", "mrz"):
        assert ref.check(kind, found.value, country).value == found.value


@given(
    st.sampled_from([992, 996, 998, 993, 7, 93, 98, 86, 1, 39, 44, 380, 800, 999]),
    st.text("0123456789", min_size=4, max_size=12),
    st.sampled_from([None, "TJ", "IT", "KZ"]),
)
@settings(max_examples=1500, deadline=None)
def test_a_telephone_in_full_is_what_parsing_it_gives(ref, code, rest, country):
    text = f"+{code}{rest}"
    found = ref.identifiers.check("phone", text, country)
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        assert found.valid is False
        return
    assert found.value == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert found.country == phonenumbers.region_code_for_number(number)
    assert found.valid is (True if phonenumbers.is_valid_number(number) else None if phonenumbers.is_possible_number(number) else False)

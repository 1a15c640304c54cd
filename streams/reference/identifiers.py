"""Numbers that identify things: normalised, keyed, their check digits tested. A wrong digit is a finding, never a refusal."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from stdnum import casrn, iban, luhn
from stdnum.exceptions import ValidationError

from streams.reference import mrz, wallets
from streams.reference.table import rows

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MAX_CHARS = 200


class Checked(NamedTuple):
    """A number as it is compared. `value` is normalised; `key` is `kind:value` (with the country where numbers repeat between countries).

    `valid` is None where nothing can be tested or the rule is not mandatory; `finding` says what was expected; `country` is what the
    number itself tells (flag by MMSI, issuer by MRZ, country by telephone prefix), as alpha-2. An empty `key` matches nothing.
    """

    kind: str
    value: str
    key: str
    valid: bool | None
    finding: str | None
    country: str | None = None


# Cyrillic and Greek letters that look like Latin ones: plates and container codes are often typed on a Cyrillic keyboard.
_LOOKALIKES = str.maketrans("АВЕКМНОРСТУХЅІЈЁԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXSIJEQWABEZHIKMNOPTYX")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_OUTSIDE = re.compile(r"[\W_]+")
_CONTAINER = re.compile(r"^[A-Z]{3}[UJZ][0-9]{6,7}$")
_CONTAINER_VALUES = {char: value for value, char in enumerate("0123456789A_BCDEFGHIJK_LMNOPQRSTU_VWXYZ")}
"""ISO 6346: letters count from 10 and leave out the multiples of 11."""
_VIN = re.compile(r"^[A-HJ-NPR-Z0-9]{17}$")
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10), *range(10)], strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

_FLAGS = {mid: row["country"] for row in rows("mmsi_flags.tsv") for mid in row["mids"].split()}


class Identifiers:
    """The checks; `alpha3` maps ISO 3166-1 alpha-2 to alpha-3, for the issuers in machine-readable zones."""

    def __init__(self, alpha3: dict[str, str]) -> None:
        self._alpha2 = {three: two for two, three in alpha3.items()} | {"D": "DE"}
        self._checks: dict[str, Callable[[str, str | None], Checked]] = {
            "container": _container,
            "imo": _imo,
            "mmsi": _mmsi,
            "imei": _imei,
            "iban": _iban,
            "card": _card,
            "cas": _cas,
            "vin": _vin,
            "plate": _plate,
            "phone": _phone,
            "wallet": _wallet,
            "mrz": self._mrz,
        }
        self.check = lru_cache(maxsize=65_536)(self._check)

    def _check(self, kind: str, value: str, country: str | None = None) -> Checked:
        """Normalise and test one number. `country` (alpha-2) is of issue, registration or, for a telephone, where it was dialled.

        A kind without a rule of its own (passport, cmr, bank_account …) is normalised to capitals, digits and Latin look-alikes.
        """
        text = value[:MAX_CHARS]
        return self._checks.get(kind, partial(_plain, kind))(text, country)

    def _mrz(self, text: str, country: str | None) -> Checked:
        try:
            zone = mrz.read(text)
        except ValueError as error:
            return _checked("mrz", tight(text), False, str(error))
        if zone is None:
            length = len("".join(text.split()))
            return _checked("mrz", tight(text), False, f"{length} characters, expected 88 (passport), 90 (card of three lines) or 72")
        issuer = self._alpha2.get(zone.issuer, zone.issuer)
        kind = "passport" if zone.document.startswith("P") else "document"
        finding = "; ".join(zone.findings) or None
        return Checked("mrz", zone.number, f"{kind}:{issuer}:{zone.number}", not zone.findings, finding, self._alpha2.get(zone.issuer))


def tight(text: str) -> str:
    """Capitals and digits, look-alikes made Latin, Arabic digits European. Other letters stay: two plates must not become one."""
    if text.isascii():
        return text.upper() if text.isalnum() else _OUTSIDE.sub("", text.upper())
    return _OUTSIDE.sub("", unicodedata.normalize("NFKC", text).upper().translate(_LOOKALIKES).translate(_DIGITS))


def _checked(kind: str, value: str, valid: bool | None, finding: str | None = None, country: str | None = None) -> Checked:
    return Checked(kind, value, f"{kind}:{value}" if value else "", valid, finding, country)


def _plain(kind: str, text: str, country: str | None) -> Checked:
    value = tight(text)
    if not value:
        return Checked(kind, "", "", None, "it holds no letter or digit")
    return Checked(kind, value, f"{kind}:{country}:{value}" if country else f"{kind}:{value}", None, None)


def _container(text: str, country: str | None) -> Checked:
    """ISO 6346: owner code, category U, J or Z, serial number, check digit."""
    value = tight(text)
    if not _CONTAINER.match(value):
        return _checked("container", value, False, "not of ISO 6346's form: expected three letters, U, J or Z, seven digits")
    expected = str(sum(_CONTAINER_VALUES[char] << place for place, char in enumerate(value[:10])) % 11 % 10)
    if len(value) == 10:
        return Checked("container", value, f"container:{value}{expected}", None, f"check digit missing, expected {expected}")
    if value[10] != expected:
        return _checked("container", value, False, f"check digit {value[10]}, expected {expected}")
    return _checked("container", value, True)


def _imo(text: str, country: str | None) -> Checked:
    """IMO ship number: seven digits, weights 7 to 2."""
    value = tight(text).removeprefix("IMO")
    if not re.fullmatch(r"[0-9]{7}", value):
        return _checked("imo", value, False, f"{len(value)} characters, expected seven digits")
    expected = str(sum(int(char) * weight for char, weight in zip(value, range(7, 1, -1), strict=False)) % 10)
    finding = None if value[6] == expected else f"check digit {value[6]}, expected {expected}"
    return _checked("imo", value, finding is None, finding)


def _mmsi(text: str, country: str | None) -> Checked:
    """ITU-R M.585: nine digits, no check digit; three of them (MID, 201 to 775) tell the flag."""
    value = tight(text).removeprefix("MMSI")
    if not re.fullmatch(r"[0-9]{9}", value):
        return _checked("mmsi", value, False, f"{len(value)} characters, expected nine digits")
    start = next((len(prefix) for prefix in ("111", "00", "98", "99", "0", "8") if value.startswith(prefix)), 0)
    if value[:3] in ("970", "972", "974"):
        return _checked("mmsi", value, None, "a search-and-rescue transmitter, man-overboard device or EPIRB, not a vessel")
    mid = value[start : start + 3]
    if not 201 <= int(mid) <= 775:
        return _checked("mmsi", value, False, f"its country digits are {mid}, expected 201 to 775")
    flag = _FLAGS.get(mid)
    finding = f"its country digits {mid} are {flag}'s, the report says {country}" if country and flag and flag != country else None
    return _checked("mmsi", value, None, finding, flag)


def _imei(text: str, country: str | None) -> Checked:
    """3GPP TS 23.003: fourteen digits and a Luhn digit; with a software version sixteen and none."""
    value = tight(text).removeprefix("IMEI")
    if re.fullmatch(r"[0-9]{14}", value):
        expected = luhn.calc_check_digit(value)
        return Checked("imei", value, f"imei:{value}", None, f"check digit missing, expected {expected}")
    if re.fullmatch(r"[0-9]{16}", value):
        return Checked("imei", value, f"imei:{value[:14]}", None, "sixteen digits: an IMEI with software version, which has no check digit")
    if not re.fullmatch(r"[0-9]{15}", value):
        return _checked("imei", value, False, f"{len(value)} characters, expected fifteen digits")
    expected = luhn.calc_check_digit(value[:14])
    finding = None if value[14] == expected else f"check digit {value[14]}, expected {expected}"
    # The key leaves the check digit out, so that all three ways to write one device meet.
    return Checked("imei", value, f"imei:{value[:14]}", finding is None, finding)


def _iban(text: str, country: str | None) -> Checked:
    """ISO 13616: country, two check digits (mod 97), account in the country's own form."""
    value = tight(text).removeprefix("IBAN")
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}", value):
        return _checked("iban", value, False, "not of an IBAN's form: expected two letters, two digits, 8 to 30 letters or digits")
    expected = f"{98 - int(''.join(str(int(char, 36)) for char in value[4:] + value[:2] + '00')) % 97:02d}"
    if value[2:4] != expected:
        return _checked("iban", value, False, f"check digits {value[2:4]}, expected {expected}", value[:2])
    try:
        iban.validate(value, check_country=False)
    except ValidationError:
        return _checked("iban", value, False, f"the check digits hold, but length or form is not that of an IBAN of {value[:2]}", value[:2])
    return _checked("iban", value, True, None, value[:2])


def _card(text: str, country: str | None) -> Checked:
    """ISO/IEC 7812: Luhn digit."""
    value = tight(text)
    if not re.fullmatch(r"[0-9]{12,19}", value):
        return _checked("card", value, False, f"{len(value)} characters, expected 12 to 19 digits")
    expected = luhn.calc_check_digit(value[:-1])
    finding = None if value[-1] == expected else f"check digit {value[-1]}, expected {expected}"
    return _checked("card", value, finding is None, finding)


def _cas(text: str, country: str | None) -> Checked:
    """CAS registry number."""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text).translate(_DIGITS))
    if not 5 <= len(digits) <= 10:
        return _checked("cas", digits, False, "not of the form of a CAS number: expected two to seven digits, two digits and a check digit")
    value = f"{digits[:-3]}-{digits[-3:-1]}-{digits[-1]}"
    expected = casrn.calc_check_digit(f"{digits[:-3]}-{digits[-3:-1]}")
    finding = None if digits[-1] == expected else f"check digit {digits[-1]}, expected {expected}"
    return _checked("cas", value, finding is None, finding)


def _vin(text: str, country: str | None) -> Checked:
    """ISO 3779; the check digit (49 CFR 565) is mandatory in North America and China only, so a wrong one leaves `valid` open."""
    value = tight(text)
    if not _VIN.match(value):
        wrong = sorted(set(value) & set("IOQ"))
        why = f"{', '.join(wrong)} never occurs in one" if wrong else f"{len(value)} characters, expected 17"
        return _checked("vin", value, False, f"not of the form of a VIN: {why}")
    rest = sum(_VIN_VALUES[char] * weight for char, weight in zip(value, _VIN_WEIGHTS, strict=True)) % 11
    expected = "X" if rest == 10 else str(rest)
    if value[8] != expected:
        return _checked("vin", value, None, f"ninth character {value[8]}, check digit expected {expected} (not mandatory everywhere)")
    return _checked("vin", value, True)


def _plate(text: str, country: str | None) -> Checked:
    return _plain("plate", text, country)


def _phone(text: str, country: str | None) -> Checked:
    """E.164, by the numbering plans in `phonenumbers`; `country` stands in where the number has no prefix."""
    # Heavy, and most workers' first reports hold no telephone: loaded when needed.
    import phonenumbers

    number = _in_full(text)
    if number is None:
        folded = unicodedata.normalize("NFKC", text).translate(_DIGITS).strip()
        digits = re.sub(r"[^0-9]", "", folded)
        if country is None and folded.startswith("00"):
            folded = "+" + folded[2:]
        try:
            number = phonenumbers.parse(folded, country)
        except phonenumbers.NumberParseException:
            if folded.startswith("+") or country:
                return _checked("phone", digits, False, "no telephone number can be read from it")
            return _checked("phone", digits, None, "no country code: write it as +992 …, or give the country")
        value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    else:
        value = text
    region = phonenumbers.region_code_for_number(number)
    if not phonenumbers.is_possible_number(number):
        return _checked("phone", value, False, "too long or too short for its country's numbering plan", region)
    if region is None or not phonenumbers.is_valid_number_for_region(number, region):
        return _checked("phone", value, None, "not in a number range of its country that is known", region)
    return _checked("phone", value, True, None, region)


def _in_full(text: str) -> "PhoneNumber | None":
    """The number of a text in E.164 form, which needs no parsing. None: it needs.

    Parsing takes longer than all other checks of a report. It changes nothing in such a text, unless the national number begins with
    a zero or with what may be its plan's trunk prefix.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber

    if not _E164.fullmatch(text):
        return None
    length = next((length for length in (1, 2, 3) if int(text[1 : 1 + length]) in COUNTRY_CODE_TO_REGION_CODE), 0)
    code, national = int(text[1 : 1 + length] or 0), text[1 + length :]
    plan = PhoneMetadata.metadata_for_region(COUNTRY_CODE_TO_REGION_CODE[code][0]) if code else None
    if plan is None or national.startswith("0"):
        return None
    trunk = plan.national_prefix_for_parsing
    if trunk is not None and re.match(trunk, national):
        return None
    return PhoneNumber(country_code=code, national_number=int(national))


def _wallet(text: str, country: str | None) -> Checked:
    address = "".join(char for char in text if char.isprintable() and not char.isspace())
    found = wallets.read(address)
    if found is None:
        return _checked("wallet", address, None, "not recognised as a Bitcoin, Ethereum or Tron address; kept as written")
    network, value, valid, finding = found
    return Checked("wallet", value, f"wallet:{network}:{value}", valid, finding)

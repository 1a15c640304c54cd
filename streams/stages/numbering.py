"""Every number in a report that identifies something: normalised, checked, keyed.

Strong identifiers let two agencies' reports match by themselves: what one thing, or one document of one holder, bears and no other
(container, ship, chassis, passport or identity card with its state, device, wallet, bank account, waybill, weapon, the very same file).
Telephones, plates, MMSI, seals and payment cards are not: they are passed on, reused or shared by a whole network, and only another rule
may weigh them. Nor is any number that fails its check, has fewer than five characters, or is one or two characters repeated.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from streams.reference.load import Reference
from streams.stages.locating import Finding, Report

STRONG = frozenset({"container", "imo", "vin", "imei", "wallet", "iban", "cmr", "bill_of_lading", "air_waybill", "firearm", "sha256"})
STRONG_WITH_COUNTRY = frozenset({"passport", "identity_card", "mrz"})
_ACCOUNTS = {"iban": "iban", "crypto_wallet": "wallet", "card": "card"}
_PHONES = {"mobile": "phone", "landline": "phone", "satellite": "phone"}
_WAYBILLS = frozenset({"cmr", "tir", "bill_of_lading", "air_waybill"})
"""Numbers of the carrier, not of a state: the country is left out of the key, so that reports with and without it meet."""

Number = tuple[str, str, str, str | None]
"""Field, kind, number as written, country."""
Check = Callable[[str, str, str | None], tuple[dict[str, Any], str | None]]


def numbers_named(report: Report) -> list[Number]:
    """Every number of a report with its field."""
    named: list[Number] = []
    get = report.get
    for place, container in enumerate(get("containers") or ()):
        named.append((f"containers[{place}].number", "container", container["number"], None))
        for seal, number in enumerate(container.get("seals") or ()):
            named.append((f"containers[{place}].seals[{seal}]", "seal", number, None))
    for place, conveyance in enumerate(get("conveyances") or ()):
        country = conveyance.get("country")
        for name, kind in _CONVEYANCE:
            if name in conveyance and (number := conveyance[name]):
                named.append((f"conveyances[{place}].{name}", kind, number, country))
    _held(report, "", named)
    for place, party in enumerate(get("parties") or ()):
        _held(party, f"parties[{place}].", named)
    for place, firearm in enumerate(get("firearms") or ()):
        if number := firearm.get("serial"):
            named.append((f"firearms[{place}].serial", "firearm", number, None))
    for place, attachment in enumerate(get("attachments") or ()):
        named.append((f"attachments[{place}].sha256", "sha256", attachment["sha256"], None))
    return named


_CONVEYANCE = (("registration", "plate"), ("vin", "vin"), ("imo", "imo"), ("mmsi", "mmsi"))


def _held(holder: dict[str, Any], prefix: str, named: list[Number]) -> None:
    """Documents, telephones and accounts of the report or of one party."""
    for place, document in enumerate(holder.get("documents") or ()):
        kind, field = document["kind"], f"{prefix}documents[{place}]"
        named.append((f"{field}.number", kind, document["number"], None if kind in _WAYBILLS else document.get("country")))
        if zone := document.get("mrz"):
            named.append((f"{field}.mrz", "mrz", zone, document.get("country")))
    for place, phone in enumerate(holder.get("phones") or ()):
        kind, field = phone.get("kind") or "mobile", f"{prefix}phones[{place}]"
        named.append((f"{field}.number", _PHONES.get(kind, kind), phone["number"], phone.get("country")))
        if imei := phone.get("imei"):
            named.append((f"{field}.imei", "imei", imei, None))
    for place, account in enumerate(holder.get("accounts") or ()):
        named.append((f"{prefix}accounts[{place}].number", _ACCOUNTS.get(account["kind"], account["kind"]), account["number"], None))


def identifiers(report: Report, reference: Reference, findings: list[Finding]) -> list[dict[str, Any]]:
    """Each number as `schemas.records.IdentifierFound`; what is odd about it goes to `findings`."""
    check = _checker(reference)
    found = []
    for field, kind, number, country in numbers_named(report):
        checked, finding = check(kind, number, country)
        if finding is not None:
            findings.append({"field": field, "reason": finding, "mend": "compare it with the original"})
        found.append({"field": field, **checked})
    return found


@cache
def _checker(reference: Reference) -> Check:
    @lru_cache(maxsize=65_536)
    def check(kind: str, number: str, country: str | None) -> tuple[dict[str, Any], str | None]:
        if kind == "sha256":
            return {"kind": kind, "value": number, "key": f"sha256:{number}", "valid": None, "strong": True}, None
        found = reference.identifiers.check(kind, number, country)
        telling = len(found.value) >= 5 and len(set(found.value)) > 2 and found.valid is not False
        # A passport's number repeats between states; a machine-readable zone names its own.
        strong = telling and (kind in STRONG or (kind in STRONG_WITH_COUNTRY and found.key.count(":") >= 2))
        return {
            "kind": found.kind,
            "value": found.value,
            "key": found.key,
            "valid": found.valid,
            "strong": strong,
        }, None if found.finding is None else found.finding[:400]

    return check

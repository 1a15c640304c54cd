"""What live deliveries have under watch, and what of a report is it (decision 0808, leak rule 4).

Intake compares with this what arrives, and the store what had arrived before. A number that one thing or one paper bears keeps a report
in; a name, a place and time, or a number that is passed on only warn.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from math import cos, hypot, radians
from typing import Any, NamedTuple

import orjson

from streams.reference.identifiers import tight

Json = dict[str, Any]

FAMILIES = {
    "vehicle_registration": "plate",
    **dict.fromkeys(("cmr", "tir", "bill_of_lading", "air_waybill", "customs_declaration"), "waybill"),
    **dict.fromkeys(("passport", "identity_card", "driving_licence", "visa", "permit", "document", "mrz"), "document"),
    **dict.fromkeys(("device", "sim"), "device"),
}
"""Kinds that officers write for one another; every other kind is a family of its own."""

HOLDING = frozenset({"container", "plate", "vin", "imo", "mmsi", "seal", "waybill", "document", "imei", "device"})
"""Families whose numbers keep a report in; any other number under watch only warns."""

SIGNIFICANT = 5
"""Characters that a number must have at least, and more than two different ones."""

MENTION = 7
"""Characters from which a number is known again in plain text, or under another kind, where it has letters and so many digits."""

DIGITS = 3

NEAR_M = 10_000.0
MOST_FOUND = 20
MOST_ON = 8

_NOT_SAID = frozenset({"kind", "withdraws", "schema_version", "language", "issued", "occurred", "at", "analysed"})
_NO_DIGITS = bytes(byte for byte in range(256) if not 0x30 <= byte <= 0x39)
_EASTERN = re.compile("[٠-٩۰-۹]")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)


class Mark(NamedTuple):
    """A number as it is compared: of which family, which value, and of which country where the number says it."""

    family: str
    value: str
    country: str | None


def mark(key: str) -> Mark:
    """Of an identifier's key (`schemas.records.IdentifierFound`), such as `plate:TJ:1234AB01`."""
    kind, _, rest = key.partition(":")
    return Mark(FAMILIES.get(kind, kind), _value(key), rest.rpartition(":")[0] or None)


def _value(key: str) -> str:
    value = key[key.rfind(":") + 1 :]
    # A container's without the check digit (ISO 6346: the eleventh), which is what people get wrong.
    return value[:10] if key.startswith("container:") else value


def telling(value: str) -> bool:
    """Whether a number can be put under watch: not so short, nor so alike, that it would meet everything."""
    return len(value) >= SIGNIFICANT and len(set(value)) > 2


class _Number(NamedTuple):
    delivery: str
    mark: Mark
    holds: bool
    mention: bool


class _Place(NamedTuple):
    delivery: str
    names: frozenset[str]
    lat: float | None
    lon: float | None
    begins: float
    ends: float


class Watches:
    """What is under watch, as `deliveries.watch` has it: a table of the engine's."""

    def __init__(self) -> None:
        self._watches: dict[str, Json] = {}
        self._indexed = True
        self._numbers: dict[str, list[_Number]] = {}
        self._mentions: dict[bytes, list[_Number]] = {}
        self._names: dict[str, list[str]] = {}
        self._places: dict[str, list[_Place]] = {}

    def __len__(self) -> int:
        return len(self._watches)

    def take(self, key: bytes, value: bytes | None) -> None:
        """What one delivery watches from now on; None: nothing."""
        delivery = key.decode()
        if value is None:
            self._watches.pop(delivery, None)
        else:
            watch = orjson.loads(value)
            self._watches[delivery] = watch | {"countries": frozenset(watch["countries"]), "members": frozenset(watch["members"])}
        self._indexed = False

    def found(self, report: Json, enrichment: Json, sender: Json, *, warning: bool = True) -> list[Json]:
        """What of a report is under watch, by delivery: `{"delivery","holds","on":[{"kind","how"}]}`, how: number, text, name or place.

        A report by one who is named in the room of a delivery does not concern it: they know. Not `warning`: only what holds.
        """
        if not self._watches:
            return []
        if not self._indexed:
            self._index()
        found: dict[str, dict[tuple[str, str], bool]] = {}
        for delivery, kind, how, holds in self._matches(report, enrichment):
            of = found.setdefault(delivery, {})
            of[kind, how] = of.get((kind, how), False) or holds
        by = f"{sender['agency']}/{sender['person']}"
        return [
            {"delivery": delivery, "holds": any(on.values()), "on": [{"kind": kind, "how": how} for kind, how in list(on)[:MOST_ON]]}
            for delivery, on in list(found.items())[:MOST_FOUND]
            if by not in self._watches[delivery]["members"] and (warning or any(on.values()))
        ]

    def _index(self) -> None:
        """There are some dozens of live deliveries: all of it is made anew, once for however many changes."""
        self._numbers, self._mentions, self._names, self._places = {}, {}, {}, {}
        for name, watch in self._watches.items():
            for number in watch["numbers"]:
                found = mark(number["key"])
                holds = found.family in HOLDING
                one = _Number(name, found, holds, holds and particular(found.value))
                self._numbers.setdefault(found.value, []).append(one)
                if one.mention:
                    self._mentions.setdefault(digits(found.value)[:DIGITS], []).append(one)
            for each in watch["names"]:
                self._names.setdefault(each, []).append(name)
            for place in watch["places"]:
                spot = _Place(
                    name, frozenset(place["names"]), place["lat"], place["lon"], _seconds(place["begins"]), _seconds(place["ends"])
                )
                self._places.setdefault(place["country"], []).append(spot)
        self._indexed = True

    def _matches(self, report: Json, enrichment: Json) -> Iterator[tuple[str, str, str, bool]]:
        """Delivery, kind, how, and whether it holds."""
        numbers = self._numbers
        for identifier in enrichment["identifiers"]:
            key = identifier["key"]
            for each in numbers.get(_value(key), ()):
                borne = mark(key)
                same = each.mark.family == borne.family
                elsewhere = same and None not in (each.mark.country, borne.country) and each.mark.country != borne.country
                if same or each.mention:
                    yield each.delivery, each.mark.family, "number", each.holds and not elsewhere
        if self._mentions:
            yield from self._mentioned(report)
        if self._names:
            for named in enrichment["names"]:
                for key in named["keys"]:
                    for delivery in self._names.get(key, ()):
                        # Two words' consonants are shared by many: a name counts where the delivery goes.
                        if not self._watches[delivery]["countries"].isdisjoint(enrichment["countries"]):
                            yield delivery, "name", "name", False
        if self._places:
            yield from self._near(enrichment)

    def _mentioned(self, report: Json) -> Iterator[tuple[str, str, str, bool]]:
        """Numbers in what the report says in words. Its digits alone rule almost every one out, however many are under watch."""
        said = " ".join([value for name, value in report.items() if type(value) is str and name not in _NOT_SAID])
        borne, mentions = digits(said), self._mentions
        near = [one for at in range(len(borne) - DIGITS + 1) for one in mentions.get(borne[at : at + DIGITS], ())]
        text = tight(said) if near else ""
        for one in dict.fromkeys(near):
            if one.mark.value in text:
                yield one.delivery, one.mark.family, "text", True

    def _near(self, enrichment: Json) -> Iterator[tuple[str, str, str, bool]]:
        for location in enrichment["locations"]:
            for place in self._places.get(location["country"] or "", ()):
                if _here(place, location) and _then(place, enrichment["occurred"]):
                    yield place.delivery, "place", "place", False


def digits(text: str) -> bytes:
    """Its digits alone, Arabic ones European."""
    if not text.isascii():
        text = text.translate(_DIGITS) if _EASTERN.search(text) else text
    return text.encode("utf-8", "replace").translate(None, _NO_DIGITS)


def particular(value: str) -> bool:
    """Whether a number is so particular that it is known again wherever it stands."""
    return len(value) >= MENTION and len(digits(value)) >= DIGITS and any(char.isalpha() for char in value)


def _here(place: _Place, location: Json) -> bool:
    if not place.names.isdisjoint(name.casefold() for name in (location["name"], location["code"]) if name):
        return True
    if place.lat is None or place.lon is None or location["lat"] is None or location["lon"] is None:
        return False
    if (location.get("accuracy_m") or 0) > NEAR_M:
        return False
    north, east = location["lat"] - place.lat, (location["lon"] - place.lon) * cos(radians(place.lat))
    return hypot(north, east) * 111_000 <= NEAR_M


def _then(place: _Place, occurred: Json) -> bool:
    return _seconds(occurred["start"]) < place.ends and place.begins < _seconds(occurred["end"])


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()

"""J1: the job that every peer does, in words and, for the Python ones, in code.

Read an 800-byte seizure event from `in`; parse and validate it strictly with this model; look up country and substance; drop it where
its id and content have been seen (durable keyed state); write what is known to `out`, under the same key. One event in twenty is sent
twice. Nothing here knows which engine runs it.
"""

import random
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

PARTITIONS = 4
AGAIN = 0.05

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{2,24}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Place(Strict):
    name: Line
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Substance(Strict):
    name: Line
    amount: Decimal = Field(gt=0, max_digits=18)
    unit: Literal["kg", "g", "mg", "l", "ml", "tablets", "ampoules"]
    packaging: Line | None = None


class Conveyance(Strict):
    kind: Literal["car", "truck", "train", "aircraft", "vessel", "parcel", "person"]
    registration: Line | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None


class Event(Strict):
    report_id: Code
    originator: Code
    revision: int = Field(ge=1, le=1_000_000)
    tlp: Literal["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"]
    occurred: datetime
    place: Place
    substances: tuple[Substance, ...] = Field(min_length=1, max_length=50)
    conveyances: tuple[Conveyance, ...] = Field((), max_length=20)
    concealment: Line | None = None
    summary: Annotated[str, StringConstraints(max_length=4_000)]


COUNTRIES = {
    "AZ": "Azerbaijan",
    "KZ": "Kazakhstan",
    "KG": "Kyrgyzstan",
    "RU": "Russia",
    "TJ": "Tajikistan",
    "TM": "Turkmenistan",
    "UZ": "Uzbekistan",
}
SUBSTANCES = {"heroin": "opioid", "opium": "opioid", "hashish": "cannabis", "methamphetamine": "stimulant", "acetic anhydride": "precursor"}
FACTORS = {"kg": Decimal(1), "g": Decimal("0.001"), "mg": Decimal("0.000001"), "l": Decimal(1), "ml": Decimal("0.001")}


def enriched(body: bytes) -> dict[str, Any]:
    """The event, validated, with what is looked up. Raises pydantic's ValidationError."""
    event = Event.model_validate_json(body)
    found = [
        {"group": SUBSTANCES.get(named.name), "kg": None if factor is None else str(named.amount * factor)}
        for named in event.substances
        for factor in (FACTORS.get(named.unit),)
    ]
    return {"country": COUNTRIES.get(event.place.country), "substances": found}


def written(body: bytes, found: dict[str, Any]) -> bytes:
    """The output record: the event as it came, and what was found beside it."""
    return orjson.dumps({"report": orjson.Fragment(body), "enrichment": found})


def digest(body: bytes) -> bytes:
    """By which the same content is known again, 16 bytes."""
    return blake2b(body, digest_size=16).digest()


def events(count: int, seed: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of `count` messages, one in twenty a retransmission of an earlier one."""
    chance = random.Random(seed)
    sent: list[tuple[bytes, bytes]] = []
    for number in range(count):
        if sent and chance.random() < AGAIN:
            yield chance.choice(sent[-2_000:])
            continue
        made = _event(chance, number)
        sent.append(made)
        yield made


def _event(chance: random.Random, number: int) -> tuple[bytes, bytes]:
    country = chance.choice(sorted(COUNTRIES))
    name = f"{country}-{number:08d}"
    event = {
        "report_id": name,
        "originator": f"{country}-DCA",
        "revision": 1,
        "tlp": "AMBER",
        "occurred": f"2026-11-{chance.randint(1, 28):02d}T{chance.randint(0, 23):02d}:{chance.randint(0, 59):02d}:00+05:00",
        "place": {
            "name": "Нижний Пяндж",
            "country": country,
            "lat": round(chance.uniform(35, 55), 5),
            "lon": round(chance.uniform(45, 87), 5),
        },
        "substances": [
            {
                "name": chance.choice(sorted(SUBSTANCES)),
                "amount": f"{chance.uniform(0.1, 400):.3f}",
                "unit": chance.choice(["kg", "g", "l"]),
                "packaging": "bags",
            }
            for _ in range(chance.randint(1, 2))
        ],
        "conveyances": [{"kind": "truck", "registration": f"{chance.randint(1000, 9999)} AB", "country": country}],
        "concealment": "double floor of the trailer, behind the spare wheel",
    }
    event["summary"] = "x" * max(1, 800 - len(orjson.dumps(event)) - 13)
    return name.encode(), orjson.dumps(event)

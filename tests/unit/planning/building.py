"""A request over four countries of the exercise directory, and a planner at any moment."""

from datetime import UTC, datetime

from schemas.request import DeliveryRequest
from streams.planning import calendars, crossings, directory
from streams.planning.plan import Planner
from tests.examples import HANDLING

LEGS = (
    ("TJ", "Panji Poyon", "Karamyk", "2026-11-24T10:00:00+05:00", "2026-11-25T12:00:00+05:00"),
    ("KG", "Karamyk", "Ak-Jol", "2026-11-25T14:00:00+06:00", "2026-11-26T15:00:00+06:00"),
    ("KZ", "Korday", "Syrym", "2026-11-26T15:00:00+05:00", "2026-11-29T10:00:00+05:00"),
    ("RU", "Mashtakovo", None, "2026-11-29T10:00:00+04:00", "2026-11-30T18:00:00+04:00"),
)


def legs(*rows):
    return [
        {
            "country": country,
            "number": number,
            **({"entry": {"crossing": entry, "country": country}} if entry else {}),
            **({"exit": {"crossing": leaving, "country": country}} if leaving else {}),
            **({"entry_planned": enters} if enters else {}),
            **({"exit_planned": leaves} if leaves else {}),
        }
        for number, (country, entry, leaving, enters, leaves) in enumerate(rows or LEGS, 1)
    ]


def request(*rows, **more):
    return DeliveryRequest.model_validate(
        {
            "delivery_ref": "CD-2026-004",
            "requesting": "TJ-DCA",
            "exercise": True,
            "language": "ru",
            "handling": {**HANDLING, "tlp": "RED", "recipients": ["KG-DCS", "KZ-DCC", "RU-GUKON"], "release": []},
            "legs": legs(*rows),
            "conveyances": [{"kind": "truck", "registration": "1234 AB 01", "country": "TJ"}],
            **more,
        }
    )


def planner(now="2026-11-22T09:00:00+05:00", entries=None):
    known = directory.exercise() if entries is None else directory.Directory(tuple(entries))
    return Planner(known, calendars.load(), crossings.load(), datetime.fromisoformat(now).astimezone(UTC))


def changed(authority, crossing=None, **changes):
    """The exercise directory with one entry changed; `law` is merged."""
    found = []
    for entry in directory.exercise().entries:
        if (entry.authority, getattr(entry, "crossing", None)) == (authority, crossing):
            law = changes.get("law")
            entry = type(entry).model_validate(
                {**entry.model_dump(), **changes, **({"law": {**entry.law.model_dump(), **law}} if law else {})}
            )
        found.append(entry)
    return found

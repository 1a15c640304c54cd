"""One event of a delivery's timeline in words: what it is called, of which part and leg, who did it, and everything that it says.

Whatever an event says is printed: what has no words here is printed as it was recorded, for a report leaves nothing out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from schemas.alarms import of_event
from streams.documents import describing
from streams.documents.form import clean, joined
from streams.documents.wording import WORDS, Printed, Tongue, say
from streams.planning.findings import moment

Json = Mapping[str, Any]

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_OF_CUSTODY = frozenset({"by", "happened", "received", "act", "previous"})
"""What an event of evidence says twice: the event itself has it too, and the item's chain is printed in the handover act."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one paper is read: its language, its zone, and the numbers of entries by their act."""

    tongue: Tongue
    zone: ZoneInfo
    numbers: Mapping[str, int]


def instant(at: str | int) -> datetime:
    """A time of a record: RFC 3339, or milliseconds since 1970."""
    return datetime.fromtimestamp(at / 1000, UTC) if isinstance(at, int) else datetime.fromisoformat(at)


def stamped(at: str | int | None, zone: ZoneInfo | None) -> str:
    """Date, time to the second and offset, each in a line of a narrow column; zone None: by the clock that it was written by."""
    if at is None:
        return "—"
    local = instant(at) if zone is None else instant(at).astimezone(zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d}\n{local:%H:%M:%S}\n{offset[:3]}:{offset[3:5]}"


def lasted(seconds: float, tongue: Printed) -> str:
    """A length of time by its two largest units: `3 h 5 min`."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count and len(parts) < 2:
            parts.append(say(f"unit.{unit}", tongue, n=count))
    return " ".join(parts) or say("unit.s", tongue, n=0)


def kilograms(milligrams: int) -> str:
    """Milligrams as kilograms, with their sign."""
    return f"{Decimal(milligrams) / 1_000_000:+f}"


def load(goods: Json, tongue: Tongue) -> str:
    """Weights by substance: `heroin 24 ± 0.05 kg`."""
    return "; ".join(f"{name} {weight(one, tongue)}" for name, one in goods.items()) or say("none", tongue)


def weight(one: Json, tongue: Tongue) -> str:
    """`24 ± 0.05 kg`, with the decimal sign of the language."""
    return decimal(say("kg", tongue, kg=one["kg"], uncertainty=one["uncertainty_kg"]), tongue)


def decimal(text: str, tongue: Tongue) -> str:
    """A number in plain notation with the decimal sign of the language."""
    return text.replace(".", ",") if tongue == "ru" else text


def worded(group: str, value: object, tongue: Printed) -> str:
    """A value's words in that group, itself where there are none."""
    key = f"{group}.{value}"
    return say(key, tongue) if key in WORDS else clean(str(value))


def named(event: Json) -> str:
    """Who made the entry."""
    by = event["by"]
    return f"{by['agency']}/{by['person']}"


def title(event: Json, reading: Reading) -> str:
    """The event's name, with part and leg; of an alarm also which."""
    what, tongue = event["what"], reading.tongue
    return joined(
        (
            worded("event", event["kind"], tongue),
            worded("alarm", what["alarm_kind"], tongue) if "alarm_kind" in what else None,
            say("part_of", tongue, name=event["part"]) if event["part"] is not None else None,
            say("leg_of", tongue, number=event["leg"]) if event["leg"] is not None else None,
        ),
        " · ",
    )


def actor(event: Json, reading: Reading) -> str:
    """Who did it; by voice, for whom, and whether he has confirmed it."""
    if event["by"] is None:
        return say("device" if event["kind"] == "tracked" else "clock", reading.tongue)
    if event["on_behalf_of"] is None:
        return named(event)
    word = say(f"voice.{event['voice']}", reading.tongue)
    return say("by_voice", reading.tongue, officer=event["on_behalf_of"], by=named(event), word=word)


def details(event: Json, reading: Reading) -> list[str]:
    """Everything that the event says, one line an item."""
    what = dict(event["what"])
    if reading.tongue == "ru":
        what |= of_event(event["kind"], what)
    if event["kind"] == "evidence":
        what = {name: value for name, value in what.items() if name not in _OF_CUSTODY}
        what |= what.pop("said", {})
        what["custody"] = worded("custody", what.pop("entry", None), reading.tongue)
    what.pop("alarm_kind", None)
    return [f"{_label(name, reading.tongue)}: {_value(name, value, reading)}" for name, value in what.items() if value is not None]


def _label(name: str, tongue: Tongue) -> str:
    return say(f"said.{name}", tongue) if f"said.{name}" in WORDS else clean(name)


def _value(name: str, value: Any, reading: Reading) -> str:
    tell = _TOLD.get(name)
    if tell is not None:
        try:
            return clean(tell(value, reading))
        except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, OSError):
            # A newer centre says it otherwise: then as it was recorded.
            return _plain(value, reading)
    return _plain(value, reading)


def _plain(value: Any, reading: Reading) -> str:
    if isinstance(value, bool):
        return say("yes" if value else "no", reading.tongue)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return clean(", ".join(str(each) for each in value)) or say("none", reading.tongue)
    return clean(orjson.dumps(value, default=str).decode())


def _moment(value: str | int, reading: Reading) -> str:
    return moment(instant(value), reading.zone)


def _reference(value: str, reading: Reading) -> str:
    number = reading.numbers.get(value)
    return say("entry_ref", reading.tongue, number=number) if number is not None else value


def _taken(value: Json, reading: Reading) -> str:
    return f"{value['substance']} {weight(value, reading.tongue)}"


def _attached(value: list[Json], reading: Reading) -> str:
    return "; ".join(f"{one['media_type']}, {one['bytes']} B, SHA-256 {one['sha256']} ({one['id']})" for one in value)


def _off(value: Mapping[str, int], reading: Reading) -> str:
    lines = (f"{name} {say('kg_alone', reading.tongue, kg=decimal(kilograms(off), reading.tongue))}" for name, off in value.items())
    return "; ".join(lines) or say("none", reading.tongue)


def _position(value: Json, reading: Reading) -> str:
    where = f"{value['lat']:.5f}, {value['lon']:.5f}" + (f" ± {value['accuracy_m']:.0f} m" if value.get("accuracy_m") else "")
    source = worded("source", value["source"], reading.tongue)
    line = say("position_line", reading.tongue, where=where, source=source, at=_moment(value["captured"], reading))
    if value.get("skew_s"):
        line += f" — {say('position_skew', reading.tongue, by=lasted(value['skew_s'], reading.tongue))}"
    return f"{line} — {say('position_jump', reading.tongue)}" if value.get("jump") else line


def _post(one: Json, reading: Reading) -> str:
    """One post, or unit at no crossing, and who was told there."""
    where = one["post"] if "post" in one else say("post_unit", reading.tongue, name=one["unit"])
    told = {name: one[name] for name in ("country", "told", "told_by")}
    means = worded("means", one["means"], reading.tongue)
    return say("posts_told", reading.tongue, where=where, means=means, at=_moment(one["at"], reading), **told)


def _in_group(group: str) -> Callable[[Any, Reading], str]:
    return lambda value, reading: worded(group, value, reading.tongue)


_TOLD: dict[str, Callable[[Any, Reading], str]] = {
    **dict.fromkeys(("h_hour", "embargo_until", "valid_until", "handover_at", "expires", "until", "retain_until"), _moment),
    **dict.fromkeys(("consent", "request", "ready", "stop", "entry"), _reference),
    **dict.fromkeys(("goods", "weighed", "booked"), lambda value, reading: load(value, reading.tongue)),
    "into": lambda value, reading: "; ".join(f"{name}: {load(goods, reading.tongue)}" for name, goods in value.items()),
    "informed_posts": lambda value, reading: "; ".join(_post(one, reading) for one in value) or say("none", reading.tongue),
    "taken": _taken,
    "attachments": _attached,
    "difference_mg": _off,
    "country": lambda value, reading: describing.country(value, reading.tongue),
    "state": _in_group("consent"),
    "deconfliction": _in_group("deconfliction"),
    "terms": lambda value, reading: ", ".join(worded("term", each, reading.tongue) for each in value) or say("none", reading.tongue),
    "position": _position,
    "kind": _in_group("device_kind"),
    "reasons": lambda value, reading: ", ".join(worded("reason", each, reading.tongue) for each in value),
}

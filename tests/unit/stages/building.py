"""Records for tests of the stages, built by hand, and a state and a clock to run them with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from schemas.bounds import moment_range
from streams.clock import Timer
from streams.engine.effects import Effect, Emit, Record, Remember, Stage
from streams.engine.state import MAX_VALUE_BYTES

AT = 1_795_305_600_000  # 2026-11-22T00:00:00Z


@dataclass
class Memory:
    """A state that can be read and changed, as the engine's overlay."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    arrived: dict[int, bytes] = field(default_factory=dict)

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key)

    def inbox(self, offset: int) -> bytes:
        return self.arrived[offset]

    def apply(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Remember):
                if effect.value is None:
                    self.values.pop(effect.key, None)
                else:
                    assert len(effect.value) <= MAX_VALUE_BYTES, f"state of {len(effect.value)} bytes"
                    self.values[effect.key] = effect.value


class Timers:
    """What stages have asked to be woken for, each as the clock reads it."""

    def __init__(self, waiting: Mapping[bytes, Timer] | None = None) -> None:
        self.waiting = dict(waiting or {})

    def note(self, emit: Emit) -> bool:
        """Keep or forget a timer; whether the emission is of one."""
        if emit.channel != "timers":
            return False
        if emit.value is None:
            self.waiting.pop(emit.key, None)
        else:
            self.waiting[emit.key] = Timer.of(emit.key, emit.value)
        return True

    def due(self, by: int) -> Timer | None:
        """Take out the next that is due by then (milliseconds since 1970)."""
        soonest = min(self.waiting.values(), key=lambda timer: (timer.due, timer.id), default=None)
        return self.waiting.pop(soonest.id) if soonest is not None and soonest.due <= by else None


def record(value: Any, channel: str = "reports.enriched", *, key: bytes | None = None, offset: int = 0, **more: Any) -> Record:
    raw = value if isinstance(value, bytes) or value is None else orjson.dumps(value)
    made = Record(channel, f"live.{channel}", 0, offset, key, raw, (), AT)
    return made._replace(**more)


def run(stage: Stage, state: Memory, given: Record) -> list[Emit]:
    """Decide one record, apply its state, return what it emits."""
    state.arrived[given.offset] = given.value or b""
    effects = list(stage.decide(given, state))
    state.apply(effects)
    return [effect for effect in effects if isinstance(effect, Emit)]


def of(emits: list[Emit], channel: str) -> list[dict[str, Any]]:
    return [orjson.loads(emit.value or b"null") for emit in emits if emit.channel == channel]


def report(revision: int = 1, *, originator: str = "TJ-DCA", report_id: str = "2026-0117", **more: Any) -> dict[str, Any]:
    handling = {
        "originator": originator,
        "tlp": more.pop("tlp", "AMBER"),
        "evaluation": {"scheme": "4x4", "source": "A", "information": "1"},
        "release": more.pop("release", []),
    }
    if "embargo_until" in more:
        handling["embargo_until"] = more.pop("embargo_until")
    for name in ("recipients", "match_mode"):
        if name in more:
            handling[name] = more.pop(name)
    return {
        "kind": "seizure",
        "report_id": report_id,
        "revision": revision,
        "handling": handling,
        "issued": "2026-03-18T06:10:00+05:00",
        "occurred": "2026-03-18T04:30:00+05:00",
        "place": {"country": "TJ", "crossing": "Panji Poyon"},
        "substances": [{"name": "heroin", "quantity": {"amount": "12.48", "unit": "kg"}}],
        **more,
    }


def withdrawal(revision: int = 2, *, originator: str = "TJ-DCA", report_id: str = "2026-0117", tlp: str = "AMBER") -> dict[str, Any]:
    base = report(revision, originator=originator, report_id=report_id, tlp=tlp)
    kept = {name: base[name] for name in ("report_id", "revision", "handling", "issued")}
    return {"kind": "withdrawal", "withdraws": "seizure", "reason": "sent in error", **kept}


def enriched(sent: dict[str, Any], origin: int = 0, **enrichment: Any) -> Record:
    """The record that intake makes of a report; enrichment as given over a plain one."""
    start, end, precision = moment_range(sent.get("occurred", "2026-03-18"))
    found: dict[str, Any] = {
        "reference": "test",
        "occurred": {"start": start.isoformat(), "end": end.isoformat(), "precision": precision},
        "place": None,
        "locations": [],
        "countries": ["TJ"],
        "substances": [],
        "identifiers": [],
        "names": [],
        "findings": [],
    }
    if sent["kind"] == "seizure":
        found["place"] = {
            "field": "place",
            "country": "TJ",
            "name": "Panji Poyon",
            "lat": 37.2,
            "lon": 68.6,
            "accuracy_m": 500.0,
            "basis": "crossing",
        }
        found["substances"] = [
            {"field": "substances[0].name", "slug": "heroin", "name": "heroin", "group": "opioids", "matched_on": "heroin", "kg": "12.48"}
        ]
    found.update(enrichment)
    body = orjson.dumps(sent)
    value = {
        "type": "report",
        "origin": f"live.seizures/0/{origin}",
        "received": "2026-11-22T00:00:00.000Z",
        "sender": {"agency": sent["handling"]["originator"], "person": "n.rahimov"},
        "lane": "live",
        "event": {"specversion": "1.0", "id": str(origin), "source": "/test", "type": f"int.ric.report.{sent['kind']}.v1"},
        "digest": sha256(orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        "enrichment": found,
        "report": orjson.Fragment(body),
    }
    key = f"{sent['handling']['originator']}/{sent['report_id']}".encode()
    return record(orjson.dumps(value), key=key, offset=origin)


def decision(
    act: str, origin: int, *, originator: str = "TJ-DCA", report_id: str = "2026-0117", until: str | None = None, reason: str = "a source"
) -> Record:
    value = {
        "type": "decision",
        "act": act,
        "originator": originator,
        "report_id": report_id,
        "by": "c.duty",
        "by_agency": "CARICC",
        "reason": reason,
        "until": until,
        "at": "2026-11-22T00:00:00Z",
    }
    key = f"{originator}/{report_id}".encode()
    return record(value, key=key, offset=origin, headers=(("ric_origin", f"live.decisions/0/{origin}".encode()),))


def identifier(key: str, strong: bool = True) -> dict[str, Any]:
    kind, _, value = key.partition(":")
    return {"field": "containers[0].number", "kind": kind, "value": value, "key": key, "valid": True, "strong": strong}

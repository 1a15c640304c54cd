"""The same seizure reported by two agencies: proposed to coordinators who may see both reports, by simple, safe rules.

Nothing here answers an agency (leak rule 2), and an edge is only ever proposed. The verdict is a pure function of two fingerprints. Of the
blocks that two fingerprints share, the first by name announces a proposal, once. Every block that one report was ever in hears of its later
versions, so the block that announced a proposal sees it fall and withdraws it; `order`, the sum of both versions, tells which word is the
later one. Held, withdrawn and RED reports come with emptied fingerprints, which match nothing.

A block keeps the newest 200 fingerprints. What is pushed out of it takes part no longer: a proposal announced before stands until either
report changes in another block that they share.
"""

from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt
from typing import Any

import orjson

from schemas.problems import Problem
from streams.engine.effects import Effect, Emit, Record, Remember, Stage, State
from streams.stages.fingerprint import SLACK_S, VAGUE_S, Fingerprint, blocks, span
from streams.stages.naming import proposal_uuid
from streams.stages.refusal import Sender, refuse

VERSION = 1
KEPT = 200
RULES = "rules/1"
STRONG_WITHIN_S = 14 * 86_400
"""The same container, vehicle or passport further apart than this speaks for one network, not for one seizure."""

NEAR_M = 25_000.0
SAME_M = 1_000.0
AMOUNT = 0.10

Reasons = list[tuple[str, float]]


def stage() -> Stage:
    """The stage: one inbox, state by block."""
    return Stage("links", ("sightings",), decide, poisoned, stateful=True)


def poisoned(record: Record, reason: str) -> list[Effect]:
    """A dead letter for the steward alone: a sighting is no agency's record, so there is no sender and no receipt."""
    problem = Problem(field="(whole sighting)", reason=reason[:400] or "it could not be processed", mend=None)
    return [*refuse(record, "links", Sender(None), [problem])]


def decide(record: Record, state: State) -> list[Effect]:
    """What one sighting changes among the proposals of its block."""
    key, sighting = record.key, orjson.loads(record.value or b"")
    if not key:
        raise ValueError("a sighting has its block as key")
    block: str = sighting["block"]
    new: Fingerprint = sighting["fingerprint"]
    stored = state.get(key)
    members: list[str] = orjson.loads(stored)["m"] if stored else []
    uuid: str = new["report"]
    old = _fingerprint(key, uuid, state) if uuid in members else None
    if old is not None and old["version"] >= new["version"]:
        return []
    if old is None and sighting["gone"]:
        return []
    effects: list[Effect] = []
    for other_uuid in members:
        other = None if other_uuid == uuid else _fingerprint(key, other_uuid, state)
        if other is None or other["originator"] == new["originator"]:
            continue
        reasons = verdict(new, other)
        if reasons:
            if block == min(set(blocks(new)) & set(blocks(other))):
                effects += _announce(record, new, other, reasons)
        elif old is not None and verdict(old, other):
            effects += _announce(record, new, other, [])
    return [*effects, *_keep(key, uuid, new, members)]


def verdict(one: Fingerprint, other: Fingerprint) -> Reasons:
    """Why two fingerprints of different agencies may be one seizure, each reason with its weight; empty where they may not."""
    if one["originator"] == other["originator"]:
        return []
    (start, end), (other_start, other_end) = span(one), span(other)
    apart = max(0.0, start - other_end, other_start - end)
    shared = sorted(set(one["strong"]) & set(other["strong"]))
    reasons: Reasons = []
    if shared and apart <= STRONG_WITHIN_S:
        reasons += [(f"same {name.partition(':')[0].replace('_', ' ')} {name.partition(':')[2]}"[:400], 0.9) for name in shared[:5]]
    vague = max(end - start, other_end - other_start) > VAGUE_S
    if vague or apart > SLACK_S or one["country"] is None or one["country"] != other["country"]:
        return reasons
    metres = _distance(one, other)
    same_place = (one["place"] is not None and one["place"] == other["place"]) or (metres is not None and metres <= SAME_M)
    if not same_place and (metres is None or metres > NEAR_M):
        return reasons
    alike = _alike(one, other, same_place)
    if alike:
        reasons += alike
        where = "at the same place" if same_place else f"{round((metres or 0.0) / 1000)} km apart"
        when = "at the same time" if apart == 0 else f"{round(apart / 3600)} h apart"
        reasons += [(where, 0.3 if same_place else 0.15), (f"in {one['country']}, {when}", 0.2 if apart == 0 else 0.1)]
    return reasons


def _alike(one: Fingerprint, other: Fingerprint, same_place: bool) -> Reasons:
    amounts: dict[str, float | None] = dict(other["substances"])
    found: Reasons = []
    for slug, kg in one["substances"]:
        if slug not in amounts:
            continue
        other_kg = amounts[slug]
        if kg and other_kg:
            if abs(kg - other_kg) <= AMOUNT * max(kg, other_kg):
                low, high = sorted((kg, other_kg))
                found.append((f"{slug}: {low:g} kg and {high:g} kg", 0.4))
        elif not kg and not other_kg and same_place:
            found.append((f"{slug}, both without a weight", 0.2))
    return sorted(found)


def _distance(one: Fingerprint, other: Fingerprint) -> float | None:
    """Metres between the two places at the least, given their accuracy; None where either is unknown or too vague to be near."""
    if None in (one["lat"], one["lon"], other["lat"], other["lon"]):
        return None
    vague = (one["accuracy_m"] or 0.0, other["accuracy_m"] or 0.0)
    if max(vague) > NEAR_M:
        return None
    lat, other_lat = radians(one["lat"]), radians(other["lat"])
    across = sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin(radians(other["lon"] - one["lon"]) / 2) ** 2
    return max(0.0, 2 * 6_371_009.0 * asin(min(1.0, sqrt(across))) - sum(vague))


def _announce(record: Record, one: Fingerprint, other: Fingerprint, reasons: Reasons) -> Iterable[Emit]:
    first, second = sorted((one, other), key=lambda found: str(found["report"]))
    doubt = 1.0
    for _, weight in reasons:
        doubt *= 1.0 - weight
    proposal = proposal_uuid(first["report"], second["report"])
    value: dict[str, Any] = {
        "proposal": proposal,
        "first": first["report"],
        "second": second["report"],
        "first_key": f"{first['originator']}/{first['report_id']}",
        "second_key": f"{second['originator']}/{second['report_id']}",
        "status": "proposed" if reasons else "withdrawn",
        "score": round(1.0 - doubt, 3),
        "reasons": [{"reason": reason, "weight": weight} for reason, weight in reasons],
        "order": first["version"] + second["version"],
        "decided_by": RULES,
    }
    told = orjson.dumps(value)
    feed = orjson.dumps({"type": "incident", "change": orjson.Fragment(told)})
    return (
        Emit("incidents", proposal.encode(), told),
        Emit("feed", proposal.encode(), feed, partition=record.partition),
    )


def _keep(key: bytes, uuid: str, found: Fingerprint, members: list[str]) -> list[Remember]:
    kept = [member for member in members if member != uuid] + [uuid]
    changes = [Remember(_member(key, pushed), None) for pushed in kept[:-KEPT]]
    kept = kept[-KEPT:]
    if kept != members:
        changes.append(Remember(key, orjson.dumps({"v": VERSION, "m": kept})))
    changes.append(Remember(_member(key, uuid), orjson.dumps(found)))
    return changes


def _fingerprint(key: bytes, uuid: str, state: State) -> Fingerprint | None:
    stored = state.get(_member(key, uuid))
    found: Fingerprint | None = orjson.loads(stored) if stored else None
    return found


def _member(key: bytes, uuid: str) -> bytes:
    return b"%s#%s" % (key, uuid.encode())

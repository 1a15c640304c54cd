"""The same seizure reported by two agencies: proposed to coordinators who may see both reports, by simple, safe rules.

Nothing here answers an agency (leak rule 2), and an edge is only ever proposed. The verdict is a pure function of two fingerprints. Of the
blocks that two fingerprints share, the first by name announces a proposal, once. Every block that one report was ever in hears of its later
versions, so the block that announced a proposal sees it fall and withdraws it; `order`, the sum of both versions, tells which word is the
later one. Held, withdrawn and RED reports come with emptied fingerprints, which match nothing.

A block keeps the newest 200 fingerprints. What is pushed out of it takes part no longer: a proposal announced before stands until either
report changes in another block that they share.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import asin, ceil, cos, floor, radians, sin, sqrt
from struct import Struct
from typing import Any

import orjson

from schemas.problems import Problem
from streams.engine.effects import Effect, Emit, Record, Remember, Stage, State
from streams.stages.fingerprint import SLACK_S, VAGUE_S, Fingerprint, blocks, span
from streams.stages.naming import proposal_uuid
from streams.stages.refusal import Sender, refuse

VERSION = 2
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


@dataclass(frozen=True, slots=True)
class Seen:
    """A fingerprint as it is compared; `start` and `end` in seconds since 1970."""

    found: Fingerprint
    originator: str
    start: float
    end: float
    strong: frozenset[str]
    amounts: dict[str, float | None]

    @classmethod
    def of(cls, found: Fingerprint) -> "Seen":
        """Everything that comparing needs, once for all comparisons."""
        return cls(found, found["originator"], *span(found), frozenset(found["strong"]), dict(found["substances"]))

    @property
    def vague(self) -> bool:
        return self.end - self.start > VAGUE_S


def decide(record: Record, state: State) -> list[Effect]:
    """What one sighting changes among the proposals of its block."""
    key, sighting = record.key, orjson.loads(record.value or b"")
    if not key:
        raise ValueError("a sighting has its block as key")
    block: str = sighting["block"]
    found: Fingerprint = sighting["fingerprint"]
    members = _Members.read(state.get(key))
    name = found["report"].replace("-", "")
    old = _seen(key, name, state) if members.has(name) else None
    if old is not None and old.found["version"] >= found["version"]:
        return []
    if old is None and sighting["gone"]:
        return []
    new = Seen.of(found)
    effects: list[Effect] = []
    for other_name in members.worth_comparing(name, new, old, SLACK_S if block.startswith("near:") else None):
        other = _seen(key, other_name, state)
        if other is None:
            continue
        reasons = _verdict(new, other)
        if reasons:
            if block == min(set(blocks(found)) & set(blocks(other.found))):
                effects += _announce(record, found, other.found, reasons)
        elif old is not None and _verdict(old, other):
            effects += _announce(record, found, other.found, [])
    pushed = members.put(name, new)
    return [
        *effects,
        *(Remember(_member(key, gone), None) for gone in pushed),
        Remember(key, members.written()),
        Remember(_member(key, name), orjson.dumps(found)),
    ]


class _Members:
    """Which fingerprints a block has, the latest last, with as much of each as tells that it need not be read: agency and time.

    Thirty bytes each: the list is written again with every sighting.
    """

    _ROW = Struct("<16sHII")

    def __init__(self, agencies: list[str], rows: list[tuple[bytes, int, int, int]]) -> None:
        self._agencies = agencies
        self._rows = rows

    @classmethod
    def read(cls, stored: bytes | None) -> "_Members":
        if not stored:
            return cls([], [])
        head, _, rows = stored.partition(b"\n")
        kept = orjson.loads(head)
        if kept["v"] != VERSION:
            raise ValueError(f"state of a block in version {kept['v']}: this worker reads {VERSION}; deploy the worker that wrote it")
        return cls(kept["a"], list(cls._ROW.iter_unpack(rows)))

    def written(self) -> bytes:
        return b"%s\n%s" % (orjson.dumps({"v": VERSION, "a": self._agencies}), b"".join([self._ROW.pack(*row) for row in self._rows]))

    def has(self, name: str) -> bool:
        named = bytes.fromhex(name)
        return any(row[0] == named for row in self._rows)

    def worth_comparing(self, name: str, new: "Seen", old: "Seen | None", within: float | None) -> list[str]:
        """Those of other agencies that lie no further apart from `new` or `old` than `within` seconds, where it is given.

        In a block of time and place no others can be proposed: what only an identifier that they share tells is told in that block.
        """
        named = bytes.fromhex(name)
        own = self._agencies.index(new.originator) if new.originator in self._agencies else -1
        rows = [row for row in self._rows if row[1] != own and row[0] != named]
        if within is not None:
            spans = [(seen.start - within, seen.end + within) for seen in (new, old) if seen is not None]
            rows = [row for row in rows if any(first <= row[3] and row[2] <= last for first, last in spans)]
        return [row[0].hex() for row in rows]

    def put(self, name: str, seen: "Seen") -> list[str]:
        """Make this one the latest; who is pushed out by it."""
        if seen.originator not in self._agencies:
            self._agencies.append(seen.originator)
        named = bytes.fromhex(name)
        # Rounded outwards: who is left out for the time is surely out of reach.
        row = (named, self._agencies.index(seen.originator), _whole(floor(seen.start)), _whole(ceil(seen.end)))
        rows = [row for row in self._rows if row[0] != named] + [row]
        self._rows = rows[-KEPT:]
        return [row[0].hex() for row in rows[:-KEPT]]


def _whole(second: int) -> int:
    return min(max(second, 0), 0xFFFFFFFF)


def verdict(one: Fingerprint, other: Fingerprint) -> Reasons:
    """Why two fingerprints of different agencies may be one seizure, each reason with its weight; empty where they may not."""
    return _verdict(Seen.of(one), Seen.of(other))


def _verdict(one: Seen, other: Seen) -> Reasons:
    if one.originator == other.originator:
        return []
    apart = max(0.0, one.start - other.end, other.start - one.end)
    reasons: Reasons = []
    if apart <= STRONG_WITHIN_S and not one.strong.isdisjoint(other.strong):
        shared = sorted(one.strong & other.strong)
        reasons += [(f"same {name.partition(':')[0].replace('_', ' ')} {name.partition(':')[2]}"[:400], 0.9) for name in shared[:5]]
    country = one.found["country"]
    if apart > SLACK_S or one.vague or other.vague or country is None or country != other.found["country"]:
        return reasons
    # Amounts before distances: what is not alike at one place is not alike further off, and amounts are quicker to compare.
    alike = _alike(one.amounts, other.amounts, True)
    if not alike:
        return reasons
    metres, place = _distance(one.found, other.found), one.found["place"]
    same_place = (place is not None and place == other.found["place"]) or (metres is not None and metres <= SAME_M)
    if not same_place:
        if metres is None or metres > NEAR_M:
            return reasons
        alike = _alike(one.amounts, other.amounts, False)
    if alike:
        reasons += alike
        where = "at the same place" if same_place else f"{round((metres or 0.0) / 1000)} km apart"
        when = "at the same time" if apart == 0 else f"{round(apart / 3600)} h apart"
        reasons += [(where, 0.3 if same_place else 0.15), (f"in {country}, {when}", 0.2 if apart == 0 else 0.1)]
    return reasons


def _alike(one: dict[str, float | None], other: dict[str, float | None], same_place: bool) -> Reasons:
    found: Reasons = []
    for slug, kg in one.items():
        if slug not in other:
            continue
        other_kg = other[slug]
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


def _seen(key: bytes, name: str, state: State) -> Seen | None:
    stored = state.get(_member(key, name))
    return _decoded(stored) if stored else None


@lru_cache(maxsize=8_192)
def _decoded(stored: bytes) -> Seen:
    """Not to be changed: the blocks of one report share it, and whoever is compared with it."""
    return Seen.of(orjson.loads(stored))


def _member(key: bytes, name: str) -> bytes:
    return b"%s#%s" % (key, name.encode())

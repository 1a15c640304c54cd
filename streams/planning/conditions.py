"""What the laws along the way allow, forbid and require, and where two of them cannot both be met."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import get_args

from schemas.delivery import Leg
from schemas.directory import AuthorityEntry, Passage, Practice, Rule, Substitution
from schemas.request import DeliveryRequest
from streams.planning.findings import Finding, Saying, Severity, Source, spell

LEVELS: tuple[Substitution, ...] = get_args(Substitution)
"""From the original load to a fully substituted one; a load can only move up."""

_AS = {"none": "the original load", "partial": "a partly substituted load", "full": "a fully substituted load"}


@dataclass(frozen=True, slots=True)
class Terrain:
    """One leg with the entries of those who consent to it."""

    leg: Leg
    passage: Passage
    enters: datetime | None
    leaves: datetime | None
    entries: tuple[tuple[AuthorityEntry, Source], ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """What its lines rest on."""
        return tuple(source for _, source in self.entries)

    @property
    def loads(self) -> frozenset[Substitution]:
        """What the load may be here: what all who consent allow; all where none says."""
        stated = [frozenset(entry.law.substitution) for entry, _ in self.entries if entry.law.substitution]
        return reduce(frozenset.intersection, stated, frozenset(LEVELS))

    def rules(self, practice: Practice, rule: Rule) -> tuple[Source, ...]:
        """The entries that say this of the practice."""
        return tuple(source for entry, source in self.entries if entry.law.practices.get(practice) == rule)


def of_leg(terrain: Terrain, request: DeliveryRequest) -> Iterator[Finding]:
    """What one leg's law says to the case: permission, kind of passage, load, practices, duration, special requirements."""
    for entry, source in terrain.entries:
        law, say = entry.law, Saying(terrain.leg.number, (source,))
        basis = law.basis or "the entry names no provision"
        if not law.controlled_delivery:
            yield say("blocking", "law", f"{terrain.leg.country} allows no controlled delivery", basis)
        if terrain.passage not in law.passages:
            word = {"out": "out of", "through": "through", "into": "into", "internal": "within"}[terrain.passage]
            severity: Severity = "blocking" if law.passages else "action"
            allowed = ", ".join(law.passages) or "not stated: ask"
            yield say(severity, "passage", f"passage {word} it is not among those that {terrain.leg.country} allows", f"allowed: {allowed}")
        if not law.substitution:
            yield say("action", "substitution", f"ask what the load may be in {terrain.leg.country}", "the entry does not state it")
        for load in wanted_loads(request, terrain.leg.number) if law.substitution else ():
            if load not in law.substitution:
                allowed = " or ".join(_AS[load] for load in law.substitution)
                yield say("blocking", "substitution", f"{_AS[load]} is planned, {terrain.leg.country} takes {allowed}", basis)
        yield from _practices(entry, request, say)
        yield from _duration(terrain, entry, say)
        for requirement in entry.special_requirements:
            yield say("action", "requirement", requirement, "special requirement of the entry")


def wanted_loads(request: DeliveryRequest, number: int) -> tuple[Substitution, ...]:
    """What the load is on a leg as the request plans it: both where it is replaced, nothing where the request does not say."""
    plan = request.substitution
    if plan is None:
        return ()
    where = plan.place.country if plan.place else None
    replaced = next((leg.number for leg in request.legs if leg.country == where), 1)
    if plan.wanted == "none" or number > replaced or where is None:
        return (plan.wanted,)
    return ("none", plan.wanted) if number == replaced else ("none",)


def _practices(entry: AuthorityEntry, request: DeliveryRequest, say: Saying) -> Iterator[Finding]:
    rules = entry.law.practices
    for practice in request.practices:
        if rules.get(practice) == "forbidden":
            yield say("blocking", "practice", f"{_words(practice)} wanted, but forbidden in {entry.country}", "the entry forbids it")
        elif practice not in rules:
            yield say("action", "practice", f"ask whether {entry.country} allows {_words(practice)}", "the entry does not state it")
    for practice, rule in rules.items():
        if rule == "required" and practice not in request.practices:
            yield say(
                "action",
                "practice",
                f"{entry.country} requires {_words(practice)}, which the request does not plan",
                "required by the entry",
            )


def _duration(terrain: Terrain, entry: AuthorityEntry, say: Saying) -> Iterator[Finding]:
    if entry.law.maximum_hours is None:
        return
    limit = timedelta(hours=entry.law.maximum_hours)
    allowed = f"at most {entry.law.maximum_hours:g} h from entry to exit"
    if terrain.enters is None or terrain.leaves is None:
        yield say(
            "action",
            "duration",
            f"plan entry and exit of leg {terrain.leg.number}",
            f"{allowed}; without both times it cannot be held against that",
        )
    elif (over := terrain.leaves - terrain.enters - limit) > timedelta():
        yield say("blocking", "duration", f"{spell(int(over / timedelta(minutes=1)))} longer in {entry.country} than allowed", allowed)


def between_legs(terrains: list[Terrain]) -> Iterator[Finding]:
    """Conditions of two legs that cannot both be met."""
    yield from _loads(terrains)
    for practice in get_args(Practice):
        require = [(terrain, found) for terrain in terrains if (found := terrain.rules(practice, "required"))]
        forbid = [(terrain, found) for terrain in terrains if (found := terrain.rules(practice, "forbidden"))]
        if require and forbid:
            yield Finding(
                severity="blocking",
                topic="practice",
                legs=tuple(sorted({terrain.leg.number for terrain, _ in (*require, *forbid)})),
                text=f"{_words(practice)} required in {_countries(require)} and forbidden in {_countries(forbid)}",
                why="the same consignment meets both laws: agree where it begins and ends, or ask for an exception",
                sources=tuple(source for _, sources in (*require, *forbid) for source in sources),
            )


def _loads(terrains: list[Terrain]) -> Iterator[Finding]:
    """A load that was substituted cannot be made whole again, and is substituted only where the law allows both what came and what goes."""
    before: Terrain | None = None
    leaving: frozenset[Substitution] = frozenset()
    for terrain in terrains:
        if not terrain.loads:
            yield _conflict((terrain,), f"those who consent in {terrain.leg.country} allow no common load", "each entry allows another one")
        arriving = terrain.loads if before is None else leaving & terrain.loads
        if before is not None and not arriving and terrain.loads and leaving:
            came, taken = _loads_in_words(leaving), _loads_in_words(terrain.loads)
            text = f"{terrain.leg.country} takes {taken}; the legs before can hand over {came} only"
            yield _conflict((before, terrain), text, "a substituted load cannot be made whole, nor replaced where the law forbids it")
            arriving = terrain.loads
        if before is not None and "none" in leaving and arriving and "none" not in arriving:
            text = f"substitute before {before.leg.country} is left: {terrain.leg.country} takes {_loads_in_words(terrain.loads)}"
            yield Finding(
                severity="action",
                topic="substitution",
                legs=(before.leg.number, terrain.leg.number),
                text=text,
                why=f"the law of {before.leg.country} allows it on its soil",
                sources=(*before.sources, *terrain.sources),
            )
        leaving = frozenset(load for load in terrain.loads if any(LEVELS.index(came) <= LEVELS.index(load) for came in arriving))
        before = terrain


def _conflict(terrains: tuple[Terrain, ...], text: str, why: str) -> Finding:
    return Finding(
        severity="blocking",
        topic="substitution",
        legs=tuple(terrain.leg.number for terrain in terrains),
        text=text,
        why=why,
        sources=tuple(source for terrain in terrains for source in terrain.sources),
    )


def _loads_in_words(loads: frozenset[Substitution]) -> str:
    return " or ".join(_AS[load] for load in LEVELS if load in loads)


def _words(practice: str) -> str:
    return practice.replace("_", " ")


def _countries(found: list[tuple[Terrain, tuple[Source, ...]]]) -> str:
    return ", ".join(dict.fromkeys(terrain.leg.country for terrain, _ in found))

"""The consent planner: from a request, the directory and the time to whom to ask, until when, and what stands against it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.bounds import Instant, Strict
from schemas.delivery import Leg
from schemas.directory import AuthorityEntry, CrossingEntry
from schemas.places import Place
from schemas.request import DeliveryRequest
from streams.planning import itinerary
from streams.planning.alternatives import Refused, alternatives
from streams.planning.asking import Desk, lateness, may_receive
from streams.planning.calendars import Calendars
from streams.planning.conditions import Terrain, between_legs, of_leg
from streams.planning.crossings import Network, modes_of
from streams.planning.directory import Directory
from streams.planning.findings import Ask, ConsentPlan, Finding, HardStop, LegPlan, Saying, Severity, Source, moment, source
from streams.planning.hours import Opening, zone

ConsentState = Literal["pending", "provisional", "consented", "conditional", "refused", "expired", "revoked"]
_STANDS = frozenset(("provisional", "consented", "conditional"))
_GONE = frozenset(("refused", "expired", "revoked"))


class LegConsent(Strict):
    """What stands of one leg's consent today; a leg that is not given is pending. Silence never consents."""

    state: ConsentState
    valid_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans requests against one directory, one calendar of holidays and one network of crossings, at one moment."""

    directory: Directory
    calendars: Calendars
    network: Network
    now: datetime

    def plan(self, request: DeliveryRequest, consents: Mapping[int, LegConsent] | None = None) -> ConsentPlan:
        """The plan at `now`. Raises itinerary.OutOfOrder where the legs do not follow, hours.UnknownZone for a desk's impossible zone."""
        itinerary.check(request, self.network)
        standing = consents or {}
        terrains = [self.terrain(request, position) for position in range(len(request.legs))]
        legs = tuple(self._leg(request, terrain) for terrain in terrains)
        conflicts = tuple(between_legs(terrains))
        hard_stop = self._hard_stop(terrains, standing)
        refused = [Refused(terrain, why) for terrain, leg in zip(terrains, legs, strict=True) if (why := _refused(terrain, leg, standing))]
        blocked = any(finding.severity == "blocking" for finding in (*conflicts, *(each for leg in legs for each in leg.findings)))
        return ConsentPlan(
            delivery_ref=request.delivery_ref,
            exercise=request.exercise,
            now=self.now,
            calendar=self.calendars.version,
            clear=not blocked and not refused,
            legs=legs,
            conflicts=conflicts,
            hard_stop=hard_stop,
            alternatives=tuple(found for each in refused for found in alternatives(request, terrains, each, self.desk, self.network)),
        )

    @property
    def desk(self) -> Desk:
        """What its questions are asked against."""
        return Desk(self.directory, self.calendars, self.now)

    def consenting(self, country: str) -> tuple[tuple[AuthorityEntry, Source], ...]:
        """The entries of those who consent for the country."""
        entries = (entry for entry in self.directory.authorities(country) if entry.competence == "consents")
        return tuple((entry, source(entry, self.directory, self.now)) for entry in entries)

    def terrain(self, request: DeliveryRequest, position: int) -> Terrain:
        """The leg at that place of the way, with the entries of those who consent to it."""
        legs, leg = request.legs, request.legs[position]
        return Terrain(
            leg=leg,
            passage=itinerary.passage(legs, position),
            enters=itinerary.enters(legs, position),
            leaves=itinerary.leaves(legs, position),
            entries=self.consenting(leg.country),
        )

    def _leg(self, request: DeliveryRequest, terrain: Terrain) -> LegPlan:
        entries = self.directory.authorities(terrain.leg.country)
        asks = tuple(self.desk.ask(entry, request, terrain.enters) for entry in entries)
        findings = [
            *self._directory(terrain, entries),
            *self._handling(request, terrain),
            *self._time(request, terrain, asks),
            *of_leg(terrain, request),
            *self._route(request, terrain),
            *self._posts(terrain),
        ]
        order: dict[Severity, int] = {"blocking": 0, "action": 1, "info": 2}
        return LegPlan(
            number=terrain.leg.number,
            country=terrain.leg.country,
            passage=terrain.passage,
            enters=terrain.enters,
            leaves=terrain.leaves,
            asks=asks,
            findings=tuple(sorted(findings, key=lambda finding: order[finding.severity])),
        )

    def _directory(self, terrain: Terrain, entries: tuple[AuthorityEntry, ...]) -> Iterator[Finding]:
        leg = terrain.leg
        if not terrain.entries:
            why = "silence never consents: find the authority by another channel, and have its state make an entry"
            yield Saying(leg.number)("blocking", "directory", f"the directory has no authority of {leg.country} that consents", why)
        for entry in entries:
            rests = source(entry, self.directory, self.now)
            if rests.stale:
                text = f"do not rely on the entry of {entry.authority} before the authority has verified it: {rests.stale}"
                yield Saying(leg.number, (rests,))("blocking", "directory", text, "a stale entry is shown, never used")
        years = {at.year for at in (self.now, terrain.enters) if at}
        if unknown := sorted(year for year in years if not self.calendars.knows(leg.country, year)):
            text = f"ask {leg.country} for its holidays of {', '.join(map(str, unknown))}"
            yield Saying(leg.number)(
                "action", "calendar", text, f"{self.calendars.version} does not know them; only the desks' own closed days are counted"
            )

    def _handling(self, request: DeliveryRequest, terrain: Terrain) -> Iterator[Finding]:
        for entry, rests in terrain.entries:
            if not may_receive(entry, request.handling):
                text = f"name {entry.authority} in handling.recipients before the request goes to it"
                why = f"it is {request.handling.tlp}: it goes to nobody but those named"
                yield Saying(terrain.leg.number, (rests,))("action", "handling", text, why)

    def _time(self, request: DeliveryRequest, terrain: Terrain, asks: tuple[Ask, ...]) -> Iterator[Finding]:
        leg = terrain.leg
        if terrain.enters is None:
            why = f"without entry_planned of leg {leg.number} no latest moment can be given"
            yield Saying(leg.number)("action", "time", f"plan when leg {leg.number} begins", why)
            return
        if request.reply_by and request.reply_by > terrain.enters and terrain.entries:
            text = f"ask for the reply before leg {leg.number} begins, {moment(terrain.enters, zone('UTC'))}"
            yield Saying(leg.number, terrain.sources)(
                "action", "time", text, "reply_by of the request is later: the consignment would wait"
            )
        for ask in asks:
            if ask.latest is None:
                text = f"{ask.authority} cannot be given its notice: its desk does not open long enough within a year"
                yield Saying(leg.number, (ask.source,))("blocking", "notice", text, "hours of the desk in the entry")
            elif late := lateness(ask):
                possible = ask.urgent is not None and ask.urgent.late_by_minutes is None
                told = ask.competence == "is_informed"
                yield Saying(leg.number, (ask.source,))("action" if possible or told else "blocking", "notice", late, ask.latest.why)

    def _route(self, request: DeliveryRequest, terrain: Terrain) -> Iterator[Finding]:
        leg = terrain.leg
        if leg.number == len(request.legs):
            return
        following, modes = request.legs[leg.number].country, modes_of(request)
        if not self.network.between(leg.country, following, modes):
            by = ", ".join(sorted(modes))
            why = f"the gazetteer has no crossing by {by}; by air there may be a way"
            yield Saying(leg.number)("action", "route", f"check how it gets from {leg.country} to {following}", why)

    def _posts(self, terrain: Terrain) -> Iterator[Finding]:
        leg = terrain.leg
        for side, place, at in (("entry", leg.entry, terrain.enters), ("exit", leg.exit, terrain.leaves)):
            if place is None or not (place.crossing or place.kind in {None, "border_crossing", "seaport", "railway", "road"}):
                continue
            post = self.network.post(place, leg.country)
            if post is None:
                text = f"{_called(place)} is no crossing of {leg.country} in the gazetteer"
                yield Saying(leg.number)("action", "crossing", text, f"{side} of leg {leg.number}: check the name")
                continue
            entries = self.directory.posts(leg.country, post.name)
            if not entries:
                yield Saying(leg.number)(
                    "action", "crossing", f"find out who has to know at {post.name}", "the directory has no entry of this crossing"
                )
            for entry in entries:
                yield from self._post(entry, Saying(leg.number, (source(entry, self.directory, self.now),)), side, at)

    def _post(self, entry: CrossingEntry, say: Saying, side: str, at: datetime | None) -> Iterator[Finding]:
        name, gate = entry.crossing, Opening(entry.gate, entry.country, self.calendars)
        if stale := say.sources[0].stale:
            yield say(
                "blocking",
                "directory",
                f"do not rely on the entry of {name} before it is verified: {stale}",
                "a stale entry is shown, never used",
            )
        reach = ", ".join(way.address for way in entry.gate.reach)
        why = "an uninformed post that seizes an active consignment is the first failure to prevent"
        yield say("action", "crossing", f"inform {entry.authority} at {name} by name: {entry.gate.desk}, {reach}", why)
        if at and not gate.is_open(at):
            opens = gate.next_open(at)
            again = f"it opens {moment(opens, gate.zone)}" if opens else "it does not open within a year"
            yield say("blocking", "crossing", f"{name} is closed to goods at the planned {side}, {moment(at, gate.zone)}", again)
        for requirement in entry.special_requirements:
            yield say("action", "requirement", requirement, f"special requirement of the post {name}")

    def _hard_stop(self, terrains: list[Terrain], standing: Mapping[int, LegConsent]) -> HardStop | None:
        stop: Terrain | None = None
        for terrain in terrains:
            why = _lapsed(terrain, standing, self.now)
            if why:
                if stop is None:
                    return HardStop(after_leg=0, place=f"where it is, in {terrain.leg.country}", at=None, why=why)
                return HardStop(after_leg=stop.leg.number, place=self._border(stop.leg, terrain.leg), at=stop.leaves, why=why)
            stop = terrain
        return None

    def _border(self, before: Leg, after: Leg) -> str:
        post = self.network.post(before.exit, before.country)
        return f"{post.name}, on the soil of {before.country}" if post else f"the border of {before.country} with {after.country}"


def _lapsed(terrain: Terrain, standing: Mapping[int, LegConsent], now: datetime) -> str | None:
    """Why no consent covers the leg to its end; None where one does."""
    leg, consent = terrain.leg, standing.get(terrain.leg.number)
    if consent is None or consent.state not in _STANDS:
        return f"leg {leg.number} ({leg.country}) is {consent.state if consent else 'pending'}: silence never consents"
    until, needed = consent.valid_until, terrain.leaves or terrain.enters
    if until and (until <= now or (needed and until < needed)):
        return f"consent to leg {leg.number} ({leg.country}) ends {moment(until, zone('UTC'))}, before the leg does"
    return None


def _refused(terrain: Terrain, leg: LegPlan, standing: Mapping[int, LegConsent]) -> str | None:
    consent = standing.get(terrain.leg.number)
    if consent and consent.state in _GONE:
        return f"{terrain.leg.country}: consent {consent.state}"
    blocks = {finding.topic: finding.text for finding in leg.findings if finding.severity == "blocking"}
    if consent is None or consent.state == "pending":
        return next((blocks[topic] for topic in ("law", "passage", "substitution", "directory", "notice") if topic in blocks), None)
    return None


def _called(place: Place) -> str:
    return place.crossing or place.name or place.locality or place.unlocode or "the place named"

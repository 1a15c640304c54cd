"""One record of the positions' inbox: fixes of a device, which devices there are, or that one has been silent for long.

The newest is told to those who watch; what the timeline keeps goes into the delivery's inbox: the first and the last, a country beyond
the border, impossible jumps, silence. Late and doubled fixes change nothing that newer ones say.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from schemas.problems import Problem
from streams.engine.effects import Effect, Emit, Record, Stage, State
from streams.stages import timers
from streams.stages.naming import utc
from streams.stages.positions import keeping
from streams.stages.positions.keeping import Device, Json, Table
from streams.stages.positions.movement import FASTEST_KMH, distance_km, impossible
from streams.stages.positions.track import HOUR_MS, Fix, Judged, Trail, dashed, judged, taken, trodden
from streams.stages.refusal import Sender, refuse

INBOX, SHOWN, DELIVERIES = "positions.inbox", "deliveries.positions", "deliveries.inbox"

SHOWN_EVERY_MS = 2_000
"""A device that reports more often is shown so often."""

JUMPS_EVERY_MS = 600_000
"""Of a device that jumps for long the timeline is told so often."""

CLOCKS_APART_MS = 60_000
"""A device's clock that is wrong by less is taken as right: the line takes time too."""

OLDEST_MS = 31 * 86_400_000
"""A receiver without a fix says 1980, or whatever it likes: what claims to be older than any load stays in the inbox."""

Where = Callable[[float, float, float | None, str], str | None]
"""The country in which a point certainly lies, given the one where it is expected; None: in doubt."""


def stage(where: Where) -> Stage:
    """The stage: one inbox, state by delivery and device."""
    return Stage("positions", (INBOX,), partial(decide, where), poisoned, stateful=True)


def decide(where: Where, record: Record, state: State) -> list[Effect]:
    """What one record changes."""
    delivery, item = (record.key or b"").decode(), orjson.loads(record.value or b"")
    work = _Work(where, record, state, delivery, keeping.recall(delivery, state))
    if item["type"] == "fixes":
        work.fixes(str(item["device"]), item["fixes"])
    elif item["type"] == "watched":
        work.watched(item["devices"])
    else:
        work.due(item)
    return work.effects


def poisoned(record: Record, reason: str) -> list[Effect]:
    """A dead letter for the steward."""
    return [*refuse(record, "positions", Sender(None), [Problem(field="(whole record)", reason=reason[:400] or "unreadable")])]


@dataclass(slots=True)
class _Work:
    """One record at work. `marks`: reasons by the fix that the timeline is told of, and what belongs to them."""

    where: Where
    record: Record
    state: State
    delivery: str
    table: Table
    effects: list[Effect] = field(default_factory=list)
    marks: dict[Fix | None, tuple[list[str], Json]] = field(default_factory=dict)

    @property
    def now(self) -> int:
        return self.record.at

    def fixes(self, name: str, raw: list[Json]) -> None:
        """Of a device that is not known, or not any more, they are kept in the inbox and do nothing."""
        watched = self.table.devices.get(name)
        if watched is None or not watched["active"]:
            return
        device, trails = keeping.device(self.delivery, name, self.state), dict[int, Trail]()
        fastest, news, trod = FASTEST_KMH[watched["profile"]], set[int](), set[int]()
        for fix in sorted((_read(each, self.now) for each in raw), key=lambda fix: (fix.captured, fix.at)):
            if self.now - fix.captured > OLDEST_MS:
                continue
            new = taken(device.fixes, fix)
            if not new and any(known.at == fix.at for known in device.fixes):
                continue
            if trodden(self._trail(name, trails, hour := fix.captured // HOUR_MS), fix):
                trod.add(hour)
            if new:
                news.add(fix.at)
            doubted = fix.at in judged(device.fixes, fastest).doubted if new else impossible(fix.point, device.fixes[0].point, fastest)
            if not doubted:
                self._locate(watched, device, fix)
        self.effects += [keeping.keep_trail(self.delivery, name, hour, trails[hour]) for hour in trod]
        # The hour after begins with the way from the last point of this one.
        for hour in sorted(trod | {hour + 1 for hour in trod}):
            if trail := self._trail(name, trails, hour):
                self._show_trail(name, hour, dashed(trail, self._trail(name, trails, hour - 1), fastest))
        if news:
            self._heard(name, watched, device, judged(device.fixes, fastest))
        else:
            self._tell(name, watched)

    def _heard(self, name: str, watched: Json, device: Device, verdict: Judged) -> None:
        silence, device.heard = self.now - device.heard, self.now
        if not device.begun:
            device.begun = True
            self._mark("first", verdict.newest)
        elif device.silent:
            self._mark("heard", verdict.newest, silent_s=silence // 1000)
        device.silent = False
        self._jumps(device, verdict)
        self._together(name, watched, device, verdict.newest)
        if device.armed is None:
            self._arm(name, device, self.now + watched["silent_after_s"] * 1000)
        told = self._tell(name, watched)
        if told or self.now - device.shown >= SHOWN_EVERY_MS:
            self._show(name, watched, device, verdict)
        self._keep(name, device)

    def _jumps(self, device: Device, verdict: Judged) -> None:
        if verdict.jump is not None:
            device.jumping = device.jumping or verdict.jump.captured
            if self.now - device.told >= JUMPS_EVERY_MS:
                device.told = self.now
                kilometres = round(distance_km(verdict.newest.point, verdict.jump.point), 1)
                self._mark("jump", verdict.jump, kilometres=kilometres)
        elif device.jumping:
            if verdict.settled >= device.jumping:
                self._mark("settled", verdict.newest)
            device.jumping = 0

    def _together(self, name: str, watched: Json, device: Device, newest: Fix) -> None:
        """Two devices of one part that nothing could have carried so far apart: one of them is not with the load, or lies."""
        part, fastest = watched["part"], FASTEST_KMH[watched["profile"]]
        before, device.apart = device.apart, None
        for other in self.table.of_part(part):
            theirs = keeping.device(self.delivery, other, self.state) if other != name else None
            if theirs is None or not theirs.fixes:
                continue
            there = judged(theirs.fixes, fastest).newest
            if impossible(newest.point, there.point, fastest):
                device.apart = other
                if before is None and theirs.apart is None:
                    self._mark("apart", newest, other=other, kilometres=round(distance_km(newest.point, there.point), 1))
                self.table.disputed.setdefault(part, False)
                break
        else:
            if before is not None:
                self._mark("together", newest, other=before)
                self.table.disputed.pop(part, None)
        self._keep_table()

    def _locate(self, watched: Json, device: Device, fix: Fix) -> None:
        """Tell the delivery of a country where the part should not be: once for what stands, and once while its devices disagree."""
        part, territory, since = watched["part"], watched["territory"], watched["border_at"]
        if not watched["running"] or fix.captured < since:
            return
        country = self.where(fix.lat, fix.lon, fix.accuracy_m, territory)
        asked = [country, territory, since]
        if country is None or country == territory or self.table.asked.get(part) == asked or self.table.disputed.get(part):
            return
        self.table.asked[part] = asked
        if part in self.table.disputed:
            self.table.disputed[part] = True
        self._mark("crossing", fix, country=country)
        self._keep_table()

    def watched(self, devices: dict[str, Json]) -> None:
        """Which devices there are now. The newest fix of each is held against where its part should be by now."""
        before, self.table.devices = self.table.devices, devices
        for part in {each["part"] for name, each in devices.items() if before.get(name, each)["active"] != each["active"]}:
            self.table.disputed.pop(part, None)
        for name, watched in devices.items():
            earlier = before.get(name)
            device = keeping.device(self.delivery, name, self.state)
            if not watched["active"] and device.over:
                continue
            over, device.over = device.over, not watched["active"]
            if earlier is None and watched["active"]:
                self._arm(name, device, self.now + watched["silent_after_s"] * 1000)
            if device.fixes:
                verdict = judged(device.fixes, FASTEST_KMH[watched["profile"]])
                if device.over:
                    self._mark("last", verdict.newest)
                else:
                    self._locate(watched, device, verdict.newest)
                self._tell(name, watched)
                if over != device.over or earlier is None or earlier["part"] != watched["part"]:
                    self._show(name, watched, device, verdict)
            self._keep(name, device)
        self._keep_table()

    def due(self, item: Json) -> None:
        """A timer rang: silent, or heard since and to be looked at again."""
        name = str(item["name"])
        watched = self.table.devices.get(name)
        device = keeping.device(self.delivery, name, self.state)
        if watched is None or not timers.rings(self.record, item, name, device.armed):
            return
        device.armed = None
        until = device.heard + watched["silent_after_s"] * 1000
        if watched["active"] and not device.silent:
            if self.now < until:
                self._arm(name, device, until)
            else:
                device.silent = True
                verdict = judged(device.fixes, FASTEST_KMH[watched["profile"]]) if device.fixes else None
                self._mark("silent", verdict.newest if verdict else None, silent_s=(self.now - device.heard) // 1000 if verdict else None)
                self._tell(name, watched)
                if verdict is not None:
                    self._show(name, watched, device, verdict)
        self._keep(name, device)

    def _mark(self, why: str, fix: Fix | None, **more: Any) -> None:
        reasons, known = self.marks.setdefault(fix, ([], {}))
        reasons.append(why)
        known.update(more)

    def _tell(self, name: str, watched: Json) -> bool:
        """Put what was marked into the delivery's inbox, in the order in which it was taken; whether there was any."""
        marks, self.marks = self.marks, {}
        for fix, (why, more) in sorted(marks.items(), key=lambda mark: mark[0].captured if mark[0] is not None else 0):
            position = None if fix is None else {**_place(fix, watched["kind"]), "device": name, "jump": "jump" in why}
            value = {"type": "fix", "device": name, "why": why, "position": position, "more": more}
            self._emit(DELIVERIES, self.delivery, value)
        return bool(marks)

    def _show(self, name: str, watched: Json, device: Device, verdict: Judged) -> None:
        newest, kind = verdict.newest, watched["kind"]
        device.version, device.shown = device.version + 1, self.now
        value = {
            "type": "position",
            "delivery": self.delivery,
            "part": watched["part"],
            "device": name,
            "kind": kind,
            "version": device.version,
            "position": _with_times(_place(newest, kind)),
            "jump": _with_times(_place(verdict.jump, kind)) if verdict.jump is not None else None,
            "straddles": self.where(newest.lat, newest.lon, newest.accuracy_m, watched["territory"]) is None,
            "apart": device.apart,
            "skew_s": device.fixes[-1].skew_s,
            "heard": utc(device.heard),
            "silent": device.silent,
            "silent_after_s": watched["silent_after_s"],
            "ended": not watched["active"],
        }
        self._emit(SHOWN, name, value)

    def _trail(self, name: str, trails: dict[int, Trail], hour: int) -> Trail:
        """One hour of the trail, as this record changes it."""
        if hour not in trails:
            trails[hour] = keeping.trail(self.delivery, name, hour, self.state)
        return trails[hour]

    def _show_trail(self, name: str, hour: int, points: list[list[float]]) -> None:
        value = {"type": "trail", "delivery": self.delivery, "device": name, "hour": hour, "points": points}
        self._emit(SHOWN, f"{name}/{hour}", value)

    def _arm(self, name: str, device: Device, due: int) -> None:
        self.effects += timers.wake(self.record, name, device.armed, due)
        device.armed = due

    def _emit(self, channel: str, key: str, value: Json) -> None:
        self.effects.append(Emit(channel, key.encode(), orjson.dumps(value), partition=self.record.partition))

    def _keep(self, name: str, device: Device) -> None:
        self.effects.append(keeping.keep_device(self.delivery, name, device))

    def _keep_table(self) -> None:
        kept = keeping.remember(self.delivery, self.table)
        if self.state.get(kept.key) != kept.value:
            self.effects.append(kept)


def _read(raw: Json, now: int) -> Fix:
    """A fix as it was sent, when it was taken by the broker's clock: a device's clock that is wrong is allowed for where it is known."""
    at = timers.milliseconds(raw["at"])
    sent = raw.get("sent")
    skew = timers.milliseconds(sent) - now if sent is not None else max(0, at - now)
    if abs(skew) < CLOCKS_APART_MS:
        skew = 0
    captured = min(at - skew, now)
    return Fix(
        captured,
        at,
        float(raw["lat"]),
        float(raw["lon"]),
        raw.get("accuracy_m"),
        raw.get("speed_kmh"),
        raw.get("course"),
        raw.get("battery_percent"),
        round(skew / 1000),
        now,
    )


def _place(fix: Fix, kind: str) -> Json:
    """A fix as a snapshot has a position."""
    return {
        "lat": fix.lat,
        "lon": fix.lon,
        "accuracy_m": fix.accuracy_m,
        "speed_kmh": fix.speed_kmh,
        "course": fix.course,
        "battery_percent": fix.battery_percent,
        "source": kind,
        "captured": fix.captured,
        "received": fix.received,
    }


def _with_times(place: Json) -> Json:
    return {**place, "captured": utc(place["captured"]), "received": utc(place["received"])}

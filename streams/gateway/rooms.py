"""What stands of each controlled delivery, for those who watch: who sees it, and which snapshot is the first to show what it shows.

One index a gateway process, read from `deliveries.current` itself, so that a feed is judged without a database that lags or is down.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.alarms import ALARMS
from streams.gateway.places import Places
from streams.store.rooms import may_enter, may_hear, ring_past_the_room, rings_a_supervisor, rings_past_the_room, snapshot_for
from streams.store.visibility import DESK, Viewer

_ROOM = Viewer("-", "", None, "")
"""Somebody who hears what all in the room do, and no more."""
_ENTRANCES = 100


@dataclass(frozen=True, slots=True)
class Room:
    """One delivery by its newest snapshot.

    `offset`: of that snapshot. `shown`: version and digest of what all in the room see of it; `shown_from`: the offset of the snapshot that
    first showed that. `apart`: the same for the officers of an agency that sees more than all do (the lead, and who heard of the
    guard). `before`: earlier visibilities, oldest first, each with the offset from which it no longer held. `alarms`: those that are open.
    """

    offset: int
    at: str
    events: int
    visibility: Mapping[str, Any]
    shown: tuple[int, int]
    shown_from: int
    apart: Mapping[str, tuple[tuple[int, int], int]]
    before: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    alarms: frozenset[str] = frozenset()

    def is_news(self, viewer: Viewer, offset: int) -> bool:
        """Whether the snapshot at this offset is the one to send: the newest, or for the room the first that shows what the newest does."""
        if viewer.role == "officer" and viewer.agency in self.apart:
            return offset == self.apart[viewer.agency][1]
        return offset == (self.offset if viewer.role in DESK else self.shown_from)

    def left_at(self, viewer: Viewer, offset: int) -> bool:
        """Whether it is the snapshot at this offset that takes the delivery from the viewer's sight."""
        if may_enter(viewer, self.visibility):
            return False
        ends = [end for end, visibility in self.before if may_enter(viewer, visibility)]
        return bool(ends) and ends[-1] == offset


class Rooms:
    """Rooms by the delivery's id."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self.places = Places()

    def take(self, snapshot: Mapping[str, Any], offset: int) -> None:
        """Note one snapshot. One that was noted before changes nothing."""
        name, known = snapshot["delivery"], self._rooms.get(snapshot["delivery"])
        if known is not None and offset <= known.offset:
            return
        self.places.know(snapshot)
        shown = _shown(_ROOM, snapshot)
        visibility = _smaller(snapshot["visibility"])
        before = () if known is None else known.before
        if known is not None and known.visibility != visibility:
            before = (*before, (offset, known.visibility))[-_ENTRANCES:]
        self._rooms[name] = Room(
            offset,
            snapshot["at"] if known is None else max(snapshot["at"], known.at),
            snapshot["events"],
            visibility,
            shown,
            known.shown_from if known is not None and known.shown == shown else offset,
            _apart(snapshot, offset, known),
            before,
            frozenset(alarm["id"] for alarm in snapshot["alarms"]),
        )

    def get(self, delivery: str) -> Room | None:
        """The delivery as it stands; None where there is none."""
        return self._rooms.get(delivery)

    def ready(self, told: Mapping[str, Any]) -> bool:
        """Whether the snapshot that was written with this event or ring has been noted: before that nobody knows who may see it."""
        room = self._rooms.get(told["delivery"])
        if room is None or room.at < told.get("received", told.get("at", "")):
            return False
        return "number" not in told or told.get("audience") is not None or room.events >= told["number"]

    def event(self, viewer: Viewer, channel: str, offset: int, body: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """What a watcher gets of one record of `deliveries.current`, `.events`, `.rings` or `.positions`: name and data, or None."""
        room = self._rooms.get(body["delivery"])
        if room is None:
            return None
        if channel == "deliveries.current":
            return self._snapshot(viewer, room, offset, body)
        if channel == "deliveries.rings" and rings_past_the_room(viewer, room.visibility, body["told"]):
            return "ring", ALARMS.beside(body, "reason")
        if not may_enter(viewer, room.visibility):
            called = channel == "deliveries.rings" and rings_a_supervisor(viewer, body["told"]) and body["alarm"] in room.alarms
            return ("ring", ring_past_the_room(body, room.visibility)) if called else None
        if channel == "deliveries.positions":
            return ("position", dict(body)) if self.places.is_newest(body, offset) else None
        if channel == "deliveries.events":
            return ("delivery-event", dict(body)) if may_hear(viewer, body.get("audience")) else None
        return ("ring", ALARMS.beside(body, "reason")) if may_hear(viewer, body["told"]) else None

    @staticmethod
    def _snapshot(viewer: Viewer, room: Room, offset: int, body: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        if body["type"] != "delivery":
            return None
        if may_enter(viewer, room.visibility):
            return ("delivery", snapshot_for(viewer, body)) if room.is_news(viewer, offset) else None
        return ("withdrawn", {"delivery": body["delivery"]}) if room.left_at(viewer, offset) else None


def _shown(viewer: Viewer, snapshot: Mapping[str, Any]) -> tuple[int, int]:
    seen = snapshot_for(viewer, snapshot)
    return seen["version"], zlib.crc32(orjson.dumps(seen))


def _apart(snapshot: Mapping[str, Any], offset: int, known: Room | None) -> dict[str, tuple[tuple[int, int], int]]:
    """By agency what its officers see, and the offset that first showed it. Who once heard more than all is looked at from then on."""
    before = {} if known is None else known.apart
    apart = (*snapshot["alarms"], snapshot.get("kept_in") or {})
    heard = {one["agency"] for told in apart for one in told.get("audience") or () if one["agency"] is not None}
    found = {}
    for agency in {snapshot["lead"], *heard, *before}:
        shown = _shown(Viewer("-", agency, None, "officer"), snapshot)
        found[agency] = before[agency] if agency in before and before[agency][0] == shown else (shown, offset)
    return found


def _smaller(visibility: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(visibility[name]) for name in ("agencies", "members")} | {"lead": visibility["lead"]}


def fresh_enough(viewer: Viewer, room: Room, snapshot: Mapping[str, Any]) -> bool:
    """Whether a stored snapshot shows the viewer all that the newest one does."""
    return bool(snapshot_for(viewer, snapshot)["version"] >= room.shown[0])

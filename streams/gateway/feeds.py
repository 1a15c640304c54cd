"""What a watcher gets: which feed, which events, and a cursor that tells nothing.

Who may see an item is decided here, at delivery, on replay as live (leak rules 1 and 5).
"""

import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from schemas.channels import KIND_CHANNELS
from streams.gateway import answers
from streams.gateway.ids import Ids
from streams.gateway.live import Seen
from streams.gateway.rooms import Rooms
from streams.gateway.standing import Standing, State
from streams.store.duty import may_know
from streams.store.summary import kind, summarise
from streams.store.visibility import DESK, Facts, Viewer, ask_first, facts, in_office, linkable, may_see, may_see_incidents

GENERATION = 1
_COUNTRY = re.compile(r"country-([A-Z]{2})")
_CHANNELS = ("feed", "receipts", "deliveries", "shift")

Wanted = Callable[[Viewer, State], bool]


@dataclass(frozen=True, slots=True)
class Feed:
    """A named selection from one line (`live.LINES`). `reports`: which ones; None for no reports at all."""

    channel: str
    reports: Wanted | None = None
    incidents: bool = False


def find_feed(name: str) -> Feed | None:
    """`all`, `own`, `country-TJ`, `kind-seizure`, `receipts`, `incidents`, `deliveries`, `shift`; None for any other name."""
    if name in ("receipts", "deliveries", "shift"):
        return Feed(name)
    if name == "incidents":
        return Feed("feed", incidents=True)
    if name == "all":
        return Feed("feed", lambda viewer, state: True, incidents=True)
    if name == "own":
        return Feed("feed", lambda viewer, state: state.facts.originator == viewer.agency)
    if found := _COUNTRY.fullmatch(name):
        country = found[1]
        return Feed("feed", lambda viewer, state: country in state.facts.countries)
    kind = name.removeprefix("kind-").replace("-", "_")
    if name.startswith("kind-") and kind in KIND_CHANNELS:
        return Feed("feed", lambda viewer, state: state.kind == kind)
    return None


def seal_cursor(ids: Ids, agency: str, channel: str, positions: Sequence[int]) -> str:
    """A durable place in a channel. Encrypted, and never the same twice: an offset would count what the watcher may not see (rule 1)."""
    vector = b"".join(position.to_bytes(6, "big") for position in positions)
    sealed = ids.seal("cursor", agency, bytes([GENERATION, _CHANNELS.index(channel)]) + os.urandom(16) + vector)
    return f"g{GENERATION}.{sealed.removeprefix('cursor-')}"


def unseal_cursor(ids: Ids, agency: str, channel: str, cursor: str) -> tuple[int, ...] | None:
    """The next offset by partition; None for what this agency was not given for this channel."""
    opened = ids.unseal("cursor", agency, "cursor-" + cursor.removeprefix(f"g{GENERATION}."))
    if opened is None or opened[:2] != bytes([GENERATION, _CHANNELS.index(channel)]):
        return None
    vector = opened[18:]
    return tuple(int.from_bytes(vector[at : at + 6], "big") for at in range(0, len(vector), 6))


def frame(event: str, data: Any, cursor: str | None) -> bytes:
    """One server-sent event (HTML Standard, section 9.2)."""
    start = f"id: {cursor}\n" if cursor else ""
    return f"{start}event: {event}\ndata: ".encode() + orjson.dumps(data, default=str) + b"\n\n"


def heartbeat(now: datetime, cursor: str) -> bytes:
    """A comment with the server's time; the id moves the client's place on without an event. Sent by the clock, whatever was hidden."""
    return f"id: {cursor}\n: {now.isoformat(timespec='seconds')}\n\n".encode()


@dataclass
class Delivery:
    """What one stream delivers. `seen_older` asks the store for the facts of a report that the feed no longer has; None: it is hidden."""

    viewer: Viewer
    feed: Feed
    ids: Ids
    standing: Callable[[], Standing]
    rooms: Callable[[], Rooms]
    seen_older: Callable[[UUID], Awaitable[Facts | None]]
    kept_back: set[str] = field(default_factory=set)
    """Reports and proposals that came into this stream's range but are hidden by now: it showed nothing of them and takes nothing back."""

    async def event(self, seen: Seen, now: datetime) -> tuple[str, dict[str, Any]] | None:
        """The event's name and data for this watcher, or None."""
        if self.feed.channel == "receipts":
            mine = seen.body["agency"] == self.viewer.agency
            return ("receipt", answers.receipt(self.ids, self.viewer.agency, seen.body)) if mine else None
        if seen.channel == "alerts.real":
            return (
                ("real", answers.alert(self.ids, self.viewer.agency, seen.body))
                if self.viewer.role in DESK and in_office(self.viewer)
                else None
            )
        if self.feed.channel == "deliveries":
            return self._of_delivery(self.rooms().event(self.viewer, seen.channel, seen.offset, seen.body))
        if self.feed.channel == "shift":
            return self._of_duty(seen.body)
        if seen.body["type"] == "incident":
            return await self._incident(seen.body["change"], now)
        return self._report(seen.body["change"], seen.offset, now)

    def _of_delivery(self, event: tuple[str, dict[str, Any]] | None) -> tuple[str, dict[str, Any]] | None:
        """A ring's id is made of the offset of what caused it, which would count what the watcher may not see."""
        if event is None or event[0] != "ring":
            return event
        return "ring", event[1] | {"ring": self.ids.seal("ring", self.viewer.agency, UUID(event[1]["ring"]).bytes)}

    def _of_duty(self, told: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """That something changed, and nothing of it: the page asks again. `rang`: the supervisors are called."""
        if self.viewer.role not in DESK or not in_office(self.viewer):
            return None
        if self.viewer.role == "supervisor":
            # An item that waits for too long, or two deliveries that come near each other.
            waits = told.get("type") == "item" and told["open"] and told["rung"] == told["at"]
            return "shift", {"rang": waits or ("conflict" in told and told["open"])}
        if told.get("type") == "officer":
            # Not when a count grows: it counts what this viewer may not know of.
            news = told["at"] in (told["since"], told["leaving"], told["until"])
            return ("shift", {"rang": False}) if news or told["person"] == f"{self.viewer.agency}/{self.viewer.person}" else None
        return ("shift", {"rang": False}) if "conflict" not in told and may_know(self.viewer, told) else None

    def _report(self, change: dict[str, Any], offset: int, now: datetime) -> tuple[str, dict[str, Any]] | None:
        if self.feed.reports is None or change["change"] == "history":
            return None
        # What time has freed stays free where this computer's clock is behind the broker's: it comes once, and would be lost here.
        now = max(now, datetime.fromisoformat(change["at"]))
        uuid = change["report_uuid"]
        states = self.standing().states(uuid)
        before = next((state for state in reversed(states) if state.offset < offset), None)
        here = State(offset, kind(change), facts(change))
        seen_before = before is not None and may_see(self.viewer, before.facts, now)
        seen_here = may_see(self.viewer, here.facts, now)
        seen_now = may_see(self.viewer, states[-1].facts, now) if states else seen_here
        if seen_here and not seen_now:
            # Hidden since: it must not go out, and what hid it comes later in this stream.
            if not seen_before:
                self.kept_back.add(uuid)
            return None
        if uuid in self.kept_back:
            self.kept_back.discard(uuid)
            seen_before = False
        shown = seen_here and self.feed.reports(self.viewer, here)
        if shown and change["change"] != "withdrawn":
            return "report", answers.summary(self.ids, self.viewer.agency, summarise(change))
        if shown or (seen_before and before is not None and self.feed.reports(self.viewer, before)):
            return "withdrawn", {"id": answers.seal_report(self.ids, self.viewer.agency, uuid)}
        return None

    async def _incident(self, proposal: dict[str, Any], now: datetime) -> tuple[str, dict[str, Any]] | None:
        if not self.feed.incidents or not may_see_incidents(self.viewer):
            return None
        sides = []
        for uuid in (proposal["first"], proposal["second"]):
            known = self.standing().now(uuid)
            if known is None:
                known = await self.seen_older(UUID(uuid))
            elif not may_see(self.viewer, known, now):
                known = None
            if known is None:
                return None
            sides.append(known)
        if any(side.originator == self.viewer.agency for side in sides):
            # Nor that it is withdrawn: a guard that begins withdraws it.
            return None
        if proposal["status"] == "proposed" and not all(linkable(self.viewer, side) for side in sides):
            self.kept_back.add(proposal["proposal"])
            return None
        if proposal["proposal"] in self.kept_back:
            self.kept_back.discard(proposal["proposal"])
            if proposal["status"] == "withdrawn":
                return None
        asked = ask_first((side.originator, side.match_mode) for side in sides)
        return "incident", answers.incident(self.ids, self.viewer.agency, proposal) | {"ask_first": asked}

"""What was handed over, read from a delivery's timeline: parts between controllers, items of evidence between persons. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

Json = Mapping[str, Any]
_RECEIVED = ("received", "returned")
_VOID = frozenset({"offer_expired", "control_lost", "crossed_unaccepted"})


class NoHandover(LookupError):
    """There is no handover of that name among what the reader sees."""


@dataclass(slots=True)
class LoadHandover:
    """A part between two controllers: the offer (None: taken over without one), receiver in place, acceptance (None: not yet, or never).

    `found`: what was told with the acceptance, a weighing and alarms.
    """

    offer: Json | None
    in_place: Json | None = None
    acceptance: Json | None = None
    found: list[Json] = field(default_factory=list)

    @property
    def part(self) -> str:
        """The part's name."""
        event = self.acceptance or self.offer or {}
        return str(event["part"])

    @property
    def last(self) -> int:
        """Place of the handover's newest event in the timeline."""
        return max(int(event["seq"]) for event in (self.offer, self.in_place, self.acceptance, *self.found) if event is not None)


@dataclass(frozen=True, slots=True)
class ItemHandover:
    """An item of evidence between two persons: its chain up to the handover or, where it was received, up to that."""

    chain: tuple[Json, ...]
    given: Json
    received: Json | None

    @property
    def sides(self) -> tuple[str, str]:
        """Giver and receiver, `agency/person`."""
        return self.given["what"]["by"], self.given["what"]["said"]["to"]


def load_handover(timeline: Sequence[Json], act: str) -> LoadHandover | None:
    """The handover of the offer or acceptance with that act; None where the act is neither."""
    return next((one for one in _load_handovers(timeline) if act in _acts(one)), None)


def item_handover(timeline: Sequence[Json], act: str) -> ItemHandover:
    """The handover of one item of evidence of which that act is the giver's or the receiver's entry. Raises NoHandover."""
    entries = [event for event in timeline if event["kind"] == "evidence"]
    item = next((event["what"]["item"] for event in entries if event["act"] == act), None)
    chain = [event for event in entries if event["what"]["item"] == item]
    for place, event in enumerate(chain):
        if event["what"]["entry"] != "handed_over":
            continue
        follows = chain[place + 1] if place + 1 < len(chain) else None
        # What the giver takes back nobody received.
        theirs = follows is not None and follows["what"]["by"] == event["what"]["said"]["to"]
        received = follows if follows is not None and theirs and follows["what"]["entry"] in _RECEIVED else None
        if act in (event["act"], received["act"] if received is not None else None):
            return ItemHandover(tuple(chain[: place + (1 if received is None else 2)]), event, received)
    raise NoHandover(f"{act} hands nothing over")


def items_of(timeline: Iterable[Json], part: str, until: int) -> dict[str, list[Json]]:
    """Items of evidence of a part with their entries up to a place in the timeline; the first entry says of which part an item is."""
    items: dict[str, list[Json]] = {}
    for event in timeline:
        if event["kind"] == "evidence" and event["seq"] <= until:
            items.setdefault(event["what"]["item"], []).append(event)
    return {name: entries for name, entries in items.items() if any(event["part"] == part for event in entries)}


def verdict(chain: Iterable[Json]) -> dict[str, Any]:
    """Whether an item's chain is whole, as `streams.store.aftermath.verdict` says it of the delivery's: intact, or broken `at` an entry."""
    previous, count = "", 0
    for count, event in enumerate(chain, 1):
        entry = {name: value for name, value in event["what"].items() if name not in ("hash", "holder", "note")}
        digest = hashlib.sha256(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)).hexdigest()
        if (entry["number"], entry["previous"], event["what"]["hash"]) != (count, previous, digest):
            return {"verdict": "broken", "at": count}
        previous = digest
    return {"verdict": "intact", "events": count, "hash": previous}


def _acts(handover: LoadHandover) -> set[str]:
    return {event["act"] for event in (handover.offer, handover.acceptance) if event is not None}


def _load_handovers(timeline: Sequence[Json]) -> list[LoadHandover]:
    found: list[LoadHandover] = []
    offered: dict[str, LoadHandover] = {}
    placed: dict[tuple[str, int], Json] = {}
    taken: dict[str, LoadHandover] = {}
    for event in timeline:
        kind, part = event["kind"], event["part"]
        if kind == "offer":
            offered[part] = LoadHandover(event)
            found.append(offered[part])
        elif kind == "receiver_in_place":
            placed[part, event["leg"]] = event
        elif kind == "acceptance":
            one = offered.pop(part, None)
            if one is None:
                found.append(one := LoadHandover(None))
            one.acceptance, one.in_place = event, placed.get((part, event["leg"]))
            taken[event["act"]] = one
        elif kind == "offer_void" or (kind == "alarm" and event["what"]["alarm_kind"] in _VOID):
            offered.pop(part, None)
        if kind in ("weighed", "alarm") and event["act"] in taken:
            taken[event["act"]].found.append(event)
    return found

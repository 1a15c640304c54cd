"""Where a change of a report goes: live feed, matching, bridges. Who may see a feed item is decided at delivery, not here.

Held is an outcome of routing: while a decision holds a report, or its own embargo lies in the future, nothing of it goes out, and what had
gone out is called back. A live delivery's guard keeps a report in beside all that, unseen by its originator (decision 0808): matching and
bridges hear nothing of it, and the feed item, which goes out as always, says who alone may see it. Withdrawn and RED reports take no part
in matching and are never released to partners.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from schemas.duty import CENTRE
from schemas.handling import is_matched
from streams.engine.effects import Emit
from streams.stages.fingerprint import blocks, emptied
from streams.stages.memory import MOST_LEFT, Outline
from streams.stages.opening import Item
from streams.stages.timers import milliseconds


class Change(NamedTuple):
    """One change of a report: its key, the partition read, the `CurrentReport` as JSON, and its numbers.

    `guard`: who alone sees it now, and `guarded` until now; None where no delivery's guard keeps it in. `guards`: those deliveries.
    """

    key: bytes
    partition: int
    value: bytes
    version: int
    revision: int
    guard: dict[str, Any] | None = None
    guarded: dict[str, Any] | None = None
    guards: tuple[str, ...] = ()


def held(item: Item, hold: dict[str, Any] | None, at: int) -> bool:
    """Whether a decision or the originator's embargo keeps this from every way out at broker time `at` (milliseconds)."""
    if hold is not None and (hold["until"] is None or _after(hold["until"], at)):
        return True
    embargo = item["about"]["handling"].get("embargo_until")
    return embargo is not None and _after(embargo, at)


def freed(item: Item, hold: dict[str, Any] | None) -> int | None:
    """When time alone will have ended what keeps this in (milliseconds); None where a decision must."""
    if hold is not None and hold["until"] is None:
        return None
    ends = (item["about"]["handling"].get("embargo_until"), hold["until"] if hold is not None else None)
    return max((milliseconds(end) for end in ends if end is not None), default=None)


def outline(item: Item) -> Outline:
    """What must be known of an item when it is no longer what stands: who could see it, where it was matched, who might have it."""
    about, handling = item["about"], item["about"]["handling"]
    found = about["fingerprint"] if _matched(item) else None
    return {
        "handling": {name: handling[name] for name in _SEEN_BY if name in handling},
        "countries": about["countries"],
        "blocks": None if found is None else blocks(found),
        "release": _rules(item),
    }


_SEEN_BY = ("originator", "tlp", "recipients", "embargo_until", "match_mode")
"""The fields of a handling that `streams.store.visibility.facts` reads."""

_NOTHING: Outline = {"blocks": None, "release": {}}


def route(change: Change, item: Item, before: Outline | None, after: Outline | None, left: list[str]) -> tuple[list[Emit], list[str]]:
    """The emissions of one change, and the link blocks that this report has left.

    `item` is what stands now; `before` outlines what was out until now and `after` what is out from now on, None for nothing.
    """
    if before is None and after is None:
        return [], left
    feed: dict[str, Any] = {"type": "report", "change": orjson.Fragment(change.value)}
    if before is not None:
        # Delivery tells those who saw it and no longer may that it is gone (leak rule 5).
        feed["before"] = {"report": {"handling": before["handling"]}, "enrichment": {"countries": before["countries"]}, "hold": None}
        if change.guarded is not None:
            feed["before"]["guard"] = change.guarded
    emits = [Emit("feed", change.key, orjson.dumps(feed), partition=change.partition)]
    was = _NOTHING if before is None or change.guarded is not None else before
    now = _NOTHING if after is None or change.guard is not None else after
    sighted, left = _sightings(item, was["blocks"], now["blocks"], change.version, left)
    return [*emits, *sighted, *_candidates(change, was["release"], now["release"]), *asked(change, item, after)], left


def tombstone(change: Change) -> Emit:
    """The feed item of a withdrawal that comes before what it withdraws."""
    value = {"type": "report", "change": orjson.Fragment(change.value)}
    return Emit("feed", change.key, orjson.dumps(value), partition=change.partition)


def _red(item: Item) -> bool:
    return bool(item["about"]["handling"]["tlp"] == "RED")


def _matched(item: Item) -> bool:
    return not _red(item) and is_matched(item["about"]["handling"])


def _sightings(item: Item, was: list[str] | None, now: list[str] | None, version: int, left: list[str]) -> tuple[list[Emit], list[str]]:
    """`was` and `now` are link blocks, None where the report takes no part in matching."""
    if was is None and now is None and not left:
        return [], left
    about = item["about"]
    if now is None:
        now, seen = [], emptied(about, item["received"], version)
    else:
        seen = {**about["fingerprint"], "version": version}
    if was or left:
        # Blocks that were left go on hearing of the report: a proposal once made there must be seen to fall (`link.py`).
        left = [block for block in dict.fromkeys([*left, *(was or ())]) if block not in now][-MOST_LEFT:]
    told = orjson.dumps(seen)
    emits = [_sighting(block, told, b"false") for block in now]
    emits += [_sighting(block, told, b"true") for block in left]
    return emits, left


def _sighting(block: str, told: bytes, gone: bytes) -> Emit:
    value = b'{"block":%s,"fingerprint":%s,"gone":%s}' % (orjson.dumps(block), told, gone)
    return Emit("sightings", block.encode(), value)


def _candidates(change: Change, was: dict[str, int], now: dict[str, int]) -> list[Emit]:
    if not was and not now:
        return []
    base = {"key": change.key.decode(), "revision": change.revision, "version": change.version}
    emits = []
    for partner, hops in now.items():
        value = {"partner": partner, "hops": hops, "act": "release", **base, "change": orjson.Fragment(change.value)}
        emits.append(Emit("bridges.candidates", change.key, orjson.dumps(value)))
    for partner, hops in was.items():
        if partner not in now:
            value = {"partner": partner, "hops": hops, "act": "recall", **base, "change": None}
            emits.append(Emit("bridges.candidates", change.key, orjson.dumps(value)))
    return emits


def asked(change: Change, item: Item, after: Outline | None) -> list[Emit]:
    """An `OpenRequest`: somebody at the centre answers for a request for assistance, where its desk may read it at all.

    What a guard keeps in is the desk's like any other where the desk itself reported it, for it must see no difference; apart from that it
    is told for which deliveries, so that somebody of their rooms answers for it.
    """
    if (item["about"]["withdraws"] or item["about"]["kind"]) != "assistance_request":
        return []
    handling, report = item["about"]["handling"], orjson.loads(change.value)["report"]
    named = [one for one in handling.get("recipients") or () if one == CENTRE or one.startswith(f"{CENTRE}/")]
    members = None if handling["tlp"] != "RED" or CENTRE in named else named
    stands = after is not None and members != [] and report["kind"] == "assistance_request"
    is_open = stands and (change.guard is None or CENTRE in change.guard["for"])
    value = {"type": "request", "report": change.key.decode(), "open": is_open, "members": members, "held": change.guards if stands else ()}
    value |= {"priority": report.get("priority", "routine"), "reply_by": report.get("reply_by"), "revision": change.revision}
    return [Emit("duty.inbox", change.key, orjson.dumps(value), partition=0)]


def _rules(item: Item) -> dict[str, int]:
    """Partner → hops, by the originator's own rules."""
    if _red(item):
        return {}
    return {rule["partner"]: rule.get("hops", 1) for rule in item["about"]["handling"].get("release", ())}


def _after(instant: str, at: int) -> bool:
    return datetime.fromisoformat(instant) > datetime.fromtimestamp(at / 1000, UTC)

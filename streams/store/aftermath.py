"""The after-action report of a controlled delivery, made of what one viewer may see: pure.

The timeline is the record; the gaps in it are read from the timeline alone, so that whoever has it can check them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.deliveries import GUARD_CHAIN
from schemas.duty import CENTRE

Json = Mapping[str, Any]

UNWEIGHED = "unweighed"
LOSSES = ("contact_lost", "control_lost", "crossed_unaccepted")
_ENDS = frozenset({"secured", "intervened", "aborted", "split", "merge"})
_REGAINS = frozenset({"regained", "acceptance"}) | _ENDS
_WORD = frozenset({"check_in", "radio_shadow", "offer", "held"})
_TAKES_SHADOWS = _REGAINS | {"radio_shadow"}
"""Beside a check-in of the controller; an offer or a hold is word too, and the clocks go on waiting as declared."""


def aftermath(
    snapshot: Json, form: Json | None, events: Sequence[Json], reader: str, now: datetime, *, term: Json | None = None
) -> dict[str, Any]:
    """The report: `snapshot` and `events` (each with its place `seq`) as the viewer sees them, in the timeline's order.

    `gaps`: when nobody was heard of or in control, declared radio shadows, and a `substance` that was not weighed when it was regained;
    `until` None: it was never closed. `voice`: of entries by
    voice, whether the officer confirmed, disputed or has not answered. `chain`: whether the events are those that were recorded.
    `retention` is the `term` of keeping as given: None while the delivery is open.
    """
    words = {event["what"]["entry"]: event["what"]["agrees"] for event in events if event["kind"] == "voice_confirmed"}
    timeline = [dict(event) | {"voice": _voice(event, words)} for event in events]
    restricted = [event for event in events if event.get("audience") is not None and event["number"] <= GUARD_CHAIN]
    guard = [event for event in events if event["number"] > GUARD_CHAIN]
    # The lead and the centre hear all of it; whoever is in control for a while hears what happens meanwhile.
    every = reader.partition("/")[0] in (snapshot["lead"], CENTRE)
    return {
        "delivery": snapshot["delivery"],
        "lead": snapshot["lead"],
        "status": snapshot["status"],
        "made": now.isoformat(timespec="seconds"),
        "made_for": reader,
        "outcome": snapshot.get("outcome"),
        "retention": term,
        "standing": dict(snapshot),
        "form": form,
        "timeline": timeline,
        "gaps": gaps(events),
        "entries_by_voice": [
            {name: event.get(name) for name in ("act", "kind", "part", "happened", "by", "on_behalf_of", "voice")}
            for event in timeline
            if event["voice"] is not None
        ],
        "chain": verdict([event for event in events if event.get("audience") is None], snapshot["events"], snapshot["hash"]),
        **({"restricted_chain": verdict(restricted)} if restricted else {}),
        **({"guard_chain": verdict(guard, after=GUARD_CHAIN) if every else links(guard, after=GUARD_CHAIN)} if guard else {}),
    }


def verdict(events: Iterable[Json], number: int | None = None, digest: str | None = None, *, after: int = 0) -> dict[str, Any]:
    """Whether one chain is whole: numbers after `after` without a gap, each hash over its event and the one before, up to `number`.

    `verdict`: intact; broken, at the event `at`; or incomplete, where the newest events cannot be read yet.
    """
    previous, count = "", 0
    for count, event in enumerate(_numbered(events), 1):
        if event["number"] != after + count or event["previous"] != previous:
            return _broken(count, _MISSING)
        previous = _digest(event)
        if event["hash"] != previous:
            return _broken(count, _CHANGED)
        if count == number and previous != digest:
            return _broken(count, "the delivery stands on another event than this one")
    if number is not None and count < number:
        return {"verdict": "incomplete", "at": count, "reason": f"{number - count} events cannot be read yet: ask again"}
    return {"verdict": "intact", "events": count, "hash": previous}


def links(events: Iterable[Json], *, after: int) -> dict[str, Any]:
    """What can be said of a chain to whoever hears only some of its events: each is as recorded, and neighbours by number are linked.

    `verdict`: intact, where none is lacking; in_part, from the chain's event `first` on, so many `events`; or broken, at the event `at`.
    """
    seen = _numbered(events)
    number, digest = after, ""
    for count, event in enumerate(seen, 1):
        if event["hash"] != _digest(event):
            return _broken(count, _CHANGED)
        if event["number"] <= number + 1 and event["previous"] != digest:
            return _broken(count, _MISSING)
        number, digest = event["number"], event["hash"]
    first, last = seen[0]["number"] - after, seen[-1]["number"] - after
    if (first, last) == (1, len(seen)):
        return {"verdict": "intact", "events": len(seen), "hash": seen[-1]["hash"]}
    return {"verdict": "in_part", "events": len(seen), "first": first, "hash": seen[-1]["hash"]}


_MISSING = "an event is missing before this one, or it was put in"
_CHANGED = "the event is not as it was recorded"


def _numbered(events: Iterable[Json]) -> list[Json]:
    return sorted(events, key=lambda event: int(event["number"]))


def _digest(event: Json) -> str:
    body = {name: value for name, value in event.items() if name not in ("hash", "seq")}
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _broken(at: int, reason: str) -> dict[str, Any]:
    return {"verdict": "broken", "at": at, "reason": reason}


def gaps(events: Sequence[Json]) -> list[dict[str, Any]]:
    """Stretches without contact or control, by part, in the order in which they began; declared radio shadows; and what was regained
    and not weighed yet.

    A shadow lasts until its declared end, `ended_by` None, or until what the clocks no longer wait after: a check-in of the controller,
    another shadow, a new controller, the end of the part.
    """
    found: list[dict[str, Any]] = []
    standing: dict[tuple[str | None, str], dict[str, Any]] = {}
    for event in events:
        what, part = event["what"], event["part"]
        of = what["parts"] if event["kind"] == "merge" else [part]
        ended = [standing.pop(key) for key in [key for key in standing if key[0] in of and _closes(event, standing[key])]]
        shadows = [gap["until"] for gap in ended if gap["kind"] == "radio_shadow"]
        for gap in ended:
            gap.update(until=event["happened"], ended_by=event["kind"])
        # The clocks of what it became wait on; of what was put together, as long as those of each did.
        heirs = what["into"] if event["kind"] == "split" else [part] if event["kind"] == "merge" else []
        handed_on = [_gap(event, "radio_shadow", min(shadows)) | {"part": name} for name in heirs if len(shadows) == len(of)]
        left = dict.fromkeys(gap["substance"] for gap in ended if gap["kind"] == UNWEIGHED)
        handed_on += [_unweighed(event, substance, name) for name in heirs for substance in left if substance in _goods(event, name)]
        handed_on += [_unweighed(event, substance, part) for substance in what.get("unweighed", ())]
        for gap in handed_on:
            standing[gap["part"], _named(gap)] = gap
            found.append(gap)
        if event["kind"] == "radio_shadow":
            until = datetime.fromtimestamp(what["until"] / 1000, UTC).isoformat(timespec="milliseconds")
            standing[part, "radio_shadow"] = _gap(event, "radio_shadow", until)
            found.append(standing[part, "radio_shadow"])
        elif event["kind"] == "alarm" and what["alarm_kind"] in LOSSES and (part, what["alarm_kind"]) not in standing:
            gap = _gap(event, what["alarm_kind"])
            standing[part, what["alarm_kind"]] = gap
            found.append(gap)
    return found


def _named(gap: Json) -> str:
    """What tells it from the part's others."""
    return f"{gap['kind']} {gap['substance']}" if gap["kind"] == UNWEIGHED else str(gap["kind"])


def _goods(event: Json, part: str) -> Mapping[str, Any]:
    """What a part has that a split or a merge made."""
    goods: Mapping[str, Any] = event["what"]["into"][part] if event["kind"] == "split" else event["what"]["goods"]
    return goods


def _unweighed(event: Json, substance: str, part: str | None) -> dict[str, Any]:
    return _gap(event, UNWEIGHED) | {"part": part, "substance": substance}


def _gap(event: Json, kind: str, until: str | None = None) -> dict[str, Any]:
    return {"part": event["part"], "kind": kind, "since": event["happened"], "until": until, "ended_by": None}


def _closes(event: Json, gap: Json) -> bool:
    if gap["kind"] == "radio_shadow":
        # What was over by its declared end is ended by nothing.
        ended = datetime.fromisoformat(event["happened"]) >= datetime.fromisoformat(gap["until"])
        heard = event["kind"] == "check_in" and _of_the_controller(event) and event["happened"] >= gap["since"]
        return not ended and (heard or event["kind"] in _TAKES_SHADOWS)
    if gap["kind"] == UNWEIGHED:
        weighed = event["kind"] == "weighed" and gap["substance"] in event["what"]["weighed"] and event["happened"] >= gap["since"]
        return weighed or event["kind"] in _ENDS or gap["substance"] in event["what"].get("unweighed", ())
    if event["kind"] in _REGAINS:
        return True
    # What was queued is as old as it is: word from before the silence does not end it.
    return gap["kind"] == "contact_lost" and event["kind"] in _WORD and _of_the_controller(event) and event["happened"] > gap["since"]


def _of_the_controller(event: Json) -> bool:
    return bool(event["what"].get("of_the_controller", True))


def _voice(event: Json, words: Mapping[str, bool]) -> str | None:
    if event.get("on_behalf_of") is None:
        return None
    agrees = words.get(str(event["act"]))
    return "unconfirmed" if agrees is None else "confirmed" if agrees else "disputed"

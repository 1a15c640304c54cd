"""Parts become one. What becomes of them is the same in whatever order they are named, and nothing that any of them had is dropped.

Where they differ the whole has what asks for more: the clock that runs out first, the stop, the strike; of two accounts the newest.
"""

from collections.abc import Iterable
from copy import deepcopy

from schemas.acts import Merge
from streams.stages.deliveries import mass
from streams.stages.deliveries.acting import Deed, No, permitted
from streams.stages.deliveries.case import ACTIVE, DELIVERED, HELD, MERGED, MOST_ORAL, STRIKE, Json, Leg, Part, Stop
from streams.stages.deliveries.consents import strictest
from streams.stages.deliveries.parts import over, steady, touches, unused
from streams.stages.deliveries.terms import contradicted

GOES_ON = (ACTIVE, DELIVERED, STRIKE)
"""Phases to go on with after a hold: of several the last, or a strike that was set would be forgotten."""


def merge(deed: Deed) -> None:
    """Several parts of one controller, on one leg and one way, become one. The strictest word on each leg stands."""
    act: Merge = deed.act
    case = deed.case
    if len(set(act.parts)) != len(act.parts):
        raise No("a part is named twice", "name each once", "parts")
    names = sorted(act.parts)
    merged = [case.parts[name] for name in names if name in case.parts]
    if len(merged) != len(names):
        raise No(f"the parts are {', '.join(case.parts)}", "name parts that there are", "parts")
    first = merged[0]
    for part in merged:
        deed.act = act.model_copy(update={"part": part.name})
        permitted(deed)
        steady(part)
        if (part.leg, part.territory, _way(part)) != (first.leg, first.territory, _way(first)):
            raise No(f"parts {first.name} and {part.name} are not at one place on one way", "bring them together first", part=part)
    deed.act = act
    _one_strike(merged)
    unused(deed, first, [act.into])
    whole = _together(act.into, merged)
    case.parts[act.into] = whole
    contradicted(deed, whole, whole.current, [])
    for part in merged:
        part.became = [act.into]
        over(part, MERGED)
    deed.tell({"parts": names, "goods": mass.shown(whole.mass)}, part=whole, leg=whole.leg)


def _together(name: str, merged: list[Part]) -> Part:
    first = merged[0]
    whole = deepcopy(first)
    whole.name, whole.came_from, whole.offer = name, [part.name for part in merged], None
    whole.mass = mass.together(part.mass for part in merged)
    whole.seals = [seal for part in merged for seal in part.seals]
    whole.sealed_at = max(part.sealed_at for part in merged)
    whole.devices = {device: dict(kept) for part in merged for device, kept in part.devices.items()}
    # The ways are the same from here on; they came as they came.
    whole.legs = [
        leg if leg.number < whole.leg else _as_one([each for part in merged if (each := part.at(leg.number)) is not None])
        for leg in whole.legs
    ]
    # Who saw one of them has not seen the other.
    whole.heard, whole.seen = min(part.heard for part in merged), min(part.seen for part in merged)
    whole.border_at = max(part.border_at for part in merged)
    whole.position = _newest(part.position for part in merged)
    whole.believed = _newest(part.believed for part in merged)
    if any((part.profile, part.next_event) != (first.profile, first.next_event) for part in merged):
        whole.profile, whole.next_event = str(whole.current.plan.get("profile", "moving")), None
    shadows = [part.shadow for part in merged if part.shadow is not None]
    common = [max(begins for begins, _ in shadows), min(ends for _, ends in shadows)] if shadows else None
    whole.shadow = common if len(shadows) == len(merged) else None
    for part in merged:
        whole.unweighed |= {name: max(since, whole.unweighed.get(name, 0)) for name, since in part.unweighed.items()}
    whole.windows = [minutes for minutes in first.windows if all(minutes in part.windows for part in merged)]
    whole.reply_called = any(part.reply_called for part in merged)
    whole.watched = deepcopy(
        max((part.watched for part in merged if part.watched is not None), key=lambda each: (each["since"], each["place"]), default=None)
    )
    whole.strike, whole.stopped = _strike(merged), _broken_off(merged)
    whole.stop = _stop(merged)
    whole.phase = HELD if whole.stop is not None else whole.phase
    return whole


def _as_one(of_each: list[Leg]) -> Leg:
    """As it was planned last."""
    leg = deepcopy(max(of_each, key=lambda each: each.changed or 0))
    leg.revoked = sorted({consent for each in of_each for consent in each.revoked})
    leg.revoked_until = max(each.revoked_until for each in of_each)
    waiting = [each.in_place for each in of_each if each.in_place is not None]
    leg.in_place = min(waiting) if len(waiting) == len(of_each) else None
    leg.oral, leg.written = sorted({at for each in of_each for at in each.oral})[:MOST_ORAL], min(each.written for each in of_each)
    leg.word = strictest([each.word for each in of_each])
    return leg


def _newest(positions: Iterable[Json | None]) -> Json | None:
    known = [position for position in positions if position is not None]
    return deepcopy(max(known, key=lambda each: (each["captured"], each["received"]), default=None))


def _one_strike(merged: list[Part]) -> None:
    """Raises No where parts have strikes that differ: which of two hours holds is for the state that set them."""
    struck = [(part, part.strike) for part in merged if part.strike is not None]
    for part, plan in struck[1:]:
        one, other = struck[0][1], plan
        if (one["h_hour"], set(one["agencies"])) != (other["h_hour"], set(other["agencies"])):
            raise No(
                f"the strikes on parts {struck[0][0].name} and {part.name} differ",
                f"the state having territory ({part.territory}) sets one hour and the same agencies for both; hold them again, then merge",
                "parts",
                part,
            )


def _strike(merged: list[Part]) -> Json | None:
    """The strike on any of them is on the whole. Ready is who said so for each of them; whom nobody called for one is called again."""
    plans = [part.strike for part in merged if part.strike is not None]
    if not plans:
        return None
    strike = deepcopy(min(plans, key=lambda each: str(each["id"])))
    strike["embargo_until"] = max((each["embargo_until"] or 0 for each in plans), default=0) or None
    everywhere = len(plans) == len(merged)
    ready = strike["ready"].items()
    strike["ready"] = {agency: who for agency, who in ready if everywhere and all(agency in each["ready"] for each in plans)}
    strike["called"] = [minutes for minutes in strike["called"] if all(minutes in each["called"] for each in plans)]
    return strike


def _broken_off(merged: list[Part]) -> Stop | None:
    """The newest of the stops that strikes broke off, which the conditions of all of them touch."""
    stops = [part.stopped for part in merged if part.stopped is not None]
    if not stops:
        return None
    newest = deepcopy(max(stops, key=lambda each: (each.at, each.id)))
    newest.touches = sorted({leg for each in stops for leg in each.touches})
    return newest


def _stop(merged: list[Part]) -> Stop | None:
    """The newest of their stops; whoever agreed to go on agrees anew."""
    stops = [part.stop for part in merged if part.stop is not None]
    if not stops:
        return None
    stop = deepcopy(max(stops, key=lambda each: (each.at, each.id)))
    stop.agreed = {}
    stop.touches = sorted({leg for each in stops for leg in each.touches})
    stop.before = max((part.stop.before if part.stop is not None else part.phase for part in merged), key=GOES_ON.index)
    return stop


def _way(part: Part) -> list[tuple[object, ...]]:
    return [(leg.number, *touches(leg)) for leg in part.legs if leg.number >= part.leg]

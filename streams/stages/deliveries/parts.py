"""A load splits, and its way changes. Each part has its own controller, clocks, consents and mass from then on."""

from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime

from schemas.acts import NewPart, RouteChange, Split
from schemas.consignment import PlannedLeg, early
from streams.stages.deliveries import mass
from streams.stages.deliveries.acting import Deed, No, permitted
from streams.stages.deliveries.alarms import raise_alarm
from streams.stages.deliveries.case import HEARD, SPLIT, Earlier, Json, Leg, Part
from streams.stages.deliveries.clocks import handover_at
from streams.stages.deliveries.contact import offer_over
from streams.stages.deliveries.devices import handed_on
from streams.stages.deliveries.opening import planned

MOST_PARTS = 40
_ENDS = frozenset({"exit", "entry_planned", "exit_planned", "handover_place", "written_due_hours"})
"""What of the leg that a part is on may still be another; how long its authority waits for the written consent is the directory's."""


def split(deed: Deed) -> None:
    """The part becomes several under the same controller. A stop stands for each of them, and a shortfall is told past the room."""
    act: Split = deed.act
    case, part = deed.case, permitted(deed)
    steady(part)
    forbidding = [leg for leg in part.legs if leg.number >= part.leg and leg.open and leg.word and "no_split" in leg.word.terms]
    if forbidding:
        raise No(f"leg {forbidding[0].number} is consented on condition that the load is not split", "agree it with them first", part=part)
    unused(deed, part, [new.name for new in act.into])
    for substance, off in mass.differences(part.mass, mass.together(mass.booked(new.goods) for new in act.into), whole=True).items():
        kind, how = ("shortfall", "less") if off < 0 else ("surplus", "more")
        reason = f"{substance}: the parts of {part.name} have {mass.kilograms(abs(off))} kg {how} than it had"
        deed.events.append(raise_alarm(case, kind, deed.now, reason, part, leg=part.leg))
    for new in act.into:
        child = deepcopy(part)
        child.name, child.came_from, child.mass, child.offer = new.name, [part.name], mass.booked(new.goods), None
        child.seals, child.sealed_at = list(new.seals), deed.now
        handed_on(part, child, new)
        if new.legs is not None:
            _reroute(deed, child, _from_here(new, child))
            _in_time(child, "into")
        case.parts[new.name] = child
    part.became = [new.name for new in act.into]
    over(part, SPLIT)
    deed.tell({"into": {new.name: mass.shown(case.parts[new.name].mass) for new in act.into}}, part=part, leg=part.leg)


def route_changed(deed: Deed) -> None:
    """The way after the present leg, and where that leg ends. What its authority consented to and is no more, is asked for again; what
    reaches it, is void."""
    act: RouteChange = deed.act
    part = permitted(deed)
    first = act.legs[0].number
    if first < part.leg:
        raise No(f"part {part.name} is on leg {part.leg}: the legs up to it cannot be changed", "begin with the leg after it", "legs", part)
    if first == part.leg and _but_for_its_end(planned(act.legs[0], deed.terms)) != _but_for_its_end(part.current):
        raise No(
            f"part {part.name} is on leg {part.leg}: of that leg only the exit and the times can be changed",
            "leave the rest of it as it is, or begin with the leg after it",
            "legs",
            part,
        )
    reopened = _reroute(deed, part, act.legs)
    _in_time(part, "legs")
    deed.tell({"legs": [leg.number for leg in part.legs], "reopened": reopened, "reason": act.reason}, part=part, leg=part.leg)


def _reroute(deed: Deed, part: Part, legs: tuple[PlannedLeg, ...]) -> list[int]:
    before = {leg.number: leg for leg in part.legs}
    handed_over = handover_at(part)
    kept = [leg for leg in part.legs if leg.number <= part.leg and leg.number < legs[0].number]
    onward = [planned(leg, deed.terms) for leg in legs]
    stays = {leg.number for leg in onward if (old := before.get(leg.number)) is not None and touches(old) == touches(leg)}
    touched = [leg for leg in part.legs if leg.number >= legs[0].number and leg.number not in stays]
    reopened: list[int] = []
    for fresh in onward:
        old = before.get(fresh.number)
        if old is not None and fresh.number in stays:
            fresh.word, fresh.in_place, fresh.revoked, fresh.revoked_until = old.word, old.in_place, old.revoked, old.revoked_until
            fresh.oral, fresh.written = old.oral, old.written
            fresh.changed, fresh.earlier = old.changed if old.plan == fresh.plan else deed.now, old.earlier
        else:
            # What is still under way was said of another way.
            fresh.revoked_until = deed.now - 1
            fresh.changed, fresh.earlier = deed.now, _made_void(touched, fresh)
            if old is not None and old.word is not None:
                reopened.append(fresh.number)
            if old is not None and old.authority == fresh.authority:
                fresh.revoked, fresh.revoked_until = old.revoked, max(old.revoked_until, fresh.revoked_until)
    part.legs = kept + onward
    if part.offer is not None and (part.following is None or part.following.number != part.offer.to or part.offer.to in reopened):
        offer_over(part)
        deed.tell({"reason": "the way has changed"}, part=part, leg=part.leg, kind="offer_void")
    if handover_at(part) != handed_over:
        # It is another handover, an hour and twenty minutes before which it is asked again whether it can be.
        part.windows = []
    near = [leg for leg in (part.current, part.following) if leg is not None and not leg.open and leg.number in reopened]
    if part.running and near:
        reason = f"the way has changed: leg {near[0].number} is to be consented again"
        deed.events.append(raise_alarm(deed.case, "plan_touched", deed.now, reason, part, leg=near[0].number))
    return reopened


def _in_time(part: Part, field: str) -> None:
    """Raises No where a leg ahead begins or ends before one before it, the present one among them. When that was entered is past."""
    ahead = [leg for leg in part.legs if leg.number >= part.leg]
    for wrong in early((None if part.started and leg.number == part.leg else _at(leg, "entry"), _at(leg, "exit")) for leg in ahead):
        leg, before = ahead[wrong.leg].number, ahead[wrong.before].number
        mend = f"check the times and their zones; those of leg {before} are changed by the lead's route_change"
        if wrong.time == "entry_planned":
            raise No(f"leg {leg} is entered before leg {before} is left", mend, field, part)
        raise No(f"leg {leg} is left before leg {before} is left", mend, field, part)


def _at(leg: Leg, end: str) -> datetime | None:
    planned: str | None = leg.plan.get(f"{end}_planned")
    return datetime.fromisoformat(planned) if planned is not None else None


def _but_for_its_end(leg: Leg) -> Json:
    return {name: value for name, value in leg.plan.items() if name not in _ENDS}


def _made_void(touched: Iterable[Leg], fresh: Leg) -> Earlier | None:
    """What this leg's authority said last of a leg that is not as it was; of the one with this number where there are several."""
    theirs = [leg for leg in touched if leg.authority == fresh.authority and (leg.word is not None or leg.earlier is not None)]
    leg = min(theirs, key=lambda each: each.number != fresh.number, default=None)
    if leg is None:
        return None
    return Earlier(leg.word, leg.plan) if leg.word is not None else leg.earlier


def touches(leg: Leg) -> tuple[object, ...]:
    """What an authority consented to: other times within the leg do not touch it."""
    return leg.country, leg.authority, leg.controller, leg.plan.get("entry"), leg.plan.get("exit"), leg.plan.get("profile")


def _from_here(new: NewPart, part: Part) -> tuple[PlannedLeg, ...]:
    legs = new.legs or ()
    if legs and legs[0].number <= part.leg:
        raise No(f"the way of {new.name} begins before leg {part.leg} is over", "give the legs after the present one", "into", part)
    return legs


def steady(part: Part) -> None:
    """Raises No unless the part is where its controller has it in hand: only then can anyone count it."""
    if part.contact != HEARD or part.offer is not None:
        why = "an offer stands" if part.contact == HEARD else "contact is lost"
        raise No(f"part {part.name} cannot be split or merged now: {why}", "settle that first", part=part)


def unused(deed: Deed, part: Part, names: list[str]) -> None:
    """Raises No unless parts may be made of these names."""
    used = [name for name in names if name in deed.case.parts]
    if used:
        raise No(f"there has been a part {', '.join(used)} already", "give new names: they are never used again", part=part)
    if len(deed.case.parts) + len(names) > MOST_PARTS:
        raise No(f"a delivery has at most {MOST_PARTS} parts, past ones included", "open a second delivery", part=part)


def over(part: Part, phase: str) -> None:
    """It went on as others, and its strike with them: that of one that is no more nobody could call off, and its embargo would stand."""
    part.phase, part.offer, part.stop, part.strike, part.stopped = phase, None, None, None, None

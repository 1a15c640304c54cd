"""Where a delivery means to be and when, from signature to end: what deconfliction compares, and its answer (decision 0809)."""

from collections.abc import Iterator
from hashlib import blake2b

import orjson

from schemas.acts import ReadyConfirmed
from streams.engine.effects import Emit, Record
from streams.stages.deliveries.acting import Deed, No
from streams.stages.deliveries.case import Case, Json, Part
from streams.stages.deliveries.states import AGREED
from streams.stages.naming import utc
from streams.stages.timers import milliseconds

PLANS = "deliveries.plans"
TOUCHING = frozenset(
    {"signature", "route_change", "start", "offer", "acceptance", "regained", "split", "merge"}
    | {"strike", "strike_called_off", "delivered_under_watch", "secured", "intervened", "aborted"}
)
"""Acts after which the places ahead may be others."""


def announce(case: Case, record: Record) -> list[Emit]:
    """The plan, where it is another than the announced one. A checklist that was confirmed for that one is to be confirmed again."""
    stands = case.status in AGREED
    places = _dated(case) if stands else []
    digest = blake2b(orjson.dumps([stands, places]), digest_size=9).hexdigest()
    if digest == case.plan["digest"] or not (stands or case.plan["number"]):
        return []
    case.plan |= {"number": case.plan["number"] + 1, "digest": digest, "answered": None, "contact": False}
    if case.status == "ready" and case.ready is not None:
        case.status = "declared"
        case.ready |= {"confirmed_by": None, "deconfliction": None}
    value = {
        "type": "plan",
        "delivery": case.delivery,
        "number": case.plan["number"],
        "stands": stands,
        "changed": utc(record.at),
        "places": [place | {"begins": _at(place["begins"]), "ends": _at(place["ends"])} for place in places],
    }
    # One partition: whoever compares plans sees them all.
    return [Emit(PLANS, case.delivery.encode(), orjson.dumps(value), partition=0)]


def answered(case: Case, told: Json) -> bool:
    """Note the answer; False where it is of a plan that stands no more."""
    if told["plan"] != case.plan["number"] or case.status not in AGREED:
        return False
    case.plan |= {"answered": told["at"], "contact": told["contact"], "answers": case.plan["answers"] + 1}
    return True


def checked(deed: Deed, act: ReadyConfirmed) -> None:
    """Raises No unless the plan that stands was answered, and what the coordinator declares can be so."""
    plan = deed.case.plan
    if plan["answered"] is None:
        raise No("deconfliction is not answered for the plan that stands", "the answer comes by itself: wait for it", "deconfliction")
    if plan["contact"] and act.deconfliction == "clear":
        raise No("the coordinator is to be contacted about this plan", "speak to the supervisor, then say arranged", "deconfliction")


def shown(case: Case) -> Json | None:
    """For the snapshot. `blind`: legs ahead that name no place, so that nothing of them was compared."""
    if case.status not in AGREED:
        return None
    placed = {place["leg"] for place in _places(case)}
    ahead = {leg.number for part in case.parts.values() if part.live for leg in part.legs if leg.number >= part.leg}
    return {name: case.plan[name] for name in ("answered", "contact", "answers")} | {
        "plan": case.plan["number"],
        "blind": sorted(ahead - placed),
    }


def _dated(case: Case) -> list[Json]:
    """The places, each once, in an order of their own."""
    found = {orjson.dumps(place, option=orjson.OPT_SORT_KEYS): place for place in _places(case)}
    return [found[key] for key in sorted(found)]


def _places(case: Case) -> Iterator[Json]:
    for part in case.parts.values():
        if part.live:
            yield from _way(case, part)
            yield from _meetings(part)


def _way(case: Case, part: Part) -> Iterator[Json]:
    """Entries, exits and handovers ahead. A time that the plan leaves open lies between those before and after it."""
    stations: list[tuple[Json, int | None]] = []
    for leg in part.legs:
        if leg.number < part.leg:
            continue
        entered = part.started and leg.number == part.leg
        for kind in ("entry", "exit"):
            planned = leg.plan.get(f"{kind}_planned")
            at = None if planned is None else milliseconds(planned)
            place = leg.plan.get(kind)
            if entered and kind == "entry":
                place = None
            # A station without a place still bounds the times of the others.
            stations.append(({"leg": leg.number, "kind": kind, "place": place and {"country": leg.country, **place}}, at))
        more = [leg.plan["handover_place"]] if "handover_place" in leg.plan else []
        named = [{"country": leg.country, "name": text} for text in more]
        named += [
            {"country": leg.country, **each["place"]}
            for each in case.handovers
            if (each["after_leg"], each["country"]) == (leg.number, leg.country)
        ]
        stations += [({"leg": leg.number, "kind": "handover", "place": place}, stations[-1][1]) for place in named]
    for position, (station, at) in enumerate(stations):
        if station["place"]:
            before = [each for _, each in stations[:position] if each is not None]
            after = [each for _, each in stations[position:] if each is not None]
            begins, ends = (at, at) if at is not None else (before[-1] if before else None, after[0] if after else None)
            yield station | {"begins": begins, "ends": ends}


def _meetings(part: Part) -> Iterator[Json]:
    """Where officers mean to meet the load: an offered handover, the place under watch, the strike."""
    country = part.territory
    if part.offer is not None:
        at = part.offer.handover_at
        yield {"leg": part.leg, "kind": "handover", "place": {"country": country, "name": part.offer.place}, "begins": at, "ends": at}
    if part.watched is not None:
        place = {"country": country, "name": part.watched["place"]}
        yield {"leg": part.leg, "kind": "watch", "place": place, "begins": part.watched["since"], "ends": None}
    if part.strike is not None:
        at = part.strike["h_hour"]
        seen = {"country": country, "name": part.watched["place"]} if part.watched is not None else part.strike.get("near")
        if seen is not None:
            yield {"leg": part.leg, "kind": "strike", "place": seen, "begins": at, "ends": at}


def _at(at: int | None) -> str | None:
    return None if at is None else utc(at)

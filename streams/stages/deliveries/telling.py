"""What stands, for readers: the snapshot, what an officer is told of an act, and the timeline's chain (schemas.deliveries)."""

from dataclasses import dataclass
from uuid import uuid5

import orjson

from schemas.acts import ActBase, Officer
from schemas.deliveries import GUARD_CHAIN
from schemas.identity import NAMESPACE
from streams.engine.effects import Emit, Record
from streams.stages.deliveries import plans, posts
from streams.stages.deliveries.alarms import guard_audience, stands
from streams.stages.deliveries.case import ENDED, HEARD, Alarm, Case, Json, Leg, Offer, Part, Word
from streams.stages.deliveries.deadlines import contact_due, eyes_due, profile
from streams.stages.deliveries.evidence import sealed
from streams.stages.deliveries.holding import must_agree
from streams.stages.deliveries.keeping import Shared, slots
from streams.stages.deliveries.mass import shown as weights
from streams.stages.deliveries.states import shown
from streams.stages.naming import utc

CURRENT, EVENTS, ANSWERS, RINGS = "deliveries.current", "deliveries.events", "deliveries.answers", "deliveries.rings"
NO_SUCH = "there is no such delivery"


def snapshot(case: Case, record: Record) -> Emit:
    """A `DeliverySnapshot`."""
    shared = Shared({}, {})
    parts = [_part(case, part, shared) for part in case.parts.values()]
    pending = set(case.handing_over)
    value = {
        "type": "delivery",
        "delivery": case.delivery,
        "version": case.version,
        "at": utc(record.at),
        "status": case.status,
        "lead": case.lead,
        "request": case.request,
        "missing": case.missing,
        "reply_by": utc(case.reply_by) if case.reply_by is not None else None,
        "requested_by": case.requested_by,
        "signed_by": case.signed_by,
        "ready": {name: case.ready[name] for name in case.ready if name not in ("before", "informed_posts")} if case.ready else None,
        "informed": posts.known(case),
        "posts": posts.shown(case),
        "deconfliction": plans.shown(case),
        "coordinator": case.duty["coordinator"],
        "parts": parts,
        "plans": shared.plans,
        "papers": shared.papers,
        "alarms": [_alarm(case, alarm) for alarm in case.alarms],
        "kept_in": _kept_in(case),
        "unconfirmed": [{"entry": name, **entry, "at": utc(entry["at"])} for name, entry in case.unconfirmed.items()],
        "evidence": [{"item": name, "holder": who, "pending": name in pending} for name, who in case.evidence.items()],
        "outcome": case.outcome,
        "visibility": {"lead": case.lead, "agencies": sorted(case.agencies), "members": case.members},
        "events": case.events,
        "hash": case.hash,
    }
    return Emit(CURRENT, case.delivery.encode(), orjson.dumps(value), partition=record.partition)


def form(case: Case, record: Record, sent: Json) -> Emit:
    """A `DeliveryForm`, as it was sent."""
    value = {"type": "form", "delivery": case.delivery, "version": case.version, "request": case.request, **sent}
    return Emit(CURRENT, f"{case.delivery}/form".encode(), orjson.dumps(value), partition=record.partition)


@dataclass(frozen=True, slots=True)
class Doing:
    """Whose lines they are: the act, the officer who entered it, and when it happened."""

    act: ActBase
    officer: Officer
    happened: int


def timeline(case: Case, record: Record, lines: list[Json], doing: Doing | None = None) -> list[Emit]:
    """The lines as `DeliveryEvent`s, numbered and chained; the case learns the newest hash. A line with `late_ms` is a clock's.

    Lines for an audience are chains of their own, with numbers of their own.
    """
    emits = []
    for line in lines:
        late_ms = line.get("late_ms")
        own = doing if late_ms is None else None
        voice = own.act.by_voice if own is not None else None
        apart = _apart(case, line["audience"])
        number, previous = (case.events, case.hash) if apart is None else (apart["events"], apart["hash"])
        value: Json = {
            "delivery": case.delivery,
            "number": number + 1 + (GUARD_CHAIN if apart is case.guard else 0),
            "kind": line["kind"],
            "part": line["part"],
            "leg": line["leg"],
            "by": own.officer.model_dump() if own is not None else None,
            "on_behalf_of": f"{voice.agency}/{voice.person}" if voice is not None else None,
            "act": str(own.act.id) if own is not None else None,
            "captured": own.act.at.isoformat() if own is not None else None,
            "happened": utc(own.happened if own is not None else record.at - (late_ms or 0)),
            "received": utc(record.at),
            "late_s": (record.at - own.happened if own is not None else late_ms or 0) // 1000,
            "audience": line["audience"],
            "what": line["what"],
            "previous": previous,
        }
        digest = sealed(value)
        if apart is None:
            case.events, case.hash = number + 1, digest
        else:
            apart |= {"events": number + 1, "hash": digest}
        emits.append(Emit(EVENTS, case.delivery.encode(), orjson.dumps({**value, "hash": digest}), partition=record.partition))
    return emits


def _apart(case: Case, audience: list[Json] | None) -> Json | None:
    """What keeps the chain of the lines for an audience: of the centre alone, or with agencies. Nobody sees a gap in either."""
    if audience is None:
        return None
    return case.guard if any(each["agency"] is not None for each in audience) else case.silent


def rung(case: Case, record: Record, rings: list[Json]) -> list[Emit]:
    """`AlarmRing`s."""
    emits = []
    for ring in rings:
        name = str(uuid5(NAMESPACE, f"ring:{case.delivery}|{ring['alarm']}|{ring['minute']}|{record.origin}"))
        value = {"ring": name, "delivery": case.delivery, **ring, "at": utc(record.at)}
        emits.append(Emit(RINGS, case.delivery.encode(), orjson.dumps(value), partition=record.partition))
    return emits


def answer(record: Record, delivery: str, officer: Officer, act: str | None, told: Json) -> Emit:
    """A `DeliveryAnswer`; `told` has status, and reason, field, mend, stands, version where they are known."""
    name = str(uuid5(NAMESPACE, f"answer:{record.origin}"))
    value = {
        "answer": name,
        "delivery": delivery,
        "act": act,
        "agency": officer.agency,
        "person": officer.person,
        **told,
        "at": utc(record.at),
    }
    return Emit(ANSWERS, name.encode(), orjson.dumps(value), partition=record.partition)


def what_stands(case: Case, part: Part | None) -> Json:
    """For an answer: the part that was meant, or the only one there is."""
    live = [each for each in case.parts.values() if each.live]
    part = part or (live[0] if len(live) == 1 else None)
    told: Json = {"status": case.status, "parts": [each.name for each in live], "version": case.version}
    if part is not None:
        told |= {
            "part": part.name,
            "state": shown(part),
            "controller": part.controller,
            "territory": part.territory,
            "leg": part.leg,
            "hard_stop": _hard_stop(part),
            "offer": part.offer.id if part.offer else None,
            "stop": part.stop.id if part.stop else None,
        }
    return told


def _part(case: Case, part: Part, shared: Shared) -> Json:
    ticking = part.running and part.controller is not None
    return {
        "part": part.name,
        "state": shown(part),
        "phase": part.phase,
        "started": part.started,
        "controller": part.controller,
        "last_controller": part.last,
        "territory": part.territory,
        "leg": part.leg,
        "legs": [_leg(leg, lean, part.offer) for leg, lean in zip(part.legs, shared.lean(part)["legs"], strict=True)],
        "hard_stop": _hard_stop(part),
        "offer": _times(slots(part.offer), "handover_at", "expires") if part.offer else None,
        "hold": {**_times(slots(part.stop), "at"), "needed": list(must_agree(case, part))} if part.stop else None,
        "strike": _times({**part.strike}, "h_hour", "embargo_until") if part.strike else None,
        "clocks": {
            "heard": _at(part.heard),
            "contact_due": utc(contact_due(part)) if ticking and part.contact == HEARD else None,
            "seen": _at(part.seen),
            "eyes_due": utc(eyes_due(part)) if ticking else None,
            "shadow_until": utc(part.shadow[1]) if part.shadow else None,
            "profile": profile(part),
        },
        "position": _times({**part.position}, "captured", "received") if part.position else None,
        "devices": [_times({"id": name, **device}, "at", "ended") for name, device in part.devices.items()],
        "seals": part.seals,
        "mass": weights(part.mass),
        "secured": weights(part.secured),
        "unweighed": {name: utc(since) for name, since in part.unweighed.items() if name in part.mass},
        "ended": _times({**part.ended}, "at") if part.ended else None,
        "came_from": part.came_from,
        "became": part.became,
    }


def _leg(leg: Leg, lean: Json, offer: Offer | None) -> Json:
    earlier = leg.earlier
    return {
        "number": leg.number,
        "country": leg.country,
        "authority": leg.authority,
        "controller": leg.controller,
        "plan": lean["plan"],
        "consent": _consent(leg.word) if leg.word is not None else {"state": "PENDING", "in_force": False},
        "in_place": leg.waits(offer.handover_at if offer is not None and offer.to == leg.number else None),
        "changed": utc(leg.changed) if leg.changed is not None else None,
        "earlier": {**_consent(earlier.word), "in_force": False, "plan": lean["earlier"]["plan"]} if earlier is not None else None,
    }


def _consent(word: Word) -> Json:
    return {
        "state": word.state,
        "in_force": word.in_force,
        "id": word.id,
        "by": word.by,
        "said": utc(word.said),
        "valid_until": utc(word.valid_until) if word.valid_until is not None else None,
        "written_due": utc(word.written_due) if word.written_due is not None else None,
        "terms": word.terms,
        "accepted": word.accepted if word.state == "CONDITIONAL" else None,
        "reason": word.reason,
    }


def _hard_stop(part: Part) -> Json | None:
    if part.phase in ENDED:
        return None
    if not part.current.open:
        return {"leg": part.leg, "country": part.territory, "exit": None, "here": True}
    stop = part.hard_stop
    return {"leg": stop.number, "country": stop.country, "exit": stop.plan.get("exit"), "here": False} if stop is not None else None


def _alarm(case: Case, alarm: Alarm) -> Json:
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "part": alarm.part,
        "leg": alarm.leg,
        "raised": utc(alarm.raised),
        "due": utc(alarm.due) if alarm.due is not None else None,
        "reason": alarm.reason,
        "count": alarm.count,
        "acknowledged": _times({**alarm.acknowledged}, "at") if alarm.acknowledged else None,
        "rung": alarm.rung,
        "next_ring": utc(alarm.next_ring),
        "stands": stands(case, alarm),
        "calls": alarm.calls,
        "audience": alarm.audience,
    }


def _kept_in(case: Case) -> Json | None:
    kept: Json = case.guard["kept"]
    return {"audience": guard_audience(case), "matches": [{"match": name, **of} for name, of in kept.items()]} if kept else None


def _times(value: Json, *names: str) -> Json:
    return {**value, **{name: utc(value[name]) for name in names if value.get(name) is not None}}


def _at(at: int) -> str | None:
    return utc(at) if at else None

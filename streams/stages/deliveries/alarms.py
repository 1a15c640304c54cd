"""Alarms: raised, rung up the ladder until a person resolves them, and not resolvable while their cause stands.

An alarm of one kind for one part is open once: what happens again counts on it, is told in the timeline, and takes its
acknowledgement away, and rings at once. What is said in words of its own, or names another match, is an alarm of its own (`SINGLY`).
"""

from collections.abc import Iterable

from schemas.acts import AlarmAcknowledged, AlarmResolved
from schemas.duty import CENTRE as OURS
from streams.stages.deliveries.acting import CENTRE, Deed, No, event
from streams.stages.deliveries.case import CONTACT_LOST, STOP_REQUESTED, Alarm, Case, Json, Part

MINUTE = 60_000
AGAIN = 5
LADDER: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("controller",)),
    (3, ("coordinator",)),
    (5, ("supervisor",)),
    (10, ("next", "lead")),
    (15, ("all",)),
)
"""Minutes after the alarm, and who is rung from then on (DOMAIN: ladder)."""

PAST_THE_ROOM: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("lead_supervisor", "supervisor", "coordinator")),
    (10, ("lead",)),
    (15, ("all",)),
)
"""Whether anybody supervises at the lead its tokens alone say, which no stage reads: so the centre's supervisors are told at once."""

TO_THE_LEAD: tuple[tuple[int, tuple[str, ...]], ...] = ((0, ("lead", "supervisor")), (15, ("all",)))
TO_WHO_AGREES: tuple[tuple[int, tuple[str, ...]], ...] = ((0, ("lead", "coordinator")), (5, ("supervisor",)), (15, ("all",)))
TO_WHO_ASKED: tuple[tuple[int, tuple[str, ...]], ...] = ((0, ("lead", "coordinator")), (15, ("supervisor",)))
TO_ALL_WHO_FOLLOW: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("followers", "lead")),
    (3, ("coordinator",)),
    (5, ("supervisor",)),
    (15, ("all",)),
)
TO_ALL_WHO_STOP: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("controller", "strikers")),
    (3, ("coordinator",)),
    (5, ("supervisor",)),
    (10, ("next", "lead")),
    (15, ("all",)),
)
"""A load that is to stop is not struck: who waits for the hour learns it as soon as who follows."""

TO_THE_STRIKERS: tuple[tuple[int, tuple[str, ...]], ...] = ((0, ("strikers", "lead", "coordinator")), (5, ("supervisor",)), (15, ("all",)))
IN_SILENCE: tuple[tuple[int, tuple[str, ...]], ...] = ((0, ("coordinator",)), (3, ("supervisor",)))
TO_THE_WATCHERS: tuple[tuple[int, tuple[str, ...]], ...] = ((0, ("watchers", "coordinator")), (3, ("supervisor",)))
LADDERS = {
    "alert": TO_ALL_WHO_FOLLOW,
    "stop_requested": TO_ALL_WHO_STOP,
    "strike_not_ready": TO_THE_STRIKERS,
    "strike_changed": TO_THE_STRIKERS,
    "reply_due": TO_WHO_ASKED,
    "refused_plan": TO_WHO_ASKED,
    "terms_conflict": TO_WHO_AGREES,
    "shortfall": PAST_THE_ROOM,
    "surplus": PAST_THE_ROOM,
    "glass_broken": TO_THE_LEAD,
    "duress": IN_SILENCE,
    "watched_elsewhere": IN_SILENCE,
    "guard_match": TO_THE_WATCHERS,
    "guard_warning": TO_THE_WATCHERS,
}
"""Kinds with a ladder of their own; `refused_plan` is that of a refusal before the start, for which no other state is woken.

Of duress the room learns nothing: who forces the officer may be reading along.
"""

FOR_THE_CENTRE = ("duress", "watched_elsewhere")
FOR_THE_WATCHERS = ("guard_match", "guard_warning")
"""Kinds that the room does not learn of: the centre alone, or also who is in control, and the lead."""

SINGLY = ("alert", "guard_match", "guard_warning")
"""Kinds of which each has words of its own: of two none takes the other's place."""

MOST_SINGLY = 10
"""So many open alarms of such a kind; what comes after them counts on the newest of its part."""

UNCONTROLLED = ("control_lost", "crossed_unaccepted")
"""The kinds one of which is open whenever a part has no controller."""


def raise_alarm(
    case: Case,
    kind: str,
    now: int,
    reason: str,
    part: Part | None = None,
    *,
    leg: int | None = None,
    due: int | None = None,
    doer: str | None = None,
    about: str | None = None,
    calls: Iterable[str] = (),
    contact: str | None = None,
) -> Json:
    """Open the alarm, or count on the open one; the line for the timeline.

    `doer`: whose own doing it is about; `about`: the match; `calls`: the agencies of the strike; `contact`: whom to call,
    with whom the reason ends.
    """
    about = (about or reason[:400]) if kind in SINGLY else None
    open_already = _same(case, kind, part, about)
    audience = _silent() if kind in FOR_THE_CENTRE else guard_audience(case) if kind in FOR_THE_WATCHERS else None
    if open_already is None:
        # What an audience alone learns is counted apart, for a gap would tell the others.
        if audience is None:
            case.alarms_made += 1
            name = f"{case.alarms_made}"
        elif kind in FOR_THE_WATCHERS:
            case.guard["alarms"] += 1
            name = f"g{case.guard['alarms']}"
        else:
            case.silent["alarms"] += 1
            name = f"s{case.silent['alarms']}"
        alarm = Alarm(name, kind, part.name if part else None, leg, now, due, reason[:400], audience=audience, about=about)
        case.alarms.append(alarm)
    else:
        alarm = open_already
        alarm.count, alarm.reason, alarm.acknowledged, alarm.about = alarm.count + 1, reason[:400], None, about
    if doer is not None and doer not in alarm.doers:
        alarm.doers.append(doer)
    alarm.contact = contact
    alarm.calls = sorted({*alarm.calls, *calls})
    alarm.latest = alarm.next_ring = now
    what: Json = {"alarm": alarm.id, "alarm_kind": kind, "reason": alarm.reason, "count": alarm.count}
    if LADDERS.get(kind) is PAST_THE_ROOM:
        what["past_the_room"] = [f"{case.lead}/supervisor", f"{OURS}/supervisor"]
    return event("alarm", part, leg, what, audience=audience, late_ms=None if due is None else now - due)


def over_with(case: Case, alarm: Alarm, reason: str) -> Json:
    """Its cause is gone, and it rings no more; the line for the timeline."""
    case.alarms.remove(alarm)
    what: Json = {"alarm": alarm.id, "alarm_kind": alarm.kind, "reason": reason[:400]}
    return event("alarm_resolved", case.parts.get(alarm.part or ""), alarm.leg, what, audience=alarm.audience)


def _same(case: Case, kind: str, part: Part | None, about: str | None) -> Alarm | None:
    """The open alarm on which it counts."""
    of_kind = [alarm for alarm in case.alarms if alarm.kind == kind]
    of_part = [alarm for alarm in of_kind if alarm.part == (part.name if part else None)]
    same = next((alarm for alarm in of_part if alarm.about == about), None)
    full = about is not None and len(of_kind) >= MOST_SINGLY
    return same or (of_part[-1] if full and of_part else None)


def stands(case: Case, alarm: Alarm) -> bool:
    """Whether the cause does, so that nobody may resolve the alarm. Of an ended part a supervisor may (`resolved`)."""
    part = case.parts.get(alarm.part) if alarm.part else None
    if part is None:
        return False
    if alarm.kind in UNCONTROLLED:
        return part.controller is None
    if alarm.kind == "contact_lost":
        return part.running and part.contact == CONTACT_LOST
    return alarm.kind == "stop_unconfirmed" and part.phase == STOP_REQUESTED


def ring(case: Case, alarm: Alarm, now: int) -> Json:
    """Ring every rung that is due, each once; set when it rings next. What an `AlarmRing` says but its id."""
    part = case.parts.get(alarm.part) if alarm.part else None
    planned = alarm.kind == "consent_refused" and part is not None and not part.started
    ladder = LADDERS.get("refused_plan" if planned else alarm.kind, LADDER)
    elapsed = (now - alarm.raised) // MINUTE
    passed = [who for minute, who in ladder if alarm.rung < minute <= elapsed] or [who for minute, who in ladder if minute <= elapsed]
    late = now - alarm.next_ring
    climbing = [minute for minute, _ in ladder if minute > elapsed]
    again = (elapsed // AGAIN + 1) * AGAIN
    following = min(climbing[0], again) if climbing else again
    alarm.rung = elapsed
    alarm.next_ring = alarm.raised + following * MINUTE
    return {
        "alarm": alarm.id,
        "kind": alarm.kind,
        "part": alarm.part,
        "minute": elapsed,
        "told": _told(case, part, alarm, [who for rung in passed for who in rung]),
        "reason": alarm.reason,
        "late_s": late // 1000,
    }


def acknowledged(deed: Deed) -> None:
    """Noted with the name; the ladder goes on."""
    act: AlarmAcknowledged = deed.act
    alarm = _open(deed, act.alarm)
    alarm.acknowledged = {"by": deed.who, "at": deed.now}
    what: Json = {"alarm": alarm.id, **deed.note}
    deed.events.append(event(act.act, deed.case.parts.get(alarm.part or ""), alarm.leg, what, audience=alarm.audience))


def resolved(deed: Deed) -> None:
    """The alarm is over. Refused while its cause stands; of a part that ended without control a supervisor signs for the loss.

    What somebody did is resolved by another, and not by voice either: broken glass by the lead or a supervisor.
    """
    act: AlarmResolved = deed.act
    alarm = _open(deed, act.alarm)
    part = deed.case.parts.get(alarm.part) if alarm.part else None
    if alarm.kind in ("shortfall", "surplus") and deed.officer.role not in CENTRE and deed.agency != deed.case.lead:
        raise No("a difference in mass is for the lead or the centre to resolve", "tell them what you found", part=part)
    if own := next((who for who in (deed.who, f"{deed.officer.agency}/{deed.officer.person}") if who in alarm.doers), None):
        reason = f"alarm {alarm.id} ({alarm.kind}) is about what {own} did: another resolves it"
        raise No(reason, "ask the lead, or a supervisor of the centre", "alarm", part)
    if alarm.kind == "glass_broken" and deed.agency != deed.case.lead and deed.officer.role != "supervisor":
        raise No("broken glass is for the lead or a supervisor to resolve", "tell them what you found", "alarm")
    if stands(deed.case, alarm) and not (part is not None and not part.live and deed.officer.role == "supervisor"):
        raise No(f"alarm {alarm.id} ({alarm.kind}) cannot be resolved: its cause stands", _mend(alarm, part), "alarm", part)
    deed.case.alarms.remove(alarm)
    what: Json = {"alarm": alarm.id, "alarm_kind": alarm.kind, "reason": act.reason, **deed.note}
    deed.events.append(event(act.act, part, alarm.leg, what, audience=alarm.audience))


def _open(deed: Deed, name: str) -> Alarm:
    alarm = next((each for each in deed.case.alarms if each.id == name and _hears(deed, each)), None)
    if alarm is None:
        raise No(f"no alarm {name} is open", "it may have been resolved: read the timeline", "alarm")
    if alarm.count > 1 and deed.happened < alarm.latest:
        raise No(f"alarm {name} was raised again after this was said", "look at it, then say it again", "at")
    return alarm


def _hears(deed: Deed, alarm: Alarm) -> bool:
    if alarm.audience is None:
        return True
    # Of an entry by voice the others would see that it was made.
    return deed.act.by_voice is None and (deed.officer.role in CENTRE or any(each["agency"] == deed.agency for each in alarm.audience))


def _mend(alarm: Alarm, part: Part | None) -> str:
    if part is not None and not part.live:
        return "a supervisor of the centre signs for the loss"
    if alarm.kind in UNCONTROLLED:
        return "regain control, or let the state having territory intervene"
    return "have the controller check in" if alarm.kind == "contact_lost" else "have the controller say where it is held"


def watchers(case: Case) -> list[str]:
    """The agencies that learn what met the guard: the lead, and whoever is in control of a part or was last."""
    return sorted({case.lead} | {part.controller or part.last for part in case.parts.values() if part.live})


def followers(case: Case) -> list[str]:
    """The agencies that are in control of a part, or will be: an alert mostly names no part, and whoever comes next drives into it."""
    live = [part for part in case.parts.values() if part.live]
    ahead = {leg.controller for part in live for leg in part.legs if leg.number >= part.leg}
    return sorted(ahead | {part.controller or part.last for part in live})


def guard_audience(case: Case) -> list[Json]:
    """Their officers, and the room's own of the centre."""
    return [_officers(agency) for agency in watchers(case)] + _silent()


def _silent() -> list[Json]:
    return [{"agency": None, "role": "coordinator"}, {"agency": None, "role": "supervisor"}]


def _told(case: Case, part: Part | None, alarm: Alarm, who: list[str]) -> list[Json]:
    strikers = alarm.calls or (part.strike["agencies"] if part and part.strike else [])
    following, answers = part.following if part else None, case.duty["coordinator"]
    means: dict[str, list[Json]] = {
        "controller": [_officers(part.controller or part.last)] if part else [_officers(case.lead)],
        "followers": [_officers(agency) for agency in followers(case)],
        "strikers": [_officers(agency) for agency in strikers],
        "watchers": [_officers(agency) for agency in watchers(case)],
        "coordinator": [{"agency": None, "role": "coordinator"} | ({"person": answers} if answers else {})],
        "supervisor": [{"agency": None, "role": "supervisor"}],
        "lead": [_officers(case.lead)],
        "lead_supervisor": [{"agency": case.lead, "role": "supervisor"}],
        "next": [_officers(following.controller)] if following else [],
        "all": [_officers(agency) for agency in sorted(case.agencies)] + _silent(),
    }
    told: list[Json] = []
    for name in who:
        told += [each for each in means[name] if each not in told]
    return told


def _officers(agency: str) -> Json:
    return {"agency": agency, "role": "officers"}

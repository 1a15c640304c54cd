"""The end of a part, which is the word of the state having territory, and of the delivery, which is the lead's."""

from collections.abc import Iterable
from dataclasses import replace

from schemas.acts import Aborted, Closed, DeliveredUnderWatch, Evaluated, Intervened, Secured, StrikeCalledOff, StrikeReady, Weighing
from schemas.acts import Strike as StrikeAct
from schemas.consignment import state_of
from streams.stages.deliveries import mass
from streams.stages.deliveries.acting import Deed, No, milliseconds, permitted
from streams.stages.deliveries.alarms import over_with, raise_alarm
from streams.stages.deliveries.case import (
    ABORTED,
    ACTIVE,
    DELIVERED,
    HELD,
    INTERVENED,
    MERGED,
    SECURED,
    SPLIT,
    STRIKE,
    Alarm,
    Case,
    Part,
    Stop,
)
from streams.stages.deliveries.contact import checked
from streams.stages.deliveries.deadlines import MINUTE
from streams.stages.naming import utc

STRIKE_WINDOWS = (15, 0)
"""Minutes before the hour of a strike: an agency that is not ready then is called, and those who wait for it [R]."""

AT_ONCE_MS = 15 * MINUTE
"""The hour may be so long past: it is now, and was written down after it was said [R]."""

FURTHEST_STRIKE_MS = 14 * 24 * 60 * MINUTE
LONGEST_EMBARGO_MS = 90 * 24 * 60 * MINUTE


def strike(deed: Deed) -> None:
    """STRIKE: the hour, and who must say that they are ready."""
    act: StrikeAct = deed.act
    part = permitted(deed)
    if deed.happened - milliseconds(act.h_hour) > AT_ONCE_MS:
        raise No("the hour of the strike was past when it was set", "set one that is to come", "h_hour", part)
    if milliseconds(act.h_hour) - deed.now > FURTHEST_STRIKE_MS:
        # The embargo is counted from it.
        raise No("the hour of a strike is at most 14 days ahead", "set a nearer one; it can be set anew later", "h_hour", part)
    if act.embargo_until is not None and milliseconds(act.embargo_until) - max(milliseconds(act.h_hour), deed.now) > LONGEST_EMBARGO_MS:
        raise No("an embargo ends at most 90 days after the strike", "reports that concern it are kept in until then", "embargo_until")
    # A special unit of the state that has the load takes part by being named: minutes before the hour no leg of its own can be had.
    if strangers := [agency for agency in act.agencies if agency not in deed.case.agencies and state_of(agency) != part.territory]:
        mend = "name a party that says ready for them, or let the lead send a route_change with a leg of theirs"
        raise No(f"{', '.join(strangers)} takes no part in this delivery", mend, "agencies", part)
    if unknown := [agency for agency in act.agencies if agency not in deed.case.agencies and not deed.knows(agency)]:
        mend = "check its code; a unit that is new is put into the directory first, or a party says ready for it"
        raise No(f"the centre knows no agency {', '.join(unknown)}", mend, "agencies", part)
    # Also when it is called off, or they could not be told.
    deed.case.strikers = sorted({*deed.case.strikers, *act.agencies})
    before = part.strike
    if part.phase == HELD and part.stop is not None:
        part.stopped = _and_those(part.stop, part.stopped)
    part.phase, part.stop = STRIKE, None
    part.strike = {
        "id": deed.id,
        "h_hour": milliseconds(act.h_hour),
        "agencies": list(act.agencies),
        "embargo_until": milliseconds(act.embargo_until) if act.embargo_until else None,
        "ready": {},
        # Set with less than that ahead, nobody had the time to be ready by then.
        "called": [minutes for minutes in STRIKE_WINDOWS if minutes and milliseconds(act.h_hour) - deed.now <= minutes * MINUTE],
    }
    if part.position is not None and not part.position["jump"]:
        part.strike["near"] = {"coordinates": {name: part.position[name] for name in ("lat", "lon", "accuracy_m")}}
    anew = (part.strike["h_hour"], set(act.agencies))
    # Whoever was told that it is off would stay away from the one that is set now.
    told_off = before is None and any(alarm.kind == "strike_changed" and part in _now(deed, alarm) for alarm in deed.case.alarms)
    if told_off or (before is not None and (before["h_hour"], set(before["agencies"])) != anew):
        hour = utc(part.strike["h_hour"])
        reason = f"the strike is set anew by {deed.who} for {hour[:16]}Z: {', '.join(act.agencies)}"
        _not_that_hour(deed, part, reason)
        tell_strikers(deed, part, reason, {*(before["agencies"] if before is not None else ()), *act.agencies})
    told = {"h_hour": part.strike["h_hour"], "agencies": part.strike["agencies"]}
    if act.embargo_until is not None:
        told["embargo_until"] = part.strike["embargo_until"]
    deed.tell(told, part=part, leg=part.leg)


def strike_ready(deed: Deed) -> None:
    """One of them is ready."""
    act: StrikeReady = deed.act
    _still_on(deed, str(act.strike))
    part = permitted(deed)
    plan = part.strike
    if plan is None or str(act.strike) != plan["id"]:
        raise No(f"the strike that stands is {plan['id'] if plan else 'none'}", "say ready for that one", "strike", part)
    if deed.agency not in plan["agencies"]:
        raise No(f"{deed.agency} is not among those who strike: {', '.join(plan['agencies'])}", part=part)
    plan["ready"][deed.agency] = deed.who
    deed.tell({"waiting_for": [each for each in plan["agencies"] if each not in plan["ready"]]}, part=part, leg=part.leg)


def _still_on(deed: Deed, strike: str) -> None:
    """Raises No where the load of that strike is gone: seized or given up by somebody else, or before the hour."""
    struck = [part for part in deed.case.parts.values() if part.strike is not None and part.strike["id"] == strike]
    named = [part for part in struck if deed.act.part in (None, part.name)]
    if named and not any(part.live for part in named):
        raise No(
            f"the strike is over: part {named[0].name} is {named[0].phase}", "nobody goes in any more: read the timeline", part=named[0]
        )


def called_off(deed: Deed) -> None:
    """No strike any more: everybody who waits for its hour is called, and a load that was held for it to be struck is held again."""
    act: StrikeCalledOff = deed.act
    part = permitted(deed)
    plan = part.strike
    if plan is None or str(act.strike) != plan["id"]:
        raise No(f"the strike that stands is {plan['id'] if plan else 'none'}", "call that one off, if it is meant", "strike", part)
    reason = f"the strike is called off by {deed.who}: {act.reason}"
    _not_that_hour(deed, part, reason)
    tell_strikers(deed, part, reason, plan["agencies"])
    onward = DELIVERED if part.watched is not None else ACTIVE
    if part.phase == STRIKE:
        part.phase = onward if part.stopped is None else HELD
        part.stop = None if part.stopped is None else replace(part.stopped, agreed={})
    elif part.stop is not None:
        part.stop = _and_those(part.stop, part.stopped)
    if part.stop is not None and part.stop.before == STRIKE:
        part.stop.before = onward
    part.strike = part.stopped = None
    deed.tell({"reason": act.reason, "agencies": plan["agencies"]}, part=part, leg=part.leg)


def _not_that_hour(deed: Deed, part: Part, reason: str) -> None:
    """Nobody is waited for by the hour that was set before: another is set, or none, or the load is gone."""
    for alarm in [alarm for alarm in deed.case.alarms if alarm.kind == "strike_not_ready"]:
        now = _now(deed, alarm)
        if part in now and all(each is part or each.strike is None for each in now):
            deed.events.append(over_with(deed.case, alarm, reason))


def _now(deed: Deed, alarm: Alarm) -> list[Part]:
    """What the part of an alarm is by now: it may have been split or merged since."""
    return deed.case.descendants(alarm.part or "")


def tell_strikers(deed: Deed, part: Part, reason: str, agencies: Iterable[str]) -> None:
    """Who waits for the hour is called: what they wait for is not as it was."""
    deed.events.append(raise_alarm(deed.case, "strike_changed", deed.now, reason, part, leg=part.leg, calls=agencies))


def _and_those(stop: Stop, earlier: Stop | None) -> Stop:
    """The stop, which those must agree to end whose conditions the earlier one touched."""
    return stop if earlier is None else replace(stop, touches=sorted({*stop.touches, *earlier.touches}))


def not_ready(part: Part) -> list[str]:
    """Who of the strike that is ahead has not said that they are ready."""
    plan = part.strike if part.phase in (STRIKE, DELIVERED) else None
    return [agency for agency in plan["agencies"] if agency not in plan["ready"]] if plan is not None else []


def delivered(deed: Deed) -> None:
    """DELIVERED_UNDER_WATCH: with the consignee, and still watched: the clocks go on."""
    act: DeliveredUnderWatch = deed.act
    part = permitted(deed)
    part.phase, part.watched, part.stopped = DELIVERED, {"place": act.place, "since": deed.now}, None
    deed.tell({"place": act.place}, part=part, leg=part.leg)


def secured(deed: Deed) -> None:
    """SECURED, with the seizure report. Before the hour of the strike the others named for it still wait, and would go in."""
    act: Secured = deed.act
    part = permitted(deed)
    plan = part.strike
    if plan is not None and deed.happened < plan["h_hour"] and set(plan["agencies"]) - {deed.agency}:
        tell_strikers(deed, part, f"the load that was to be struck is secured before its hour by {deed.who}", plan["agencies"])
    _seized(deed, part, SECURED, act, None)


def intervened(deed: Deed) -> None:
    """INTERVENED, with the seizure report. The state may do so whoever was in control, and nobody was."""
    act: Intervened = deed.act
    part = permitted(deed)
    if part.strike is not None:
        tell_strikers(deed, part, f"the load that was to be struck is seized by {deed.who}: {act.reason}", part.strike["agencies"])
    _seized(deed, part, INTERVENED, act, act.reason)


def _seized(deed: Deed, part: Part, phase: str, act: Secured | Intervened, reason: str | None) -> None:
    report = f"{act.report.originator}/{act.report.report_id}"
    checked(deed, part, None, act.weighed)
    part.secured = mass.booked(act.weighed)
    part.secured_at = dict.fromkeys(part.secured, deed.happened)
    part.controller = part.last = deed.agency
    end(deed, part, phase, {"report": report, "reason": reason})


def weighed(deed: Deed) -> None:
    """What was seized is weighed after the end, mostly by a laboratory: an alarm past the room where it differs from what is booked, or
    from what was weighed before: else one person's word could make a shortfall vanish. What is older than what stands replaces nothing."""
    act: Weighing = deed.act
    part = _of_the_seized(deed)
    if deed.agency not in (part.last, deed.case.lead):
        raise No(f"what was seized of part {part.name} is weighed by {part.last} or the lead", "ask them", part=part)
    deed.tell({}, part=part, leg=part.leg)
    found = mass.booked(act.weighed)
    newer = {name: load for name, load in found.items() if deed.happened >= part.secured_at.get(name, 0)}
    before = {name: load for name, load in part.secured.items() if name in newer}
    for substance, off in mass.differences(before, {name: newer[name] for name in before}).items():
        kind, how = ("shortfall", "less") if off < 0 else ("surplus", "more")
        reason = f"{substance}: {mass.kilograms(abs(off))} kg {how} than was weighed before, weighed by {deed.who}"
        deed.events.append(raise_alarm(deed.case, kind, deed.now, reason, part, leg=part.leg, doer=deed.who))
    checked(deed, part, None, act.weighed, deed.who)
    part.secured |= newer
    part.secured_at |= dict.fromkeys(newer, deed.happened)


def _of_the_seized(deed: Deed) -> Part:
    """The part that was seized and is weighed. Raises No where it is unknown, was not seized, or is not said."""
    seized = [part for part in deed.case.parts.values() if part.phase in (SECURED, INTERVENED)]
    meant = [part for part in seized if deed.act.part in (None, part.name)]
    if len(meant) != 1:
        names = ", ".join(part.name for part in seized) or "none"
        raise No(f"weighed is a part that was seized: {names}", "name one of them; before its end weigh it in a check-in", "part")
    return meant[0]


def aborted(deed: Deed) -> None:
    """ABORTED: given up. If nobody was in control, nobody is, and that alarm stays open."""
    act: Aborted = deed.act
    part = permitted(deed)
    if part.strike is not None:
        tell_strikers(deed, part, f"the load that was to be struck is given up by {deed.who}: {act.reason}", part.strike["agencies"])
    end(deed, part, ABORTED, {"reason": act.reason})


def end(deed: Deed, part: Part, phase: str, what: dict[str, object]) -> None:
    """A part ends; with the last of them the delivery has."""
    _not_that_hour(deed, part, f"the strike is over: part {part.name} is {phase}")
    part.phase, part.offer, part.stop, part.crossed = phase, None, None, False
    part.ended = {"by": deed.who, "at": deed.now, **what}
    deed.tell(dict(what), part=part, leg=part.leg)
    if all(not each.live for each in deed.case.parts.values()):
        deed.case.status = "ended"


def closed(deed: Deed) -> None:
    """CLOSED: no alarm open, weights reconciled or the shortfall signed, evidence handed over, no entry by voice without a word to it."""
    act: Closed = deed.act
    case = deed.case
    # What the centre alone knows of does not keep the lead from closing: that would tell him.
    unresolved = [alarm for alarm in case.alarms if alarm.audience is None]
    if unresolved:
        named = ", ".join(f"{alarm.id} {alarm.kind}" for alarm in unresolved)
        raise No(f"{len(unresolved)} alarms are open: {named}", "resolve them first")
    if case.handing_over:
        raise No(
            f"evidence is handed over and not received: {', '.join(case.handing_over)}",
            "whoever received it says so, or who gave it takes it back with returned",
        )
    stays = _evidence(case, act)
    _voices(case, act)
    short = unaccounted(case)
    if short and act.shortfall_signed is None:
        raise No(f"the weights do not reconcile: {_listed(short)}", "sign for the difference, or enter the weighing", "shortfall_signed")
    case.status = "closed"
    case.outcome = {"closed_by": deed.who, "difference_mg": short, "shortfall_signed": act.shortfall_signed, "stays": stays}
    if untold := {name: amount for name, amount in short.items() if not _was_told(case, name)}:
        # One officer of the lead signs for it: so it is told past the room, and another resolves it.
        reason = f"{deed.who} closes it with a difference: {_listed(untold)}"
        kind = "shortfall" if min(untold.values()) < 0 else "surplus"
        deed.events.append(raise_alarm(case, kind, deed.now, reason, doer=deed.who))
    said: dict[str, object] = {"difference_mg": short, "shortfall_signed": act.shortfall_signed}
    said |= {"stays": [f"{item}: {place}" for item, place in stays.items()]} if stays else {}
    said |= {"unconfirmed": [_entry(case, name) for name in case.unconfirmed]} if case.unconfirmed else {}
    deed.tell(said)


def _listed(short: dict[str, int]) -> str:
    return ", ".join(f"{name} {mass.kilograms(amount)} kg" for name, amount in short.items())


def _evidence(case: Case, act: Closed) -> dict[str, str]:
    """Where what is not the lead's stays. Raises No unless each item is with the lead, destroyed, or said to stay somewhere."""
    stays = {each.item: each.place for each in act.stays}
    for item in stays:
        if item not in case.evidence:
            raise No(f"there is no item {item}", "read in the timeline which items there are", "stays")
    left = [f"{item} (held by {who})" for item, who in case.evidence.items() if item not in stays and not who.startswith(f"{case.lead}/")]
    if left:
        raise No(f"evidence is not with the lead: {', '.join(left)}", "have it handed over, or say of each item where it stays", "stays")
    return stays


def _voices(case: Case, act: Closed) -> None:
    waiting = [name for name in case.unconfirmed if name not in {str(entry) for entry in act.unconfirmed}]
    if waiting:
        named = ", ".join(_entry(case, name) for name in waiting)
        raise No(f"entries by voice wait for the officers' word: {named}", "have them confirmed, or answer for each", "unconfirmed")


def _entry(case: Case, name: str) -> str:
    entry = case.unconfirmed[name]
    return f"{entry['act']} (entered for {entry['for']})"


def unaccounted(case: Case) -> dict[str, int]:
    """Substance → mg by which what was secured differs from what the parts had when they ended (negative: short).

    Of a draft that was given up nothing was ever to be secured.
    """
    if case.signed_by is None:
        return {}
    ends = _ends(case)
    return mass.differences(mass.together(part.mass for part in ends), mass.together(part.secured for part in ends), whole=True)


def _ends(case: Case) -> list[Part]:
    return [part for part in case.parts.values() if part.phase not in (SPLIT, MERGED)]


def _was_told(case: Case, substance: str) -> bool:
    """Whether weighings told already by how much it differs: each part was weighed, and one was not as it is booked."""
    having = [part for part in _ends(case) if substance in part.mass or substance in part.secured]
    found = [mass.differences(part.mass, {substance: part.secured[substance]}) for part in having if substance in part.secured]
    return len(found) == len(having) and any(found)


def evaluated(deed: Deed) -> None:
    """EVALUATED: what came of it, and the retention clock."""
    act: Evaluated = deed.act
    if not act.shares:
        raise No("no state's share is said", "write what each state did", "shares")
    if milliseconds(act.retain_until) <= deed.happened:
        # It would be due for removal at once.
        raise No("the term of keeping was over when this was said", "name a date to come, by the law of the lead", "retain_until")
    deed.case.status = "evaluated"
    counted = {"arrests", "vessels", "laboratories", "routes_dismantled"}
    said = act.model_dump(mode="json", include={"outcome", "shares", *counted, "lessons", "retain_until"})
    deed.case.outcome = {**(deed.case.outcome or {}), **said, "evaluated_by": deed.who}
    deed.tell({"retain_until": said["retain_until"]})

"""Stop, hold and go on. Any party stops alone; going on takes the territory's state, the lead and those whose conditions are touched."""

from schemas.acts import Held, Resumed, StopRequest
from schemas.consignment import state_of
from streams.stages.deliveries.acting import Deed, No, all_meant, permitted
from streams.stages.deliveries.alarms import raise_alarm
from streams.stages.deliveries.case import HELD, STOP_REQUESTED, Case, Part, Stop
from streams.stages.deliveries.contact import sealed_anew, word
from streams.stages.deliveries.ending import tell_strikers


def stop_requested(deed: Deed) -> None:
    """STOP_REQUESTED for everything that is meant, started or not; what is held stays held, and whoever agreed to go on agrees anew."""
    act: StopRequest = deed.act
    for part in all_meant(deed):
        before = part.stop.before if part.stop is not None else part.phase
        held = part.phase == HELD and part.stop is not None
        touches = sorted({*act.touches, *(part.stop.touches if part.stop is not None else ())})
        place, guard = (part.stop.place, part.stop.guard) if part.stop is not None else (None, None)
        part.stop = Stop(deed.id, deed.agency, act.reason, deed.now, before, touches, place, guard)
        part.phase = HELD if held else STOP_REQUESTED
        reason = f"stop requested by {deed.who}: {act.reason}"
        deed.events.append(raise_alarm(deed.case, "stop_requested", deed.now, reason, part, leg=part.leg))
    deed.tell({"reason": act.reason, "touches": list(act.touches)})


def held(deed: Deed) -> None:
    """HELD: where, under whose guard. A controller who holds of his own accord has stopped himself."""
    act: Held = deed.act
    part = permitted(deed)
    if part.stop is None:
        part.stop = Stop(deed.id, deed.agency, "held by the controller", deed.now, part.phase)
        if part.strike is not None:
            # No stop called them, and a load that is held is not struck.
            tell_strikers(deed, part, f"the load that was to be struck is held by {deed.who}: {act.place}", part.strike["agencies"])
    part.stop.place, part.stop.guard, part.phase = act.place, act.guard, HELD
    word(part, deed.happened, deed.now, seen=True)
    deed.tell({"place": act.place, "guard": act.guard, **sealed_anew(deed, part, act.seals)}, part=part, leg=part.leg)


def resumed(deed: Deed) -> None:
    """One agreement; with the last of them the part goes on where it stopped."""
    act: Resumed = deed.act
    part = permitted(deed)
    stop = part.stop
    if stop is None or str(act.stop) != stop.id:
        raise No(f"the stop that stands is {stop.id if stop else 'none'}", "agree to that one, if you do", "stop", part)
    needed = must_agree(deed.case, part)
    theirs = [name for name, agencies in needed.items() if deed.agency in agencies]
    if not theirs:
        raise No(f"{deed.agency} need not agree: {', '.join(needed)} must", part=part)
    if not part.current.open:
        raise No(f"the consent of leg {part.leg} is not in force", f"{part.current.authority} consents first", part=part)
    if part.controller is None:
        raise No(f"nobody is in control of part {part.name}", "who sees it sends regained first", part=part)
    stop.agreed[deed.agency] = deed.who
    waiting = [name for name, agencies in needed.items() if not agencies & stop.agreed.keys()]
    if not waiting:
        part.phase, part.stop = stop.before, None
    deed.tell({"stop": stop.id, "waiting_for": waiting}, part=part, leg=part.leg)


def must_agree(case: Case, part: Part) -> dict[str, set[str]]:
    """Whose agreement it takes, in words, each with the agencies of which one suffices."""
    along = {agency for leg in part.legs if leg.country == part.territory for agency in (leg.authority, leg.controller)}
    # Who follows here by this state's consent may be of another.
    here = {agency for agency in along if state_of(agency) == part.territory}
    needed = {f"the state having territory ({part.territory})": here, f"the lead ({case.lead})": {case.lead}}
    touched = set(part.stop.touches) if part.stop is not None else set()
    for leg in part.legs:
        conditional = leg.word is not None and leg.word.state == "CONDITIONAL"
        if leg.number in touched or (conditional and leg.number >= part.leg):
            needed[f"{leg.authority} (leg {leg.number})"] = {leg.authority}
    return needed

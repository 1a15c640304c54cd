"""Word from those who follow, where the load was seen, and what it means when there is none.

Positions never prove control. What was queued is as old as it is: it is told, and rewrites nothing.
"""

from schemas.acts import Alert, CheckIn, ContactLost, ControlLost, Crossed, RadioShadow, Regained, Tracked
from schemas.consignment import Mass
from schemas.delivery import Position
from streams.stages.deliveries import mass
from streams.stages.deliveries.acting import Deed, No, all_meant, event, happened, milliseconds, off_the_way, permitted
from streams.stages.deliveries.alarms import raise_alarm
from streams.stages.deliveries.case import CONTACT_LOST, CONTROL_LOST, ENDED, HEARD, Case, Json, Part
from streams.stages.deliveries.deadlines import LONGEST_MINUTES, MINUTE, contact_due
from streams.stages.positions.movement import FASTEST_KMH, impossible

LONG_SHADOW_MINUTES = 60
"""A longer one that no plan names is an alarm: until it ends no clock says that the load is gone [R]."""


def begin(part: Part, at: int) -> None:
    """A controller is there and had the load in sight at `at`. The clocks never go back: who spoke of it or saw it later did so."""
    part.contact, part.lost_at, part.shadow = HEARD, 0, None
    part.heard, part.seen = max(part.heard, at), max(part.seen, at)


def word(part: Part, at: int, now: int, *, seen: bool) -> None:
    """Word from the controller that was true at `at`. Contact is back if that is after the loss and recent enough."""
    part.heard = max(part.heard, at)
    if seen:
        part.seen = max(part.seen, at)
    if part.contact == CONTACT_LOST and at > part.lost_at and contact_due(part) > now:
        part.contact = HEARD


def check_in(deed: Deed) -> None:
    """From the controller it feeds the clocks; from anyone else it is a report."""
    act: CheckIn = deed.act
    part = permitted(deed)
    ours = deed.agency == part.controller and part.running
    what: Json = {"eyes_on": act.eyes_on, "of_the_controller": ours}
    if act.battery_percent is not None:
        what["battery_percent"] = act.battery_percent
    if ours:
        if deed.live:
            goes_on(deed, part, act)
        word(part, deed.happened, deed.now, seen=act.eyes_on)
        if part.shadow is not None and deed.happened >= part.shadow[0]:
            part.shadow = None
    if act.position is not None:
        what["position"] = locate(deed, part, act.position)
    deed.tell(what | sealed_anew(deed, part, act.seals), part=part, leg=part.leg)
    if act.country is not None:
        report_country(deed, part, act.country, deed.happened)
    checked(deed, part, act.seals_intact, act.weighed)
    deed.events += under_duress(deed.case, act, deed.who, deed.now)


def sealed_anew(deed: Deed, part: Part, seals: tuple[str, ...]) -> Json:
    """Which seals it bears from then on, for the timeline; what comes late takes nothing from what was said since.

    Of whoever had it before, or of what was queued, it is told and changes nothing: the rest of the act is not to be lost with it.
    """
    if not seals:
        return {}
    if deed.agency != part.controller:
        had_it = deed.agency == part.last or any(leg.controller == deed.agency for leg in part.legs if leg.number < part.leg)
        if had_it or not deed.live:
            return {"seals": list(seals)}
        raise No(f"the seals of part {part.name} are for its controller to change", "say that they are broken, or ask them", "seals", part)
    if deed.happened >= part.sealed_at:
        part.seals, part.sealed_at = list(seals), deed.happened
    return {"seals": list(seals)}


def goes_on(deed: Deed, part: Part, act: CheckIn) -> None:
    """The controller says how it goes on from here, and when to expect the next event. Raises No where that is too far ahead."""
    how = act.profile or part.profile
    if act.next_event is not None and how in LONGEST_MINUTES:
        expected = milliseconds(act.next_event)
        if expected > deed.happened + LONGEST_MINUTES[how] * MINUTE:
            hours = LONGEST_MINUTES[how] // 60
            raise No(
                f"the next event of {how} is more than {hours} hours away", "name one before it, and check in then", "next_event", part
            )
        part.next_event = expected
    planned = part.current.plan.get("profile", "moving")
    if how != part.profile and how in LONGEST_MINUTES and how != planned:
        reason = f"{deed.who} says that it goes on by {how}; planned was {planned}: word is due later"
        deed.events.append(raise_alarm(deed.case, "plan_touched", deed.now, reason, part, leg=part.leg))
    part.profile = how


def under_duress(case: Case, act: CheckIn, who: str, now: int) -> list[Json]:
    """The centre is told, whatever becomes of the check-in, which else is answered like any other."""
    if not act.duress:
        return []
    part = case.parts.get(act.part) if act.part else next((each for each in case.parts.values() if each.live), None)
    heard = act.note if act.by_voice is not None else None
    reason = f"{who} gave the duress code: {heard}" if heard else f"{who} gave the duress code"
    return [raise_alarm(case, "duress", now, reason, part, leg=part.leg if part else None)]


def tracked(deed: Deed) -> None:
    """A device saw something there."""
    act: Tracked = deed.act
    part = permitted(deed)
    shown = locate(deed, part, act.position)
    deed.tell({"position": shown}, part=part, leg=part.leg)
    if act.country is not None and not shown["jump"]:
        report_country(deed, part, act.country, happened(act, deed.now, act.position.captured))


def crossed(deed: Deed) -> None:
    """Somebody of a party says in which country it is."""
    act: Crossed = deed.act
    part = permitted(deed)
    deed.tell({"country": act.country}, part=part, leg=part.leg)
    report_country(deed, part, act.country, deed.happened)


def locate(deed: Deed, part: Part, position: Position) -> Json:
    """Keep the newest position, and read the country from it where it lies beyond doubt; an impossible jump says nothing.

    `skew_s`: so many seconds it is dated after it was sent, where that is a minute or more: the device's clock is wrong.
    """
    at = happened(deed.act, deed.now, position.captured)
    point = position.coordinates
    shown: Json = {
        "lat": point.lat,
        "lon": point.lon,
        "accuracy_m": point.accuracy_m,
        "source": position.source,
        "captured": at,
        "received": deed.now,
        "jump": _jump(part, point.lat, point.lon, point.accuracy_m, at),
    }
    # Its age is not known then: it is at most as new as its reception, and is not live.
    ahead = milliseconds(position.captured) - (milliseconds(deed.act.sent) if deed.act.sent is not None else deed.now)
    if ahead >= MINUTE:
        shown["skew_s"] = ahead // 1000
    keep_position(part, shown)
    if not shown["jump"] and (country := deed.where(point.lat, point.lon, point.accuracy_m, part.territory)) is not None:
        report_country(deed, part, country, at)
    return shown


def keep_position(part: Part, shown: Json) -> None:
    """Keep the newest position, and beside it the newest that is no impossible jump, by which the next are judged."""
    if part.position is None or shown["captured"] >= part.position["captured"]:
        part.position = shown
    if not shown["jump"] and (part.believed is None or shown["captured"] >= part.believed["captured"]):
        part.believed = shown


def report_country(deed: Deed, part: Part, country: str, at: int) -> None:
    """Somebody says where the part is."""
    deed.events += placed_in(deed.case, part, country, at, deed.now)


def placed_in(case: Case, part: Part, country: str, at: int, now: int) -> list[Json]:
    """Where the part is. Beyond a border that nobody accepted it at, nobody is in control any more, and the alarm is at once."""
    if not part.running or at < part.border_at or country == part.territory:
        return []
    part.border_at = at
    previous = [leg.country for leg in part.legs if leg.number < part.leg][-1:]
    if country == part.current.country or (not part.entered and [country] == previous):
        # A position short of the border after an early acceptance, and then the crossing itself.
        part.entered = part.entered or country == part.current.country
        part.territory = country
        if part.crossed:
            # Back on the soil of the one who let it go, and still in nobody's control.
            part.crossed, part.contact = False, CONTROL_LOST
        return [event("territory", part, part.leg, {"country": country})]
    part.territory, part.crossed, part.controller = country, True, None
    consented = any(leg.open and leg.country == country and leg.number > part.leg for leg in part.legs)
    nobody = ", where nothing is consented"
    if off_the_way(part, country):
        nobody = ", which is off the way: the lead sends a route_change with a leg there, or nobody can act"
    reason = f"part {part.name} is in {country} without acceptance" + ("" if consented else nobody)
    return [raise_alarm(case, "crossed_unaccepted", now, reason, part, leg=part.leg)]


def contact_lost(deed: Deed) -> None:
    """Applied to every part that is meant; control already lost stays lost."""
    act: ContactLost = deed.act
    by = _said(deed.who, act.reason)
    for part in all_meant(deed):
        if not part.running:
            reason = f"contact lost before the start, declared by {by}"
            deed.events.append(raise_alarm(deed.case, "alert", deed.now, reason, part, leg=part.leg))
        elif part.contact != CONTROL_LOST:
            if part.contact == HEARD:
                part.contact, part.lost_at = CONTACT_LOST, deed.now
            deed.events.append(raise_alarm(deed.case, "contact_lost", deed.now, f"declared by {by}", part, leg=part.leg))
    deed.tell({"reason": act.reason})


def control_lost(deed: Deed) -> None:
    """Nobody is in control of what is meant. Before the start nobody follows it yet, and everybody is told."""
    act: ControlLost = deed.act
    by = _said(deed.who, act.reason)
    for part in all_meant(deed):
        if part.running:
            deed.events.append(lose_control(deed.case, part, deed.now, f"declared by {by}"))
        else:
            reason = f"lost before the start, declared by {by}"
            deed.events.append(raise_alarm(deed.case, "alert", deed.now, reason, part, leg=part.leg))
    deed.tell({"reason": act.reason})


def lose_control(case: Case, part: Part, now: int, reason: str, due: int | None = None) -> Json:
    """No controller and no offer any more; the line for the timeline."""
    part.contact, part.lost_at, part.controller = CONTROL_LOST, now, None
    offer_over(part)
    return raise_alarm(case, "control_lost", now, reason, part, leg=part.leg, due=due)


def offer_over(part: Part) -> None:
    """The offer is over without acceptance: whoever waited for it says of another handover anew that he is in place."""
    if part.offer is not None and (leg := part.at(part.offer.to)) is not None:
        leg.in_place = None
    part.offer = None


def regained(deed: Deed) -> None:
    """In sight again: seals and weight are rechecked, and the controller of the leg where it is found is in control."""
    act: Regained = deed.act
    part = permitted(deed)
    if not deed.live:
        raise No("this was written too long ago to say who is in control now", "look again and send it anew", "at", part)
    if part.controller is not None and part.contact == HEARD:
        raise No(f"{part.controller} is in control of part {part.name}", part=part)
    if part.controller is not None and part.controller != deed.agency:
        raise No(f"{part.controller} is still the controller: contact is lost, control is not", "declare control_lost first", part=part)
    following = part.following
    # Until it has crossed, who accepted it on the giver's soil follows it there.
    home = act.country == part.current.country or (not part.entered and not part.crossed and act.country == part.territory)
    leg = part.current if deed.agency in (part.current.controller, part.last) and home else None
    if (
        leg is None
        and following is not None
        and following.controller == deed.agency
        and act.country == following.country
        and following.open
    ):
        leg = following
    if leg is None:
        raise No(
            f"{deed.agency} may not be in control in {act.country}",
            "there the state having territory intervenes, or its leg's consent and controller come first",
            "country",
            part,
        )
    take_over(part, deed.agency, leg.number, act.country, deed.happened)
    part.entered = act.country == part.current.country
    begin(part, deed.happened)
    # The table has seals and weight rechecked; on the road there may be no scales: then it is said that they were not.
    unweighed = [substance for substance in part.mass if substance not in {each.substance for each in act.weighed}]
    part.unweighed |= dict.fromkeys(unweighed, deed.happened)
    what: Json = {"controller": deed.agency, "country": act.country, "seals_intact": act.seals_intact}
    deed.tell(what | ({"unweighed": unweighed} if unweighed else {}), part=part, leg=part.leg)
    checked(deed, part, act.seals_intact, act.weighed)


def take_over(part: Part, agency: str, number: int, country: str, at: int) -> None:
    """One agency is in control, on this leg, in this country. A new leg brings its profile and its windows."""
    if number != part.leg:
        part.leg, part.windows, part.next_event, part.entered = number, [], None, False
        part.profile = str(part.current.plan.get("profile", "moving"))
    part.controller = part.last = agency
    part.territory, part.crossed, part.border_at, part.offer = country, False, max(at, part.border_at), None


def radio_shadow(deed: Deed) -> None:
    """The clocks wait, from when it was declared."""
    act: RadioShadow = deed.act
    part = permitted(deed)
    if not deed.live:
        raise No("a radio shadow is declared before it begins", "the clocks have gone on: check in", "at", part)
    word(part, deed.happened, deed.now, seen=False)
    part.shadow = [deed.happened, deed.happened + act.minutes * 60_000]
    planned = any(begins <= part.shadow[0] and part.shadow[1] <= ends for begins, ends in part.current.shadows)
    if act.minutes > LONG_SHADOW_MINUTES and not planned:
        reason = f"{deed.who} declares no radio for {act.minutes} minutes: word is due later"
        deed.events.append(raise_alarm(deed.case, "plan_touched", deed.now, reason, part, leg=part.leg))
    deed.tell({"until": part.shadow[1]}, part=part, leg=part.leg)


def alert(deed: Deed) -> None:
    """Everybody is told, whatever stands."""
    act: Alert = deed.act
    part = deed.case.parts.get(act.part or "")
    deed.tell({"reason": act.reason}, part=part)
    deed.events.append(raise_alarm(deed.case, "alert", deed.now, _said(deed.who, act.reason), part))


def checked(deed: Deed, part: Part, seals_intact: bool | None, weighed: tuple[Mass, ...], doer: str | None = None) -> None:
    """Seals and weight as somebody found them: an alarm where they are not as they should be, which a `doer` does not resolve."""
    if seals_intact is False:
        deed.events.append(raise_alarm(deed.case, "seal_broken", deed.now, f"found by {deed.who}", part, leg=part.leg))
    found = mass.booked(weighed)
    for substance, off in mass.differences(part.mass, found).items():
        kind = "shortfall" if off < 0 else "surplus"
        reason = (
            f"{substance}: {mass.kilograms(abs(off))} kg {'short of' if off < 0 else 'more than'} what is booked, weighed by {deed.who}"
        )
        deed.events.append(raise_alarm(deed.case, kind, deed.now, reason, part, leg=part.leg, doer=doer))
    part.unweighed = {name: since for name, since in part.unweighed.items() if name not in found or deed.happened < since}
    if found:
        deed.tell({"weighed": mass.shown(found), "booked": mass.shown(part.mass)}, part=part, leg=part.leg, kind="weighed")


def _said(who: str, reason: str | None) -> str:
    """Who says it, and the officer's own words."""
    return f"{who}: {reason}" if reason else who


def _jump(part: Part, lat: float, lon: float, accuracy_m: float | None, at: int) -> bool:
    """Neither from the newest that was believed nor from the newest there is: what was wrong once shall not make all that follow wrong."""
    if part.phase in ENDED:
        return False
    before = [
        (each["captured"], each["lat"], each["lon"], each["accuracy_m"]) for each in (part.believed, part.position) if each is not None
    ]
    fastest = FASTEST_KMH[part.profile]
    return bool(before) and all(impossible(each, (at, lat, lon, accuracy_m), fastest) for each in before)

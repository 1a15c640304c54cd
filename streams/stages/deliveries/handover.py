"""From one controller to the next: OFFERED, RECEIVER_IN_PLACE, ACCEPTED. There is no moment between two controllers."""

from schemas.acts import Acceptance, ReceiverInPlace
from schemas.acts import Offer as OfferAct
from streams.stages.deliveries import mass
from streams.stages.deliveries.acting import Deed, No, leg_of, milliseconds, permitted
from streams.stages.deliveries.case import ACTIVE, IN_PLACE_MS, Alarm, Case, Json, Leg, Offer, Part
from streams.stages.deliveries.contact import begin, checked, take_over, word
from streams.stages.deliveries.deadlines import MINUTE
from streams.stages.deliveries.terms import compatible, substituted

LASTS = 60 * MINUTE
FURTHEST_MS, LONGEST_MS = 48 * 60 * MINUTE, 6 * 60 * MINUTE
"""How far ahead a handover is offered, and how long after it the offer stands at most: by them the go or no-go is called [R]."""


def offered(deed: Deed) -> None:
    """OFFERED. Both legs must be consented: expired while active, there is no onward handover."""
    act: OfferAct = deed.act
    part = permitted(deed)
    following = part.following
    if following is None:
        raise No(f"leg {part.leg} is the last: there is nobody to offer to", "strike, deliver under watch, or change the route", part=part)
    if not part.current.open:
        raise No(f"the consent of leg {part.leg} is not in force: no onward handover", f"ask {part.current.authority}", part=part)
    if not following.open:
        raise No(
            f"hard stop at the end of leg {part.leg}: leg {following.number} ({following.country}) is not consented",
            f"hold on this side until {following.authority} consents",
            part=part,
        )
    _keeping_terms(deed, part, following)
    at = milliseconds(act.handover_at)
    expires = milliseconds(act.expires) if act.expires else at + LASTS
    if expires <= deed.now:
        raise No("the offer has expired already", "offer a time that is to come", "expires", part)
    if at - deed.now > FURTHEST_MS:
        raise No("the handover is more than 48 hours ahead", "check the date, or offer it when it is nearer", "handover_at", part)
    if expires - at > LONGEST_MS:
        raise No(
            "the offer expires more than 6 hours after the handover", "let it end sooner, and offer again if it is late", "expires", part
        )
    part.offer = Offer(deed.id, following.number, at, expires, act.place, deed.who)
    # A window that was over when the offer was made is no window of this handover.
    part.windows = [minutes for minutes in (60, 20) if minutes == 60 or at - minutes * MINUTE <= deed.now]
    word(part, deed.happened, deed.now, seen=False)
    deed.tell({"to": following.controller, "handover_at": at, "expires": expires, "place": act.place}, part=part, leg=part.leg)


def in_place(deed: Deed) -> None:
    """RECEIVER_IN_PLACE: noted even where the offer is still under way; it counts for a handover at most two hours after it."""
    act: ReceiverInPlace = deed.act
    part = permitted(deed)
    leg = leg_of(part, act.leg)
    if leg.number <= part.leg:
        raise No(f"part {part.name} is on leg {part.leg} already", part=part)
    leg.in_place = max(leg.in_place or 0, deed.happened)
    deed.tell({"place": act.place}, part=part, leg=leg.number)


def accepted(deed: Deed) -> None:
    """ACTIVE(n+1). An acceptance counts when it is received: its offer may have expired while it was under way."""
    act: Acceptance = deed.act
    part = permitted(deed)
    leg = leg_of(part, act.leg)
    if leg.number <= part.leg:
        raise No(f"part {part.name} is on leg {part.leg} already, with {part.controller or 'nobody'} in control", part=part)
    if not leg.open:
        raise No(f"leg {leg.number} is not consented", f"{leg.authority} consents, or the state having territory intervenes", part=part)
    if part.crossed:
        if leg.country != part.territory:
            raise No(f"part {part.name} is in {part.territory}: who follows there takes over", part=part)
        _by_way(part, leg)
        if not deed.live:
            raise No("this was written too long ago to say who is in control now", "look again and send it anew", "at", part)
    else:
        _by_offer(deed, act, part)
    # Accepted on the giver's soil, unless somebody says otherwise: it is the crossing that changes the territory.
    country = leg.country if part.crossed else act.country or part.territory
    if country not in (leg.country, part.current.country):
        raise _elsewhere(part, leg, country)
    giver, against = part.controller, None if part.crossed else _no_go(deed.case, part)
    take_over(part, deed.agency, leg.number, country, deed.happened)
    part.entered = country == leg.country
    begin(part, deed.happened)
    # What is signed for later is the load as it was now: seals change under way, and what is booked.
    load: Json = {"seals_intact": act.seals_intact, "seals": list(part.seals), "booked": mass.shown(part.mass)}
    # Whether it is go is the officers' to decide at the border: it is told, and stops nobody.
    if against is not None:
        load["against_no_go"] = against.reason
    deed.tell({"from": giver, "controller": deed.agency, "country": country, **load}, part=part, leg=leg.number)
    checked(deed, part, act.seals_intact, act.weighed)


def _no_go(case: Case, part: Part) -> Alarm | None:
    """The no-go that stands for the handover at the end of this leg: not one of an earlier border that nobody resolved."""
    return next(
        (
            alarm
            for alarm in case.alarms
            if alarm.kind == "no_go"
            and (alarm.leg == part.leg or alarm.latest > part.border_at)
            and part in case.descendants(alarm.part or "")
        ),
        None,
    )


def _by_offer(deed: Deed, act: Acceptance, part: Part) -> None:
    offer, following = part.offer, part.following
    if part.phase != ACTIVE:
        raise No(f"no handover while part {part.name} is {part.phase}", "it goes on when those who must have agreed", part=part)
    if not part.current.open:
        raise No(f"the consent of leg {part.leg} is not in force: no onward handover", f"ask {part.current.authority}", part=part)
    if part.controller is None:
        raise No(f"nobody is in control of part {part.name}: there is nothing to accept", "who sees it sends regained", part=part)
    if offer is None or following is None:
        raise No("no offer stands: it expired, was withdrawn, or has not come", f"ask {part.controller} to offer again", "offer", part)
    if str(act.offer) != offer.id or following.number != act.leg:
        raise No(f"the offer that stands is {offer.id}, to leg {offer.to}", "accept that one", "offer", part)
    if not following.waits(offer.handover_at):
        raise _not_waiting(part, following, offer)
    # Of what has crossed already nothing can be kept any more but control.
    _keeping_terms(deed, part, following)


def _not_waiting(part: Part, following: Leg, offer: Offer) -> No:
    """Nobody has said that the receiver is in place; or so long before that it says nothing of this handover, as a slow clock's word is."""
    if following.in_place is None:
        return No("the receiver is not in place yet", "send receiver_in_place with the load in sight first", part=part)
    before, counts = (offer.handover_at - following.in_place) // MINUTE, IN_PLACE_MS // MINUTE
    return No(
        f"the receiver was in place {before} minutes before the handover, and what is said earlier than {counts} before does not count",
        "say it again with the load in sight; if it was said just now, the clock of the device is wrong: set it right first",
        part=part,
    )


def _by_way(part: Part, leg: Leg) -> None:
    """Raises No where the way enters that country by another leg first: the load is there by the nearest."""
    nearest = next(each.number for each in part.legs if each.number > part.leg and each.country == part.territory)
    if leg.number != nearest:
        reason = f"part {part.name} is in {part.territory} by leg {nearest}: leg {leg.number} enters it again later"
        raise No(reason, f"the controller of leg {nearest} takes over", "leg", part)


def _elsewhere(part: Part, leg: Leg, country: str) -> No:
    """The load is on neither side of the border onto this leg: it may be offered there and awaited, not taken over."""
    if country != part.territory:
        return No(f"{country} is neither side of this border", "name the soil on which it was accepted", "country", part)
    giver = part.current.country
    return No(
        f"part {part.name} is in {country}, and nobody has said that it reached {giver}: leg {leg.number} comes after that",
        f"report that it crossed into {giver}, or name the soil on which it was accepted",
        "country",
        part,
    )


def _keeping_terms(deed: Deed, part: Part, following: Leg) -> None:
    compatible(part, substituted(deed.case), "hold on this side until they are agreed, or change the route", following.number)

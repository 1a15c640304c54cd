"""What falls due, derived from the state alone, and what follows when it does.

Nothing is scheduled: a deadline that has been dealt with no longer follows from the state, so each fires once, however often and late the
clock looks. What is late says by how much.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from streams.stages.deliveries.acting import event
from streams.stages.deliveries.alarms import over_with, raise_alarm, ring
from streams.stages.deliveries.case import ACTIVE, CONTACT_LOST, CONTROL_LOST, HEARD, STOP_REQUESTED, Case, Json, Leg, Part, Stop, Word
from streams.stages.deliveries.contact import lose_control, offer_over
from streams.stages.deliveries.deadlines import MINUTE, contact_due, eyes_due
from streams.stages.deliveries.ending import STRIKE_WINDOWS, not_ready
from streams.stages.deliveries.guarding import embargo
from streams.stages.deliveries.posts import uninformed
from streams.stages.deliveries.states import AGREED
from streams.stages.deliveries.terms import conflicts, substituted
from streams.stages.timers import milliseconds

HOUR = 60 * MINUTE
WARNED_HOURS = (24, 6, 1)
HANDOVER_WINDOWS = (60, 20)
"""Minutes before the handover: it should have been offered; go or no-go, on the giver's soil."""

STOP_CONFIRMED_WITHIN = 15 * MINUTE


@dataclass(slots=True)
class Fired:
    """Lines for the timeline, and who is to be rung."""

    events: list[Json]
    rings: list[Json]


class Deadline(NamedTuple):
    """Something due; of two at one time the first by `order` comes first.

    `fire`, given now and `due`, changes the case so that it is due no more, and says what to tell.
    """

    due: int
    order: str
    fire: Callable[[int, int], Json]


def fire(case: Case, now: int) -> Fired:
    """Let everything happen that is due by `now`, in its order, then ring what rings."""
    fired = Fired([], [])
    # What happens to one part is due to no other: after a long sleep there are thousands, and each is looked for in its part alone.
    first = {name: deadline for name, part in case.parts.items() if (deadline := _first(case, part)) is not None}
    while first:
        name, soonest = min(first.items(), key=lambda each: (each[1].due, each[1].order))
        if soonest.due > now:
            break
        fired.events.append({"late_ms": now - soonest.due, **soonest.fire(now, soonest.due)})
        following = _first(case, case.parts[name])
        if following is None:
            del first[name]
        else:
            first[name] = following
    fired.rings += [ring(case, alarm, now) for alarm in case.alarms if alarm.next_ring <= now]
    return fired


def next_due(case: Case) -> int | None:
    """When the delivery must be looked at again; None: never."""
    deadlines = (_first(case, part) for part in case.parts.values())
    due = [alarm.next_ring for alarm in case.alarms] + [deadline.due for deadline in deadlines if deadline is not None]
    if case.guard["since"] is not None and not any(part.live for part in case.parts.values()) and (until := embargo(case)) is not None:
        # What the guard still keeps in goes out when the embargo ends.
        due.append(until)
    return min(due, default=None)


def _first(case: Case, part: Part) -> Deadline | None:
    # No two of a part have one order, so what they do is never compared.
    return min(_of(case, part), default=None) if part.live else None


def _of(case: Case, part: Part) -> Iterator[Deadline]:
    yield from _of_consents(case, part)
    if not part.reply_called and (unanswered := _unanswered(case, part)):
        assert case.reply_by is not None
        yield Deadline(case.reply_by, f"8 {part.name}", partial(_no_reply, case, part, unanswered))
    if not part.running:
        return
    if part.controller is not None and part.contact != CONTROL_LOST:
        if part.contact == HEARD:
            yield Deadline(contact_due(part), f"1 {part.name}", partial(_silent, case, part))
        yield Deadline(eyes_due(part), f"2 {part.name}", partial(_unseen, case, part))
    if part.phase == STOP_REQUESTED and part.stop is not None and not part.stop.unconfirmed:
        yield Deadline(part.stop.at + STOP_CONFIRMED_WITHIN, f"3 {part.name}", partial(_unconfirmed, case, part, part.stop))
    yield from _of_handover(case, part)
    if part.strike is not None and (waits := not_ready(part)):
        ahead = [minutes for minutes in STRIKE_WINDOWS if minutes not in part.strike["called"]]
        if ahead:
            due = part.strike["h_hour"] - ahead[0] * MINUTE
            yield Deadline(due, f"7 {part.name}", partial(_not_all_ready, case, part, ", ".join(waits)))


def _silent(case: Case, part: Part, now: int, due: int) -> Json:
    part.contact, part.lost_at = CONTACT_LOST, due
    return raise_alarm(case, "contact_lost", now, f"no word from {part.controller} in time", part, leg=part.leg, due=due)


def _unseen(case: Case, part: Part, now: int, due: int) -> Json:
    return lose_control(case, part, now, "the load was not seen in time", due)


def _unconfirmed(case: Case, part: Part, stop: Stop, now: int, due: int) -> Json:
    stop.unconfirmed = True
    reason = f"{part.controller or 'nobody'} has not said where part {part.name} is held"
    return raise_alarm(case, "stop_unconfirmed", now, reason, part, leg=part.leg, due=due)


def _not_all_ready(case: Case, part: Part, waits: str, now: int, due: int) -> Json:
    assert part.strike is not None
    minutes = next(each for each in STRIKE_WINDOWS if each not in part.strike["called"])
    part.strike["called"].append(minutes)
    reason = f"the hour of the strike has come, not ready: {waits}"
    if minutes:
        reason = f"{minutes} minutes to the strike, not ready: {waits}"
    return raise_alarm(case, "strike_not_ready", now, reason, part, leg=part.leg, due=due, calls=part.strike["agencies"])


def _of_handover(case: Case, part: Part) -> Iterator[Deadline]:
    following, offer = part.following, part.offer
    if offer is not None:
        yield Deadline(offer.expires, f"5 {part.name}", partial(_offer_expired, case, part))
    at = handover_at(part)
    if following is None or at is None or part.crossed or part.controller is None:
        return
    ahead = [minutes for minutes in HANDOVER_WINDOWS if minutes not in part.windows]
    if ahead:
        yield Deadline(at - ahead[0] * MINUTE, f"4 {part.name}", partial(_window, case, part, following))


def handover_at(part: Part) -> int | None:
    """When the load is handed over: as it is offered, else as the way is planned; a plan may name the next leg's entry alone."""
    if part.offer is not None:
        return part.offer.handover_at
    if part.current.exit_planned is not None or part.following is None:
        return part.current.exit_planned
    entry: str | None = part.following.plan.get("entry_planned")
    return milliseconds(entry) if entry is not None else None


def _window(case: Case, part: Part, following: Leg, now: int, due: int) -> Json:
    minutes = next(each for each in HANDOVER_WINDOWS if each not in part.windows)
    part.windows.append(minutes)
    lacking = [
        *(
            text
            for text, lacks in (
                ("not offered", part.offer is None),
                ("receiver not in place", not following.waits(handover_at(part))),
                (f"leg {following.number} not consented", not following.open),
                (f"part is {part.phase}", part.phase != ACTIVE),
                ("contact lost", part.contact != HEARD),
                ("conditions contradict each other", bool(conflicts(part, substituted(case), following.number))),
            )
            if lacks
        ),
        *(f"post {each} not informed" for each in uninformed(case, part, following)),
    ]
    if minutes == HANDOVER_WINDOWS[-1] and lacking:
        return raise_alarm(case, "no_go", now, f"no go: {', '.join(lacking)}; hold on this side", part, leg=part.leg, due=due)
    return event("handover_window", part, part.leg, {"minutes": minutes, "go": not lacking, "lacking": lacking}, late_ms=now - due)


def _offer_expired(case: Case, part: Part, now: int, due: int) -> Json:
    to = part.offer.to if part.offer is not None else None
    offer_over(part)
    return raise_alarm(case, "offer_expired", now, f"the offer to leg {to} expired without acceptance", part, leg=part.leg, due=due)


def _of_consents(case: Case, part: Part) -> Iterator[Deadline]:
    """The soonest of them."""
    soonest: tuple[int, Leg, Word] | None = None
    for leg in part.legs:
        word = leg.word
        if word is None or leg.number < part.leg or (ends := word.ends) is None:
            continue
        due = ends - _ahead(word) * HOUR
        if soonest is None or due < soonest[0]:
            soonest = due, leg, word
    if soonest is not None:
        due, leg, word = soonest
        yield Deadline(due, f"6 {part.name} {leg.number:02d}", partial(_warn if _ahead(word) else _expire, case, part, leg, word))


def _unanswered(case: Case, part: Part) -> list[Leg]:
    """The legs ahead whose authorities were asked to reply by a time and have said nothing; of a way that was changed since, none."""
    if case.reply_by is None or case.status not in AGREED:
        return []
    ahead = [leg for leg in part.legs if leg.number >= part.leg and leg.word is None]
    return [leg for leg in ahead if leg.changed is None or leg.changed < case.reply_by]


def answered(case: Case) -> list[Json]:
    """Where all that was asked has been answered, or what was asked for has ended, nobody rings for a reply any more."""
    waiting = [alarm for alarm in case.alarms if alarm.kind == "reply_due" and alarm.part is not None]
    over = [alarm for alarm in waiting if not any(_unanswered(case, part) for part in case.descendants(alarm.part or ""))]
    return [over_with(case, alarm, "nobody is waited for any more") for alarm in over]


def _no_reply(case: Case, part: Part, waits: list[Leg], now: int, due: int) -> Json:
    part.reply_called = True
    named = ", ".join(f"{leg.authority} (leg {leg.number})" for leg in waits)
    return raise_alarm(case, "reply_due", now, f"no reply by the time that was asked for: {named}", part, leg=waits[0].number, due=due)


def _ahead(word: Word) -> int:
    """How many hours before its end the next warning is; 0: it ends."""
    return next((hours for hours in WARNED_HOURS if hours not in word.warned), 0)


def _warn(case: Case, part: Part, leg: Leg, word: Word, now: int, due: int) -> Json:  # noqa: PLR0917  # bound by position
    hours = _ahead(word)
    word.warned.append(hours)
    what = "the written consent is due" if word.state == "PROVISIONAL" else "the consent ends"
    if hours == WARNED_HOURS[-1] and part.running:
        return raise_alarm(case, "consent_ends", now, f"leg {leg.number}: {what} in an hour", part, leg=leg.number, due=due)
    return event("consent_ends", part, leg.number, {"hours": hours, "written": word.state == "PROVISIONAL"}, late_ms=now - due)


def _expire(case: Case, part: Part, leg: Leg, word: Word, now: int, due: int) -> Json:  # noqa: PLR0917  # bound by position
    why = "the written consent did not come in time" if word.state == "PROVISIONAL" else "the consent has run out"
    word.state = "EXPIRED"
    following = part.following
    if part.running and leg.number in (part.leg, following.number if following is not None else part.leg):
        return raise_alarm(case, "consent_expired", now, f"leg {leg.number}: {why}; no onward handover", part, leg=leg.number, due=due)
    return event("consent_expired", part, leg.number, {"why": why}, late_ms=now - due)

"""DOMAIN's table as data: who may do what, in which phase; and which of three fields is shown as the state.

An act that stands here with no phases is not about a part. `by`: the right that the actor needs (`acting.RIGHTS`).
"""

from dataclasses import dataclass

from streams.stages.deliveries.case import (
    ACTIVE,
    CONTACT_LOST,
    CONTROL_LOST,
    DELIVERED,
    HELD,
    PLANNED,
    STOP_REQUESTED,
    STRIKE,
    Part,
)  # fmt: skip

ON_THE_WAY = frozenset({ACTIVE, STOP_REQUESTED, HELD, STRIKE, DELIVERED})
LIVE = ON_THE_WAY | {PLANNED}
DRAFT, AGREED = frozenset({"draft"}), frozenset({"requested", "declared", "ready", "running"})
OPEN = DRAFT | AGREED | {"ended"}


@dataclass(frozen=True, slots=True)
class Rule:
    """`statuses`: of the delivery; `phases`: of the part that is meant, None where the act is about no single part."""

    by: str
    statuses: frozenset[str] = AGREED
    phases: frozenset[str] | None = None


RULES: dict[str, Rule] = {
    "request": Rule("lead", DRAFT),
    "signature": Rule("lead", DRAFT),
    "posts_informed": Rule("party"),
    "ready": Rule("lead", frozenset({"requested", "declared"})),
    "ready_confirmed": Rule("centre", frozenset({"declared"})),
    "consent": Rule("authority"),
    "provisional_consent": Rule("authority"),
    "conditional_consent": Rule("authority"),
    "refusal": Rule("authority"),
    "revocation": Rule("authority"),
    "conditions_accepted": Rule("lead"),
    "start": Rule("controller", frozenset({"ready", "running"}), frozenset({PLANNED})),
    "offer": Rule("controller", phases=frozenset({ACTIVE})),
    "receiver_in_place": Rule("receiver", phases=LIVE),
    "acceptance": Rule("receiver", phases=ON_THE_WAY),
    "crossed": Rule("party", phases=ON_THE_WAY),
    "check_in": Rule("party", phases=LIVE),
    "tracked": Rule("party", phases=LIVE),
    "device_placed": Rule("controller", phases=LIVE),
    "device_removed": Rule("party"),
    "radio_shadow": Rule("controller", phases=ON_THE_WAY),
    "contact_lost": Rule("party"),
    "control_lost": Rule("party"),
    "regained": Rule("follower", phases=ON_THE_WAY),
    "alert": Rule("party", OPEN),
    "stop_request": Rule("party"),
    "held": Rule("controller", phases=ON_THE_WAY),
    "resumed": Rule("party", phases=frozenset({STOP_REQUESTED, HELD})),
    "strike": Rule("territory", phases=frozenset({ACTIVE, HELD, STRIKE, DELIVERED})),
    "strike_ready": Rule("party", AGREED | {"ended"}, frozenset({STRIKE, DELIVERED})),
    "strike_called_off": Rule("territory", phases=frozenset({STRIKE, DELIVERED, STOP_REQUESTED, HELD})),
    "delivered_under_watch": Rule("territory", phases=frozenset({ACTIVE, STRIKE})),
    "secured": Rule("territory", phases=frozenset({STRIKE, DELIVERED})),
    "intervened": Rule("territory", phases=ON_THE_WAY),
    "aborted": Rule("territory", DRAFT | AGREED, LIVE),
    "weighing": Rule("party", AGREED | {"ended"}),
    "split": Rule("controller", phases=frozenset({ACTIVE, HELD})),
    "merge": Rule("controller", phases=frozenset({ACTIVE, HELD})),
    "route_change": Rule("lead", phases=LIVE),
    "room": Rule("party", OPEN),
    "voice_confirmed": Rule("party", OPEN | {"closed"}),
    "evidence": Rule("party", OPEN),
    "watch": Rule("party"),
    "match_released": Rule("party", AGREED | {"ended", "closed", "evaluated"}),
    "alarm_acknowledged": Rule("party", OPEN | {"closed", "evaluated"}),
    "alarm_resolved": Rule("party", OPEN | {"closed", "evaluated"}),
    "closed": Rule("lead", frozenset({"ended"})),
    "evaluated": Rule("lead", frozenset({"closed"})),
}

NEEDS_THE_START = frozenset(
    {"offer", "acceptance", "crossed", "radio_shadow", "regained", "strike", "delivered_under_watch", "secured", "split", "merge"}
)
"""A part that was stopped before it started is held like any other, and does nothing else."""

ALWAYS = frozenset({"stop_request", "contact_lost", "control_lost", "alert"})
"""Applied whenever they come, whichever officer of a party sends them, named in the room or not, to what the part has become meanwhile."""

NEVER_BY_VOICE = frozenset(
    {"request", "signature", "ready_confirmed", "room", "voice_confirmed", "match_released", "closed", "evaluated", "tracked"}
)
"""Signatures and what is done at a desk. A consent by voice is a provisional one. What the whole room may not read is not entered so:
everybody sees which entries wait for their officer's word."""


def shown(part: Part) -> str:
    """The state of DOMAIN's table: the worst of contact, handover and phase."""
    if part.running and part.crossed:
        return "CROSSED_UNACCEPTED"
    if part.running and part.contact in (CONTACT_LOST, CONTROL_LOST):
        return part.contact
    if part.phase == ACTIVE and part.offer is not None:
        following = part.at(part.offer.to)
        return "RECEIVER_IN_PLACE" if following is not None and following.waits(part.offer.handover_at) else "OFFERED"
    return part.phase

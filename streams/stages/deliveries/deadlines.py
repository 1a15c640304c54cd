"""When word is due and when the load must have been seen: from the leg's profile, what was declared, and radio shadows [R].

Each leg of the plan may set its own minutes.
"""

from streams.stages.deliveries.case import HELD, Part

MINUTE = 60_000
CONTACT_MINUTES = {"moving": 15, "guarded_stop": 60}
EYES_MINUTES = {"moving": 30, "guarded_stop": 90}
UNSCHEDULED_MINUTES = 60
"""For an aircraft, a ferry or the post with no expected event ahead."""

LONGEST_MINUTES = {"aircraft": 1_440, "ferry": 2_880, "post": 5_760}
"""So long at most between two words, whatever event is expected: a date that was mistyped, or forced, must not stop the clocks."""

GRACE_MINUTES = 30
AFTER_SHADOW_MINUTES = 5


def contact_due(part: Part) -> int:
    """When silence becomes CONTACT_LOST."""
    return _due(part, part.heard, "contact_minutes", CONTACT_MINUTES)


def eyes_due(part: Part) -> int:
    """When not having seen the load becomes CONTROL_LOST."""
    return _due(part, part.seen, "eyes_minutes", EYES_MINUTES)


def profile(part: Part) -> str:
    """How it goes on: what is held stands under guard."""
    return "guarded_stop" if part.phase == HELD else part.profile


def _due(part: Part, since: int, setting: str, by_profile: dict[str, int]) -> int:
    leg, how = part.current, profile(part)
    plan = leg.plan
    if how in by_profile:
        as_planned = how == plan.get("profile", "moving")
        due = since + (plan.get(setting, by_profile[how]) if as_planned else by_profile[how]) * MINUTE
    else:
        grace = plan.get("grace_minutes", GRACE_MINUTES) * MINUTE
        expected = [at for at in (part.next_event, leg.exit_planned) if at is not None and at > since]
        due = min(expected[0] + grace, part.heard + LONGEST_MINUTES[how] * MINUTE) if expected else since + UNSCHEDULED_MINUTES * MINUTE
    for begins, ends in sorted([*leg.shadows, *([part.shadow] if part.shadow else [])]):
        if begins <= due < ends + AFTER_SHADOW_MINUTES * MINUTE:
            due = ends + AFTER_SHADOW_MINUTES * MINUTE
    return due

"""The clock as one more step of the flow: who keeps the timers of the space, and what it says of them."""

from collections.abc import Mapping

from schemas.channels import CHANNELS
from streams.operations.flow import Step
from streams.operations.standing import Observer, Standing
from streams.settings import Settings

CLOCK = "clock"
TIMERS = "timers"

STEP = Step(CLOCK, (), (TIMERS,), tuple(channel.name for channel in CHANNELS if CLOCK in channel.writers and channel.name != TIMERS))


async def kept(settings: Settings, measured: Mapping[str, Mapping[str, int]], observer: Observer) -> Standing:
    """How the clock stands. Its lag is the timers whose time has passed, from `measured` (lag by group and topic); it commits no offsets.

    Without its metrics the lag is not known, and left out. Raises aiokafka's errors.
    """
    group = STEP.group(settings.space)
    told = measured.get(group)
    return Standing(STEP, {} if told is None else {TIMERS: sum(told.values())}, await observer.members(group), None)

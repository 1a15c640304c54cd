"""How late the gateway is, by its own measure."""

import asyncio
import time

from streams.gateway import observe


def late() -> tuple[float, float]:
    """How often it looked, and how many seconds late it was in all."""
    found = {sample.name: sample.value for family in observe.LATE.collect() for sample in family.samples if "le" not in sample.labels}
    return found["ric_gateway_late_seconds_count"], found["ric_gateway_late_seconds_sum"]


async def test_a_loop_that_is_held_up_is_told_as_late() -> None:
    looked, before = late()
    looking = asyncio.create_task(observe.lateness())
    await asyncio.sleep(0)
    time.sleep(observe.LOOK_EVERY_S + 0.5)  # noqa: ASYNC251 - it is what holds a loop up
    while late()[0] == looked:
        await asyncio.sleep(0)
    looking.cancel()
    assert late()[1] - before >= 0.5

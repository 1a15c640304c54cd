"""The store is down while reports flow: the flow goes on, memory is bounded, and the store catches up with everything."""

import asyncio
from pathlib import Path

import psutil

from streams.simulate.traffic import Message
from tests.crash.centre import Outcome, centre, check_same

PER_SECOND = 500
MEGABYTE = 1024 * 1024
MOST_GROWTH = 150 * MEGABYTE


async def test_a_store_that_is_down_holds_up_nobody_and_catches_up(tmp_path: Path, messages: list[Message], undisturbed: Outcome) -> None:
    async with centre(tmp_path) as place:
        place.join("worker")
        place.system.start("projector")
        first = len(messages) // 5
        await place.publish(messages[:first])
        await place.until(lambda: len(place.reader.values["receipts"]) >= first, "the first receipts")
        watched = [psutil.Process(place.system.processes[name].pid) for name in ("worker", "projector")]
        before = [process.memory_info().rss for process in watched]
        await asyncio.to_thread(place.postgres.kill)
        async with place.under_steady_load(messages[first:], PER_SECOND):
            pass
        # Nobody waits for the store but those who read it.
        await place.until(lambda: len(place.reader.values["receipts"]) >= len(messages), "every receipt, without a store")
        growth = [process.memory_info().rss - rss for process, rss in zip(watched, before, strict=True)]
        print("growth in MB of worker and projector:", [round(each / MEGABYTE) for each in growth])
        assert max(growth) < MOST_GROWTH
        await asyncio.to_thread(place.postgres.prepare)
        place.postgres.spawn()
        await asyncio.to_thread(place.postgres.wait_ready)
        check_same(await place.outcome(), undisturbed)
        assert place.ends == []
        assert place.system.alive("projector")

"""The store is down while reports flow: the flow goes on, memory is bounded, and the store catches up with everything."""

import asyncio
from pathlib import Path

import psutil

from tests.crash.centre import centre
from tests.crash.conftest import LONG
from tests.crash.forking import Zygote
from tests.crash.load import Sent

PER_SECOND = 2_000 if LONG else 500
AWAY_S = 600
"""In long mode."""
MEGABYTE = 1024 * 1024
MOST_GROWTH = 150 * MEGABYTE


async def test_a_store_that_is_down_holds_up_nobody_and_catches_up(tmp_path: Path, zygote: Zygote, messages: list[Sent], seed: int) -> None:
    async with centre(tmp_path, zygote) as place:
        place.join("worker")
        place.system.start("projector", "clock")
        first = len(messages) // 5
        await place.publish(messages[:first])
        await place.until(lambda: place.reader.answered >= first, "the first answers")
        watched = [psutil.Process(place.system.processes[name].pid) for name in ("worker", "projector")]
        before = [process.memory_info().rss for process in watched]
        await asyncio.to_thread(place.postgres.kill)
        async with place.under_steady_load(messages[first:], PER_SECOND):
            pass
        # Nobody waits for the store but those who read it.
        await place.until(lambda: place.reader.answered >= len(messages), "every answer, without a store")
        growth = [process.memory_info().rss - rss for process, rss in zip(watched, before, strict=True)]
        print("growth in MB of worker and projector:", [round(each / MEGABYTE) for each in growth])
        assert max(growth) < MOST_GROWTH
        await asyncio.to_thread(place.postgres.prepare)
        place.postgres.spawn()
        await asyncio.to_thread(place.postgres.wait_ready)
        await place.check()
        assert place.ends == []

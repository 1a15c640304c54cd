"""The store is down while reports flow: the flow goes on, memory is bounded, and the store catches up with everything.

`TEST_LONG=1` for ten minutes of it at 2 000 reports a second: 40 minutes in all, 35 GB of disk, and a machine that is quiet.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
import psutil

from tests.crash import oracle
from tests.crash.centre import Centre, centre
from tests.crash.conftest import LONG
from tests.crash.load import Sent
from tests.examples import SEIZURE

PER_SECOND = 500
LONG_PER_SECOND, WARM_S, LONG_S = 2_000, 120, 600
"""What a worker takes while it is behind it takes within two minutes; while it is young, half of that."""
TEMPLATE = orjson.dumps({**SEIZURE, "report_id": "NUMBER"})
MEGABYTE = 1024 * 1024
MOST_GROWTH = 150 * MEGABYTE


async def test_a_store_that_is_down_holds_up_nobody_and_catches_up(tmp_path: Path, messages: list[Sent], seed: int) -> None:
    async with centre(tmp_path) as place:
        # Nobody is killed here: a worker that starved for three seconds would end, and its memory could not be compared.
        place.join("worker", RIC_SESSION_TIMEOUT_S="30")
        place.system.start("projector", "clock")
        first = len(messages) // 5
        await place.publish(messages[:first])
        await place.until(lambda: place.reader.answered >= place.to_answer, "the first answers")
        watched = [psutil.Process(place.system.processes[name].pid) for name in ("worker", "projector")]
        before = [process.memory_info().rss for process in watched]
        await asyncio.to_thread(place.postgres.kill)
        async with place.under_steady_load(messages[first:], PER_SECOND):
            pass
        # Nobody waits for the store but those who read it.
        await place.until(lambda: place.reader.answered >= place.to_answer, "every answer, without a store")
        growth = [process.memory_info().rss - rss for process, rss in zip(watched, before, strict=True)]
        print("growth in MB of worker and projector:", [round(each / MEGABYTE) for each in growth])
        assert max(growth) < MOST_GROWTH
        await asyncio.to_thread(place.postgres.prepare)
        place.postgres.spawn()
        await asyncio.to_thread(place.postgres.wait_ready)
        await place.check()
        oracle.guarded(place.reader.log)
        assert place.ends == []


if LONG:

    async def test_ten_minutes_without_a_store_at_2000_reports_a_second(tmp_path: Path) -> None:
        """Too much to compare with its log: counted are receipts, each its own, and rows."""
        async with centre(tmp_path, keeps=False) as place:
            place.system.start("worker", "projector", RIC_SESSION_TIMEOUT_S="30")
            watched = [psutil.Process(place.system.processes[name].pid) for name in ("worker", "projector")]
            number, before = await paced(place, watched, WARM_S)
            await asyncio.to_thread(place.postgres.kill)
            sent, most = await paced(place, watched, LONG_S, number)
            number += sent
            await place.until(lambda: place.reader.answered >= number, "every answer, without a store", 1_800)
            growth = [round((rss - first) / MEGABYTE) for rss, first in zip(most, before, strict=True)]
            print(f"{number} reports, growth in MB of worker and projector: {growth}")
            assert max(growth) * MEGABYTE < MOST_GROWTH
            await asyncio.to_thread(place.postgres.prepare)
            place.postgres.spawn()
            await asyncio.to_thread(place.postgres.wait_ready)
            counted = "SELECT (SELECT count(*) FROM reports), (SELECT count(*) FROM receipts)"
            async with asyncio.timeout(1_800):
                while (rows := await asyncio.to_thread(place.system.rows, counted)) != [(number, number)]:
                    assert place.system.alive("projector"), rows
                    await asyncio.sleep(1)
            assert len(place.reader.answers) == place.reader.answered == number

    async def paced(place: Centre, watched: Sequence[psutil.Process], seconds: int, first: int = 0) -> tuple[int, list[int]]:
        """Publish distinct reports at the rate, or as fast as they go; how many, and the most memory (bytes) that each process took."""
        began, sent, most = time.monotonic(), 0, [0] * len(watched)
        for second in range(seconds):
            batch = [seizure(first + sent + each) for each in range(LONG_PER_SECOND)]
            await place.publish(batch)
            sent += len(batch)
            now = [process.memory_info().rss for process in watched]
            most = [max(each) for each in zip(most, now, strict=True)]
            if second % 30 == 0:
                print(f"{second} s: {sent} sent, {place.reader.answered - first} answered, {[rss // MEGABYTE for rss in now]} MB")
            await asyncio.sleep(max(0.0, began + second + 1 - time.monotonic()))
        print(f"{sent / (time.monotonic() - began):.0f} reports a second were sent")
        return sent, most

    def seizure(number: int) -> Sent:
        """A report of its own, small."""
        body = TEMPLATE.replace(b"NUMBER", b"N-%d" % number)
        headers = (("ric_agency", b"TJ-DCA"), ("ric_person", b"n.rahimov"))
        return Sent("seizures", b"TJ-DCA/N-%d" % number, lambda _: body, headers)

"""Whoever runs the centre from a terminal hears there what is parked."""

import asyncio
from pathlib import Path

from streams.engine.metrics import Metrics
from streams.local import parked
from streams.local.process import free_port
from streams.metrics import Exposition, Standing
from tests.system import PATIENT_S


async def heard(note: Path) -> list[str]:
    """What is said first, all that is said with it included."""
    said: list[str] = []
    something = asyncio.Event()

    def say(text: str) -> None:
        said.append(text)
        something.set()

    telling = asyncio.create_task(parked.tell(note, say))
    try:
        async with asyncio.timeout(PATIENT_S):
            await something.wait()
    finally:
        telling.cancel()
        await asyncio.wait({telling})
    return said


async def test_what_is_parked_is_told_with_its_reason_and_nothing_else(tmp_path: Path) -> None:
    exposition, port, note = Exposition(), free_port(), tmp_path / "worker"
    note.write_text(f"{port}\n")
    exposition.serve("127.0.0.1", port)
    Metrics(exposition, "live.reports").parked(None)
    Metrics(exposition, "live.links").parked("more than 20 records were refused")
    Metrics(exposition, "live.intake").parked(None)
    lost = Standing("live.seizures", 1, None, parked="live.seizures/1: records 10 to 24 were deleted")
    exposition.watch("live.intake", lambda: [lost, Standing("live.seizures", 0, 0, begun=True)])
    assert await heard(note) == [
        "live.links is parked: more than 20 records were refused. What it reads waits, and the rest goes on",
        "live.intake is parked: live.seizures/1: records 10 to 24 were deleted. What it reads waits, and the rest goes on",
    ]


async def test_a_worker_that_does_not_answer_is_not_said_to_be_parked(tmp_path: Path) -> None:
    said: list[str] = []
    for text in ("", "1", "not a port"):
        (tmp_path / "worker").write_text(text)
        telling = asyncio.create_task(parked.tell(tmp_path / "worker", said.append))
        done, _ = await asyncio.wait({telling}, timeout=0.2)
        assert not done
        telling.cancel()
        await asyncio.wait({telling})
    assert said == []

"""What this machine's worker has parked (decision 0107), for whoever looks at the terminal and has no Prometheus."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx

from streams.local.process import read_pid

ASK_EVERY_S = 15.0
WITHIN_S = 5.0


async def tell(note: Path, say: Callable[[str], None]) -> None:
    """Say of each app that is parked, or has a partition that is, why; once, and again when that is another. Goes on until cancelled.

    `note`: the file that has the port at which the worker answers.
    """
    told: dict[str, str] = {}
    async with httpx.AsyncClient(timeout=WITHIN_S, trust_env=False) as client:
        while True:
            found = await _parked(client, note)
            if found is not None:
                for group, why in found.items():
                    if told.get(group) != why:
                        say(f"{group} is {why}. What it reads waits, and the rest goes on")
                told = found
            await asyncio.sleep(ASK_EVERY_S)


async def _parked(client: httpx.AsyncClient, note: Path) -> dict[str, str] | None:
    """By group; None where nobody answers, as while a worker starts."""
    port = read_pid(note)
    if port is None:
        return None
    try:
        said = (await client.get(f"http://127.0.0.1:{port}/readyz")).json()
    except (ValueError, httpx.HTTPError):
        return None
    # Where the worker has ended, whoever got its port may answer.
    return {group: why for group, why in said.items() if str(why).startswith("parked: ")} if isinstance(said, dict) else None

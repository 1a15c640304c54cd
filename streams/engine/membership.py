"""A worker that was killed is a member of its group until its session has passed, and so long nobody works on its partitions.

Whoever is started where it was tells the group that it is gone. Nothing else depends on that: what keeps a worker that lives after all
from doing harm is the fence of its partitions.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaError
from aiokafka.protocol.group import LeaveGroupRequest

from streams.engine.failure import describe

TOLD_WITHIN_S = 5.0
LONGEST_ID = 1_000

log = logging.getLogger("streams.engine")


class Place:
    """Where a worker keeps on disk which member of the group it is. The lock on it ends with the process, however that ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None

    def take(self) -> list[str]:
        """Take a place that nobody holds; return the members whose processes have ended. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        ended = []
        for path in sorted(self._folder.iterdir()):
            file = _held(path)
            if file is None:
                continue
            if member := os.pread(file, LONGEST_ID, 0).decode(errors="replace"):
                ended.append(member)
                os.ftruncate(file, 0)
            if self._file is None:
                self._file = file
            else:
                os.close(file)
        if self._file is None:
            self._file = _held(self._folder / uuid4().hex)
        return ended

    def keep(self, member: str) -> None:
        """This process is this member. Raises OSError."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, member.encode()[:LONGEST_ID], 0)

    def leave(self) -> None:
        """This process has left its group, or was never in it. Raises OSError."""
        if self._file is not None:
            file, self._file = self._file, None
            os.ftruncate(file, 0)
            os.close(file)


def _held(path: Path) -> int | None:
    """The file, held for this process alone; None while another one holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


async def leave_for(members: Sequence[str], group: str, kafka: Mapping[str, Any]) -> None:
    """Tell the group that these members are gone. What hinders it is logged: then they are gone when their sessions have passed."""
    client = AIOKafkaClient(**kafka, client_id=f"{group}.membership")
    try:
        async with asyncio.timeout(TOLD_WITHIN_S):
            await client.bootstrap()
            coordinator = await client.coordinator_lookup(CoordinationType.GROUP, group)
            for member in members:
                # One that left by itself is unknown by now, which is as good.
                await client.send(coordinator, LeaveGroupRequest(group, member))
        log.info("%s: whoever worked here before has ended, and the group is told", group)
    except (KafkaError, OSError, TimeoutError) as error:
        log.info("%s: the group is not told that whoever worked here before has ended: %s", group, describe(error))
    finally:
        await client.close()

"""A process that was killed is a member of its group until its session has passed, and so long nobody does its work.

Whoever is started where it was tells the group that it is gone. Nothing else depends on that: what keeps a process that lives after all
from doing harm is its fence.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Mapping
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


class Membership:
    """Which member of its group this process is, kept on disk under a lock that ends with the process, however that ends.

    A disk that cannot be written and a broker that cannot be told cost the time of a session, and are logged.
    """

    def __init__(self, folder: Path, group: str, kafka: Mapping[str, Any]) -> None:
        self._folder = folder
        self._group = group
        self._kafka = kafka
        self._file: int | None = None

    async def succeed(self) -> None:
        """Take the place of those who ended here without a word, and leave the group for them. Before joining it."""
        try:
            ended = self._take()
        except OSError as error:
            log.warning("%s cannot be written: %s", self._folder, describe(error))
            return
        if not ended:
            return
        client = AIOKafkaClient(**self._kafka, client_id=f"{self._group}.membership")
        try:
            async with asyncio.timeout(TOLD_WITHIN_S):
                await client.bootstrap()
                coordinator = await client.coordinator_lookup(CoordinationType.GROUP, self._group)
                for member in ended:
                    # One whom the group has given up by now is unknown to it, which is as good.
                    await client.send(coordinator, LeaveGroupRequest(self._group, member))
            log.info("%s: whoever worked here before was killed, and the group is told", self._group)
        except (KafkaError, OSError, TimeoutError) as error:
            log.info("%s: whoever worked here before was killed, and the group waits for it: %s", self._group, describe(error))
        finally:
            await client.close()

    def keep(self, member: str) -> None:
        """This process is this member."""
        self._write(member)

    def leave(self) -> None:
        """This process has left its group, or was never in it."""
        self._write("")
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _take(self) -> list[str]:
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

    def _write(self, member: str) -> None:
        if self._file is None:
            return
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, member.encode(), 0)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._folder, describe(error))


def _held(path: Path) -> int | None:
    """The file, held for this process alone; None while another one holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file

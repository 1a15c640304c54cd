"""A process that ends without a word is a member of its group until its session has passed, and so long nobody does its work.

Whoever is started on the same disk tells the group that it is gone. Nothing else depends on that: what keeps a process that lives after
all from doing harm is its fence.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiokafka import errors
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.protocol.group import LeaveGroupRequest

from streams.engine.failure import describe
from streams.kafka import CLOSES_WITHIN_S

TOLD_WITHIN_S = 5.0
ANSWERS_WITHIN_MS = 2_000
AGAIN_S = 0.1
LONGEST_ID = 1_000

log = logging.getLogger("streams.engine")


class Membership:
    """Which member of its group this process is, kept on disk under a lock that ends with the process, however that ends.

    Where the group cannot be told (a disk that was lost or is full, a broker that is away, a process that ended while it joined), it
    waits for the session of the dead one, as it would without.
    """

    def __init__(self, folder: Path, group: str, kafka: Mapping[str, Any]) -> None:
        self._folder = folder
        self._group = group
        self._kafka = kafka
        self._file: int | None = None

    async def succeed(self) -> None:
        """Take the place of those who ended here, and leave the group for them. Before joining it; never raises."""
        ended = self._take()
        told = bool(ended) and await self._tell(ended.values())
        for file in ended:
            if told:
                self._write(file, "")
            if file != self._file:
                os.close(file)

    def keep(self, member: str) -> None:
        """This process is this member."""
        if self._file is not None:
            self._write(self._file, member)

    def _take(self) -> dict[int, str]:
        """Hold a place, and those of members whose processes have ended; these, by their open files."""
        ended = {}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(self._folder.iterdir()):
                held = _held(path)
                if held is None:
                    continue
                file, member = held
                if member:
                    ended[file] = member
                if self._file is None:
                    self._file = file
                elif not member:
                    os.close(file)
            if self._file is None and (held := _held(self._folder / uuid4().hex)) is not None:
                self._file, _ = held
        except OSError as error:
            log.warning("%s cannot be read or written: %s", self._folder, describe(error))
        return ended

    def _write(self, file: int, member: str) -> None:
        try:
            os.ftruncate(file, 0)
            os.pwrite(file, member.encode(), 0)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._folder, describe(error))

    async def _tell(self, members: Iterable[str]) -> bool:
        try:
            client = AIOKafkaClient(**self._kafka, client_id=f"{self._group}.membership", request_timeout_ms=ANSWERS_WITHIN_MS)
            try:
                async with asyncio.timeout(TOLD_WITHIN_S):
                    await client.bootstrap()
                    for member in members:
                        await self._leave(client, member)
            finally:
                with suppress(TimeoutError):
                    async with asyncio.timeout(CLOSES_WITHIN_S):
                        await client.close()
        except Exception as error:  # whatever it is, the start goes on
            log.info("%s: the group waits for the session of whoever worked here before: %s", self._group, describe(error))
            return False
        log.info("%s: the group is told that whoever worked here before has ended", self._group)
        return True

    async def _leave(self, client: AIOKafkaClient, member: str) -> None:
        while True:
            try:
                coordinator = await client.coordinator_lookup(CoordinationType.GROUP, self._group)
                answer = await client.send(coordinator, LeaveGroupRequest(self._group, member))
                if answer.error_code in (errors.NoError.errno, errors.UnknownMemberIdError.errno):
                    return
                raise errors.for_code(answer.error_code)
            except errors.KafkaError as error:
                if not error.retriable:
                    raise
            await asyncio.sleep(AGAIN_S)


def _held(path: Path) -> tuple[int, str] | None:
    """The file, held for this process alone, and the member in it; None while another process holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file, os.pread(file, LONGEST_ID, 0).decode(errors="replace")
    except BlockingIOError:
        os.close(file)
        return None
    except BaseException:
        os.close(file)
        raise

"""Whose turn it is: live records before bulk ones."""

import asyncio
from dataclasses import dataclass
from time import time

import pytest

from streams.engine.lanes import TURN, Lanes


@dataclass(eq=False)
class Waiting:
    """A partition whose oldest record has waited for so long, now and whenever it is asked; None where none waits."""

    seconds: float | None

    @property
    def oldest_at(self) -> int | None:
        return None if self.seconds is None else int((time() - self.seconds) * 1000)


@pytest.mark.parametrize(("seconds", "patient", "late"), [(None, False, False), (0.5, False, True), (0.5, True, False), (5.0, True, True)])
def test_what_waits_too_long_is_late_and_where_nobodys_screen_waits_later(seconds: float | None, patient: bool, late: bool) -> None:
    lanes, partition = Lanes(), Waiting(seconds)
    lanes.enter(partition, patient=patient)
    assert lanes.late() is late
    lanes.leave(partition)
    lanes.leave(partition)
    assert not lanes.late()


async def test_a_bulk_partition_gets_a_turn_although_live_ones_are_late_for_ever() -> None:
    lanes = Lanes()
    lanes.enter(Waiting(5.0), patient=False)
    async with lanes.bulk(lambda: False) as room:
        assert room == TURN


async def test_a_bulk_partition_that_is_given_up_while_it_waits_takes_nothing() -> None:
    lanes = Lanes()
    lanes.enter(Waiting(5.0), patient=False)
    asked = iter([False, False, True])
    async with lanes.bulk(lambda: next(asked, True)) as room:
        assert room == 0


async def test_bulk_partitions_have_their_turns_one_after_the_other() -> None:
    lanes, order = Lanes(), list[str]()

    async def turn(name: str) -> None:
        for _ in range(2):
            async with lanes.bulk(lambda: False):
                order.append(name)
                await asyncio.sleep(0)
                order.append(name)

    await asyncio.gather(turn("a"), turn("b"))
    assert order == list("aabbaabb")

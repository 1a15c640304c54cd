"""One seed and one undisturbed run for the whole crash suite: every disturbed one must end as it did."""

import os
import random

import pytest

from streams.simulate.traffic import Message
from tests.crash.centre import Outcome, centre, traffic

LONG = bool(os.environ.get("TEST_LONG"))
REPORTS = 20_000 if LONG else 5_000
SEED = int(os.environ.get("TEST_SEED") or random.SystemRandom().randrange(2**32))


@pytest.fixture(autouse=True)
def seed() -> int:
    """Named in the environment to run a failure again; printed with every test."""
    print(f"seed {SEED}: run again with TEST_SEED={SEED}")
    return SEED


@pytest.fixture(scope="session")
def messages() -> list[Message]:
    """The suite's traffic."""
    return traffic(SEED, REPORTS)


@pytest.fixture(scope="session")
async def undisturbed(messages: list[Message], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What one worker leaves that nothing happens to."""
    async with centre(tmp_path_factory.mktemp("undisturbed")) as quiet:
        # Nobody waits for the end of its session, and a busy machine must not end it.
        quiet.system.start("worker", "projector", RIC_SESSION_TIMEOUT_S="60")
        await quiet.publish(messages)
        outcome = await quiet.outcome()
        assert quiet.system.alive("worker")
        return outcome

"""One seed for the whole crash suite.

A seed repeats what is sent, what is done to whom and after how long; not the instant that a process or the broker has come to by then,
which is the machine's. What fails with a seed may need some runs to fail again.
"""

import os
import random
from collections.abc import Iterator

import pytest

from tests.crash import beside, guarded
from tests.crash.load import Sent, load

LONG = bool(os.environ.get("TEST_LONG"))
REPORTS = 20_000 if LONG else 1_000
BESIDE = 4
GUARDED = 3
SEED = int(os.environ.get("TEST_SEED") or random.SystemRandom().randrange(2**32))


@pytest.fixture(scope="session", autouse=True)
def _brokers_for_a_minute() -> Iterator[None]:
    """Each broker lives for a minute: compiling its code twice would take longer than running it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
        yield


@pytest.fixture(autouse=True)
def seed() -> int:
    """Named in the environment to run a failure again; printed with every test."""
    print(f"seed {SEED}: run again with TEST_SEED={SEED}")
    return SEED


@pytest.fixture
def messages() -> list[Sent]:
    """What a centre of the suite gets. Made for each test: an act that comes twice keeps the time of its first sending."""
    met = [guarded.delivery(SEED, number) for number in range(GUARDED)]
    return load(SEED, REPORTS, *met, *(beside.everything(number) for number in range(BESIDE)))

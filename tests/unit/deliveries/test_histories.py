"""Whatever comes in whatever order: one controller or an open alarm, and what the model says.

`python -m tests.unit.deliveries.histories` runs a hundred thousand.
"""

from copy import copy
from random import Random, SystemRandom

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.deliveries import histories

COUNT = 200
BEGAN = histories.beginning()


def test_random_histories_break_neither_invariants_nor_model():
    seed = SystemRandom().randrange(10**9)
    print(f"seed {seed}, {COUNT} histories")
    histories.run(seed, COUNT)


def test_histories_that_once_were_searched_stay_whole():
    histories.run(1, 60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.randoms(use_true_random=False), st.booleans())
def test_histories_that_hypothesis_finds_and_shrinks(random: Random, wild: bool):
    histories.History(random, copy(BEGAN), wild=wild).run(12)


def test_histories_come_to_every_state():
    """A search that never leaves the first leg would find nothing."""
    states: set[str] = set()
    legs: set[int] = set()
    for seed in range(80):
        history = histories.History(Random(seed), copy(BEGAN), wild=seed % 4 == 3)
        history.run(40)
        states |= {state for state, _ in history.been}
        legs |= {leg for _, leg in history.been}
    assert set(histories.SENSIBLE) - {"PLANNED"} | {"SPLIT", "ABORTED", "INTERVENED"} <= states
    assert {1, 2, 3} <= legs

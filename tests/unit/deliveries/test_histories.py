"""Whatever comes in whatever order: one controller or an open alarm, and what the model says.

`python -m tests.unit.deliveries.histories` runs a hundred thousand.
"""

from copy import copy
from random import Random, SystemRandom

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.deliveries import histories
from tests.unit.deliveries.invariants import Broken
from tests.unit.deliveries.inventing import HARMFUL, HARMLESS, SENSIBLE

COUNT = 400
BEGAN = histories.begun()


def test_random_histories_break_neither_invariants_nor_model():
    seed = SystemRandom().randrange(10**9)
    print(f"seed {seed}, {COUNT} histories")
    histories.run(seed, COUNT)


def test_histories_that_once_were_searched_stay_whole():
    histories.run(1, 60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_histories_that_hypothesis_finds_and_shrinks(random: Random, wild: bool, substituted: bool):
    histories.History(random, BEGAN[substituted], wild=wild).run(12)


def test_histories_come_to_every_state_and_apply_every_act():
    """A search that never leaves the first leg, or whose merges are all refused, would find nothing."""
    states: set[str] = set()
    legs: set[int] = set()
    applied: set[str] = set()
    crossed_by: set[str] = set()
    for seed in range(160):
        history = histories.History(Random(seed), BEGAN[seed % 2], wild=seed % 4 == 3)
        history.run(40)
        states |= {state for state, _ in history.been}
        legs |= {leg for _, leg in history.been}
        crossed_by |= {cause for cause, kind in history.alarmed if kind == "crossed_unaccepted"}
        applied |= {value["act"]["act"] for _, value, answer in history.done if answer.get("status") == "applied"}
    assert set(SENSIBLE) - {"PLANNED"} | {"SPLIT", "MERGED", "ABORTED", "INTERVENED"} <= states
    assert {1, 2, 3} <= legs
    assert {*HARMLESS, *HARMFUL, "strike_ready"} <= applied
    assert {"crossed", "check_in", "tracked", "fix"} <= crossed_by


def test_what_breaks_names_its_seed_and_the_acts_up_to_there():
    office = copy(BEGAN[0])
    office.snapshots = [office.board | {"version": 1_000_000}]
    with pytest.raises(Broken, match="follows 1000000") as broken:
        histories.play(8, (office, office))
    told = broken.value.__notes__
    assert "seed 8" in told[0]
    assert "'act': 'start'" in told[1]


def test_several_processes_run_all_of_them():
    assert histories.search(1, 60, 10, 2, print) is None

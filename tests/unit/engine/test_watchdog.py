"""When a worker counts as standing still."""

from streams.engine.watchdog import Progress


def test_a_partition_with_work_that_does_not_move_stands_still() -> None:
    progress = Progress[str](patience=2)
    assert [progress.standing_still({"p": (5, end)}) for end in (10, 20, 30)] == [[], [], ["p"]]


def test_a_partition_without_work_does_not() -> None:
    progress = Progress[str](patience=2)
    assert not any(progress.standing_still({"p": (5, 5)}) for _ in range(5))
    assert not progress.standing_still({"p": (5, 9)})


def test_a_slow_partition_does_not() -> None:
    progress = Progress[str](patience=2)
    assert not any(progress.standing_still({"p": (committed, 1000)}) for committed in range(9))


def test_a_partition_of_which_nobody_knows_the_end_is_not_judged_and_the_others_are() -> None:
    progress = Progress[str](patience=2)
    looks = [{"idle": (5, 5), "stalled": (1, 9)}, {"stalled": (1, 9)}, {"stalled": (1, 9)}, {"idle": (5, 5), "stalled": (1, 9)}]
    assert [progress.standing_still(seen) for seen in looks] == [[], [], ["stalled"], ["stalled"]]


def test_what_it_was_told_before_a_partition_was_left_out_is_forgotten() -> None:
    progress = Progress[str](patience=2)
    looks: list[dict[str, tuple[int, int]]] = [{"p": (5, 9)}, {"p": (5, 9)}, {}, {"p": (5, 9)}, {"p": (5, 9)}]
    assert not any(progress.standing_still(seen) for seen in looks)
    assert progress.standing_still({"p": (5, 9)}) == ["p"]

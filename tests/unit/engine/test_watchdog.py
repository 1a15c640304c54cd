"""When a worker counts as standing still."""

from streams.engine.watchdog import Progress


def test_a_partition_with_work_that_does_not_move_stands_still() -> None:
    progress = Progress(patience=2)
    assert [progress.stands_still("p", 5, end) for end in (10, 20, 30)] == [False, False, True]


def test_a_partition_without_work_does_not() -> None:
    progress = Progress(patience=2)
    assert not any(progress.stands_still("p", 5, 5) for _ in range(5))
    assert not progress.stands_still("p", 5, 9)


def test_a_slow_partition_does_not() -> None:
    progress = Progress(patience=2)
    assert not any(progress.stands_still("p", committed, 1000) for committed in range(9))

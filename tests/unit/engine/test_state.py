"""The local store: never in the way, always replaceable."""

import fcntl
from pathlib import Path

import pytest

from streams.engine.state import DELETE_RETENTION_S, LocalStore, Mark, _unusable


def opened(root: Path, identity: str = "cluster/changelog/0") -> LocalStore:
    store = LocalStore(root, identity)
    store.open()
    return store


def test_what_was_applied_is_there_after_reopening(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.empty()
    store.apply([(b"a", b"1"), (b"b", b"2"), (b"", b"empty key")], 10)
    store.apply([(b"a", None)], 12)
    store.close()
    again = opened(tmp_path)
    assert (again.get(b"a"), again.get(b"b"), again.get(b"")) == (None, b"2", b"empty key")
    assert again.mark is not None
    assert again.mark.next_offset == 12
    assert not again.empty()


def test_a_folder_that_another_process_still_holds_is_left_to_it(tmp_path: Path) -> None:
    zombie = opened(tmp_path)
    zombie.apply([(b"a", b"old")], 10)
    successor = opened(tmp_path)
    assert successor.mark is None
    successor.apply([(b"a", b"new")], 20)
    zombie.apply([(b"a", b"older")], 11)
    assert successor.get(b"a") == b"new"
    zombie.close()
    successor.close()
    assert opened(tmp_path).get(b"a") == b"new"


def test_a_lock_that_was_deleted_as_it_was_taken_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path).close()
    take = fcntl.flock

    def deleted_meanwhile(descriptor: int, how: int) -> None:
        monkeypatch.undo()
        (tmp_path / "1.lock").unlink()
        take(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", deleted_meanwhile)
    late = opened(tmp_path)
    late.apply([(b"a", b"late's")], 10)
    other = opened(tmp_path)
    other.apply([(b"a", b"other's")], 10)
    assert (late.get(b"a"), other.get(b"a")) == (b"late's", b"other's")


def test_a_folder_that_is_begun_anew_is_held_on_to(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.apply([(b"a", b"1")], 10)
    store.discard()
    assert store.get(b"a") is None
    store.apply([(b"a", b"2")], 12)
    other = opened(tmp_path)
    assert other.mark is None
    store.close()
    assert opened(tmp_path).get(b"a") == b"2"


def test_state_of_another_cluster_is_discarded(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.apply([(b"a", b"1")], 10)
    store.close()
    other = opened(tmp_path, "other/changelog/0")
    assert other.mark is None
    assert other.get(b"a") is None


def test_a_clock_that_was_set_back_makes_an_old_store_no_newer() -> None:
    mark = Mark(10, 1_000.0 + 2 * DELETE_RETENTION_S)
    assert _unusable(mark, 0, 30, 1_000.0) is not None
    assert _unusable(mark, 0, 11, 1_000.0) is None


def test_damaged_state_is_discarded(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.apply([(b"a", b"1")], 10)
    store.close()
    for file in tmp_path.glob("*/*"):
        file.write_bytes(b"damaged")
    again = opened(tmp_path)
    assert again.mark is None
    assert again.empty()


def test_discarded_state_is_gone(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.apply([(b"a", b"1")], 10)
    store.discard()
    assert store.get(b"a") is None
    assert store.mark is None


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (None, None),
        (Mark(50, 0.0), "older than the changelog keeps"),
        (Mark(50, DELETE_RETENTION_S), None),
        (Mark(100, 0.0), None),
        (Mark(99, 0.0), None),
        (Mark(98, 0.0), "older than the changelog keeps"),
        (Mark(101, DELETE_RETENTION_S), "ahead of the changelog's end 100"),
        (Mark(3, DELETE_RETENTION_S), "before the changelog's start 10"),
    ],
)
def test_local_state_is_used_only_where_the_changelog_can_mend_it(mark: Mark | None, why: str | None) -> None:
    reason = _unusable(mark, begin=10, end=100, now=DELETE_RETENTION_S + 1)
    assert (reason is None) if why is None else why in (reason or "")

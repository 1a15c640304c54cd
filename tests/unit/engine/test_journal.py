"""What a worker remembers of an abnormal end on its machine."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from streams.engine.journal import Attempt, Journal, Refusals, Stood, TooManyRefused


def refuse(refusals: Refusals, times: int, sender: str | None = None) -> None:
    for _ in range(times):
        refusals.refuse(sender)


def attempts(path: Path, number: int, *, waiting: int = 5000) -> list[Attempt]:
    """As many processes one after the other, each of which ends while it decides the batch from offset 70 on."""
    planned = []
    for _ in range(number):
        journal = Journal(path)
        planned.append(journal.plan(70, waiting))
        journal.enter()
        journal.close()
    return planned


def test_a_batch_that_ended_the_process_is_made_smaller_until_one_record_is_left_and_given_up(tmp_path: Path) -> None:
    planned = attempts(tmp_path / "journal", 10)
    assert [attempt.size for attempt in planned] == [4000, 1000, 250, 62, 15, 3, 1, 1, 1, 1]
    assert [attempt.number for attempt in planned[6:]] == [1, 2, 3, 4]
    assert [attempt.hopeless for attempt in planned[6:]] == [False, False, True, True]


def test_what_waits_alone_is_given_up_at_the_third_attempt(tmp_path: Path) -> None:
    assert [attempt.hopeless for attempt in attempts(tmp_path / "journal", 3, waiting=1)] == [False, False, True]


def test_an_end_while_others_decide_or_after_deciding_is_not_the_records_fault(tmp_path: Path) -> None:
    attempts(tmp_path / "journal", 8)
    for _ in range(3):
        journal = Journal(tmp_path / "journal")
        assert journal.plan(70, 5000) == Attempt(1, 3)
        journal.enter()
        journal.leave()
        journal.close()


def test_batches_grow_again_once_they_pass(tmp_path: Path) -> None:
    attempts(tmp_path / "journal", 6)
    journal = Journal(tmp_path / "journal")
    assert journal.plan(70, 5000) == Attempt(1, 1)
    journal.passed()
    assert journal.plan(71, 5000) == Attempt(4, 1)


def test_what_was_attempted_elsewhere_does_not_matter(tmp_path: Path) -> None:
    attempts(tmp_path / "journal", 3)
    assert Journal(tmp_path / "journal").plan(5000, 5000) == Attempt(4000, 1)


def test_a_torn_journal_is_no_attempt(tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b"ric2\x00")
    assert Journal(tmp_path / "journal").plan(70, 5000) == Attempt(4000, 1)


def test_twenty_refusals_in_a_thousand_are_borne_and_one_more_is_not(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path / "refusals.json")
    refuse(refusals, 20)
    with pytest.raises(TooManyRefused):
        refuse(refusals, 1)


def test_old_refusals_are_forgotten(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path / "refusals.json")
    for _ in range(200):
        refusals.passed(60)
        refusals.refuse(None)


def test_one_senders_records_may_be_refused_without_end(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path / "refusals.json")
    for _ in range(500):
        refuse(refusals, 10, "TJ-DCA")
        refusals.refuse(None)
        refusals.refuse("KG-SCNBC")
        refusals.passed(100)


def test_refusals_spread_over_senders_stop_the_app_however_little_the_others_send(tmp_path: Path) -> None:
    refusals = Refusals(tmp_path / "refusals.json")
    for _ in range(20):
        refuse(refusals, 100, "TJ-DCA")
        refuse(refusals, 1, "KG-SCNBC")
    with pytest.raises(TooManyRefused):
        refuse(refusals, 1, "KG-SCNBC")
    many = Refusals(tmp_path / "many.json")
    for number in range(21):
        refuse(many, 1, f"A{number}")
    with pytest.raises(TooManyRefused):
        refuse(many, 1, "A21")


def refuse_each(refusals: Refusals, senders: Iterable[str | None]) -> None:
    for sender in senders:
        refusals.refuse(sender)


def stopped(path: Path, *senders: str | None) -> None:
    """A process that these senders' records, refused in turn, stop."""
    with pytest.raises(TooManyRefused):
        refuse_each(Refusals(path), senders * 100)


@pytest.mark.parametrize("senders", [(None,), ("TJ-DCA", "KG-SCNBC")])
def test_a_stop_for_refusals_is_remembered_so_that_restarts_do_not_drain_the_topic(tmp_path: Path, senders: tuple[str | None, ...]) -> None:
    path = tmp_path / "app" / "refusals.json"
    stopped(path, *senders)
    for _ in range(2):
        # One that ends for another reason remembers no less.
        Refusals(path)
        with pytest.raises(TooManyRefused):
            refuse_each(Refusals(path), senders)


def test_after_a_stop_one_of_the_senders_alone_does_not_stop_the_release_that_can_read_the_other(tmp_path: Path) -> None:
    stopped(tmp_path / "refusals.json", "TJ-DCA", "KG-SCNBC")
    refuse(Refusals(tmp_path / "refusals.json"), 100, "TJ-DCA")


def test_a_release_that_can_read_them_is_not_held_back(tmp_path: Path) -> None:
    path = tmp_path / "refusals.json"
    stopped(path, None)
    mended = Refusals(path)
    mended.passed(1000)
    assert not path.exists()
    mended.refuse(None)


def test_what_is_remembered_and_torn_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "refusals.json").write_text('{"TJ-D')
    refuse(Refusals(tmp_path / "refusals.json"), 20)


def test_three_records_that_had_to_be_given_up_stop_the_app_over_all_the_ends_between(tmp_path: Path) -> None:
    path = tmp_path / "refusals.json"
    for _ in range(2):
        refusals = Refusals(path)
        refusals.passed(10)
        refusals.refuse(None)
        refusals.give_up(None)
        Refusals(path).passed(10)
    third = Refusals(path)
    third.refuse(None)
    with pytest.raises(TooManyRefused):
        third.give_up(None)


def test_a_partition_that_stands_where_it_stood_before_the_process_ended_is_known(tmp_path: Path) -> None:
    path = tmp_path / "app" / "stood.json"
    assert not Stood(path).again("live.in/0", 5, 1_000.0)
    assert not Stood(path).again("live.in/1", 5, 1_000.0)
    assert Stood(path).again("live.in/0", 5, 1_200.0)
    assert not Stood(path).again("live.in/0", 6, 1_200.0)
    path.write_text("torn")
    assert not Stood(path).again("live.in/1", 5, 1_200.0)


def test_a_stand_of_long_ago_is_none_of_now(tmp_path: Path) -> None:
    path = tmp_path / "app" / "stood.json"
    assert not Stood(path).again("live.in/0", 5, 1_000.0)
    assert not Stood(path).again("live.in/0", 5, 1_000.0 + 3_601)
    assert Stood(path).again("live.in/0", 5, 1_000.0 + 3_700)
    path.write_text('{"live.in/0": 5}')
    assert not Stood(path).again("live.in/0", 5, 5_000.0), "of an earlier release, without a time"

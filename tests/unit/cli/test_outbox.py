"""The outbox: what is stored stays until it is answered for, in order, whatever ends in between."""

import json
import stat
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.failures import Failure
from streams.cli.outbox import BATCH_REPORTS, Outbox
from streams.cli.posting import retry_after
from streams.cli.publishing import check, split_reports
from tests.examples import SEIZURE

HERE, THERE = "https://here.example", "https://there.example"


def bodies(count, start=0):
    return [f'{{"report_id":"N-{number}"}}'.encode() for number in range(start, start + count)]


@pytest.fixture
def box(tmp_path):
    with Outbox(tmp_path / "data" / "outbox.db") as found:
        yield found


def accept(batch):
    return [{"status": "pending", "id": f"r{number}"} for number in batch.numbers]


def test_batches_go_in_order_and_only_to_their_own_centre(box):
    box.store(HERE, bodies(BATCH_REPORTS + 5))
    box.store(THERE, bodies(1, 9000))
    first = box.next_batch(HERE)
    assert first.bodies == tuple(bodies(BATCH_REPORTS))
    box.settle(HERE, first, accept(first))
    assert box.next_batch(HERE).bodies == tuple(bodies(5, BATCH_REPORTS))
    assert box.waiting() == {HERE: 5, THERE: 1}


def test_a_batch_that_was_not_answered_is_the_same_next_time_with_the_same_key(box, tmp_path):
    box.store(HERE, bodies(3))
    begun = box.next_batch(HERE)
    box.store(HERE, bodies(2, 10))
    with Outbox(tmp_path / "data" / "outbox.db") as reopened:
        assert reopened.next_batch(HERE) == begun


def test_receipts_and_refusals_are_kept_apart(box):
    numbers = box.store(HERE, bodies(2))
    batch = box.next_batch(HERE)
    problems = [{"field": "occurred", "reason": "Field required", "mend": "add it"}]
    box.settle(HERE, batch, [{"status": "accepted", "id": "a"}, {"status": "rejected", "id": "b", "problems": problems}])
    assert box.waiting() == {}
    assert [receipt["id"] for receipt in box.receipts(HERE, numbers)] == ["a", "b"]
    (refused,) = box.refused(HERE)
    assert (refused.body, refused.problems) == (bodies(2)[1], tuple(problems))
    assert box.refused(THERE) == []
    assert box.forget_refused(HERE) == 1
    assert box.refused() == []


def test_settling_twice_changes_nothing(box):
    box.store(HERE, bodies(1))
    batch = box.next_batch(HERE)
    for _ in range(2):
        box.settle(HERE, batch, [{"status": "rejected", "problems": []}])
    assert len(box.refused()) == 1


def test_a_full_outbox_says_so_and_stores_nothing_of_the_call(tmp_path):
    with Outbox(tmp_path / "o.db", most_bytes=100) as box:
        box.store(HERE, bodies(3))
        with pytest.raises(Failure, match="full"):
            box.store(HERE, bodies(5))
        assert box.waiting() == {HERE: 3}


def test_the_file_is_for_this_user_alone(box, tmp_path):
    box.store(HERE, bodies(1))
    for path in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_one_sender_at_a_time_and_a_dead_one_does_not_block(tmp_path):
    path = tmp_path / "o.db"
    code = (
        "import os,sys,pathlib; from streams.cli.outbox import Outbox; box = Outbox(pathlib.Path(sys.argv[1]))\n"
        "with box.sending() as alone:\n    print(alone, flush=True); sys.stdin.readline(); os.kill(os.getpid(), 9)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "True\n"
        with Outbox(path) as box, box.sending() as alone:
            assert not alone
        other.communicate("\n")
        with Outbox(path) as box, box.sending() as alone:
            assert alone


def test_two_processes_store_at_once(tmp_path):
    code = (
        "import sys,pathlib; from streams.cli.outbox import Outbox; box = Outbox(pathlib.Path(sys.argv[1]))\n"
        "for n in range(50): box.store('x', [sys.argv[2].encode()])"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "o.db"), str(number)]) for number in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    with Outbox(tmp_path / "o.db") as box:
        assert box.waiting() == {"x": 150}


NUMBER = st.decimals(allow_nan=False, allow_infinity=False, places=2)


@given(st.lists(st.fixed_dictionaries({"a": st.text(max_size=20), "n": NUMBER}), min_size=1))
def test_reports_are_split_with_their_numbers_as_written(items):
    texts = [f'{{"a": {json.dumps(item["a"], ensure_ascii=False)},\n "n": {item["n"]:f}}}' for item in items]
    lines = [text.replace("\n", " ").encode() for text in texts]
    assert split_reports(("[" + ",\n".join(texts) + "]").encode()) == lines
    assert split_reports(b"\n\n".join(lines) + b"\n") == lines
    # The centre would take a carriage return between two tokens for the end of a report, and its receipts would not match.
    assert split_reports(b'{"a":1,\r"b":2}\n{"a":3}\r\n') == [b'{"a":1, "b":2}', b'{"a":3}']


@pytest.mark.parametrize("data", [b"", b"  ", b"{", b'{"a":1}\n{"b"', b"[1,", b"\xff\xfe", b"name;date\nx;y", b"[" * 100_000])
def test_input_that_is_no_json_is_refused_whole_with_a_mend(data):
    with pytest.raises(Failure) as caught:
        split_reports(data)
    assert caught.value.mend


def test_a_wrong_report_is_found_without_a_connection():
    assert check(json.dumps(SEIZURE).encode()) == []
    (problem,) = check(json.dumps({**SEIZURE, "narative": "x"}).encode())
    assert problem["field"] == "narative"


@pytest.mark.parametrize(("value", "seconds"), [("7", 7), ("-3", 0), (None, None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)])
def test_retry_after(value, seconds):
    assert retry_after(value) == seconds

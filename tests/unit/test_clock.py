"""What waits in the clock, in what order it is taken, and who keeps it."""

import orjson
import pytest
from aiokafka.cluster import ClusterMetadata
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Due
from streams.clock import Agenda, OneOwner, Timer


def asked(due: str = "2026-11-22T00:00:10.000Z", **more: str) -> bytes:
    value = {"timer": "2f3c2b1e-6f4e-5f3e-8a39-1b1c2d3e4f50", "inbox": "reports.enriched", "key": "TJ-DCA/1", "name": "freed", "due": due}
    return orjson.dumps(value | more)


def timer(due: int, number: int = 0) -> Timer:
    return Timer(str(number).encode(), due, "reports.enriched", b"k", b"{}")


def test_a_timer_s_record_is_what_the_inbox_publishes():
    found = Timer.of(b"id", asked())
    assert (found.due, found.inbox, found.key) == (1_795_305_610_000, "reports.enriched", b"TJ-DCA/1")
    assert Due.model_validate_json(found.value).name == "freed"


def test_the_deliveries_inbox_takes_timers_too():
    assert Timer.of(b"id", asked(inbox="deliveries.inbox")).inbox == "deliveries.inbox"


@pytest.mark.parametrize(
    "value", [b"", b"[]", b"{}", asked(due="soon"), asked(inbox="feed"), asked(inbox="timers"), asked(inbox="nowhere")]
)
def test_what_is_no_timer_is_named_as_such(value):
    with pytest.raises(ValueError, match=r".+"):
        Timer.of(b"id", value)


def test_what_is_called_off_is_not_taken_and_what_is_taken_is_taken_once():
    agenda = Agenda()
    for number, due in enumerate((30, 10, 20)):
        agenda.put(timer(due, number))
    agenda.drop(b"1")
    assert agenda.soonest() == 20
    assert [found.due for found in agenda.take(25, 10)] == [20]
    assert agenda.take(25, 10) == []
    assert [found.due for found in agenda.take(30, 10)] == [30]
    assert agenda.soonest() is None


moves = st.tuples(st.sampled_from(["put", "drop", "take", "return"]), st.integers(0, 7), st.integers(0, 40))


@settings(max_examples=300, deadline=None)
@given(st.lists(moves, max_size=40))
def test_the_agenda_is_a_sorted_list_of_what_waits(history):
    agenda, plain, out = Agenda(), dict[bytes, Timer](), list[Timer]()
    for act, number, value in history:
        if act == "put":
            fresh = timer(number * 5, number)  # an id stands for one instant
            agenda.put(fresh)
            plain.setdefault(fresh.id, fresh)
        elif act == "drop":
            agenda.drop(str(number).encode())
            plain.pop(str(number).encode(), None)
        elif act == "return":
            for taken in out:
                agenda.put(taken)
                plain.setdefault(taken.id, taken)
            out = []
        else:
            out = agenda.take(value, 3)
            assert out == sorted((found for found in plain.values() if found.due <= value), key=lambda found: found.due)[:3]
            for taken in out:
                del plain[taken.id]
        assert agenda.soonest() == min((found.due for found in plain.values()), default=None)


@pytest.mark.parametrize("members", [["b", "a", "c"], ["c"]])
def test_one_member_has_every_partition(members):
    class Cluster(ClusterMetadata):
        def partitions_for_topic(self, topic: str) -> set[int]:
            return {2, 0, 1}

    told = {member: OneOwner.metadata(["live.timers"]) for member in members}
    shares = {member: share.assignment for member, share in OneOwner.assign(Cluster(), told).items()}
    assert [share for share in shares.values() if share] == [[("live.timers", [0, 1, 2])]]
    assert set(shares) == set(members)

"""Rate and p99 from what workers say."""

import pytest
from aiokafka import TopicPartition
from prometheus_client import generate_latest

from streams.engine.metrics import Metrics
from streams.metrics import Exposition, Standing
from streams.operations.flow import channel_of
from streams.operations.scraping import local_urls, pace, quantile, read, reading

SOURCE = TopicPartition("live.sightings", 0)


class Worker:
    """What one worker would answer."""

    def __init__(self, *, lag: int = 0) -> None:
        self.exposition = Exposition()
        self.metrics = Metrics(self.exposition, "live.links")
        self.exposition.watch("live.links", lambda: [Standing("live.sightings", 0, lag, oldest_at=1 if lag else None)])

    def batch(self, read: int, seconds: float) -> None:
        self.metrics.batch(SOURCE, read=read, sent={}, refused=0, decide_s=seconds, commit_s=0)

    def says(self) -> str:
        return generate_latest(self.exposition.registry).decode()


def test_rate_and_p99_are_those_between_two_readings_of_all_workers():
    one, two = Worker(lag=3), Worker()
    one.batch(10_000, 9.0)
    before = reading([one.says(), two.says()], at=100.0)
    for _ in range(10):
        one.batch(10, 0.004)
    two.batch(20, 0.004)
    after = reading([one.says(), two.says()], at=110.0)
    found = pace(before, after, "live.links")
    assert found is not None
    assert found.rate == 12.0
    # All eleven lie between 2.5 and 5 ms; the slow one was before.
    assert found.p99_ms == pytest.approx(2.5 + 2.5 * 0.99)
    assert found.delay_s is not None
    assert found.delay_s > 1e6
    assert after.lag == {"live.links": {"live.sightings": 3}}
    assert pace(before, after, "live.intake") is None


def test_it_is_known_which_app_is_parked_in_any_process():
    one, two = Worker(), Worker()
    two.metrics.parked("more than 20 records were refused")
    assert reading([one.says(), two.says()], at=1.0).parked == {"live.links": 1}
    one.metrics.parked(None)
    assert reading([one.says()], at=1.0).parked == {"live.links": 0}


def test_it_is_known_which_partitions_of_an_app_that_goes_on_are_parked():
    worker = Worker()
    lost, at_work = Standing("live.sightings", 3, None, parked="records 1 to 2 were deleted"), Standing("live.sightings", 0, 0, begun=True)
    worker.exposition.watch("live.links", lambda: [lost, at_work])
    assert reading([worker.says()], at=1.0).parked_partitions == {"live.links": ["live.sightings/3"]}


def test_a_group_at_rest_has_a_rate_of_none_and_no_p99():
    worker = Worker()
    worker.batch(5, 0.001)
    found = pace(reading([worker.says()], 1.0), reading([worker.says()], 4.0), "live.links")
    assert found is not None
    assert (found.rate, found.p99_ms, found.delay_s) == (0.0, None, 0.0)


def test_a_worker_started_anew_between_readings_gives_no_rate():
    old = Worker()
    old.batch(5, 0.001)
    assert pace(reading([old.says()], 1.0), reading([Worker().says()], 4.0), "live.links") is None


def test_the_quantile_is_linear_within_its_bucket():
    buckets = {0.1: 10.0, 0.2: 20.0, float("inf"): 20.0}
    assert quantile(buckets, 0.5) == pytest.approx(0.1)
    assert quantile(buckets, 0.75) == pytest.approx(0.15)
    assert quantile({0.1: 0.0, float("inf"): 4.0}, 0.99) == 0.1
    assert quantile({}, 0.5) is None
    assert quantile({0.1: 0.0, float("inf"): 0.0}, 0.5) is None


async def test_who_does_not_answer_and_what_is_no_metrics_is_left_out(tmp_path):
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "worker").write_text("1\n")
    (tmp_path / "metrics" / "torn").write_text("")
    assert local_urls(tmp_path) == ["http://127.0.0.1:1/metrics"]
    assert (await read(local_urls(tmp_path))).answered == 0
    assert reading(["<html>a page", Worker().says()], 1.0).answered == 1


def test_a_topic_belongs_to_a_channel_of_the_space():
    channels = ("reports.enriched", "inbound.{agency}")
    assert channel_of("live.reports.enriched", "live", channels) == "reports.enriched"
    assert channel_of("live.inbound.TJ-DCA", "live", channels) == "inbound.{agency}"
    assert channel_of("live.receipts", "live", channels) is None
    assert channel_of("exercise.reports.enriched", "live", channels) is None

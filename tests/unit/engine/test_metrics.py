"""What Prometheus reads from a worker."""

import asyncio
import json
import time
import urllib.error
import urllib.request

from aiokafka import TopicPartition
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from streams.engine.metrics import Metrics
from streams.local.process import free_port
from streams.metrics import Exposition, Standing
from streams.settings import Settings
from streams.store.projector import run

SOURCE = TopicPartition("live.seizures", 2)


def values(exposition: Exposition) -> dict[tuple[str, str], float]:
    """Each sample by its name and the topic that it speaks of."""
    families = text_string_to_metric_families(generate_latest(exposition.registry).decode())
    return {
        (sample.name, sample.labels.get("messaging_destination_name", "")): sample.value for family in families for sample in family.samples
    }


def test_a_batch_is_counted_under_the_conventions_names():
    exposition = Exposition()
    metrics = Metrics(exposition, "live.intake")
    sent = {("live.reports.enriched", 0): [1, 2], ("live.reports.enriched", 1): [3], ("live.reports.rejected", 2): [4]}
    metrics.batch(SOURCE, read=4, sent=sent, refused=1, decide_s=0.002, commit_s=0.004)
    metrics.batch(SOURCE, read=1, sent={}, refused=0, decide_s=0.002, commit_s=0.004)
    metrics.restored(SOURCE, 7)
    found = values(exposition)
    assert found["messaging_client_consumed_messages_total", "live.seizures"] == 5
    assert found["messaging_client_sent_messages_total", "live.reports.enriched"] == 3
    assert found["messaging_client_sent_messages_total", "live.reports.rejected"] == 1
    assert found["ric_refused_messages_total", "live.seizures"] == 1
    assert found["ric_state_restored_records_total", "live.seizures"] == 7
    assert found["messaging_process_duration_seconds_count", "live.seizures"] == 2
    assert abs(found["messaging_process_duration_seconds_sum", "live.seizures"] - 0.012) < 1e-9
    assert abs(found["messaging_client_operation_duration_seconds_sum", "live.seizures"] - 0.008) < 1e-9
    assert found["process_resident_memory_bytes", ""] > 0


def test_lag_and_delay_are_those_of_the_moment_and_of_partitions_that_are_ours():
    exposition = Exposition()
    now = time.time()
    ours = [
        Standing("behind", 0, 30, oldest_at=int(now * 1000) - 90_000, committed_at=now - 60),
        Standing("idle", 0, 0),
        Standing("unknown", 0, None),
        Standing("unfetched", 0, 5),
    ]
    exposition.watch("live.intake", lambda: ours)
    found = values(exposition)
    assert {name: found.get(("ric_consumer_lag_messages", name)) for name in ("behind", "idle", "unknown", "unfetched")} == {
        "behind": 30,
        "idle": 0,
        "unknown": None,
        "unfetched": 5,
    }
    assert 90 <= found["ric_consumer_delay_seconds", "behind"] < 1000
    assert found["ric_consumer_delay_seconds", "idle"] == 0
    assert ("ric_consumer_delay_seconds", "unfetched") not in found
    assert found["ric_last_commit_timestamp_seconds", "behind"] == now - 60
    ours.clear()
    assert ("ric_consumer_lag_messages", "behind") not in values(exposition)


def test_it_is_served_on_a_port_and_a_port_that_is_taken_stops_nothing(caplog):
    port = free_port()
    Exposition().serve("127.0.0.1", port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert b"process_resident_memory_bytes" in answer.read()
    Exposition().serve("127.0.0.1", port)
    assert f"port {port}" in caplog.text
    assert "RIC_METRICS_PORT" in caplog.text


def test_who_asks_whether_it_is_ready_hears_what_is_parked_and_who_asks_whether_it_lives_does_not():
    exposition, port = Exposition(), free_port()
    exposition.serve("127.0.0.1", port)
    intake, links = Metrics(exposition, "live.intake"), Metrics(exposition, "live.links")
    at_work, reading = Standing("live.seizures", 0, 0, begun=True), Standing("live.seizures", 1, None, begun=False)
    lost = Standing("live.seizures", 1, None, parked="live.seizures/1: records 10 to 24 were deleted")

    def ready() -> tuple[int, dict[str, str]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as alive:
            assert alive.status == 200
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    assert ready() == (503, {}), "where nothing is known yet, nothing has begun"
    for metrics in (intake, links):
        metrics.parked(None)
    exposition.watch("live.links", tuple)
    assert ready() == (503, {"live.intake": "waiting for its group", "live.links": "ok"})
    exposition.watch("live.intake", lambda: [at_work, reading])
    assert ready() == (503, {"live.intake": "work has not begun: live.seizures/1", "live.links": "ok"})
    exposition.watch("live.intake", lambda: [at_work])
    assert ready() == (200, {"live.intake": "ok", "live.links": "ok"})
    exposition.watch("live.intake", lambda: [at_work, Standing("live.seizures", 3, 0, begun=True, readable=False)])
    silent = "the broker does not say where it ends (has it a leader?): live.seizures/3"
    assert ready() == (503, {"live.intake": silent, "live.links": "ok"})
    # A rebalance that hangs: nobody knows yet what this process will have.
    exposition.leave("live.intake")
    assert ready() == (503, {"live.intake": "waiting for its group", "live.links": "ok"})
    exposition.watch("live.intake", lambda: [at_work])
    assert ready() == (200, {"live.intake": "ok", "live.links": "ok"})
    links.parked("more than 20 records were refused")
    exposition.watch("live.intake", lambda: [at_work, lost])
    assert ready() == (
        503,
        {
            "live.intake": "parked: live.seizures/1: records 10 to 24 were deleted",
            "live.links": "parked: more than 20 records were refused",
        },
    )


def test_a_projector_without_its_database_is_not_ready_and_says_why():
    async def without(exposition: Exposition) -> dict[str, str]:
        database = f"postgresql://ric@127.0.0.1:{free_port()}/ric"
        chosen = Settings(database_url=database, kafka_bootstrap_servers="127.0.0.1:9", trusted_network=True)
        working = asyncio.create_task(run(chosen, exposition))
        try:
            async with asyncio.timeout(60):
                while "the database does not answer" not in (said := exposition.readiness()).get("live.projector", ""):
                    assert said.get("live.projector") != "ok"
                    await asyncio.sleep(0.01)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        return said

    assert asyncio.run(without(Exposition())).keys() == {"live.projector"}

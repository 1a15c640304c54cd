"""`ric topology` on a real broker and database: what waits, what was refused, and who works on it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from streams.cli.failures import Exit
from streams.kafka import kafka_client_kwargs
from streams.local.process import free_port
from streams.operations.flow import steps
from tests.examples import SEIZURE
from tests.system import PATIENT_S, System, ending, wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def system(kafka: str, postgres_url: str, space: str, tmp_path: Path) -> Iterator[System]:
    with ending(System(kafka, postgres_url, space, tmp_path, partitions=2)) as made:
        yield made


def ric(system: System, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "",
        "PYTHONWARNINGS": "error",
        "RIC_SPACE": system.space,
        "RIC_DATA_DIR": str(system.data_dir),
        "RIC_KAFKA_BOOTSTRAP_SERVERS": system.kafka,
        "RIC_DATABASE_URL": system.database,
    }
    command = [sys.executable, "-m", "streams.cli.main", "topology", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False, timeout=PATIENT_S)


def apps(system: System, *words: str) -> dict[str, dict[str, Any]]:
    return {app["app"]: app for app in json.loads(ric(system, "--json", *words).stdout)["apps"]}


async def spoil(system: System, *channels: str) -> None:
    """A record in each that no stage can read."""
    async with AIOKafkaProducer(**kafka_client_kwargs(system.settings)) as producer:
        for channel in channels:
            await producer.send_and_wait(f"{system.space}.{channel}", key=b"k", value=None if channel == "deliveries.matches" else b"{")


async def test_the_flow_shows_what_waits_and_then_what_was_done(system: System) -> None:
    done = await asyncio.to_thread(ric, system)
    assert done.returncode == Exit.REFUSED
    assert f"space {system.space} has no topic for" in done.stderr
    assert "ric topics apply" in done.stderr
    await system.install()
    system.start("gateway")
    await asyncio.to_thread(system.wait_ready)
    reports = [{**SEIZURE, "report_id": f"T-{number}"} for number in range(20)]
    await asyncio.to_thread(system.publish, [*reports, {**SEIZURE, "report_id": "T-bad", "narative": "x"}], agency="TJ-DCA")
    await spoil(system, "directory.inbox", "deliveries.matches")

    # Nobody works: Kafka alone says what waits.
    done = await asyncio.to_thread(ric, system)
    assert done.returncode == Exit.REFUSED
    assert "nobody runs intake, reports, links" in done.stderr
    assert "\x1b" not in done.stdout
    header, *lines = [line.split("\t") for line in done.stdout.splitlines()]
    intake = dict(zip(header, lines[0], strict=True))
    assert intake["app"] == "intake"
    assert "seizures (21)" in intake["reads (lag)"]
    assert (intake["lag"], intake["per s"], intake["workers"]) == ("21", "", "0")
    assert "reports.enriched" in intake["writes"]

    ports = {"worker": free_port(), "projector": free_port(), "clock": free_port()}
    for name, port in ports.items():
        system.environment["RIC_METRICS_PORT"] = str(port)
        system.start(name)
    urls = [word for port in ports.values() for word in ("--metrics", f"http://127.0.0.1:{port}/metrics")]

    def settled() -> dict[str, dict[str, Any]] | None:
        found = apps(system, *urls)
        measured = found["projector"]["rate"] is not None and found["clock"]["timers"] is not None
        at_rest = measured and all(app["lag"] == 0 and app["delay_s"] == 0 for app in found.values())
        return found if at_rest and len(system.rows("SELECT 1 FROM receipts")) == 21 else None

    found = await asyncio.to_thread(wait_until, settled, "all is done and at rest", 120)
    everybody = [*(step.app for step in steps()), "clock"]
    assert {name: app["workers"] for name, app in found.items()} == {**dict.fromkeys(everybody, 1), "projector": None}
    letters = {**dict.fromkeys(everybody, 0), "intake": 1, "directory": 1, "guard": 1, "clock": None, "projector": None}
    assert {name: app["dead_letters_24h"] for name, app in found.items()} == letters
    assert (await asyncio.to_thread(ric, system)).returncode == Exit.DONE


async def test_an_app_whose_stage_fails_is_named_and_reports_still_come_in(system: System) -> None:
    await system.install()
    port = free_port()
    system.start("gateway", "projector")
    system.start("worker", RIC_METRICS_PORT=str(port))
    await asyncio.to_thread(system.wait_ready)
    await spoil(system, *["sightings"] * 21)
    await asyncio.to_thread(wait_until, lambda: f"{system.space}.links is parked" in system.log("worker").read_text(), "links is parked")
    await asyncio.to_thread(system.publish, [{**SEIZURE, "report_id": f"T-{number}"} for number in range(5)], agency="TJ-DCA")
    await asyncio.to_thread(wait_until, lambda: system.rows("SELECT status FROM receipts") == [("accepted",)] * 5, "reports come in")
    url = f"http://127.0.0.1:{port}/metrics"
    done = await asyncio.to_thread(ric, system, "--json", "--metrics", url)
    found = json.loads(done.stdout)
    assert (found["parked"], found["parked_partitions"]) == (["links"], [])
    assert {app["app"]: app["lag"] for app in found["apps"]}["links"] >= 21
    assert done.returncode == Exit.REFUSED
    assert "parked: links: " in (await asyncio.to_thread(ric, system, "--metrics", url)).stderr

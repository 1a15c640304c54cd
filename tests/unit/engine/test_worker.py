"""Which apps a worker runs, and that it runs all of them or none."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from schemas.channels import Channel
from streams.engine.effects import App, Stage
from streams.engine.worker import build
from streams.kafka import UnsafeKafkaConnection
from streams.settings import Settings

CHANNELS = {name: Channel(name, "", "", "", ("worker",), ("worker",)) for name in ("a", "b", "c")}


def nothing(*_: Any) -> tuple[()]:
    return ()


APPS = tuple(App(name, (Stage(name, (name,), nothing, nothing),), writes=()) for name in CHANNELS)


def test_an_app_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="RIC_APPS names intakes: there are a, b, c"):
        build(Settings(apps=("intakes", "a"), kafka_bootstrap_servers="127.0.0.1:1", data_dir=tmp_path), APPS, CHANNELS)


def test_an_unsafe_connection_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UnsafeKafkaConnection):
        build(Settings(kafka_bootstrap_servers="kafka-1:9092", data_dir=tmp_path), APPS, CHANNELS)


BROKEN_START = """
import sys
from pathlib import Path
from streams.engine.worker import Worker, build
from streams.settings import Settings
from tests.unit.engine.test_worker import APPS, CHANNELS

async def start(self):
    raise RuntimeError("one of the apps has no loop")

app = build(Settings(kafka_bootstrap_servers="127.0.0.1:1", data_dir=Path(sys.argv[1])), APPS, CHANNELS)
type(app).start = start
Worker(app, loglevel="info").execute_from_commandline()
"""


def test_a_worker_whose_app_does_not_start_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN_START, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 70, done.stderr
    assert "the worker cannot start: RuntimeError: one of the apps has no loop" in done.stdout + done.stderr

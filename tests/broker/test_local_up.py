"""`ric up` as its user meets it: it comes up, stops when told, leaves nothing behind, and finds everything again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from streams.local.process import LEASH
from tests.system import PATIENT_S, wait_until

READY = "dashboard, signs in once: "


@contextmanager
def _up(data_dir: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running `ric up`, and its sign-in link."""
    servers = {"RIC_KAFKA_BOOTSTRAP_SERVERS", "RIC_DATABASE_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in servers} | {"RIC_DATA_DIR": str(data_dir)}
    # It ends with the tests, whatever ends them.
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(signal.SIGTERM)), "-"]
    command = [*leash, sys.executable, "-m", "streams.cli.main", "up", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = []
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line)
                told = json.loads(line) if "--json" in options else {"message": line.strip()}
                if told["message"].startswith(READY):
                    yield process, told.get("url") or told["message"].removeprefix(READY)
                    break
            else:
                raise AssertionError("ric up ended before it was ready:\n" + "".join(said))
        finally:
            process.kill()


def _family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def _workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    found = []
    for child in _family(process):
        # One that ends meanwhile is none.
        with suppress(psutil.NoSuchProcess):
            if "faust" in child.cmdline():
                found.append(child)
    return found


def _left(family: list[psutil.Process]) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(family, timeout=PATIENT_S)
    return [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_it_comes_up_stops_when_told_and_comes_up_again_with_nothing_left_between(tmp_path: Path) -> None:
    with _up(tmp_path) as (process, link):
        family = _family(process)
        assert len(family) >= 6  # Kafka, PostgreSQL, worker, projector, clock, gateway
        with httpx.Client() as browser:
            assert browser.get(link.partition("/sign-in")[0] + "/v1/me").status_code == 401
            assert browser.get(link, follow_redirects=True).status_code == 200
            assert browser.get(link.partition("/sign-in")[0] + "/v1/me").json()["role"] == "coordinator"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0
        assert _left(family) == []
    with _up(tmp_path, "--json") as (process, again):
        assert again.partition("?")[0] == link.partition("?")[0]  # the same port: a browser stays signed in
        family = _family(process)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert _left(family) == []


@pytest.mark.parametrize(
    ("servers", "mend"),
    [
        (("kafka-1:9092", "postgresql://ric:hidden@127.0.0.1/ric"), "RIC_KAFKA_SECURITY_PROTOCOL"),
        (("127.0.0.1:9092", "postgresql://ric:hidden@db.example/ric"), "sslmode=verify-full"),
    ],
)
def test_servers_that_it_must_not_talk_to_end_it_with_the_setting_that_mends_it(
    tmp_path: Path, servers: tuple[str, str], mend: str
) -> None:
    named = dict(zip(("RIC_KAFKA_BOOTSTRAP_SERVERS", "RIC_DATABASE_URL"), servers, strict=True))
    environment = {**os.environ, **named, "RIC_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "streams.cli.main", "up"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode != 0
    assert mend in done.stdout.replace("\n", "")
    assert not any(never in done.stdout for never in ("Traceback", "hidden"))


def test_a_worker_that_is_killed_is_started_again(tmp_path: Path) -> None:
    with _up(tmp_path) as (process, _):
        [worker] = _workers(process)
        worker.kill()
        assert process.stdout is not None
        line = next(line for line in process.stdout if "worker" in line)
        assert "SIGKILL" in line
        again = wait_until(lambda: [each for each in _workers(process) if each.pid != worker.pid], "a worker of another pid")
        assert len(again) == 1
        assert not worker.is_running()
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0

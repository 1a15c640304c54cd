"""`ric positions`: an AIS receiver on one side, a bad line to the centre on the other: what was heard is neither lost nor doubled.

The receiver is a socket that says NMEA sentences, the line a server that does what networks do. What arrived is given to the real stage.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pyais.encode import encode_dict

from streams.cli.failures import Exit
from streams.cli.outbox import Outbox
from tests.system import PATIENT_S, wait_until
from tests.unit.deliveries.office import START
from tests.unit.positions.tracking import Tracked

ROOT = Path(__file__).parents[2]
MMSI, STRANGER, CREDENTIAL = "436000123", "367380120", "sealed-credential-of-one-ship"
Fix = dict[str, Any]
Start = Callable[[str], subprocess.Popen[str]]


class Line:
    """The centre behind a line. `faults`, one a call: `cut` (not taken in), `drop` (taken in, the answer lost), `hold`, or a status."""

    def __init__(self) -> None:
        self.calls: list[list[Fix]] = []
        self.faults: list[str | int] = []
        self.tried = 0
        self.held, self.go_on = threading.Event(), threading.Event()
        line = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert self.headers["Authorization"] == f"Bearer {CREDENTIAL}"
                self.answer(200, {"kind": "ais", "device": MMSI})

            def do_POST(self) -> None:
                assert self.headers["Authorization"] == f"Bearer {CREDENTIAL}"
                fixes = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                line.tried += 1
                fault = line.faults.pop(0) if line.faults else "ok"
                if isinstance(fault, int):
                    self.answer(fault, {"detail": "not now"})
                    return
                if fault != "cut":
                    line.calls.append(fixes)
                if fault == "hold":
                    line.held.set()
                    line.go_on.wait(60)
                if fault == "ok":
                    self.answer(202, {"taken": len(fixes), "refused": []})
                else:
                    self.connection.close()

            def answer(self, status: int, body: Any) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # a client that was killed, or a connection that we cut

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def arrived(self) -> set[str]:
        return {fix["at"] for fixes in self.calls for fix in fixes}

    def stop(self) -> None:
        self.go_on.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Receiver:
    """An AIS receiver on a port: whoever calls hears what is said from then on."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.source = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.said = 0

    def heard_by(self) -> socket.socket:
        self.socket.settimeout(PATIENT_S)
        return self.socket.accept()[0]

    def say(self, listener: socket.socket, count: int) -> None:
        """So many positions of the ship, a minute apart, each after one of another ship."""
        for minute in range(self.said, self.said + count):
            listener.sendall(sentence(minute, STRANGER) + sentence(minute))
        self.said += count


def sentence(minute: int, mmsi: str = MMSI) -> bytes:
    tag = f"s:rx1,c:{int((START + timedelta(minutes=minute)).timestamp())}"
    check = 0
    for byte in tag.encode():
        check ^= byte
    values = {"type": 1, "mmsi": mmsi, "lat": 38.5 + minute / 500, "lon": 68.7, "speed": 8.0, "course": 0.0, "accuracy": 1, "second": 0}
    return f"\\{tag}*{check:02X}\\{encode_dict(values, talker_id='AI', sentence_type='VDM')[0]}\r\n".encode()


def at(minute: int) -> str:
    return (START + timedelta(minutes=minute)).isoformat()


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.socket.close()


@pytest.fixture
def ric(line: Line, tmp_path: Path) -> Iterator[Start]:
    """Starts `ric positions` with this source; what still runs at the end is killed."""
    credentials = tmp_path / "ships.txt"
    credentials.write_text(f"{CREDENTIAL}\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RIC_")}
    environment |= {"RIC_DATA_DIR": str(tmp_path / "data"), "RIC_URL": line.url, "PYTHONWARNINGS": "error"}
    running: list[subprocess.Popen[str]] = []

    def start(source: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "streams.cli.main", "positions", "--ais", source, "--device", str(credentials), "--json"]
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(command, text=True, env=environment, cwd=ROOT, **pipes))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def stored(folder: Path) -> int:
    path = folder / "data" / "positions.db"
    if not path.exists():
        return 0
    with Outbox(path) as outbox:
        return sum(outbox.waiting().values())


def trail(line: Line) -> list[float]:
    """What the centre makes of all that arrived: the latitudes of the ship's way."""
    office = Tracked().running(1)
    ship = office.place(kind="ais", device=MMSI)
    office.pass_minutes(30)
    for fixes in line.calls:
        office.fixes(ship, *fixes)
    return [round(lat, 3) for _, lat, _, _ in office.trail(ship)]


def test_killed_whatever_was_heard_arrives_and_counts_once(ric: Start, line: Line, receiver: Receiver, tmp_path: Path) -> None:
    line.faults = ["hold"]
    first = ric(receiver.source)
    with receiver.heard_by() as listener:
        receiver.say(listener, 3)
        assert line.held.wait(60)
        # The centre has the first three and does not answer; two more are heard meanwhile.
        receiver.say(listener, 2)
        wait_until(lambda: stored(tmp_path) == 5, "what was heard is on disk")
        kill(first)
    line.go_on.set()
    second = ric(receiver.source)
    with receiver.heard_by() as listener:
        receiver.say(listener, 2)
        wait_until(lambda: line.arrived == {at(minute) for minute in range(7)} and stored(tmp_path) == 0, "all of it has arrived")
        kill(second)
    assert line.calls[1] == line.calls[0], "the batch that was not answered comes again as it was"
    assert {fix["mmsi"] for fixes in line.calls for fix in fixes} == {MMSI}
    assert trail(line) == [round(38.5 + minute / 500, 3) for minute in range(7)]


def test_a_line_that_fails_keeps_nobody_from_listening(ric: Start, line: Line, receiver: Receiver, tmp_path: Path) -> None:
    line.faults = ["cut", 503, "drop"]
    process = ric(receiver.source)
    with receiver.heard_by() as listener:
        receiver.say(listener, 2)
        wait_until(lambda: line.tried >= 2, "it is tried again")
        receiver.say(listener, 2)
    # A receiver that hangs up is called again.
    with receiver.heard_by() as listener:
        receiver.say(listener, 1)
        wait_until(lambda: line.arrived == {at(minute) for minute in range(5)} and stored(tmp_path) == 0, "all of it has arrived")
        kill(process)
    assert trail(line) == [round(38.5 + minute / 500, 3) for minute in range(5)]


def test_a_recording_is_sent_to_its_end_and_what_waits_is_not_stored_twice(ric: Start, line: Line, tmp_path: Path) -> None:
    recording = tmp_path / "recorded.nmea"
    recording.write_bytes(b"".join(sentence(minute) for minute in range(450)))
    line.faults = ["hold"]
    first = ric(str(recording))
    assert line.held.wait(60)
    kill(first)
    line.go_on.set()
    assert stored(tmp_path) == 450
    second = ric(str(recording))
    told, error = second.communicate(timeout=PATIENT_S)
    assert second.returncode == Exit.DONE, error
    assert json.loads(told) == {"taken": 450, "waiting": 0, "undated": 0, "broken": 0, "other": 0}
    assert [len(fixes) for fixes in line.calls] == [200, 200, 200, 50]


def test_a_credential_that_is_over_leaves_nothing_behind(ric: Start, line: Line, receiver: Receiver, tmp_path: Path) -> None:
    line.faults = [401]
    process = ric(receiver.source)
    with receiver.heard_by() as listener:
        receiver.say(listener, 2)
        told, error = process.communicate(timeout=PATIENT_S)
    assert (process.returncode, json.loads(told)["taken"]) == (Exit.REFUSED, 0)
    assert "the credential is over" in error
    assert (stored(tmp_path), line.calls) == (0, [])

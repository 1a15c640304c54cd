"""`ric publish` over a bad line: nothing is lost and nothing doubled, whatever the network and the power do.

The line is a server that takes a call and then does what networks do; behind it stands only a list of what arrived.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from streams.cli.failures import Exit
from streams.cli.outbox import Outbox
from tests.examples import SEIZURE
from tests.system import wait_until

ROOT = Path(__file__).parents[2]


class Line:
    """What arrived, by key; and what happens to the next calls: `ok`, `drop` (taken in, answer lost), `cut` (not taken in), a status."""

    def __init__(self):
        self.arrived: dict[str, list[bytes]] = {}
        self.order: list[str] = []
        self.faults: list[object] = []
        self.calls = 0
        self.held = threading.Event()
        self.go_on = threading.Event()
        line = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                line.calls += 1
                fault = line.faults.pop(0) if line.faults else "ok"
                if isinstance(fault, tuple):
                    self.answer(fault[0], {"detail": "not now"}, fault[1])
                    return
                if fault != "cut":
                    line.take(self.headers["Idempotency-Key"], body)
                if fault == "hold":
                    line.held.set()
                    line.go_on.wait(30)
                if fault in ("drop", "cut"):
                    self.connection.close()
                    return
                reports = [json.loads(report) for report in body.split(b"\n")]
                receipts = [{"id": f"r-{each['report_id']}", "report_id": each["report_id"], "status": "pending"} for each in reports]
                self.answer(202, {"receipts": receipts})

            def answer(self, status, body, headers=()):
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a client that was killed, or a connection that we cut

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, key, body):
        reports = body.split(b"\n")
        if key in self.arrived:
            assert self.arrived[key] == reports, "a key never comes with other reports"
            return
        self.arrived[key] = reports
        self.order += [json.loads(report)["report_id"] for report in reports]

    def stop(self):
        self.go_on.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def line():
    made = Line()
    yield made
    made.stop()


def ric(tmp_path, url, *words, stdin="", wait=True):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RIC_")}
    environment |= {"RIC_DATA_DIR": str(tmp_path / "data"), "RIC_TOKEN": "t", "RIC_URL": url, "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "streams.cli.main", "publish", *words]
    if not wait:
        source = tmp_path / f"stdin-{hash(stdin)}"
        source.write_text(stdin)
        with source.open() as file:
            return subprocess.Popen(command, stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd=ROOT)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, env=environment, cwd=ROOT, **pipes)
    out, err = process.communicate(stdin)
    process.stdout_text, process.stderr_text = out, err
    assert "Traceback" not in err, err
    return process


def reports(count, start=0):
    return "\n".join(json.dumps({**SEIZURE, "report_id": f"N-{number}"}) for number in range(start, start + count))


def test_without_a_connection_it_stores_and_says_so_and_sends_when_it_is_back_in_order(line, tmp_path):
    dead = Line()
    url = dead.url
    dead.stop()
    stored = ric(tmp_path, url, "-", "--patience", "0", stdin=reports(3))
    assert stored.returncode == Exit.STORED
    assert "3 waiting in the outbox" in stored.stderr_text
    with Outbox(tmp_path / "data" / "outbox.db") as box:
        assert box.waiting() == {url: 3}
        # The same centre at another address, as after a repair of its line.
        box._database.execute("UPDATE reports SET destination = ?", (line.url,))
    sent = ric(tmp_path, line.url, "-", "--json", stdin=reports(1, 3))
    assert sent.returncode == Exit.DONE, sent.stderr_text
    result = json.loads(sent.stdout_text)
    assert (result["sent"], result["waiting"], [each["id"] for each in result["receipts"]]) == (4, 0, ["r-N-3"])
    assert line.order == ["N-0", "N-1", "N-2", "N-3"]


AGAIN = (503, [("Retry-After", "0")])


@pytest.mark.parametrize("faults", [["drop"], ["cut"], ["cut", "drop", "drop"], [AGAIN], [(409, ()), (500, ()), "drop"]])
def test_a_bad_line_is_tried_again_with_the_same_key(line, tmp_path, faults):
    line.faults = list(faults)
    done = ric(tmp_path, line.url, "-", stdin=reports(5))
    assert done.returncode == Exit.DONE, done.stderr_text
    assert line.calls == len(faults) + 1
    assert len(line.arrived) == 1
    assert line.order == [f"N-{number}" for number in range(5)]


def test_it_does_not_come_back_before_the_centre_asks(line, tmp_path):
    line.faults = [(503, [("Retry-After", "3600")])]
    done = ric(tmp_path, line.url, "-", "--patience", "5", stdin=reports(1))
    assert done.returncode == Exit.STORED
    assert line.calls == 1
    assert "3600 s" in done.stderr_text


def test_a_refused_report_is_kept_apart_and_not_sent_again(line, tmp_path):
    wrong = json.dumps({**SEIZURE, "report_id": "BAD", "narative": "x"})
    done = ric(tmp_path, line.url, "-", stdin=reports(1) + "\n" + wrong)
    assert done.returncode == Exit.REFUSED
    assert "narative" in done.stderr_text
    assert line.order == ["N-0"]
    shown = ric(tmp_path, line.url, "--refused", "--json")
    assert json.loads(shown.stdout_text)["problems"][0]["field"] == "narative"
    assert ric(tmp_path, line.url, "--flush").returncode == Exit.DONE
    assert line.order == ["N-0"]


def test_one_bad_report_does_not_hold_up_the_others(line, tmp_path):
    line.faults = [(413, ())]
    done = ric(tmp_path, line.url, "-", stdin=reports(3))
    assert done.returncode == Exit.DONE
    assert line.order == ["N-0", "N-1", "N-2"]
    line.faults = [(422, ()), (422, ())]
    done = ric(tmp_path, line.url, "-", stdin=reports(3, 10))
    assert done.returncode == Exit.REFUSED
    assert line.order == ["N-0", "N-1", "N-2", "N-11", "N-12"]


def test_a_token_that_is_not_permitted_keeps_the_reports(line, tmp_path):
    line.faults = [(401, ())]
    done = ric(tmp_path, line.url, "-", stdin=reports(2))
    assert done.returncode == Exit.NOT_PERMITTED
    assert ric(tmp_path, line.url, "--flush").returncode == Exit.DONE
    assert line.order == ["N-0", "N-1"]


def test_killed_after_the_centre_took_it_and_before_it_knew(line, tmp_path):
    line.faults = ["hold"]
    process = ric(tmp_path, line.url, "-", stdin=reports(4), wait=False)
    assert line.held.wait(30)
    process.send_signal(signal.SIGKILL)
    process.wait()
    line.go_on.set()
    done = ric(tmp_path, line.url, "--flush", "--json")
    assert json.loads(done.stdout_text)["sent"] == 4
    assert line.calls == 2
    assert len(line.arrived) == 1, "the same batch under the same key"
    assert line.order == ["N-0", "N-1", "N-2", "N-3"]


def test_killed_at_random_moments_on_a_line_that_fails_at_random(line, tmp_path):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    choose = random.Random(seed)
    published = 0
    for _ in range(8):
        line.faults = [choose.choice(["ok", "drop", "cut", AGAIN]) for _ in range(choose.randrange(4))]
        process = ric(tmp_path, line.url, "-", stdin=reports(3, published), wait=False)
        published += 3
        calls = line.calls + choose.randrange(3)
        wait_until(lambda process=process, calls=calls: line.calls >= calls or process.poll() is not None, "some calls, or the end")
        process.send_signal(signal.SIGKILL)
        process.wait()
    line.faults = []
    box = tmp_path / "data" / "outbox.db"
    stored = set()
    if box.exists():
        with Outbox(box) as outbox:
            stored = {json.loads(row[0])["report_id"] for row in outbox._database.execute("SELECT body FROM reports")}
    arrived_before = set(line.order)
    if box.exists():
        assert ric(tmp_path, line.url, "--flush").returncode == Exit.DONE
    # Whatever was stored has arrived, and each report under one key only.
    assert set(line.order) == stored | arrived_before
    assert [number for number, count in Counter(line.order).items() if count > 1] == []


def test_several_at_once_send_each_report_once(line, tmp_path):
    runs = [ric(tmp_path, line.url, "-", stdin=reports(20, 100 * number), wait=False) for number in range(4)]
    for run in runs:
        run.wait()
        assert run.returncode in (Exit.DONE, Exit.STORED)
    assert ric(tmp_path, line.url, "--flush").returncode == Exit.DONE
    assert Counter(line.order) == Counter(f"N-{100 * number + n}" for number in range(4) for n in range(20))

"""Processes of the centre that start at once: one process imports everything, and each start is a fork of it.

`python -m tests.crash.forking` is that process: it takes orders on stdin and tells of starts and ends on stdout. What it forks is a process
like any other (its own session, log and environment, killed by any signal); only the second of imports and reference data is saved, which
this suite would otherwise spend some hundred times.
"""

import contextlib
import importlib
import json
import os
import random
import runpy
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

POLL_S = 0.02


class Forked:
    """What `subprocess.Popen` offers of it."""

    def __init__(self, pid: int, zygote: "Zygote") -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._zygote = zygote

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._zygote.ended(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(POLL_S)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Zygote:
    """The process that has imported everything. It ends, and with it whatever it forked, when this one does."""

    def __init__(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.forking"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output
            )
        self._told: dict[int, int] = {}
        self._started: list[int] = []
        self._lock = threading.Lock()
        self._rest = b""
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    def start(self, command: Sequence[str], *, log: Path, env: Mapping[str, str]) -> Forked:
        """Fork a process that runs `python -m command…`; output goes to the log."""
        log.parent.mkdir(parents=True, exist_ok=True)
        order = {"command": list(command), "log": str(log), "env": dict(env)}
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            deadline = time.monotonic() + 120
            while not self._started:
                assert self._process.poll() is None, "the process that forks has ended"
                assert time.monotonic() < deadline, "nothing was forked within 120 s"
                self._listen(POLL_S)
            return Forked(self._started.pop(), self)

    def ended(self, pid: int) -> int | None:
        """The exit code of what was forked, or None."""
        with self._lock:
            self._listen(0)
            return self._told.get(pid)

    def _listen(self, within: float) -> None:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], within)[0]:
            return
        *lines, self._rest = (self._rest + os.read(self._process.stdout.fileno(), 65_536)).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "started" in told:
                self._started.append(told["started"])
            else:
                self._told[told["ended"]] = told["code"]

    def close(self) -> None:
        """End it and whatever it forked."""
        self._process.communicate()


def serve() -> None:
    """Import, then fork on order until stdin is closed."""
    for name in ("faust.cli.faust", "faust.cli.worker", "streams.engine.worker", "streams.store.reading", "uvloop"):
        importlib.import_module(name)
    importlib.import_module("streams.topology")._reference()
    running: set[int] = set()
    while True:
        if select.select([sys.stdin], [], [], POLL_S)[0]:
            line = sys.stdin.buffer.readline()
            if not line:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                return
            order = json.loads(line)
            pid = os.fork()
            if pid == 0:
                _become(order)
            running.add(pid)
            _tell({"started": pid})
        for pid in list(running):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                running.discard(pid)
                _tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(what: dict[str, int]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _become(order: dict[str, Any]) -> None:
    code = 1
    try:
        os.setsid()
        nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number, opened in ((0, nothing), (1, output), (2, output)):
            os.dup2(opened, number)
        os.environ.clear()
        os.environ.update(order["env"])
        random.seed()
        if seed := os.environ.get("CLOCK_JUMPS"):
            _jump(random.Random(seed))
        # It reads the environment when it is imported.
        importlib.reload(importlib.import_module("streams.engine.faults"))
        sys.argv = ["-m", *order["command"][1:]]
        name = order["command"][0]
        # Faust puts an object of its own in its module's place, which runpy does not know how to run.
        runpy.run_module("faust.__main__" if name == "faust" else name, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _jump(chance: random.Random) -> None:
    """The time of day jumps by hours every few seconds, as where somebody sets it: for the Python code of the process, no library below."""
    now, now_ns, monotonic = time.time, time.time_ns, time.monotonic
    until, off = 0.0, 0.0

    def offset() -> float:
        nonlocal until, off
        if monotonic() > until:
            until = monotonic() + chance.uniform(0.5, 3.0)
            off = chance.choice((-1, 0, 1)) * chance.uniform(60, 6 * 3600)
        return off

    time.time, time.time_ns = lambda: now() + offset(), lambda: now_ns() + int(offset() * 1e9)
    for module in list(sys.modules.values()):
        for name in [name for name, value in list(vars(module).items()) if value is now]:
            setattr(module, name, time.time)


if __name__ == "__main__":
    serve()

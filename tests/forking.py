"""Processes of the centre that start at once: one process imports everything, and each start is a fork of it.

`python -m tests.forking` is that process: it takes orders on stdin and tells of starts and ends on stdout. What it forks is a process
like any other (its own session, log and environment, killed by any signal); only the second or two of imports and reference data is saved,
which a run would otherwise spend some hundred times. Tests of `ric up` and of the command start interpreters, as users do.
"""

import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NoReturn

from streams.local import leash

ROOT = Path(__file__).parents[1]
IMPORTS = {
    "faust": ("faust.cli.faust", "faust.cli.worker", "faust.web.drivers.aiohttp", "streams.engine.worker", "uvloop"),
    "streams.app": ("streams.topology",),
    "streams.clock": ("aiokafka", "schemas.channels", "streams.engine.faults", "streams.metrics", "streams.settings"),
    "streams.gateway": ("streams.gateway.app", "streams.gateway.observe", "uvicorn.protocols.http.auto", "uvloop"),
    "streams.store.projector": ("streams.store.lookback", "streams.store.retention", "uvloop"),
}
"""What is imported before the first fork that a word of its command asks for: all but the module that it runs."""


class Forked:
    """What `subprocess.Popen` offers of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.end: Future[int] = Future()

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        return self.end.result() if self.end.done() else None

    def poll(self) -> int | None:
        """The same."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        try:
            return self.end.result(timeout)
        except TimeoutError:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None

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

    def __init__(self) -> None:
        # In a session of its own: what a terminal or a limit of time sends to all is for the tests, and it ends with them.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._started: SimpleQueue[Forked | None] = SimpleQueue()
        self._one_order = Lock()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(self, command: Sequence[str], *, log: Path, env: Mapping[str, str]) -> Forked:
        """Fork a process that runs `python -m command…`; output goes to the log."""
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
        order = {"command": list(command), "log": str(log), "env": dict(env)}
        assert self._process.stdin is not None
        with self._one_order:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            started = self._started.get()
            assert started is not None, "the process that forks has ended"
            return started

    def _listen(self) -> None:
        running: dict[int, Forked] = {}
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "started" in told:
                running[told["started"]] = Forked(told["started"])
                self._started.put(running[told["started"]])
            else:
                running.pop(told["ended"]).end.set_result(told["code"])
        self._started.put(None)
        for each in running.values():
            each.end.set_result(-signal.SIGKILL)

    def close(self) -> None:
        """End it and whatever it forked."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._listener.join()
        self._process.stdout.close()


@functools.cache
def zygote() -> Zygote:
    """The one of this process, which the end of the run closes."""
    return Zygote()


def close() -> None:
    """End the zygote, if there is one."""
    if zygote.cache_info().currsize:
        zygote().close()
        zygote.cache_clear()


def serve() -> None:
    """Fork on order until stdin is closed."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: set[int] = set()
    while True:
        ready, _, _ = select.select([sys.stdin, reading], [], [])
        if sys.stdin in ready:
            line = sys.stdin.buffer.readline()
            if not line:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                return
            order = json.loads(line)
            _import(order["command"])
            parent, pid = os.getpid(), os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(reading)
                os.close(writing)
                _become(order, parent)
            running.add(pid)
            _tell({"started": pid})
        if reading in ready:
            os.read(reading, 4096)
            for pid in list(running):
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    running.discard(pid)
                    _tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _import(command: Sequence[str]) -> None:
    for word in command:
        for name in IMPORTS.get(word, ()):
            importlib.import_module(name)
    if "streams.app" in command:
        importlib.import_module("streams.topology")._reference()
    # A fork that collects garbage would copy each page on which there is an object.
    gc.freeze()


def _tell(what: dict[str, int]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _become(order: dict[str, Any], parent: int) -> NoReturn:
    code = 1
    try:
        os.setsid()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(leash.PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the process that forks has ended")
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

"""Child processes that leave nothing behind: leashed to their parent, stopped in steps, found again by pid file."""

import asyncio
import contextlib
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

LEASH = Path(__file__).with_name("leash.py")
LOG_LIMIT = 10 * 1024 * 1024


class ServerFailed(RuntimeError):
    """A local server or process did not start, or ended by itself; the message carries the end of its log."""


class DataFolderInUse(RuntimeError):
    """Another process owns the data folder."""


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Be the only owner of `folder` (created when missing, mode 0700). Raises DataFolderInUse naming the owner's pid."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "owner.pid").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DataFolderInUse(in_use_message(folder)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_owned(folder: Path) -> bool:
    """Whether a running ric owns the folder."""
    try:
        with (folder / "owner.pid").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def in_use_message(folder: Path) -> str:
    """Who owns the folder, and what to do."""
    owner = (folder / "owner.pid").read_text().strip() or "unknown"
    return f"another ric runs on this data folder (pid {owner}): {folder}. Stop it, or set RIC_DATA_DIR to another folder"


def spawn(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, ends_by: signal.Signals = signal.SIGKILL, account: str = "-"
) -> subprocess.Popen[bytes]:
    """Start `command` on a leash, output to `log`, in a session of its own: the terminal's Ctrl-C is for the supervisor alone."""
    log.parent.mkdir(parents=True, exist_ok=True)
    rotate(log)
    executable = shutil.which(command[0]) or command[0]
    leashed = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(ends_by)), account, executable, *command[1:]]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the commands are ours
            leashed,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env) if env is not None else None,
            start_new_session=True,
        )


def rotate(log: Path) -> None:
    """Keep one earlier copy of a log that has grown past 10 MiB; whoever appends to it goes on in the emptied file."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        shutil.copyfile(log, log.with_suffix(log.suffix + ".1"))
        os.truncate(log, 0)


def stop(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal and wait its seconds until the process has ended; SIGKILL is the last step of all."""
    for number, seconds in steps:
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    if process.poll() is None:
        process.kill()
        process.wait()


async def ended(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process without a thread; its exit code."""
    while (code := process.poll()) is None:  # noqa: ASYNC110 - a child's end is no asyncio event without a watcher thread before 3.12
        await asyncio.sleep(0.1)
    return code


def end_orphan(pid: int, marker: str) -> bool:
    """End a process that an earlier owner left: only when `marker` stands in its command line, for pids are used again."""
    try:
        process = psutil.Process(pid)
        if not any(marker in word for word in process.cmdline()):
            return False
        process.terminate()
        try:
            process.wait(10)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
    except psutil.NoSuchProcess:
        return False
    return True


def read_pid(pid_file: Path) -> int | None:
    """The number on the first line, or None where the file is missing or torn."""
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def free_port(preferred: int = 0) -> int:
    """`preferred` if nothing listens there on 127.0.0.1, else a free port below the range that outgoing connections are given, so that
    none of these takes it before the server does."""
    for port in (preferred, *random.sample(range(20_000, 32_000), 100)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port != 0:
                return port
    raise ServerFailed("no free TCP port on 127.0.0.1 between 20000 and 32000")


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])

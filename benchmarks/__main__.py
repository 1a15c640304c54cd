"""`make bench`: every benchmark, one after the other. Nothing is asserted; read `benchmarks/README.md` for what the figures mean.

Ends with 1, naming them, where some failed.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

BENCHMARKS = ("j1", "stages", "flow", "steps", "transactions", "latency", "rooms", "guard", "growth", "recovery", "store")
ROOT = Path(__file__).parent.parent


def header() -> str:
    """When, which commit and on what machine: what a table of figures is worth nothing without."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}, {_processor()}, {cores} cores, Python {platform.python_version()}"


def _commit() -> str:
    """Abbreviated, with `-dirty` where files were changed since."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def run(modules: Iterable[str]) -> list[str]:
    """Run each in a process of its own; the names of those that failed."""
    failed = []
    for module in modules:
        print(f"\n== {module.removeprefix('benchmarks.')}", flush=True)
        if subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=False).returncode != 0:
            failed.append(module)
    return failed


if __name__ == "__main__":
    print(header())
    if failed := run(f"benchmarks.{name}" for name in BENCHMARKS):
        sys.exit(f"failed: {', '.join(failed)}")

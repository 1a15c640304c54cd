"""`make bench` prints what it can."""

import platform
import re
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, ROOT, header, run


def test_the_first_line_says_when_which_commit_and_what_machine() -> None:
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d, commit \S+, .+, \d+ cores, Python {re.escape(platform.python_version())}", header())


def test_a_program_that_fails_holds_up_no_other(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["benchmarks.nothing", "platform"]) == ["benchmarks.nothing"]
    said = capfd.readouterr()
    assert "No module named benchmarks.nothing" in said.err
    assert "== platform" in said.out
    assert platform.platform() in said.out.split("== platform")[1]


def test_every_program_that_is_described_runs_and_j1_first() -> None:
    described = re.findall(r"^\| `python -m benchmarks\.(\w+)", (ROOT / "benchmarks" / "README.md").read_text(), re.MULTILINE)
    assert sorted(described) == sorted(BENCHMARKS)
    assert BENCHMARKS[0] == "j1"
    assert all(Path(ROOT / "benchmarks" / name).is_dir() or (ROOT / "benchmarks" / f"{name}.py").exists() for name in BENCHMARKS)

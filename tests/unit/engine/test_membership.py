"""Who worked on this disk before: told of once, and never of one that lives or that stopped in good order."""

import subprocess
import sys
from pathlib import Path

from streams.engine.membership import LONGEST_ID, Place

DIES = """
import os, sys
from pathlib import Path
from streams.engine.membership import Place
place = Place(Path(sys.argv[1]))
print(sorted(place.take()), flush=True)
for member in sys.argv[2:]:
    place.keep(member)
os.kill(os.getpid(), 9)
"""


def killed(folder: Path, *members: str) -> str:
    """A process that was these members, the last one last, and is killed; what it learned of those before."""
    process = subprocess.run([sys.executable, "-c", DIES, str(folder), *members], capture_output=True, text=True, check=False)
    assert process.returncode == -9, process.stderr
    return process.stdout.strip()


def test_who_was_killed_is_named_once_by_what_it_was_last(tmp_path: Path) -> None:
    folder = tmp_path / "members"
    assert killed(folder, "a longer name than the next", "first") == "[]"
    assert killed(folder, "second") == "['first']"
    place = Place(folder)
    assert place.take() == ["second"]
    assert Place(folder).take() == [], "it was named, and the one that was told lives"


def test_who_lives_is_not_named_beside_one_that_was_killed(tmp_path: Path) -> None:
    lives = Place(tmp_path)
    lives.take()
    lives.keep("lives")
    killed(tmp_path, "killed")
    after = Place(tmp_path)
    assert after.take() == ["killed"]
    after.leave()
    lives.leave()
    assert Place(tmp_path).take() == []
    assert len(list(tmp_path.iterdir())) == 2, "places are used again"


def test_what_a_failing_disk_left_there_is_bounded_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"\xff" * 5_000)
    assert [len(member) for member in Place(tmp_path).take()] == [LONGEST_ID]


def test_without_a_place_nothing_is_kept(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.keep("nobody")
    place.leave()
    assert list(tmp_path.iterdir()) == []

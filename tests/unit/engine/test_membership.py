"""Who worked on this disk before: the group is told of the killed once, and never of one that lives or that stopped in good order."""

import subprocess
import sys
from pathlib import Path

import pytest

from streams.engine.membership import LONGEST_ID, Membership

NOBODY = {"bootstrap_servers": "127.0.0.1:9", "retry_backoff_ms": 1}
DIES = """
import asyncio, os, sys
from pathlib import Path
from streams.engine.membership import Membership
membership = Membership(Path(sys.argv[1]), "group", {"bootstrap_servers": "127.0.0.1:9"})
asyncio.run(membership.succeed())
for member in sys.argv[2:]:
    membership.keep(member)
os.kill(os.getpid(), 9)
"""


def places(folder: Path) -> int:
    return len(list(folder.iterdir()))


def killed(folder: Path, *members: str) -> None:
    """A process that was these members, the last one last, and is killed."""
    process = subprocess.run([sys.executable, "-c", DIES, str(folder), *members], capture_output=True, text=True, check=False)
    assert process.returncode == -9, process.stderr


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of whom the group is told."""
    members: list[str] = []

    class Group:
        """Stands for a broker, which is not ours."""

        def __init__(self, **_: object) -> None: ...

        async def bootstrap(self) -> None: ...

        async def close(self) -> None: ...

        async def coordinator_lookup(self, kind: int, group: str) -> int:
            return 1

        async def send(self, node: int, request: object) -> None:
            members.append(request._member_id)  # type: ignore[attr-defined]

    monkeypatch.setattr("streams.engine.membership.AIOKafkaClient", Group)
    return members


async def test_the_group_is_told_once_of_who_was_killed_by_what_it_was_last(tmp_path: Path, told: list[str]) -> None:
    folder = tmp_path / "members"
    killed(folder, "a longer name than the next", "first")
    lives = Membership(folder, "group", {})
    await lives.succeed()
    assert told == ["first"]
    await Membership(folder, "group", {}).succeed()
    assert told == ["first"]


async def test_nothing_is_told_of_who_lives_beside_or_left_in_good_order(tmp_path: Path, told: list[str]) -> None:
    lives = Membership(tmp_path, "group", {})
    await lives.succeed()
    lives.keep("lives")
    killed(tmp_path, "killed")
    after = Membership(tmp_path, "group", {})
    await after.succeed()
    assert told == ["killed"]
    after.keep("left")
    after.leave()
    lives.leave()
    await Membership(tmp_path, "group", {}).succeed()
    assert told == ["killed"]
    assert places(tmp_path) == 2, "places are used again"


async def test_what_a_failing_disk_left_there_is_bounded_and_no_error(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "old").write_bytes(b"\xff" * 5_000)
    await Membership(tmp_path, "group", {}).succeed()
    assert [len(member) for member in told] == [LONGEST_ID]


async def test_a_disk_that_cannot_be_written_and_a_broker_that_is_away_hold_up_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    nowhere = Membership(tmp_path / "file", "group", {})
    await nowhere.succeed()
    nowhere.keep("nobody")
    nowhere.leave()
    assert "cannot be written" in caplog.text
    caplog.set_level("INFO")
    killed(tmp_path / "members", "first")
    await Membership(tmp_path / "members", "group", NOBODY).succeed()
    assert "group: whoever worked here before was killed, and the group waits for it: Kafka" in caplog.text

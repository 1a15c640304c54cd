"""Who worked on this disk before: the group is told of those who ended, and never of one that lives."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiokafka.errors import CoordinatorLoadInProgressError, GroupAuthorizationFailedError, UnknownMemberIdError

from streams.engine.membership import LONGEST_ID, Membership

OPEN_FILES = Path("/proc/self/fd")
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


def killed(folder: Path, *members: str) -> None:
    """A process that was these members, the last one last, and is killed."""
    process = subprocess.run([sys.executable, "-c", DIES, str(folder), *members], capture_output=True, text=True, check=False)
    assert process.returncode == -9, process.stderr


def places(folder: Path) -> int:
    return len(list(folder.iterdir()))


class Group:
    """Stands for a broker, which is not ours: who was said to have left, and what it answers."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.answers: list[type[Exception]] = []

    def client(self, **_: object) -> "Group":
        return self

    async def bootstrap(self) -> None: ...

    async def close(self) -> None: ...

    async def coordinator_lookup(self, kind: int, group: str) -> int:
        return 1

    async def send(self, node: int, request: object) -> object:
        if self.answers:
            return SimpleNamespace(error_code=self.answers.pop(0).errno)  # type: ignore[attr-defined]
        self.told.append(request._member_id)  # type: ignore[attr-defined]
        return SimpleNamespace(error_code=0)


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Group:
    group = Group()
    monkeypatch.setattr("streams.engine.membership.AIOKafkaClient", group.client)
    return group


@pytest.fixture
def start(tmp_path: Path) -> Callable[[], Membership]:
    return lambda: Membership(tmp_path / "members", "group", {})


async def test_the_group_is_told_once_of_who_was_killed_by_what_it_was_last(
    tmp_path: Path, group: Group, start: Callable[[], Membership]
) -> None:
    killed(tmp_path / "members", "a longer name than the next", "first")
    lives = start()
    await lives.succeed()
    assert group.told == ["first"]
    await start().succeed()
    assert group.told == ["first"]


async def test_nothing_is_told_of_who_lives_beside(tmp_path: Path, group: Group, start: Callable[[], Membership]) -> None:
    lives = start()
    await lives.succeed()
    lives.keep("lives")
    killed(tmp_path / "members", "killed")
    beside = start()
    await beside.succeed()
    assert group.told == ["killed"]
    assert places(tmp_path / "members") == 2, "places are used again"


async def test_a_group_that_is_still_being_read_is_told_again_and_who_left_before_is_as_good(
    tmp_path: Path, group: Group, start: Callable[[], Membership]
) -> None:
    killed(tmp_path / "members", "first")
    group.answers = [CoordinatorLoadInProgressError, CoordinatorLoadInProgressError]
    lives = start()
    await lives.succeed()
    assert group.told == ["first"]
    lives.keep("second")
    killed(tmp_path / "members", "third")
    group.answers = [UnknownMemberIdError]
    before = places(OPEN_FILES)
    await start().succeed()
    assert (group.told, group.answers) == (["first"], [])
    assert places(OPEN_FILES) == before + 1, "the place that it holds itself"


async def test_a_group_that_cannot_be_told_holds_up_nobody_and_is_told_by_a_later_one(
    tmp_path: Path, group: Group, start: Callable[[], Membership], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for name in ("one", "other"):  # as two that were killed leave them
        (tmp_path / "members").mkdir(exist_ok=True)
        (tmp_path / "members" / name).write_text(name)
    group.answers = [GroupAuthorizationFailedError]
    lives = start()
    await lives.succeed()
    lives.keep("lives")
    assert "group: the group waits for the session of whoever worked here before: GroupAuthorizationFailedError" in caplog.text
    assert group.told == []
    await start().succeed()
    assert group.told == ["other"]


async def test_a_disk_that_cannot_be_written_and_a_broker_that_is_away_hold_up_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (tmp_path / "file").write_text("in the way")
    nowhere = Membership(tmp_path / "file", "group", {})
    await nowhere.succeed()
    nowhere.keep("nobody")
    assert "cannot be read or written" in caplog.text
    killed(tmp_path / "members", "first")
    await Membership(tmp_path / "members", "group", NOBODY).succeed()
    assert "group: the group waits for the session of whoever worked here before: KafkaConnectionError" in caplog.text


async def test_what_a_failing_disk_left_there_is_bounded_and_no_error(
    tmp_path: Path, group: Group, start: Callable[[], Membership]
) -> None:
    (tmp_path / "members").mkdir()
    (tmp_path / "members" / "old").write_bytes(b"\xff" * 5_000)
    await start().succeed()
    assert [len(member) for member in group.told] == [LONGEST_ID]

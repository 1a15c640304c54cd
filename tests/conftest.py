"""Real servers for tests, one broker and one PostgreSQL a run, and skips that CI turns into failures.

`pytest_xdist_make_scheduler` says what a distributed run (`make test`, `pytest -n 4`) keeps together, `servers.shared` what it shares.
"""

import ctypes
import os
import random
import signal
import string
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from streams.local import leash
from streams.settings import Settings
from tests import forking, servers

FOLDERS = ("crash", "e2e", "broker", "contract", "unit")
NEED_NO_SERVER = ("tests/unit", "tests/contract")
HALVES = {
    "crash": ("broker", "oracle", "store_away"),
    "e2e": ("attachments", "dashboard", "drafts", "forms", "one_persons_page", "real_not_exercise"),
}
"""Folders whose tests share one running centre, or one process that starts all others. These files take about half of their folder's time
and share one; the rest shares another."""

MakeSettings = Callable[..., Settings]

# How long an example takes says how busy the machine is.
hypothesis_settings.register_profile("ric", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
hypothesis_settings.load_profile("ric")


def require(condition: object, reason: str) -> None:
    """Go on when `condition` holds; else skip the test, or fail it where RIC_NO_SKIP is set (CI)."""
    if condition:
        return
    if os.environ.get("RIC_NO_SKIP"):
        pytest.fail(f"missing here, and RIC_NO_SKIP allows no skip: {reason}")
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that the short fills the gaps at the end of a distributed run; long mode knows no limit of time."""
    items.sort(key=lambda item: FOLDERS.index(_folder(item.nodeid)))
    if os.environ.get("TEST_LONG"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A run that is ended from outside has told what failed until then."""
    if report.failed and not os.environ.get("PYTEST_XDIST_WORKER"):
        print(
            f"\n{report.nodeid} failed in {report.when} after {report.duration:.0f} s\n{report.longreprtext}",
            file=sys.__stdout__,
            flush=True,
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together, and in order, what shares a running centre: a file, or half of a folder."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class ByCentre(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            folder = _folder(file)
            return f"{folder}, {Path(file).stem.removeprefix('test_') in HALVES[folder]}" if folder in HALVES else file

    return ByCentre(config, log)


def _folder(nodeid: str) -> str:
    return nodeid.split("/")[1]


_shared = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """The controller of a distributed run starts the servers before its processes, and they end with it even when it is killed."""
    distributes = session.config.getoption("dist") != "no" and session.config.getoption("tx")
    if distributes and not all(argument.startswith(NEED_NO_SERVER) for argument in session.config.args):
        folders: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]  # of which there is no fixture yet
        _shared.enter_context(servers.shared(folders.mktemp("shared")))


def pytest_configure(config: pytest.Config) -> None:
    """A process of a distributed run ends with its controller, even a killed one, and what it started ends with it.

    Brokers of tests live for minutes: to compile their code twice, as the JVM does, costs twice the processor of what they do.
    """
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
    if hasattr(config, "workerinput") and sys.platform == "linux":
        ctypes.CDLL(None).prctl(leash.PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def pytest_unconfigure() -> None:
    """The last that a process of the run does."""
    forking.close()
    _shared.close()


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_machine() -> Iterator[None]:
    """Tests see no RIC_ variable but those that name servers and forbid skips."""
    kept = {"RIC_KAFKA_BOOTSTRAP_SERVERS", "RIC_DATABASE_URL", "RIC_NO_SKIP"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("RIC_") and name not in kept]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of the run's broker. Tests that stop or break a broker start an EmbeddedKafka of their own."""
    with servers.kafka(tmp_path_factory.mktemp("kafka")) as bootstrap_servers:
        yield bootstrap_servers


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A `postgresql://` URL of a database made for this session, and in a distributed run for this process."""
    with servers.postgres(tmp_path_factory.mktemp("postgres")) as server_url, servers.fresh_database(server_url) as url:
        yield url


@pytest.fixture
def space() -> str:
    """A space of its own for each test, so that tests share one broker and one database."""
    return f"t{_random_word()}"


def _random_word() -> str:
    return "".join(random.SystemRandom().choices(string.ascii_lowercase, k=8))


@pytest.fixture
def settings_for_tests(tmp_path: Path) -> MakeSettings:
    """`settings_for_tests(kafka=…, postgres=…, space=…, **fields)`: settings of one test, with its own data folder and quick sessions."""

    def make(*, kafka: str | None = None, postgres: str | None = None, space: str = "test", **fields: Any) -> Settings:
        defaults: dict[str, Any] = {
            "space": space,
            "data_dir": tmp_path / "data",
            "kafka_bootstrap_servers": kafka,
            "database_url": postgres,
            "partitions": 2,
            "session_timeout_s": 6.0,
        }
        return Settings(**(defaults | fields))

    return make

"""A browser and the whole centre, running: worker, projector, gateway, a real broker and a real database."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from secrets import token_hex

import pytest
from playwright.async_api import Browser, async_playwright, expect

from streams.local.node import build_dashboard
from tests.conftest import require
from tests.e2e.browsing import CHROMIUM, Watched, signed_in
from tests.system import PATIENT_S, System, ending

expect.set_options(timeout=PATIENT_S * 1000)


@pytest.fixture(scope="package")
async def running_system(kafka: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """The centre in a space of its own, ready."""
    await build_dashboard(print)
    system = System(kafka, postgres_url, f"exercise-{token_hex(4)}", tmp_path_factory.mktemp("centre"), partitions=2)
    with ending(system):
        await system.install()
        system.start("worker", "projector", "gateway", "clock")
        await asyncio.to_thread(system.wait_ready)
        yield system


@pytest.fixture
async def gateway_killed(running_system: System) -> AsyncIterator[System]:
    """The gateway may be killed; afterwards it runs again."""
    yield running_system
    if "gateway" not in running_system.processes:
        running_system.start("gateway")
        await asyncio.to_thread(running_system.wait_ready)


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium."""
    path = shutil.which("chromium")
    require(path, "chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        await browser.close()


@asynccontextmanager
async def quiet(browser: Browser, system: System, at: str = "") -> AsyncIterator[Watched]:
    """A coordinator's dashboard; at the end of the test it must have kept quiet and kept to itself."""
    async with signed_in(browser, system, at=at) as watched:
        yield watched
        assert watched.errors == []
        assert watched.outside == []


@pytest.fixture
async def front(browser: Browser, running_system: System) -> AsyncIterator[Watched]:
    """Its first page, with feed and map."""
    async with quiet(browser, running_system) as watched:
        yield watched


@pytest.fixture
async def desk(browser: Browser, running_system: System) -> AsyncIterator[Watched]:
    """Any page of it."""
    async with quiet(browser, running_system, "deliveries") as watched:
        yield watched


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """Numbers for report ids, so that tests share one system."""
    return iter(range(1, 1_000_000))

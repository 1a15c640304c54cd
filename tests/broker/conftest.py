"""What several rooms' tests work on: a database of their own, and a centre's processes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams import topics
from streams.store.migrations import migrate
from streams.store.queries import Store
from tests.broker.gateway_bench import Gateway, serving
from tests.broker.store_bench import Centre
from tests.conftest import MakeSettings
from tests.store_cases import Database
from tests.system import System, ending


@pytest.fixture
async def database(postgres_url: str, space: str) -> Database:
    migrate(postgres_url, space)
    return Database(postgres_url, space)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    opened = await Store.open(database.url, database.space)
    yield opened
    await opened.close()


@pytest.fixture
async def centre(kafka: str, postgres_url: str, space: str, settings_for_tests: MakeSettings) -> AsyncIterator[Centre]:
    settings = settings_for_tests(kafka=kafka, postgres=postgres_url, space=space)
    await topics.apply(settings)
    migrate(postgres_url, space)
    made = Centre(settings, await Store.open(postgres_url, space))
    yield made
    await made.close()


@pytest.fixture
async def system(kafka: str, postgres_url: str, space: str, tmp_path: Path) -> AsyncIterator[System]:
    made = System(kafka, postgres_url, space, tmp_path / "data", partitions=2)
    await made.install()
    with ending(made):
        made.start("gateway", "projector", "worker")
        made.wait_ready()
        yield made


@pytest.fixture
async def gateway(kafka: str, postgres_url: str, space: str, settings_for_tests: MakeSettings) -> AsyncIterator[Gateway]:
    """A gateway in this process, over a broker and a database of its own space."""
    settings = settings_for_tests(kafka=kafka, postgres=postgres_url, space=space)
    await topics.apply(settings)
    migrate(postgres_url, space)
    async with serving(settings) as served:
        yield served

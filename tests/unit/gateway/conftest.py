"""A gateway without servers: what it answers when Kafka and the database are not there."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from streams.gateway.app import create_app, guarded
from streams.gateway.centre import Centre
from streams.gateway.ids import Ids
from streams.gateway.live import Tail
from streams.gateway.producer import Producer
from streams.gateway.tokens import Keys, claims, issue
from streams.settings import Settings
from streams.store.queries import Store

NOWHERE = "127.0.0.1:1"
"""A port where nothing listens."""


@dataclass(frozen=True)
class Agency:
    """An entry of the directory."""

    code: str
    country: str | None


class Directory:
    """Two agencies and the centre; each publishes for itself."""

    def get(self, code: str) -> Agency | None:
        return {"TJ-DCA": Agency("TJ-DCA", "TJ"), "UZ-SCC": Agency("UZ-SCC", "UZ"), "CARICC": Agency("CARICC", None)}.get(code)

    def may_publish(self, sender: str, originator: str) -> bool:
        return sender == originator


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[Centre]:
    settings = Settings(data_dir=tmp_path, kafka_bootstrap_servers=NOWHERE)
    store = await Store.open(f"postgresql://nobody@{NOWHERE}/none", settings.space)
    # Nobody waits for a database that will not be there: a closed pool refuses at once.
    await store.close()
    centre = Centre(
        settings=settings,
        keys=Keys.of(settings),
        ids=Ids.of(settings),
        agencies=Directory(),
        producer=Producer(settings),
        tail=Tail(settings),
        store=store,
    )
    yield centre
    await centre.producer.close()


TokenFor = Callable[..., str]


@pytest.fixture
def token(centre: Centre) -> TokenFor:
    def make(agency: str = "TJ-DCA", role: str = "officer", person: str = "n.rahimov") -> str:
        country = "" if agency == "CARICC" else agency[:2]
        lifetime, now = timedelta(hours=1), datetime.now(UTC)
        return issue(centre.keys, claims(person, agency, country, role, space=centre.settings.space, lifetime=lifetime, now=now))

    return make


@pytest.fixture
async def http(centre: Centre) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(guarded(create_app(centre)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client

"""The OpenAPI document asked with made-up input (schemathesis): never a failure of ours, always a problem, never a stack trace."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.gateway.app import create_app, guarded
from streams.gateway.centre import Centre
from streams.gateway.ids import Ids
from streams.gateway.live import Tail
from streams.gateway.producer import Producer
from streams.gateway.tokens import Keys, claims, issue
from streams.settings import Settings
from streams.store.queries import Store
from tests.unit.gateway.conftest import NOWHERE, Directory

OWN_WORDS = {"type", "title", "status", "detail"}


@pytest.fixture(scope="module")
async def http(tmp_path_factory: pytest.TempPathFactory) -> Any:
    chosen = Settings(data_dir=tmp_path_factory.mktemp("gateway"), kafka_bootstrap_servers=NOWHERE)
    store = await Store.open(f"postgresql://nobody@{NOWHERE}/none", chosen.space)
    tail = Tail(chosen)
    # Nothing may wait for servers that are not there: what is closed refuses at once.
    await store.close()
    await tail.close()
    keys = Keys.generate()
    centre = Centre(chosen, keys, Ids(bytes(64)), Directory(), Producer(chosen), tail, store)
    app = create_app(centre)
    who = claims("a.bekova", "CARICC", "", "supervisor", space="live", lifetime=timedelta(hours=1), now=datetime.now(UTC))
    headers = {"Authorization": f"Bearer {issue(keys, who)}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded(app)), base_url="http://127.0.0.1", headers=headers) as client:
        client.document = app.openapi()  # type: ignore[attr-defined]
        yield client


def test_every_operation_is_described(http: Any) -> None:
    for path, operations in http.document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)
            assert operation.get("description"), (method, path)


def _calls(document: dict[str, Any]) -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        if not operation.path.startswith("/v1/feeds"):
            yield operation


async def test_made_up_calls_are_answered_in_problems(http: Any) -> None:
    import asyncio

    loop = asyncio.get_running_loop()
    for operation in _calls(http.document):

        @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=st.one_of(operation.as_strategy()))
        def ask(case: Any) -> None:
            arguments = case.as_transport_kwargs()
            sent = {
                name: arguments[name] for name in ("method", "url", "params", "json", "data", "headers") if arguments.get(name) is not None
            }
            if isinstance(sent.get("data"), bytes | str):
                sent["content"] = sent.pop("data")
            sent["headers"] = {name: value for name, value in dict(sent.get("headers", {})).items() if name.lower() != "authorization"}
            answer = asyncio.run_coroutine_threadsafe(http.request(**sent), loop).result(60)
            assert answer.status_code != 500, (case, answer.text)
            if answer.status_code >= 400 and case.operation.path != "/readyz":
                assert answer.headers["content-type"] == "application/problem+json", (case, answer.text)
                # An answer to HEAD has its headers alone.
                assert case.method == "HEAD" or set(orjson.loads(answer.content)) >= OWN_WORDS
            assert "Traceback" not in answer.text

        await asyncio.to_thread(ask)

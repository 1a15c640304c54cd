"""The whole centre on servers of its own, for the benchmarks that measure from one end to the other."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from streams.local.kafka import EmbeddedKafka
from streams.local.postgres import EmbeddedPostgres
from tests.system import System, ending


def measured(measure: Callable[[System], Coroutine[Any, Any, None]], **fields: Any) -> None:
    """Run `measure` with a centre that has not been started; `fields` are those of its `System`. Everything is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with EmbeddedKafka(home / "kafka") as broker, EmbeddedPostgres(home / "postgres") as postgres:
            system = System(broker.bootstrap_servers, postgres.url, "bench", home / "ric", forks=False, **fields)
            with ending(system), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(measure(system))

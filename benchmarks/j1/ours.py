"""J1 on this project's engine: `faust -A benchmarks.j1.ours worker`."""

from collections.abc import Iterable

import mode.loop
from pydantic import ValidationError

from benchmarks.j1.job import digest, enriched, written
from schemas.channels import Channel
from streams.engine.effects import App, Effect, Emit, Record, Remember, Stage, State
from streams.engine.worker import build
from streams.settings import settings

CHANNELS = {
    name: Channel(name, "J1", "event", "Event", ("worker",), ("worker",), compact=name.endswith("changelog"))
    for name in ("in", "out", "refused", "j1.changelog")
}


def decide(record: Record, state: State) -> Iterable[Effect]:
    key, body = record.key, record.value
    assert key is not None
    assert body is not None
    try:
        found = enriched(body)
    except ValidationError:
        return (Emit("refused", key, body),)
    seen = digest(body)
    if state.get(key) == seen:
        return ()
    return Emit("out", key, written(body, found), partition=record.partition), Remember(key, seen)


def refuse(record: Record, reason: str) -> Iterable[Effect]:
    return (Emit("refused", record.key or b"", record.value),)


mode.loop.use("uvloop")
app = build(settings(), [App("j1", (Stage("j1", ("in",), decide, refuse, stateful=True),), writes=("out", "refused"))], CHANNELS)

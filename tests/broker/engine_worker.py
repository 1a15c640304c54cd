"""A worker for the engine's tests, with two small apps: `faust -A tests.broker.engine_worker worker`.

`relay` passes every record on; `counter` counts the records of each key. Some values misbehave; poison no more in release 2.
"""

import json
import os
import re
import resource
import time
from collections.abc import Iterator

import mode.loop

from schemas.channels import Channel
from streams.engine.effects import App, Effect, Emit, Record, Remember, Stage, State
from streams.engine.worker import build
from streams.settings import settings

CHANNELS = {
    channel.name: channel
    for channel in (
        Channel("in", "", "any", "any", ("gateway",), ("worker",)),
        Channel("bulk", "", "any", "any", ("gateway",), ("worker",)),
        Channel("inbound.{agency}", "", "any", "any", ("agency",), ("worker",), spread="one"),
        Channel("mid", "", "any", "any", ("worker",), ("worker",)),
        Channel("counted", "", "any", "any", ("worker",), ("projector",)),
        Channel("dead", "", "any", "any", ("worker",), ("projector",)),
        Channel("known", "", "any", "any", ("gateway",), ("worker",), spread="one", compact=True),
        Channel("counter.changelog", "", "any", "any", ("worker",), ("worker",), compact=True),
    )
}


MENDED = os.environ.get("RELEASE") == "2"


class Known:
    """What the channel `known` says of each key."""

    def __init__(self) -> None:
        self.by_key: dict[bytes, bytes] = {}

    def take(self, key: bytes, value: bytes | None) -> None:
        self.by_key.pop(key, None)
        if value is not None:
            self.by_key[key] = value


KNOWN = Known()


def relay(record: Record, state: State) -> Iterator[Effect]:
    value = record.value or b""
    if value.startswith(b"poison") and not MENDED:
        yield Emit("mid", b"never", b"of a record that fails nothing is written")
        raise ValueError("cannot read this")
    if value == b"sleeps":
        time.sleep(60)
    if value == b"backtracks":
        re.match(r"(a+)+$", "a" * 60 + "b")
    if value == b"devours":
        bytearray(8 * 1024**3)
    if value == b"kills":
        os.abort()
    if value == b"too large":
        yield Emit("mid", b"k", b"x" * 2_000_000)
    yield Emit("mid", record.key or b"", KNOWN.by_key.get(record.key or b"", b"nothing") if value == b"asks" else value)


def count(record: Record, state: State) -> Iterator[Effect]:
    number = int(state.get(record.key or b"") or 0) + 1
    yield Remember(record.key or b"", str(number).encode())
    answer = {"n": number, "of": (record.value or b"").decode(), "origin": record.origin, "channel": record.channel}
    yield Emit("counted", record.key or b"", json.dumps(answer).encode(), partition=record.partition)


def count_and_sign(record: Record, state: State) -> Iterator[Effect]:
    """The next release's `count`: it goes on from the same state, and says who counted."""
    for effect in count(record, state):
        yield (
            effect._replace(value=json.dumps(json.loads(effect.value or b"") | {"release": 2}).encode())
            if isinstance(effect, Emit)
            else effect
        )


def refuse(record: Record, reason: str) -> Iterator[Effect]:
    yield Emit("dead", record.origin.encode(), json.dumps({"reason": reason, "of": (record.value or b"").decode()}).encode())


INBOX = ("in", "bulk", "inbound.{agency}")

APPS = (
    App(
        "relay",
        (Stage("relay", INBOX, relay, refuse, bulk=("bulk",), tables={"known": KNOWN}, sender=lambda record: record.header("from")),),
        writes=("mid", "dead"),
    ),
    App(
        "counter",
        (Stage("count", ("mid",), count_and_sign if MENDED else count, refuse, stateful=True),),
        writes=("counted", "dead"),
    ),
)

if "MEMORY_LIMIT" in os.environ:
    resource.setrlimit(resource.RLIMIT_AS, (int(os.environ["MEMORY_LIMIT"]),) * 2)

if "RIC_KAFKA_BOOTSTRAP_SERVERS" in os.environ:
    mode.loop.use("uvloop")
    app = build(settings(), APPS, CHANNELS, float(os.environ.get("DECIDE_LIMIT_S", "10")))

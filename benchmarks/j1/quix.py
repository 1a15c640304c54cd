"""J1 on Quix Streams: `python -m benchmarks.j1.quix BROKER at-least-once|exactly-once STATE_DIR`."""

import sys
from typing import Any

from pydantic import ValidationError
from quixstreams import Application
from quixstreams.state import State

from benchmarks.j1.job import digest, enriched, written


def decide(body: bytes, state: State) -> bytes | None:
    try:
        found = enriched(body)
    except ValidationError:
        return None
    seen = digest(body).hex()
    if state.get("seen") == seen:
        return None
    state.set("seen", seen)
    return written(body, found)


def main(broker: str, guarantee: Any, state_dir: str) -> None:
    app = Application(
        broker_address=broker,
        consumer_group=f"quix-{guarantee}",
        processing_guarantee=guarantee,
        auto_offset_reset="earliest",
        state_dir=state_dir,
        auto_create_topics=True,
        loglevel="WARNING",
    )
    taken = app.topic("j1.in", value_deserializer="bytes", key_deserializer="bytes")
    out = app.topic("j1.out", value_serializer="bytes", key_serializer="bytes")
    frame = app.dataframe(taken)
    frame = frame.apply(decide, stateful=True).filter(lambda value: value is not None)
    frame.to_topic(out)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])

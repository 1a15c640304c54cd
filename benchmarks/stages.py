"""Microseconds a record for each stage, in one process, on simulated traffic.

`python benchmarks/stages.py [count] [seed]`. Processor time of the stages alone, without engine or broker. `seizures` are new reports
only; `traffic` is everything that a centre lives with.
"""

import gc
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import mean
from time import process_time

import orjson

from schemas.channels import KIND_CHANNELS
from streams.engine.effects import Emit, Record, Remember, Stage
from streams.reference.load import load
from streams.simulate.__main__ import cast
from streams.simulate.traffic import Message, Traffic
from streams.stages import deduplicate, intake, link
from streams.stages.enrich import enrich
from streams.stages.reading import decode, read

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class State:
    """What the engine's overlay is: a dict."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key)

    def inbox(self, offset: int) -> bytes:
        raise LookupError(f"no decision is in this traffic that would read record {offset} again")


def records(messages: Iterable[Message]) -> list[Record]:
    made = []
    for offset, message in enumerate(messages):
        try:
            report = orjson.loads(message.body)
            kind = report.get("withdraws") or report["kind"]
        except (orjson.JSONDecodeError, KeyError, AttributeError):
            kind = "seizure"
        channel = KIND_CHANNELS.get(kind, "seizures")
        headers = (("ric_agency", message.agency.encode()), ("ric_person", message.person.encode()))
        at = int((NOW + timedelta(milliseconds=offset)).timestamp() * 1000)
        made.append(Record(channel, f"live.{channel}", 0, offset, None, message.body, headers, at))
    return made


def run(name: str, stage: Stage, given: Sequence[Record]) -> list[Emit]:
    state, emits = State(), list[Emit]()
    written = Counter[str]()
    # What this benchmark keeps is not what a worker keeps.
    gc.collect()
    gc.freeze()
    start = process_time()
    for record in given:
        for effect in stage.decide(record, state):
            if isinstance(effect, Remember):
                state.values[effect.key] = effect.value
            else:
                emits.append(effect)
    took = process_time() - start
    for emit in emits:
        written[emit.channel] += 1
    print(f"{name:<26}{took / len(given) * 1e6:8.1f} us a record   {dict(written)}")
    return emits


def next_inbox(emits: Iterable[Emit], channel: str, at: int) -> list[Record]:
    chosen = [emit for emit in emits if emit.channel == channel]
    return [Record(channel, f"live.{channel}", 0, place, emit.key, emit.value, emit.headers, at) for place, emit in enumerate(chosen)]


def main() -> None:
    count, seed = (int(text) for text in [*sys.argv[1:], "20000", "7"][:2]) if len(sys.argv) < 3 else map(int, sys.argv[1:3])
    reference = load()
    reference.warm()
    clock = iter(NOW - timedelta(minutes=2 * (10 * count - step)) for step in range(10 * count))
    traffic = Traffic(seed, cast(reference.agencies), lambda: next(clock))
    messages = [message for message, _ in zip(traffic, range(count), strict=False)]
    everything = records(messages)
    seizures = [record for record, message in zip(everything, messages, strict=True) if message.about == "seizure"] or everything
    at = everything[-1].at
    print(f"seed {seed}: {count} messages, {mean(len(record.value or b'') for record in everything):.0f} bytes on average")
    print("about:", dict(Counter(message.about for message in messages)))
    start = process_time()
    for record in seizures:
        read(record.value or b"", decode(record.value))
    print(f"{'  decode, validate, digest':<26}{(process_time() - start) / len(seizures) * 1e6:8.1f} us a record")
    decoded = [decode(record.value) for record in seizures]
    gc.freeze()
    start = process_time()
    for report in decoded:
        enrich(report, reference)
    print(f"{'  enrich':<26}{(process_time() - start) / len(decoded) * 1e6:8.1f} us a record")
    for name, given in (("seizures", seizures), ("traffic", everything)):
        enriched = run(f"{name}: intake", intake.stage(load), given)
        current = run(f"{name}: reports", deduplicate.stage(), next_inbox(enriched, "reports.enriched", at))
        run(f"{name}: links", link.stage(), next_inbox(current, "sightings", at))


if __name__ == "__main__":
    main()

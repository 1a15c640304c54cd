"""J1 on Faust as it comes: `faust -A benchmarks.j1.plain_faust worker`, with J1_BROKER, J1_GUARANTEE and J1_DATA set."""

import os

import faust
from pydantic import ValidationError

from benchmarks.j1.job import PARTITIONS, digest, enriched, written

app = faust.App(
    "plain-faust",
    broker=f"kafka://{os.environ['J1_BROKER']}",
    store="rocksdb://",
    processing_guarantee=os.environ["J1_GUARANTEE"].replace("-", "_"),
    datadir=os.environ["J1_DATA"],
    topic_partitions=PARTITIONS,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
    key_serializer="raw",
    value_serializer="raw",
)
taken = app.topic("j1.in", key_type=bytes, value_type=bytes)
out = app.topic("j1.out", key_type=bytes, value_type=bytes)
seen = app.Table("seen", key_type=bytes, value_type=bytes, partitions=PARTITIONS)


@app.agent(taken)
async def decide(stream: faust.StreamT[bytes]) -> None:
    async for key, body in stream.items():
        try:
            found = enriched(body)
        except ValidationError:
            continue
        mark = digest(body)
        if seen.get(key) == mark:
            continue
        seen[key] = mark
        await out.send(key=key, value=written(body, found))

"""The least that moving J1's events through Python and Kafka costs: `getmany` to `send_batch` with nothing between.

`python -m benchmarks.j1.floor BROKER`. No transaction, no state, no validation; positions are not committed.
"""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

BATCH_BYTES = 512 * 1024


async def main(broker: str) -> None:
    consumer = AIOKafkaConsumer(
        "j1.in", bootstrap_servers=broker, group_id="floor", auto_offset_reset="earliest", max_partition_fetch_bytes=2 * 1024 * 1024
    )
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", max_batch_size=BATCH_BYTES)
    async with consumer, producer:
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=500, max_records=1_000)).items():
                batch = producer.create_batch()
                for record in records:
                    if batch.append(key=record.key, value=record.value, timestamp=None) is None:
                        await producer.send_batch(batch, "j1.out", partition=partition.partition)
                        batch = producer.create_batch()
                        batch.append(key=record.key, value=record.value, timestamp=None)
                await producer.send_batch(batch, "j1.out", partition=partition.partition)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

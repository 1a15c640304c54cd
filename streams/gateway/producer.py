"""Handing records to Kafka: on all in-sync replicas, or an honest answer that they may not be."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.channels import BY_NAME
from streams.kafka import UnsafeKafkaConnection, kafka_client_kwargs
from streams.settings import Settings

SILENCE_S = 4.0
MAX_BATCH_BYTES = 65_536
log = structlog.get_logger()

Headers = tuple[tuple[str, bytes], ...]


class KafkaUnreachable(Exception):
    """No record of the call was handed over: sending again is always right."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record for a declared channel."""

    channel: str
    key: str
    value: bytes
    headers: Headers


class Producer:
    """An idempotent producer with `acks=all` that comes back by itself. One a process; started when first needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kafka: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Stop, whatever waits."""
        if self._kafka is not None:
            self._replace(self._kafka)
        if self._closing:
            await asyncio.wait(self._closing)

    async def ready(self) -> None:
        """Ask the brokers for their state. Raises KafkaUnreachable."""
        try:
            async with asyncio.timeout(SILENCE_S):
                kafka = await self._started()
                await kafka.client.fetch_all_metadata()
        except (TimeoutError, KafkaError, OSError, UnsafeKafkaConnection) as error:
            raise KafkaUnreachable(str(error)) from error

    async def produce(self, records: Sequence[Outgoing]) -> list[str | None]:
        """The origin of each record once all in-sync replicas have it; None where that is unknown: it may or may not arrive.

        Waits while acknowledgements come, at most `SILENCE_S` without one. Raises KafkaUnreachable where nothing was handed over.
        """
        loop = asyncio.get_running_loop()
        sent: list[asyncio.Future[object]] = []
        kafka: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(SILENCE_S) as patience:
                kafka = await self._started()
                for record in records:
                    topic = BY_NAME[record.channel].topic(self._settings.space)
                    future = await kafka.send(topic, record.value, record.key.encode(), headers=list(record.headers))
                    future.add_done_callback(_retrieved)
                    sent.append(future)
                    patience.reschedule(loop.time() + SILENCE_S)
        except TimeoutError as error:
            log.warning("kafka does not take records", handed=len(sent), of=len(records))
            if not sent:
                raise KafkaUnreachable("the brokers do not answer") from error
        except (KafkaError, OSError, UnsafeKafkaConnection) as error:
            log.warning("kafka refused a record", error=type(error).__name__, handed=len(sent), of=len(records))
            if kafka is not None:
                self._replace(kafka)
            if not sent:
                raise KafkaUnreachable(type(error).__name__) from error
        await self._acknowledged(sent)
        if kafka is not None and any(future.done() and not future.cancelled() and future.exception() for future in sent):
            self._replace(kafka)
        return [_origin(future) for future in sent] + [None] * (len(records) - len(sent))

    async def _acknowledged(self, sent: Sequence[asyncio.Future[object]]) -> None:
        pending = {future for future in sent if not future.done()}
        while pending:
            done, pending = await asyncio.wait(pending, timeout=SILENCE_S, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                log.warning("kafka does not acknowledge", unknown=len(pending))
                return

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._kafka is None:
                kafka = AIOKafkaProducer(
                    **kafka_client_kwargs(self._settings),
                    client_id="ric-gateway",
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=int(SILENCE_S * 1000),
                    max_batch_size=MAX_BATCH_BYTES,
                    retry_backoff_ms=50,
                )
                try:
                    await kafka.start()
                except BaseException:
                    self._replace(kafka)
                    raise
                self._kafka = kafka
            return self._kafka

    def _replace(self, kafka: AIOKafkaProducer) -> None:
        """Use another producer from now on: after a fatal error (a lost sequence, say) one never works again."""
        if self._kafka is kafka:
            self._kafka = None
        task = asyncio.ensure_future(_stop(kafka))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _stop(kafka: AIOKafkaProducer) -> None:
    with suppress(TimeoutError, KafkaError, OSError):
        async with asyncio.timeout(SILENCE_S):
            await kafka.stop()


def _retrieved(future: asyncio.Future[object]) -> None:
    if not future.cancelled():
        future.exception()


def _origin(future: asyncio.Future[object]) -> str | None:
    if not future.done() or future.cancelled() or future.exception() is not None:
        return None
    found = future.result()
    # A batch that the broker had taken before is acknowledged without its offset: it is there, but where is unknown.
    offset = getattr(found, "offset", -1)
    return f"{getattr(found, 'topic', '')}/{getattr(found, 'partition', '')}/{offset}" if offset >= 0 else None

"""Settings to aiokafka connection arguments: the one place that decides how this installation may talk to Kafka."""

import asyncio
import ipaddress
import logging
import ssl
from typing import Any

from streams.settings import Settings

STOPS_WITHIN_S = 10.0
TOPICS_KNOWN_MS = 10_000
"""How long a member of a group believes what it was told of topics. A broker that has just come up may not know one yet: then nobody is
given its partitions until the group's leader asks again, which by aiokafka's own default it does after five minutes."""

log = logging.getLogger("streams.kafka")


class UnsafeKafkaConnection(ValueError):
    """The settings would send reports or credentials unprotected, or are incomplete."""


def bootstrap_servers(settings: Settings) -> list[str]:
    """The brokers as host:port. Raises UnsafeKafkaConnection where none is set."""
    servers = [server.strip() for server in (settings.kafka_bootstrap_servers or "").split(",") if server.strip()]
    if not servers:
        raise UnsafeKafkaConnection("RIC_KAFKA_BOOTSTRAP_SERVERS is not set: give host:port, or start everything with `ric up`")
    return servers


def kafka_client_kwargs(settings: Settings) -> dict[str, Any]:
    """`bootstrap_servers`, `security_protocol`, `ssl_context` and `sasl_…` for any aiokafka client.

    Raises UnsafeKafkaConnection for plaintext to another host (unless the network is trusted), for SASL without user or password,
    and for a client key without its certificate.
    """
    servers = bootstrap_servers(settings)
    kwargs: dict[str, Any] = {"bootstrap_servers": servers, "security_protocol": settings.kafka_security_protocol}
    if settings.kafka_security_protocol == "PLAINTEXT":
        _check_plaintext(servers, settings)
        return kwargs
    kwargs["ssl_context"] = _ssl_context(settings)
    if settings.kafka_security_protocol == "SASL_SSL":
        if settings.kafka_username is None or settings.kafka_password is None:
            raise UnsafeKafkaConnection("SASL_SSL needs RIC_KAFKA_USERNAME and RIC_KAFKA_PASSWORD")
        kwargs["sasl_mechanism"] = "SCRAM-SHA-512"
        kwargs["sasl_plain_username"] = settings.kafka_username
        kwargs["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return kwargs


async def stop(consumer: Any, within_s: float = STOPS_WITHIN_S) -> None:
    """Stop an aiokafka consumer, whatever becomes of it; return after `within_s` at the latest.

    In a task of its own: where a fetch waits to be tried again, aiokafka's `stop` ends with that fetch's CancelledError, and whoever called
    it would take himself for cancelled, and end without a word.
    """
    stopping = asyncio.ensure_future(_stopped(consumer))
    await asyncio.wait({stopping}, timeout=within_s)
    if not stopping.done():
        stopping.cancel()
    elif not stopping.cancelled() and (error := stopping.exception()) is not None:
        log.warning("a consumer did not stop in order: %s", type(error).__name__)


async def _stopped(consumer: Any) -> None:
    try:
        await consumer.stop()
    finally:
        # To which `stop` does not come then.
        await consumer._client.close()


def _check_plaintext(servers: list[str], settings: Settings) -> None:
    if settings.kafka_username is not None or settings.kafka_password is not None:
        raise UnsafeKafkaConnection("a Kafka user or password is set but RIC_KAFKA_SECURITY_PROTOCOL is PLAINTEXT: set SASL_SSL")
    if settings.trusted_network:
        return
    for server in servers:
        if not _is_loopback(server.rpartition(":")[0]):
            raise UnsafeKafkaConnection(
                f"PLAINTEXT to {server} would send reports readable over the network: set RIC_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL, "
                "or RIC_TRUSTED_NETWORK=1 where the network is inside one machine"
            )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.kafka_cafile)
    if settings.kafka_certfile is not None:
        context.load_cert_chain(settings.kafka_certfile, settings.kafka_keyfile)
    elif settings.kafka_keyfile is not None:
        raise UnsafeKafkaConnection("RIC_KAFKA_KEYFILE is set without RIC_KAFKA_CERTFILE: give the certificate that belongs to the key")
    return context

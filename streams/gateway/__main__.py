"""`python -m streams.gateway`: serve until SIGTERM."""

import asyncio
import ipaddress
import ssl
import sys
from types import FrameType

import structlog
import uvicorn
import uvloop

from streams.database import database_url
from streams.gateway.app import create_app, guarded
from streams.gateway.centre import Centre
from streams.gateway.ids import Ids
from streams.gateway.live import Tail
from streams.gateway.observe import configure_logging
from streams.gateway.producer import Producer
from streams.gateway.tokens import Keys
from streams.kafka import kafka_client_kwargs
from streams.reference.agencies import Agencies
from streams.settings import Settings, settings
from streams.store.queries import Store

GRACE_S = 5
MAX_CONNECTIONS = 2000
log = structlog.get_logger()


class UnsafeListener(ValueError):
    """The settings would send reports and sessions readable over the network."""


def check_listener(settings: Settings) -> None:
    """Raises UnsafeListener for another address than loopback without TLS, and for a certificate without its key."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise UnsafeListener("RIC_TLS_CERT and RIC_TLS_KEY belong together: set both")
    if settings.tls_cert is not None or settings.trusted_network:
        return
    try:
        loopback = settings.host == "localhost" or ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UnsafeListener(
            f"RIC_HOST is {settings.host}, which others can reach: set RIC_TLS_CERT and RIC_TLS_KEY, or listen on 127.0.0.1"
        )


class _Server(uvicorn.Server):
    """Ends the live feeds at the first signal, so that shutting down does not wait for them."""

    def __init__(self, config: uvicorn.Config, centre: Centre) -> None:
        super().__init__(config)
        self._centre = centre

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGTERM and SIGINT."""
        self._centre.tail.end_subscriptions()
        super().handle_exit(sig, frame)


async def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises UnsafeListener, UnsafeKafkaConnection and UnsafeDatabaseConnection."""
    check_listener(settings)
    kafka_client_kwargs(settings)
    url = database_url(settings)
    centre = Centre(
        settings=settings,
        keys=Keys.of(settings),
        ids=Ids.of(settings),
        agencies=Agencies(),
        producer=Producer(settings),
        tail=Tail(settings),
        store=await Store.open(url, settings.space),
    )
    config = uvicorn.Config(
        guarded(create_app(centre)),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )
    log.info("serving", host=settings.host, port=settings.port, space=settings.space, tls=settings.tls_cert is not None)
    await _Server(config, centre).serve()


def main() -> int:
    """Exit code 2 for settings that are wrong or unsafe."""
    chosen = settings()
    configure_logging(chosen)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(chosen))
    except ValueError as error:
        sys.stderr.write(f"the gateway cannot start: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

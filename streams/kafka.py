"""Settings to aiokafka connection arguments: the one place that decides how this installation may talk to Kafka, and says why it cannot."""

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import IllegalSaslStateError, KafkaConnectionError, KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from aiokafka.protocol.metadata import MetadataRequest

from streams.settings import Settings

STOPS_WITHIN_S = 10.0
TOPICS_KNOWN_MS = 10_000
"""How long a member of a group believes what it was told of topics. A broker that has just come up may not know one yet: then nobody is
given its partitions until the group's leader asks again, which by aiokafka's own default it does after five minutes."""

HEARTBEAT_S = 1.0

UNSEEN = "run `ric topics apply` first, and where there are access rules deploy/kafka/acls.sh"
"""What mends that the broker shows no topic: it is not there, or not ours to see."""
ANSWERS_WITHIN_S = 15.0
CLOSES_WITHIN_S = 1.0
EXPIRED, NOT_YET_VALID = 10, 9
OTHER_NAME = {62, 64}
"""OpenSSL's codes of what is wrong with a certificate (`X509_V_ERR_…`, openssl-verification-options); 62 of a name, 64 of an address."""

log = logging.getLogger("streams.kafka")


class UnsafeKafkaConnection(ValueError):
    """The settings would send reports or credentials unprotected, or are incomplete."""


class NoBroker(KafkaConnectionError):  # type: ignore[misc]
    """No broker of the settings can be talked to; of each, why not and what to mend. `passes`: waiting may mend it."""

    def __init__(self, why: str, passes: bool) -> None:
        super().__init__(why)
        self.passes = passes

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Greeting:
    """A broker's answer: all brokers of its cluster as host:port, and until when its certificate is valid (None without TLS)."""

    brokers: tuple[str, ...]
    valid_until: datetime | None


def heartbeat_s(session_s: float) -> float:
    """Seconds between a member's heartbeats. By one it learns that its group changes, and whoever joins waits for that."""
    return min(HEARTBEAT_S, session_s / 3)


def bootstrap_servers(settings: Settings) -> list[str]:
    """The brokers as host:port. Raises UnsafeKafkaConnection where none is set, and where one is something else."""
    servers = [server.strip() for server in (settings.kafka_bootstrap_servers or "").split(",") if server.strip()]
    if not servers:
        raise UnsafeKafkaConnection("RIC_KAFKA_BOOTSTRAP_SERVERS is not set: give host:port, or start everything with `ric up`")
    for server in servers:
        host, _, port = server.rpartition(":")
        if not (host and port.isdecimal() and 0 < int(port) < 65_536 and (":" in host) == host.startswith("[")):
            raise UnsafeKafkaConnection(f"RIC_KAFKA_BOOTSTRAP_SERVERS: {server} is no host:port, nor [IPv6 address]:port")
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


async def reach(kafka: Mapping[str, Any]) -> None:
    """Return once a broker of these has answered; `kafka` as from `kafka_client_kwargs`. Raises NoBroker.

    For before a client is started: aiokafka's own error then names the brokers, and what each said goes to its log alone.
    """
    asked = [asyncio.ensure_future(greet(server, kafka)) for server in kafka["bootstrap_servers"]]
    failed: defaultdict[str, list[str]] = defaultdict(list)
    passes = False
    try:
        for answer in asyncio.as_completed(asked):
            try:
                await answer
            except NoBroker as error:
                server, why = str(error).split(": ", 1)
                failed[why].append(server)
                passes |= error.passes
            else:
                return
    finally:
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    raise NoBroker("; ".join(f"{', '.join(sorted(servers))}: {why}" for why, servers in failed.items()), passes)


async def greet(server: str, kafka: Mapping[str, Any]) -> Greeting:
    """Ask one broker (host:port) for its cluster. Raises NoBroker."""
    host, _, port = server.rpartition(":")
    kafka = {name: value for name, value in kafka.items() if name != "bootstrap_servers"}
    connection = AIOKafkaConnection(host.strip("[]"), int(port), request_timeout_ms=int(ANSWERS_WITHIN_S * 1000), **kafka)
    connected = False
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            _, writer = await connection.connect()
            connected = True
            answer = await connection.send(MetadataRequest([]))
    except (KafkaError, OSError, ValueError) as error:
        connected = connected or isinstance(error, KafkaError)
        why, passes = _why(error, kafka)
        raise NoBroker(f"{server}: {why}", passes) from error
    finally:
        closed = connection.close()
        if connected:
            await asyncio.wait([closed], timeout=CLOSES_WITHIN_S)
    certificate = writer.get_extra_info("peercert")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC) if certificate else None
    return Greeting(tuple(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for _, host, port, *_ in answer.brokers), until)


def _why(error: BaseException, kafka: Mapping[str, Any]) -> tuple[str, bool]:
    """What went wrong, with the setting to mend, and whether waiting may mend it."""
    protocol = kafka["security_protocol"]
    cause = error.__cause__ if isinstance(error, KafkaConnectionError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _distrust(cause), False
    if isinstance(cause, ssl.SSLError) and "CERTIFICATE" in str(cause.reason):
        return f"wants a client certificate, or another than ours: see RIC_KAFKA_CERTFILE and RIC_KAFKA_KEYFILE ({cause.reason})", False
    if isinstance(cause, SaslAuthenticationFailed):
        user = kafka["sasl_plain_username"]
        return f"does not know the user {user} by this password: see RIC_KAFKA_USERNAME and RIC_KAFKA_PASSWORD", False
    if isinstance(cause, UnsupportedSaslMechanismError | IllegalSaslStateError):
        return "takes no SCRAM-SHA-512 on this port: RIC_KAFKA_BOOTSTRAP_SERVERS must name the port of its SASL_SSL listener", False
    if isinstance(cause, socket.gaierror | UnicodeError):
        return f"no host of this name is known: see RIC_KAFKA_BOOTSTRAP_SERVERS ({cause})", True
    if isinstance(cause, ConnectionRefusedError):
        return "nobody listens there: is the broker running, and the address right?", True
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWERS_WITHIN_S:g} s: is it running, and does the network let us there?", True
    # What an unlike listener does: it takes a greeting that it does not understand for nonsense, and closes.
    if protocol == "PLAINTEXT" and isinstance(cause, asyncio.IncompleteReadError):
        return "closed the connection. If that port speaks TLS: set RIC_KAFKA_SECURITY_PROTOCOL to SASL_SSL, or to SSL", True
    if protocol == "SSL" and isinstance(cause, asyncio.IncompleteReadError):
        return "closed the connection after TLS. If it wants a user and a password: set RIC_KAFKA_SECURITY_PROTOCOL to SASL_SSL", True
    if protocol != "PLAINTEXT" and isinstance(cause, ConnectionResetError | ssl.SSLError):
        return f"TLS did not begin: RIC_KAFKA_BOOTSTRAP_SERVERS must name the port of its {protocol} listener", True
    return f"{error or type(error).__name__}", True


def _distrust(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == EXPIRED:
        return "its certificate has expired: whoever runs the broker must renew it"
    if error.verify_code == NOT_YET_VALID:
        return "its certificate is not valid yet: is this machine's clock right?"
    if error.verify_code in OTHER_NAME:
        return f"{error.verify_message} RIC_KAFKA_BOOTSTRAP_SERVERS must call the broker by a name that is in its certificate"
    return f"its certificate is not signed by whom we trust: set RIC_KAFKA_CAFILE to the certificate of the CA ({error.verify_message})"


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
        if not is_loopback(server.rpartition(":")[0]):
            raise UnsafeKafkaConnection(
                f"PLAINTEXT to {server} would send reports readable over the network: set RIC_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL, "
                "or RIC_TRUSTED_NETWORK=1 where the network is inside one machine"
            )


def is_loopback(host: str) -> bool:
    """Whether what is sent to `host` stays on this machine; of a name but `localhost` nobody knows."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    for name, path in (("CAFILE", settings.kafka_cafile), ("CERTFILE", settings.kafka_certfile), ("KEYFILE", settings.kafka_keyfile)):
        _check_file(f"RIC_KAFKA_{name}", path)
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.kafka_cafile)
    except ssl.SSLError as error:
        raise UnsafeKafkaConnection(f"RIC_KAFKA_CAFILE: {settings.kafka_cafile} has no certificate (PEM) in it: {error.reason}") from error
    if settings.kafka_certfile is None and settings.kafka_keyfile is not None:
        raise UnsafeKafkaConnection("RIC_KAFKA_KEYFILE is set without RIC_KAFKA_CERTFILE: give the certificate that belongs to the key")
    if settings.kafka_certfile is not None:
        try:
            # Without a word for the key, OpenSSL would ask for it on the terminal.
            context.load_cert_chain(settings.kafka_certfile, settings.kafka_keyfile, password="")
        except ssl.SSLError as error:
            raise UnsafeKafkaConnection(
                f"RIC_KAFKA_CERTFILE and RIC_KAFKA_KEYFILE are no certificate and its unencrypted key (PEM): {error.reason or error}"
            ) from error
    return context


def _check_file(setting: str, path: Path | None) -> None:
    if path is None:
        return
    try:
        path.open("rb").close()
    except OSError as error:
        raise UnsafeKafkaConnection(f"{setting}: {path} cannot be read: {error.strerror}") from error

"""A broker with the deployment's own properties and access rules (deploy/kafka/README.md): brokers know each other by certificate, clients
speak SCRAM over TLS, and what no rule allows is refused."""

import asyncio
import secrets
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streams.kafka import NoBroker, greet, kafka_client_kwargs
from streams.local.kafka import BROKER_PROPERTIES, READY_WITHIN, EmbeddedKafka
from streams.local.process import ServerFailed, free_port, tail
from streams.settings import Settings

ADMIN = "ric-admin"
DEPLOYED = Path(__file__).parents[2] / "deploy" / "kafka"
ACLS_SH, PROPERTIES = DEPLOYED / "acls.sh", DEPLOYED / "broker.properties"
RESOURCES = {"--topic": 2, "--group": 3, "--cluster": 4, "--transactional-id": 5}
THE_CLUSTER = "kafka-cluster"
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10, "AlterConfigs": 11}
PATTERNS = {"literal": 3, "prefixed": 4}
ALLOW = 3
Rule = tuple[int, str, int, str, str, int, int]


class Authority:
    """A certificate authority, and what it signs, as PEM files in a folder."""

    def __init__(self, folder: Path, name: str = "centre") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} CA")])
        self.certificate = folder / f"{name}-ca.pem"
        signed = self._signed(self._name, self._key.public_key(), days=300, ca=True)
        self.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str, *, address: str = "127.0.0.1", days: int = 20) -> Path:
        """Key and certificate of a broker that is reached at `address`, for `days` from now (past where negative)."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        written = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ) + self._signed(subject, key.public_key(), days=days, address=address).public_bytes(serialization.Encoding.PEM)
        path = self._folder / f"{name}.pem"
        path.write_bytes(written)
        return path

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int, ca: bool = False, address: str | None = None
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if address is not None:
            try:
                name: x509.GeneralName = x509.IPAddress(ip_address(address))
            except ValueError:
                name = x509.DNSName(address)
            builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


class SecuredKafka(EmbeddedKafka):
    """As one of one broker. `bootstrap_servers` is the clients' listener, `brokers` their own; nobody must accept the certificates of
    `expired` and `elsewhere`."""

    def __init__(self, folder: Path, principals: tuple[str, ...]) -> None:
        super().__init__(folder)
        self._folder = folder
        self.passwords = {name: secrets.token_urlsafe(16) for name in (ADMIN, *principals)}
        self.authority = Authority(folder)
        self.brokers = self.expired = self.elsewhere = ""

    def client(self, principal: str, **changed: str) -> dict[str, Any]:
        """Settings of a process that is this principal."""
        return {
            "kafka_bootstrap_servers": self.bootstrap_servers,
            "kafka_security_protocol": "SASL_SSL",
            "kafka_cafile": str(self.authority.certificate),
            "kafka_username": principal,
            "kafka_password": self.passwords.get(principal, "unknown"),
            **changed,
        }

    def wait_ready(self, timeout: float = READY_WITHIN) -> None:
        """Return when the broker lets the administrator in and names itself."""
        process, deadline = self._running(), time.monotonic() + timeout
        kafka = kafka_client_kwargs(Settings(**self.client(ADMIN)))
        while True:
            with suppress(NoBroker):
                if asyncio.run(greet(self.bootstrap_servers, kafka)).brokers:
                    return
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerFailed(f"the secured broker did not start:\n{tail(self._logs / 'kafka.log', 40)}")
            time.sleep(0.05)

    async def allow(self, space: str, agencies: tuple[str, ...]) -> None:
        """Give what deploy/kafka/acls.sh asks Kafka's own tool for."""
        asked = [rule for call in _asked(space, agencies) for rule in _rules(shlex.split(call))]
        admin = AIOKafkaAdminClient(**kafka_client_kwargs(Settings(**self.client(ADMIN))))
        await admin.start()
        try:
            answer = await admin._send_request(_CreateAcls(asked))
            assert {code for code, *_ in answer.creation_responses} == {0}
        finally:
            await admin.close()

    def _choose_ports(self) -> None:
        super()._choose_ports()
        # Several questions may have one answer: nobody listens on any yet.
        ports = {self.port}
        while len(ports) < 5:
            ports.add(free_port())
        self.brokers, self.expired, self.elsewhere, controller = (f"127.0.0.1:{port}" for port in ports - {self.port})
        wrong = {"EXPIRED": self.expired, "ELSEWHERE": self.elsewhere}
        advertised = {"CLIENTS": self.bootstrap_servers, "BROKERS": self.brokers} | wrong
        shipped = dict(line.split("=", 1) for line in PROPERTIES.read_text().splitlines() if "=" in line and not line.startswith("#"))
        protocols = "listener.security.protocol.map"
        login = "listener.name.{}.scram-sha-512.sasl.jaas.config"
        own = {
            "log.dirs": str(self.data_dir / "log"),
            "listeners": ",".join(f"{name}://{at}" for name, at in (advertised | {"CONTROLLER": controller}).items()),
            "advertised.listeners": ",".join(f"{name}://{at}" for name, at in advertised.items()),
            "controller.quorum.voters": f"1@{controller}",
            protocols: ",".join((shipped[protocols], *(f"{name}:SASL_SSL" for name in wrong))),
            "ssl.keystore.location": str(self.authority.server("kafka-1")),
            "ssl.truststore.location": str(self.authority.certificate),
            "listener.name.expired.ssl.keystore.location": str(self.authority.server("expired", days=-1)),
            "listener.name.elsewhere.ssl.keystore.location": str(self.authority.server("elsewhere", address="kafka-9.example")),
            **{login.format(name.lower()): shipped[login.format("clients")] for name in wrong},
        }
        properties = shipped | BROKER_PROPERTIES | own
        self._properties_file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))

    def _format(self) -> None:
        users = [f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]" for name, password in self.passwords.items()]
        command = [*self._java("kafka.tools.StorageTool"), "format", f"--cluster-id={self._cluster_id()}", "-c", str(self._properties_file)]
        subprocess.run([*command, *users], capture_output=True, check=True)


class _CreateAcls(CreateAclsRequest):
    """Of all rules at once; aiokafka's own is of one."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules

    def build(self, request_struct_class: Any) -> Any:
        """The request on the wire."""
        return request_struct_class(self._rules)


def _asked(space: str, agencies: tuple[str, ...]) -> list[str]:
    variables = {"KAFKA_ACLS": "echo", "BOOTSTRAP": "-", "CONFIG": "-", "SPACE": space, "AGENCIES": " ".join(agencies)}
    return subprocess.run(["bash", str(ACLS_SH)], env=variables, capture_output=True, text=True, check=True).stdout.splitlines()


def _rules(words: list[str]) -> Iterator[Rule]:
    """A call of kafka-acls as the resources, names, patterns, principals, hosts, operations and permissions of the protocol."""
    options = [(word, after) for word, after in pairwise([*words, ""]) if word.startswith("--")]
    (principal,) = (value for name, value in options if name == "--allow-principal")
    pattern = next((value for name, value in options if name == "--resource-pattern-type"), "literal")
    for resource, name in ((RESOURCES[option], value or THE_CLUSTER) for option, value in options if option in RESOURCES):
        for operation in (value for option, value in options if option == "--operation"):
            yield resource, name, PATTERNS[pattern], principal, "*", OPERATIONS[operation], ALLOW

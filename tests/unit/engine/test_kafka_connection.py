"""What connection the settings allow."""

import asyncio
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from streams.kafka import NoBroker, UnsafeKafkaConnection, greet, kafka_client_kwargs
from streams.settings import Settings


@pytest.mark.parametrize("server", ["localhost:9092", "127.0.0.1:9092", "127.8.8.8:1", "[::1]:9092"])
def test_plaintext_to_this_machine_is_allowed(server: str) -> None:
    assert kafka_client_kwargs(Settings(kafka_bootstrap_servers=server)) == {
        "bootstrap_servers": [server],
        "security_protocol": "PLAINTEXT",
    }


def test_plaintext_to_another_host_is_refused_with_the_mend() -> None:
    with pytest.raises(UnsafeKafkaConnection, match=r"kafka-1:9092.*SASL_SSL"):
        kafka_client_kwargs(Settings(kafka_bootstrap_servers="localhost:9092, kafka-1:9092"))


@pytest.mark.parametrize("server", ["kafka-1", "kafka-1:", ":9094", "::1:9094", "SASL_SSL://kafka-1:9094", "kafka-1:94000"])
def test_what_is_no_host_and_port_is_named(server: str) -> None:
    with pytest.raises(UnsafeKafkaConnection, match=rf"RIC_KAFKA_BOOTSTRAP_SERVERS: {server} is no host:port"):
        kafka_client_kwargs(Settings(kafka_bootstrap_servers=f"kafka-2:9094,{server}", kafka_security_protocol="SSL"))


async def test_a_broker_that_ends_while_it_is_asked_is_not_taken_for_one_of_tls() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    async with await asyncio.start_server(reset, "127.0.0.1") as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(NoBroker) as told:
            await greet(f"127.0.0.1:{port}", {"security_protocol": "PLAINTEXT"})
    assert "TLS did not begin" not in str(told.value)
    assert told.value.passes


async def test_a_name_that_no_host_can_have_is_told_as_one_that_none_has() -> None:
    with pytest.raises(NoBroker, match=r"^kafka\.\.example:9094: no host of this name"):
        await greet("kafka..example:9094", {"security_protocol": "PLAINTEXT"})


def test_plaintext_on_a_trusted_network_is_allowed() -> None:
    kwargs = kafka_client_kwargs(Settings(kafka_bootstrap_servers="kafka-1:9092", trusted_network=True))
    assert kwargs["bootstrap_servers"] == ["kafka-1:9092"]


def test_credentials_never_travel_in_plaintext() -> None:
    with pytest.raises(UnsafeKafkaConnection, match="SASL_SSL"):
        kafka_client_kwargs(Settings(kafka_bootstrap_servers="localhost:9092", kafka_username="worker", kafka_password="x"))


def test_sasl_is_scram_over_tls() -> None:
    kwargs = kafka_client_kwargs(
        Settings(kafka_bootstrap_servers="kafka:9093", kafka_security_protocol="SASL_SSL", kafka_username="worker", kafka_password="x")
    )
    assert kwargs["sasl_mechanism"] == "SCRAM-SHA-512"
    assert kwargs["ssl_context"].check_hostname


def test_incomplete_settings_are_named() -> None:
    with pytest.raises(UnsafeKafkaConnection, match="RIC_KAFKA_BOOTSTRAP_SERVERS"):
        kafka_client_kwargs(Settings(kafka_bootstrap_servers=None))
    with pytest.raises(UnsafeKafkaConnection, match="RIC_KAFKA_PASSWORD"):
        kafka_client_kwargs(Settings(kafka_bootstrap_servers="kafka:9093", kafka_security_protocol="SASL_SSL", kafka_username="worker"))


def test_a_key_without_its_certificate_and_a_file_that_is_not_there_are_named(tmp_path: Path) -> None:
    given: dict[str, Any] = {"kafka_bootstrap_servers": "kafka:9093", "kafka_security_protocol": "SSL"}
    key = tmp_path / "client.key"
    with pytest.raises(UnsafeKafkaConnection, match=rf"RIC_KAFKA_KEYFILE: {key} cannot be read"):
        kafka_client_kwargs(Settings(**given, kafka_keyfile=key))
    key.write_text("no key")
    with pytest.raises(UnsafeKafkaConnection, match="RIC_KAFKA_CERTFILE"):
        kafka_client_kwargs(Settings(**given, kafka_keyfile=key))
    with pytest.raises(UnsafeKafkaConnection, match="no certificate and its unencrypted key"):
        kafka_client_kwargs(Settings(**given, kafka_keyfile=key, kafka_certfile=key))

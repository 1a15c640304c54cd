"""What connection the settings allow."""

from pathlib import Path
from typing import Any

import pytest

from streams.kafka import UnsafeKafkaConnection, kafka_client_kwargs
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

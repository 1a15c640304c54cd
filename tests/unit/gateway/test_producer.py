"""What the gateway says where it cannot hand a record to Kafka."""

from pathlib import Path

import pytest

from streams.gateway.producer import KafkaUnreachable, Outgoing, Producer
from streams.settings import Settings


async def test_while_a_certificate_is_being_replaced_kafka_is_away(tmp_path: Path) -> None:
    settings = Settings(kafka_bootstrap_servers="kafka-1:9094", kafka_security_protocol="SSL", kafka_cafile=tmp_path / "ca.pem")
    producer = Producer(settings)
    with pytest.raises(KafkaUnreachable, match="RIC_KAFKA_CAFILE"):
        await producer.ready()
    with pytest.raises(KafkaUnreachable):
        await producer.produce([Outgoing("seizures", "KG-SCNBC/1", b"{}", ())])
    await producer.close()

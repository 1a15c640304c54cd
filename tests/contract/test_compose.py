"""What `docker-compose.yml` promises: nothing open but here, no secret in a variable, bounds for memory, and the broker's settings."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.local.kafka import BROKER_PROPERTIES
from streams.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BROKERS = {name: service["environment"] for name, service in SERVICES.items() if name.startswith("kafka-")}
OTHERWISE = re.compile(
    r"replication\.factor|min\.(isr|insync)|node\.id|listener|^num\.|num\.partitions|cleaner|initial\.rebalance|unstable"
)
"""Properties that three brokers have otherwise than one on loopback: copies, addresses, and what spares a laptop."""


def variable(name: str) -> str:
    """A property as the official image reads it."""
    return "KAFKA_" + name.replace("_", "__").replace("-", "___").replace(".", "_").upper()


def test_ports_are_open_on_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_service_is_bounded_watched_and_waited_for() -> None:
    for name, service in SERVICES.items():
        assert "mem_limit" in service, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert ("healthcheck" in service) == (name != "provision"), name
    for name in ("worker", "projector", "clock", "gateway"):
        assert SERVICES[name]["depends_on"] == {"provision": {"condition": "service_completed_successfully"}}


def test_variables_are_settings_and_none_holds_a_secret() -> None:
    ours = {variable: value for service in SERVICES.values() for variable, value in service["environment"].items() if "RIC_" in variable}
    assert {name.removeprefix("RIC_").lower() for name in ours} <= Settings.model_fields.keys()
    secret = {f"RIC_{name.upper()}" for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)}
    assert "RIC_DATABASE_URL" in secret
    assert not secret & ours.keys()


def test_three_brokers_keep_three_copies_and_have_the_settings_of_the_embedded_one() -> None:
    assert len(BROKERS) == 3
    for environment in BROKERS.values():
        for name, value in BROKER_PROPERTIES.items():
            if not OTHERWISE.search(name):
                assert str(environment.get(variable(name))) == value, name
        for name in ("offsets.topic", "transaction.state.log", "default"):
            assert environment[variable(f"{name}.replication.factor")] == 3
        assert environment[variable("min.insync.replicas")] == environment[variable("transaction.state.log.min.isr")] == 2
        assert environment[variable("auto.create.topics.enable")] == "false"


def test_secrets_are_made_once_in_a_closed_folder_and_read_as_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # That of the tests' own database.
    monkeypatch.delenv("RIC_DATABASE_URL", raising=False)
    made = tmp_path / "deploy"
    made.mkdir()
    (made / "make-env.sh").write_bytes((ROOT / "deploy" / "make-env.sh").read_bytes())
    command = ["bash", str(made / "make-env.sh")]
    subprocess.run(command, check=True, capture_output=True)
    secrets = tmp_path / "secrets"
    assert {str(Path("secrets") / file.name) for file in secrets.iterdir()} == {secret["file"] for secret in COMPOSE["secrets"].values()}
    assert (secrets.stat().st_mode & 0o777, (tmp_path / ".env").stat().st_mode & 0o777) == (0o700, 0o600)
    password = (secrets / "postgres_password").read_text()
    assert password not in (tmp_path / ".env").read_text()
    read = Settings(_secrets_dir=secrets).database_url
    assert read is not None
    assert read.get_secret_value() == f"postgresql://ric:{password}@postgres:5432/ric"
    again = subprocess.run(command, check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert (secrets / "postgres_password").read_text() == password

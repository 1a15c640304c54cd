"""Settings of every process of the centre, from the environment: `RIC_` and the name in capitals."""

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.channels import SPACE_PATTERN

SECRETS = Path("/run/secrets")
"""Where container runtimes put secrets: what is in a file shows neither in `docker inspect` nor in a child's environment."""


def default_data_dir() -> Path:
    """`$XDG_DATA_HOME/ric`, or `~/.local/share/ric`."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "ric"


class Settings(BaseSettings):
    """What an installation may set. Every field is in `docs/settings.md`; a test fails when one is missing there."""

    model_config = SettingsConfigDict(env_prefix="RIC_", extra="ignore", secrets_dir=SECRETS if SECRETS.is_dir() else None)

    space: str = Field("live", pattern=SPACE_PATTERN, description="First word of every topic, group, transactional id and database schema.")
    data_dir: Path = Field(default_factory=default_data_dir, description="Where local servers, keys and worker state are kept.")
    port: int = Field(0, ge=0, le=65535, description="The gateway's port; 0 picks a free one.")
    host: str = Field("127.0.0.1", description="The gateway's address; anything but loopback needs tls_cert and tls_key.")
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM) of the gateway.")
    tls_key: Path | None = Field(None, description="Private key (PEM) of the gateway.")

    kafka_bootstrap_servers: str | None = Field(
        None, description="host:port,… of Kafka (4.0 or newer); unset starts the embedded broker (`ric up`)."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = Field(
        "PLAINTEXT", description="PLAINTEXT only to loopback or a trusted network."
    )
    kafka_cafile: Path | None = Field(None, description="CA certificates (PEM) for Kafka.")
    kafka_certfile: Path | None = Field(None, description="Client certificate (PEM) for Kafka.")
    kafka_keyfile: Path | None = Field(None, description="Client key (PEM) for Kafka.")
    kafka_username: str | None = Field(None, description="SCRAM-SHA-512 user, with SASL_SSL.")
    kafka_password: SecretStr | None = Field(None, description="SCRAM-SHA-512 password, with SASL_SSL.")
    trusted_network: bool = Field(False, description="Plaintext to other hosts is allowed: for a network inside one machine (compose).")
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://… ; to another host with `?sslmode=verify-full&sslrootcert=CA.pem`. "
        "Unset starts the embedded PostgreSQL (`ric up`).",
    )

    partitions: int = Field(4, ge=1, le=512, description="Partitions of every keyed topic; fixed when a space is installed.")
    replication: int = Field(1, ge=1, le=9, description="Copies of every partition; with 3 or more, two must acknowledge.")
    agencies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Agencies that may write to Kafka directly: one inbound topic each."
    )
    apps: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Apps that a worker runs, separated by commas, as `ric topology` names them; unset runs all."
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="A worker's, projector's or clock's port for GET /metrics, /readyz and /healthz; 0 serves none."
    )
    metrics_host: str = Field("127.0.0.1", description="The address of that port. It tells of no report, and asks for no token.")
    session_timeout_s: float = Field(10.0, gt=1, le=120, description="After this silence a worker's partitions go to others.")

    review_years: int = Field(
        3,
        ge=1,
        le=30,
        description="After so many years what has no term of its owner's is reviewed: is it still needed? Europol's three, from memory.",
    )
    clamd: str | None = Field(
        None, description="ClamAV's daemon, host:port or a socket's path: attachments wait for its verdict. Unset: they are not scanned."
    )
    desk_contact: str | None = Field(
        None, max_length=200, description="How the centre's duty desk is called: officers' phones keep it for when there is no line."
    )
    real_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Of an exercise: the live centre's address, told of REAL, NOT EXERCISE; `ric exercise` sets it.",
    )
    real_cafile: Path | None = Field(None, description="Of an exercise: CA certificates (PEM) for that address.")
    real_contact: str | None = Field(
        None, max_length=200, description="Of an exercise: how the live duty desk is called, shown beside REAL, NOT EXERCISE."
    )
    signing_keys: Path | None = Field(None, description="JWK set whose keys sign tokens; unset uses data_dir/keys.")
    log_format: Literal["text", "json"] = Field("text", description="How processes log.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="From which level processes log.")

    @field_validator("agencies", "apps", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


@cache
def settings() -> Settings:
    """The process's settings, read once. Raises pydantic.ValidationError naming the variable that is wrong."""
    return Settings()


def documentation() -> str:
    """`docs/settings.md`: every setting with its default, from the fields themselves."""
    lines = [
        "# Settings",
        "",
        "Environment variables that every process of the centre reads at its start. `ric up` sets those that its children need.",
        f"One that is unset may be a file in `{SECRETS}`, named as the variable is in small letters: `{SECRETS}/ric_database_url`.",
        "Written by `python -m streams.settings > docs/settings.md`; a test compares.",
        "",
        "| variable | default | what |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "`$XDG_DATA_HOME/ric`" if name == "data_dir" else f"`{field.default}`" if field.default not in (None, (), "") else "unset"
        lines.append(f"| `RIC_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(documentation(), end="")

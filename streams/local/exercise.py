"""The space of one exercise: its settings beside a centre's, and clearing it away. Nothing here ever touches another space."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from aiokafka.admin import AIOKafkaAdminClient
from psycopg import sql

from schemas.channels import EXERCISE, is_exercise
from streams.database import database_url
from streams.gateway.keyfile import write_secret
from streams.gateway.real import TOKEN
from streams.gateway.tokens import Keys, claims, issue
from streams.kafka import kafka_client_kwargs
from streams.local.process import is_owned, read_pid
from streams.settings import Settings
from streams.store.migrations import kept
from streams.store.visibility import CENTRE

KEPT = "kept"
CALLS_FOR = timedelta(days=31)
"""How long an exercise that is not started again may reach the live centre."""


def beside(centre: Settings, space: str) -> Settings:
    """Settings of the exercise space on the centre's servers: a data folder, keys, a port and everything named after the space of its own.

    Where `centre` names no servers, the exercise starts its own, in its own folder. Raises ValueError for another space's name.
    """
    if not is_exercise(space):
        raise ValueError(f"{space} is no exercise's: its name begins with {EXERCISE}")
    own = {
        "space": space,
        "data_dir": folders(centre) / space,
        "port": 0,
        "signing_keys": None,
        "partitions": 1,
        "agencies": (),
        "apps": (),
        "metrics_port": 0,
        # A real telephone is no exercise's.
        "desk_contact": None,
        "real_url": centre.real_url or _address(centre),
        "real_cafile": centre.real_cafile or centre.tls_cert,
    }
    return Settings.model_validate(centre.model_dump() | own)


def connect(centre: Settings, exercise: Settings) -> None:
    """Let officers in the exercise reach the live centre with REAL, NOT EXERCISE (decision 0813): a token that is good for that alone.

    Nothing where the centre has no keys here: then the exercise says how its duty desk is called, if it is told.
    """
    if centre.signing_keys is None and not (centre.data_dir / "keys" / "signing.jwks").is_file():
        return
    who = claims("real-alert", CENTRE, "", "operator", space=centre.space, lifetime=CALLS_FOR, now=datetime.now(UTC))
    path = exercise.data_dir / "keys" / TOKEN
    path.unlink(missing_ok=True)
    write_secret(path, issue(Keys.of(centre), who, "alert").encode())


def _address(centre: Settings) -> str | None:
    """Where the centre's gateway is, as far as is known here."""
    port = centre.port or read_pid(centre.data_dir / "port")
    return f"{'https' if centre.tls_cert else 'http'}://127.0.0.1:{port}" if port else None


def folders(centre: Settings) -> Path:
    """Where the exercises of a centre have their folders."""
    return centre.data_dir / "exercises"


def keep(exercise: Settings) -> None:
    """Mark the exercise's data: it is not cleared away."""
    exercise.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    (exercise.data_dir / KEPT).touch()


def left(centre: Settings) -> Iterator[Settings]:
    """Exercises that ended without clearing away, and were not to be kept."""
    for folder in sorted(folders(centre).glob(f"{EXERCISE}*")):
        if not (folder / KEPT).exists() and not is_owned(folder):
            yield beside(centre, folder.name)


async def clear(exercise: Settings) -> None:
    """Remove topics, tables and folder of the exercise, which must have ended. Groups without topics are the
    broker's to forget, which it does within minutes.

    Raises ValueError for a space that is none, KafkaError or psycopg.Error where a server does not answer: the folder then stays.
    """
    if not is_exercise(exercise.space) or exercise.data_dir.name != exercise.space:
        raise ValueError(f"{exercise.space} is no exercise space: nothing was removed")
    if is_owned(exercise.data_dir):
        raise ValueError(f"{exercise.space} still runs: nothing was removed")
    if exercise.kafka_bootstrap_servers and not (exercise.data_dir / "kafka").exists():
        await _drop_topics(exercise)
    if exercise.database_url is not None and not (exercise.data_dir / "postgres").exists():
        with psycopg.connect(database_url(exercise), autocommit=True, connect_timeout=10) as connection:
            for schema in (exercise.space, kept(exercise.space)):
                connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    shutil.rmtree(exercise.data_dir, ignore_errors=True)


async def _drop_topics(exercise: Settings) -> None:
    admin = AIOKafkaAdminClient(**kafka_client_kwargs(exercise))
    try:
        await admin.start()
        ours = [name for name in await admin.list_topics() if name.startswith(f"{exercise.space}.")]
        if ours:
            await admin.delete_topics(ours)
    finally:
        await admin.close()

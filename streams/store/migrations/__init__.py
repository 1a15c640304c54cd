"""The schemas' history: each step is a file in `versions/`, of what the topics do not determine in `kept/`."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine, text

_HERE = Path(__file__).parent


def kept(space: str) -> str:
    """The schema of what a rebuild leaves alone: attachments, which are in no topic. A space's name has no underscore."""
    return f"{space}_kept"


def migrate(database_url: str, space: str) -> None:
    """Bring the tables of `space` to the newest step. Any number of processes may call it at once: they take turns.

    Needs the right to create a schema and the extension pg_trgm. Raises sqlalchemy.exc.OperationalError where the database does not answer.
    """
    migrate_derived(database_url, space)
    _within(database_url, kept(space), lambda config: command.upgrade(config, "head"), steps="kept")


def migrate_derived(database_url: str, schema: str) -> None:
    """Bring the tables that the topics determine to the newest step in this schema alone."""
    _within(database_url, schema, lambda config: command.upgrade(config, "head"))


def downgrade(database_url: str, space: str, step: str) -> None:
    """Take the tables of `space` back to an earlier step (`-1`: the one before)."""
    _within(database_url, space, lambda config: command.downgrade(config, step))


def _within(database_url: str, space: str, act: Callable[[Config], None], steps: str = "versions") -> None:
    # By libpq's reading of the address, which knows of several hosts, and which `streams.database` has judged.
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database_url), poolclass=NullPool)
    with engine.begin() as connection:
        # One lock for all spaces: they share the extension.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ric migrate', 0))"))
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public"))
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{space}"'))
        connection.execute(text(f'SET LOCAL search_path TO "{space}", public'))
        config = Config()
        config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
        config.set_main_option("version_locations", str(_HERE / steps).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
        config.attributes.update(connection=connection, space=space)
        act(config)

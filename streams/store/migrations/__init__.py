"""The schema's history: each step is a file in `versions/`."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine, make_url, text

_HERE = Path(__file__).parent


def migrate(database_url: str, space: str) -> None:
    """Bring the tables of `space` to the newest step, in one transaction. Any number of processes may call it at once: they take turns.

    Needs the right to create a schema and the extension pg_trgm. Raises sqlalchemy.exc.OperationalError where the database does not answer.
    """
    _within(database_url, space, lambda config: command.upgrade(config, "head"))


def downgrade(database_url: str, space: str, step: str) -> None:
    """Take the tables of `space` back to an earlier step (`-1`: the one before)."""
    _within(database_url, space, lambda config: command.downgrade(config, step))


def _within(database_url: str, space: str, act: Callable[[Config], None]) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.begin() as connection:
        # One lock for all spaces: they share the extension.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('ric migrate', 0))"))
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public"))
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{space}"'))
        connection.execute(text(f'SET LOCAL search_path TO "{space}", public'))
        config = Config()
        config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
        config.attributes.update(connection=connection, space=space)
        act(config)

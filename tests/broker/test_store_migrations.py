"""The steps lead to the tables that the code expects, and back."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import create_engine, make_url, text

from streams.local.process import free_port
from streams.store.migrations import downgrade, migrate
from streams.store.tables import metadata


def shape(url: str, schema: str) -> list[str]:
    """Columns, constraints and indexes, without the schema's name."""
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path TO public")
        columns = connection.execute(
            "SELECT concat_ws(' ', table_name, column_name, udt_name, is_nullable, column_default) FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name <> 'alembic_version'",
            (schema,),
        ).fetchall()
        constraints = connection.execute(
            "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = %s::regnamespace AND contype <> 'n' AND conname NOT LIKE 'alembic%%'",
            (f'"{schema}"',),
        ).fetchall()
        indexes = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = %s AND tablename <> 'alembic_version'", (schema,)
        ).fetchall()
    return sorted(line.replace(f'"{schema}".', "").replace(f"{schema}.", "") for (line,) in columns + constraints + indexes)


def test_from_nothing_the_steps_make_the_tables_of_the_code(postgres_url: str, space: str) -> None:
    migrate(postgres_url, space)
    engine = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {space}meta"))
        connection.execute(text(f"SET LOCAL search_path TO {space}meta, public"))
        metadata.create_all(connection, checkfirst=False)
    engine.dispose()
    expected = shape(postgres_url, f"{space}meta")
    assert len(expected) > 80
    assert shape(postgres_url, space) == expected


def test_a_database_on_several_hosts_is_migrated_where_it_answers(postgres_url: str, space: str) -> None:
    address = urlsplit(postgres_url)
    user, _, server = address.netloc.rpartition("@")
    several = address._replace(netloc=f"{user}@127.0.0.1:{free_port()},{server}").geturl()
    migrate(several, space)
    assert shape(several, space)


def test_the_newest_step_can_be_undone_and_done_again(postgres_url: str, space: str) -> None:
    migrate(postgres_url, space)
    before = shape(postgres_url, space)
    downgrade(postgres_url, space, "-1")
    assert shape(postgres_url, space) != before
    migrate(postgres_url, space)
    assert shape(postgres_url, space) == before


def test_processes_that_migrate_at_once_take_turns(postgres_url: str, space: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: migrate(postgres_url, space), range(4)))
    assert shape(postgres_url, space)


def test_a_space_with_a_hyphen_has_tables_of_its_own(postgres_url: str, space: str) -> None:
    migrate(postgres_url, f"{space}-exercise")
    assert shape(postgres_url, f"{space}-exercise")

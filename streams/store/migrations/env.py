"""Alembic's entry: runs the steps on the connection that `migrate` gives, inside its transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=context.config.attributes["space"],
)
context.run_migrations()

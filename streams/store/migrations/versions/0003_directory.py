"""The directory of competent authorities: what stands, and each change."""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = """
CREATE TABLE directory (
    key TEXT NOT NULL,
    number BIGINT NOT NULL,
    authority TEXT NOT NULL,
    country TEXT,
    body JSON NOT NULL,
    CONSTRAINT directory_pkey PRIMARY KEY (key)
);
CREATE INDEX directory_of_country ON directory (country, key);
CREATE TABLE directory_changes (
    key TEXT NOT NULL,
    number BIGINT NOT NULL,
    body JSON NOT NULL,
    CONSTRAINT directory_changes_pkey PRIMARY KEY (key, number)
);
"""

TABLES = ("directory", "directory_changes")


def upgrade() -> None:
    for statement in UP.strip().rstrip(";").split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

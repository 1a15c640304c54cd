"""Controlled deliveries: what stands, the forms, the timelines."""

from alembic import op

revision = "0002"
down_revision = "0001"

UP = """
CREATE TABLE deliveries (
    delivery_uuid UUID NOT NULL,
    version BIGINT NOT NULL,
    delivery TEXT NOT NULL,
    open BOOLEAN NOT NULL,
    agencies TEXT[] NOT NULL,
    named TEXT[] NOT NULL,
    members TEXT[] NOT NULL,
    body JSON NOT NULL,
    CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_uuid)
);
CREATE INDEX deliveries_of_agencies ON deliveries USING gin (agencies);
CREATE INDEX deliveries_of_members ON deliveries USING gin (members);
CREATE TABLE delivery_events (
    delivery_uuid UUID NOT NULL,
    restricted BOOLEAN NOT NULL,
    number BIGINT NOT NULL,
    received TIMESTAMP WITH TIME ZONE NOT NULL,
    audience TEXT[],
    body JSON NOT NULL,
    CONSTRAINT delivery_events_pkey PRIMARY KEY (delivery_uuid, restricted, number)
);
CREATE TABLE delivery_forms (
    delivery_uuid UUID NOT NULL,
    version BIGINT NOT NULL,
    body JSON NOT NULL,
    CONSTRAINT delivery_forms_pkey PRIMARY KEY (delivery_uuid)
);
"""

TABLES = ("deliveries", "delivery_events", "delivery_forms")


def upgrade() -> None:
    for statement in UP.strip().rstrip(";").split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

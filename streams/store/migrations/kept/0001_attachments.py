"""Uploads, their bytes, and what of them others get."""

from alembic import op

revision = "0001"
down_revision = None

UP = """
CREATE TABLE uploads (
    upload UUID NOT NULL,
    delivery_uuid UUID NOT NULL,
    agency TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT,
    sha256 TEXT NOT NULL,
    length BIGINT NOT NULL,
    received BIGINT NOT NULL DEFAULT 0,
    created TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    expires TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL DEFAULT 'open',
    code TEXT,
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    examine_at TIMESTAMP WITH TIME ZONE,
    media_type TEXT,
    width INTEGER,
    height INTEGER,
    shown_bytes BIGINT,
    scanned BOOLEAN,
    thumbnail BYTEA,
    named BOOLEAN NOT NULL DEFAULT FALSE,
    CONSTRAINT uploads_pkey PRIMARY KEY (upload),
    CONSTRAINT uploads_state CHECK (state IN ('open', 'received', 'ready', 'refused')),
    CONSTRAINT uploads_received CHECK (received BETWEEN 0 AND length)
);
CREATE UNIQUE INDEX uploads_same ON uploads (delivery_uuid, agency, person, sha256) WHERE state <> 'refused';
CREATE INDEX uploads_of_officer ON uploads (agency, person, created);
CREATE INDEX uploads_of_delivery ON uploads (delivery_uuid, created);
CREATE INDEX uploads_waiting ON uploads (examine_at) WHERE state = 'received';
CREATE INDEX uploads_expiring ON uploads (expires) WHERE NOT named;
CREATE TABLE upload_bytes (
    upload UUID NOT NULL,
    shown BOOLEAN NOT NULL,
    start BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    CONSTRAINT upload_bytes_pkey PRIMARY KEY (upload, shown, start),
    CONSTRAINT upload_bytes_upload_fkey FOREIGN KEY (upload) REFERENCES uploads ON DELETE CASCADE
);
ALTER TABLE upload_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TABLE originals_asked (
    upload UUID NOT NULL,
    agency TEXT NOT NULL,
    CONSTRAINT originals_asked_pkey PRIMARY KEY (upload, agency),
    CONSTRAINT originals_asked_upload_fkey FOREIGN KEY (upload) REFERENCES uploads ON DELETE CASCADE
);
"""

TABLES = ("originals_asked", "upload_bytes", "uploads")


def upgrade() -> None:
    for statement in UP.strip().rstrip(";").split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

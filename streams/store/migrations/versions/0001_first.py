"""The first tables."""

from alembic import op

revision = "0001"
down_revision = None

UP = """
CREATE TABLE idempotency (
    agency TEXT NOT NULL,
    person TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    media_type TEXT,
    answer JSON NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT idempotency_pkey PRIMARY KEY (agency, person, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
CREATE TABLE incidents (
    proposal UUID NOT NULL,
    version BIGINT NOT NULL,
    first UUID NOT NULL,
    second UUID NOT NULL,
    status TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    body JSON NOT NULL,
    CONSTRAINT incidents_pkey PRIMARY KEY (proposal)
);
CREATE INDEX incidents_first ON incidents (first);
CREATE INDEX incidents_newest ON incidents (at DESC, proposal DESC);
CREATE INDEX incidents_second ON incidents (second);
CREATE TABLE projector_offsets (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next BIGINT NOT NULL,
    first_at BIGINT,
    CONSTRAINT projector_offsets_pkey PRIMARY KEY (topic, partition)
);
CREATE TABLE receipts (
    receipt UUID NOT NULL,
    agency TEXT NOT NULL,
    status TEXT NOT NULL,
    originator TEXT,
    report_id TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    body JSON NOT NULL,
    CONSTRAINT receipts_pkey PRIMARY KEY (receipt)
);
CREATE INDEX receipts_newest ON receipts (agency, at DESC, receipt DESC);
CREATE INDEX receipts_of_report ON receipts (originator, report_id);
CREATE INDEX receipts_with_status ON receipts (agency, status, at DESC, receipt DESC);
CREATE TABLE rejected (
    letter UUID NOT NULL,
    agency TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    body JSON NOT NULL,
    key_base64 TEXT,
    value_base64 TEXT,
    CONSTRAINT rejected_pkey PRIMARY KEY (letter)
);
CREATE INDEX rejected_newest ON rejected (at DESC, letter DESC);
CREATE INDEX rejected_of_agency ON rejected (agency, at DESC, letter DESC);
CREATE TABLE report_identifiers (
    report_uuid UUID NOT NULL,
    version BIGINT NOT NULL,
    field TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    number TEXT NOT NULL,
    valid BOOLEAN,
    strong BOOLEAN NOT NULL,
    CONSTRAINT report_identifiers_pkey PRIMARY KEY (report_uuid, field, key)
);
CREATE INDEX report_identifiers_key ON report_identifiers (key);
CREATE INDEX report_identifiers_number ON report_identifiers (number);
CREATE TABLE report_substances (
    report_uuid UUID NOT NULL,
    version BIGINT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    group_name TEXT NOT NULL,
    kg NUMERIC,
    CONSTRAINT report_substances_pkey PRIMARY KEY (report_uuid, slug)
);
CREATE TABLE reports (
    report_uuid UUID NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    originator TEXT NOT NULL,
    report_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    withdrawn BOOLEAN NOT NULL,
    tlp TEXT NOT NULL,
    recipients TEXT[] NOT NULL,
    countries TEXT[] NOT NULL,
    held BOOLEAN NOT NULL,
    embargo_until TIMESTAMP WITH TIME ZONE,
    hold JSON,
    received TIMESTAMP WITH TIME ZONE NOT NULL,
    occurred_start TIMESTAMP WITH TIME ZONE NOT NULL,
    occurred_end TIMESTAMP WITH TIME ZONE NOT NULL,
    country TEXT,
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,
    substances TEXT[] NOT NULL,
    search_text TEXT NOT NULL,
    CONSTRAINT reports_pkey PRIMARY KEY (report_uuid)
);
CREATE INDEX reports_at ON reports (lat, lon) WHERE lat IS NOT NULL;
CREATE INDEX reports_held ON reports (report_uuid) WHERE held OR embargo_until IS NOT NULL;
CREATE INDEX reports_in_country ON reports (country, occurred_start DESC, report_uuid DESC);
CREATE INDEX reports_newest ON reports (occurred_start DESC, report_uuid DESC, occurred_end);
CREATE INDEX reports_of_agency ON reports (originator, occurred_start DESC, report_uuid DESC);
CREATE INDEX reports_of_kind ON reports (kind, occurred_start DESC, report_uuid DESC);
CREATE INDEX reports_received ON reports (received);
CREATE INDEX reports_search_text ON reports USING gin (search_text gin_trgm_ops);
CREATE INDEX reports_substances ON reports USING gin (substances);
CREATE TABLE revisions (
    report_uuid UUID NOT NULL,
    revision INTEGER NOT NULL,
    version BIGINT NOT NULL,
    disposition TEXT NOT NULL,
    received TIMESTAMP WITH TIME ZONE NOT NULL,
    receipt UUID NOT NULL,
    digest TEXT NOT NULL,
    sender JSON NOT NULL,
    summary JSON NOT NULL,
    report JSON NOT NULL,
    enrichment JSON,
    CONSTRAINT revisions_pkey PRIMARY KEY (report_uuid, revision)
);
CREATE INDEX revisions_receipt ON revisions (receipt);
CREATE TABLE search_words (
    word TEXT NOT NULL,
    CONSTRAINT search_words_pkey PRIMARY KEY (word)
);
CREATE INDEX search_words_trigrams ON search_words USING gin (word gin_trgm_ops);
"""

TABLES = (
    "idempotency",
    "incidents",
    "projector_offsets",
    "receipts",
    "rejected",
    "report_identifiers",
    "report_substances",
    "reports",
    "revisions",
    "search_words",
)


def upgrade() -> None:
    for statement in UP.strip().rstrip(";").split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

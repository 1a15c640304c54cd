"""What was decided when a term of keeping was reached: by whom, when and why. Rows are only ever added."""

from alembic import op

revision = "0002"
down_revision = "0001"

UP = """
CREATE TABLE retention_decisions (
    decision BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    subject UUID NOT NULL,
    act TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    person TEXT NOT NULL,
    because TEXT NOT NULL,
    due TIMESTAMP WITH TIME ZONE NOT NULL,
    due_act TEXT NOT NULL,
    CONSTRAINT retention_decisions_pkey PRIMARY KEY (decision),
    CONSTRAINT retention_decisions_kind CHECK (kind IN ('report', 'delivery')),
    CONSTRAINT retention_decisions_act CHECK (act IN ('keep', 'remove'))
);
CREATE INDEX retention_decisions_of ON retention_decisions (subject, act, at);
"""


def upgrade() -> None:
    for statement in UP.strip().rstrip(";").split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("retention_decisions")

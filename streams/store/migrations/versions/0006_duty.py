"""Who answers for each open item, and who is on duty."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE duty (
    key TEXT NOT NULL,
    number BIGINT NOT NULL,
    open BOOLEAN NOT NULL,
    body JSON NOT NULL,
    CONSTRAINT duty_pkey PRIMARY KEY (key)
)
"""
    )
    op.execute("CREATE INDEX duty_open ON duty (key) WHERE open")


def downgrade() -> None:
    op.drop_table("duty")

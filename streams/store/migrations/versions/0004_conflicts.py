"""Deliveries that come near each other."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE conflicts (
    conflict UUID NOT NULL,
    version BIGINT NOT NULL,
    first UUID NOT NULL,
    second UUID NOT NULL,
    open BOOLEAN NOT NULL,
    body JSON NOT NULL,
    CONSTRAINT conflicts_pkey PRIMARY KEY (conflict)
)
"""
    )


def downgrade() -> None:
    op.drop_table("conflicts")

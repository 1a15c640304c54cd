"""Whoever may be granted a report, by an index: for those who may see few of all."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("CREATE INDEX reports_reach ON reports USING gin ((recipients || countries || ARRAY[originator, tlp]))")


def downgrade() -> None:
    op.execute("DROP INDEX reports_reach")

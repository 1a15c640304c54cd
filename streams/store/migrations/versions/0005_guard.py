"""The guard of live deliveries: for whom alone a report is there."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE reports ADD COLUMN guarded_for TEXT[]")


def downgrade() -> None:
    op.drop_column("reports", "guarded_for")

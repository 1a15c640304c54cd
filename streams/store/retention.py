"""What the tables forget when the topics do, so that a store made again is the same."""

from datetime import UTC, datetime, timedelta

from psycopg import sql

from schemas.channels import BY_NAME
from streams.store.writing import Connection

_KEPT_FOR_A_TIME = {
    table: timedelta(milliseconds=BY_NAME[channel].retention_ms)
    for table, channel in (("receipts", "receipts"), ("rejected", "reports.rejected"))
}


async def forget(connection: Connection) -> int:
    """Delete the rows that are older than their channel keeps records; how many. The caller commits."""
    now, deleted = datetime.now(UTC), 0
    for table, kept in _KEPT_FOR_A_TIME.items():
        found = await connection.execute(sql.SQL("DELETE FROM {} WHERE at < %s").format(sql.Identifier(table)), (now - kept,))
        deleted += found.rowcount
    return deleted

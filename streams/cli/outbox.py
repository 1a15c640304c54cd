"""The outbox: reports are on disk before they are sent, and stay there until the centre has answered for them.

A crash at any moment loses nothing and doubles nothing: a batch keeps its members and its Idempotency-Key until it is answered, and a
report that nevertheless arrives twice has the same identity, so the centre answers `duplicate`.
"""

import json
import os
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.cli.failures import Exit, Failure

MOST_BYTES = 256 * 1024 * 1024
BATCH_REPORTS = 200
BATCH_BYTES = 2 * 1024 * 1024
KEPT_RECEIPTS = 100_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS reports (
    number INTEGER PRIMARY KEY AUTOINCREMENT, destination TEXT NOT NULL, body BLOB NOT NULL, batch TEXT,
    stored TEXT NOT NULL DEFAULT (datetime())
) STRICT;
CREATE INDEX IF NOT EXISTS reports_waiting ON reports (destination, number);
CREATE TABLE IF NOT EXISTS refused (
    number INTEGER PRIMARY KEY, destination TEXT NOT NULL, body BLOB NOT NULL, problems TEXT NOT NULL,
    refused TEXT NOT NULL DEFAULT (datetime())
) STRICT;
CREATE TABLE IF NOT EXISTS receipts (
    number INTEGER PRIMARY KEY, destination TEXT NOT NULL, receipt TEXT NOT NULL, sent TEXT NOT NULL DEFAULT (datetime())
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Reports that are sent together, always under the same key. `numbers` are their places in the outbox."""

    key: str
    numbers: tuple[int, ...]
    bodies: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A report that the centre will not take as it is."""

    number: int
    body: bytes
    problems: tuple[dict[str, Any], ...]
    refused: str


class Outbox:
    """One file, for one user. Safe for several processes at once; `sending` lets one of them send at a time."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._most_bytes = path, most_bytes
        self._database = _open(path)
        # FULL: a commit is on the disk when it returns, also when the power goes.
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> "Outbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def store(self, destination: str, bodies: Sequence[bytes]) -> list[int]:
        """Keep reports, durably, in order, all or none. Returns their numbers. Raises Failure when the outbox is full."""
        with self._transaction() as database:
            held = database.execute("SELECT coalesce(sum(length(body)), 0) FROM reports").fetchone()[0]
            if held + sum(map(len, bodies)) > self._most_bytes:
                raise Failure(
                    f"the outbox is full ({held >> 20} MB wait); nothing of this call was stored",
                    "send what waits when there is a connection: ric publish --flush",
                    Exit.UNREACHABLE,
                )
            sql = "INSERT INTO reports (destination, body) VALUES (?, ?) RETURNING number"
            return [database.execute(sql, (destination, body)).fetchone()[0] for body in bodies]

    def waiting(self, destination: str | None = None) -> dict[str, int]:
        """How many reports wait, by destination."""
        rows = self._database.execute("SELECT destination, count(*) FROM reports GROUP BY destination").fetchall()
        return {name: count for name, count in rows if destination in (None, name)}

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Be the only sender; False where another process sends now. The lock is the operating system's, so a crash releases it."""
        lock = _open(self._path.with_name(self._path.name + ".sending"), timeout=0)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            lock.close()
            yield False
            return
        try:
            yield True
        finally:
            lock.close()

    def next_batch(self, destination: str) -> Batch | None:
        """The batch to send now: one begun earlier, exactly as it was, else a new one of the oldest reports. Its key is on disk first."""
        with self._transaction() as database:
            sql = "SELECT batch FROM reports WHERE destination = ? ORDER BY number LIMIT 1"
            first = database.execute(sql, (destination,)).fetchone()
            if first is None:
                return None
            if first[0] is not None:
                sql = "SELECT number, body FROM reports WHERE destination = ? AND batch = ? ORDER BY number"
                members = database.execute(sql, (destination, first[0])).fetchall()
                return Batch(first[0], tuple(number for number, _ in members), tuple(body for _, body in members))
            sql = "SELECT number, body FROM reports WHERE destination = ? AND batch IS NULL ORDER BY number LIMIT ?"
            chosen: list[tuple[int, bytes]] = []
            for number, body in database.execute(sql, (destination, BATCH_REPORTS)).fetchall():
                if chosen and sum(len(each) for _, each in chosen) + len(body) > BATCH_BYTES:
                    break
                chosen.append((number, body))
            return self._assign(database, chosen)

    @staticmethod
    def _assign(database: sqlite3.Connection, members: list[tuple[int, bytes]]) -> Batch:
        key = f"outbox-{uuid.uuid4()}"
        database.executemany("UPDATE reports SET batch = ? WHERE number = ?", [(key, number) for number, _ in members])
        return Batch(key, tuple(number for number, _ in members), tuple(body for _, body in members))

    def divide(self, batch: Batch) -> None:
        """Give each member a batch of its own: the whole was refused, so that none of it was taken, and one of them is the reason."""
        with self._transaction() as database:
            for number, body in zip(batch.numbers, batch.bodies, strict=True):
                self._assign(database, [(number, body)])

    def settle(self, destination: str, batch: Batch, receipts: Sequence[dict[str, Any]]) -> None:
        """The centre has answered: take the reports out, keep their receipts, set the refused ones apart. One transaction."""
        with self._transaction() as database:
            for number, body, receipt in zip(batch.numbers, batch.bodies, receipts, strict=True):
                if database.execute("DELETE FROM reports WHERE number = ?", (number,)).rowcount == 0:
                    continue
                sql = "INSERT INTO receipts (number, destination, receipt) VALUES (?, ?, ?)"
                database.execute(sql, (number, destination, json.dumps(receipt)))
                if receipt.get("status") == "rejected":
                    sql = "INSERT INTO refused (number, destination, body, problems) VALUES (?, ?, ?, ?)"
                    database.execute(sql, (number, destination, body, json.dumps(receipt.get("problems") or [])))
            database.execute("DELETE FROM receipts WHERE number <= (SELECT max(number) FROM receipts) - ?", (KEPT_RECEIPTS,))

    def done(self, batch: Batch) -> None:
        """The centre has these, and there is nothing to keep of its answer."""
        with self._transaction() as database:
            database.executemany("DELETE FROM reports WHERE number = ?", [(number,) for number in batch.numbers])

    def trim(self, destination: str, most: int) -> int:
        """Drop the oldest of what waits beyond so many; how many they were."""
        with self._transaction() as database:
            sql = (
                "DELETE FROM reports WHERE destination = ?1 AND number <="
                " (SELECT number FROM reports WHERE destination = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)"
            )
            return database.execute(sql, (destination, most)).rowcount

    def expire(self, days: int) -> None:
        """Drop what has waited for longer."""
        with self._transaction() as database:
            database.execute("DELETE FROM reports WHERE stored < datetime('now', ?)", (f"-{days} days",))

    def bodies(self, destination: str) -> list[bytes]:
        """What waits, oldest first."""
        sql = "SELECT body FROM reports WHERE destination = ? ORDER BY number"
        return [body for (body,) in self._database.execute(sql, (destination,))]

    def receipts(self, destination: str, numbers: Sequence[int]) -> list[dict[str, Any] | None]:
        """What the centre answered for these reports; None for one that still waits."""
        sql = "SELECT receipt FROM receipts WHERE destination = ? AND number = ?"
        found = [self._database.execute(sql, (destination, number)).fetchone() for number in numbers]
        return [json.loads(row[0]) if row else None for row in found]

    def refused(self, destination: str | None = None) -> list[Refused]:
        """Reports that the centre did not take, with the reasons."""
        rows = self._database.execute("SELECT number, destination, body, problems, refused FROM refused ORDER BY number").fetchall()
        return [Refused(number, body, tuple(json.loads(why)), at) for number, where, body, why, at in rows if destination in (None, where)]

    def refuse(self, destination: str, body: bytes, problems: Sequence[dict[str, Any]]) -> None:
        """Set apart a report that is not worth sending: it would be refused."""
        with self._transaction() as database:
            sql = "INSERT INTO reports (destination, body) VALUES (?, ?) RETURNING number"
            number = database.execute(sql, (destination, body)).fetchone()[0]
            database.execute("DELETE FROM reports WHERE number = ?", (number,))
            sql = "INSERT INTO refused (number, destination, body, problems) VALUES (?, ?, ?, ?)"
            database.execute(sql, (number, destination, body, json.dumps(list(problems))))

    def forget_refused(self, destination: str) -> int:
        """Drop the refused reports; how many there were."""
        with self._transaction() as database:
            return database.execute("DELETE FROM refused WHERE destination = ?", (destination,)).rowcount


def _open(path: Path, timeout: float = 30.0) -> sqlite3.Connection:
    # The file may hold intelligence: its rights are set before anything is in it, and SQLite gives its journals the same.
    # Only where there is no file yet: closing one that this process has open in SQLite would drop the locks on it (POSIX), and whoever
    # closes it next would take the journal away under our hands.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    path.chmod(0o600)
    return sqlite3.connect(path, timeout=timeout, isolation_level=None)

"""A log copied from SQLite to PostgreSQL as it stands: events, told, heard and positions with their ids."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from shared.log import schema
from shared.log.server import WRITING, conninfo, server_trouble

PAGE = 1000
BUSY_SECONDS = 30.0
Row = Sequence[Any]


class CannotMove(ValueError):
    """The log cannot be copied, or was not copied faithfully; nothing was changed."""


@dataclass(frozen=True)
class Table:
    """A table under its names in SQLite and PostgreSQL, with the types and the key of the latter."""

    old: str
    new: str
    types: tuple[str, ...]
    key: str


EVENTS = Table(
    "stored_events", "events", ("int8", "uuid", "int8", "text", "bytea", "int8"), "notification_id"
)
TOLD = Table("told", "told", ("text", "int8", "text", "bytea", "bytea", "int8"), "channel, sequence")
HEARD = Table("heard", "heard", ("text", "int8", "text", "bytea", "int8"), "channel, sequence")
POSITIONS = Table("tracking", "positions", ("text", "int8"), "application_name")
TABLES = (EVENTS, TOLD, HEARD, POSITIONS)


@dataclass(frozen=True)
class Copied:
    """How many rows a table has, and the SHA-256 over all of them; the same on both sides."""

    table: str
    rows: int
    digest: str


@contextmanager
def nobody_writes(log: Path) -> Iterator[sqlite3.Connection]:
    """The log in SQLite with its writer lock taken; what is done on the connection is kept unless it raises."""
    uri = f"{log.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


def copy(old: sqlite3.Connection, dsn: str) -> list[Copied]:
    """Copy the whole log in one commit, and compare all of it.

    Raises CannotMove, WrongSchema, OperationalError: then PostgreSQL holds nothing of it.
    """
    with server_trouble(), psycopg.connect(conninfo(dsn, "phoihop migrate")) as new:
        schema.check(new)
        new.execute("SELECT pg_advisory_xact_lock(%s, %s)", WRITING)
        return [_copy_table(old, new, table) for table in TABLES]


def close_for_good(old: sqlite3.Connection) -> None:
    """From now on the log in SQLite refuses whatever a process that still has it open would record."""
    for table in (EVENTS, TOLD, HEARD):
        old.execute(
            f"CREATE TRIGGER moved_{table.old} BEFORE INSERT ON {table.old}"
            " BEGIN SELECT RAISE(ABORT, 'this log has moved to PostgreSQL'); END"
        )


def _copy_table(old: sqlite3.Connection, new: psycopg.Connection[Any], table: Table) -> Copied:
    if new.execute(f"SELECT FROM {table.new} LIMIT 1".encode()).fetchone() is not None:
        raise CannotMove(
            f"database {new.info.dbname} holds a log already: its table {table.new} is not empty"
        )
    before = _Digest()
    with new.cursor() as cursor, cursor.copy(f"COPY {table.new} FROM STDIN (FORMAT BINARY)".encode()) as into:
        into.set_types(table.types)
        for row in before.of(_rows_of(old, table)):
            into.write_row(row)
    with new.cursor(name="compare", binary=True) as cursor:
        cursor.itersize = PAGE
        after = _Digest()
        for _ in after.of(cursor.execute(f"SELECT * FROM {table.new} ORDER BY {table.key}".encode())):
            pass
    if (before.rows, before.value) != (after.rows, after.value):
        raise CannotMove(f"{table.new} came out different: {before.rows} rows became {after.rows}")
    return Copied(table.new, after.rows, after.value)


def _rows_of(old: sqlite3.Connection, table: Table) -> Iterator[Row]:
    # The library keeps a note of its own among the positions.
    own = " WHERE application_name NOT LIKE '\\_\\_%' ESCAPE '\\'" if table is POSITIONS else ""
    for row in old.execute(f"SELECT * FROM {table.old}{own} ORDER BY {table.key}"):
        yield (row[0], UUID(row[1]), *row[2:]) if table is EVENTS else row


class _Digest:
    """SHA-256 over rows as they pass."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.rows = 0

    @property
    def value(self) -> str:
        return self._hash.hexdigest()

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            for value in row:
                raw = value if isinstance(value, bytes) else str(value).encode()
                self._hash.update(len(raw).to_bytes(8, "big") + raw)
            self.rows += 1
            yield row

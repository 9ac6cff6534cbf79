"""The log in SQLite (WAL): the embedded default. Found by the library as a persistence module.

One file holds events, what was told, what was heard and the positions; triggers refuse any change to
the first three. `recorded_at` is set under the writer lock and never goes back, so it follows the order
of the log. `told` and `heard` are the two sides of a channel, each row with the running digest.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from eventsourcing import sqlite
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteProcessRecorder,
    SQLiteTransaction,
)
from eventsourcing.utils import Environment, EnvType

from shared.log.books import HEAD, Books, Head, NewRows
from shared.log.channels import NOTHING, Side, to_micros

_APPEND_ONLY = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the log is append-only: no {verb} on {table}'); END
"""
# INSERT OR REPLACE deletes a row without asking the trigger above.
_NO_REPLACING = """
CREATE TRIGGER IF NOT EXISTS {table}_no_REPLACE BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
BEGIN SELECT RAISE(ABORT, 'the log is append-only: this row of {table} is there already'); END
"""
_SAME_ON_CHANNEL = "channel=NEW.channel AND (sequence=NEW.sequence OR event_id=NEW.event_id)"


@contextmanager
def _store_trouble() -> Iterator[None]:
    """Where the library lets SQLite's own error out: nobody must take a busy or broken file for a bad event."""
    try:
        yield
    except sqlite3.Error as error:
        raise OperationalError(str(error)) from error


class WritingTransaction(SQLiteTransaction):
    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        # The writer lock at once: a deferred transaction that reads first could not be upgraded safely.
        with _store_trouble():
            cursor.execute("BEGIN IMMEDIATE")
        return cursor


class LogConnection(SQLiteConnection):
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        if commit:
            with WritingTransaction(self, commit=True) as cursor, cursor:
                yield cursor
        else:  # Whatever is read here is read by one statement, which needs no transaction around it.
            cursor = self.cursor()
            with _store_trouble(), cursor:
                yield cursor


class LogConnectionPool(SQLiteConnectionPool):
    def _create_connection(self) -> SQLiteConnection:
        with _store_trouble():
            made = super()._create_connection()
            made._sqlite_conn.execute("PRAGMA synchronous=FULL")
        return LogConnection(sqlite_conn=made._sqlite_conn, max_age=self.max_age)


class LogDatastore(SQLiteDatastore):
    def __init__(self, db_name: str, lock_timeout: int = 30) -> None:
        super().__init__(db_name)
        self.pool.close()
        self.pool = LogConnectionPool(
            db_name=db_name,
            lock_timeout=lock_timeout,
            pool_size=8,
            max_overflow=32,
            pool_timeout=lock_timeout,
        )


class LogRecorder(Books, SQLiteProcessRecorder):
    """Events, `told`, `heard` and positions in one commit."""

    def construct_create_table_statements(self) -> list[str]:
        events = self.events_table_name
        statements = super().construct_create_table_statements()
        statements[0] = (
            f"CREATE TABLE IF NOT EXISTS {events} (notification_id INTEGER PRIMARY KEY, originator_id TEXT NOT NULL,"
            " originator_version INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL,"
            " recorded_at INTEGER NOT NULL, UNIQUE (originator_id, originator_version))"
        )
        statements += [
            f"CREATE INDEX IF NOT EXISTS {events}_recorded ON {events} (recorded_at)",
            "CREATE TABLE IF NOT EXISTS told (channel TEXT NOT NULL, sequence INTEGER NOT NULL,"
            " event_id TEXT NOT NULL, envelope BLOB NOT NULL, digest BLOB NOT NULL, recorded_at INTEGER NOT NULL,"
            " PRIMARY KEY (channel, sequence), UNIQUE (channel, event_id)) WITHOUT ROWID",
            "CREATE INDEX IF NOT EXISTS told_events ON told (event_id)",
            "CREATE TABLE IF NOT EXISTS heard (channel TEXT NOT NULL, sequence INTEGER NOT NULL,"
            " event_id TEXT NOT NULL, digest BLOB NOT NULL, recorded_at INTEGER NOT NULL,"
            " PRIMARY KEY (channel, sequence), UNIQUE (channel, event_id)) WITHOUT ROWID",
        ]
        same_event = (
            "originator_id=NEW.originator_id AND originator_version=NEW.originator_version"
            " OR notification_id=NEW.notification_id"
        )
        for table, same in ((events, same_event), ("told", _SAME_ON_CHANNEL), ("heard", _SAME_ON_CHANNEL)):
            statements += [_APPEND_ONLY.format(table=table, verb=verb) for verb in ("UPDATE", "DELETE")]
            statements.append(_NO_REPLACING.format(table=table, same=same))
        return statements

    def create_table(self) -> None:
        try:
            super().create_table()
        except IntegrityError:  # Another process made the tables at the same moment: see what it made.
            super().create_table()

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        last, now = self._last_id_and_recording_time(c)
        ids = range(last + 1, last + 1 + len(stored_events))
        try:
            c.executemany(
                f"INSERT INTO {self.events_table_name} VALUES (?,?,?,?,?,?)",
                [
                    (id, _text(s.originator_id), s.originator_version, s.topic, s.state, now)
                    for id, s in zip(ids, stored_events, strict=True)
                ],
            )
            new = NewRows(
                kwargs.get("told", ()), kwargs.get("heard", ()), lambda *where: self._head(c, *where), now
            )
            c.executemany("INSERT INTO told VALUES (?,?,?,?,?,?)", new.told)
            c.executemany("INSERT INTO heard VALUES (?,?,?,?,?)", new.heard)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(str(error)) from error
        if (tracking := kwargs.get("tracking")) is not None:
            self._insert_tracking(c, tracking)
        return list(ids)

    def _last_id_and_recording_time(self, c: SQLiteCursor) -> tuple[int, int]:
        c.execute(
            f"SELECT notification_id, recorded_at FROM {self.events_table_name}"
            " ORDER BY notification_id DESC LIMIT 1"
        )
        last, before = c.fetchone() or (0, 0)
        return last, max(to_micros(self.clock()), before)

    @staticmethod
    def _head(c: SQLiteCursor, side: Side, channel: str) -> Head:
        c.execute(HEAD.format(side=side), (channel,))
        row = c.fetchone()
        return (0, NOTHING) if row is None else (row[0], row[1])

    def _rows(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        with self.datastore.transaction(commit=False) as c:
            c.execute(query, values)
            return cast("list[Sequence[Any]]", c.fetchall())


def _text(id: UUID | str) -> str:
    return id.hex if isinstance(id, UUID) else id


class Factory(sqlite.SQLiteFactory):  # the only factory here by name: the library looks for one
    process_recorder_class = LogRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore.close()
        self.datastore = LogDatastore(self.datastore.pool.db_name)

"""The log in SQLite (WAL): the embedded default. Found by the library as a persistence module.

One file holds events, what was told, what was heard and the positions; triggers refuse any change to
the first three. `recorded_at` is set under the writer lock and never goes back, so it follows the order
of the log. `told` and `heard` are the two sides of a channel, each row with the running digest.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from eventsourcing import sqlite
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.sqlite import SQLiteCursor, SQLiteProcessRecorder
from eventsourcing.utils import Environment, EnvType

from shared.log.books import HEAD, Books, Head, NewRows
from shared.log.channels import NOTHING, Side, to_micros
from shared.log.datastore import LogDatastore

_APPEND_ONLY = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the log is append-only: no {verb} on {table}'); END
"""
# INSERT OR REPLACE deletes a row without asking the trigger above.
_NO_REPLACING = """
CREATE TRIGGER IF NOT EXISTS {table}_no_REPLACE BEFORE INSERT ON {table}
WHEN {there}
BEGIN SELECT RAISE(ABORT, 'the log is append-only: this row of {table} is there already'); END
"""
_KEYS_ON_CHANNEL = (("channel", "sequence"), ("channel", "event_id"))


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
        event_keys = (("notification_id",), ("originator_id", "originator_version"))
        for table, keys in ((events, event_keys), ("told", _KEYS_ON_CHANNEL), ("heard", _KEYS_ON_CHANNEL)):
            statements += [_APPEND_ONLY.format(table=table, verb=verb) for verb in ("UPDATE", "DELETE")]
            statements.append(_NO_REPLACING.format(table=table, there=_there(table, keys)))
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
                    (id, self._key(s.originator_id), s.originator_version, s.topic, s.state, now)
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

    def _key(self, originator_id: UUID | str) -> str:
        return originator_id.hex if isinstance(originator_id, UUID) else originator_id

    def _rows(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        with self.datastore.transaction(commit=False) as c:
            c.execute(query, values)
            return cast("list[Sequence[Any]]", c.fetchall())


def _there(table: str, keys: Sequence[Sequence[str]]) -> str:
    """That a row with one of the new row's keys exists: a look-up for each, for an OR within one would go through
    the whole channel."""
    same = (" AND ".join(f"{column}=NEW.{column}" for column in key) for key in keys)
    return " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {row})" for row in same)


class Factory(sqlite.SQLiteFactory):  # the only factory here by name: the library looks for one
    process_recorder_class = LogRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore.close()
        self.datastore = LogDatastore(self.datastore.pool.db_name)

"""The log in SQLite (WAL): the embedded default. Found by the library as a persistence module.

One file holds events, what was told, what was heard and the positions; triggers refuse any change to
the first three. `recorded_at` is set under the writer lock and never goes back, so it follows the order
of the log. `told` and `heard` are the two sides of a channel, each row with the running digest.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing import sqlite
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing.sqlite import SQLiteCursor, SQLiteProcessRecorder
from eventsourcing.utils import Environment, EnvType

from shared.log.channels import (
    NOTHING,
    Heard,
    Message,
    Side,
    Told,
    chain,
    envelope_hash,
    from_micros,
    to_micros,
)
from shared.log.clock import system_clock
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

_LARGEST = 2**63 - 1
"""Number that SQLite knows."""


class RecordedNotification(Notification):
    """A notification that knows when it was recorded (microseconds since the epoch, UTC)."""

    recorded_micros: int


class LogRecorder(SQLiteProcessRecorder):
    """Events, `told`, `heard` and positions in one commit."""

    clock = staticmethod(system_clock)

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
                    (id, _text(s.originator_id), s.originator_version, s.topic, s.state, now)
                    for id, s in zip(ids, stored_events, strict=True)
                ],
            )
            self._insert_told(c, kwargs.get("told", ()), now)
            self._insert_heard(c, kwargs.get("heard", ()), now)
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

    def _insert_told(self, c: SQLiteCursor, told: Sequence[Told], now: int) -> None:
        heads = self._heads(c, "told", told)
        rows, at = [], from_micros(now)
        for message in told:
            sequence, digest = heads[message.channel]
            envelope = message.seal(sequence + 1, at)
            head = heads[message.channel] = (sequence + 1, chain(digest, envelope_hash(envelope)))
            rows.append((message.channel, head[0], message.event_id, envelope, head[1], now))
        c.executemany("INSERT INTO told VALUES (?,?,?,?,?,?)", rows)

    def _insert_heard(self, c: SQLiteCursor, heard: Sequence[Heard], now: int) -> None:
        heads = self._heads(c, "heard", heard)
        rows = []
        for message in heard:
            sequence, digest = heads[message.channel]
            if message.sequence != sequence + 1:
                raise IntegrityError(f"{message.channel}: {message.sequence} does not follow {sequence}")
            head = heads[message.channel] = (message.sequence, chain(digest, message.hash))
            rows.append((message.channel, head[0], message.event_id, head[1], now))
        c.executemany("INSERT INTO heard VALUES (?,?,?,?,?)", rows)

    def _heads(
        self, c: SQLiteCursor, side: Side, messages: Sequence[Told | Heard]
    ) -> dict[str, tuple[int, bytes]]:
        return {
            channel: self._head(c, side, channel) for channel in {message.channel for message in messages}
        }

    @staticmethod
    def _head(c: SQLiteCursor, side: Side, channel: str) -> tuple[int, bytes]:
        c.execute(
            f"SELECT sequence, digest FROM {side} WHERE channel=? ORDER BY sequence DESC LIMIT 1", (channel,)
        )
        row = c.fetchone()
        return (0, NOTHING) if row is None else (row[0], row[1])

    def head(self, side: Side, channel: str) -> tuple[int, bytes]:
        """(last sequence, digest up to it) of a channel; (0, NOTHING) before its first message."""
        with self.datastore.transaction(commit=False) as c:
            return self._head(c, side, channel)

    def digest_at(self, side: Side, channel: str, sequence: int) -> bytes | None:
        """The digest of a channel up to `sequence`, None where that is not reached."""
        if sequence == 0:
            return NOTHING
        with self.datastore.transaction(commit=False) as c:
            c.execute(f"SELECT digest FROM {side} WHERE channel=? AND sequence=?", (channel, sequence))
            row = c.fetchone()
            return None if row is None else bytes(row[0])

    def sequence_of(self, side: Side, channel: str, event_id: str) -> int | None:
        with self.datastore.transaction(commit=False) as c:
            c.execute(f"SELECT sequence FROM {side} WHERE channel=? AND event_id=?", (channel, event_id))
            row = c.fetchone()
            return None if row is None else int(row[0])

    def event_id_at(self, side: Side, channel: str, sequence: int) -> str | None:
        with self.datastore.transaction(commit=False) as c:
            c.execute(f"SELECT event_id FROM {side} WHERE channel=? AND sequence=?", (channel, sequence))
            row = c.fetchone()
            return None if row is None else str(row[0])

    def select_told(self, channel: str, after: int, limit: int) -> list[Message]:
        """Messages of a channel with sequence > `after`, in order, at most `limit`."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT sequence, event_id, envelope, recorded_at FROM told"
                " WHERE channel=? AND sequence>? ORDER BY sequence LIMIT ?",
                (channel, after, limit),
            )
            return [Message(channel, r[0], r[1], bytes(r[2]), from_micros(r[3])) for r in c.fetchall()]

    def channels_told(self, event_id: str) -> list[str]:
        """The channels on which an event was told."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT channel FROM told WHERE event_id=? ORDER BY channel", (event_id,))
            return [row[0] for row in c.fetchall()]

    def channels(self, side: Side) -> list[str]:
        with self.datastore.transaction(commit=False) as c:
            c.execute(f"SELECT DISTINCT channel FROM {side} ORDER BY channel")
            return [row[0] for row in c.fetchall()]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """As the library's, which reads the originator's id from every row again: half of the time."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT originator_version, topic, state FROM {self.events_table_name} WHERE originator_id=?"
                " AND originator_version>? AND originator_version<=?"
                f" ORDER BY originator_version {'DESC' if desc else 'ASC'} LIMIT ?",
                (
                    _text(originator_id),
                    -1 if gt is None else gt,
                    _LARGEST if lte is None else lte,
                    _LARGEST if limit is None else limit,
                ),
            )
            return [StoredEvent(originator_id, *row) for row in c.fetchall()]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[RecordedNotification]:
        """As the library's, each notification with its time of recording."""
        where, params = ["1=1"], list[Any]()
        if start is not None:
            where.append("notification_id>=?" if inclusive_of_start else "notification_id>?")
            params.append(start)
        if stop is not None:
            where.append("notification_id<=?")
            params.append(stop)
        if topics:
            where.append(f"topic IN ({','.join('?' * len(topics))})")
            params += topics
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT notification_id, originator_id, originator_version, topic, state, recorded_at"
                f" FROM {self.events_table_name} WHERE {' AND '.join(where)} ORDER BY notification_id LIMIT ?",
                [*params, limit],
            )
            return [_notification(*row) for row in c.fetchall()]

    def last_recorded_until(self, instant: datetime) -> int:
        """The notification id of the last event recorded at or before `instant` (UTC), 0 where none was."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"SELECT COALESCE(MAX(notification_id), 0) FROM {self.events_table_name} WHERE recorded_at<=?",
                (to_micros(instant),),
            )
            return int(c.fetchone()[0])


def _there(table: str, keys: Sequence[Sequence[str]]) -> str:
    """That a row with one of the new row's keys exists: a look-up for each, for an OR within one would go through
    the whole channel."""
    same = (" AND ".join(f"{column}=NEW.{column}" for column in key) for key in keys)
    return " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {row})" for row in same)


def _text(id: UUID | str) -> str:
    return id.hex if isinstance(id, UUID) else id


def _notification(
    id: int, originator: str, version: int, topic: str, state: bytes, micros: int
) -> RecordedNotification:
    made = RecordedNotification(UUID(originator), version, topic, state, id)
    object.__setattr__(made, "recorded_micros", micros)
    return made


class Factory(sqlite.SQLiteFactory):  # the only factory here by name: the library looks for one
    process_recorder_class = LogRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore.close()
        self.datastore = LogDatastore(self.datastore.pool.db_name)

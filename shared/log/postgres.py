"""The log in PostgreSQL. Found by the library as a persistence module.

A commit is one call of `log.append` (migrations/), which takes the writer lock: one round trip. The tables are
made by `phoihop migrate schema`, never here. Nothing is sent twice blindly: see `insert_events`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock
from typing import Any

import psycopg
from eventsourcing import postgres
from eventsourcing.persistence import (
    IntegrityError,
    OperationalError,
    StoredEvent,
    Tracking,
)
from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder
from eventsourcing.utils import Environment, EnvType
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool

from shared.log import schema
from shared.log.books import HEAD, Books, Head, Heads, NewRows
from shared.log.channels import NOTHING, Heard, Side, Told, to_micros
from shared.log.server import GROWN, WRITING, conninfo, server_trouble

Connection = psycopg.Connection[Any]

MOST_CONNECTIONS = 24
WAIT_SECONDS = 10.0
"""How long a thread waits for a connection before the store counts as away."""

_APPEND = (
    "SELECT first_id, recorded FROM log.append(%s::bigint,"
    " %b::uuid[], %b::bigint[], %b::text[], %b::bytea[],"
    " %b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::bytea[],"
    " %b::text[], %b::bigint[], %b::text[], %b::bytea[],"
    " %s::text, %s::bigint)"
)


TRIES = 4
"""How often a commit is tried whose connection is lost."""


class ConnectionLost(OperationalError):
    """The server is gone, or was: whether what was under way is recorded is not known."""


class LogDatastore(PostgresDatastore):
    """A pool of connections; the first is made when it is first needed, so after any fork."""

    def __init__(self, dsn: str) -> None:
        super().__init__("", "", 0, "", "", schema="log")
        self.dsn = dsn
        pool: ConnectionPool[Any] = ConnectionPool(
            conninfo(dsn, "phoihop log"),
            kwargs={"autocommit": True, "row_factory": tuple_row},
            min_size=1,
            max_size=MOST_CONNECTIONS,
            open=False,
            configure=_never_lose_what_was_acknowledged,
            timeout=WAIT_SECONDS,
            # A short time: whoever asks next tries anew, and finds the server when it is back.
            reconnect_timeout=2.0,
            name="phoihop log",
        )
        self.pool = pool  # type: ignore[assignment]

    @contextmanager
    def get_connection(self) -> Iterator[Connection]:
        with super().get_connection() as connection:
            try:
                yield connection
            except psycopg.OperationalError as error:
                if connection.closed:
                    raise ConnectionLost(str(error)) from error
                raise


def _never_lose_what_was_acknowledged(connection: Connection) -> None:
    """Even where the server's settings would have a crash lose the last commits."""
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit')='off'"
    )


class LogRecorder(Books, PostgresProcessRecorder):
    """Events, `told`, `heard` and positions in one commit."""

    datastore: LogDatastore

    def __init__(
        self,
        datastore: LogDatastore,
        events_table_name: str = "events",
        tracking_table_name: str = "positions",
    ) -> None:
        super().__init__(
            datastore, events_table_name=events_table_name, tracking_table_name=tracking_table_name
        )
        self.channel_name = GROWN
        self._turn = Lock()
        # What this process last saw of its channels: good enough to seal by, for `append` checks it.
        self._seen: dict[tuple[Side, str], Head] = {}
        self._last = 0

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """One commit. Raises IntegrityError, OperationalError.

        When the connection is lost it is tried again, a bounded number of times: the pool may hold several
        that broke together. If an earlier try had come through after all, a later one meets its own events,
        which bear random ids: then all is well. A commit without events could not tell: it raises
        IntegrityError, and the caller looks anew, as always.
        """
        told, heard = kwargs.get("told", ()), kwargs.get("heard", ())
        commit = partial(self._commit, stored_events, told, heard, kwargs.get("tracking"))
        try:
            return commit()
        except ConnectionLost:
            return self._commit_again(commit, stored_events)

    def _commit_again(
        self, commit: Callable[[], Sequence[int]], events: Sequence[StoredEvent], tries: int = TRIES - 1
    ) -> Sequence[int]:
        self.datastore.pool.check()
        try:
            return commit()
        except ConnectionLost:
            if tries == 1:
                raise
            return self._commit_again(commit, events, tries - 1)
        except IntegrityError:
            return self._own(events)

    def _own(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        """The ids under which these very events are recorded. Raises IntegrityError unless all of them are."""
        ids = [self._id_of(event) for event in events]
        if not ids or None in ids:
            raise IntegrityError("others recorded the same aggregates, channels or positions first")
        return [id for id in ids if id is not None]

    def _id_of(self, event: StoredEvent) -> int | None:
        return self._one(
            int,
            "SELECT notification_id FROM events"
            " WHERE originator_id=? AND originator_version=? AND topic=? AND state=?",
            event.originator_id,
            event.originator_version,
            event.topic,
            event.state,
        )

    def _commit(
        self,
        events: Sequence[StoredEvent],
        told: Sequence[Told],
        heard: Sequence[Heard],
        tracking: Tracking | None,
    ) -> Sequence[int]:
        if not told and not heard:
            with self.datastore.get_connection() as db:
                return self._append(db, events, NO_ROWS, to_micros(self.clock()), tracking)
        # Who tells or hears queues here, where waiting is cheap, so that what was last seen is the last.
        with self._turn:
            with self.datastore.get_connection() as db:
                ids, new = self._seal_and_append(db, events, told, heard, tracking)
            self._seen.update(new.reached)
        return ids

    def _seal_and_append(
        self,
        db: Connection,
        events: Sequence[StoredEvent],
        told: Sequence[Told],
        heard: Sequence[Heard],
        tracking: Tracking | None,
    ) -> tuple[Sequence[int], NewRows]:
        def attempt(head: Heads, last: int) -> tuple[Sequence[int], NewRows]:
            now = max(to_micros(self.clock()), last)
            new = NewRows(told, heard, head, now)
            return self._append(db, events, new, now, tracking), new

        with suppress(IntegrityError, psycopg.errors.SerializationFailure):
            return attempt(self._seen_head, self._last)
        with db.transaction():  # Another process was faster; while this one has the writer lock none can be.
            db.execute("SELECT pg_advisory_xact_lock(%s, %s)", WRITING)
            row = db.execute(
                "SELECT recorded_at FROM events ORDER BY notification_id DESC LIMIT 1"
            ).fetchone()
            return attempt(partial(_head, db), row[0] if row else 0)

    def _append(
        self,
        db: Connection,
        events: Sequence[StoredEvent],
        new: NewRows,
        now: int,
        tracking: Tracking | None,
    ) -> Sequence[int]:
        told, heard = _columns(new.told, 5), _columns(new.heard, 4)
        row = db.execute(
            _APPEND,
            (
                now,
                [event.originator_id for event in events],
                [event.originator_version for event in events],
                [event.topic for event in events],
                [event.state for event in events],
                *told,
                *heard,
                tracking and tracking.application_name,
                tracking and tracking.notification_id,
            ),
            prepare=True,
            binary=True,
        ).fetchone()
        assert row is not None  # A function returns its row or raises.
        first, self._last = row
        return list(range(first, first + len(events)))

    def _seen_head(self, side: Side, channel: str) -> Head:
        return self._seen.get((side, channel)) or self.head(side, channel)

    def max_notification_id(self) -> int | None:
        return self._one(int, "SELECT notification_id FROM events ORDER BY notification_id DESC LIMIT 1")

    def max_tracking_id(self, application_name: str) -> int | None:
        return self._one(
            int, "SELECT notification_id FROM positions WHERE application_name=?", application_name
        )

    def insert_tracking(self, tracking: Tracking) -> None:
        """Raises IntegrityError when the position is there already, OperationalError."""
        try:
            self._move(tracking)
        except ConnectionLost:
            self.datastore.pool.check()
            self._move(tracking)

    def _move(self, tracking: Tracking) -> None:
        with self.datastore.get_connection() as db:
            self._insert_tracking(db.cursor(), tracking)

    def _rows(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        try:
            return self._ask(query, values)
        except ConnectionLost:  # A restart of the server ends every connection of the pool.
            self.datastore.pool.check()
            return self._ask(query, values)

    def _ask(self, query: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        with self.datastore.get_connection() as db:
            return db.execute(query.replace("?", "%s"), values, binary=True).fetchall()


def _head(db: Connection, side: Side, channel: str) -> Head:
    row = db.execute(HEAD.format(side=side).replace("?", "%s"), (channel,), binary=True).fetchone()
    return (0, NOTHING) if row is None else (row[0], row[1])


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(count)]


NO_ROWS = NewRows((), (), lambda *_: (0, NOTHING), 0)


class Factory(postgres.PostgresFactory):  # the only factory here by name: the library looks for one
    """`POSTGRES_DSN`: where the log stands. Raises WrongSchema, OperationalError."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(
            {"POSTGRES_DBNAME": "", "POSTGRES_HOST": "", "POSTGRES_USER": "", "POSTGRES_PASSWORD": ""}
        )
        self.env = env if isinstance(env, Environment) else Environment(env=env)
        dsn = self.env.get("POSTGRES_DSN")
        assert dsn
        with server_trouble(), psycopg.connect(conninfo(dsn, "phoihop"), autocommit=True) as db:
            schema.check(db)
        self.log = self.datastore = LogDatastore(dsn)

    def process_recorder(self) -> LogRecorder:
        return LogRecorder(self.log)

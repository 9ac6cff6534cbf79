"""Connections to the log's file: each commit reaches the disk, and writers take the lock before they read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.persistence import OperationalError
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)


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

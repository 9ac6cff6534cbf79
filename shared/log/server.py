"""How a PostgreSQL server is spoken to: connections, locks, and what is the server's trouble."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any, LiteralString

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

# Advisory locks, one namespace per database. The first one stands in the migrations too.
WRITING, LEADING, MIGRATING = (1886, 1), (1886, 2), (1886, 3)

GROWN = "log"
"""The channel that is notified when the log has grown."""

ANSWER_SECONDS = 5.0
"""How long a server may take to say that it is there."""

_SESSION = {
    "search_path": "log,pg_temp",  # a temporary table hides none of ours
    "timezone": "UTC",
    # After the writer lock the next statement must see what the writer before committed.
    "default_transaction_isolation": "read committed",
    # A client that stops in the middle of a commit holds the writer lock.
    "idle_in_transaction_session_timeout": "5s",
    "lock_timeout": "30s",
    # The server ends the session of a machine that is gone, and with it its locks.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_CLIENT = {
    "connect_timeout": "5",
    "tcp_user_timeout": "20000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}


def conninfo(dsn: str, program: str) -> str:
    """The whole connection string of a session; what the DSN says itself stands."""
    said = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    options = " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in _SESSION.items())
    options = f"{options} {said.pop('options', '')}".strip()
    return make_conninfo("", **(_CLIENT | {"application_name": program} | said | {"options": options}))


@contextmanager
def server_trouble() -> Iterator[None]:
    """psycopg's operational errors as the library's, which everybody here takes for the store's trouble."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise OperationalError(str(error)) from error


def ask(session: psycopg.Connection[Any], question: LiteralString = "SELECT 1", *values: object) -> Any:
    """The first row of an answer. Raises psycopg.OperationalError when it does not come in time: a line that broke
    far away, or a server that is stopped, says nothing at all."""
    breaking = Timer(ANSWER_SECONDS, _break, (session,))
    breaking.daemon = True
    breaking.start()
    try:
        return session.execute(question, values).fetchone()
    finally:
        breaking.cancel()


def _break(session: psycopg.Connection[Any]) -> None:
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(session.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)

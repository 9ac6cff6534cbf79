"""On which store the kernel's tests run: SQLite files, or databases on a PostgreSQL server to throw away.

A test names its logs by paths; on PostgreSQL each path is a database. Used ones are emptied and used again.
"""

import hashlib
import os
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from infra.postgres.throwaway import Throwaway
from shared.log.schema import migrate
from shared.log.stores import Postgres, Store

SERVER = "PHOIHOP_TESTS_ON_POSTGRES"
"""The administrator's connection string; child processes of a test see it too."""
MODEL = "kernel"
_TABLES = "log.events, log.told, log.heard, log.positions"


def make_model(server: Throwaway) -> None:
    """The database that all others are copied from, and its two roles."""
    server.make_database(MODEL)
    migrate(server.dsn(MODEL, f"{MODEL}_owner"), MODEL)


def store_at(path: Path) -> Store:
    admin = os.environ.get(SERVER)
    return (
        path if admin is None else Postgres(make_conninfo(admin, dbname=_database(admin, path), user=MODEL))
    )


def owners_dsn(path: Path) -> str:
    """As `store_at`, for the role that owns the tables."""
    admin = os.environ[SERVER]
    return make_conninfo(admin, dbname=_database(admin, path), user=f"{MODEL}_owner")


def give_back() -> None:
    """Empty the databases of a test that is over, for the next one."""
    admin = os.environ[SERVER]
    with psycopg.connect(admin, autocommit=True) as db:
        for number, name in enumerate(_names(db, "used%")):
            with psycopg.connect(admin, dbname=name, autocommit=True) as used:
                used.execute(f"TRUNCATE {_TABLES}".encode())
            _rename(db, name, f"free{number}-{name[4:]}")


def _database(admin: str, path: Path) -> str:
    name = "used-" + hashlib.sha256(str(path).encode()).hexdigest()[:32]
    with psycopg.connect(admin, autocommit=True) as db:
        while name not in _names(db, name):  # Processes of one test may come at the same time.
            try:
                _take(db, name)
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                continue
            except (psycopg.errors.InvalidCatalogName, psycopg.errors.ObjectInUse):
                continue
    return name


def _take(db: psycopg.Connection[tuple[str]], name: str) -> None:
    free = _names(db, "free%")
    if free:
        _rename(db, free[0], name)
    else:
        new, model = sql.Identifier(name), sql.Identifier(MODEL)
        db.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(new, model))
        # What is allowed in a database is copied with it; what is allowed on it is not.
        db.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(new))
        db.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(new, model, _owner()))


def _owner() -> sql.Identifier:
    return sql.Identifier(f"{MODEL}_owner")


def _names(db: psycopg.Connection[tuple[str]], like: str) -> list[str]:
    rows = db.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY 1", (like,)).fetchall()
    return [row[0] for row in rows]


def _rename(db: psycopg.Connection[tuple[str]], name: str, to: str) -> None:
    db.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))

"""The tables of a log in PostgreSQL, made by numbered steps, forwards only.

They belong to a role of their own; the service's role may read and add, and move positions, nothing else.
"""

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shared.log.server import MIGRATING, server_trouble
from shared.log.stores import Postgres

STEPS = sorted(Path(__file__).with_name("migrations").glob("*.sql"))
NEWEST = len(STEPS)


class WrongSchema(ValueError):
    """The tables are not the ones this program needs; the message says what to do."""


def migrate(owner_dsn: str, service: str, until: int = NEWEST) -> list[str]:
    """Take the steps that were not taken yet, as the owner; returns their names.

    `service`: the role to which the steps give its rights. Each step is one transaction. Raises WrongSchema,
    OperationalError.
    """
    with server_trouble(), psycopg.connect(owner_dsn, autocommit=True) as db:
        if db.info.user == service:
            raise WrongSchema(f"{service} is the service's own role: it must not own its log")
        db.execute("SELECT pg_advisory_lock(%s, %s)", MIGRATING)
        try:
            db.execute("SET client_min_messages = warning")
            db.execute("CREATE SCHEMA IF NOT EXISTS log")
            db.execute(
                "CREATE TABLE IF NOT EXISTS log.migrations (number int PRIMARY KEY, name text NOT NULL,"
                " taken_at timestamptz NOT NULL DEFAULT now())"
            )
            taken = _taken(db)
            if taken > NEWEST:
                raise WrongSchema(_newer(taken))
            return [_take(db, number, STEPS[number - 1], service) for number in range(taken + 1, until + 1)]
        except psycopg.errors.InsufficientPrivilege as error:
            raise WrongSchema(f"{db.info.user} may not migrate {db.info.dbname}: {error}") from error


def migrate_service(dsn: str, owner: str | None = None) -> list[str]:
    """As `migrate`, from a service's own connection string; `owner` is `<its role>_owner` unless given."""
    service = str(conninfo_to_dict(Postgres(dsn).dsn).get("user") or "")
    if not service:
        raise WrongSchema(f"{dsn}: user=… is missing, the role of the service")
    return migrate(make_conninfo(dsn, user=owner or f"{service}_owner"), service)


def check(db: psycopg.Connection[Any]) -> None:
    """Raises WrongSchema unless every step was taken, and no step that this program does not know."""
    try:
        taken = _taken(db)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        taken = 0
    if taken > NEWEST:
        raise WrongSchema(_newer(taken))
    if taken < NEWEST:
        raise WrongSchema(
            f"the log in database {db.info.dbname} stands at step {taken} of {NEWEST}:"
            " run `phoihop migrate schema` first"
        )


def _taken(db: psycopg.Connection[Any]) -> int:
    row = db.execute("SELECT coalesce(max(number), 0) FROM log.migrations").fetchone()
    return int(row[0]) if row else 0


def _take(db: psycopg.Connection[Any], number: int, file: Path, service: str) -> str:
    statements = sql.SQL(file.read_text(encoding="utf-8")).format(service=sql.Identifier(service))
    with db.transaction():
        db.execute(statements)
        db.execute("INSERT INTO log.migrations (number, name) VALUES (%s, %s)", (number, file.stem))
    return file.stem


def _newer(taken: int) -> str:
    return f"the log stands at step {taken}, this program knows {NEWEST}: it is too old for it"

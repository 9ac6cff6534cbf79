"""The service may read its log and add to it; it cannot change it, whatever is asked in its name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra.postgres.throwaway import Throwaway
from shared.agreement.parties import Agency
from shared.log.channels import Heard
from shared.log.server import conninfo
from shared.log.stores import Postgres
from tests.support.kernel import opened, say_release
from tests.support.stores import MODEL, store_at

Db = psycopg.Connection[tuple[Any, ...]]
LOG = ("events", "told", "heard")


@pytest.fixture
def service(on_postgres: Throwaway, tmp_path: Path) -> Iterator[Db]:
    """The service's own connection to a log in which every table has a row."""
    with opened(tmp_path / "log", agency=Agency.POLICE) as log:
        say_release(log, uuid4())
        log.record([], heard=[Heard("pgd→ca", 1, "e1", bytes(32))])
    at = store_at(tmp_path / "log")
    assert isinstance(at, Postgres)
    with psycopg.connect(conninfo(at.dsn, "test"), autocommit=True) as db:
        yield db


@pytest.mark.parametrize("table", LOG)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {} SET recorded_at = 0",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "ALTER TABLE {} DROP COLUMN recorded_at",
        "ALTER TABLE {} OWNER TO CURRENT_USER",
        "DROP TABLE {}",
        "CREATE RULE r AS ON INSERT TO {} DO INSTEAD NOTHING",
        "CREATE TRIGGER t BEFORE INSERT ON {} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "MERGE INTO {0} t USING {0} s ON t.recorded_at = s.recorded_at WHEN MATCHED THEN DELETE",
    ],
)
def test_the_service_cannot_change_the_log(service: Db, table: str, change: str) -> None:
    before = service.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(change.format(table))
    assert service.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.parametrize(
    "act",
    [
        "DELETE FROM positions",
        "TRUNCATE positions",
        "DELETE FROM migrations",
        "INSERT INTO migrations VALUES (99, 'x')",
        "DROP FUNCTION log.append",
        "CREATE TABLE log.more (x int)",
        "CREATE TABLE public.more (x int)",
        "CREATE TEMP TABLE events (x int)",
        "CREATE SCHEMA more",
        "DROP SCHEMA log CASCADE",
        f"SET ROLE {MODEL}_owner",
    ],
)
def test_the_service_can_do_nothing_beside_its_log(service: Db, act: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(act)


@pytest.mark.parametrize("table", LOG)
def test_the_service_cannot_give_itself_more_rights(service: Db, table: str) -> None:
    service.execute(f"GRANT ALL ON {table} TO CURRENT_USER")  # only warns
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(f"UPDATE {table} SET recorded_at = 0")


def test_the_service_reads_adds_and_moves_positions(service: Db) -> None:
    service.execute("INSERT INTO heard VALUES ('x', 1, 'e', '', 0)")
    service.execute("INSERT INTO positions VALUES ('x', 1)")
    service.execute("UPDATE positions SET notification_id = 2 WHERE application_name = 'x'")
    assert service.execute("SELECT * FROM positions").fetchall() == [("x", 2)]


def test_another_services_role_is_not_let_in(on_postgres: Throwaway, service: Db) -> None:
    on_postgres.make_database("stranger")
    stranger = on_postgres.dsn(service.info.dbname, "stranger")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(stranger)

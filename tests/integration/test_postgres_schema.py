"""The tables are made by numbered steps, taken by their owner, forwards only, from wherever a log stands."""

import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Thread
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from infra.postgres.throwaway import Throwaway, programs
from shared.log.application import AgencyLog
from shared.log.schema import NEWEST, STEPS, WrongSchema, migrate
from shared.log.stores import Postgres
from tests.support.kernel import Hands, Notebook, note

_numbers = count()
BOOK = UUID(int=8)


class Base:
    """A database of one service, without tables."""

    def __init__(self, server: Throwaway) -> None:
        self.server = server
        self.name = f"police{next(_numbers)}"
        server.make_database(self.name)
        self.owner = server.dsn(self.name, f"{self.name}_owner")
        self.service = server.dsn(self.name, self.name)

    def migrate(self, until: int = NEWEST) -> list[str]:
        return migrate(self.owner, self.name, until)

    def structure(self) -> str:
        """Everything but the rows, as the server itself tells it; the names of roles made alike."""
        dump = subprocess.run(
            [programs() / "pg_dump", "--schema-only", self.owner], capture_output=True, text=True, check=True
        ).stdout
        lines = [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
        return "\n".join(lines).replace(self.name, "police")


@pytest.fixture
def base(postgres: Throwaway) -> Iterator[Base]:
    made = Base(postgres)
    yield made
    with postgres.connect() as admin:
        admin.execute(f"DROP DATABASE {made.name} WITH (FORCE)".encode())


@pytest.fixture
def other(postgres: Throwaway) -> Iterator[Base]:
    yield from base.__wrapped__(postgres)  # type: ignore[attr-defined]


def open_log(base: Base) -> AgencyLog:
    return AgencyLog(Postgres(base.service), Hands())


def test_the_steps_are_numbered_without_a_gap() -> None:
    assert [int(step.name[:4]) for step in STEPS] == list(range(1, NEWEST + 1))


@pytest.mark.parametrize("before", range(NEWEST))
def test_a_log_is_brought_up_from_every_earlier_step(base: Base, other: Base, before: int) -> None:
    base.migrate(until=before)
    with pytest.raises(WrongSchema, match=f"step {before} of {NEWEST}.*phoihop migrate schema"):
        open_log(base)
    row = (1, BOOK, 1, "toy/noted#1", b"kept", 7)
    if before:
        with psycopg.connect(base.service) as service:
            service.execute("INSERT INTO log.events VALUES (%s,%s,%s,%s,%s,%s)", row)
    assert base.migrate() == [step.stem for step in STEPS[before:]]
    other.migrate()
    assert base.structure() == other.structure()
    if before:
        with psycopg.connect(base.service) as service:
            assert service.execute("SELECT * FROM log.events").fetchall() == [row]
    open_log(base).close()


def test_migrating_again_does_nothing(base: Base) -> None:
    assert base.migrate() == [step.stem for step in STEPS]
    log = open_log(base)
    note(log, BOOK, "x")
    assert base.migrate() == []
    assert log.get(Notebook, BOOK).lines == ["x"]
    log.close()


def test_two_who_migrate_at_once_take_each_step_once(base: Base) -> None:
    taken: list[str] = []
    threads = [Thread(target=lambda: taken.extend(base.migrate())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(taken) == [step.stem for step in STEPS]


def test_a_step_that_fails_leaves_nothing_of_itself(
    base: Base, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / f"{NEWEST + 1:04}_broken.sql"
    broken.write_text("CREATE TABLE log.half (x int); SELECT 1/0;")
    base.migrate()
    before = base.structure()
    monkeypatch.setattr("shared.log.schema.STEPS", [*STEPS, broken])
    with pytest.raises(psycopg.errors.DivisionByZero):
        base.migrate(NEWEST + 1)
    assert base.structure() == before
    open_log(base).close()


def test_a_log_that_a_newer_program_migrated_is_refused(base: Base) -> None:
    base.migrate()
    with psycopg.connect(base.owner) as owner:
        owner.execute("INSERT INTO log.migrations VALUES (%s, 'future')", (NEWEST + 1,))
    for act in (lambda: open_log(base), base.migrate):
        with pytest.raises(WrongSchema, match=f"{NEWEST + 1}.*too old"):
            act()


def test_the_service_cannot_own_its_log(base: Base) -> None:
    with pytest.raises(WrongSchema, match="must not own"):
        migrate(base.service, base.name)
    with pytest.raises(WrongSchema, match="may not migrate"):
        migrate(base.service, "somebody")


def test_a_server_that_is_not_there_is_the_stores_trouble(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="refused"):
        AgencyLog(Postgres("host=127.0.0.1 port=1 dbname=x user=y"), Hands())


def test_a_wrong_password_is_named(base: Base, tmp_path: Path) -> None:
    base.migrate()
    passfile = tmp_path / "passwords"
    passfile.write_text("*:*:*:*:wrong\n")
    passfile.chmod(0o600)
    wrong = psycopg.conninfo.make_conninfo(base.service, passfile=str(passfile))
    with pytest.raises(OperationalError, match="password authentication failed"):
        AgencyLog(Postgres(wrong), Hands())


@pytest.mark.parametrize("dsn", ["host=x password=secret", "password = 'x'", "postgresql://x:secret@y/z"])
def test_a_password_in_the_connection_string_is_refused_and_not_repeated(dsn: str) -> None:
    with pytest.raises(ValueError, match="no password") as refused:
        Postgres(dsn)
    assert "secret" not in str(refused.value)

"""A service moves its log from SQLite to PostgreSQL: everything or nothing, and every id stays what it was."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner
from eventsourcing.persistence import IntegrityError, Tracking
from filelock import FileLock

from infra.postgres.throwaway import Throwaway
from shared.agreement.parties import Agency, Channel
from shared.cli.main import cli
from shared.hosting.config import load_config
from shared.hosting.host import open_host
from shared.hosting.moving import WorkerRuns, to_postgres
from shared.hosting.setup import prepare
from shared.hosting.ticks import tick
from shared.log.application import AgencyLog
from shared.log.channels import Heard
from shared.log.moving import CannotMove, copy, nobody_writes
from shared.log.schema import WrongSchema
from shared.log.stores import environment
from shared.messaging.told import Teller
from tests.support.kernel import (
    AGREEMENT,
    CA_DONG,
    PGD,
    UBND_DONG,
    Hands,
    Notebook,
    note,
    opened,
    published,
    say_release,
)
from tests.support.stores import owners_dsn, store_at

ROOT = Path(__file__).parents[2]
BOOK = UUID(int=11)
OUT, IN = Channel(CA_DONG, UBND_DONG).name, Channel(PGD, CA_DONG).name


@pytest.fixture
def dsn(on_postgres: Throwaway, tmp_path: Path) -> str:
    return environment(store_at(tmp_path / "new"))["POSTGRES_DSN"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A log in SQLite of every kind of row."""
    file = tmp_path / "old.sqlite"
    with on_sqlite(file) as log:
        for number in range(3):
            say_release(log, uuid4())
            note(log, BOOK, f"dòng {number} \x00 “”")
            heard = Heard(IN, number + 1, f"e{number}", bytes([number]) * 32)
            log.books.insert_events([], heard=[heard], tracking=Tracking(IN, number + 1))
        log.books.insert_tracking(Tracking(f"acknowledged/{OUT}", 2))
    return file


@contextmanager
def on_sqlite(file: Path) -> Iterator[AgencyLog]:
    with closing(AgencyLog(file, Hands(), Teller(Agency.POLICE, AGREEMENT, published))) as log:
        yield log


def everything(log: AgencyLog) -> object:
    books = log.books
    return (
        log.incarnation,
        [
            (n.id, n.originator_id, n.topic, n.state, n.recorded_micros)
            for n in books.select_notifications(1, 99)
        ],
        books.select_told(OUT, 0, 99),
        [(side, name, books.head(side, name)) for side in ("told", "heard") for name in books.channels(side)],
        [books.event_id_at("heard", IN, number) for number in range(1, 4)],
        [books.max_tracking_id(name) for name in (IN, f"acknowledged/{OUT}")],
    )


def rows_in(dsn: str) -> int:
    with psycopg.connect(dsn) as db:
        row = db.execute("SELECT count(*) FROM log.events").fetchone()
        return int(row[0]) if row else 0


def test_the_copy_holds_the_same_and_goes_on_where_the_old_one_ended(
    file: Path, dsn: str, tmp_path: Path
) -> None:
    with nobody_writes(file) as old:
        copied = {each.table: each.rows for each in copy(old, dsn)}
    assert copied == {"events": 7, "told": 3, "heard": 3, "positions": 2}
    with on_sqlite(file) as before, opened(tmp_path / "new", agency=Agency.POLICE) as after:
        assert everything(after) == everything(before)
        say_release(after, uuid4())
        assert after.books.head("told", OUT)[0] == 4
        note(after, BOOK, "sau khi chuyển")
        assert after.get(Notebook, BOOK).version == 4
        assert after.head() == 9


def test_what_comes_out_different_leaves_nothing_in_the_new_place(
    file: Path, dsn: str, tmp_path: Path
) -> None:
    with psycopg.connect(owners_dsn(tmp_path / "new")) as owner:
        owner.execute(
            "CREATE FUNCTION log.bad() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.state := 'x'; RETURN NEW; END $$"
        )
        owner.execute(
            "CREATE TRIGGER bad BEFORE INSERT ON log.events FOR EACH ROW EXECUTE FUNCTION log.bad()"
        )
    try:
        with nobody_writes(file) as old, pytest.raises(CannotMove, match="events came out different"):
            copy(old, dsn)
        assert rows_in(dsn) == 0
    finally:
        with psycopg.connect(owners_dsn(tmp_path / "new")) as owner:
            owner.execute("DROP FUNCTION log.bad CASCADE")


def test_a_log_is_not_copied_over_another(file: Path, dsn: str, tmp_path: Path) -> None:
    with opened(tmp_path / "new"):
        pass
    with nobody_writes(file) as old, pytest.raises(CannotMove, match="holds a log already"):
        copy(old, dsn)
    assert rows_in(dsn) == 1


def test_a_log_is_not_copied_into_tables_of_an_older_step(file: Path, dsn: str, tmp_path: Path) -> None:
    with psycopg.connect(owners_dsn(tmp_path / "new")) as owner:
        owner.execute("UPDATE log.migrations SET number = number - 100")
    try:
        with nobody_writes(file) as old, pytest.raises(WrongSchema, match="phoihop migrate schema"):
            copy(old, dsn)
    finally:
        with psycopg.connect(owners_dsn(tmp_path / "new")) as owner:
            owner.execute("UPDATE log.migrations SET number = number + 100")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A police service that has ticked a day."""
    prepare(tmp_path, ROOT / "examples" / "agreement.toml")
    folder = tmp_path / Agency.POLICE
    with closing(open_host(folder, load_config(folder))) as host:
        tick(host.service, host.service.offices[0], host.service.today())
    return folder


def test_a_service_that_moved_uses_its_new_log_and_the_old_one_takes_nothing_more(
    folder: Path, dsn: str
) -> None:
    with closing(open_host(folder, load_config(folder))) as straggler:
        head = straggler.service.log.head()
        to_postgres(folder, dsn)
        with pytest.raises(IntegrityError, match="moved to PostgreSQL"):
            note(straggler.service.log, BOOK, "quá muộn")
    assert load_config(folder).postgres == dsn
    with closing(open_host(folder, load_config(folder))) as host:
        assert host.service.log.head() == host.service.views.position() == head
        note(host.service.log, BOOK, "x")
    assert rows_in(dsn) == head + 1
    with pytest.raises(CannotMove, match="already"):
        to_postgres(folder, dsn)


def test_a_service_is_not_moved_while_its_worker_runs(folder: Path, dsn: str) -> None:
    with FileLock(folder / "worker.lock"), pytest.raises(WorkerRuns, match="a worker runs"):
        to_postgres(folder, dsn)
    assert load_config(folder).postgres is None
    assert rows_in(dsn) == 0


def test_a_service_whose_views_come_out_different_stays_where_it_is(
    folder: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prints = iter([{"case_files": "a", "months": "b"}, {"case_files": "x", "months": "b"}])
    monkeypatch.setattr("shared.hosting.moving.fingerprint", lambda _: next(prints))
    with pytest.raises(CannotMove, match="case_files"):
        to_postgres(folder, dsn)
    assert load_config(folder).postgres is None
    with closing(sqlite3.connect(folder / "log.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'moved_%'").fetchone() == (0,)


def test_the_commands_make_the_tables_and_move_the_log(folder: Path, postgres: Throwaway) -> None:
    postgres.make_database("moved")
    where = postgres.dsn("moved", "moved")
    data = ["--data", str(folder.parent)]
    early = CliRunner().invoke(cli, [*data, "migrate", "sqlite-to-postgres", "police", "--postgres", where])
    assert early.exit_code == 2
    assert "phoihop migrate schema" in early.output
    for line in (
        ["migrate", "schema", "police", "--postgres", where],
        ["migrate", "sqlite-to-postgres", "police", "--postgres", where],
        ["migrate", "schema", "police"],
        ["views", "rebuild", "police"],
    ):
        done = CliRunner().invoke(cli, [*data, *line], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    assert load_config(folder).postgres == where
    refused = CliRunner().invoke(cli, [*data, "migrate", "schema", "bank"])
    assert refused.exit_code == 2
    assert "--postgres" in refused.output

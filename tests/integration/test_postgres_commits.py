"""A commit is there once, whatever becomes of the line to the server; and several processes tell one channel."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent, Tracking
from psycopg.conninfo import make_conninfo

from infra.postgres.throwaway import Throwaway
from shared.agreement.parties import Agency, Channel
from shared.log.application import AgencyLog
from shared.log.channels import NOTHING, Heard, Told, chain, envelope_hash
from shared.log.clock import Clock, system_clock
from shared.log.postgres import LogRecorder
from shared.log.server import WRITING
from shared.log.stores import Postgres
from shared.messaging.told import Teller
from tests.support.kernel import (
    AGREEMENT,
    CA_DONG,
    NOON,
    PGD,
    UBND_DONG,
    Hands,
    Notebook,
    note,
    published,
    say_release,
)
from tests.support.proxy import Proxy, proxy_to
from tests.support.stores import owners_dsn, store_at
from tests.support.threads import in_threads

BOOK = UUID(int=9)
COMMITTED, MOVED = b"SELECT 1\0", b"INSERT 0 1\0"
"""What the server says when a call of `log.append`, or the moving of a position, was committed."""
OUT, IN = Channel(CA_DONG, UBND_DONG).name, Channel(PGD, CA_DONG).name


def open_log(path: Path, clock: Clock | None = None, **changed: Any) -> AgencyLog:
    """A police log; `changed`: of its connection string."""
    at = store_at(path)
    assert isinstance(at, Postgres)
    tell = Teller(Agency.POLICE, AGREEMENT, published)
    return AgencyLog(Postgres(make_conninfo(at.dsn, **changed)), clock or Hands(), tell)


@pytest.fixture
def proxy(on_postgres: Throwaway) -> Iterator[Proxy]:
    with proxy_to(on_postgres.port) as proxy:
        yield proxy


@pytest.fixture
def log(proxy: Proxy, tmp_path: Path) -> Iterator[AgencyLog]:
    """At the other end of a line that breaks when it is told to."""
    log = open_log(tmp_path / "log", port=proxy.port)
    yield log
    log.close()


@pytest.fixture
def two(on_postgres: Throwaway, tmp_path: Path) -> Iterator[tuple[AgencyLog, AgencyLog]]:
    """One log, opened twice, as by two processes."""
    with ExitStack() as stack:
        logs = [open_log(tmp_path / "log", system_clock) for _ in range(2)]
        for log in logs:
            stack.callback(log.close)
        yield logs[0], logs[1]


def entry(log: AgencyLog, line: str) -> StoredEvent:
    """The next line of the notebook, ready to be recorded."""
    book = log.find(Notebook, BOOK) or Notebook(BOOK)
    book.note(NOON, line)
    (event,) = book.collect_events()
    return log.mapper.to_stored_event(event)


def message() -> Told:
    return Told(OUT, str(uuid4()), lambda sequence, at: b"%d %s" % (sequence, at.isoformat().encode()))


def lines(log: AgencyLog) -> list[str]:
    book = log.find(Notebook, BOOK)
    return [] if book is None else book.lines


def check_channel(log: AgencyLog, count: int) -> None:
    """One gapless sequence, chained, in the order of the clock."""
    messages = log.books.select_told(OUT, 0, 10_000)
    assert [message.sequence for message in messages] == list(range(1, count + 1))
    digest = NOTHING
    for each in messages:
        digest = chain(digest, envelope_hash(each.envelope))
    assert log.books.head("told", OUT) == (count, digest)
    times = [each.recorded_at for each in messages]
    assert times == sorted(times)


def test_a_commit_whose_reply_is_lost_is_there_once_and_told_once(log: AgencyLog, proxy: Proxy) -> None:
    for number in range(1, 4):
        event = entry(log, str(number))
        proxy.reply = COMMITTED
        assert log.books.insert_events([event], told=[message()]) == [number + 1]
        assert proxy.reply is None
        check_channel(log, number)
    assert lines(log) == ["1", "2", "3"]


def test_a_commit_that_never_reached_the_server_is_sent_again(log: AgencyLog, proxy: Proxy) -> None:
    event = entry(log, "a")
    proxy.request = b""
    assert log.books.insert_events([event], told=[message()]) == [2]
    assert lines(log) == ["a"]
    check_channel(log, 1)


def test_a_commit_sent_again_is_refused_when_others_were_faster(
    log: AgencyLog, proxy: Proxy, tmp_path: Path
) -> None:
    event = entry(log, "a")
    proxy.request = b""
    other = open_log(tmp_path / "log")
    try:
        note(other, BOOK, "người khác")
        with pytest.raises(IntegrityError):
            log.books.insert_events([event], told=[message()])
        assert lines(log) == ["người khác"]
        check_channel(log, 0)
    finally:
        other.close()


@pytest.mark.parametrize("said", [MOVED, COMMITTED], ids=["position", "heard"])
def test_a_commit_without_events_whose_reply_is_lost_makes_the_caller_look_anew(
    log: AgencyLog, proxy: Proxy, said: bytes
) -> None:
    proxy.reply = said
    with pytest.raises(IntegrityError):
        if said == MOVED:
            log.books.insert_tracking(Tracking(IN, 1))
        else:
            log.books.insert_events([], heard=[Heard(IN, 1, "e1", bytes(32))], tracking=Tracking(IN, 1))
    assert proxy.reply is None
    assert log.books.max_tracking_id(IN) == 1
    assert log.books.head("heard", IN)[0] == (0 if said == MOVED else 1)


def test_nobody_notices_that_the_server_ended_every_connection(
    log: AgencyLog, on_postgres: Throwaway
) -> None:
    note(log, BOOK, "a")
    for line in "bcd":
        in_threads(4, lambda _: check_channel(log, 0))
        end_connections(on_postgres)
        assert lines(log) == [*"abcd"[: "abcd".index(line)]]
        end_connections(on_postgres)
        log.books.insert_events([entry(log, line)])
        end_connections(on_postgres)
        log.books.insert_tracking(Tracking(IN, ord(line)))
    assert lines(log) == [*"abcd"]


def end_connections(server: Throwaway) -> None:
    with server.connect() as admin:
        admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'kernel'")


def test_two_processes_give_a_channel_one_gapless_sequence_by_turns(two: tuple[AgencyLog, AgencyLog]) -> None:
    for number in range(12):
        say_release(two[number % 3 % 2], uuid4())
    check_channel(two[0], 12)


def test_two_processes_give_a_channel_one_gapless_sequence_at_once(two: tuple[AgencyLog, AgencyLog]) -> None:
    def act(number: int) -> None:
        for count in range(20):
            say_release(two[number % 2], uuid4())
            note(two[number % 2], UUID(int=number), str(count))  # told to nobody: moves the clock only

    in_threads(6, act)
    check_channel(two[0], 120)


def test_two_processes_that_hear_one_channel_hear_each_message_once(two: tuple[AgencyLog, AgencyLog]) -> None:
    one, other = (log.books for log in two)
    heard = [Heard(IN, number, f"e{number}", bytes([number]) * 32) for number in range(1, 6)]
    one.insert_events([], heard=heard[:2], tracking=Tracking(IN, 2))
    other.insert_events([], heard=heard[2:3], tracking=Tracking(IN, 3))
    with pytest.raises(IntegrityError, match="3 does not follow 3"):
        one.insert_events([], heard=heard[2:4], tracking=Tracking(IN, 4))
    one.insert_events([], heard=heard[3:], tracking=Tracking(IN, 5))
    digest = NOTHING
    for each in heard:
        digest = chain(digest, each.hash)
    assert other.head("heard", IN) == one.head("heard", IN) == (5, digest)


def test_a_writer_lock_that_another_program_keeps_is_the_stores_trouble(
    on_postgres: Throwaway, tmp_path: Path
) -> None:
    log = open_log(tmp_path / "log", options="-c lock_timeout=50ms")
    at = store_at(tmp_path / "log")
    assert isinstance(at, Postgres)
    with psycopg.connect(at.dsn, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", WRITING)
        with pytest.raises(OperationalError, match="lock timeout"):
            note(log, BOOK, "a")
        other.execute("SELECT pg_advisory_unlock(%s, %s)", WRITING)
    note(log, BOOK, "b")
    assert lines(log) == ["b"]
    log.close()


def test_a_commit_waits_for_the_disk_though_the_servers_settings_would_not(
    on_postgres: Throwaway, tmp_path: Path
) -> None:
    at = store_at(tmp_path / "log")
    assert isinstance(at, Postgres)
    with on_postgres.connect() as admin:
        name = psycopg.sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(at.dsn)["dbname"]))
        admin.execute(psycopg.sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
        try:
            log = open_log(tmp_path / "log")
            assert isinstance(log.books, LogRecorder)
            with log.books.datastore.get_connection() as db:
                assert db.execute("SHOW synchronous_commit").fetchone() == ("on",)
            log.close()
        finally:
            admin.execute(psycopg.sql.SQL("ALTER DATABASE {} RESET ALL").format(name))


def test_vacuuming_does_not_hold_writers_up(on_postgres: Throwaway, tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", options="-c lock_timeout=50ms")
    with psycopg.connect(owners_dsn(tmp_path / "log")) as owner:
        owner.execute(
            "LOCK TABLE log.events, log.told, log.heard, log.positions IN SHARE UPDATE EXCLUSIVE MODE"
        )
        say_release(log, uuid4())  # while the tables are locked as VACUUM and ANALYZE lock them
    check_channel(log, 1)
    log.close()

"""Leading and listening: what rests on a session of the server's, and notices when the session is no more."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.postgres.throwaway import Throwaway
from shared.log.leading import PostgresLeadership
from shared.log.listening import Listener
from shared.log.stores import environment
from tests.support.kernel import note, opened
from tests.support.proxy import Proxy, proxy_to
from tests.support.stores import store_at

SOON = 30.0
BOOK = UUID(int=10)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for an answer here."""
    monkeypatch.setattr("shared.log.server.ANSWER_SECONDS", 0.2)
    monkeypatch.setattr("shared.log.leading.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("shared.log.listening.QUIET_SECONDS", 0.1)
    monkeypatch.setattr("shared.log.listening.PAUSE_SECONDS", 0.1)


@pytest.fixture
def proxy(on_postgres: Throwaway) -> Iterator[Proxy]:
    with proxy_to(on_postgres.port) as proxy:
        yield proxy


@pytest.fixture
def dsn(on_postgres: Throwaway, tmp_path: Path) -> str:
    return environment(store_at(tmp_path / "log"))["POSTGRES_DSN"]


@pytest.fixture
def distant(dsn: str, proxy: Proxy) -> str:
    """The same database at the other end of a line that breaks."""
    return make_conninfo(dsn, port=proxy.port)


@pytest.fixture
def leaders(dsn: str, distant: str) -> Iterator[tuple[PostgresLeadership, PostgresLeadership]]:
    pair = PostgresLeadership(distant), PostgresLeadership(dsn)
    yield pair
    for each in pair:
        each.release()


def soon(happened: Callable[[], bool]) -> bool:
    ends = time.monotonic() + SOON
    while not happened():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def end_sessions(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


Leaders = tuple[PostgresLeadership, PostgresLeadership]


def test_one_leads_and_the_other_waits_for_it_to_end(leaders: Leaders) -> None:
    first, second = leaders
    assert first.take()
    assert first.held()
    assert not second.take()
    assert not second.take()
    first.release()
    assert not first.held()
    assert second.take()
    assert second.held()
    assert not first.take()


@pytest.mark.parametrize("trouble", ["cut", "ended", "silent"])
def test_who_lost_his_session_no_longer_leads_and_the_other_does(
    leaders: Leaders, proxy: Proxy, dsn: str, trouble: str
) -> None:
    first, second = leaders
    assert first.take()
    assert not second.take()
    match trouble:
        case "cut":
            proxy.cut()
        case "ended":
            end_sessions(dsn)
        case "silent":
            proxy.silent = True
    assert not first.held()
    assert soon(second.take)
    assert second.held()
    proxy.silent = False
    assert not first.take()


def test_nobody_leads_while_the_server_is_away(
    distant: str, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.close()
    leadership = PostgresLeadership(distant)
    with caplog.at_level(logging.WARNING):
        assert not leadership.take()
        assert not leadership.held()
    assert "nobody can lead" in caplog.text


@pytest.fixture
def woken(distant: str, proxy: Proxy) -> Iterator[Event]:
    """Set whenever the listener wakes; it is listening already."""
    woken = Event()
    listener = Listener(distant, woken.set)
    listener.start()
    assert woken.wait(SOON)
    yield woken
    listener.stop()
    assert not listener.is_alive()


def test_who_listens_is_woken_by_what_another_process_records(woken: Event, tmp_path: Path) -> None:
    with opened(tmp_path / "log") as log:
        for line in "abc":
            woken.clear()
            note(log, BOOK, line)
            assert woken.wait(SOON)


@pytest.mark.parametrize("trouble", ["cut", "ended", "silent"])
def test_who_listens_notices_that_the_line_is_lost_and_misses_nothing(
    woken: Event, proxy: Proxy, dsn: str, tmp_path: Path, trouble: str
) -> None:
    with opened(tmp_path / "log") as log:
        woken.clear()
        match trouble:
            case "cut":
                proxy.cut()
            case "ended":
                end_sessions(dsn)
            case "silent":
                proxy.silent = True
                note(log, BOOK, "nobody hears this")
                time.sleep(0.5)  # longer than a quiet server is trusted
                proxy.silent = False
        assert woken.wait(SOON)  # it listens again, and has something looked for that it may have missed
        woken.clear()
        note(log, BOOK, "x")
        assert woken.wait(SOON)

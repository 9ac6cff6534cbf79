"""Readers' connections to the views are kept open between readings, but not for ever, and not all of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.log.views import MOST_IDLE, ViewStore
from tests.support.kernel import opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ViewStore]:
    with opened(tmp_path / "log.sqlite") as log:
        store = ViewStore(tmp_path, log, [])
        yield store
        store.close()


def is_open(db: sqlite3.Connection) -> bool:
    try:
        db.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def read_at_once(store: ViewStore, readers: int) -> list[sqlite3.Connection]:
    with ExitStack() as reading:
        return [reading.enter_context(store.reading()) for _ in range(readers)]


def test_the_next_reader_takes_over_the_connection_of_the_last(store: ViewStore) -> None:
    (first,), (second,) = read_at_once(store, 1), read_at_once(store, 1)
    assert first is second


def test_two_readers_at_once_do_not_share_a_connection(store: ViewStore) -> None:
    first, second = read_at_once(store, 2)
    assert first is not second


def test_a_kept_connection_holds_no_old_state(store: ViewStore) -> None:
    (kept,) = read_at_once(store, 1)
    assert not kept.in_transaction


def test_no_more_connections_are_kept_than_allowed(store: ViewStore) -> None:
    used = read_at_once(store, MOST_IDLE + 3)
    assert sum(map(is_open, used)) == MOST_IDLE


def test_connections_to_views_that_were_replaced_are_closed(store: ViewStore) -> None:
    with store.reading() as reads_on:
        read_at_once(store, 2)
        store.rebuild()
        used = read_at_once(store, 2)
    assert not is_open(reads_on)
    assert all(map(is_open, used))


def test_a_closed_store_keeps_no_connection(store: ViewStore) -> None:
    used = read_at_once(store, 3)
    store.close()
    assert not any(map(is_open, used))


def test_a_reader_that_fails_does_not_spoil_the_next(store: ViewStore) -> None:
    with pytest.raises(sqlite3.OperationalError), store.reading() as db:
        db.execute("SELECT * FROM nowhere")
    with store.reading() as db:
        assert db.execute("SELECT position FROM progress").fetchone()[0] == store.log.head()

"""A log that has grown long is written to as easily as a short one: counted in SQLite's own steps, not in time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.log.application import AgencyLog
from shared.log.channels import Heard, Told
from tests.support.kernel import Notebook, note, opened

OUT, IN = "ca-dong→ubnd-dong", "ubnd-dong→ca-dong"
FEW, MANY = 20, 2000
BOOK = UUID(int=3)
NEW_ROWS = {
    "stored_events": (
        "INSERT INTO stored_events VALUES (?,?,?,?,?,?)",
        (10**6, "ab" * 16, 1, "toy", b"{}", 1),
    ),
    "told": ("INSERT INTO told VALUES (?,?,?,?,?,?)", (OUT, 10**6, "e", b"{}", b"", 1)),
    "heard": ("INSERT INTO heard VALUES (?,?,?,?,?)", (IN, 10**6, "e", b"", 1)),
}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AgencyLog]:
    with opened(tmp_path / "log.sqlite") as log:
        yield log


def grow(log: AgencyLog, until: int) -> None:
    start = log.books.head("told", OUT)[0]
    told = [Told(OUT, str(uuid4()), lambda sequence, at: b"{}") for _ in range(start, until)]
    heard = [Heard(IN, number + 1, str(uuid4()), bytes(32)) for number in range(start, until)]
    note(log, BOOK, *(f"dòng {number}" for number in range(start, until)))
    log.record([], told, heard)


def steps_to_insert(file: Path, table: str) -> int:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(file)) as db:
        db.set_progress_handler(count, 1)
        db.execute(*NEW_ROWS[table])
        db.rollback()
    return steps


@pytest.mark.parametrize("table", NEW_ROWS)
def test_a_row_is_added_to_a_long_log_in_as_many_steps_as_to_a_short_one(
    tmp_path: Path, log: AgencyLog, table: str
) -> None:
    grow(log, FEW)
    short = steps_to_insert(tmp_path / "log.sqlite", table)
    grow(log, MANY)
    assert log.get(Notebook, BOOK).version == MANY
    assert steps_to_insert(tmp_path / "log.sqlite", table) <= short + 5

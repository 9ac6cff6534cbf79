"""The raw limit: the rows that a log wrote, read from its file and written again by `sqlite3` alone.

Same tables, indexes and pragmas, same rows in the same commits, made ready beforehand; no triggers, no checks.
"""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Any

Commit = dict[str, list[tuple[Any, ...]]]
"""Rows by table, of one commit."""

TABLES = ("stored_events", "told", "heard")
CHANNEL, SEQUENCE = 0, 1


def connect(file: Path, *, synchronous: str = "FULL") -> sqlite3.Connection:
    db = sqlite3.connect(file, isolation_level=None, timeout=60, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(f"PRAGMA synchronous={synchronous}")
    return db


def commits_of(file: Path, after: int = 0) -> list[Commit]:
    """What each commit wrote that came after the event at position `after`.

    Each commit has a time of recording of its own, set under the writer lock.
    """
    commits: dict[int, Commit] = defaultdict(dict)
    with closing(connect(file)) as db:
        since = db.execute(
            "SELECT coalesce(max(recorded_at), 0) FROM stored_events WHERE notification_id<=?", (after,)
        ).fetchone()[0]
        for table in TABLES:
            for row in db.execute(f"SELECT * FROM {table} WHERE recorded_at>? ORDER BY 1, 2", (since,)):
                commits[row[-1]].setdefault(table, []).append(row)
    for commit in commits.values():
        if heard := commit.get("heard"):
            commit["tracking"] = [(heard[-1][CHANNEL], heard[-1][SEQUENCE])]
    return [commits[at] for at in sorted(commits)]


def new_file(like: Path, folder: Path) -> Path:
    """An empty file with the tables and indexes of a log."""
    file = folder / "bare.sqlite"
    with closing(connect(like)) as log, closing(connect(file)) as db:
        for (statement,) in log.execute(
            "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
            " ORDER BY type DESC"
        ):
            db.execute(statement)
    return file


def write(file: Path, commits: Sequence[Commit], threads: int = 1) -> float:
    """Seconds to write the commits, each as a transaction; threads take turns, for SQLite's own waiting is
    slower than that."""
    statements = _statements(file)
    turn = Lock()

    def write_some(some: Sequence[Commit]) -> None:
        with closing(connect(file)) as db:
            for commit in some:
                with turn:
                    db.execute("BEGIN IMMEDIATE")
                    for table, rows in commit.items():
                        db.executemany(statements[table], rows)
                    db.execute("COMMIT")

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(write_some, [commits[number::threads] for number in range(threads)]))
    return time.perf_counter() - began


def _statements(file: Path) -> dict[str, str]:
    with closing(connect(file)) as db:
        width = {
            table: len(db.execute(f"PRAGMA table_info({table})").fetchall())
            for table in (*TABLES, "tracking")
        }
    return {
        table: f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * columns)})"
        for table, columns in width.items()
    }


def rewritten(log: Path, folder: Path, after: int = 0, threads: int = 1) -> float:
    """Seconds to write bare what the log wrote after the event at position `after`."""
    commits = commits_of(log, after)
    return write(new_file(log, folder), commits, threads)

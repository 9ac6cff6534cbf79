"""Failed sign-ins make the next one wait, per username, longer each time.

Counted in the users' own database, so that the processes of a service share the count. Names that exist
are at most as many as users; names that do not (they wait alike, so that nobody learns which exist) are
kept apart and only the latest MAX_STRANGERS, so that a flood of invented names pushes out no real count.
The functions run on the caller's connection and under its lock; times are seconds since the epoch.
"""

import math
import sqlite3

from shared.agreement.errors import DomainError

FREE_FAILURES = 5
FIRST_WAIT = 30  # seconds, doubled with each further failure
LONGEST_WAIT = 15 * 60
FORGOTTEN_AFTER = 24 * 60 * 60
MAX_STRANGERS = 1_000


class TooManyAttempts(DomainError):
    code = "too_many_attempts"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Đã nhập sai nhiều lần; hãy thử lại sau {retry_after} giây.",
            f"Too many failed sign-ins; try again in {retry_after} seconds.",
            retry_after=retry_after,
        )
        self.retry_after = retry_after


SCHEMA = """
CREATE TABLE failures (
    username TEXT PRIMARY KEY, known INTEGER NOT NULL, count INTEGER NOT NULL, last INTEGER NOT NULL
) STRICT;
CREATE INDEX failures_of_strangers ON failures (known, last);
"""


def check(db: sqlite3.Connection, username: str, now: int) -> None:
    """Raises TooManyAttempts while this name has to wait; a try made meanwhile does not lengthen it."""
    row = db.execute("SELECT count, last FROM failures WHERE username = ?", (username,)).fetchone()
    if row is None or row[0] < FREE_FAILURES:
        return
    wait = wait_after(row[0])
    left = min(row[1] + wait - now, wait)  # never longer, even when the clock was set back
    if left > 0:
        raise TooManyAttempts(left)


def count(db: sqlite3.Connection, username: str, now: int, *, known: bool) -> None:
    db.execute(
        "INSERT INTO failures VALUES (:name, :known, 1, :now) ON CONFLICT (username) DO UPDATE SET"
        " known = :known, last = :now, count = CASE WHEN last < :forgotten THEN 1 ELSE count + 1 END",
        {"name": username, "known": int(known), "now": now, "forgotten": now - FORGOTTEN_AFTER},
    )
    db.execute(
        "DELETE FROM failures WHERE known = 0 AND rowid NOT IN"
        " (SELECT rowid FROM failures WHERE known = 0 ORDER BY last DESC, rowid DESC LIMIT ?)",
        (MAX_STRANGERS,),
    )


def forget(db: sqlite3.Connection, username: str) -> None:
    db.execute("DELETE FROM failures WHERE username = ?", (username,))


def wait_after(failures: int) -> int:
    """Seconds to wait after this many failures in a row."""
    if failures < FREE_FAILURES:
        return 0
    doublings = min(failures - FREE_FAILURES, math.ceil(math.log2(LONGEST_WAIT / FIRST_WAIT)))
    return min(FIRST_WAIT << doublings, LONGEST_WAIT)

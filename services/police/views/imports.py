"""The imports of workbooks: which were begun when and by whom, and what came of each."""

import sqlite3
from collections.abc import Sequence

from services.police.import_run import ImportAbandoned, ImportCompleted, ImportStarted, RowsTaken
from shared.log.application import Recorded
from shared.web.paging import Page, keyset

_TABLE = "police_imports"


class ImportsView:
    """One row per import; `desk_version`: of the office's desk when it last was about this import."""

    name = _TABLE
    version = 1
    tables = f"""
    CREATE TABLE {_TABLE} (
        run TEXT NOT NULL, office TEXT NOT NULL, desk TEXT NOT NULL, desk_version INTEGER NOT NULL,
        workbook TEXT NOT NULL, file_hash TEXT NOT NULL, status TEXT NOT NULL, started_by TEXT NOT NULL,
        started_at TEXT NOT NULL, ended_at TEXT, rows INTEGER NOT NULL, accepted INTEGER NOT NULL DEFAULT 0,
        unchanged INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL DEFAULT 0,
        rejected INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (office, run)
    );
    CREATE INDEX {_TABLE}_running ON {_TABLE} (desk, status);
    """

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            event = recorded.event
            match event:
                case ImportStarted():
                    self._begin(db, event)
                case RowsTaken():
                    self._change(
                        db,
                        event,
                        "accepted=accepted+?, unchanged=unchanged+?, updated=updated+?, rejected=rejected+?",
                        (event.accepted, event.unchanged, event.updated, event.rejected),
                    )
                case ImportCompleted() | ImportAbandoned():
                    status = "completed" if isinstance(event, ImportCompleted) else "abandoned"
                    self._change(db, event, "status=?, ended_at=?", (status, event.occurred.isoformat()))

    @staticmethod
    def _begin(db: sqlite3.Connection, event: ImportStarted) -> None:
        book = event.workbook
        db.execute(
            f"INSERT INTO {_TABLE} (run, office, desk, desk_version, workbook, file_hash, status, started_by,"
            " started_at, rows) VALUES (?,?,?,?,?,?,'running',?,?,?)",
            (
                str(book.run),
                event.office,
                event.originator_id.hex,
                event.originator_version,
                book.name,
                book.file_hash,
                event.stamped.actor,
                event.occurred.isoformat(),
                event.rows,
            ),
        )

    @staticmethod
    def _change(
        db: sqlite3.Connection,
        event: RowsTaken | ImportCompleted | ImportAbandoned,
        changes: str,
        values: tuple[object, ...],
    ) -> None:
        db.execute(
            f"UPDATE {_TABLE} SET desk_version=?, {changes} WHERE desk=? AND status='running'",
            (event.originator_version, *values, event.originator_id.hex),
        )


def imports_of(db: sqlite3.Connection, office: str, page: Page) -> list[sqlite3.Row]:
    """A page of an office's imports, the newest first."""
    select = f"SELECT * FROM {_TABLE} WHERE office=?"
    return db.execute(
        *keyset(select, [office], page, sort="desk_version", id="run", descending=True)
    ).fetchall()


def import_of(db: sqlite3.Connection, office: str, run: str) -> sqlite3.Row | None:
    found: sqlite3.Row | None = db.execute(
        f"SELECT * FROM {_TABLE} WHERE office=? AND run=?", (office, run)
    ).fetchone()
    return found

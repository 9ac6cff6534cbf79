"""The imports of workbooks at one office: which one is under way, how far it got, and what came of it.

An import is recorded in several commits. Killed half-way, the same file completes it; until then no list is
drafted, for half a workbook is not what the office knows.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from services.police.refusals import ImportIncomplete, NoImportRunning
from shared.log.events import Aggregate, Event
from shared.sheets.errors import CellError
from shared.sheets.report import MAX_LISTED, Report


class Workbook(msgspec.Struct, frozen=True):
    """What is imported, and by what it is judged, so that another day completes it in the same way.

    `file_hash`: hex SHA-256 of the file. `offices`: those it is imported for; a row that says of no other
    counts for the first. `judged_on`: the local day on which its rows are judged.
    """

    run: UUID
    name: str
    file_hash: str
    offices: tuple[str, ...]
    judged_on: date


class ImportStarted(Event, frozen=True, kw_only=True):
    """`rows`: how many rows of the workbook are this office's, taken or refused."""

    TOPIC = "police/import.started"
    office: str
    workbook: Workbook
    rows: int


class RowsTaken(Event, frozen=True, kw_only=True):
    """So many more rows are dealt with, up to sheet row `until_row`: new people, known ones, changed ones, and
    those refused with the first of their `errors` (values masked as in every report)."""

    TOPIC = "police/import.rows_taken"
    accepted: int
    unchanged: int
    updated: int
    rejected: int
    until_row: int
    errors: tuple[CellError, ...] = ()


class ImportCompleted(Event, frozen=True, kw_only=True):
    TOPIC = "police/import.completed"
    accepted: int
    unchanged: int
    updated: int
    rejected: int


class ImportAbandoned(Event, frozen=True, kw_only=True):
    """Given up half-way; the rows that were taken stay recorded."""

    TOPIC = "police/import.abandoned"


class ImportDesk(Aggregate):
    """One per office. `workbook`, `report` and `until_row` are of the import that is, or was last, under way."""

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.running: ImportStarted | None = None
        self.workbook: Workbook | None = None
        self.report = Report()
        self.until_row = 0

    def start(self, at: datetime, office: str, workbook: Workbook, rows: int) -> None:
        """Raises ImportIncomplete while an import is under way."""
        self.refuse_while_running()
        self.trigger(ImportStarted, at, office=office, workbook=workbook, rows=rows)

    def take(self, at: datetime, batch: Report, until_row: int) -> None:
        """Count rows that are recorded, or refused, in the same commit. Raises NoImportRunning."""
        self._must_run()
        listed = batch.errors[: MAX_LISTED - len(self.report.errors)]
        self.trigger(RowsTaken, at, **_counts(batch), until_row=until_row, errors=tuple(listed))

    def complete(self, at: datetime) -> None:
        """Raises NoImportRunning, and ImportIncomplete while rows are missing."""
        if self._must_run().rows != self.report.dealt_with:
            self.refuse_while_running()
        self.trigger(ImportCompleted, at, **_counts(self.report))

    def abandon(self, at: datetime) -> None:
        """Raises NoImportRunning."""
        self._must_run()
        self.trigger(ImportAbandoned, at)

    def refuse_while_running(self) -> None:
        """Raises ImportIncomplete."""
        if self.running is not None:
            raise ImportIncomplete(self.running.workbook.name, self.running.rows, self.report.dealt_with)

    def _must_run(self) -> ImportStarted:
        if self.running is None:
            raise NoImportRunning
        return self.running

    def when(self, event: ImportStarted | RowsTaken | ImportCompleted | ImportAbandoned) -> None:
        match event:
            case ImportStarted():
                self.running, self.workbook, self.until_row = event, event.workbook, 0
                self.report = Report(rows=event.rows)
            case RowsTaken():
                self.until_row = event.until_row
                self.report.add(Report(**_counts(event), errors=list(event.errors)))
            case ImportCompleted() | ImportAbandoned():
                self.running = None


def _counts(of: Report | RowsTaken) -> dict[str, Any]:
    return {name: getattr(of, name) for name in ("accepted", "unchanged", "updated", "rejected")}

"""Importing a workbook: rehearsed as a whole, then recorded in commits of at most 500 rows.

The workbook is copied first, so that nobody changes it under us. The rehearsal takes every row in units of work
that are never saved; unless all rows are good, or bad ones may be skipped, it ends there. What is recorded says
how far it got, so that the same file completes what was killed half-way, in the same way and with the same
report, on whatever day.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from filelock import FileLock, Timeout

from services.police.application.lists import desk_key
from services.police.import_run import ImportDesk, Workbook
from services.police.intake.check import CheckedRow, check_rows
from services.police.intake.record import take
from services.police.refusals import ImportBusy
from shared.agreement.parties import Party
from shared.hosting.definition import ImportOptions, ImportStep, Service
from shared.log.application import UnitOfWork
from shared.log.events import Aggregate
from shared.sheets.errors import SheetRefused
from shared.sheets.limits import Limits
from shared.sheets.report import Report

MOST_ROWS = 500
"""Of one commit."""
NAME_KEPT = 60
"""Characters of a file's name, from its end, that its copy keeps: names may be limited to 255 bytes."""
_CHUNK = 2**20

Save = Callable[[Callable[[UnitOfWork], Aggregate]], object]
"""Saves the decision that completes an import."""


def import_file(
    service: Service,
    offices: Sequence[Party],
    name: str,
    content: BinaryIO,
    options: ImportOptions,
    save: Save | None = None,
) -> Report:
    """Import a workbook of released persons for these offices; each row is for the police of its commune.

    Returns what was taken and refused; of a dry run, what would be. Rows refused without `skip_bad`, or a file
    that cannot be read, record nothing, and nothing counts as taken. Raises ImportBusy while an import for one
    of the offices runs, and ImportIncomplete where another file must be completed first.
    """
    folder = service.views.folder
    with (
        _alone(folder, offices),
        _copied(folder / f"import-{offices[0].code}", name, content) as (copy, hash),
    ):
        book = Workbook(uuid4(), name, hash, tuple(o.code for o in offices), service.today())
        try:
            return _Import(service, book, copy, options).run(save)
        except SheetRefused as refused:
            report = Report()
            report.explain(refused.errors)
            return report


def abandon_import(service: Service, office: Party, save: Save) -> None:
    """Give up what is half imported; the rows that were taken stay. Raises NoImportRunning, ImportBusy."""

    with _alone(service.views.folder, [office]):
        save(lambda work: _abandon(work, office))


def _abandon(work: UnitOfWork, office: Party) -> ImportDesk:
    desk = work.get_or_new(ImportDesk, desk_key(office.code))
    desk.abandon(work.now)
    return desk


@dataclass(frozen=True)
class _Import:
    service: Service
    book: Workbook
    path: Path
    options: ImportOptions

    @cached_property
    def offices(self) -> list[Party]:
        return [self.service.agreement.party(code) for code in self.book.offices]

    @cached_property
    def by_commune(self) -> dict[str | None, Party]:
        return {office.commune: office for office in self.offices}

    def run(self, save: Save | None) -> Report:
        options = self.options
        begun = None if options.dry_run or options.abandon else self._begun()
        if begun is not None:
            under_way = [office for office in self.offices if self._desk(office).running]
            return replace(self, book=begun).record(under_way, save)
        report, rows = self.rehearse()
        if not (report.all_taken or options.skip_bad):
            return Report(report.rows, rejected=report.rejected, errors=report.errors)
        if options.dry_run or report.rejected == report.rows:
            return report
        return self.record(self._start(rows), save)

    def rehearse(self) -> tuple[Report, Counter[str]]:
        """What would become of every row, and how many rows each office has."""
        report = Report()
        rows: Counter[str] = Counter()
        self.service.views.catch_up()
        for batch in self._batches("checking"):
            work = self.service.log.work(self.offices[0].code, self.options.actor)  # never committed
            with self.service.views.reading() as register:
                for row in batch:
                    office = self._office_of(row)
                    rows[office.code] += 1
                    work.party = office.code
                    take(work, register, office, row, report)
        return report, rows

    def record(self, offices: Sequence[Party], save: Save | None) -> Report:
        """Take the rows of these offices that are not taken yet, then complete the import."""
        total = sum(self._desk(office).report.rows for office in offices)
        for batch in self._batches("recording", total):
            self.service.views.catch_up()
            self._decide(partial(self._take, offices, batch))

        def complete(work: UnitOfWork) -> ImportDesk:
            for _, desk in _desks(work, offices):
                desk.complete(work.now)
            return desk

        (save or self._decide)(complete)
        report = Report()
        for office in offices:
            report.add(self._desk(office).report)
        report.errors.sort(key=lambda error: error.row or 0)
        return report

    def _take(self, offices: Sequence[Party], batch: Sequence[CheckedRow], work: UnitOfWork) -> None:
        with self.service.views.reading() as register:
            for office, desk in _desks(work, offices):
                rows = [row for row in batch if row.row > desk.until_row and self._office_of(row) == office]
                taken = Report()
                for row in rows:
                    take(work, register, office, row, taken)
                if rows:
                    desk.take(work.now, taken, rows[-1].row)

    def _begun(self) -> Workbook | None:
        """This file's import that was not completed, if there is one. Raises ImportIncomplete for another's."""
        found: Workbook | None = None
        for office in self.offices:
            desk = self._desk(office)
            if desk.running is None:
                continue
            book = desk.running.workbook
            if book.file_hash != self.book.file_hash or (found is not None and book.run != found.run):
                desk.refuse_while_running()
            found = book
        return found

    def _start(self, rows: Mapping[str, int]) -> list[Party]:
        """Returns the offices that have rows in this workbook."""

        def act(work: UnitOfWork) -> None:
            for office, desk in _desks(work, self.offices):
                if desk.running and self.options.abandon:
                    desk.abandon(work.now)
                if rows[office.code]:
                    desk.start(work.now, office.code, self.book, rows[office.code])

        self._decide(act)
        return [office for office in self.offices if rows[office.code]]

    def _batches(self, step: ImportStep, total: int | None = None) -> Iterator[list[CheckedRow]]:
        rows = check_rows(
            self.path,
            today=self.book.judged_on,
            communes={commune.code: commune.name for commune in self.service.agreement.communes},
            default_commune=self.offices[0].commune if len(self.offices) == 1 else None,
        )
        done = 0
        while batch := list(islice(rows, MOST_ROWS)):
            yield batch
            done += len(batch)
            self.options.progress(step, done, total)

    def _office_of(self, row: CheckedRow) -> Party:
        """The police of the commune it names. A row of no commune of ours is refused, and counts for the first."""
        return self.by_commune.get(row.commune, self.offices[0])

    def _desk(self, office: Party) -> ImportDesk:
        id = desk_key(office.code)
        return self.service.log.find(ImportDesk, id) or ImportDesk(id)

    def _decide(self, act: Callable[[UnitOfWork], object]) -> object:
        return self.service.log.decide(self.offices[0].code, self.options.actor, act)


def _desks(work: UnitOfWork, offices: Sequence[Party]) -> Iterator[tuple[Party, ImportDesk]]:
    """Each office's desk; what is decided meanwhile is decided by that office."""
    for office in offices:
        work.party = office.code
        yield office, work.get_or_new(ImportDesk, desk_key(office.code))
        work.collect()


@contextmanager
def _alone(folder: Path, offices: Sequence[Party]) -> Iterator[None]:
    with ExitStack() as held:
        for code in sorted(office.code for office in offices):
            try:
                held.enter_context(FileLock(folder / f"import-{code}.lock").acquire(timeout=0))
            except Timeout:
                raise ImportBusy from None
        yield


@contextmanager
def _copied(folder: Path, name: str, content: BinaryIO) -> Iterator[tuple[Path, str]]:
    """A copy only its owner can read, and its hash. What a killed import left behind is removed first."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    try:
        copy, digest, left = folder / name[-NAME_KEPT:], hashlib.sha256(), Limits().file_bytes + 1
        with copy.open("xb") as file:
            while chunk := content.read(min(_CHUNK, left)):
                file.write(chunk)
                digest.update(chunk)
                left -= len(chunk)
        yield copy, digest.hexdigest()
    finally:
        shutil.rmtree(folder)

"""Importing a workbook: rehearsed as a whole, then recorded in commits of at most 500 rows.

The workbook is copied first, so that nobody changes it under us. The rehearsal takes every row in units of work
that are never saved; unless all rows are good, or bad ones may be skipped, it ends there. What is recorded says
how far it got, so that the same file completes what was killed half-way, in the same way and with the same
report, on whatever day.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from filelock import FileLock, Timeout

from services.police.application.lists import desk_key
from services.police.import_run import ImportDesk, Workbook
from services.police.intake.check import CheckedRow, check_rows
from services.police.intake.record import office_of, take
from services.police.refusals import ImportBusy
from shared.agreement.parties import Party
from shared.hosting.definition import ImportOptions, Service
from shared.log.application import UnitOfWork
from shared.log.events import Aggregate
from shared.sheets.errors import SheetRefused
from shared.sheets.limits import Limits
from shared.sheets.report import Report

MOST_ROWS = 500
"""Of one commit."""
NAME_KEPT = 60
"""Characters of a file name, counted from its end; it must fit where names are limited to 255 bytes."""
_CHUNK = 2**20

Save = Callable[[Callable[[UnitOfWork], Aggregate]], object]
"""Takes the decision that completes an import, and saves it."""


def import_file(
    service: Service,
    offices: Sequence[Party],
    name: str,
    content: BinaryIO,
    options: ImportOptions,
    save: Save | None = None,
) -> Report:
    """Import a workbook of released persons for these offices; each row goes to its commune's office.

    Returns what was taken and refused; of a dry run, what would be. Refused rows without `skip_bad`, or a file
    that cannot be read, record nothing: then nothing counts as taken. Raises ImportBusy while another import
    for one of the offices runs, and ImportIncomplete where another file's must be completed first.
    """
    first, folder = offices[0], service.views.folder
    with _alone(folder, offices), _copied(folder / f"import-{first.code}", name, content) as (path, file_hash):
        book = Workbook(uuid4(), name, file_hash, tuple(o.code for o in offices), service.today())
        try:
            return _import(service, book, path, options, save)
        except SheetRefused as refused:
            report = Report()
            report.explain(refused.errors)
            return report


def abandon_import(service: Service, offices: Sequence[Party], actor: str) -> None:
    """Give up what is under way for these offices; the rows that were taken stay. Raises NoImportRunning, ImportBusy."""

    def act(work: UnitOfWork) -> None:
        for office in offices:
            _desk(work, office).abandon(work.now)
            work.collect()

    with _alone(service.views.folder, offices):
        service.log.decide(offices[0].code, actor, act)

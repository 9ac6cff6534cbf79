"""What officers and leaders of a committee do with a month's list.

Each function raises NotFound for a list of another office, StaleVersion, and what the aggregate raises.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.commune.application import list_check_id
from services.commune.list_check import ListCheck
from services.commune.list_events import Objection, Reminder
from shared.agreement.acting import Command
from shared.log.application import UnitOfWork


def check_entry(
    work: UnitOfWork, command: Command, list_id: UUID, entry_id: UUID, reason: str | None, note: str | None
) -> ListCheck:
    check = _load(work, command, list_id)
    check.check_entry(work.now, command.user, entry_id, reason, note)
    return check


def confirm_list(
    work: UnitOfWork, command: Command, list_id: UUID, document_no: str, document_on: date
) -> ListCheck:
    check = _load(work, command, list_id)
    check.confirm(work.now, command.user, document_no, document_on)
    return check


def return_list(
    work: UnitOfWork, command: Command, list_id: UUID, objections: Sequence[Objection], note: str | None
) -> ListCheck:
    check = _load(work, command, list_id)
    check.return_to_police(work.now, command.user, objections, note)
    return check


def issue_reminder(work: UnitOfWork, list_id: UUID, of: Reminder, day: date, due_on: date) -> ListCheck:
    """Of the acting office to itself; nothing the second time."""
    check = work.get(ListCheck, list_check_id(work.party, list_id))
    check.remind(work.now, of, day, due_on)
    return check


def _load(work: UnitOfWork, command: Command, list_id: UUID) -> ListCheck:
    return work.get(ListCheck, list_check_id(command.user.office, list_id), command.expected_version)

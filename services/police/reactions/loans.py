"""What the bank tells of loans: which stand, so that nobody is listed twice for one purpose.

A loan of a person we do not know of yet (the hand-over is still under way) opens the case as a shell.
"""

from uuid import UUID

from services.police.application.persons import case_key
from services.police.facts import Case
from services.police.person import ReleasedPerson
from services.police.person_events import LoanState
from shared.log.application import UnitOfWork
from shared.messaging.reactions import HeardEvent


def approved(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    person = _note(work, heard, person_id, "approved")
    person.close_entry(heard.occurred, heard.id("entry_id"), "approved")


def refused(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    person = work.find(ReleasedPerson, case_key(work.party, person_id))
    if person is not None:
        person.close_entry(heard.occurred, heard.id("entry_id"), "refused")


def disbursed(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    _note(work, heard, person_id, "open")


def settled(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    _note(work, heard, person_id, "settled")


def reopened(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    """A recovery taken back: principal is owed again, even where the loan counted as settled."""
    if heard.data["principal"] > 0:
        _note(work, heard, person_id, "open")


def _note(work: UnitOfWork, heard: HeardEvent, person_id: UUID, state: LoanState) -> ReleasedPerson:
    case = Case(work.party, heard.data["commune"], person_id)
    person = work.get_or_new(ReleasedPerson, case_key(work.party, person_id))
    person.note_loan(heard.occurred, case, heard.id("loan_id"), state, heard.get("purpose"))
    return person

"""From application to decision."""

from uuid import UUID

from services.bank.application.loading import listed_person, loan_id_of, loan_to_decide, received_list
from services.bank.loan import Loan
from services.bank.loan_events import Borrower
from services.bank.rules import Asked, Lookup
from shared.agreement.acting import Command
from shared.log.application import UnitOfWork
from shared.messaging.parking import refuse_if_parked


def file_application(
    work: UnitOfWork, command: Command, person_id: UUID, entry_id: UUID, borrower: Borrower, asked: Asked
) -> Loan:
    """Form 01/TD on an entry of an open list.

    Raises NotFound, Parked, ListNotOpen, EntryNotStanding, EntryTakenUp, OpenLoanExists, BorrowerMismatch,
    or the refusal of the rule that fails.
    """
    person = listed_person(work, person_id)
    refuse_if_parked(work, work.party, person_id)
    claim = person.claim(entry_id)
    received_list(work, claim.list_id).demand_open()
    loan_id = loan_id_of(work.party, entry_id)
    person.take_up(work.now, entry_id, loan_id)
    loan = work.add(Loan(loan_id))
    loan.file(work.now, command.user, work.party, claim, borrower, asked)
    return loan


def record_lookup(work: UnitOfWork, command: Command, loan_id: UUID, lookup: Lookup) -> Loan:
    """Raises as Loan.look_up."""
    loan, _ = loan_to_decide(work, command, loan_id)
    loan.look_up(work.now, lookup)
    return loan


def propose_approval(
    work: UnitOfWork, command: Command, loan_id: UUID, amount: int | None, term_months: int | None
) -> Loan:
    """`amount`, `term_months`: None for what was applied for. Raises as Loan.propose_approval."""
    loan, claim = loan_to_decide(work, command, loan_id)
    asked = loan.asked
    loan.propose_approval(
        work.now, command.user, claim, amount or asked.amount, term_months or asked.term_months
    )
    return loan


def propose_refusal(work: UnitOfWork, command: Command, loan_id: UUID, grounds: str) -> Loan:
    """Raises as Loan.propose_refusal."""
    loan, claim = loan_to_decide(work, command, loan_id)
    loan.propose_refusal(work.now, command.user, claim, grounds)
    return loan


def approve_loan(work: UnitOfWork, command: Command, loan_id: UUID, document_no: str) -> Loan:
    """Raises as Loan.approve."""
    loan, claim = loan_to_decide(work, command, loan_id)
    loan.approve(work.now, command.user, claim, document_no)
    return loan


def refuse_loan(work: UnitOfWork, command: Command, loan_id: UUID, grounds: str) -> Loan:
    """The person may be listed and lent to again. Raises as Loan.refuse."""
    loan, claim = loan_to_decide(work, command, loan_id)
    loan.refuse(work.now, command.user, claim, grounds)
    listed_person(work, loan.person_id).close_loan(work.now, loan_id)
    return loan

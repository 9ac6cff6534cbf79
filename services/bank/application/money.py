"""Money out and money in."""

from datetime import date
from uuid import UUID

from services.bank.application.loading import listed_person, loan, loan_to_decide
from services.bank.loan import Loan, LoanState
from shared.agreement.acting import Command
from shared.agreement.calendar import Calendar
from shared.log.application import UnitOfWork


def payable_until(loan: Loan, calendar: Calendar) -> date:
    """The last day on which the final date is met: a final date on a day off is met on the next working day.

    Before the first tranche there is no final date; then no day is too late.
    """
    return calendar.working_day_from(loan.terms.due_on) if loan.terms else date.max


def prepare_tranche(work: UnitOfWork, command: Command, loan_id: UUID, amount: int) -> Loan:
    """Raises as Loan.prepare_tranche."""
    loan, _ = loan_to_decide(work, command, loan_id)
    loan.prepare_tranche(work.now, command.user, amount)
    return loan


def confirm_tranche(
    work: UnitOfWork, command: Command, loan_id: UUID, tranche_no: int, disbursed_on: date
) -> Loan:
    """Raises as Loan.confirm_tranche."""
    loan, claim = loan_to_decide(work, command, loan_id)
    loan.confirm_tranche(work.now, command.user, claim, tranche_no, disbursed_on)
    return loan


def post_receipt(
    work: UnitOfWork,
    command: Command,
    calendar: Calendar,
    loan_id: UUID,
    principal: int,
    interest: int,
    receipt_no: str,
    paid_on: date,
) -> Loan:
    """Raises as Loan.receive."""
    loan, _ = loan_to_decide(work, command, loan_id)
    until = payable_until(loan, calendar)
    loan.receive(work.now, command.user, principal, interest, receipt_no, paid_on, until)
    if loan.state is LoanState.SETTLED:
        listed_person(work, loan.person_id).close_loan(work.now, loan_id)
    return loan


def reverse_receipt(work: UnitOfWork, command: Command, loan_id: UUID, posting_id: UUID) -> Loan:
    """A settled loan lives again, unless another for the same purpose was opened meanwhile.

    Raises as Loan.reverse, and OpenLoanExists.
    """
    loan, _ = loan_to_decide(work, command, loan_id)
    loan.reverse(work.now, command.user, posting_id)
    person = listed_person(work, loan.person_id)
    person.reopen_loan(work.now, loan.entry_id, loan_id, loan.asked.purpose)
    return loan


def find_overdue(work: UnitOfWork, calendar: Calendar, loan_id: UUID, day: date) -> None:
    """What the calendar alone decides: not held up by a parked case."""
    found = loan(work, loan_id)
    found.fall_overdue(day, payable_until(found, calendar))

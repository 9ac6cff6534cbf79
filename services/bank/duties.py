"""What falls due at a transaction office on a local day: final dates that passed with principal unpaid."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from services.bank.application.money import find_overdue
from services.bank.views.loans import past_final_date
from shared.agreement.parties import Party
from shared.hosting.definition import Duty, Service
from shared.log.application import UnitOfWork


def duties_on(service: Service, office: Party, day: date) -> Iterator[tuple[str, Duty]]:
    """One small commit per loan; the loan knows whether it is overdue already."""
    service.views.catch_up()
    with service.views.reading() as db:
        due = past_final_date(db, office.code, day)
    for loan_id in due:
        yield f"overdue {loan_id}", _finding_overdue(service, loan_id, day)


def _finding_overdue(service: Service, loan_id: UUID, day: date) -> Duty:
    def act(work: UnitOfWork) -> None:
        find_overdue(work, service.calendar, loan_id, day)

    return act

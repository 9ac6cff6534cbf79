"""What falls due at a transaction office on a day."""

from datetime import date
from pathlib import Path

import pytest

from services.bank.duties import duties_on
from services.bank.loan import LoanState
from services.bank.loan_events import LoanBecameOverdue
from shared.hosting.definition import Service
from tests.unit.bank_office import OFFICE, Office, listed, service_of


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def service(office: Office, tmp_path: Path) -> Service:
    return service_of(office, tmp_path)


def tick(service: Service, office: Office, day: date, office_code: str = OFFICE) -> list[str]:
    """What fell due on a day, each act carried out twice, as after a crash in between."""
    office.today = max(day, office.today)
    names = []
    for name, duty in list(duties_on(service, service.office(office_code), day)):
        office.log.decide(office_code, "tick", duty)
        office.log.decide(office_code, "tick", duty)
        names.append(name)
    return names


def test_a_loan_unpaid_after_its_final_date_becomes_overdue_once(service: Service, office: Office) -> None:
    # Due on Sunday 6 September 2026: met on the Monday, overdue from the Tuesday.
    loan_id = office.disbursed(listed(), term_months=6)
    assert tick(service, office, date(2026, 9, 6)) == []
    tick(service, office, date(2026, 9, 7))
    assert office.loan(loan_id).state is LoanState.ACTIVE
    assert tick(service, office, date(2026, 9, 8)) == [f"overdue {loan_id}"]
    assert tick(service, office, date(2026, 9, 9)) == []
    (overdue,) = office.events(LoanBecameOverdue)
    assert overdue.overdue_since == date(2026, 9, 8)


def test_days_that_were_missed_change_nothing_of_since_when_a_loan_is_overdue(
    service: Service, office: Office
) -> None:
    office.disbursed(listed(), term_months=6)
    tick(service, office, date(2026, 10, 20))
    (overdue,) = office.events(LoanBecameOverdue)
    assert overdue.overdue_since == date(2026, 9, 8)


def test_a_loan_paid_meanwhile_is_left_alone(service: Service, office: Office) -> None:
    paid, partly = office.disbursed(listed(), term_months=6), office.disbursed(listed(), term_months=6)
    office.today = date(2026, 9, 7)
    office.receive(paid, 50_000_000)
    office.receive(partly, 20_000_000)
    assert tick(service, office, date(2026, 9, 8)) == [f"overdue {partly}"]
    (overdue,) = office.events(LoanBecameOverdue)
    assert overdue.amount == 30_000_000


def test_a_loan_that_lives_again_after_its_final_date_is_found_overdue(
    service: Service, office: Office
) -> None:
    loan_id = office.disbursed(listed(), term_months=6)
    office.today = date(2026, 9, 7)
    posting_id = office.receive(loan_id, 50_000_000, office.interest(loan_id))
    office.today = date(2026, 9, 20)
    assert tick(service, office, office.today) == []
    office.reverse(loan_id, posting_id)
    assert tick(service, office, date(2026, 9, 21)) == [f"overdue {loan_id}"]


def test_another_offices_loans_are_not_its_duty(service: Service, office: Office) -> None:
    office.disbursed(listed(), term_months=6)
    assert tick(service, office, date(2026, 9, 20), "pgd-khac") == []

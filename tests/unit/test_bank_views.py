"""The read models of a transaction office."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.bank.loan import LoanState
from services.bank.received_list import ListState
from services.bank.views.lists import EntryRow, ListRow, entries_of, find_entry, find_list
from services.bank.views.loans import LoanRow, loans_of_person, past_final_date
from shared.contracts.base import Data
from shared.hosting.definition import Service
from tests.unit.bank_office import (
    OFFICE,
    Office,
    confirmed,
    corrected,
    ended,
    listed,
    service_of,
    submitted,
)

LIST = uuid4()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def service(office: Office, tmp_path: Path) -> Service:
    return service_of(office, tmp_path)


def the_list(service: Service, list_id: UUID = LIST, office: str = OFFICE) -> ListRow | None:
    with service.views.reading() as db:
        return find_list(db, office, list_id)


def the_entry(service: Service, entry: Data, office: str = OFFICE) -> EntryRow | None:
    with service.views.reading() as db:
        return find_entry(db, office, UUID(entry["entry_id"]))


def the_loan(service: Service, entry: Data) -> LoanRow:
    with service.views.reading() as db:
        (row,) = loans_of_person(db, OFFICE, UUID(entry["person_id"]))
    return row


@pytest.mark.parametrize("police_first", [True, False])
def test_a_list_shows_which_half_is_missing_until_it_opens(
    service: Service, office: Office, police_first: bool
) -> None:
    entry = listed()
    police = ("ListSubmitted", submitted(LIST, [entry]))
    committee = ("ListConfirmed", confirmed(LIST, [entry]))
    first, second = (police, committee) if police_first else (committee, police)
    office.hear(*first)
    row = the_list(service)
    assert row is not None
    assert row.state == ("waiting_for_commune" if police_first else "waiting_for_police")
    assert (row.police is None, row.committee is None) == (not police_first, police_first)
    office.hear(*second)
    row = the_list(service)
    assert row is not None
    assert (row.state, row.entries, row.opened_on) == (ListState.OPEN, 1, date(2026, 3, 6))
    assert row.police is not None
    assert row.police.signer_title == "Trưởng Công an xã"
    assert row.committee is not None
    assert row.committee.document_no == "12/XN-UBND"


def test_a_mismatch_is_shown_with_what_differs(service: Service, office: Office) -> None:
    office.hear("ListSubmitted", submitted(LIST, [listed()]))
    office.hear("ListConfirmed", confirmed(LIST, []))
    row = the_list(service)
    assert row is not None
    assert (row.state, row.differences) == (ListState.MISMATCH, ("number", "confirmed_hash"))


def test_the_view_of_a_list_and_its_aggregate_agree_in_every_order(tmp_path: Path) -> None:
    entry = listed()
    halves = [
        ("ListSubmitted", submitted(LIST, [entry])),
        ("ListSubmitted", submitted(LIST, [], round=2)),
        ("ListConfirmed", confirmed(LIST, [entry])),
        ("ListConfirmed", confirmed(LIST, [], round=2)),
    ]
    for number, order in enumerate(((0, 2, 1, 3), (2, 0, 3, 1), (1, 3, 0, 2), (3, 2, 1, 0), (0, 1, 2, 3))):
        folder = tmp_path / str(number)
        folder.mkdir()
        office = Office(folder)
        service = service_of(office, folder)
        for index in order:
            office.hear(*halves[index])
            row, held = the_list(service), office.received(LIST)
            assert row is not None
            assert (row.state, row.differences) == (held.state, held.differences)
        service.users.close()


def test_entries_keep_the_lists_order_and_show_what_became_of_them(service: Service, office: Office) -> None:
    entries = [listed(), listed(), listed(), listed()]
    office.open_list(*entries, list_id=LIST)
    office.reject(entries[0], "not_found")
    loan_id = office.apply(entries[1])
    office.hear("EligibilityEnded", ended(LIST, entries[2]))
    office.hear("ListEntryCorrected", corrected(LIST, entries[3], amount=20_000_000))
    with service.views.reading() as db:
        rows = entries_of(db, OFFICE, LIST)
    assert [str(row.entry_id) for row in rows] == [entry["entry_id"] for entry in entries]
    assert [row.state for row in rows] == ["rejected", "taken_up", "ended", "listed"]
    assert (rows[0].rejected, rows[1].loan_id, rows[2].ended_on) == ("not_found", loan_id, date(2026, 3, 9))
    assert rows[3].entry is not None
    assert rows[3].entry.amount == 20_000_000


def test_an_entry_that_ended_before_it_was_listed_shows_as_ended(service: Service, office: Office) -> None:
    entry = listed()
    office.hear("EligibilityEnded", ended(LIST, entry))
    office.open_list(entry, list_id=LIST)
    row = the_entry(service, entry)
    assert row is not None
    assert row.state == "ended"
    assert row.entry is not None


def test_a_loan_row_follows_the_loan(service: Service, office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry, term_months=6)
    steps: list[tuple[Callable[[], None], LoanState]] = [
        (lambda: office.look_up(loan_id), LoanState.APPLIED),
        (lambda: office.propose(loan_id, amount=40_000_000), LoanState.PROPOSED),
        (lambda: office.approve(loan_id), LoanState.APPROVED),
        (lambda: office.prepare(loan_id, 30_000_000), LoanState.APPROVED),
        (lambda: office.confirm(loan_id), LoanState.ACTIVE),
        (lambda: office.reverse(loan_id, office.receive(loan_id, 30_000_000)), LoanState.ACTIVE),
        (lambda: office.find_overdue(loan_id, date(2026, 9, 8)), LoanState.OVERDUE),
    ]
    for step, state in steps:
        step()
        row, loan = the_loan(service, entry), office.loan(loan_id)
        assert row.state is loan.state is state
        assert (row.disbursed, row.principal) == (loan.ledger.disbursed, loan.ledger.principal)
        assert row.prepared == (loan.prepared.amount if loan.prepared else None)
    assert (row.granted, row.due_on, row.overdue_since) == (40_000_000, date(2026, 9, 6), date(2026, 9, 8))
    office.today = date(2026, 9, 9)
    posting_id = office.receive(loan_id, 30_000_000, office.interest(loan_id))
    assert the_loan(service, entry).state is LoanState.SETTLED
    office.reverse(loan_id, posting_id)
    assert the_loan(service, entry).state is office.loan(loan_id).state is LoanState.OVERDUE
    assert the_loan(service, entry).settled_on is None


def test_a_refused_loan_shows_no_tranche_to_confirm(service: Service, office: Office) -> None:
    entry = listed()
    loan_id = office.approved(entry)
    office.prepare(loan_id, 1)
    office.refuse(loan_id)
    row = the_loan(service, entry)
    assert (row.state, row.prepared) == (LoanState.REFUSED, None)


def test_loans_past_their_final_date_are_those_in_term_with_principal_owed(
    service: Service, office: Office
) -> None:
    due, paid, overdue = (office.disbursed(listed(), term_months=6) for _ in range(3))
    office.receive(paid, 50_000_000)
    office.find_overdue(overdue, date(2026, 9, 8))
    with service.views.reading() as db:
        assert past_final_date(db, OFFICE, date(2026, 9, 6)) == []
        assert past_final_date(db, OFFICE, date(2026, 9, 7)) == [due]
        assert past_final_date(db, "pgd-khac", date(2026, 9, 7)) == []


def test_views_rebuilt_from_the_log_equal_the_live_ones(service: Service, office: Office) -> None:
    entries = [listed(), listed(), listed()]
    office.hear("EligibilityEnded", ended(LIST, entries[2]))
    office.open_list(*entries, list_id=LIST)
    service.views.catch_up()
    office.reject(entries[0], "not_found")
    loan_id = office.apply(entries[1])
    office.look_up(loan_id)
    service.views.catch_up()
    office.propose(loan_id)
    office.approve(loan_id)
    office.prepare(loan_id, 50_000_000)
    office.confirm(loan_id)
    office.receive(loan_id, 50_000_000)
    live = service.views.dump()
    service.views.rebuild()
    assert service.views.dump() == live
    assert live["bank_loan"]
    assert live["bank_list"]


def test_another_office_sees_none_of_it(service: Service, office: Office) -> None:
    entry = listed()
    office.open_list(entry, list_id=LIST)
    office.apply(entry)
    assert the_list(service, office="pgd-khac") is None
    assert the_entry(service, entry, office="pgd-khac") is None
    with service.views.reading() as db:
        assert loans_of_person(db, "pgd-khac", UUID(entry["person_id"])) == []

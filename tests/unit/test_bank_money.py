"""Money out and in: tranches, receipts, interest, overdue, reversal, settlement."""

from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.bank.loan import LoanState
from services.bank.loan_events import LoanBecameOverdue, LoanSettled, TermsSet
from services.bank.refusals import (
    AboveApproved,
    DayOutOfOrder,
    EntryNotStanding,
    InterestOverpaid,
    LeaderNeeded,
    NothingReceived,
    OnlyInterestOnSettled,
    OpenLoanExists,
    OutsideFiveYears,
    PostingUnknown,
    PrincipalOverpaid,
    ReceiptUsed,
    SecondPersonNeeded,
    WrongState,
    WrongTranche,
)
from shared.agreement.errors import Parked
from tests.unit.bank_office import DEPUTY, LEADER, OFFICER, Office, ended, listed, training

LIST = uuid4()
START = date(2026, 3, 6)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_tranche_is_prepared_by_one_and_confirmed_by_another(office: Office) -> None:
    loan_id = office.approved(listed())
    with pytest.raises(WrongTranche):
        office.confirm(loan_id)
    office.prepare(loan_id, 50_000_000, by=LEADER)
    with pytest.raises(SecondPersonNeeded):
        office.confirm(loan_id, by=LEADER)
    with pytest.raises(LeaderNeeded):
        office.confirm(loan_id, by=OFFICER)
    with pytest.raises(WrongTranche):
        office.confirm(loan_id, 2, by=DEPUTY)
    office.confirm(loan_id, by=DEPUTY)
    said = office.said()[-1]
    assert said.contract == "LoanDisbursed"
    assert (said.data["tranche_no"], said.data["amount"], said.data["principal"]) == (
        1,
        50_000_000,
        50_000_000,
    )
    assert office.loan(loan_id).state is LoanState.ACTIVE


def test_nothing_is_paid_out_before_approval(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    with pytest.raises(WrongState):
        office.prepare(loan_id, 1)


def test_tranches_never_exceed_what_was_approved(office: Office) -> None:
    loan_id = office.approved(training(), term_months=27)
    with pytest.raises(AboveApproved):
        office.prepare(loan_id, 36_000_001)
    office.prepare(loan_id, 20_000_000)
    office.prepare(loan_id, 16_000_000)
    office.confirm(loan_id)
    with pytest.raises(WrongTranche):
        office.confirm(loan_id)
    with pytest.raises(AboveApproved) as refused:
        office.prepare(loan_id, 20_000_001)
    assert refused.value.facts == {"asked": 20_000_001, "left": 20_000_000}
    office.prepare(loan_id, 20_000_000)
    office.confirm(loan_id, 2)
    assert [said.data["principal"] for said in office.said() if said.contract == "LoanDisbursed"] == [
        16_000_000,
        36_000_000,
    ]


def test_rate_and_final_date_are_fixed_with_the_first_tranche(office: Office) -> None:
    loan_id = office.approved(training(), term_months=27)
    office.today = date(2026, 8, 31)
    office.prepare(loan_id, 16_000_000)
    office.confirm(loan_id)
    office.today = date(2027, 1, 4)
    office.prepare(loan_id, 20_000_000)
    office.confirm(loan_id, 2)
    (terms,) = office.events(TermsSet)
    assert terms.terms.due_on == date(2028, 11, 30)
    assert str(terms.terms.annual_rate) == "0.066"


def test_the_first_tranche_and_only_it_must_come_within_five_years(office: Office) -> None:
    loan_id = office.approved(training(completed_on="2021-03-10"), term_months=27)
    other = office.approved(training(completed_on="2021-03-10"), term_months=27)
    office.prepare(loan_id, 16_000_000)
    office.prepare(other, 16_000_000)
    office.today = date(2026, 3, 11)
    with pytest.raises(OutsideFiveYears):
        office.confirm(loan_id)
    office.confirm(other, on=date(2026, 3, 10))
    office.prepare(other, 20_000_000)
    office.confirm(other, 2)
    office.refuse(loan_id)


def test_nothing_more_is_paid_out_on_an_ended_entry(office: Office) -> None:
    entry = training()
    loan_id = office.approved(entry, term_months=27)
    office.prepare(loan_id, 16_000_000)
    office.confirm(loan_id)
    office.prepare(loan_id, 20_000_000)
    office.hear("EligibilityEnded", ended(LIST, entry))
    with pytest.raises(EntryNotStanding):
        office.confirm(loan_id, 2)


def test_a_tranche_is_paid_between_approval_and_today(office: Office) -> None:
    loan_id = office.approved(listed())
    office.prepare(loan_id, 1_000_000)
    for day in (START - timedelta(days=1), START + timedelta(days=1)):
        with pytest.raises(DayOutOfOrder):
            office.confirm(loan_id, on=day)


def test_no_tranche_is_paid_after_the_final_date(office: Office) -> None:
    loan_id = office.approved(listed(), term_months=1)
    office.prepare(loan_id, 1_000_000)
    office.confirm(loan_id)
    office.prepare(loan_id, 1_000_000)
    office.today = date(2026, 4, 7)
    with pytest.raises(DayOutOfOrder):
        office.confirm(loan_id, 2)
    office.find_overdue(loan_id, office.today)
    with pytest.raises(WrongState):
        office.confirm(loan_id, 2)


@pytest.mark.parametrize(("days", "owed"), [(0, 0), (30, 542_466), (31, 560_548), (365, 6_600_000)])
def test_interest_is_simple_over_actual_days_of_365(office: Office, days: int, owed: int) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000))
    office.today = START + timedelta(days=days)
    assert office.interest(loan_id) == owed


def test_interest_paid_in_parts_comes_to_the_same_dong(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000))
    for days in range(7, 365, 7):
        office.today = START + timedelta(days=days)
        office.receive(loan_id, 0, office.interest(loan_id))
    office.today = START + timedelta(days=365)
    office.receive(loan_id, 0, office.interest(loan_id))
    assert office.loan(loan_id).ledger.interest_paid == 6_600_000


def test_only_principal_is_told_of_a_receipt(office: Office) -> None:
    loan_id = office.disbursed(listed())
    office.today = START + timedelta(days=30)
    office.receive(loan_id, 0, 200_000)
    assert office.names_said()[-1] == "LoanDisbursed"
    posting_id = office.receive(loan_id, 5_000_000, 71_233)
    said = office.said()[-1]
    assert said.contract == "DebtRecovered"
    assert said.data == {
        "loan_id": str(loan_id),
        "person_id": str(office.loan(loan_id).person_id),
        "commune": "99901",
        "posting_id": str(posting_id),
        "amount": 5_000_000,
        "principal": 45_000_000,
        "part": "in_term",
        "recovered_on": "2026-04-05",
    }


def test_overpayment_is_refused_with_both_figures(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000))
    office.today = START + timedelta(days=30)
    with pytest.raises(PrincipalOverpaid) as principal:
        office.receive(loan_id, 100_000_001)
    assert principal.value.facts == {"asked": 100_000_001, "owed": 100_000_000}
    with pytest.raises(InterestOverpaid) as interest:
        office.receive(loan_id, 0, 542_467)
    assert interest.value.facts == {"asked": 542_467, "owed": 542_466, "day": "2026-04-05"}
    assert "542.466" in interest.value.message_vi
    with pytest.raises(NothingReceived):
        office.receive(loan_id, 0, 0)


def test_the_same_receipt_is_posted_once_unless_it_was_taken_back(office: Office) -> None:
    loan_id = office.disbursed(listed())
    posting_id = office.receive(loan_id, 1_000_000, no="PT-01")
    with pytest.raises(ReceiptUsed):
        office.receive(loan_id, 1_000_000, no="PT-01")
    office.reverse(loan_id, posting_id)
    assert office.receive(loan_id, 2_000_000, no="PT-01") != posting_id


def test_a_receipt_is_not_dated_before_the_last_posting_nor_after_today(office: Office) -> None:
    loan_id = office.disbursed(listed())
    office.today = START + timedelta(days=30)
    with pytest.raises(DayOutOfOrder):
        office.receive(loan_id, 1, on=START - timedelta(days=1))
    office.receive(loan_id, 1_000_000, on=START + timedelta(days=20))
    with pytest.raises(DayOutOfOrder):
        office.receive(loan_id, 1, on=START + timedelta(days=19))
    with pytest.raises(DayOutOfOrder):
        office.receive(loan_id, 1, on=START + timedelta(days=31))


def test_money_is_not_received_on_a_loan_that_was_not_paid_out_or_is_settled(office: Office) -> None:
    loan_id = office.approved(listed())
    with pytest.raises(WrongState):
        office.receive(loan_id, 1)
    settled = office.disbursed(listed())
    office.receive(settled, 50_000_000)
    with pytest.raises(WrongState):
        office.receive(settled, 1)


def test_a_loan_repaid_early_is_settled_by_the_receipt_after_which_nothing_is_owed(office: Office) -> None:
    entry = listed(amount=100_000_000)
    loan_id = office.disbursed(entry)
    office.today = START + timedelta(days=31)
    office.receive(loan_id, 100_000_000)
    assert office.loan(loan_id).state is LoanState.ACTIVE
    office.today = START + timedelta(days=60)
    assert office.interest(loan_id) == 560_548
    office.receive(loan_id, 0, 560_547)
    assert office.loan(loan_id).state is LoanState.ACTIVE
    office.receive(loan_id, 0, 1)
    assert office.loan(loan_id).state is LoanState.SETTLED
    assert office.said()[-1].contract == "LoanSettled"
    assert office.said()[-1].data["settled_on"] == "2026-05-05"
    again = listed(person_id=entry["person_id"])
    office.open_list(again)
    office.apply(again)


def test_principal_unpaid_after_the_final_date_becomes_overdue_once(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000), term_months=6)
    due = office.loan(loan_id).terms
    assert due is not None
    assert due.due_on == date(2026, 9, 6)  # a Sunday: met on the Monday
    office.today = date(2026, 9, 8)
    office.find_overdue(loan_id, date(2026, 9, 7))
    assert office.loan(loan_id).state is LoanState.ACTIVE
    office.find_overdue(loan_id, date(2026, 9, 8))
    office.find_overdue(loan_id, date(2026, 9, 9))
    (overdue,) = office.events(LoanBecameOverdue)
    assert (overdue.amount, overdue.overdue_since) == (100_000_000, date(2026, 9, 8))
    assert office.names_said()[-1] == "LoanBecameOverdue"
    assert office.loan(loan_id).state is LoanState.OVERDUE


def test_a_final_date_on_a_day_off_is_met_on_the_next_working_day(office: Office) -> None:
    loan_id = office.disbursed(listed(), term_months=6)
    office.today = date(2026, 9, 7)
    office.receive(loan_id, 50_000_000, office.interest(loan_id))
    office.find_overdue(loan_id, date(2026, 9, 30))
    assert office.events(LoanBecameOverdue) == []
    assert office.said()[-1].contract == "LoanSettled"


def test_overdue_principal_bears_130_percent_from_the_day_after_the_last_day_to_pay(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000), term_months=6)
    office.today = date(2026, 9, 7)
    assert office.interest(loan_id) == 3_345_205  # 185 days: 3,345,205.48
    office.receive(loan_id, 0, 3_345_205)
    office.today = date(2026, 10, 7)
    assert office.interest(loan_id) == 705_206  # 30 days: 705,205.48, and the 0.48 left over before
    office.find_overdue(loan_id, office.today)
    assert office.interest(loan_id) == 705_206


def test_a_receipt_before_the_tick_finds_the_loan_overdue_by_itself(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000), term_months=6)
    office.today = date(2026, 10, 7)
    office.receive(loan_id, 40_000_000)
    said = office.said()
    assert [it.contract for it in said[-2:]] == ["LoanBecameOverdue", "DebtRecovered"]
    assert said[-2].data["amount"] == 100_000_000
    assert said[-1].data["part"] == "overdue"
    office.find_overdue(loan_id, office.today)
    assert len(office.events(LoanBecameOverdue)) == 1


def test_money_that_came_in_time_is_in_term_though_keyed_after_the_tick(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000), term_months=6)
    office.today = date(2026, 9, 9)
    office.find_overdue(loan_id, office.today)
    office.receive(loan_id, 30_000_000, on=date(2026, 9, 7))
    assert office.said()[-1].data["part"] == "in_term"
    office.receive(loan_id, 30_000_000, on=date(2026, 9, 8))
    assert office.said()[-1].data["part"] == "overdue"


def test_unpaid_interest_alone_makes_nothing_overdue(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000), term_months=6)
    office.today = date(2026, 9, 7)
    office.receive(loan_id, 100_000_000)
    owed = office.interest(loan_id)
    office.today = date(2026, 12, 1)
    office.find_overdue(loan_id, office.today)
    assert office.loan(loan_id).state is LoanState.ACTIVE
    assert office.interest(loan_id) == owed > 0


def test_an_overdue_loan_partly_recovered_and_then_paid_is_settled(office: Office) -> None:
    loan_id = office.disbursed(listed(), term_months=6)
    office.today = date(2026, 9, 20)
    office.find_overdue(loan_id, office.today)
    office.receive(loan_id, 20_000_000)
    office.today = date(2026, 10, 20)
    office.receive(loan_id, 30_000_000, office.interest(loan_id))
    assert office.names_said()[-2:] == ["DebtRecovered", "LoanSettled"]
    (settled,) = office.events(LoanSettled)
    assert settled.settled_on == date(2026, 10, 20)


def test_a_mistaken_receipt_is_taken_back_by_a_leader_who_did_not_key_it(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000))
    office.today = START + timedelta(days=10)
    posting_id = office.receive(loan_id, 40_000_000, 180_000, by=DEPUTY)
    with pytest.raises(LeaderNeeded):
        office.reverse(loan_id, posting_id, by=OFFICER)
    with pytest.raises(SecondPersonNeeded):
        office.reverse(loan_id, posting_id, by=DEPUTY)
    with pytest.raises(PostingUnknown):
        office.reverse(loan_id, uuid4())
    office.reverse(loan_id, posting_id)
    said = office.said()[-1]
    assert said.contract == "DebtRecoveryReversed"
    assert (said.data["amount"], said.data["principal"]) == (40_000_000, 100_000_000)
    with pytest.raises(PostingUnknown):
        office.reverse(loan_id, posting_id)
    office.today = START + timedelta(days=30)
    assert office.interest(loan_id) == 542_466


def test_taking_back_interest_alone_is_nobody_elses_business(office: Office) -> None:
    loan_id = office.disbursed(listed(amount=100_000_000))
    office.today = START + timedelta(days=30)
    posting_id = office.receive(loan_id, 0, 542_466)
    before = office.names_said()
    office.reverse(loan_id, posting_id)
    assert office.names_said() == before
    assert office.interest(loan_id) == 542_466


def test_a_settled_loan_lives_again_when_its_last_receipt_is_taken_back(office: Office) -> None:
    entry = listed()
    loan_id = office.disbursed(entry)
    posting_id = office.receive(loan_id, 50_000_000)
    again = listed(person_id=entry["person_id"])
    office.open_list(again)
    office.reverse(loan_id, posting_id)
    assert office.loan(loan_id).state is LoanState.ACTIVE
    assert office.names_said()[-1] == "DebtRecoveryReversed"
    with pytest.raises(OpenLoanExists):
        office.apply(again)
    office.receive(loan_id, 50_000_000)
    assert office.loan(loan_id).state is LoanState.SETTLED


def test_a_settled_loan_stays_settled_when_another_for_the_purpose_was_opened(office: Office) -> None:
    entry = listed()
    loan_id = office.disbursed(entry)
    posting_id = office.receive(loan_id, 50_000_000)
    again = listed(person_id=entry["person_id"])
    office.open_list(again)
    office.apply(again)
    with pytest.raises(OpenLoanExists):
        office.reverse(loan_id, posting_id)
    assert office.loan(loan_id).state is LoanState.SETTLED


def test_interest_alone_is_not_taken_back_on_a_settled_loan(office: Office) -> None:
    loan_id = office.disbursed(listed())
    office.today = START + timedelta(days=30)
    posting_id = office.receive(loan_id, 0, office.interest(loan_id))
    office.receive(loan_id, 50_000_000)
    with pytest.raises(OnlyInterestOnSettled):
        office.reverse(loan_id, posting_id)


def test_no_money_moves_while_the_case_is_parked_but_the_calendar_goes_on(office: Office) -> None:
    entry = listed()
    loan_id = office.disbursed(entry, term_months=6)
    posting_id = office.receive(loan_id, 1_000_000)
    office.park(entry)
    with pytest.raises(Parked):
        office.receive(loan_id, 1_000_000)
    with pytest.raises(Parked):
        office.reverse(loan_id, posting_id)
    office.today = date(2026, 9, 20)
    office.find_overdue(loan_id, office.today)
    assert office.loan(loan_id).state is LoanState.OVERDUE

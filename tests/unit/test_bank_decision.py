"""From application to approval or refusal: who may decide, and what the articles demand."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.bank import rules
from services.bank.application import loans
from services.bank.loan import LoanState
from services.bank.loan_events import Borrower, LoanApproved, LoanRefused
from services.bank.refusals import (
    AboveApplied,
    BorrowerMismatch,
    DayOutOfOrder,
    EntryNotStanding,
    LeaderNeeded,
    LookupMissing,
    NotYetCompleted,
    OpenLoanExists,
    OutsideFiveYears,
    OverCeiling,
    PurposeDiffers,
    RefusalProposed,
    SamePurposeDebt,
    SecondPersonNeeded,
    TermTooLong,
    WrongState,
)
from services.bank.rules import Asked
from shared.agreement.errors import DomainError, NotFound, Parked, StaleVersion
from tests.unit.bank_office import (
    DEPUTY,
    LEADER,
    OFFICER,
    STRANGER,
    WIFE,
    Office,
    corrected,
    ended,
    listed,
    training,
)

LIST = uuid4()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_wife_borrows_for_her_husband_and_nobody_else_is_told_of_her(office: Office) -> None:
    entry = listed()
    loan_id = office.approved(entry)
    assert office.loan(loan_id).borrower == WIFE
    assert office.loan(loan_id).person_id == UUID(entry["person_id"])
    (said,) = [said for said in office.said() if said.contract == "LoanApproved"]
    assert said.data == {
        "loan_id": str(loan_id),
        "person_id": entry["person_id"],
        "commune": "99901",
        "entry_id": entry["entry_id"],
        "purpose": "production",
        "amount": 50_000_000,
        "term_months": 12,
        "approved_on": "2026-03-06",
        "document_no": "07/TB-PGD",
    }
    assert WIFE.name not in str(office.said())
    assert WIFE.identity_number not in str(office.said())


def test_an_approval_keeps_every_check_it_rested_on(office: Office) -> None:
    office.approved(listed())
    (approved,) = office.events(LoanApproved)
    assert [check.rule for check in approved.checks] == [
        "listed",
        "completed",
        "five_years",
        "purpose",
        "ceiling",
        "term",
        "same_purpose",
        "lookup",
    ]
    assert all(check.passed and check.source for check in approved.checks)


def test_the_person_may_borrow_in_person_under_the_number_in_the_list(office: Office) -> None:
    entry = listed()
    number = entry["particulars"]["identity_number"]
    office.open_list(entry)
    with pytest.raises(BorrowerMismatch):
        office.apply(entry, Borrower("Ai Đó", WIFE.identity_number, "self"))
    with pytest.raises(BorrowerMismatch):
        office.apply(entry, Borrower("Ai Đó", number, "spouse"))
    office.apply(entry, Borrower("Nguyễn Văn Giả Định", number, "self"))


@pytest.mark.parametrize(
    ("asked", "refusal", "article", "limit"),
    [
        ({"amount": 100_000_001}, OverCeiling, "Điều 6 khoản 2 điểm a", 100_000_000),
        ({"term_months": 121}, TermTooLong, "Điều 8 khoản 2", 120),
    ],
)
def test_production_is_lent_up_to_the_ceiling_and_term(
    office: Office, asked: dict[str, Any], refusal: type[DomainError], article: str, limit: int
) -> None:
    entry = listed()
    office.open_list(entry)
    with pytest.raises(refusal) as refused:
        office.apply(entry, **asked)
    assert refused.value.rule is not None
    assert article in refused.value.rule
    assert refused.value.facts == {"asked": limit + 1, "limit": limit}
    office.apply(entry, **{**asked, **dict.fromkeys(asked, limit)})


@pytest.mark.parametrize(
    ("months", "most", "term"),
    [(9, 36_000_000, 27), (12, 48_000_000, 36), (13, 52_000_000, 26), (24, 96_000_000, 48)],
)
def test_training_is_lent_by_months_of_study(office: Office, months: int, most: int, term: int) -> None:
    entry = training()
    office.open_list(entry)
    with pytest.raises(OverCeiling):
        office.apply(entry, study_months=months, amount=most + 1, term_months=term)
    with pytest.raises(TermTooLong):
        office.apply(entry, study_months=months, amount=most, term_months=term + 1)
    office.apply(entry, study_months=months, amount=most, term_months=term)


def test_a_loan_is_for_the_purpose_that_was_confirmed(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    with pytest.raises(PurposeDiffers):
        office.apply(entry, purpose="training", study_months=24, term_months=12)


def test_a_release_on_probation_is_not_lent_on_before_probation_ended(office: Office) -> None:
    entry = listed(ground="conditional_release", completed_on="2026-03-07", certificate_no=None)
    office.open_list(entry)
    with pytest.raises(NotYetCompleted):
        office.apply(entry)
    office.today = date(2026, 3, 7)
    office.apply(entry)


@pytest.mark.parametrize(
    ("completed_on", "last_day"),
    [("2021-03-06", date(2026, 3, 6)), ("2024-02-29", date(2029, 2, 28)), ("2023-10-10", date(2028, 10, 10))],
)
def test_five_years_are_counted_to_the_day_and_that_day_is_inside(
    office: Office, completed_on: str, last_day: date
) -> None:
    inside, outside = listed(completed_on=completed_on), listed(completed_on=completed_on)
    office.open_list(inside, outside)
    office.today = last_day
    office.apply(inside)
    office.today = last_day + timedelta(days=1)
    with pytest.raises(OutsideFiveYears) as refused:
        office.apply(outside)
    assert refused.value.facts["last_day"] == last_day.isoformat()
    assert last_day.strftime("%d/%m/%Y") in refused.value.message_vi


def test_five_years_that_pass_between_list_and_approval_stop_the_approval(office: Office) -> None:
    entry = listed(completed_on="2021-03-08")
    office.open_list(entry)
    loan_id = office.apply(entry)
    office.look_up(loan_id)
    office.propose(loan_id)
    office.today = date(2026, 3, 9)
    with pytest.raises(OutsideFiveYears):
        office.approve(loan_id)
    office.refuse(loan_id, grounds="art_3_conditions")
    said = office.said()[-1]
    assert said.contract == "LoanRefused"
    assert said.data["grounds"] == "art_3_conditions"
    (refused,) = office.events(LoanRefused)
    assert [check.rule for check in refused.checks if not check.passed] == ["five_years"]


def test_nothing_is_approved_without_a_look_up_of_other_debt(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    with pytest.raises(LookupMissing) as refused:
        office.propose(loan_id)
    assert refused.value.rule is not None
    assert "Điều 3 khoản 3" in refused.value.rule


@pytest.mark.parametrize(("person", "borrower"), [(True, False), (False, True), (True, True)])
def test_a_debt_for_the_same_purpose_of_person_or_borrower_stops_the_approval(
    office: Office, person: bool, borrower: bool
) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    office.look_up(loan_id, person=person, borrower=borrower)
    with pytest.raises(SamePurposeDebt):
        office.propose(loan_id)
    office.propose_refusal(loan_id, "art_3_3_same_purpose")
    with pytest.raises(RefusalProposed):
        office.approve(loan_id)
    office.refuse(loan_id, grounds="art_3_3_same_purpose")
    assert office.said()[-1].data["grounds"] == "art_3_3_same_purpose"


def test_a_look_up_is_relied_on_for_thirty_days(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    looked_up_on = office.today
    office.look_up(loan_id)
    office.propose(loan_id)
    office.today = looked_up_on + timedelta(days=31)
    with pytest.raises(LookupMissing):
        office.approve(loan_id)
    with pytest.raises(DayOutOfOrder):
        office.look_up(loan_id, on=looked_up_on)
    with pytest.raises(DayOutOfOrder):
        office.look_up(loan_id, on=office.today + timedelta(days=1))
    office.look_up(loan_id, on=looked_up_on + timedelta(days=1))
    office.approve(loan_id)


def test_a_debt_found_after_the_proposal_stops_the_approval(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    office.look_up(loan_id)
    office.propose(loan_id)
    office.look_up(loan_id, borrower=True)
    with pytest.raises(SamePurposeDebt):
        office.approve(loan_id)


def test_a_leader_cannot_approve_what_he_proposed_and_an_officer_cannot_approve(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    office.look_up(loan_id)
    office.propose(loan_id, by=LEADER)
    with pytest.raises(SecondPersonNeeded):
        office.approve(loan_id, by=LEADER)
    with pytest.raises(LeaderNeeded):
        office.approve(loan_id, by=OFFICER)
    with pytest.raises(SecondPersonNeeded):
        office.refuse(loan_id, by=LEADER)
    with pytest.raises(LeaderNeeded):
        office.refuse(loan_id, by=OFFICER)
    office.approve(loan_id, by=DEPUTY)
    assert office.loan(loan_id).state is LoanState.APPROVED


def test_nothing_is_decided_before_it_is_proposed_nor_twice(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    with pytest.raises(WrongState):
        office.approve(loan_id)
    with pytest.raises(WrongState):
        office.refuse(loan_id)
    office.look_up(loan_id)
    office.propose(loan_id)
    office.approve(loan_id)
    for again in (office.approve, office.propose, office.look_up, office.propose_refusal):
        with pytest.raises(WrongState):
            again(loan_id)


def test_less_may_be_proposed_than_was_applied_for_but_not_more(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    office.look_up(loan_id)
    with pytest.raises(AboveApplied):
        office.propose(loan_id, amount=50_000_001)
    with pytest.raises(TermTooLong):
        office.propose(loan_id, term=121)
    office.propose(loan_id, amount=30_000_000, term=24)
    office.approve(loan_id)
    said = office.said()[-1].data
    assert (said["amount"], said["term_months"]) == (30_000_000, 24)


def test_an_entry_that_ends_before_approval_stops_it(office: Office) -> None:
    entry = listed()
    office.open_list(entry, list_id=LIST)
    loan_id = office.apply(entry)
    office.look_up(loan_id)
    office.propose(loan_id)
    office.hear("EligibilityEnded", ended(LIST, entry))
    with pytest.raises(EntryNotStanding):
        office.approve(loan_id)
    with pytest.raises(EntryNotStanding):
        office.propose(loan_id)
    office.refuse(loan_id)


def test_an_approval_rests_on_the_entry_as_corrected(office: Office) -> None:
    entry = listed()
    office.open_list(entry, list_id=LIST)
    loan_id = office.apply(entry)
    office.look_up(loan_id)
    office.propose(loan_id)
    office.hear("ListEntryCorrected", corrected(LIST, entry, completed_on="2021-03-01"))
    with pytest.raises(OutsideFiveYears):
        office.approve(loan_id)


def test_a_person_has_one_open_loan_for_a_purpose(office: Office) -> None:
    first = listed()
    same, other = listed(person_id=first["person_id"]), training(person_id=first["person_id"])
    office.open_list(first, same, other)
    loan_id = office.apply(first)
    with pytest.raises(OpenLoanExists) as refused:
        office.apply(same)
    assert refused.value.facts == {"loan_id": str(loan_id), "purpose": "production"}
    office.apply(other)


def test_after_a_refusal_the_person_may_be_lent_to_on_a_new_entry_only(office: Office) -> None:
    first = listed()
    again = listed(person_id=first["person_id"])
    office.open_list(first, again)
    loan_id = office.apply(first)
    office.propose_refusal(loan_id, "plan_or_capacity")
    office.refuse(loan_id, grounds="plan_or_capacity")
    assert office.loan(loan_id).state is LoanState.REFUSED
    assert office.apply(again) != loan_id


def test_an_approval_that_was_never_paid_out_can_be_taken_back(office: Office) -> None:
    entry = listed()
    loan_id = office.approved(entry)
    office.prepare(loan_id, 50_000_000)
    with pytest.raises(LeaderNeeded):
        office.refuse(loan_id, by=OFFICER)
    office.refuse(loan_id)
    assert office.names_said()[-2:] == ["LoanApproved", "LoanRefused"]
    with pytest.raises(WrongState):
        office.confirm(loan_id)


def test_whoever_looked_at_an_older_version_is_told(office: Office) -> None:
    entry = listed()
    office.open_list(entry)
    loan_id = office.apply(entry)
    office.look_up(loan_id)
    with pytest.raises(StaleVersion):
        office.execute(
            OFFICER,
            lambda work, command: loans.propose_approval(work, command, loan_id, None, None),
            version=1,
        )
    office.execute(
        OFFICER, lambda work, command: loans.propose_approval(work, command, loan_id, None, None), version=2
    )


def test_another_offices_loan_is_not_found_and_a_parked_one_not_decided(office: Office) -> None:
    entry = listed()
    loan_id = office.approved(entry)
    with pytest.raises(NotFound):
        office.approve(loan_id, by=STRANGER)
    with pytest.raises(NotFound):
        office.approve(uuid4())
    office.park(entry)
    with pytest.raises(Parked):
        office.prepare(loan_id, 1)
    with pytest.raises(Parked):
        office.refuse(loan_id)


def test_there_is_neither_rate_nor_ceiling_before_the_decision_was_in_force() -> None:
    day = date(2023, 10, 9)
    with pytest.raises(ValueError, match="2023-10-10"):
        rules.rate_on(day)
    assert rules.ceiling(Asked("production", 1, 12, None), day)[0] == 0
    assert rules.rate_on(date(2023, 10, 10)).annual == Decimal("0.066")

"""What a transaction office tells the others, and what it keeps to itself."""

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from services.bank.publications import published
from shared.agreement.parties import Agency
from shared.contracts.registry import REGISTRY
from tests.unit.bank_office import COMMITTEE, OFFICE, POLICE, WIFE, Office, listed

OURS = {name for agency, name in REGISTRY if agency is Agency.BANK} - {"ChannelDigest"}


@pytest.fixture
def busy(tmp_path: Path) -> Office:
    """An office in which everything happened once."""
    office = Office(tmp_path)
    rejected, refused, lent = listed(), listed(), listed()
    office.open_list(rejected, refused, lent)
    office.reject(rejected, "not_found")
    loan_id = office.apply(refused)
    office.look_up(loan_id, borrower=True)
    office.propose_refusal(loan_id, "art_3_3_same_purpose")
    office.refuse(loan_id, grounds="art_3_3_same_purpose")
    loan_id = office.apply(lent, term_months=6)
    office.look_up(loan_id)
    office.propose(loan_id)
    office.approve(loan_id)
    office.prepare(loan_id, 50_000_000)
    office.confirm(loan_id)
    office.today += timedelta(days=10)
    office.reverse(loan_id, office.receive(loan_id, 7_000_000, 90_411, no="PT-SAI"))
    office.today = date(2026, 9, 20)
    office.find_overdue(loan_id, office.today)
    office.receive(loan_id, 50_000_000, office.interest(loan_id), no="PT-DU")
    return office


def test_everything_the_contracts_name_is_said_and_fits(busy: Office) -> None:
    assert set(busy.names_said()) == OURS


def test_each_recipient_can_read_what_it_is_told(busy: Office) -> None:
    for said in busy.said():
        contract = REGISTRY[Agency.BANK, said.contract]
        assert {to.agency for to in contract.to} == {Agency.POLICE, Agency.COMMUNE}
        for to in contract.to:
            cut = contract.cut(said.data, to)
            assert contract.seen_by(to.agency, cut).validate(cut) == {}


def test_police_and_committee_of_the_commune_are_told_everything_in_the_same_order(busy: Office) -> None:
    assert set(busy.log.books.channels("told")) == {f"{OFFICE}→{POLICE}", f"{OFFICE}→{COMMITTEE}"}
    for hearer in (POLICE, COMMITTEE):
        told = busy.log.books.select_told(f"{OFFICE}→{hearer}", 0, 100)
        types = [msgspec.json.decode(message.envelope)["type"] for message in told]
        assert types == [f"vn.phoihop.bank.{name}.v1" for name in busy.names_said()]


def test_a_loans_events_name_the_case_alone_and_a_lists_events_the_list(busy: Office) -> None:
    for said in busy.said():
        about_list = REGISTRY[Agency.BANK, said.contract].about == "list"
        assert str(said.subject) == said.data["list_id" if about_list else "person_id"]
        if not about_list:
            assert said.cases == (said.subject,)


def test_borrower_interest_receipts_and_look_ups_stay_home(busy: Office) -> None:
    told = msgspec.json.encode([said.data for said in busy.said()]).decode()
    at_home = msgspec.json.encode([recorded.event for page in busy.log.read() for recorded in page]).decode()
    for secret in (WIFE.name, WIFE.identity_number, "90411", "PT-DU", "borrower_has_debt", "mai", "hung"):
        assert secret in at_home
        assert secret not in told


def test_a_publication_is_made_from_the_event_alone(busy: Office) -> None:
    events = [recorded.event for page in busy.log.read() for recorded in page]
    assert [published(event) for event in events] == [published(event) for event in events]


def test_a_days_events_keep_the_order_in_which_they_were_decided(tmp_path: Path) -> None:
    office = Office(tmp_path)
    loan_id = office.disbursed(listed())
    office.receive(loan_id, 50_000_000)
    said = [said for said in office.said() if said.contract.startswith(("Loan", "Debt"))]
    assert [it.contract for it in sorted(said, key=lambda it: it.occurred)] == [it.contract for it in said]

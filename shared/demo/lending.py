"""What the bank does with a loan of the script, act by act."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from shared.demo.acts import BANK, LEADER, OFFICER, Act
from shared.demo.directory import Directory
from shared.demo.offices import Json
from shared.demo.script import Approval, Loan, Receipt, Tranche, Year


def acts_on_loans(year: Year) -> Iterator[Act]:
    for it in year.loans:
        for on, order, what, do, expects in _life(it):
            yield Act(on, order, BANK, f"loan {it.person} {it.month} {what}", partial(do, it), expects)


Step = tuple[date, int, str, Callable[[Loan, Directory, str], object], str | None]


def _life(it: Loan) -> Iterator[Step]:
    yield it.applied, 10, "applied", _apply, None
    yield it.applied, 11, "looked up", _look_up, None
    if it.proposed:
        yield it.proposed, 12, "proposed", _propose, None
    if it.refusal_proposed:
        yield it.refusal_proposed, 12, "refusal proposed", _propose_refusal, None
    if it.approval_refused:
        refused = it.approval_refused
        yield refused.on, 13, "approval refused", partial(_approve, refused), refused.code
    if it.approved:
        yield it.approved.on, 13, "approval", partial(_approve, it.approved), None
    if it.refused:
        yield it.refused.on, 14, "refusal", _refuse, None
    for number, tranche in enumerate(it.tranches, 1):
        yield tranche.on, 15, f"tranche {number}", partial(_disburse, number, tranche), None
    for receipt in it.receipts:
        if receipt.reversed:
            yield receipt.reversed, 16, f"receipt {receipt.no} reversed", partial(_reverse, receipt), None
        yield receipt.on, 17, f"receipt {receipt.no}", partial(_receive, receipt), None


def _apply(it: Loan, at: Directory, key: str) -> None:
    body = {
        "entry_id": at.entry(it.month, it.person),
        "borrower": {
            "name": it.borrower.name,
            "identity_number": it.borrower.identity_number,
            "relation": it.borrower.relation,
        },
        "purpose": it.purpose,
        "amount": it.amount,
        "term_months": it.term_months,
        "study_months": it.study_months,
    }
    at.offices.command(at.bank, OFFICER, "/api/loans", body, key)


def _look_up(it: Loan, at: Directory, key: str) -> None:
    """The officer looked into the core system and writes down what he found."""
    body = {
        "looked_up_on": it.applied,
        "person": "found" if it.person_has_debt else "none",
        "borrower": "found" if it.borrower_has_debt else "none",
    }
    at.offices.command(at.bank, OFFICER, f"{at.loan(it.month, it.person)}/lookup", body, key)


def _propose(it: Loan, at: Directory, key: str) -> None:
    path = at.loan(it.month, it.person)
    at.offices.command(at.bank, OFFICER, f"{path}/proposal", {"decision": "approve"}, key)


def _propose_refusal(it: Loan, at: Directory, key: str) -> None:
    body = {"decision": "refuse", "grounds": it.refused and it.refused.grounds}
    at.offices.command(at.bank, OFFICER, f"{at.loan(it.month, it.person)}/proposal", body, key)


def _approve(approval: Approval, it: Loan, at: Directory, key: str) -> None:
    _decide(it, at, key, "approval", {"document_no": approval.document_no})


def _refuse(it: Loan, at: Directory, key: str) -> None:
    _decide(it, at, key, "refusal", {"grounds": it.refused and it.refused.grounds})


def _disburse(number: int, tranche: Tranche, it: Loan, at: Directory, key: str) -> None:
    """The officer prepares the tranche, the leader confirms that it was paid out."""
    path = f"{at.loan(it.month, it.person)}/disbursements"
    at.offices.command(at.bank, OFFICER, path, {"amount": tranche.amount}, f"{key}/prepared")
    _decide(it, at, key, f"disbursements/{number}/confirmation", {"disbursed_on": tranche.on})


def _receive(receipt: Receipt, it: Loan, at: Directory, key: str) -> None:
    body = {
        "receipt_no": receipt.no,
        "paid_on": receipt.on,
        "principal": receipt.principal,
        "interest": receipt.interest,
    }
    at.offices.command(at.bank, OFFICER, f"{at.loan(it.month, it.person)}/receipts", body, key)


def _reverse(receipt: Receipt, it: Loan, at: Directory, key: str) -> None:
    standing = at.offices.get(at.bank, at.loan(it.month, it.person))["receipts"]
    for posting in standing:
        if posting["receipt_no"] == receipt.no:
            _decide(it, at, key, f"receipts/{posting['posting_id']}/reversal", {})


def _decide(it: Loan, at: Directory, key: str, what: str, body: Json) -> None:
    """A leader decides on the loan as it stands."""
    path = at.loan(it.month, it.person)
    at.offices.command(at.bank, LEADER, f"{path}/{what}", body, key, looking_at=path)

"""The bank's own events in the published language. Never the borrower, interest, or a look-up."""

from collections.abc import Callable
from typing import Any

from services.bank.listed_person import EntryRejected
from services.bank.loan_events import (
    LoanApproved,
    LoanBecameOverdue,
    LoanRefused,
    LoanSettled,
    OfALoan,
    ReceiptPosted,
    ReceiptReversed,
    TrancheDisbursed,
)
from services.bank.received_list import ListOpened
from shared.contracts.base import Published
from shared.log.events import Event


def published(event: Event) -> Published | None:
    """What an event of ours says to others, None where it is nobody else's business."""
    say = _SAYINGS.get(type(event))
    return say(event) if say else None


def _list_opened(event: ListOpened) -> Published:
    data = {
        "list_id": str(event.list_id),
        "commune": event.commune,
        "month": event.month,
        "entries": event.entries,
        "acknowledged_on": event.opened_on.isoformat(),
    }
    return Published("ListAcknowledged", event.list_id, event.persons, event.occurred, data)


def _entry_rejected(event: EntryRejected) -> Published:
    data = {
        "list_id": str(event.list_id),
        "entry_id": str(event.entry_id),
        "person_id": str(event.person_id),
        "commune": event.commune,
        "reason": event.reason,
        "rejected_on": event.rejected_on.isoformat(),
    }
    return Published("ListEntryRejected", event.list_id, (event.person_id,), event.occurred, data)


def _approved(event: LoanApproved) -> Published:
    return _of_loan(
        "LoanApproved",
        event,
        entry_id=str(event.entry_id),
        purpose=event.granted.purpose,
        amount=event.granted.amount,
        term_months=event.granted.term_months,
        approved_on=event.approved_on.isoformat(),
        document_no=event.document_no,
    )


def _refused(event: LoanRefused) -> Published:
    return _of_loan(
        "LoanRefused",
        event,
        entry_id=str(event.entry_id),
        grounds=event.grounds,
        refused_on=event.refused_on.isoformat(),
    )


def _disbursed(event: TrancheDisbursed) -> Published:
    return _of_loan(
        "LoanDisbursed",
        event,
        tranche_no=event.tranche_no,
        amount=event.amount,
        principal=event.principal,
        disbursed_on=event.disbursed_on.isoformat(),
    )


def _recovered(event: ReceiptPosted) -> Published | None:
    """Only the part that reduces principal; a receipt of interest alone stays home."""
    if event.receipt.principal == 0:
        return None
    return _of_loan(
        "DebtRecovered",
        event,
        posting_id=str(event.receipt.posting_id),
        amount=event.receipt.principal,
        principal=event.principal,
        part=event.part,
        recovered_on=event.receipt.paid_on.isoformat(),
    )


def _reversed(event: ReceiptReversed) -> Published | None:
    if event.amount == 0:
        return None
    return _of_loan(
        "DebtRecoveryReversed",
        event,
        posting_id=str(event.posting_id),
        amount=event.amount,
        principal=event.principal,
        reversed_on=event.reversed_on.isoformat(),
    )


def _overdue(event: LoanBecameOverdue) -> Published:
    return _of_loan(
        "LoanBecameOverdue",
        event,
        amount=event.amount,
        overdue_since=event.overdue_since.isoformat(),
    )


def _settled(event: LoanSettled) -> Published:
    return _of_loan("LoanSettled", event, settled_on=event.settled_on.isoformat())


def _of_loan(contract: str, event: OfALoan, **facts: Any) -> Published:
    person = event.person_id
    about = {"loan_id": str(event.originator_id), "person_id": str(person), "commune": event.commune}
    return Published(contract, person, (person,), event.occurred, about | facts)


_SAYINGS: dict[type[Event], Callable[[Any], Published | None]] = {
    ListOpened: _list_opened,
    EntryRejected: _entry_rejected,
    LoanApproved: _approved,
    LoanRefused: _refused,
    TrancheDisbursed: _disbursed,
    ReceiptPosted: _recovered,
    ReceiptReversed: _reversed,
    LoanBecameOverdue: _overdue,
    LoanSettled: _settled,
}

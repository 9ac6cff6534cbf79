"""What the policy bank's transaction office publishes. Never the borrower, interest, or other loans."""

from shared.agreement.parties import Agency
from shared.contracts.base import (
    Contract,
    Data,
    Strict,
    To,
    code,
    commune_code,
    day,
    month,
    text,
    uuid,
    vnd,
    whole,
)
from shared.contracts.common import CASE, ENTRY, LIST, LOAN, PURPOSES, channel_digest

POLICE, COMMUNE, BANK = Agency.POLICE, Agency.COMMUNE, Agency.BANK

REJECTION_REASONS = ("outside_five_years", "same_purpose_debt", "not_found", "over_ceiling")
REFUSAL_GROUPS = ("art_3_conditions", "art_3_3_same_purpose", "art_6_ceiling", "plan_or_capacity", "capital")
PARTS = ("in_term", "overdue", "frozen", "written_off")


class Acknowledgement(Strict):
    list_id = uuid()
    commune = commune_code()
    month = month()
    entries = whole(0, 500)
    acknowledged_on = day()


class Rejection(Strict):
    list_id = uuid()
    entry_id = uuid()
    person_id = uuid()
    commune = commune_code()
    reason = code(*REJECTION_REASONS)
    rejected_on = day()


class OfALoan(Strict):
    loan_id = uuid()
    person_id = uuid()
    commune = commune_code()


class Approval(OfALoan):
    entry_id = uuid()
    purpose = code(*PURPOSES)
    amount = vnd(1)
    term_months = whole(1, 600)
    approved_on = day()
    document_no = text(60)


class Refusal(OfALoan):
    """`grounds`: the group of articles, never the facts behind it."""

    entry_id = uuid()
    grounds = code(*REFUSAL_GROUPS)
    refused_on = day()


class Disbursement(OfALoan):
    """`principal`: what is owed after this tranche."""

    tranche_no = whole(1, 99)
    amount = vnd(1)
    principal = vnd()
    disbursed_on = day()


class Recovery(OfALoan):
    """One posting that reduces principal. `part`: of which the amount was owed."""

    posting_id = uuid()
    amount = vnd(1)
    principal = vnd()
    part = code(*PARTS)
    recovered_on = day()


class RecoveryReversal(OfALoan):
    """`posting_id`: the recovery that is taken back."""

    posting_id = uuid()
    amount = vnd(1)
    principal = vnd()
    reversed_on = day()


class BecameOverdue(OfALoan):
    """`amount`: the principal that was not paid by the final date."""

    amount = vnd(1)
    overdue_since = day()


class Settlement(OfALoan):
    settled_on = day()


def _to_both(schema: type[Strict]) -> tuple[To, ...]:
    fields = tuple(schema().fields)
    return To(POLICE, fields), To(COMMUNE, fields)


def _told(name: str, schema: type[Strict], example: Data, summary: str, about: str = "case") -> Contract:
    return Contract(
        BANK, name, "list" if about == "list" else "case", schema, _to_both(schema), example, summary
    )


_LOAN = {"loan_id": LOAN, "person_id": CASE, "commune": "99901"}
_POSTING = "d2a8f9de-7d0b-4f6e-9b1a-64f0c9f3b005"

CONTRACTS = (
    _told(
        "ListAcknowledged",
        Acknowledgement,
        {
            "list_id": LIST,
            "commune": "99901",
            "month": "2026-03",
            "entries": 1,
            "acknowledged_on": "2026-03-05",
        },
        "Both halves of the list arrived and match; the bank opened it.",
        "list",
    ),
    _told(
        "ListEntryRejected",
        Rejection,
        {
            "list_id": LIST,
            "entry_id": ENTRY,
            "person_id": CASE,
            "commune": "99901",
            "reason": "outside_five_years",
            "rejected_on": "2026-03-06",
        },
        "The bank cannot take an entry up.",
        "list",
    ),
    _told(
        "LoanApproved",
        Approval,
        _LOAN
        | {
            "entry_id": ENTRY,
            "purpose": "production",
            "amount": 50_000_000,
            "term_months": 60,
            "approved_on": "2026-03-12",
            "document_no": "07/TB-PGD",
        },
        "The loan was approved (form 04/TD).",
    ),
    _told(
        "LoanRefused",
        Refusal,
        _LOAN | {"entry_id": ENTRY, "grounds": "art_3_conditions", "refused_on": "2026-03-12"},
        "The loan was refused; the group of articles only.",
    ),
    _told(
        "LoanDisbursed",
        Disbursement,
        _LOAN
        | {"tranche_no": 1, "amount": 50_000_000, "principal": 50_000_000, "disbursed_on": "2026-03-16"},
        "A tranche was paid out.",
    ),
    _told(
        "DebtRecovered",
        Recovery,
        _LOAN
        | {
            "posting_id": _POSTING,
            "amount": 5_000_000,
            "principal": 45_000_000,
            "part": "in_term",
            "recovered_on": "2026-09-16",
        },
        "One posting that reduces principal.",
    ),
    _told(
        "DebtRecoveryReversed",
        RecoveryReversal,
        _LOAN
        | {
            "posting_id": _POSTING,
            "amount": 5_000_000,
            "principal": 50_000_000,
            "reversed_on": "2026-09-17",
        },
        "A mistaken recovery is taken back.",
    ),
    _told(
        "LoanBecameOverdue",
        BecameOverdue,
        _LOAN | {"amount": 45_000_000, "overdue_since": "2026-09-17"},
        "Principal unpaid at the final date became overdue: police and commune help to recover it.",
    ),
    _told(
        "LoanSettled",
        Settlement,
        _LOAN | {"settled_on": "2026-10-01"},
        "Principal and interest are all paid.",
    ),
    channel_digest(BANK, POLICE, COMMUNE),
)

"""The events of a loan's life. Money in whole đồng; days are local calendar dates.

Those that are told to others carry the person and the commune, so that a publication needs nothing else.
"""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from services.bank.ledger import Receipt, Terms
from services.bank.rules import Asked, Check, Lookup
from shared.log.events import Event


class Borrower(msgspec.Struct, frozen=True):
    """Who signs: usually the household's representative (Art. 4.1). Never told to the others."""

    name: str
    identity_number: str
    relation: str


class LoanApplicationFiled(Event, frozen=True, kw_only=True):
    """Form 01/TD."""

    TOPIC = "bank/loan.application_filed"
    office: str
    person_id: UUID
    commune: str
    list_id: UUID
    entry_id: UUID
    borrower: Borrower
    asked: Asked
    filed_on: date
    filed_by: str
    checks: tuple[Check, ...]


class DebtLookedUp(Event, frozen=True, kw_only=True):
    TOPIC = "bank/loan.debt_looked_up"
    lookup: Lookup


class DecisionProposed(Event, frozen=True, kw_only=True):
    """`asked`: what is proposed to be lent; of a proposal to refuse, what was applied for."""

    TOPIC = "bank/loan.decision_proposed"
    decision: Literal["approve", "refuse"]
    asked: Asked
    grounds: str | None
    proposed_by: str
    checks: tuple[Check, ...]


class OfALoan(Event, frozen=True, kw_only=True):
    """What police and commune may be told of; each contract has its own cut."""

    person_id: UUID
    commune: str


class LoanApproved(OfALoan, frozen=True, kw_only=True):
    """Form 04/TD."""

    TOPIC = "bank/loan.approved"
    entry_id: UUID
    granted: Asked
    approved_on: date
    document_no: str
    approved_by: str
    checks: tuple[Check, ...]


class LoanRefused(OfALoan, frozen=True, kw_only=True):
    TOPIC = "bank/loan.refused"
    entry_id: UUID
    grounds: str
    refused_on: date
    refused_by: str
    checks: tuple[Check, ...]


class TranchePrepared(Event, frozen=True, kw_only=True):
    TOPIC = "bank/loan.tranche_prepared"
    tranche_no: int
    amount: int
    prepared_by: str


class TermsSet(Event, frozen=True, kw_only=True):
    """With the first tranche: rate and final date."""

    TOPIC = "bank/loan.terms_set"
    terms: Terms


class TrancheDisbursed(OfALoan, frozen=True, kw_only=True):
    """`principal`: what is owed after it; `disbursed`: all tranches so far."""

    TOPIC = "bank/loan.tranche_disbursed"
    tranche_no: int
    amount: int
    principal: int
    disbursed: int
    disbursed_on: date
    confirmed_by: str
    checks: tuple[Check, ...]


class ReceiptPosted(OfALoan, frozen=True, kw_only=True):
    """`principal`: what is owed after it; `part`: of which its principal was owed. Interest stays home."""

    TOPIC = "bank/loan.receipt_posted"
    receipt: Receipt
    principal: int
    part: Literal["in_term", "overdue"]


class ReceiptReversed(OfALoan, frozen=True, kw_only=True):
    """`amount`: the principal that is owed again; `principal`: what is owed after it."""

    TOPIC = "bank/loan.receipt_reversed"
    posting_id: UUID
    amount: int
    principal: int
    reversed_on: date
    reversed_by: str


class LoanBecameOverdue(OfALoan, frozen=True, kw_only=True):
    TOPIC = "bank/loan.became_overdue"
    amount: int
    overdue_since: date


class LoanSettled(OfALoan, frozen=True, kw_only=True):
    TOPIC = "bank/loan.settled"
    settled_on: date

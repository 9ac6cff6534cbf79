"""A loan from application to settlement. Four eyes on the decision, on each tranche and on a reversal."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

import msgspec

from services.bank import refusals, rules
from services.bank.entry import Claim
from services.bank.ledger import Ledger, Receipt, Terms
from services.bank.loan_events import (
    Borrower,
    DebtLookedUp,
    DecisionProposed,
    LoanApplicationFiled,
    LoanApproved,
    LoanBecameOverdue,
    LoanRefused,
    LoanSettled,
    OfALoan,
    ReceiptPosted,
    ReceiptReversed,
    TermsSet,
    TrancheDisbursed,
    TranchePrepared,
)
from services.bank.refusals import demand_day, demand_second
from services.bank.rules import Asked, Check, Lookup, demand
from shared.agreement.acting import User
from shared.agreement.dates import months_after
from shared.log.clock import local_day, start_of
from shared.log.events import Aggregate, Event


class LoanState(StrEnum):
    APPLIED = "applied"
    PROPOSED = "proposed"
    REFUSED = "refused"
    APPROVED = "approved"
    ACTIVE = "active"
    OVERDUE = "overdue"
    SETTLED = "settled"


class Loan(Aggregate):
    CALLED = "loan"

    office: str
    person_id: UUID
    commune: str
    list_id: UUID
    entry_id: UUID
    borrower: Borrower
    asked: Asked
    filed_on: date

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.lookup: Lookup | None = None
        self.proposal: DecisionProposed | None = None
        self.approval: LoanApproved | None = None
        self.refusal: LoanRefused | None = None
        self.prepared: TranchePrepared | None = None
        self.terms: Terms | None = None
        self.ledger = Ledger()
        self.overdue_since: date | None = None
        self.settled_on: date | None = None

    @property
    def state(self) -> LoanState:
        if self.refusal:
            return LoanState.REFUSED
        if self.settled_on:
            return LoanState.SETTLED
        if self.terms:
            return LoanState.OVERDUE if self.overdue_since else LoanState.ACTIVE
        if self.approval:
            return LoanState.APPROVED
        return LoanState.PROPOSED if self.proposal else LoanState.APPLIED

    @property
    def left_to_disburse(self) -> int:
        return self.approval.granted.amount - self.ledger.disbursed if self.approval else 0

    def file(
        self, at: datetime, user: User, office: str, claim: Claim, borrower: Borrower, asked: Asked
    ) -> None:
        """Raises BorrowerMismatch, or the refusal of the rule that fails."""
        entry, day = claim.entry, local_day(at)
        is_person = borrower.identity_number == entry.particulars.identity_number
        if is_person != (borrower.relation == "self"):
            raise refusals.BorrowerMismatch(relation=borrower.relation)
        checks = rules.application_checks(claim, asked, day)
        demand(checks)
        self.trigger(
            LoanApplicationFiled,
            at,
            office=office,
            person_id=entry.person_id,
            commune=claim.commune,
            list_id=claim.list_id,
            entry_id=entry.entry_id,
            borrower=borrower,
            asked=asked,
            filed_on=day,
            filed_by=user.username,
            checks=checks,
        )

    def look_up(self, at: datetime, lookup: Lookup) -> None:
        """An officer's look-up of other debt (Art. 3.3). Raises DayOutOfOrder, WrongState."""
        self._demand_state(LoanState.APPLIED, LoanState.PROPOSED)
        today = local_day(at)
        demand_day(lookup.looked_up_on, today - timedelta(days=rules.LOOKUP_VALID_DAYS), today)
        self.trigger(DebtLookedUp, at, lookup=lookup)

    def propose_approval(self, at: datetime, user: User, claim: Claim, amount: int, term_months: int) -> None:
        """Raises WrongState, AboveApplied, or the refusal of the rule that fails."""
        self._demand_state(LoanState.APPLIED, LoanState.PROPOSED)
        if amount > self.asked.amount:
            raise refusals.AboveApplied(asked=amount, applied=self.asked.amount)
        asked = msgspec.structs.replace(self.asked, amount=amount, term_months=term_months)
        checks = self._checks(claim, asked, local_day(at))
        demand(checks)
        facts = {"asked": asked, "grounds": None, "proposed_by": user.username, "checks": checks}
        self.trigger(DecisionProposed, at, decision="approve", **facts)

    def propose_refusal(self, at: datetime, user: User, claim: Claim, grounds: str) -> None:
        """Raises WrongState."""
        self._demand_state(LoanState.APPLIED, LoanState.PROPOSED)
        checks = self._checks(claim, self.asked, local_day(at))
        facts = {"asked": self.asked, "grounds": grounds, "proposed_by": user.username, "checks": checks}
        self.trigger(DecisionProposed, at, decision="refuse", **facts)

    def approve(self, at: datetime, user: User, claim: Claim, document_no: str) -> None:
        """Everything is checked again on the day of approval.

        Raises WrongState, LeaderNeeded, SecondPersonNeeded, or the refusal of the rule that fails.
        """
        self._demand_state(LoanState.PROPOSED)
        proposal = self._proposal()
        if proposal.decision != "approve":
            raise refusals.RefusalProposed(grounds=proposal.grounds)
        demand_second(user, proposal.proposed_by)
        checks = self._checks(claim, proposal.asked, local_day(at))
        demand(checks)
        self._decide(
            LoanApproved,
            at,
            entry_id=self.entry_id,
            granted=proposal.asked,
            approved_on=local_day(at),
            document_no=document_no,
            approved_by=user.username,
            checks=checks,
        )

    def refuse(self, at: datetime, user: User, claim: Claim, grounds: str) -> None:
        """Also takes back an approval of which nothing was paid out, so that it does not stand for ever.

        Raises WrongState, LeaderNeeded, SecondPersonNeeded.
        """
        self._demand_state(LoanState.PROPOSED, LoanState.APPROVED)
        proposal = self._proposal()
        demand_second(user, proposal.proposed_by)
        self._decide(
            LoanRefused,
            at,
            entry_id=self.entry_id,
            grounds=grounds,
            refused_on=local_day(at),
            refused_by=user.username,
            checks=self._checks(claim, proposal.asked, local_day(at)),
        )

    def prepare_tranche(self, at: datetime, user: User, amount: int) -> None:
        """Preparing again replaces what was prepared. Raises WrongState, AboveApproved."""
        self._demand_state(LoanState.APPROVED, LoanState.ACTIVE)
        if amount > self.left_to_disburse:
            raise refusals.AboveApproved(asked=amount, left=self.left_to_disburse)
        tranche_no = len(self.ledger.tranches) + 1
        self.trigger(TranchePrepared, at, tranche_no=tranche_no, amount=amount, prepared_by=user.username)

    def confirm_tranche(
        self, at: datetime, user: User, claim: Claim, tranche_no: int, disbursed_on: date
    ) -> None:
        """The first one re-checks the five years on its day (Art. 3.2.a) and fixes rate and final date.

        Raises WrongState, WrongTranche, LeaderNeeded, SecondPersonNeeded, DayOutOfOrder, EntryNotStanding,
        OutsideFiveYears.
        """
        self._demand_state(LoanState.APPROVED, LoanState.ACTIVE)
        approval, prepared, ledger = self.approval, self.prepared, self.ledger
        if approval is None or prepared is None or prepared.tranche_no != tranche_no:
            raise refusals.WrongTranche(asked=tranche_no, prepared=prepared.tranche_no if prepared else None)
        demand_second(user, prepared.prepared_by)
        latest = min(local_day(at), self.terms.due_on) if self.terms else local_day(at)
        demand_day(disbursed_on, ledger.last_day or approval.approved_on, latest)
        checks = rules.tranche_checks(claim, disbursed_on, first=self.terms is None)
        demand(checks)
        if self.terms is None:
            rate = rules.rate_on(disbursed_on, self.asked.purpose)
            due_on = months_after(disbursed_on, approval.granted.term_months)
            self.trigger(TermsSet, at, terms=Terms(rate.annual, rate.overdue, due_on, rate.source))
        self._decide(
            TrancheDisbursed,
            _during(disbursed_on, at),
            tranche_no=tranche_no,
            amount=prepared.amount,
            principal=ledger.principal + prepared.amount,
            disbursed=ledger.disbursed + prepared.amount,
            disbursed_on=disbursed_on,
            confirmed_by=user.username,
            checks=checks,
        )

    def interest_owed(self, day: date, payable_until: date) -> int:
        """Whole đồng owed on `day`; `payable_until`: the last day on which the final date is met."""
        if self.terms is None:
            return 0
        changes = rules.rate_changes(self.asked.purpose, self.ledger.tranches[0][0])
        return self.ledger.interest_owed(self.terms, day, self._overdue_from(day, payable_until), changes)

    def receive(
        self,
        at: datetime,
        user: User,
        principal: int,
        interest: int,
        receipt_no: str,
        paid_on: date,
        payable_until: date,
    ) -> None:
        """Post a receipt; the one after which nothing is owed settles the loan.

        Raises WrongState, DayOutOfOrder, NothingReceived, ReceiptUsed, PrincipalOverpaid, InterestOverpaid.
        """
        self._demand_state(LoanState.ACTIVE, LoanState.OVERDUE)
        ledger = self.ledger
        demand_day(paid_on, ledger.last_day or paid_on, local_day(at))
        owed = self.interest_owed(paid_on, payable_until)
        ledger.demand_postable(receipt_no, principal, interest, owed, paid_on)
        self.fall_overdue(paid_on, payable_until)
        overdue = self.overdue_since is not None and paid_on >= self.overdue_since
        posting_id = uuid5(self.id, f"posting/{ledger.posted + 1}")
        self._decide(
            ReceiptPosted,
            _during(paid_on, at),
            receipt=Receipt(posting_id, receipt_no, paid_on, principal, interest, user.username),
            principal=ledger.principal - principal,
            part="overdue" if overdue else "in_term",
        )
        if ledger.principal == 0 and interest == owed:
            self._decide(LoanSettled, _during(paid_on, at), settled_on=paid_on)

    def reverse(self, at: datetime, user: User, posting_id: UUID) -> None:
        """Take back a mistaken receipt, whole: principal and interest are owed as if it had never been.

        Raises WrongState, PostingUnknown, LeaderNeeded, SecondPersonNeeded, OnlyInterestOnSettled.
        """
        self._demand_state(LoanState.ACTIVE, LoanState.OVERDUE, LoanState.SETTLED)
        receipt = self.ledger.receipts.get(posting_id)
        if receipt is None:
            raise refusals.PostingUnknown(posting_id=str(posting_id))
        demand_second(user, receipt.keyed_by)
        if self.settled_on and receipt.principal == 0:
            raise refusals.OnlyInterestOnSettled()
        self._decide(
            ReceiptReversed,
            at,
            posting_id=posting_id,
            amount=receipt.principal,
            principal=self.ledger.principal + receipt.principal,
            reversed_on=local_day(at),
            reversed_by=user.username,
        )

    def fall_overdue(self, day: date, payable_until: date) -> None:
        """Principal unpaid after the last day to pay it becomes overdue, once; found on `day`."""
        since = self._overdue_from(day, payable_until)
        if self.state is LoanState.ACTIVE and since is not None:
            facts = {"amount": self.ledger.principal, "overdue_since": since}
            self._decide(LoanBecameOverdue, start_of(since), **facts)

    def _overdue_from(self, day: date, payable_until: date) -> date | None:
        if self.overdue_since or day <= payable_until or self.ledger.principal == 0:
            return self.overdue_since
        return payable_until + timedelta(days=1)

    def _checks(self, claim: Claim, asked: Asked, day: date) -> tuple[Check, ...]:
        return rules.application_checks(claim, asked, day) + rules.lookup_checks(self.lookup, day)

    def _proposal(self) -> DecisionProposed:
        assert self.proposal is not None  # what the states proposed and approved mean
        return self.proposal

    def _decide(self, kind: type[OfALoan], at: datetime, **facts: Any) -> None:
        """Trigger an event that may be told, which names person and commune."""
        self.trigger(kind, at, person_id=self.person_id, commune=self.commune, **facts)

    def _demand_state(self, *expected: LoanState) -> None:
        if self.state not in expected:
            raise refusals.WrongState(state=self.state.value, expected="/".join(expected))

    def when(self, event: Event) -> None:
        match event:
            case LoanApplicationFiled():
                self.office, self.person_id, self.commune = event.office, event.person_id, event.commune
                self.list_id, self.entry_id = event.list_id, event.entry_id
                self.borrower, self.asked, self.filed_on = event.borrower, event.asked, event.filed_on
            case DebtLookedUp():
                self.lookup = event.lookup
            case DecisionProposed():
                self.proposal = event
            case LoanApproved():
                self.approval = event
            case LoanRefused():
                self.refusal, self.prepared = event, None
            case TranchePrepared():
                self.prepared = event
            case TermsSet():
                self.terms = event.terms
            case TrancheDisbursed():
                self.prepared = None
                self.ledger.tranches.append((event.disbursed_on, event.amount))
            case ReceiptPosted():
                self.ledger.post(event.receipt)
            case ReceiptReversed():
                self.settled_on = None
                del self.ledger.receipts[event.posting_id]
            case LoanBecameOverdue():
                self.overdue_since = event.overdue_since
            case LoanSettled():
                self.settled_on = event.settled_on


def _during(day: date, at: datetime) -> datetime:
    """When something occurred that is known by its day: today means now, so that a day's facts keep order."""
    return at if local_day(at) == day else start_of(day)

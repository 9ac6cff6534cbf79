"""A loan's book of account: tranches and receipts, the principal they leave, the interest they bear.

What is owed is the rounded interest since the start (interest.py) less what was paid. A receipt taken back
counts as never made, also for the interest since.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import msgspec

from services.bank import refusals
from services.bank.interest import Movement, RateStep, accrued, rounded


class Terms(msgspec.Struct, frozen=True):
    """Fixed with the first tranche. `annual_rate`: a fraction of one; overdue principal bears it × factor."""

    annual_rate: Decimal
    overdue_factor: Decimal
    due_on: date
    source: str


class Receipt(msgspec.Struct, frozen=True):
    """Money received on a day: whole đồng of principal and of interest under one posting."""

    posting_id: UUID
    receipt_no: str
    paid_on: date
    principal: int
    interest: int
    keyed_by: str


class Ledger:
    def __init__(self) -> None:
        self.tranches: list[tuple[date, int]] = []
        self.receipts: dict[UUID, Receipt] = {}
        """The standing ones, in the order posted."""
        self.posted = 0
        """How many receipts were ever posted."""

    @property
    def disbursed(self) -> int:
        return sum(amount for _, amount in self.tranches)

    @property
    def principal(self) -> int:
        """What is owed now."""
        return self.disbursed - sum(receipt.principal for receipt in self.receipts.values())

    @property
    def interest_paid(self) -> int:
        return sum(receipt.interest for receipt in self.receipts.values())

    @property
    def last_day(self) -> date | None:
        """The day of the last movement that stands: none may be posted before it."""
        days = [day for day, _ in self.tranches] + [receipt.paid_on for receipt in self.receipts.values()]
        return max(days, default=None)

    def demand_postable(self, receipt_no: str, principal: int, interest: int, owed: int, day: date) -> None:
        """`owed`: interest on `day`.

        Raises NothingReceived, ReceiptUsed, PrincipalOverpaid, InterestOverpaid.
        """
        if principal == 0 and interest == 0:
            raise refusals.NothingReceived(receipt_no=receipt_no)
        if any(receipt.receipt_no == receipt_no for receipt in self.receipts.values()):
            raise refusals.ReceiptUsed(receipt_no=receipt_no)
        if principal > self.principal:
            raise refusals.PrincipalOverpaid(asked=principal, owed=self.principal)
        if interest > owed:
            raise refusals.InterestOverpaid(asked=interest, owed=owed, day=day.isoformat())

    def post(self, receipt: Receipt) -> None:
        self.receipts[receipt.posting_id] = receipt
        self.posted += 1

    def exact_interest(
        self, terms: Terms, until: date, overdue_since: date | None, changes: Sequence[RateStep] = ()
    ) -> Fraction:
        """Interest in đồng from the first tranche to `until`, before rounding.

        `changes`: what became of the rate after the contract began, where it holds for running balances.
        """
        rates = (RateStep(date.min, terms.annual_rate, terms.overdue_factor), *changes)
        (exact,) = accrued(self._movements(overdue_since), rates, [until])
        return exact

    def interest_owed(
        self, terms: Terms, until: date, overdue_since: date | None, changes: Sequence[RateStep] = ()
    ) -> int:
        """Whole đồng, round half up: what would have to be paid on `until` to owe no interest."""
        return rounded(self.exact_interest(terms, until, overdue_since, changes)) - self.interest_paid

    def _movements(self, overdue_since: date | None) -> Iterator[Movement]:
        """`overdue_since` is the first day late: the night before it is the first that bears overdue interest."""
        turn = overdue_since - timedelta(days=1) if overdue_since else date.max
        receipts = ((receipt.paid_on, -receipt.principal) for receipt in self.receipts.values())
        for day, amount in (*self.tranches, *receipts):
            if day < turn:
                yield Movement(day, in_term=amount)
            if overdue_since:
                yield Movement(max(day, turn), in_term=-amount if day < turn else 0, overdue=amount)

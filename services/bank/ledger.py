"""A loan's book of account: tranches and receipts, the principal they leave, the interest they bear.

Interest is simple, actual/365, on the balance; kept exact and rounded half up only when posted or shown:
what is owed is the rounded interest since the start less what was paid, so remainders carry. A receipt
taken back counts as never made, also for the interest since.
"""

from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor
from uuid import UUID

import msgspec

from services.bank import refusals


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

    def exact_interest(self, terms: Terms, until: date, overdue_since: date | None) -> Fraction:
        """Interest in đồng from the first tranche to `until`, before rounding."""
        movements: Counter[date] = Counter()
        for day, amount in self.tranches:
            movements[day] += amount
        for receipt in self.receipts.values():
            movements[receipt.paid_on] -= receipt.principal
        days = [*sorted(day for day in movements if day < until), until]
        balance, total = 0, Fraction(0)
        for start, end in pairwise(days):
            balance += movements[start]
            total += balance * _weighted_days(start, end, overdue_since, terms.overdue_factor)
        return total * Fraction(terms.annual_rate) / 365

    def interest_owed(self, terms: Terms, until: date, overdue_since: date | None) -> int:
        """Whole đồng, round half up: what would have to be paid on `until` to owe no interest."""
        return floor(self.exact_interest(terms, until, overdue_since) + Fraction(1, 2)) - self.interest_paid


def _weighted_days(start: date, end: date, overdue_since: date | None, factor: Decimal) -> Fraction:
    """Days after `start` up to and with `end`; an overdue day counts × the overdue factor (Art. 9.2)."""
    days = (end - start).days
    if overdue_since is None:
        return Fraction(days)
    overdue = min(days, max(0, (end - overdue_since).days + 1))
    return days + overdue * (Fraction(factor) - 1)

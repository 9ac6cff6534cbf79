"""Thousands of random loans: the schedule equals an account kept by hand, one day after the other."""

from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.bank.interest import RateStep
from services.bank.schedule import Tranche, schedule

ONE_DAY = timedelta(days=1)

dates = st.dates(date(2023, 10, 10), date(2040, 12, 31))
permille = st.integers(1, 200)


class DayBook:
    """Whole numbers only: interest is counted in 1/365,000 of a đồng."""

    def __init__(self, paid_out: dict[date, int], changes: dict[date, int], permille: int) -> None:
        self.paid_out, self.changes, self.permille = paid_out, changes, permille
        self.today = min(paid_out)
        self.balance, self.units, self.posted = paid_out[self.today], 0, 0

    def live_until(self, day: date) -> int:
        """Days gone by. On the evening of each the balance bears a day; then comes the next morning's money."""
        gone = 0
        while self.today < day:
            self.permille = self.changes.get(self.today, self.permille)
            self.units += self.balance * self.permille
            self.today += ONE_DAY
            self.balance += self.paid_out.get(self.today, 0)
            gone += 1
        return gone

    def post(self) -> int:
        whole, rest = divmod(self.units, 365_000)
        due = whole + (2 * rest >= 365_000) - self.posted
        self.posted += due
        return due


def dues(first: date, months: int) -> list[date]:
    days, year, month = [], first.year, first.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        days.append(date(year, month, min(first.day, monthrange(year, month)[1])))
    return days


def next_transaction_day(due: date, number: int, last: date) -> date:
    while due.day != number and due < last:
        due += ONE_DAY
    return due


@st.composite
def loans(draw: st.DrawFn) -> tuple[list[tuple[date, int]], int, int | None, dict[date, int], int]:
    first, months = draw(dates), draw(st.integers(1, 60) | st.sampled_from((61, 72, 73, 108, 120)))
    last = dues(first, months)[-1]
    further = draw(st.lists(st.tuples(st.dates(first + ONE_DAY, last), st.integers(1, 10**9)), max_size=3))
    changes = draw(st.dictionaries(st.dates(first, last), permille, max_size=2))
    tranches = [(first, draw(st.integers(1, 2 * 10**9))), *sorted(further)]
    return tranches, months, draw(st.none() | st.integers(1, 28)), changes, draw(permille)


@settings(max_examples=2_000, deadline=None)
@given(loans())
def test_a_schedule_equals_an_account_kept_day_by_day(
    loan: tuple[list[tuple[date, int]], int, int | None, dict[date, int], int],
) -> None:
    tranches, months, transaction_day, changes, begun = loan
    first, total = tranches[0][0], sum(amount for _, amount in tranches)
    rates = [RateStep(first, Decimal(changes.get(first, begun)) / 1000, Decimal("1.3"))]
    rates += [
        RateStep(day, Decimal(rate) / 1000, Decimal("1.3")) for day, rate in changes.items() if day > first
    ]
    rows = schedule(
        [Tranche(day, amount) for day, amount in tranches], months, rates, transaction_day=transaction_day
    )

    paid_out = defaultdict[date, int](int)
    for day, amount in tranches:
        paid_out[day] += amount
    book = DayBook(dict(paid_out), changes, begun)
    monthly = dues(first, months)
    wait = months if months <= 12 else 24 if months <= 60 else 36
    left = total
    part = total // -(-months // wait) // 1000 * 1000
    payments = defaultdict[date, int](int)
    for number, due in enumerate(monthly, 1):
        day = due if transaction_day is None else next_transaction_day(due, transaction_day, monthly[-1])
        pays = left if number == months else part if number % wait == 0 else 0
        payments[day] += pays
        left -= pays
    for row, (day, principal) in zip(rows, sorted(payments.items()), strict=True):
        assert (row.due, row.days) == (day, book.live_until(day))
        book.balance -= principal
        assert (row.principal, row.balance, row.interest) == (principal, book.balance, book.post())
    assert book.balance == 0
    assert sum(row.principal for row in rows) == total
    assert rows[-1].due == monthly[-1]

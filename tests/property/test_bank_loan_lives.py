"""Random lives of a loan: whatever happens, the sums hold and a replay tells the same story."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import msgspec
import pytest
from eventsourcing.persistence import JSONTranscoder
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.bank.entry import Claim, Entry, Particulars
from services.bank.ledger import Ledger, Receipt, Terms
from services.bank.loan import Loan, LoanState
from services.bank.loan_events import Borrower
from services.bank.refusals import (
    AboveApproved,
    BankRefusal,
    DayOutOfOrder,
    InterestOverpaid,
    NothingReceived,
    OnlyInterestOnSettled,
    PrincipalOverpaid,
    ReceiptUsed,
    WrongState,
)
from services.bank.rules import Asked, Lookup
from shared.agreement.acting import Role, User
from shared.log.clock import LOCAL
from shared.log.events import Event
from shared.log.mapper import TypedMapper

OFFICER = User("mai", "Mai Giả Định", "Cán bộ", "pgd-bato", Role.OFFICER)
LEADER = User("hung", "Hùng Giả Định", "Giám đốc", "pgd-bato", Role.LEADER)
START = date(2026, 1, 15)
PERCENT = st.sampled_from((0, 1, 30, 50, 99, 100, 101))
DAYS_BACK = st.sampled_from((0, 0, 0, 1, 5, -1))
MAPPER = TypedMapper(JSONTranscoder())


def entry() -> Entry:
    who = Particulars("Nguyễn Văn Giả Định", "1985-03-02", "male", "999085000123", "Thôn Một")
    return Entry(
        uuid4(),
        uuid4(),
        who,
        "sentence_completed",
        "0123/GCN",
        START,
        START,
        START,
        "production",
        50_000_000,
        None,
    )


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), LOCAL).astimezone(UTC)


def stored(fact: Event) -> Event:
    """As it comes back from the log."""
    read = MAPPER.to_domain_event(MAPPER.to_stored_event(fact))
    assert isinstance(read, Event)
    return read


class LoanLife(RuleBasedStateMachine):
    """Beside the loan runs a naive account of the sums, kept by what was not refused."""

    loan: Loan

    @initialize(
        term=st.sampled_from((1, 3, 12)),
        amount=st.integers(1_000_000, 50_000_000),
        first=st.integers(30, 100),
    )
    def begin(self, term: int, amount: int, first: int) -> None:
        """Approved, and the first tranche paid out: `first` percent of the sum."""
        self.day = START
        self.events: list[Event] = []
        self.disbursed = self.recovered = self.reversed = self.interest_paid = 0
        listed = entry()
        self.claim = Claim(listed, uuid4(), "99901", True)
        asked = Asked("production", amount, term, None)
        borrower = Borrower("Trần Thị Giả Định", "999188000321", "spouse")
        at = noon(START)
        self.loan = Loan(uuid4())
        self.loan.file(at, OFFICER, "pgd-bato", self.claim, borrower, asked)
        self.loan.look_up(at, Lookup(START, False, False))
        self.loan.propose_approval(at, OFFICER, self.claim, amount, term)
        self.loan.approve(at, LEADER, self.claim, "07/TB-PGD")
        self.pay_out(first, START)
        assert self.loan.state is LoanState.ACTIVE

    @rule(days=st.sampled_from((1, 30, 100, 400)))
    def time_passes(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(percent=PERCENT, back=DAYS_BACK)
    def disburse(self, percent: int, back: int) -> None:
        self.pay_out(percent, self.day - timedelta(days=back))

    @rule(principal=PERCENT, interest=PERCENT, back=DAYS_BACK, number=st.integers(1, 30))
    def receive(self, principal: int, interest: int, back: int, number: int) -> None:
        """Percent of what is owed today; beyond a hundred it is an overpayment."""
        owed = self.loan.ledger.principal * principal // 100, self.owed * interest // 100
        self.take(*owed, self.day - timedelta(days=back), str(number))

    @rule(number=st.integers(31, 60))
    def receive_all_that_is_owed(self, number: int) -> None:
        self.take(self.loan.ledger.principal, self.owed, self.day, str(number))

    @rule(which=st.integers(0, 20))
    def take_back(self, which: int) -> None:
        receipts = list(self.loan.ledger.receipts.values())
        if not receipts:
            return
        receipt = receipts[which % len(receipts)]
        try:
            self.loan.reverse(noon(self.day), LEADER, receipt.posting_id)
        except OnlyInterestOnSettled as refusal:
            self.refused(refusal)
        else:
            self.reversed += receipt.principal
            self.interest_paid -= receipt.interest

    @rule()
    def tick(self) -> None:
        self.loan.fall_overdue(self.day, self.payable_until)

    def pay_out(self, percent: int, day: date) -> None:
        amount = max(1, self.loan.left_to_disburse * percent // 100)
        number = len(self.loan.ledger.tranches) + 1
        try:
            self.loan.prepare_tranche(noon(self.day), OFFICER, amount)
            self.loan.confirm_tranche(noon(self.day), LEADER, self.claim, number, day)
        except (AboveApproved, WrongState, DayOutOfOrder) as refusal:
            self.refused(refusal)
        else:
            self.disbursed += amount

    def take(self, principal: int, interest: int, day: date, number: str) -> None:
        try:
            self.loan.receive(noon(self.day), OFFICER, principal, interest, number, day, self.payable_until)
        except (
            WrongState,
            DayOutOfOrder,
            NothingReceived,
            ReceiptUsed,
            PrincipalOverpaid,
            InterestOverpaid,
        ) as refusal:
            self.refused(refusal)
        else:
            self.recovered += principal
            self.interest_paid += interest

    @property
    def payable_until(self) -> date:
        assert self.loan.terms is not None
        return self.loan.terms.due_on + timedelta(days=2)

    @property
    def owed(self) -> int:
        return self.loan.interest_owed(self.day, self.payable_until)

    @staticmethod
    def refused(refusal: BankRefusal) -> None:
        event(f"met {refusal.code}")  # in hypothesis' statistics: how often lives meet each refusal

    @invariant()
    def the_sums_hold(self) -> None:
        ledger = self.loan.ledger
        assert ledger.principal == self.disbursed - self.recovered + self.reversed
        assert 0 <= ledger.principal <= ledger.disbursed == self.disbursed
        assert self.loan.approval is not None
        assert ledger.disbursed <= self.loan.approval.granted.amount
        assert ledger.interest_paid == self.interest_paid >= 0
        assert self.owed >= 0
        if self.loan.state is LoanState.SETTLED:
            assert ledger.principal == self.owed == 0
        if self.loan.state is LoanState.OVERDUE:
            assert self.loan.overdue_since == self.payable_until + timedelta(days=1)
        event(f"was {self.loan.state}")

    @invariant()
    def a_replay_equals_the_living(self) -> None:
        self.events += [stored(fact) for fact in self.loan.collect_events()]
        replayed = Loan.project(None, self.events)
        assert replayed is not None
        assert replayed.version == self.loan.version == len(self.events)
        assert facts(replayed) == facts(self.loan)


def facts(loan: Loan) -> object:
    state = {
        name: vars(value) if isinstance(value, Ledger) else value
        for name, value in vars(loan).items()
        if name != "_pending"
    }
    return msgspec.to_builtins(state | {"state": loan.state}, str_keys=True)


TestLoanLife = LoanLife.TestCase
TestLoanLife.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)


@settings(max_examples=200, deadline=None)
@given(
    tranches=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 10**8)), min_size=1, max_size=4),
    receipts=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 10**7)), max_size=6),
    overdue_after=st.one_of(st.none(), st.integers(0, 800)),
    until=st.integers(0, 900),
)
def test_interest_equals_an_account_kept_day_by_day(
    tranches: list[tuple[int, int]], receipts: list[tuple[int, int]], overdue_after: int | None, until: int
) -> None:
    terms = Terms(Decimal("0.066"), Decimal("1.3"), START, "Điều 9")
    ledger = Ledger()
    ledger.tranches = [(START + timedelta(days=day), amount) for day, amount in tranches]
    for day, amount in receipts:
        ledger.post(Receipt(uuid4(), str(day), START + timedelta(days=day), amount, 0, "mai"))
    overdue_since = None if overdue_after is None else START + timedelta(days=overdue_after + 1)

    total = Fraction(0)
    for day in range(1, until + 1):
        balance = sum(a for d, a in tranches if d < day) - sum(a for d, a in receipts if d < day)
        rate = Fraction(66, 1000) * (
            Fraction(13, 10) if overdue_after is not None and day > overdue_after else 1
        )
        total += balance * rate / 365
    assert ledger.exact_interest(terms, START + timedelta(days=until), overdue_since) == total


@pytest.mark.parametrize(
    ("days", "overdue", "owed"),
    [(30, False, 542_466), (31, False, 560_548), (28, False, 506_301), (30, True, 705_205)],
)
def test_interest_on_a_hundred_million_is_what_the_tables_say(days: int, overdue: bool, owed: int) -> None:
    terms = Terms(Decimal("0.066"), Decimal("1.3"), START, "Điều 9")
    ledger = Ledger()
    ledger.tranches = [(START, 100_000_000)]
    overdue_since = START + timedelta(days=1) if overdue else None
    assert ledger.interest_owed(terms, START + timedelta(days=days), overdue_since) == owed

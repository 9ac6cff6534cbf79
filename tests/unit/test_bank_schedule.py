"""When a loan is paid back and what it bears: the figures of the lending rules, one by one."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from services.bank.interest import Movement, RateStep, accrued, rounded
from services.bank.ledger import Ledger, Receipt, Terms
from services.bank.products import Product
from services.bank.quote import Quote, Wanted, quote, spread, tranches_of
from services.bank.refusals import CourseOutlastsTerm, TooManyTranches
from services.bank.schedule import Tranche, instalments, on_transaction_day, schedule

START = date(2026, 1, 15)
HUNDRED = 100_000_000
RATES = (RateStep(date(2023, 10, 10), Decimal("0.066"), Decimal("1.3")),)


@pytest.mark.parametrize(
    ("months", "principal", "interest"),
    [
        (12, [("2027-01-15", HUNDRED)], 6_600_000),
        (18, [("2027-07-15", HUNDRED)], 9_872_877),
        (
            60,
            [("2028-01-15", 33_333_000), ("2030-01-15", 33_333_000), ("2031-01-15", 33_334_000)],
            24_212_143,
        ),
        (120, [(f"{year}-01-15", 25_000_000) for year in (2029, 2032, 2035, 2036)], 46_227_123),
    ],
)
def test_article_8_2_principal_by_the_length_of_the_term(
    months: int, principal: list[tuple[str, int]], interest: int
) -> None:
    rows = schedule([Tranche(START, HUNDRED)], months, RATES)
    assert [(row.due.isoformat(), row.principal) for row in rows if row.principal] == principal
    assert sum(row.interest for row in rows) == interest
    assert len(rows) == months
    assert rows[-1].balance == 0


@pytest.mark.parametrize(
    ("principal", "months", "course", "parts"),
    [
        (100, 1, 0, [(1, 100)]),
        (HUNDRED, 13, 0, [(13, HUNDRED)]),
        (HUNDRED, 24, 0, [(24, HUNDRED)]),
        (HUNDRED, 25, 0, [(24, 50_000_000), (25, 50_000_000)]),
        (HUNDRED, 61, 0, [(36, 50_000_000), (61, 50_000_000)]),
        (5_999, 60, 0, [(24, 1_000), (48, 1_000), (60, 3_999)]),
        (1_500, 60, 0, [(24, 0), (48, 0), (60, 1_500)]),
        (36_000_000, 27, 9, [(24, 18_000_000), (27, 18_000_000)]),
        (96_000_000, 48, 24, [(48, 96_000_000)]),
        (200_000_000, 100, 50, [(72, 100_000_000), (100, 100_000_000)]),
    ],
)
def test_equal_parts_in_whole_thousands_with_the_rest_at_the_end_and_none_during_a_course(
    principal: int, months: int, course: int, parts: list[tuple[int, int]]
) -> None:
    assert instalments(principal, months, course) == parts


def test_due_dates_keep_the_first_disbursements_day_or_the_months_last() -> None:
    rows = schedule([Tranche(date(2027, 10, 31), HUNDRED)], 5, RATES)
    assert [row.due.isoformat() for row in rows] == [
        "2027-11-30",
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
    ]


@pytest.mark.parametrize(
    ("due", "day", "final", "moved"),
    [
        ("2026-03-15", 20, "2027-01-15", "2026-03-20"),
        ("2026-03-15", 15, "2027-01-15", "2026-03-15"),
        ("2026-03-15", 10, "2027-01-15", "2026-04-10"),
        ("2026-12-15", 10, "2027-01-15", "2027-01-10"),
        ("2027-01-15", 20, "2027-01-15", "2027-01-15"),
        ("2036-01-15", 20, "2036-07-15", "2036-01-15"),  # extended: not moved beyond 120 months
        ("2036-02-15", 20, "2036-07-15", "2036-02-20"),
        ("2036-07-15", 20, "2036-07-15", "2036-07-15"),
    ],
)
def test_a_transaction_day_never_passes_the_last_date_nor_120_months(
    due: str, day: int, final: str, moved: str
) -> None:
    asked = on_transaction_day(date.fromisoformat(due), day, START, date.fromisoformat(final))
    assert asked.isoformat() == moved


def test_two_dues_of_short_months_on_one_transaction_day_are_one() -> None:
    rows = schedule([Tranche(date(2026, 12, 31), HUNDRED)], 12, RATES, transaction_day=28)
    assert [row.due.isoformat() for row in rows[:3]] == ["2027-02-28", "2027-04-28", "2027-05-28"]
    assert rows[-1].due == date(2027, 12, 31)
    assert sum(row.interest for row in rows) == 6_600_000


@pytest.mark.parametrize(
    ("days", "overdue", "interest"), [(30, False, 542_466), (31, False, 560_548), (30, True, 705_205)]
)
def test_article_9_interest_on_a_hundred_million(days: int, overdue: bool, interest: int) -> None:
    moved = Movement(START, overdue=HUNDRED) if overdue else Movement(START, in_term=HUNDRED)
    end = date.fromordinal(START.toordinal() + days)
    assert [rounded(each) for each in accrued([moved], RATES, [START, end])] == [0, interest]


def test_article_9_2_only_the_unpaid_part_bears_overdue_interest() -> None:
    late = Movement(date(2026, 2, 14), in_term=-40_000_000, overdue=40_000_000)
    frozen = Movement(date(2026, 3, 16), in_term=-60_000_000, overdue=-40_000_000)
    days = [date(2026, 2, 14), date(2026, 3, 16), date(2027, 1, 1)]
    exact = accrued([Movement(START, in_term=HUNDRED), late, frozen], RATES, days)
    # 30 days in term; then 30 days of 60 in term and 40 × 1.3; frozen principal bears nothing.
    assert [rounded(each) for each in exact] == [542_466, 1_150_027, 1_150_027]


def test_article_9_a_rate_for_running_balances_counts_from_its_date() -> None:
    terms = Terms(Decimal("0.066"), Decimal("1.3"), date(2027, 1, 15), "Điều 9")
    ledger = Ledger()
    ledger.tranches = [(START, HUNDRED)]
    ledger.post(Receipt(uuid4(), "PT-1", date(2026, 2, 14), 0, 500_000, "mai"))
    change = RateStep(date(2026, 2, 14), Decimal("0.0365"), Decimal("1.3"))
    assert ledger.interest_owed(terms, date(2026, 2, 14), None, [change]) == 42_466
    assert ledger.interest_owed(terms, date(2026, 2, 24), None, [change]) == 142_466


def test_principal_without_a_rate_is_no_free_money() -> None:
    with pytest.raises(ValueError, match="2023-10-09"):
        accrued([Movement(date(2023, 10, 9), in_term=1)], RATES, [START])


def test_no_tranche_after_the_final_date() -> None:
    with pytest.raises(ValueError, match="2026-02-15"):
        schedule([Tranche(START, 1), Tranche(date(2026, 2, 16), 1)], 1, RATES)


def training(
    study: int, monthly: int = 4_000_000, months: int | None = None, tranches: int | None = None
) -> Wanted:
    return Wanted(Product("training"), START, monthly * study, months, study, tranches)


@pytest.mark.parametrize(
    ("study", "asked", "months"),
    [(9, None, [6, 3]), (12, None, [6, 6]), (5, None, [5]), (9, 2, [5, 4]), (9, 1, [9]), (3, 3, [1, 1, 1])],
)
def test_article_6_1_each_tranche_is_for_its_own_months_of_study(
    study: int, asked: int | None, months: list[int]
) -> None:
    assert spread(study, asked) == months
    tranches = tranches_of(training(study, tranches=asked))
    assert [tranche.amount for tranche in tranches] == [4_000_000 * each for each in months]


def test_more_tranches_than_months_of_study_are_refused() -> None:
    with pytest.raises(TooManyTranches):
        quote(training(9, tranches=10))


def test_article_8_1_a_training_loan_is_repaid_after_the_course() -> None:
    answer = quote(training(9))
    assert isinstance(answer, Quote)
    assert len(answer.rows) == 27
    assert [row.balance for row in answer.rows[4:7]] == [24_000_000, 36_000_000, 36_000_000]
    assert [row.principal for row in answer.rows if row.principal] == [18_000_000, 18_000_000]
    with pytest.raises(CourseOutlastsTerm):
        quote(training(9, months=8))

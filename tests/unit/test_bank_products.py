"""The lending tables: which row holds, by article, and what a wrong table gets."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from services.bank import rules
from services.bank.products import PRODUCTS, Product, Products, load_products
from services.bank.quote import enough_released
from tests.unit.bank_office import Office, listed

DAY = date(2026, 1, 15)
SHIPPED = Path(__file__).parents[2] / "services" / "bank" / "products.toml"
BASE = SHIPPED.read_text(encoding="utf-8")


def with_rows(folder: Path, rows: str) -> Products:
    path = folder / "products.toml"
    path.write_text(BASE + rows, encoding="utf-8")
    return load_products(path)


@pytest.mark.parametrize(
    ("purpose", "counted", "most", "article"),
    [
        ("training", {"study_months": 9}, 36_000_000, "Điều 6 khoản 1"),
        ("training", {"study_months": 12}, 48_000_000, "Điều 6 khoản 1"),
        ("training", {"study_months": 24}, 96_000_000, "Điều 6 khoản 1"),
        ("training", {}, 0, "Điều 6 khoản 1"),
        ("production", {}, 100_000_000, "Điều 6 khoản 2 điểm a"),
        ("establishment", {"workers": 12}, 1_200_000_000, "Điều 6 khoản 2 điểm b"),
        ("establishment", {"workers": 20}, 2_000_000_000, "Điều 6 khoản 2 điểm b"),
        ("establishment", {"workers": 25}, 2_000_000_000, "Điều 6 khoản 2 điểm b"),
    ],
)
def test_article_6_how_much_is_lent(purpose: str, counted: dict[str, int], most: int, article: str) -> None:
    limit = PRODUCTS.most(Product(purpose), DAY, **counted)
    assert limit is not None
    assert limit.most == most
    assert article in limit.source


@pytest.mark.parametrize(
    ("purpose", "study", "longest", "article"),
    [
        ("training", 9, 27, "Điều 8 khoản 1"),
        ("training", 12, 36, "Điều 8 khoản 1"),
        ("training", 13, 26, "Điều 8 khoản 1"),
        ("training", 24, 48, "Điều 8 khoản 1"),
        ("production", 0, 120, "Điều 8 khoản 2"),
        ("establishment", 0, 120, "Điều 8 khoản 2"),
    ],
)
def test_article_8_for_how_long_it_is_lent(purpose: str, study: int, longest: int, article: str) -> None:
    limit = PRODUCTS.longest(Product(purpose), DAY, study_months=study)
    assert limit is not None
    assert limit.most == longest
    assert article in limit.source


@pytest.mark.parametrize("purpose", ["training", "production", "establishment"])
def test_article_9_one_rate_for_every_purpose(purpose: str) -> None:
    rate = PRODUCTS.rate_on(Product(purpose), DAY)
    assert rate is not None
    assert (rate.annual, rate.overdue) == (Decimal("0.066"), Decimal("1.3"))
    assert "Điều 9" in rate.source


@pytest.mark.parametrize(
    ("purpose", "amount", "needed"),
    [
        ("establishment", 100_000_000, False),
        ("establishment", 100_000_001, True),
        ("production", 100_000_001, True),
        ("training", 200_000_000, False),
    ],
)
def test_security_is_needed_above_a_hundred_million_and_never_for_training(
    purpose: str, amount: int, needed: bool
) -> None:
    assert (PRODUCTS.security_for(Product(purpose), DAY, amount) is not None) is needed


@pytest.mark.parametrize(
    ("released", "workers", "enough"),
    [(2, 20, True), (2, 21, False), (3, 21, True), (1, 1, True), (0, 1, False), (0, 0, False)],
)
def test_article_3_2_b_a_tenth_of_the_workers_in_whole_persons(
    released: int, workers: int, enough: bool
) -> None:
    assert enough_released(released, workers) is enough


def test_nothing_is_lent_before_the_decision_was_in_force_nor_under_another_programme() -> None:
    before = date(2023, 10, 9)
    for product, day in ((Product("production"), before), (Product("production", programme="19"), DAY)):
        assert PRODUCTS.most(product, day) is None
        assert PRODUCTS.longest(product, day) is None
        assert PRODUCTS.rate_on(product, day) is None


LOCAL = """
[[ceiling]]
purpose = "production"
per = "person"
amount = 150_000_000
capital_source = "local"
province = "Tỉnh Giả Định"
since = 2025-01-01
until = 2026-06-30
source = "Nghị quyết 01/2024/NQ-HĐND (hư cấu)"

[[ceiling]]
purpose = "production"
per = "person"
amount = 120_000_000
since = 2026-01-01
source = "Quyết định sửa đổi (hư cấu)"
"""


@pytest.mark.parametrize(
    ("product", "day", "most"),
    [
        (Product("production"), date(2025, 12, 31), 100_000_000),
        (Product("production"), date(2026, 1, 1), 120_000_000),
        (Product("production", "local"), date(2026, 1, 1), 120_000_000),
        (Product("production", "local", "Tỉnh Khác"), date(2026, 1, 1), 120_000_000),
        (Product("production", "local", "Tỉnh Giả Định"), date(2024, 12, 31), 100_000_000),
        (Product("production", "local", "Tỉnh Giả Định"), date(2026, 6, 30), 150_000_000),
        (Product("production", "local", "Tỉnh Giả Định"), date(2026, 7, 1), 120_000_000),
        (Product("production", "central", "Tỉnh Giả Định"), date(2026, 6, 30), 120_000_000),
    ],
)
def test_a_provinces_own_capital_has_its_own_ceiling_while_it_stands(
    tmp_path: Path, product: Product, day: date, most: int
) -> None:
    limit = with_rows(tmp_path, LOCAL).most(product, day)
    assert limit is not None
    assert limit.most == most


RATE = """
[[rate]]
annual = "{annual}"
overdue = "1.3"
since = {since}
source = "Quyết định điều chỉnh lãi suất (hư cấu)"
"""


def test_article_9_a_new_rate_is_for_new_contracts_unless_it_says_otherwise(tmp_path: Path) -> None:
    rows = RATE.format(annual="0.07", since="2026-07-01")
    rows += RATE.format(annual="0.06", since="2027-01-01") + 'applies_to = "running_balances"\n'
    products, product = with_rows(tmp_path, rows), Product("production")
    rates = [products.rate_on(product, date(2026, month, 30)) for month in (6, 7)]
    assert [rate and rate.annual for rate in rates] == [Decimal("0.066"), Decimal("0.07")]
    changes = products.rate_changes(product, DAY)
    assert [(row.since, row.annual) for row in changes] == [(date(2027, 1, 1), Decimal("0.06"))]
    assert products.rate_changes(product, date(2027, 1, 1)) == []


def test_article_9_a_running_loan_bears_a_new_rate_only_where_the_row_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = RATE.format(annual="0.0365", since="2026-04-05")
    office = Office(tmp_path)
    loan_id = office.disbursed(listed(amount=100_000_000))
    office.today = date(2026, 4, 15)
    for rows, owed in ((later, 723_288), (later + 'applies_to = "running_balances"', 642_466)):
        monkeypatch.setattr(rules, "PRODUCTS", with_rows(tmp_path, rows))
        assert office.interest(loan_id) == owed


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (RATE.format(annual="0.07", since="2023-10-10"), "rate row 2 (since 2023-10-10) is there twice"),
        (RATE.format(annual="6.6", since="2026-01-01"), "annual 6.6 is not between 0 and 1"),
        (RATE.format(annual="NaN", since="2026-01-01"), "annual NaN"),
        (RATE.format(annual="0.07", since="2026-01-01") + "until = 2025-01-01", "lies before since"),
        (RATE.format(annual="0.07", since="2026-01-01") + 'province = "X"', 'capital_source "local"'),
        (RATE.format(annual="0.07", since='"hôm nay"'), "$.rate[1].since"),
        (RATE.format(annual="0.07", since="2026-01-01") + 'applies_to = "all"', "$.rate[1].applies_to"),
        (RATE.format(annual="0.07", since="2026-01-01") + 'colour = "red"', "colour"),
        ('[[security]]\nabove = 1\nsince = 2026-01-01\nsource = "X"', "purpose is missing"),
        (
            '[[security]]\npurpose = "training"\nabove = 0\nsince = 2026-01-01\nsource = "X"',
            "$.security[2].above",
        ),
        (
            '[[security]]\npurpose = "training"\nabove = 1\nsince = 2026-01-01\nsource = " "',
            "$.security[2].source",
        ),
        ('[[term]]\npurpose = "training"\nsince = 2026-01-01\nsource = "X"', "exactly one of months"),
        (
            '[[term]]\npurpose = "training"\nmonths = 9\ncourse_up_to = 3\nsince = 2026-01-01\nsource = "X"',
            "course_up_to goes with repayment_times",
        ),
        (
            '[[ceiling]]\npurpose = "production"\nper = "person"\namount = 1\nsince = 2020-01-01\nsource = "X"',
            "no term for production on 2020-01-01",
        ),
        ("[[ceiling]\n", "line"),
    ],
)
def test_a_wrong_table_is_refused_with_file_row_and_what_is_wrong(
    tmp_path: Path, rows: str, said: str
) -> None:
    with pytest.raises(ValueError, match=r"products\.toml: ") as refused:
        with_rows(tmp_path, rows)
    assert said in str(refused.value)

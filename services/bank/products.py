"""What may be lent: ceilings, terms, rates and security as dated rows of `products.toml`.

A row is chosen by programme, purpose, capital source, province and day. What it leaves out it leaves open;
the more particular row goes first: a province's, its capital source's, the purpose's; then the latest.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

import msgspec

from services.bank.interest import RateStep

Purpose = Literal["training", "production", "establishment"]
CapitalSource = Literal["central", "local"]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Words = Annotated[str, msgspec.Meta(pattern=r"\S")]

PROGRAMME = "26"
"""Loans to people who completed a prison sentence, in the bank's core system."""


class Product(msgspec.Struct, frozen=True):
    """By what a row is chosen. `province`: as the agreement names it; only local capital has rows by it."""

    purpose: str
    capital_source: CapitalSource = "central"
    province: str | None = None
    programme: str = PROGRAMME


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In force from `since` to `until`, both days inside."""

    since: date
    source: Words
    until: date | None = None
    programme: Words = PROGRAMME
    purpose: Purpose | None = None
    capital_source: CapitalSource | None = None
    province: Words | None = None

    def fits(self, product: Product, day: date) -> bool:
        return (
            self.since <= day <= (self.until or date.max)
            and self.programme == product.programme
            and self.purpose in (None, product.purpose)
            and self.capital_source in (None, product.capital_source)
            and self.province in (None, product.province)
        )

    @property
    def rank(self) -> tuple[bool, bool, bool, date]:
        named = self.province is not None, self.capital_source is not None, self.purpose is not None
        return (*named, self.since)

    @property
    def kind(self) -> object:
        """Rows of one table but of different kinds hold beside each other."""
        return None

    def faults(self) -> Iterator[str]:
        if self.until is not None and self.until < self.since:
            yield f"until {self.until} lies before since"
        if self.province is not None and self.capital_source != "local":
            yield f'province {self.province} needs capital_source "local"'
        if self.purpose is None and not isinstance(self, Rate):
            yield "purpose is missing"


class Ceiling(Row, frozen=True, kw_only=True):
    """`amount` in whole đồng for each of what it is counted `per`."""

    per: Literal["person", "study_month", "project", "worker"]
    amount: Positive

    @property
    def kind(self) -> object:
        return self.per


class Term(Row, frozen=True, kw_only=True):
    """The longest term: `months`, or the course and `repayment_times` as long again to repay (Art. 8.1)."""

    months: Positive | None = None
    repayment_times: Positive | None = None
    course_up_to: Positive | None = None

    @property
    def kind(self) -> object:
        return self.course_up_to

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if (self.months is None) == (self.repayment_times is None):
            yield "exactly one of months and repayment_times is needed"
        if self.course_up_to is not None and self.repayment_times is None:
            yield "course_up_to goes with repayment_times"

    def longest(self, study_months: int) -> int:
        """In months, from the first tranche."""
        return self.months or study_months * (1 + (self.repayment_times or 0))


class Rate(Row, frozen=True, kw_only=True):
    """`annual`: a fraction of one; overdue principal bears it × `overdue`."""

    annual: Decimal
    overdue: Decimal
    applies_to: Literal["new_contracts", "running_balances"] = "new_contracts"

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if not (self.annual.is_finite() and 0 < self.annual < 1):
            yield f"annual {self.annual} is not between 0 and 1"
        if not (self.overdue.is_finite() and 1 <= self.overdue < 10):  # a slip of the point, not a rule
            yield f"overdue {self.overdue} is not between 1 and 10"


class Security(Row, frozen=True, kw_only=True):
    """A loan above so many đồng must be secured."""

    above: Positive


class Limit(NamedTuple):
    """`most`: đồng, or months."""

    most: int
    source: str


R = TypeVar("R", bound=Row)


class Products(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ceiling: tuple[Ceiling, ...]
    term: tuple[Term, ...]
    rate: tuple[Rate, ...]
    security: tuple[Security, ...] = ()

    def most(self, product: Product, day: date, *, study_months: int = 0, workers: int = 0) -> Limit | None:
        """The most that may be lent, in đồng (Art. 6); None where nothing is lent.

        For an establishment `workers` are all its workers: the project's and the workers' ceilings both hold.
        """
        counted = {"person": 1, "project": 1, "study_month": study_months, "worker": workers}
        rows = _by_kind(self.ceiling, product, day)
        limits = [Limit(row.amount * counted[row.per], row.source) for row in rows]
        return min(limits, key=lambda limit: limit.most, default=None)

    def longest(self, product: Product, day: date, *, study_months: int = 0) -> Limit | None:
        """The longest term in months from the first tranche (Art. 8); None where nothing is lent."""
        rows = _by_kind(self.term, product, day)
        fitting = [row for row in rows if row.course_up_to is None or study_months <= row.course_up_to]
        # The row for the shortest courses goes first, the one for courses of any length last.
        row = min(fitting, key=lambda row: (row.course_up_to is None, row.course_up_to), default=None)
        return Limit(row.longest(study_months), row.source) if row else None

    def rate_on(self, product: Product, day: date) -> Rate | None:
        """The rate of a contract begun on `day` (Art. 9); None before there was any."""
        return _chosen(self.rate, product, day)

    def rate_changes(self, product: Product, begun: date) -> list[RateStep]:
        """What becomes of the rate of a contract begun on a day: later rows for running balances, in order."""
        running = [row for row in self.rate if row.applies_to == "running_balances" and row.since > begun]
        met = [row for row in running if _chosen(self.rate, product, row.since) is row]
        steps = [RateStep(row.since, row.annual, row.overdue) for row in met]
        return sorted(steps, key=lambda step: step.since)

    def security_for(self, product: Product, day: date, amount: int) -> Security | None:
        """The row by which a loan of `amount` đồng must be secured; None where it need not be."""
        row = _chosen(self.security, product, day)
        return row if row and amount > row.above else None


def _chosen(rows: Iterable[R], product: Product, day: date) -> R | None:
    fitting = [row for row in rows if row.fits(product, day)]
    return max(fitting, key=lambda row: row.rank, default=None)


def _by_kind(rows: Sequence[R], product: Product, day: date) -> list[R]:
    kinds = dict.fromkeys(row.kind for row in rows)
    chosen = [_chosen([row for row in rows if row.kind == kind], product, day) for kind in kinds]
    return [row for row in chosen if row is not None]


def load_products(path: Path) -> Products:
    """Raises ValueError naming the file and the row that is wrong."""
    try:
        products = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Products)
        _check(products)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return products


def _check(products: Products) -> None:
    for table in ("ceiling", "term", "rate", "security"):
        seen = set[object]()
        for number, row in enumerate(getattr(products, table), 1):
            place = f"{table} row {number} (since {row.since})"
            for fault in row.faults():
                raise ValueError(f"{place}: {fault}")
            scope = row.programme, row.purpose, row.capital_source, row.province, row.kind, row.since
            if scope in seen:
                raise ValueError(f"{place} is there twice")
            seen.add(scope)
    for ceiling in products.ceiling:
        product = Product(
            ceiling.purpose or "", ceiling.capital_source or "central", ceiling.province, ceiling.programme
        )
        for table, rows in (("term", products.term), ("rate", products.rate)):
            if _chosen(rows, product, ceiling.since) is None:
                raise ValueError(f"no {table} for {product.purpose} on {ceiling.since}, which has a ceiling")


PRODUCTS = load_products(Path(__file__).with_name("products.toml"))

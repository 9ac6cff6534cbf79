"""What a loan would cost and when it would be paid back, or by which rules it is refused: for anyone.

It says what the tables say on a day, and decides nothing about a person.
"""

from collections.abc import Iterator
from datetime import date

import msgspec

from services.bank import interest, schedule
from services.bank.interest import Movement, RateStep, accrued, rounded
from services.bank.products import PRODUCTS, Limit, Product, Products, Rate
from services.bank.refusals import CourseOutlastsTerm, TooManyTranches
from services.bank.rules import DECISION, NOT_LENT
from services.bank.schedule import Due, Tranche
from shared.agreement.dates import months_after

MONTHS_PER_TRANCHE = 6
"""Training is paid out by the half year unless asked otherwise; the law sets nothing."""
ART_3_2_B = f"Điều 3 khoản 2 điểm b {DECISION}"


class Wanted(msgspec.Struct, frozen=True):
    """`principal` in whole đồng; `months`: the longest term where None.

    A course of `study_months` is paid out in `tranches`. For an establishment: all its `workers`, and how many
    of them are `released` persons with a labour contract.
    """

    product: Product
    begins: date
    principal: int
    months: int | None = None
    study_months: int = 0
    tranches: int | None = None
    workers: int = 0
    released: int = 0
    transaction_day: int | None = None


class Rule(msgspec.Struct, frozen=True):
    rule: str
    source: str


class Refusal(msgspec.Struct, frozen=True):
    """The figures compared: đồng, months, persons, or days."""

    rule: str
    source: str
    limit: int | date
    asked: int | date


class Quote(msgspec.Struct, frozen=True):
    rows: list[Due]
    total_interest: int
    rules: list[Rule]


class Bearing(msgspec.Struct, frozen=True):
    days: int
    interest: int


def quote(wanted: Wanted, products: Products = PRODUCTS) -> Quote | list[Refusal]:
    """Raises CourseOutlastsTerm, TooManyTranches: figures that do not go together, which no rule refuses."""
    product, day, study = wanted.product, wanted.begins, wanted.study_months
    rate = products.rate_on(product, day)
    if rate is None:
        return [not_in_force(day, products)]
    most = products.most(product, day, study_months=study, workers=wanted.workers) or NOT_LENT
    longest = products.longest(product, day, study_months=study) or NOT_LENT
    months = wanted.months or longest.most
    if refused := list(_refusals(wanted, months, most, longest)):
        return refused
    if months < study:
        raise CourseOutlastsTerm(term_months=months, study_months=study)
    rates = rate_steps(product, rate, day, products)
    rows = schedule.schedule(tranches_of(wanted), months, rates, study, wanted.transaction_day)
    rules = [Rule("ceiling", most.source), Rule("term", longest.source), Rule("rate", rate.source)]
    if product.purpose == "establishment":
        rules.append(Rule("released_workers", ART_3_2_B))
    if security := products.security_for(product, day, wanted.principal):
        rules.append(Rule("security", security.source))
    rules += [Rule("instalments", schedule.SOURCE), Rule("interest", interest.SOURCE)]
    return Quote(rows, sum(row.interest for row in rows), rules)


def not_in_force(day: date, products: Products = PRODUCTS) -> Refusal:
    return Refusal("in_force", DECISION, min(row.since for row in products.rate), day)


def rate_steps(product: Product, rate: Rate, begun: date, products: Products = PRODUCTS) -> list[RateStep]:
    """The rate of a contract begun with `rate`, and what becomes of it."""
    return [RateStep(begun, rate.annual, rate.overdue), *products.rate_changes(product, begun)]


def interest_of(
    principal: int, begins: date, ends: date, overdue: bool, products: Products = PRODUCTS
) -> Bearing | list[Refusal]:
    """What a principal bears between two days, by the rate of a contract begun on the first of them."""
    product = Product("production")
    rate = products.rate_on(product, begins)
    if rate is None:
        return [not_in_force(begins, products)]
    movement = Movement(begins, overdue=principal) if overdue else Movement(begins, in_term=principal)
    (exact,) = accrued([movement], rate_steps(product, rate, begins, products), [ends])
    return Bearing((ends - begins).days, rounded(exact))


def tranches_of(wanted: Wanted) -> list[Tranche]:
    """Training: each for its own months of study, at their beginning; else all at once."""
    if not wanted.study_months:
        return [Tranche(wanted.begins, wanted.principal)]
    monthly, odd = divmod(wanted.principal, wanted.study_months)
    tranches, month = list[Tranche](), 0
    for months in spread(wanted.study_months, wanted.tranches):
        amount = monthly * months + (odd if month == 0 else 0)
        tranches.append(Tranche(months_after(wanted.begins, month), amount))
        month += months
    return tranches


def spread(study_months: int, tranches: int | None) -> list[int]:
    """Months of study that each tranche is for. Raises TooManyTranches."""
    if tranches is None:
        whole, rest = divmod(study_months, MONTHS_PER_TRANCHE)
        return [MONTHS_PER_TRANCHE] * whole + [rest] * bool(rest)
    if tranches > study_months:
        raise TooManyTranches(study_months=study_months, tranches=tranches)
    each, longer = divmod(study_months, tranches)
    return [each + 1] * longer + [each] * (tranches - longer)


def enough_released(released: int, workers: int) -> bool:
    """Art. 3.2.b: at least 10 % of all workers, compared in whole persons."""
    return 10 * released >= workers > 0


def _refusals(wanted: Wanted, months: int, most: Limit, longest: Limit) -> Iterator[Refusal]:
    if wanted.principal > most.most:
        yield Refusal("ceiling", most.source, most.most, wanted.principal)
    if months > longest.most:
        yield Refusal("term", longest.source, longest.most, months)
    if wanted.product.purpose == "establishment" and not enough_released(wanted.released, wanted.workers):
        yield Refusal("released_workers", ART_3_2_B, -(-wanted.workers // 10), wanted.released)

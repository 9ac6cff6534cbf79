"""The lending rules: the checks made of the dated tables of `products.toml`.

Rules of Decision 22/2023/QĐ-TTg for individuals. A check says which rule, its source, whether it
passed and the facts compared; decisions keep their checks, so that an audit can print why.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from services.bank import refusals
from services.bank.entry import Claim, Entry
from services.bank.interest import RateStep
from services.bank.products import PRODUCTS, Limit, Product, Rate
from shared.agreement.dates import years_after
from shared.agreement.errors import Fact

DECISION = "Quyết định 22/2023/QĐ-TTg"
ART_3_1_A = f"Điều 3 khoản 1 điểm a {DECISION}"
ART_3_2_A = f"Điều 3 khoản 2 điểm a {DECISION}"
ART_3_3 = f"Điều 3 khoản 3 {DECISION}"

NOT_LENT = Limit(0, DECISION)
LOOKUP_VALID_DAYS = 30
"""How long an officer's look-up of other debts may be relied on; the law sets nothing."""


class Check(msgspec.Struct, frozen=True):
    rule: str
    source: str
    passed: bool
    facts: dict[str, Fact]


class Asked(msgspec.Struct, frozen=True):
    """What is to be lent. `amount` in whole đồng."""

    purpose: str
    amount: int
    term_months: int
    study_months: int | None


class Lookup(msgspec.Struct, frozen=True):
    """An officer's look-up in the core system for debt with the same purpose, for person and borrower."""

    looked_up_on: date
    person_has_debt: bool
    borrower_has_debt: bool


def rate_on(day: date, purpose: str = "production") -> Rate:
    """The rate of a contract begun on `day`. Raises ValueError before the Decision was in force."""
    rate = PRODUCTS.rate_on(Product(purpose), day)
    if rate is None:
        raise ValueError(f"no rate for {day}: the first is of {min(row.since for row in PRODUCTS.rate)}")
    return rate


def rate_changes(purpose: str, begun: date) -> list[RateStep]:
    """What becomes of the rate of a contract after it began."""
    return PRODUCTS.rate_changes(Product(purpose), begun)


def ceiling(asked: Asked, day: date) -> Limit:
    """The most that may be lent, in đồng: 4,000,000 per study month, 100,000,000 for production (Art. 6)."""
    most = PRODUCTS.most(Product(asked.purpose), day, study_months=asked.study_months or 0)
    return most or NOT_LENT


def longest_term(asked: Asked, day: date) -> Limit:
    """Months: production 120; training the course plus twice it, or once it beyond a year (Art. 8)."""
    return PRODUCTS.longest(Product(asked.purpose), day, study_months=asked.study_months or 0) or NOT_LENT


def last_day_to_borrow(completed_on: date) -> date:
    """Art. 3.2.a: five years to the moment of borrowing; the day five years after is still inside."""
    return years_after(completed_on, 5)


def standing_check(claim: Claim) -> Check:
    return Check("listed", ART_3_2_A, claim.standing, {"entry_id": str(claim.entry.entry_id)})


def five_years_check(entry: Entry, day: date) -> Check:
    last_day = last_day_to_borrow(entry.completed_on)
    facts: dict[str, Fact] = {
        "completed_on": entry.completed_on.isoformat(),
        "last_day": last_day.isoformat(),
        "day": day.isoformat(),
    }
    return Check("five_years", ART_3_2_A, day <= last_day, facts)


def completed_check(entry: Entry, day: date) -> Check:
    facts: dict[str, Fact] = {"completed_on": entry.completed_on.isoformat(), "day": day.isoformat()}
    return Check("completed", ART_3_1_A, entry.completed_on <= day, facts)


def ceiling_check(asked: Asked, day: date) -> Check:
    limit, source = ceiling(asked, day)
    return Check("ceiling", source, asked.amount <= limit, {"asked": asked.amount, "limit": limit})


def term_check(asked: Asked, day: date) -> Check:
    limit, source = longest_term(asked, day)
    return Check("term", source, asked.term_months <= limit, {"asked": asked.term_months, "limit": limit})


def purpose_check(entry: Entry, asked: Asked) -> Check:
    facts: dict[str, Fact] = {"asked": asked.purpose, "listed": entry.purpose}
    return Check("purpose", ART_3_2_A, asked.purpose == entry.purpose, facts)


def application_checks(claim: Claim, asked: Asked, day: date) -> tuple[Check, ...]:
    """What must hold when an application is filed, and again when it is decided."""
    return (
        standing_check(claim),
        completed_check(claim.entry, day),
        five_years_check(claim.entry, day),
        purpose_check(claim.entry, asked),
        ceiling_check(asked, day),
        term_check(asked, day),
    )


def lookup_checks(lookup: Lookup | None, day: date) -> tuple[Check, ...]:
    """Art. 3.3: no debt under another programme with the same purpose, as looked up by the officer."""
    done = lookup is not None and day - lookup.looked_up_on <= timedelta(days=LOOKUP_VALID_DAYS)
    looked_up_on = lookup.looked_up_on.isoformat() if lookup else None
    facts: dict[str, Fact] = {
        "looked_up_on": looked_up_on,
        "valid_days": LOOKUP_VALID_DAYS,
        "day": day.isoformat(),
    }
    none_found = lookup is None or not (lookup.person_has_debt or lookup.borrower_has_debt)
    return (
        Check("same_purpose", ART_3_3, none_found, {"looked_up_on": looked_up_on}),
        Check("lookup", ART_3_3, done, facts),
    )


def tranche_checks(claim: Claim, day: date, first: bool) -> tuple[Check, ...]:
    """Borrowing begins with the first tranche: later ones may come after the five years."""
    return (standing_check(claim), five_years_check(claim.entry, day)) if first else (standing_check(claim),)


_REFUSALS: dict[str, type[refusals.BankRefusal]] = {
    "listed": refusals.EntryNotStanding,
    "completed": refusals.NotYetCompleted,
    "five_years": refusals.OutsideFiveYears,
    "purpose": refusals.PurposeDiffers,
    "ceiling": refusals.OverCeiling,
    "term": refusals.TermTooLong,
    "same_purpose": refusals.SamePurposeDebt,
    "lookup": refusals.LookupMissing,
}


def demand(checks: Iterable[Check]) -> None:
    """Raises the refusal of the first check that failed."""
    for check in checks:
        if not check.passed:
            raise _REFUSALS[check.rule](rule=check.source, **check.facts)

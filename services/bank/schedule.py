"""When a loan is to be paid back: its due dates, the principal of each, and the interest of each month.

Due dates have the day number of the first disbursement. Interest is due monthly; principal in equal parts by
the length of the term, the last at the final date. A due date on a day off stays where it is: paying on the
next working day is still in time (Calendar.working_day_from).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import msgspec

from services.bank.interest import Movement, RateStep, accrued, rounded
from shared.agreement.dates import months_after

SOURCE = "Văn bản 2174 của NHCSXH"
PART_OF = 1_000
"""Equal parts of principal are rounded down to whole thousands of đồng."""
LONGEST_MONTHS = 120
"""Moving a due date to the commune's transaction day never passes so many months (Art. 8.2)."""


class Tranche(msgspec.Struct, frozen=True):
    day: date
    amount: int


class Due(msgspec.Struct, frozen=True):
    """What is to be paid on a day. `days` since the day before it; `balance`: principal left after it."""

    due: date
    days: int
    principal: int
    interest: int
    balance: int


def instalment_step(term_months: int) -> int:
    """Months between two instalments of principal: 24, beyond a term of 60 months 36; to 12 only the last."""
    if term_months <= 12:
        return term_months
    return 24 if term_months <= 60 else 36


def instalments(principal: int, term_months: int, course_months: int = 0) -> list[tuple[int, int]]:
    """(month, đồng) of each instalment, the last in the last month and with the remainder.

    `course_months`: while a course lasts nothing is repaid; repayment begins after it (Art. 8.1).
    """
    step = instalment_step(term_months)
    months = [month for month in range(step, term_months, step) if month > course_months] + [term_months]
    part = principal // len(months) // PART_OF * PART_OF
    return [(month, part) for month in months[:-1]] + [(term_months, principal - part * (len(months) - 1))]


def on_transaction_day(due: date, transaction_day: int, first: date, final: date) -> date:
    """The commune's next transaction day (a day of the month, 1–28), for a due date of a loan.

    Never after the contract's last date, nor moved beyond 120 months from the first disbursement; an extended
    loan's due dates beyond them are held by its last date alone.
    """
    month = due if due.day <= transaction_day else months_after(due.replace(day=1), 1)
    longest = months_after(first, LONGEST_MONTHS)
    return min(month.replace(day=transaction_day), final if due > longest else min(final, longest))


def schedule(
    tranches: Sequence[Tranche],
    term_months: int,
    rates: Sequence[RateStep],
    course_months: int = 0,
    transaction_day: int | None = None,
) -> list[Due]:
    """A row for each month. The first tranche is the first in time; `rates`: as `interest.accrued`.

    Raises ValueError where a tranche comes after the final date.
    """
    first, final = tranches[0].day, months_after(tranches[0].day, term_months)
    if any(not first <= tranche.day <= final for tranche in tranches):
        raise ValueError(f"every tranche must be paid from {first} to {final}")

    def due(month: int) -> date:
        day = months_after(first, month)
        return day if transaction_day is None else on_transaction_day(day, transaction_day, first, final)

    principal = Counter[date]()
    total = sum(tranche.amount for tranche in tranches)
    for month, part in instalments(total, term_months, course_months):
        principal[due(month)] += part
    movements = [Movement(tranche.day, in_term=tranche.amount) for tranche in tranches]
    movements += [Movement(day, in_term=-part) for day, part in principal.items()]
    # Two short months may share one transaction day.
    days = sorted({due(month) for month in range(1, term_months + 1)})
    rows, before, posted = list[Due](), first, 0
    for day, exact in zip(days, accrued(movements, rates, days), strict=True):
        balance = sum(movement.in_term for movement in movements if movement.day <= day)
        interest = rounded(exact) - posted
        rows.append(Due(day, (day - before).days, principal[day], interest, balance))
        before, posted = day, posted + interest
    return rows

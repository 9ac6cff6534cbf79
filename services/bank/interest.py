"""Interest: simple, actual/365, on the balance, kept exact and rounded half up only when posted or shown.

What is posted is the rounded interest since the start less what was posted before, so remainders carry: the
postings of any days come to the đồng of one posting at the end. Days = to − from: money bears interest from
the day it is paid out to the day it is paid back (Circular 14/2017/TT-NHNN).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor

import msgspec

SOURCE = "Thông tư 14/2017/TT-NHNN"


class Movement(msgspec.Struct, frozen=True):
    """By how much the parts of the principal change on a day, in đồng.

    Frozen principal bears nothing: freezing takes it out of both parts.
    """

    day: date
    in_term: int = 0
    overdue: int = 0


class RateStep(msgspec.Struct, frozen=True):
    """The rate from a day on. `annual`: a fraction of one; overdue principal bears it × `overdue` (Art. 9.2)."""

    since: date
    annual: Decimal
    overdue: Decimal


def accrued(movements: Iterable[Movement], rates: Sequence[RateStep], days: Sequence[date]) -> list[Fraction]:
    """Exact interest in đồng from the start to each of `days`, in one pass.

    Raises ValueError where principal stands before the first rate.
    """
    moved = defaultdict[date, list[Movement]](list)
    for movement in movements:
        moved[movement.day].append(movement)
    steps = {step.since: step for step in rates}
    total, upon = Fraction(0), dict[date, Fraction]()
    in_term = overdue = 0
    step: RateStep | None = None
    stops = sorted({*moved, *steps, *days})
    for start, end in pairwise([*stops, *stops[-1:]]):
        upon[start] = total
        step = steps.get(start, step)
        for movement in moved.get(start, ()):
            in_term += movement.in_term
            overdue += movement.overdue
        if in_term or overdue:
            if step is None:
                raise ValueError(f"no rate for the principal on {start}")
            weighted = in_term + overdue * Fraction(step.overdue)
            total += weighted * Fraction(step.annual) * (end - start).days / 365
    return [upon[day] for day in days]


def rounded(exact: Fraction) -> int:
    """Whole đồng, half up."""
    return floor(exact + Fraction(1, 2))

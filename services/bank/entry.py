"""A line of Form 01 as the bank holds it."""

from datetime import date
from uuid import UUID

import msgspec


class Particulars(msgspec.Struct, frozen=True):
    """`birth`: "YYYY-MM-DD", or a year alone."""

    full_name: str
    birth: str
    sex: str
    identity_number: str | None
    hamlet: str


class Entry(msgspec.Struct, frozen=True):
    """`amount` in whole đồng, as listed; `completed_on`: the day from which the five years count."""

    entry_id: UUID
    person_id: UUID
    particulars: Particulars
    ground: str
    certificate_no: str | None
    certificate_issued_on: date | None
    completed_on: date
    resident_since: date
    purpose: str
    amount: int
    study_months: int | None


class Claim(msgspec.Struct, frozen=True):
    """An entry as a lending decision sees it. `standing`: neither withdrawn, ended nor rejected."""

    entry: Entry
    list_id: UUID
    commune: str
    standing: bool

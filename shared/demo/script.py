"""The year as data: who does what on which day. Read from `year.toml`; nothing in it is decided here."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from shared.agreement.calendar import Month


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Days are local calendar dates, amounts whole đồng."""


class Import(_Part, frozen=True, kw_only=True):
    """A workbook brought by a police office. `file`: relative to the script's folder."""

    on: date
    office: str
    file: str


class Struck(_Part, frozen=True, kw_only=True):
    """`note` stays at the committee."""

    person: str
    reason: str
    note: str


class Returned(_Part, frozen=True, kw_only=True):
    on: date
    person: str
    reason: str


class Round(_Part, frozen=True, kw_only=True):
    """One round of a list: it ends confirmed, or returned and another one follows."""

    drafted: date
    signed: date
    checked: date | None = None
    struck: tuple[Struck, ...] = ()
    confirmed: date | None = None
    returned: Returned | None = None


class MonthList(_Part, frozen=True, kw_only=True):
    """A commune's list of one month (Form 01). `month`: `2026-03`."""

    commune: str
    month: str
    rounds: tuple[Round, ...]
    submitted: date
    story: str | None = None


class PersonAct(_Part, frozen=True, kw_only=True):
    """What a police office records of a person. `do`: the last part of the address; `body`: what is sent."""

    on: date
    office: str
    person: str
    do: str
    body: dict[str, Any]
    story: str | None = None


class Withdrawal(_Part, frozen=True, kw_only=True):
    """A person taken back from the list of `month`."""

    on: date
    office: str
    person: str
    month: str
    reason: str


class Borrower(_Part, frozen=True, kw_only=True):
    name: str
    identity_number: str
    relation: str


class Approval(_Part, frozen=True, kw_only=True):
    on: date
    document_no: str


class RefusedApproval(Approval, frozen=True, kw_only=True):
    """An approval that the service itself refuses; `code`: of its refusal."""

    code: str


class Refusal(_Part, frozen=True, kw_only=True):
    on: date
    grounds: str


class Tranche(_Part, frozen=True, kw_only=True):
    on: date
    amount: int


class Receipt(_Part, frozen=True, kw_only=True):
    """`reversed`: the day on which a mistaken receipt is taken back."""

    on: date
    no: str
    principal: int = 0
    interest: int = 0
    reversed: date | None = None


class Loan(_Part, frozen=True, kw_only=True):
    """A loan from application to the end of the year, on the person's entry in the list of `month`."""

    person: str
    month: str
    borrower: Borrower
    purpose: str = "production"
    amount: int
    term_months: int
    study_months: int | None = None
    applied: date
    person_has_debt: bool = False
    borrower_has_debt: bool = False
    proposed: date | None = None
    refusal_proposed: date | None = None
    approval_refused: RefusedApproval | None = None
    approved: Approval | None = None
    refused: Refusal | None = None
    tranches: tuple[Tranche, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    story: str | None = None


class Asked(_Part, frozen=True, kw_only=True):
    """What did `office` know of a person on a day?"""

    person: str
    office: str
    on: date


class Year(_Part, frozen=True, kw_only=True):
    """`shown`: whose case is laid side by side at the end; `asked`: the as-of question."""

    begins: date
    ends: date
    first_month: str
    last_month: str
    shown: str
    asked: Asked
    imports: tuple[Import, ...]
    lists: tuple[MonthList, ...]
    persons: tuple[PersonAct, ...]
    withdrawals: tuple[Withdrawal, ...]
    loans: tuple[Loan, ...]

    @property
    def months(self) -> int:
        """How many list months the year has."""
        first, last = Month.parse(self.first_month), Month.parse(self.last_month)
        return (last.year - first.year) * 12 + last.month - first.month + 1

    @property
    def stories(self) -> list[tuple[str, str | None]]:
        """(what is shown, whose case it is; None for a list)."""
        told: list[tuple[str, str | None]] = [(it.story, it.person) for it in self.loans if it.story]
        told += [(it.story, it.person) for it in self.persons if it.story]
        return told + [(f"{it.story} ({it.commune}, {it.month})", None) for it in self.lists if it.story]


def load_year(path: Path) -> Year:
    """Raises ValueError naming the file and the place where it is wrong."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Year)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error

"""A line of Form 01: the entry as it travels, and as it was drafted."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from services.police.facts import Conduct, Ground, Need, Particulars, Purpose
from services.police.person import ReleasedPerson
from services.police.rules import Check
from shared.contracts import hashing


class Entry(msgspec.Struct, frozen=True):
    """Exactly what commune and bank may both see (shared.contracts.common.Entry). `amount`: whole đồng.

    `completed_on`: the day five years are counted from, so of a conditional release the end of probation.
    `salt`: random, so that nobody finds an entry by trying contents against the list's hash.
    """

    entry_id: UUID
    person_id: UUID
    salt: str
    particulars: Particulars
    ground: Ground
    certificate_no: str | None
    certificate_issued_on: date | None
    completed_on: date
    resident_since: date
    purpose: Purpose
    amount: int
    study_months: int | None

    @property
    def need(self) -> Need:
        """The wish as it stands on the form."""
        return Need(True, self.purpose, self.amount, self.study_months)


class Annexed(msgspec.Struct, frozen=True):
    """What the commune needs to check an entry and the bank must not see."""

    entry_id: UUID
    conduct_good: bool
    social_evils: bool


class Drafted(msgspec.Struct, frozen=True):
    """A person put on the list, and why she may stand there."""

    entry: Entry
    conduct: Conduct
    checks: list[Check]

    @property
    def annexed(self) -> Annexed:
        return Annexed(self.entry.entry_id, self.conduct.good, self.conduct.social_evils)


class LeftOut(msgspec.Struct, frozen=True):
    """A person who wishes for a loan and may not be listed; `failed`: the checks that say so."""

    person_id: UUID
    failed: list[Check]


def entry_of(person: ReleasedPerson, need: Need, entry_id: UUID, salt: str) -> Entry:
    """The person's facts as a line of Form 01.

    Raises ValueError for a person whose checks failed: without completion, purpose or amount there is no line.
    """
    completed_on = person.release.counted_from
    if completed_on is None or need.purpose is None or need.amount is None:
        raise ValueError(f"case {person.case.person_id} lacks what Form 01 needs")
    return Entry(
        entry_id=entry_id,
        person_id=person.case.person_id,
        salt=salt,
        particulars=person.particulars,
        ground=person.release.ground,
        certificate_no=person.release.certificate_no,
        certificate_issued_on=person.release.certificate_issued_on,
        completed_on=completed_on,
        resident_since=person.resident_since,
        purpose=need.purpose,
        amount=need.amount,
        study_months=need.study_months,
    )


def as_told(value: Any) -> Any:
    """JSON values only: an entry, or anything else an event carries, as it travels."""
    return msgspec.to_builtins(value)


def content_hash(entries: Iterable[Entry]) -> str:
    """Hex SHA-256 over the entries in order, as they travel."""
    return hashing.content_hash([as_told(entry) for entry in entries])

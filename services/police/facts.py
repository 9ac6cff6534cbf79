"""What the commune police write down about a released person: values that events carry and rules read.

Days are local calendar dates, amounts whole đồng. `Particulars` and `Release` have the shape of the published
language (shared.contracts), so what is recorded is what is said.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

import msgspec

Ground = Literal["sentence_completed", "amnesty", "conditional_release"]
Purpose = Literal["training", "production"]


class Case(msgspec.Struct, frozen=True):
    """Whose case at which office: the same person has one case at each office that ever carried it."""

    office: str
    commune: str
    person_id: UUID


class Particulars(msgspec.Struct, frozen=True):
    """Who a person is. `birth`: `1985-03-02`, or `1985` where only the year is known."""

    full_name: str
    birth: str
    sex: Literal["male", "female"]
    identity_number: str | None
    hamlet: str


class Release(msgspec.Struct, frozen=True):
    """What the release rests on. A conditional release has `probation_ends_on`, the others `completed_on`."""

    ground: Ground
    certificate_no: str | None
    certificate_issued_on: date | None
    completed_on: date | None
    probation_ends_on: date | None

    @property
    def counted_from(self) -> date | None:
        """The day on which the sentence counts as completed: of a conditional release, the end of probation."""
        return self.probation_ends_on if self.ground == "conditional_release" else self.completed_on


class Need(msgspec.Struct, frozen=True):
    """Whether a loan is wished for, and which. `amount`: whole đồng."""

    wants_loan: bool
    purpose: Purpose | None = None
    amount: int | None = None
    study_months: int | None = None


class Conduct(msgspec.Struct, frozen=True):
    """How the person lives here, as the police assess it. Told to the commune with a list, never to the bank."""

    good: bool
    social_evils: bool


class Registration(msgspec.Struct, frozen=True):
    """All that is said when a person is registered: the data of a loaded `RegisterPersonSchema`, in order."""

    commune: str
    particulars: Particulars
    release: Release
    resident_since: date
    need: Need
    conduct: Conduct
    note: str | None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Raises msgspec.ValidationError for data that no schema has passed."""
        return cls(
            commune=data["commune"],
            particulars=msgspec.convert(data, Particulars),
            release=msgspec.convert(data, Release),
            resident_since=data["resident_since"],
            need=msgspec.convert(data, Need),
            conduct=Conduct(data["conduct_good"], data["social_evils"]),
            note=data["note"] or None,
        )

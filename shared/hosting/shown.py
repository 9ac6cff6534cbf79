"""What an agency shows of a month's list, in the form that the shared pages print."""

from typing import Literal
from uuid import UUID

import msgspec

from shared.web.form01 import Form01

Tone = Literal["good", "warn", "bad", "plain"]


class ListLine(msgspec.Struct, frozen=True):
    """One list in the overview. `entries`: None while unknown to this office."""

    list_id: UUID
    month: str
    commune: str
    entries: int | None
    late: str | None = None


class CheckShown(msgspec.Struct, frozen=True):
    """A rule applied: what it found, as a sentence with the figures compared, and its article."""

    found: str
    passed: bool
    source: str


class EntryShown(msgspec.Struct, frozen=True):
    """A person on the list, or (police) one left out."""

    person_id: UUID
    name: str
    birth: str
    purpose: str | None
    amount: int | None
    tone: Tone
    verdict: str
    checks: tuple[CheckShown, ...] = ()


class ListShown(msgspec.Struct, frozen=True):
    """A list as this office knows it. `notices`: (tone, sentence); `form`: what Form 01 prints, once there is
    something to print."""

    list_id: UUID
    month: str
    commune: str
    state: str
    entries: list[EntryShown]
    left_out: list[EntryShown] = []
    notices: list[tuple[Tone, str]] = []
    form: Form01 | None = None

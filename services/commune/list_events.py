"""What a People's Committee records of a month's list, in the order in which it happens."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from shared.agreement.parties import Agency
from shared.contracts.base import Data
from shared.log.events import Event


class Stage(StrEnum):
    """Where a list stands. AWAITED: we heard of it, but it has not come."""

    AWAITED = "awaited"
    CHECKING = "checking"
    RETURNED = "returned"
    CONFIRMED = "confirmed"
    SUBMITTED = "submitted"

    @property
    def holder(self) -> Agency:
        """Whose turn it is."""
        return {Stage.CHECKING: Agency.COMMUNE, Stage.SUBMITTED: Agency.BANK}.get(self, Agency.POLICE)


class MonthList(msgspec.Struct, frozen=True):
    """Which list of which committee: `office` is a party's code, `month` written `2026-03`."""

    office: str
    list_id: UUID
    commune: str
    month: str


class Annexed(msgspec.Struct, frozen=True):
    """What the police tell the committee of an entry and the bank never sees."""

    entry_id: UUID
    conduct_good: bool
    social_evils: bool


class Decision(msgspec.Struct, frozen=True):
    """`reason`: a code of STRIKE_REASONS when the entry is struck, None when it is confirmed."""

    entry_id: UUID
    person_id: UUID
    reason: str | None


class Objection(msgspec.Struct, frozen=True):
    """Why a list goes back: a code of RETURN_REASONS, of one entry or (`entry_id` None) of the whole list."""

    reason: str
    entry_id: UUID | None = None


class Document(msgspec.Struct, frozen=True):
    """A signed paper: its number, its date, and who stands under it."""

    number: str
    dated: date
    signer_name: str
    signer_title: str


class Reminder(StrEnum):
    LIST_DUE = "list_due"
    DECISION_DUE = "decision_due"
    DECISION_LATE = "decision_late"


class ListReceived(Event, frozen=True, kw_only=True):
    """`entries` stay the JSON that travelled, since the content hash is over exactly that."""

    TOPIC = "commune/list.received"
    about: MonthList
    round: int
    sent_on: date
    entries: tuple[Data, ...]
    annex: tuple[Annexed, ...]


class EntryChecked(Event, frozen=True, kw_only=True):
    """`reason` as in Decision; `note` stays in this office; `by` is a username."""

    TOPIC = "commune/list.entry_checked"
    about: MonthList
    round: int
    entry_id: UUID
    reason: str | None
    note: str | None
    by: str


class EntryWithdrawn(Event, frozen=True, kw_only=True):
    """The police took the entry back; it needs no decision any more."""

    TOPIC = "commune/list.entry_withdrawn"
    about: MonthList
    entry_id: UUID
    withdrawn_on: date


class EntryCorrected(Event, frozen=True, kw_only=True):
    """`check_again`: whether what the specialist had decided was decided on wrong facts."""

    TOPIC = "commune/list.entry_corrected"
    about: MonthList
    entry_id: UUID
    entry: Data
    check_again: bool


class ListConfirmed(Event, frozen=True, kw_only=True):
    """`decisions`: on every entry that was not withdrawn; `content_hash` is over the `entries` confirmed ones."""

    TOPIC = "commune/list.confirmed"
    about: MonthList
    round: int
    decisions: tuple[Decision, ...]
    entries: int
    content_hash: str
    document: Document
    by: str


class ListReturned(Event, frozen=True, kw_only=True):
    """`persons`: everybody on the list; `note` stays in this office."""

    TOPIC = "commune/list.returned"
    about: MonthList
    round: int
    persons: tuple[UUID, ...]
    objections: tuple[Objection, ...]
    note: str | None
    returned_on: date
    by: str


class ListSubmittedToBank(Event, frozen=True, kw_only=True):
    """The police handed the bank exactly what was confirmed here."""

    TOPIC = "commune/list.submitted_to_bank"
    about: MonthList
    document: Document
    submitted_on: date


class ListFoundOverdue(Event, frozen=True, kw_only=True):
    """`holder`: the agency that, the police say, held the list when the 5th had passed."""

    TOPIC = "commune/list.found_overdue"
    about: MonthList
    due_on: date
    holder: str
    held_since: date


class ReminderIssued(Event, frozen=True, kw_only=True):
    """We reminded ourselves, for `day`, of what is due on `due_on`."""

    TOPIC = "commune/list.reminder_issued"
    about: MonthList
    round: int
    of: Reminder
    day: date
    due_on: date


ListEvent = (
    ListReceived
    | EntryChecked
    | EntryWithdrawn
    | EntryCorrected
    | ListConfirmed
    | ListReturned
    | ListSubmittedToBank
    | ListFoundOverdue
    | ReminderIssued
)

"""What the commune police record of a month's list (Form 01), in the order in which it happens.

The list's id is the aggregate's. `ended_on`, `due_on` … are local calendar dates.
"""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from services.police.entries import Annexed, Drafted, Entry, LeftOut
from shared.log.events import Event

Holder = Literal["police", "commune"]


class Signature(msgspec.Struct, frozen=True):
    """Who stands under it."""

    username: str
    name: str
    title: str


class Document(msgspec.Struct, frozen=True):
    number: str
    dated: date


class Decision(msgspec.Struct, frozen=True):
    """The committee's on one entry; `reason`: a code of STRIKE_REASONS where it was struck."""

    entry_id: UUID
    person_id: UUID
    decision: Literal["confirmed", "struck"]
    reason: str | None


class Objection(msgspec.Struct, frozen=True):
    """Why a list came back: a code of RETURN_REASONS, of one entry or (None) of the whole list."""

    entry_id: UUID | None
    reason: str


class OfList(Event, frozen=True, kw_only=True):
    """`month`: YYYY-MM."""

    office: str
    commune: str
    month: str


class ListOpened(OfList, frozen=True, kw_only=True):
    TOPIC = "police/list.opened"
    due_on: date


class ListDrafted(OfList, frozen=True, kw_only=True):
    TOPIC = "police/list.drafted"
    drafter: Signature
    entries: list[Drafted]
    left_out: list[LeftOut]


class ListSigned(OfList, frozen=True, kw_only=True):
    """The chief signed what was drafted: it goes to the committee as this round."""

    TOPIC = "police/list.signed"
    round: int
    signer: Signature
    entries: list[Entry]
    annex: list[Annexed]


class ReturnRecorded(OfList, frozen=True, kw_only=True):
    TOPIC = "police/list.return_recorded"
    round: int
    objections: list[Objection]
    returned_on: date


class ConfirmationRecorded(OfList, frozen=True, kw_only=True):
    """`content_hash`: stated by the committee and found again over the entries it confirmed."""

    TOPIC = "police/list.confirmation_recorded"
    round: int
    decisions: list[Decision]
    content_hash: str
    document: Document
    signer_name: str
    signer_title: str


class ListSubmitted(OfList, frozen=True, kw_only=True):
    """Exactly the confirmed entries, as they were sent, so that the hash stands."""

    TOPIC = "police/list.submitted"
    round: int
    signer: Signature
    entries: list[Entry]
    content_hash: str
    document: Document


class AcknowledgementRecorded(OfList, frozen=True, kw_only=True):
    TOPIC = "police/list.acknowledgement_recorded"
    acknowledged_on: date


class RejectionRecorded(OfList, frozen=True, kw_only=True):
    """`reason`: a code of the bank's REJECTION_REASONS."""

    TOPIC = "police/list.rejection_recorded"
    entry_id: UUID
    person_id: UUID
    reason: str


class EntryWithdrawn(OfList, frozen=True, kw_only=True):
    """`reason`: a private code. `submitted`: whether the bank holds the list and must be told."""

    TOPIC = "police/list.entry_withdrawn"
    entry_id: UUID
    person_id: UUID
    ended_on: date
    reason: str
    submitted: bool


class EntryEnded(OfList, frozen=True, kw_only=True):
    """The person of an entry that lies at the bank is no longer eligible. `reason`: private, the failed rules."""

    TOPIC = "police/list.entry_ended"
    entry_id: UUID
    person_id: UUID
    ended_on: date
    reason: str


class EntryCorrected(OfList, frozen=True, kw_only=True):
    TOPIC = "police/list.entry_corrected"
    entry: Entry
    submitted: bool


class ReminderIssued(OfList, frozen=True, kw_only=True):
    """This office holds the list and was reminded on `day`."""

    TOPIC = "police/list.reminder_issued"
    day: date
    due_on: date


class ListFoundOverdue(OfList, frozen=True, kw_only=True):
    """The due day passed without the list being handed in; `holder` held it then, since `held_since`."""

    TOPIC = "police/list.found_overdue"
    due_on: date
    holder: Holder
    held_since: date

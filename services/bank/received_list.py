"""The month's list as it reaches the bank: the police's half and the commune's, opened when they match.

The police bring the entries, the commune brings the hash of what it confirmed. Either may come first.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from services.bank.refusals import ListNotOpen
from shared.log.clock import local_day
from shared.log.events import Aggregate, Event


class ListState(StrEnum):
    WAITING_FOR_POLICE = "waiting_for_police"
    WAITING_FOR_COMMUNE = "waiting_for_commune"
    MISMATCH = "mismatch"
    OPEN = "open"


class Line(msgspec.Struct, frozen=True):
    entry_id: UUID
    person_id: UUID


class Signed(msgspec.Struct, frozen=True):
    """The document a half came with."""

    document_no: str
    document_on: date
    signer_name: str
    signer_title: str


class _Half(Event, frozen=True, kw_only=True):
    office: str
    list_id: UUID
    commune: str
    month: str
    round: int
    content_hash: str
    signed: Signed


class SubmissionReceived(_Half, frozen=True, kw_only=True):
    """`computed_hash`: over the entries as they came, computed here; `content_hash` is what was claimed."""

    TOPIC = "bank/list.submission_received"
    lines: tuple[Line, ...]
    computed_hash: str


class ConfirmationReceived(_Half, frozen=True, kw_only=True):
    TOPIC = "bank/list.confirmation_received"
    entries: int


class ListOpened(Event, frozen=True, kw_only=True):
    TOPIC = "bank/list.opened"
    list_id: UUID
    commune: str
    month: str
    entries: int
    persons: tuple[UUID, ...]
    opened_on: date


class ListMismatchFound(Event, frozen=True, kw_only=True):
    """An alarm: the halves differ.

    `differences`: of commune, month, round, number, confirmed_hash, computed_hash.
    """

    TOPIC = "bank/list.mismatch_found"
    list_id: UUID
    differences: tuple[str, ...]


class ReceivedList(Aggregate):
    CALLED = "list"

    office: str
    list_id: UUID

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.submission: SubmissionReceived | None = None
        self.confirmation: ConfirmationReceived | None = None
        self.opened_on: date | None = None
        self.differences: tuple[str, ...] = ()

    @property
    def state(self) -> ListState:
        if self.opened_on is not None:
            return ListState.OPEN
        if self.submission is None:
            return ListState.WAITING_FOR_POLICE
        return ListState.MISMATCH if self.confirmation is not None else ListState.WAITING_FOR_COMMUNE

    def demand_open(self) -> None:
        """Raises ListNotOpen."""
        if self.state is not ListState.OPEN:
            raise ListNotOpen(list_id=str(self.list_id))

    def receive_submission(self, at: datetime, **half: Any) -> None:
        """The police's half: the fields of SubmissionReceived. A half of an earlier round changes nothing."""
        if self.submission is None or half["round"] >= self.submission.round:
            self.trigger(SubmissionReceived, at, **half)
            self._compare(at)

    def receive_confirmation(self, at: datetime, **half: Any) -> None:
        """The commune's half: the fields of ConfirmationReceived. One of an earlier round changes nothing."""
        if self.confirmation is None or half["round"] >= self.confirmation.round:
            self.trigger(ConfirmationReceived, at, **half)
            self._compare(at)

    def _compare(self, at: datetime) -> None:
        if self.submission is None or self.confirmation is None:
            return
        differences = _differences(self.submission, self.confirmation)
        if differences:
            self.trigger(ListMismatchFound, at, list_id=self.list_id, differences=differences)
        elif self.opened_on is None:
            self.trigger(
                ListOpened,
                at,
                list_id=self.list_id,
                commune=self.submission.commune,
                month=self.submission.month,
                entries=len(self.submission.lines),
                persons=tuple(dict.fromkeys(line.person_id for line in self.submission.lines)),
                opened_on=local_day(at),
            )

    def when(self, event: Event) -> None:
        match event:
            case SubmissionReceived():
                self.office, self.list_id = event.office, event.list_id
                self.submission = event
                self.differences = ()
            case ConfirmationReceived():
                self.office, self.list_id = event.office, event.list_id
                self.confirmation = event
                self.differences = ()
            case ListMismatchFound():
                self.differences = event.differences
            case ListOpened():
                self.opened_on = event.opened_on


def _differences(submission: SubmissionReceived, confirmation: ConfirmationReceived) -> tuple[str, ...]:
    compared = {
        "commune": submission.commune == confirmation.commune,
        "month": submission.month == confirmation.month,
        "round": submission.round == confirmation.round,
        "number": len(submission.lines) == confirmation.entries,
        "confirmed_hash": submission.content_hash == confirmation.content_hash,
        "computed_hash": submission.computed_hash == submission.content_hash,
    }
    return tuple(name for name, equal in compared.items() if not equal)

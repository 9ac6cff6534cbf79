"""The month's list of persons who may borrow (Form 01): drafted, signed, confirmed, handed to the bank.

One per commune and month. What the committee confirmed is handed over as it was sent, whatever happened to an
entry meanwhile: an entry withdrawn or corrected since travels in the list, and its withdrawal or correction
follows at once, so that both halves keep the same hash.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.police.entries import Drafted, Entry, LeftOut, content_hash
from services.police.list_events import (
    AcknowledgementRecorded,
    ConfirmationRecorded,
    Decision,
    Document,
    EntryCorrected,
    EntryEnded,
    EntryWithdrawn,
    Holder,
    ListDrafted,
    ListFoundOverdue,
    ListOpened,
    ListSigned,
    ListSubmitted,
    Objection,
    OfList,
    RejectionRecorded,
    ReminderIssued,
    ReturnRecorded,
    Signature,
)
from services.police.refusals import (
    DocumentInFuture,
    DrafterMayNotSign,
    DraftOutdated,
    EntryNotPending,
    NotAsSent,
    OnlyALeaderSigns,
    WrongListState,
)
from services.police.rules import failed
from shared.agreement.acting import Role, User
from shared.log.clock import local_day, start_of
from shared.log.events import Aggregate


class Status(StrEnum):
    OPEN = "open"
    DRAFTED = "drafted"
    SENT = "sent"
    RETURNED = "returned"
    CONFIRMED = "confirmed"
    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"


_AT_THE_BANK = (Status.SUBMITTED, Status.ACKNOWLEDGED)


class BorrowerList(Aggregate):
    """`sent`: the entries of the latest round by id, in order; `gone`: those withdrawn or ended, and why."""

    CALLED = "list"

    office: str
    commune: str
    month: str
    due_on: date
    drafted: ListDrafted | None = None
    signed: ListSigned | None = None
    returned: ReturnRecorded | None = None
    confirmed: ConfirmationRecorded | None = None
    submitted: ListSubmitted | None = None
    acknowledged_on: date | None = None
    overdue: ListFoundOverdue | None = None

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.status = Status.OPEN
        self.holds: list[tuple[date, Holder]] = []
        self.sent: dict[UUID, Entry] = {}
        self.gone: dict[UUID, EntryWithdrawn | EntryEnded] = {}
        self.corrected: dict[UUID, Entry] = {}
        self.rejected: dict[UUID, str] = {}
        self.reminded: set[date] = set()

    @property
    def round(self) -> int:
        return self.signed.round if self.signed else 0

    @property
    def holder(self) -> Holder:
        return self.holds[-1][1]

    @property
    def at_the_bank(self) -> bool:
        return self.status in _AT_THE_BANK

    @property
    def decisions(self) -> dict[UUID, Decision]:
        return {d.entry_id: d for d in self.confirmed.decisions} if self.confirmed else {}

    def known_entry(self, person_id: UUID) -> Entry | None:
        """The entry by which this list already knows a person, so that it keeps its id and salt over rounds."""
        drafted = [d.entry for d in self.drafted.entries] if self.drafted else []
        entries = [*drafted, *self.sent.values()]
        return next((e for e in entries if e.person_id == person_id and e.entry_id not in self.gone), None)

    def present_entry(self, entry_id: UUID) -> Entry:
        """An entry that was sent, with the facts as corrected since. Raises EntryNotPending."""
        if entry_id not in self.sent:
            raise EntryNotPending(entry_id)
        return self.corrected.get(entry_id, self.sent[entry_id])

    def open(self, at: datetime, office: str, commune: str, month: str, due_on: date) -> None:
        self.trigger(ListOpened, at, office=office, commune=commune, month=month, due_on=due_on)

    def draft(self, at: datetime, drafter: User, entries: list[Drafted], left_out: list[LeftOut]) -> None:
        """Put people on the list, or none (a nil list is a list); again until it is signed."""
        self._must_be(Status.OPEN, Status.DRAFTED, Status.RETURNED)
        self._decide(ListDrafted, at, drafter=_signature(drafter), entries=entries, left_out=left_out)

    def sign(self, at: datetime, signer: User, present: Sequence[Drafted]) -> list[Entry]:
        """Send the draft to the committee as the next round; returns the entries of the last round left out.

        `present`: the drafted people as the register has them now. Raises DraftOutdated where that differs.
        """
        self._must_be(Status.DRAFTED)
        drafted = self._signed_by_another_leader(signer).entries
        stale = [
            now.entry.person_id
            for now, then in zip(present, drafted, strict=True)
            if failed(now.checks)
            or then.entry.entry_id in self.gone
            or (now.entry, now.conduct) != (then.entry, then.conduct)
        ]
        if stale:
            raise DraftOutdated(stale)
        listed = {d.entry.entry_id for d in drafted}
        dropped = [e for id, e in self.sent.items() if id not in listed and id not in self.gone]
        for entry in dropped:
            self.withdraw_entry(at, entry.entry_id, "dropped")
        self._decide(
            ListSigned,
            at,
            round=self.round + 1,
            signer=_signature(signer),
            entries=[d.entry for d in drafted],
            annex=[d.annexed for d in drafted],
        )
        return dropped

    def record_return(self, at: datetime, round: int, objections: list[Objection], on: date) -> None:
        """Raises NotAsSent."""
        self._must_answer(round)
        self._decide(ReturnRecorded, at, round=round, objections=objections, returned_on=on)

    def record_confirmation(
        self,
        at: datetime,
        round: int,
        decisions: list[Decision],
        stated_hash: str,
        document: Document,
        signer_name: str,
        signer_title: str,
    ) -> None:
        """Every entry is decided, but those we have withdrawn may be left out; the hash is found again.

        Raises NotAsSent.
        """
        self._must_answer(round)
        decided = {d.entry_id: d for d in decisions}
        if len(decided) != len(decisions) or not set(decided) <= set(self.sent):
            raise NotAsSent("entries decided", len(self.sent), len(decisions))
        undecided = [id for id in self.sent if id not in decided and id not in self.gone]
        if undecided:
            raise NotAsSent("entries not decided", "none", undecided)
        taken = [id for id in self.sent if id in decided and decided[id].decision == "confirmed"]
        found = content_hash(self.sent[id] for id in taken)
        if found != stated_hash:
            raise NotAsSent("content hash", found, stated_hash)
        self._decide(
            ConfirmationRecorded,
            at,
            round=round,
            decisions=decisions,
            content_hash=stated_hash,
            document=document,
            signer_name=signer_name,
            signer_title=signer_title,
        )

    def submit(self, at: datetime, signer: User, document: Document) -> None:
        """Hand the confirmed entries to the bank, then say at once what changed since they were sent."""
        self._must_be(Status.CONFIRMED)
        self._signed_by_another_leader(signer)
        today = local_day(at)
        if document.dated > today:
            raise DocumentInFuture(document.dated, today)
        self.find_overdue(today)
        decided = self.decisions
        entries = [e for id, e in self.sent.items() if id in decided and decided[id].decision == "confirmed"]
        self._decide(
            ListSubmitted,
            at,
            round=self.round,
            signer=_signature(signer),
            entries=entries,
            content_hash=content_hash(entries),
            document=document,
        )
        for entry in entries:
            if (gone := self.gone.get(entry.entry_id)) is not None:
                self._end_entry(EntryWithdrawn, at, entry, gone.reason, gone.ended_on, submitted=True)
            elif entry.entry_id in self.corrected:
                self._decide(EntryCorrected, at, entry=self.corrected[entry.entry_id], submitted=True)

    def acknowledge(self, at: datetime, entries: int, on: date) -> None:
        """Raises NotAsSent where the bank counts other entries than were handed over."""
        if self.submitted is None or len(self.submitted.entries) != entries:
            raise NotAsSent("entries", len(self.submitted.entries) if self.submitted else "–", entries)
        if self.status is Status.SUBMITTED:
            self._decide(AcknowledgementRecorded, at, acknowledged_on=on)

    def record_rejection(self, at: datetime, entry_id: UUID, reason: str) -> None:
        """Raises EntryNotPending for an entry that was never sent."""
        entry = self.present_entry(entry_id)
        if entry_id not in self.rejected:
            self._decide(RejectionRecorded, at, entry_id=entry_id, person_id=entry.person_id, reason=reason)

    def withdraw_entry(self, at: datetime, entry_id: UUID, reason: str) -> None:
        entry = self.present_entry(entry_id)
        self._end_entry(EntryWithdrawn, at, entry, reason, local_day(at), submitted=self.at_the_bank)

    def end_entry(self, at: datetime, entry_id: UUID, reason: str) -> None:
        """The person is no longer eligible: the bank hears that it ended, the commune that it was withdrawn."""
        if self.at_the_bank:
            self._end_entry(EntryEnded, at, self.present_entry(entry_id), reason, local_day(at))
        else:
            self.withdraw_entry(at, entry_id, reason)

    def correct_entry(self, at: datetime, entry: Entry) -> None:
        if entry != self.present_entry(entry.entry_id):
            self._decide(EntryCorrected, at, entry=entry, submitted=self.at_the_bank)

    def remind(self, at: datetime, day: date) -> None:
        """Once a day, and only while it lies with us; the committee reminds itself."""
        if self.submitted is None and self.holder == "police" and day not in self.reminded:
            self._decide(ReminderIssued, at, day=day, due_on=self.due_on)

    def find_overdue(self, today: date) -> None:
        """Once, when the due day has passed without the list: whoever held it then is late."""
        if self.overdue is None and self.submitted is None and today > self.due_on:
            held = [hold for hold in self.holds if hold[0] <= self.due_on] or self.holds[:1]
            since, holder = held[-1]
            at = start_of(date.fromordinal(self.due_on.toordinal() + 1))
            self._decide(ListFoundOverdue, at, due_on=self.due_on, holder=holder, held_since=since)

    def _must_be(self, *statuses: Status) -> None:
        if self.status not in statuses:
            raise WrongListState(self.status, statuses)

    def _must_answer(self, round: int) -> None:
        if self.status is not Status.SENT or round != self.round:
            raise NotAsSent("round", f"{self.round} ({self.status})", round)

    def _signed_by_another_leader(self, signer: User) -> ListDrafted:
        if signer.role is not Role.LEADER:
            raise OnlyALeaderSigns
        if self.drafted is None:
            raise WrongListState(self.status, (Status.DRAFTED,))
        if signer.username == self.drafted.drafter.username:
            raise DrafterMayNotSign(signer.username)
        return self.drafted

    def _end_entry(
        self, kind: type[OfList], at: datetime, entry: Entry, reason: str, on: date, **facts: bool
    ) -> None:
        who = {"entry_id": entry.entry_id, "person_id": entry.person_id}
        self._decide(kind, at, **who, ended_on=on, reason=reason, **facts)

    def _decide(self, kind: type[OfList], at: datetime, **facts: Any) -> None:
        self.trigger(kind, at, office=self.office, commune=self.commune, month=self.month, **facts)

    def when(self, event: OfList) -> None:
        day = local_day(event.occurred)
        match event:
            case ListOpened():
                self.office, self.commune, self.month = event.office, event.commune, event.month
                self.due_on = event.due_on
                self.holds.append((day, "police"))
            case ListDrafted():
                self.status, self.drafted = Status.DRAFTED, event
            case ListSigned():
                self.status, self.signed = Status.SENT, event
                self.sent = {entry.entry_id: entry for entry in event.entries}
                self.corrected = {}
                self.holds.append((day, "commune"))
            case ReturnRecorded():
                self.status, self.returned = Status.RETURNED, event
                self.holds.append((day, "police"))
            case ConfirmationRecorded():
                self.status, self.confirmed = Status.CONFIRMED, event
                self.holds.append((day, "police"))
            case ListSubmitted():
                self.status, self.submitted = Status.SUBMITTED, event
            case AcknowledgementRecorded():
                self.status, self.acknowledged_on = Status.ACKNOWLEDGED, event.acknowledged_on
            case RejectionRecorded():
                self.rejected[event.entry_id] = event.reason
            case EntryWithdrawn() | EntryEnded():
                self.gone[event.entry_id] = event
            case EntryCorrected():
                self.corrected[event.entry.entry_id] = event.entry
            case ReminderIssued():
                self.reminded.add(event.day)
            case ListFoundOverdue():
                self.overdue = event


def _signature(user: User) -> Signature:
    return Signature(user.username, user.name, user.title)

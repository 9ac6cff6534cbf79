"""A month's list at the People's Committee: checked entry by entry, then confirmed or returned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.commune.list_events import (
    Annexed,
    Decision,
    Document,
    EntryChecked,
    EntryCorrected,
    EntryWithdrawn,
    ListConfirmed,
    ListEvent,
    ListFoundOverdue,
    ListReceived,
    ListReturned,
    ListSubmittedToBank,
    MonthList,
    Objection,
    Reminder,
    ReminderIssued,
    Stage,
)
from services.commune.rules import (
    CheckerMayNotConfirm,
    DocumentDateWrong,
    EntriesUndecided,
    EntryNoLongerListed,
    ListMalformed,
    NotBeingChecked,
    OnlyChairDecides,
    OnlySpecialistChecks,
    RoundOutOfOrder,
    SubmissionDiffers,
)
from shared.agreement.acting import Role, User
from shared.agreement.errors import NotFound
from shared.contracts.base import Data
from shared.contracts.hashing import content_hash
from shared.log.clock import local_day
from shared.log.events import Aggregate


@dataclass
class Line:
    """An entry of the round in hand, and what became of it. `entry` as it was sent; `corrected` as it is now."""

    entry: Data
    annexed: Annexed
    check: EntryChecked | None = None
    withdrawn_on: date | None = None
    corrected: Data | None = None

    @property
    def person_id(self) -> UUID:
        return UUID(self.entry["person_id"])


class ListCheck(Aggregate):
    """One per committee and list. Opened by whichever fact about the list comes first."""

    CALLED = "list"

    about: MonthList
    sent_on: date

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.stage = Stage.AWAITED
        self.round = 0
        self.lines: dict[UUID, Line] = {}
        self.checkers: set[str] = set()
        self.reminded: set[tuple[int, Reminder, date]] = set()
        self.confirmed: ListConfirmed | None = None
        self.returned: ListReturned | None = None
        self.submitted: ListSubmittedToBank | None = None
        self.overdue: ListFoundOverdue | None = None

    @property
    def standing(self) -> dict[UUID, Line]:
        """The entries that the police have not withdrawn, in order."""
        return {id: line for id, line in self.lines.items() if line.withdrawn_on is None}

    @property
    def undecided(self) -> int:
        return sum(line.check is None for line in self.standing.values())

    def receive(
        self,
        at: datetime,
        about: MonthList,
        round: int,
        sent_on: date,
        entries: Sequence[Data],
        annex: Sequence[Annexed],
    ) -> None:
        """A round comes from the police; it replaces the one before.

        Raises RoundOutOfOrder after a confirmation or for a round that is not later, ListMalformed.
        """
        if self.stage in (Stage.CONFIRMED, Stage.SUBMITTED) or round <= self.round:
            raise RoundOutOfOrder(round, self.round, self.stage)
        different = {UUID(entry["entry_id"]) for entry in entries}
        annexed = different & {line.entry_id for line in annex}
        if not len(entries) == len(different) == len(annexed) == len(annex):
            raise ListMalformed(len(entries), len(different), len(annexed))
        self.trigger(
            ListReceived,
            at,
            about=about,
            round=round,
            sent_on=sent_on,
            entries=tuple(entries),
            annex=tuple(annex),
        )

    def check_entry(
        self, at: datetime, user: User, entry_id: UUID, reason: str | None, note: str | None
    ) -> None:
        """The specialist confirms an entry (`reason` None) or strikes it; until the chair signs, anew at will.

        Raises OnlySpecialistChecks, NotBeingChecked, NotFound, EntryNoLongerListed.
        """
        if user.role is not Role.OFFICER:
            raise OnlySpecialistChecks(user.role)
        self._demand_checking()
        line = self._line(entry_id)
        if line.withdrawn_on is not None:
            raise EntryNoLongerListed(line.withdrawn_on)
        self.trigger(
            EntryChecked,
            at,
            about=self.about,
            round=self.round,
            entry_id=entry_id,
            reason=reason,
            note=note,
            by=user.username,
        )

    def confirm(self, at: datetime, user: User, document_no: str, document_on: date) -> None:
        """The chair or vice-chair signs what was checked (Art. 3.2.a). A nil list is confirmed like any other.

        Raises OnlyChairDecides, NotBeingChecked, CheckerMayNotConfirm, EntriesUndecided, DocumentDateWrong.
        """
        self._demand_chair(user)
        self._demand_checking()
        if user.username in self.checkers:
            raise CheckerMayNotConfirm(user.username, self.round)
        if self.undecided:
            raise EntriesUndecided(self.undecided, len(self.standing))
        if not self.sent_on <= document_on <= local_day(at):
            raise DocumentDateWrong(document_on, self.sent_on, local_day(at))
        decisions = tuple(
            Decision(id, line.person_id, line.check.reason)
            for id, line in self.standing.items()
            if line.check is not None
        )
        confirmed = [self.lines[it.entry_id].entry for it in decisions if it.reason is None]
        self.trigger(
            ListConfirmed,
            at,
            about=self.about,
            round=self.round,
            decisions=decisions,
            entries=len(confirmed),
            content_hash=content_hash(confirmed),
            document=Document(document_no, document_on, user.name, user.title),
            by=user.username,
        )

    def return_to_police(
        self, at: datetime, user: User, objections: Sequence[Objection], note: str | None
    ) -> None:
        """Raises OnlyChairDecides, NotBeingChecked, NotFound for an objection to an entry that is not listed."""
        self._demand_chair(user)
        self._demand_checking()
        for objection in objections:
            if objection.entry_id is not None:
                self._line(objection.entry_id)
        self.trigger(
            ListReturned,
            at,
            about=self.about,
            round=self.round,
            persons=tuple(line.person_id for line in self.lines.values()),
            objections=tuple(objections),
            note=note,
            returned_on=local_day(at),
            by=user.username,
        )

    def withdraw_entry(self, at: datetime, entry_id: UUID, withdrawn_on: date) -> None:
        """The police took an entry back. One that the round in hand does not list is nothing to us."""
        line = self.lines.get(entry_id)
        if line is not None and line.withdrawn_on is None:
            self.trigger(EntryWithdrawn, at, about=self.about, entry_id=entry_id, withdrawn_on=withdrawn_on)

    def correct_entry(self, at: datetime, entry: Data) -> None:
        """The police corrected an entry. In the hash it stays as it was sent; the correction travels beside it."""
        entry_id = UUID(entry["entry_id"])
        line = self.lines.get(entry_id)
        if line is not None:
            again = self.stage is Stage.CHECKING and line.check is not None
            self.trigger(
                EntryCorrected, at, about=self.about, entry_id=entry_id, entry=entry, check_again=again
            )

    def note_submission(
        self,
        at: datetime,
        round: int,
        entries: Sequence[Data],
        stated_hash: str,
        document: Document,
        submitted_on: date,
    ) -> None:
        """Raises SubmissionDiffers unless it is, entry by entry, what was confirmed here."""
        ours = self.confirmed.content_hash if self.confirmed else None
        computed = content_hash(list(entries))
        same = round == self.round and ours == stated_hash == computed
        if self.stage is not Stage.CONFIRMED or not same:
            raise SubmissionDiffers(self.stage, round, ours, stated_hash, computed)
        self.trigger(ListSubmittedToBank, at, about=self.about, document=document, submitted_on=submitted_on)

    def note_overdue(
        self, at: datetime, about: MonthList, due_on: date, holder: str, held_since: date
    ) -> None:
        """The police found the list overdue; it may be one that never came here."""
        if self.overdue is None:
            self.trigger(
                ListFoundOverdue, at, about=about, due_on=due_on, holder=holder, held_since=held_since
            )

    def remind(self, at: datetime, of: Reminder, day: date, due_on: date) -> None:
        """Remind ourselves, once per round, duty and day, and only while the list lies here."""
        if self.stage is Stage.CHECKING and (self.round, of, day) not in self.reminded:
            self.trigger(
                ReminderIssued, at, about=self.about, round=self.round, of=of, day=day, due_on=due_on
            )

    def _demand_chair(self, user: User) -> None:
        if user.role is not Role.LEADER:
            raise OnlyChairDecides(user.role)

    def _demand_checking(self) -> None:
        if self.stage is not Stage.CHECKING:
            raise NotBeingChecked(self.about.month, self.stage)

    def _line(self, entry_id: UUID) -> Line:
        if entry_id not in self.lines:
            raise NotFound("entry", entry_id)
        return self.lines[entry_id]

    def when(self, event: ListEvent) -> None:
        self.about = event.about
        match event:
            case ListReceived():
                self._begin(event)
            case EntryChecked():
                self.lines[event.entry_id].check = event
                self.checkers.add(event.by)
            case EntryWithdrawn():
                self.lines[event.entry_id].withdrawn_on = event.withdrawn_on
            case EntryCorrected():
                line = self.lines[event.entry_id]
                line.corrected = event.entry
                line.check = None if event.check_again else line.check
            case ListConfirmed():
                self.stage, self.confirmed = Stage.CONFIRMED, event
            case ListReturned():
                self.stage, self.returned = Stage.RETURNED, event
            case ListSubmittedToBank():
                self.stage, self.submitted = Stage.SUBMITTED, event
            case ListFoundOverdue():
                self.overdue = event
            case ReminderIssued():
                self.reminded.add((event.round, event.of, event.day))

    def _begin(self, event: ListReceived) -> None:
        annexed = {line.entry_id: line for line in event.annex}
        self.lines = {
            id: Line(entry, annexed[id]) for entry in event.entries for id in [UUID(entry["entry_id"])]
        }
        self.stage, self.round, self.sent_on = Stage.CHECKING, event.round, event.sent_on
        self.checkers = set()

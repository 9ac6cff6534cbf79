"""A released person's case at one commune police office: what may be decided about it."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from services.police.facts import Case, Conduct, Need, Particulars, Purpose, Registration, Release
from services.police.person_events import (
    ConductAssessed,
    EntryClosed,
    EntryListed,
    LoanNoted,
    LoanState,
    NeedSurveyed,
    NoteWritten,
    OfPerson,
    Outcome,
    PersonReceived,
    PersonRegistered,
    PersonTransferred,
    ReleaseCorrected,
    ReleaseRetracted,
    ResidenceRegistered,
)
from services.police.refusals import IdentityNumberKnown, LoanStands, MoveNotPossible, NotManagedHere
from services.police.rules import Candidate
from shared.log.clock import local_day, start_of
from shared.log.events import Aggregate


class Standing(StrEnum):
    SHELL = "shell"
    RESIDENT = "resident"
    RETRACTED = "retracted"
    TRANSFERRED = "transferred"


class Pending(msgspec.Struct, frozen=True):
    list_id: UUID
    purpose: Purpose


class Loan(msgspec.Struct, frozen=True):
    purpose: Purpose | None
    state: LoanState


class ReleasedPerson(Aggregate):
    """Refuses, with NotManagedHere, decisions on a case that was retracted or handed over."""

    CALLED = "person"

    case: Case
    particulars: Particulars
    release: Release
    resident_since: date

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.standing = Standing.SHELL
        self.residence_registered = False
        self.need: Need | None = None
        self.conduct: Conduct | None = None
        self.note: str | None = None
        self.moved_to: str | None = None
        self.received_on: date | None = None
        self.pending: dict[UUID, Pending] = {}
        self.loans: dict[UUID, Loan] = {}

    @property
    def standing_loans(self) -> list[UUID]:
        return [id for id, loan in self.loans.items() if loan.state != "settled"]

    def candidate(self, *, need: Need | None, except_list: UUID | None = None) -> Candidate:
        """What the rules look at, for this need; entries on `except_list` do not count as pending."""
        return Candidate(
            release=self.release,
            identity_number=self.particulars.identity_number,
            resident=self.standing is Standing.RESIDENT and self.residence_registered,
            resident_since=self.resident_since,
            conduct=self.conduct,
            need=need,
            pending=frozenset(p.purpose for p in self.pending.values() if p.list_id != except_list),
            lent=frozenset(self.loans[id].purpose for id in self.standing_loans),
        )

    def register(self, at: datetime, case: Case, told: Registration) -> None:
        self._decide(
            PersonRegistered,
            start_of(told.resident_since),
            case,
            particulars=told.particulars,
            release=told.release,
            resident_since=told.resident_since,
        )
        self.assess_conduct(at, told.conduct)
        self.survey_need(at, told.need)
        self.write_note(at, told.note)

    def receive(
        self, at: datetime, case: Case, sender: str, particulars: Particulars, release: Release, on: date
    ) -> None:
        """A hand-over. Nothing is known yet of conduct, wishes and the new hamlet."""
        self._decide(
            PersonReceived, at, case, sender=sender, particulars=particulars, release=release, received_on=on
        )

    def correct(self, at: datetime, particulars: Particulars, release: Release, resident_since: date) -> None:
        self._must_be_here()
        if (particulars, release, resident_since) != (self.particulars, self.release, self.resident_since):
            self._decide(
                ReleaseCorrected, at, particulars=particulars, release=release, resident_since=resident_since
            )

    def retract(self, at: datetime, reason: str) -> None:
        """Raises LoanStands: where money was lent, the release was no mere slip of the pen."""
        self._must_be_here()
        if self.standing_loans:
            raise LoanStands(self.standing_loans[0])
        self._decide(ReleaseRetracted, at, reason=reason)

    def register_residence(self, at: datetime, hamlet: str, resident_since: date) -> None:
        self._must_be_here()
        known = (self.residence_registered, self.particulars.hamlet, self.resident_since)
        if known != (True, hamlet, resident_since):
            self._register_residence(at, resident_since, hamlet=hamlet)

    def fill_identity_number(self, at: datetime, number: str) -> None:
        """Raises IdentityNumberKnown where there is one: another number is a correction."""
        self._must_be_here()
        if self.particulars.identity_number is not None:
            raise IdentityNumberKnown
        self._register_residence(at, self.resident_since, identity_number=number)

    def survey_need(self, at: datetime, need: Need) -> None:
        self._must_be_here()
        if need != self.need:
            self._decide(NeedSurveyed, at, need=need)

    def assess_conduct(self, at: datetime, conduct: Conduct) -> None:
        self._must_be_here()
        if conduct != self.conduct:
            self._decide(ConductAssessed, at, conduct=conduct)

    def write_note(self, at: datetime, note: str | None) -> None:
        self._must_be_here()
        if note != self.note:
            self._decide(NoteWritten, at, note=note)

    def transfer(self, at: datetime, to_commune: str, on: date, *, pending_at_bank: bool) -> None:
        """Hand the case over to the police of another commune. Raises MoveNotPossible.

        Not on the day on which it came: moves are known by their days, and must tell everybody the same.
        """
        self._must_be_here()
        today, earliest = local_day(at), self.resident_since
        if self.received_on is not None:
            earliest = max(earliest, self.received_on + timedelta(days=1))
        if to_commune == self.case.commune or not earliest <= on <= today:
            raise MoveNotPossible(to_commune, on, earliest, today)
        self._decide(
            PersonTransferred,
            start_of(on),
            to_commune=to_commune,
            transferred_on=on,
            particulars=self.particulars,
            release=self.release,
            bank_concerned=pending_at_bank or bool(self.standing_loans),
        )

    def list_entry(self, at: datetime, entry_id: UUID, list_id: UUID, purpose: Purpose) -> None:
        if entry_id not in self.pending:
            self._decide(EntryListed, at, entry_id=entry_id, list_id=list_id, purpose=purpose)

    def close_entry(self, at: datetime, entry_id: UUID, outcome: Outcome) -> None:
        """Does nothing where the entry is not pending: of two facts that end it, the later adds nothing."""
        if entry_id in self.pending:
            self._decide(EntryClosed, at, entry_id=entry_id, outcome=outcome)

    def note_loan(
        self, at: datetime, case: Case, loan_id: UUID, state: LoanState, purpose: Purpose | None = None
    ) -> None:
        """May be the first that is heard of a person: then the case opens as a shell."""
        known = self.loans.get(loan_id)
        if known is None or known.state != state:
            purpose = purpose or (known.purpose if known else None)
            self._decide(LoanNoted, at, case, loan_id=loan_id, purpose=purpose, state=state)

    def _must_be_here(self) -> None:
        if self.standing is not Standing.RESIDENT:
            raise NotManagedHere(self.standing)

    def _decide(self, kind: type[OfPerson], at: datetime, case: Case | None = None, **facts: Any) -> None:
        self.trigger(kind, at, case=case or self.case, **facts)

    def _register_residence(self, at: datetime, resident_since: date, **particulars: str) -> None:
        self._decide(
            ResidenceRegistered,
            at,
            particulars=msgspec.structs.replace(self.particulars, **particulars),
            resident_since=resident_since,
        )

    def when(self, event: OfPerson) -> None:
        self.case = event.case
        match event:
            case PersonRegistered() | ReleaseCorrected():
                self.standing = Standing.RESIDENT
                self.residence_registered = True
                self.particulars, self.release = event.particulars, event.release
                self.resident_since = event.resident_since
            case PersonReceived():
                self.standing = Standing.RESIDENT
                self.residence_registered, self.moved_to = False, None
                self.particulars, self.release = event.particulars, event.release
                self.resident_since = self.received_on = event.received_on
                self.need = self.conduct = None
            case ReleaseRetracted():
                self.standing = Standing.RETRACTED
            case ResidenceRegistered():
                self.residence_registered = True
                self.particulars, self.resident_since = event.particulars, event.resident_since
            case NeedSurveyed():
                self.need = event.need
            case ConductAssessed():
                self.conduct = event.conduct
            case NoteWritten():
                self.note = event.note
            case EntryListed():
                self.pending[event.entry_id] = Pending(event.list_id, event.purpose)
            case EntryClosed():
                del self.pending[event.entry_id]
                # Taken back by the person or for him: before he is listed again, he is asked again.
                if event.outcome == "withdrawn" and self.need and self.need.wants_loan:
                    self.need = None
            case LoanNoted():
                self.loans[event.loan_id] = Loan(event.purpose, event.state)
            case PersonTransferred():
                self.standing = Standing.TRANSFERRED
                self.moved_to = event.to_commune

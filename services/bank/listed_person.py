"""A person as the bank knows one: listed entries, what became of them, and open loans by purpose."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from services.bank import rules
from services.bank.entry import Claim, Entry
from services.bank.refusals import EntryNotStanding, EntryTakenUp, OpenLoanExists, ReasonDoesNotHold
from services.bank.rules import Asked, Check
from shared.agreement.acting import User
from shared.agreement.errors import NotFound
from shared.log.clock import local_day
from shared.log.events import Aggregate, Event


class EntryListed(Event, frozen=True, kw_only=True):
    TOPIC = "bank/listed_person.entry_listed"
    office: str
    list_id: UUID
    commune: str
    entry: Entry


class EntryCorrected(Event, frozen=True, kw_only=True):
    TOPIC = "bank/listed_person.entry_corrected"
    office: str
    list_id: UUID
    commune: str
    entry: Entry


class EntryEnded(Event, frozen=True, kw_only=True):
    """Withdrawn, or no longer eligible: the bank is not told which."""

    TOPIC = "bank/listed_person.entry_ended"
    office: str
    list_id: UUID
    entry_id: UUID
    person_id: UUID
    ended_on: date


class EntryRejected(Event, frozen=True, kw_only=True):
    TOPIC = "bank/listed_person.entry_rejected"
    list_id: UUID
    entry_id: UUID
    person_id: UUID
    commune: str
    reason: str
    rejected_on: date
    rejected_by: str
    checks: tuple[Check, ...]


class LoanOpened(Event, frozen=True, kw_only=True):
    """An entry led to an application, or a settled loan came to life again with a reversed posting."""

    TOPIC = "bank/listed_person.loan_opened"
    entry_id: UUID
    loan_id: UUID
    purpose: str


class LoanClosed(Event, frozen=True, kw_only=True):
    TOPIC = "bank/listed_person.loan_closed"
    loan_id: UUID


class PersonMoved(Event, frozen=True, kw_only=True):
    TOPIC = "bank/listed_person.moved"
    office: str
    person_id: UUID
    to_commune: str
    moved_on: date


class Listing(msgspec.Struct):
    """An entry and what became of it."""

    entry: Entry
    list_id: UUID
    commune: str
    rejected: str | None = None
    loan_id: UUID | None = None


class ListedPerson(Aggregate):
    CALLED = "person"

    office: str

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.listings: dict[UUID, Listing] = {}
        self.ended: dict[UUID, date] = {}
        self.open_loans: dict[UUID, str] = {}
        self.moved_to: str | None = None
        self.moved_on: date | None = None

    def listing(self, entry_id: UUID) -> Listing:
        """Raises NotFound."""
        try:
            return self.listings[entry_id]
        except KeyError:
            raise NotFound("entry", entry_id) from None

    def claim(self, entry_id: UUID) -> Claim:
        """Raises NotFound."""
        listing = self.listing(entry_id)
        standing = entry_id not in self.ended and listing.rejected is None
        return Claim(listing.entry, listing.list_id, listing.commune, standing)

    def list_entry(self, at: datetime, office: str, list_id: UUID, commune: str, entry: Entry) -> None:
        """Heard again with other facts, as in a later round, it is a correction."""
        known = self.listings.get(entry.entry_id)
        if known is None:
            self.trigger(EntryListed, at, office=office, list_id=list_id, commune=commune, entry=entry)
        elif known.entry != entry:
            self.correct_entry(at, office, list_id, commune, entry)

    def correct_entry(self, at: datetime, office: str, list_id: UUID, commune: str, entry: Entry) -> None:
        self.trigger(EntryCorrected, at, office=office, list_id=list_id, commune=commune, entry=entry)

    def end_entry(self, at: datetime, entry_id: UUID, **facts: Any) -> None:
        """`facts`: the other fields of EntryEnded. An entry ends once."""
        if entry_id not in self.ended:
            self.trigger(EntryEnded, at, entry_id=entry_id, **facts)

    def move(self, at: datetime, **facts: Any) -> None:
        """`facts`: the fields of PersonMoved. Of two moves, told by two police offices, the later one counts,
        whichever is heard first. The loan stays with this office."""
        if self.moved_on is None or self.moved_on <= facts["moved_on"]:
            self.trigger(PersonMoved, at, **facts)

    def reject_entry(self, at: datetime, user: User, entry_id: UUID, reason: str) -> None:
        """A reason that figures decide is checked against them.

        Raises NotFound, EntryNotStanding, EntryTakenUp, ReasonDoesNotHold.
        """
        listing = self._free(entry_id)
        day = local_day(at)
        checks = _grounds(listing.entry, reason, day)
        for check in checks:
            if check.passed:
                limit = check.facts.get("limit", check.facts.get("last_day"))
                actual = check.facts.get("asked", check.facts.get("day"))
                raise ReasonDoesNotHold(rule=check.source, reason=reason, limit=limit, actual=actual)
        self.trigger(
            EntryRejected,
            at,
            list_id=listing.list_id,
            entry_id=entry_id,
            person_id=listing.entry.person_id,
            commune=listing.commune,
            reason=reason,
            rejected_on=day,
            rejected_by=user.username,
            checks=checks,
        )

    def take_up(self, at: datetime, entry_id: UUID, loan_id: UUID) -> None:
        """An application is filed on the entry: one per entry, and one open loan per purpose (Art. 3.3).

        Raises NotFound, EntryNotStanding, EntryTakenUp, OpenLoanExists.
        """
        self._open(at, entry_id, loan_id, self._free(entry_id).entry.purpose)

    def close_loan(self, at: datetime, loan_id: UUID) -> None:
        """The loan was refused or settled: another one for the purpose may be sought."""
        if loan_id in self.open_loans:
            self.trigger(LoanClosed, at, loan_id=loan_id)

    def reopen_loan(self, at: datetime, entry_id: UUID, loan_id: UUID, purpose: str) -> None:
        """Raises OpenLoanExists when another loan for the purpose was opened meanwhile."""
        if loan_id not in self.open_loans:
            self._open(at, entry_id, loan_id, purpose)

    def _open(self, at: datetime, entry_id: UUID, loan_id: UUID, purpose: str) -> None:
        for other, its_purpose in self.open_loans.items():
            if its_purpose == purpose:
                raise OpenLoanExists(loan_id=str(other), purpose=purpose)
        self.trigger(LoanOpened, at, entry_id=entry_id, loan_id=loan_id, purpose=purpose)

    def _free(self, entry_id: UUID) -> Listing:
        listing = self.listing(entry_id)
        if listing.loan_id is not None:
            raise EntryTakenUp(entry_id=str(entry_id), loan_id=str(listing.loan_id))
        if not self.claim(entry_id).standing:
            raise EntryNotStanding(rule=rules.ART_3_2_A, entry_id=str(entry_id))
        return listing

    def when(self, event: Any) -> None:
        match event:
            case EntryListed():
                self.office = event.office
                self.listings[event.entry.entry_id] = Listing(event.entry, event.list_id, event.commune)
            case EntryCorrected():
                self.office = event.office
                known = self.listings.setdefault(
                    event.entry.entry_id, Listing(event.entry, event.list_id, event.commune)
                )
                known.entry = event.entry
            case EntryEnded():
                self.office = event.office
                self.ended[event.entry_id] = event.ended_on
            case EntryRejected():
                self.listings[event.entry_id].rejected = event.reason
            case LoanOpened():
                self.listings[event.entry_id].loan_id = event.loan_id
                self.open_loans[event.loan_id] = event.purpose
            case LoanClosed():
                del self.open_loans[event.loan_id]
            case PersonMoved():
                self.office = event.office
                self.moved_to, self.moved_on = event.to_commune, event.moved_on


def _grounds(entry: Entry, reason: str, day: date) -> tuple[Check, ...]:
    """The checks that must fail for a reason to hold; none where only a person can tell."""
    if reason == "outside_five_years":
        return (rules.five_years_check(entry, day),)
    if reason == "over_ceiling":
        asked = Asked(entry.purpose, entry.amount, 0, entry.study_months)
        return (rules.ceiling_check(asked, day),)
    return ()

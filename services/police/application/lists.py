"""Use cases about the month's list."""

from collections.abc import Collection, Sequence
from datetime import date
from secrets import token_hex
from uuid import UUID, uuid4

from services.police.application.entries import withdraw_entry
from services.police.application.persons import find_person, get_person
from services.police.borrower_list import BorrowerList
from services.police.entries import Drafted, LeftOut, entry_of
from services.police.import_run import ImportDesk
from services.police.list_events import Document
from services.police.person import ReleasedPerson
from services.police.refusals import MonthNotOpen, NotEligible, TooManyEntries
from services.police.rules import MOST_ENTRIES, Check, eligibility, failed, single_case
from shared.agreement.acting import Command
from shared.agreement.calendar import Calendar, Month
from shared.agreement.errors import NotFound
from shared.agreement.parties import Party
from shared.log.application import UnitOfWork, natural_id
from shared.log.clock import local_day


def list_key(commune: str, month: Month) -> UUID:
    """The id of a commune's list of a month, for all agencies."""
    return natural_id("list", commune, str(month))


def desk_key(office: str) -> UUID:
    return natural_id("imports", office)


def get_list(work: UnitOfWork, list_id: UUID, expected_version: int | None = None) -> BorrowerList:
    """Raises NotFound also for another office's list, and StaleVersion."""
    borrowers = work.find(BorrowerList, list_id)
    if borrowers is None or borrowers.office != work.party:
        raise NotFound("list", list_id)
    return work.get(BorrowerList, list_id, expected_version)


def open_list(work: UnitOfWork, calendar: Calendar, office: Party, month: Month) -> BorrowerList:
    """The month's list, opened where it is not yet.

    Raises MonthNotOpen for a month that is due already, or later than the next one.
    """
    commune = office.commune or ""
    known = work.find(BorrowerList, list_key(commune, month))
    if known is not None:
        return get_list(work, known.id)
    today, due = local_day(work.now), calendar.list_due(month)
    if today > due or month > Month.of(today).plus(1):
        raise MonthNotOpen(str(month), calendar.list_opens(month), due)
    borrowers = work.add(BorrowerList(list_key(commune, month)))
    borrowers.open(work.now, office.code, commune, str(month), due)
    return borrowers


def checks_of(person: ReleasedPerson, on: date, due: date, except_list: UUID | None = None) -> list[Check]:
    """A person's eligibility as things stand on a day, for the list due on `due`."""
    return eligibility(person.candidate(need=person.need, except_list=except_list), on, due)


def draft_list(
    work: UnitOfWork,
    command: Command,
    list_id: UUID,
    wishing: Sequence[UUID],
    chosen: Collection[UUID] | None = None,
) -> BorrowerList:
    """List everybody of `wishing` who is eligible, or exactly the `chosen`; say who was left out and why.

    Raises ImportIncomplete, NotEligible for somebody chosen, TooManyEntries, WrongListState.
    """
    borrowers = get_list(work, list_id, command.expected_version)
    work.get_or_new(ImportDesk, desk_key(work.party)).refuse_while_running()
    people = [get_person(work, id) for id in dict.fromkeys(wishing if chosen is None else chosen)]
    drafted: list[Drafted] = []
    left_out: list[LeftOut] = []
    numbers: set[str | None] = set()
    for person in sorted(people, key=_by_given_name):
        checks = checks_of(person, local_day(work.now), borrowers.due_on, borrowers.id)
        checks.append(single_case(person.particulars.identity_number not in numbers))
        if broken := failed(checks):
            if chosen is not None:
                raise NotEligible(person.case.person_id, broken)
            left_out.append(LeftOut(person.case.person_id, broken))
        else:
            numbers.add(person.particulars.identity_number)
            drafted.append(_drafted(borrowers, person, checks))
    if len(drafted) > MOST_ENTRIES:
        raise TooManyEntries(len(drafted))
    borrowers.draft(work.now, command.user, drafted, left_out)
    return borrowers


def sign_list(work: UnitOfWork, command: Command, list_id: UUID) -> BorrowerList:
    """Send what was drafted to the committee, if it is still so.

    Raises WrongListState, OnlyALeaderSigns, DrafterMayNotSign, DraftOutdated.
    """
    borrowers = get_list(work, list_id, command.expected_version)
    drafted = borrowers.drafted.entries if borrowers.drafted else []
    dropped = borrowers.sign(work.now, command.user, [_as_now(work, borrowers, then) for then in drafted])
    for entry in dropped:
        get_person(work, entry.person_id).close_entry(work.now, entry.entry_id, "dropped")
    for entry in borrowers.sent.values():
        person = get_person(work, entry.person_id)
        person.list_entry(work.now, entry.entry_id, borrowers.id, entry.purpose)
    return borrowers


def submit_list(work: UnitOfWork, command: Command, list_id: UUID, document: Document) -> BorrowerList:
    """Raises WrongListState, OnlyALeaderSigns, DrafterMayNotSign, DocumentInFuture."""
    borrowers = get_list(work, list_id, command.expected_version)
    borrowers.submit(work.now, command.user, document)
    return borrowers


def withdraw_from_list(
    work: UnitOfWork, command: Command, list_id: UUID, entry_id: UUID, reason: str
) -> BorrowerList:
    """Raises EntryNotPending."""
    entry = get_list(work, list_id, command.expected_version).present_entry(entry_id)
    return withdraw_entry(work, get_person(work, entry.person_id), entry_id, reason)


def _drafted(borrowers: BorrowerList, person: ReleasedPerson, checks: list[Check]) -> Drafted:
    if person.need is None or person.conduct is None:
        raise ValueError(f"case {person.case.person_id} passed its checks without need or conduct")
    known = borrowers.known_entry(person.case.person_id)
    entry_id, salt = (known.entry_id, known.salt) if known else (uuid4(), token_hex(16))
    return Drafted(entry_of(person, person.need, entry_id, salt), person.conduct, checks)


def _as_now(work: UnitOfWork, borrowers: BorrowerList, then: Drafted) -> Drafted:
    """A drafted person as the register has her now; one who is not eligible any more keeps the old line."""
    person = find_person(work, then.entry.person_id)
    if person is None:
        raise NotFound("person", then.entry.person_id)
    checks = checks_of(person, local_day(work.now), borrowers.due_on, borrowers.id)
    if failed(checks) or person.need is None or person.conduct is None:
        return Drafted(then.entry, then.conduct, checks)
    entry = entry_of(person, person.need, then.entry.entry_id, then.entry.salt)
    return Drafted(entry, person.conduct, checks)


def _by_given_name(person: ReleasedPerson) -> tuple[str, ...]:
    """Vietnamese lists go by the given name, which comes last."""
    name = person.particulars.full_name
    return (
        name.split()[-1].casefold(),
        name.casefold(),
        person.particulars.birth,
        str(person.case.person_id),
    )

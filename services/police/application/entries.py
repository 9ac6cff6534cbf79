"""What becomes of a person's pending entries when something about the person changes."""

from uuid import UUID

import msgspec

from services.police.borrower_list import BorrowerList
from services.police.entries import entry_of
from services.police.facts import Need
from services.police.person import ReleasedPerson
from services.police.refusals import EntryNotPending
from services.police.rules import eligibility, failed
from shared.log.application import UnitOfWork
from shared.log.clock import local_day

NO_WISH = "no_wish"
WITHDRAWAL_REASONS = (NO_WISH, "died", "absent", "in_custody", "listed_in_error")
"""Private: the others learn only that an entry was taken back."""


def review_entries(work: UnitOfWork, person: ReleasedPerson) -> None:
    """Hold every pending entry against the facts as they are now, its own wish given.

    Still eligible: the entry is corrected where its facts changed. No wish any more: it is withdrawn. Not
    eligible any more: it ends.
    """
    for entry_id, pending in list(person.pending.items()):
        borrowers = work.get(BorrowerList, pending.list_id)
        entry = borrowers.present_entry(entry_id)
        wants_loan = person.need is None or person.need.wants_loan
        wish = msgspec.structs.replace(entry.need, wants_loan=wants_loan)
        # Its own entry and what the bank decided on it do not stand against it.
        candidate = msgspec.structs.replace(
            person.candidate(need=wish), pending=frozenset(), lent=frozenset()
        )
        broken = [c.rule for c in failed(eligibility(candidate, local_day(work.now), borrowers.due_on))]
        if not broken:
            borrowers.correct_entry(work.now, entry_of(person, wish, entry_id, entry.salt))
        elif broken == ["wish"]:
            borrowers.withdraw_entry(work.now, entry_id, NO_WISH)
            person.close_entry(work.now, entry_id, "withdrawn")
        else:
            borrowers.end_entry(work.now, entry_id, " ".join(broken))
            person.close_entry(work.now, entry_id, "ended")


def withdraw_entry(work: UnitOfWork, person: ReleasedPerson, entry_id: UUID, reason: str) -> BorrowerList:
    """Take one entry back, for one of WITHDRAWAL_REASONS. Raises EntryNotPending."""
    if entry_id not in person.pending:
        raise EntryNotPending(entry_id)
    borrowers = work.get(BorrowerList, person.pending[entry_id].list_id)
    borrowers.withdraw_entry(work.now, entry_id, reason)
    if reason == NO_WISH and person.need is not None:
        person.survey_need(work.now, Need(wants_loan=False))
    person.close_entry(work.now, entry_id, "withdrawn")
    return borrowers


def withdraw_all(work: UnitOfWork, person: ReleasedPerson, reason: str) -> bool:
    """Take every pending entry back; returns whether one of them lay at the bank."""
    lists = [withdraw_entry(work, person, entry_id, reason) for entry_id in list(person.pending)]
    return any(borrowers.at_the_bank for borrowers in lists)

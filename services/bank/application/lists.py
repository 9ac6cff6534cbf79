"""Decisions on the entries of a list."""

from uuid import UUID

from services.bank.application.loading import listed_person, received_list
from services.bank.listed_person import ListedPerson
from shared.agreement.acting import Command
from shared.log.application import UnitOfWork
from shared.messaging.parking import refuse_if_parked


def reject_entry(
    work: UnitOfWork, command: Command, person_id: UUID, entry_id: UUID, reason: str
) -> ListedPerson:
    """Raises NotFound, Parked, ListNotOpen, EntryNotStanding, EntryTakenUp, ReasonDoesNotHold."""
    person = listed_person(work, person_id)
    refuse_if_parked(work, work.party, person_id)
    received_list(work, person.listing(entry_id).list_id).demand_open()
    person.reject_entry(work.now, command.user, entry_id, reason)
    return person

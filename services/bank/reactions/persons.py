"""What the police say of a listed person, one person at a time."""

from uuid import UUID

import msgspec

from services.bank.application.loading import person_id_here
from services.bank.entry import Entry
from services.bank.listed_person import ListedPerson
from shared.contracts.base import Data
from shared.log.application import UnitOfWork
from shared.messaging.reactions import HeardEvent


def list_entries(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    """A person may be listed for each purpose."""
    person = _person(work, heard, person_id)
    for data in heard.data["entries"]:
        entry = _entry(data)
        if entry.person_id == person_id:
            person.list_entry(work.now, heard.hearer, heard.id("list_id"), heard.data["commune"], entry)


def correct_entry(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    entry = _entry(heard.data["entry"])
    person = _person(work, heard, person_id)
    person.correct_entry(work.now, heard.hearer, heard.id("list_id"), heard.data["commune"], entry)


def end_entry(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    """Withdrawn or no longer eligible: the same to the bank."""
    person = _person(work, heard, person_id)
    person.end_entry(
        work.now,
        heard.id("entry_id"),
        office=heard.hearer,
        list_id=heard.id("list_id"),
        person_id=person_id,
        ended_on=heard.day("ended_on"),
    )


def move(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    person = _person(work, heard, person_id)
    person.move(
        work.now,
        office=heard.hearer,
        person_id=person_id,
        to_commune=heard.data["to_commune"],
        moved_on=heard.day("transferred_on"),
    )


def _person(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> ListedPerson:
    return work.get_or_new(ListedPerson, person_id_here(heard.hearer, person_id))


def _entry(data: Data) -> Entry:
    return msgspec.convert(data, Entry)

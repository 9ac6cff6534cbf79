"""What the committee and the bank say about our lists."""

from uuid import UUID

import msgspec

from services.police.application.lists import get_list
from services.police.application.persons import find_person
from services.police.list_events import Decision, Document, Objection
from shared.log.application import UnitOfWork
from shared.messaging.reactions import HeardEvent


def confirmed(work: UnitOfWork, heard: HeardEvent) -> None:
    get_list(work, heard.id("list_id")).record_confirmation(
        heard.occurred,
        heard.data["round"],
        msgspec.convert(heard.data["decisions"], list[Decision]),
        heard.data["content_hash"],
        Document(heard.data["document_no"], heard.day("document_on")),
        heard.data["signer_name"],
        heard.data["signer_title"],
    )


def struck(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    """Whom the committee struck out may be listed again in another month."""
    person = find_person(work, person_id)
    for decision in msgspec.convert(heard.data["decisions"], list[Decision]):
        if person is not None and decision.person_id == person_id and decision.decision == "struck":
            person.close_entry(heard.occurred, decision.entry_id, "struck")


def returned(work: UnitOfWork, heard: HeardEvent) -> None:
    objections = msgspec.convert(heard.data["reasons"], list[Objection])
    get_list(work, heard.id("list_id")).record_return(
        heard.occurred, heard.data["round"], objections, heard.day("returned_on")
    )


def acknowledged(work: UnitOfWork, heard: HeardEvent) -> None:
    get_list(work, heard.id("list_id")).acknowledge(
        heard.occurred, heard.data["entries"], heard.day("acknowledged_on")
    )


def rejected(work: UnitOfWork, heard: HeardEvent) -> None:
    get_list(work, heard.id("list_id")).record_rejection(
        heard.occurred, heard.id("entry_id"), heard.data["reason"]
    )


def rejected_person(work: UnitOfWork, heard: HeardEvent, person_id: UUID) -> None:
    person = find_person(work, person_id)
    if person is not None:
        person.close_entry(heard.occurred, heard.id("entry_id"), "rejected")

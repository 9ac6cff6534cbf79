"""What the committee does when the police say something of a month's list.

A list is one step (`whole`), so that whatever follows on it waits behind it, should it be parked.
"""

from uuid import UUID

import msgspec

from services.commune.application import list_check_id
from services.commune.list_check import ListCheck
from services.commune.list_events import Annexed, Document, MonthList
from shared.log.application import UnitOfWork
from shared.messaging.reactions import HeardEvent


def receive_list(work: UnitOfWork, heard: HeardEvent) -> None:
    _open(work, heard).receive(
        work.now,
        _about(heard),
        heard.data["round"],
        heard.occurred_on,
        heard.data["entries"],
        msgspec.convert(heard.data["annex"], tuple[Annexed, ...]),
    )


def note_submission(work: UnitOfWork, heard: HeardEvent) -> None:
    data = heard.data
    document = Document(
        data["document_no"], heard.day("document_on"), data["signer_name"], data["signer_title"]
    )
    _open(work, heard).note_submission(
        work.now, data["round"], data["entries"], data["content_hash"], document, heard.occurred_on
    )


def note_overdue(work: UnitOfWork, heard: HeardEvent) -> None:
    _open(work, heard).note_overdue(
        work.now, _about(heard), heard.day("due_on"), heard.data["holder"], heard.day("held_since")
    )


def withdraw_entry(work: UnitOfWork, heard: HeardEvent) -> None:
    """The police may take back an entry of a draft that never came here: then there is nothing to do."""
    if (check := work.find(ListCheck, _id(heard))) is not None:
        check.withdraw_entry(work.now, heard.id("entry_id"), heard.day("ended_on"))


def correct_entry(work: UnitOfWork, heard: HeardEvent) -> None:
    if (check := work.find(ListCheck, _id(heard))) is not None:
        check.correct_entry(work.now, heard.data["entry"])


def _id(heard: HeardEvent) -> UUID:
    return list_check_id(heard.hearer, heard.id("list_id"))


def _open(work: UnitOfWork, heard: HeardEvent) -> ListCheck:
    return work.get_or_new(ListCheck, _id(heard))


def _about(heard: HeardEvent) -> MonthList:
    return MonthList(heard.hearer, heard.id("list_id"), heard.data["commune"], heard.data["month"])

"""The two halves of the month's list."""

from datetime import date
from typing import Any
from uuid import UUID

from services.bank.application.loading import list_id_here
from services.bank.received_list import Line, ReceivedList, Signed
from shared.contracts.hashing import content_hash
from shared.log.application import UnitOfWork
from shared.messaging.reactions import HeardEvent


def receive_submission(work: UnitOfWork, heard: HeardEvent) -> None:
    entries = heard.data["entries"]
    lines = tuple(Line(UUID(entry["entry_id"]), UUID(entry["person_id"])) for entry in entries)
    _list(work, heard).receive_submission(
        work.now, **_half(heard), lines=lines, computed_hash=content_hash(entries)
    )


def receive_confirmation(work: UnitOfWork, heard: HeardEvent) -> None:
    _list(work, heard).receive_confirmation(work.now, **_half(heard), entries=heard.data["entries"])


def _list(work: UnitOfWork, heard: HeardEvent) -> ReceivedList:
    return work.get_or_new(ReceivedList, list_id_here(heard.hearer, heard.id("list_id")))


def _half(heard: HeardEvent) -> dict[str, Any]:
    data = heard.data
    return {
        "office": heard.hearer,
        "list_id": heard.id("list_id"),
        "commune": data["commune"],
        "month": data["month"],
        "round": data["round"],
        "content_hash": data["content_hash"],
        "signed": Signed(
            data["document_no"],
            date.fromisoformat(data["document_on"]),
            data["signer_name"],
            data["signer_title"],
        ),
    }

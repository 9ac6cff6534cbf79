"""What the committee's own events say in the published language. Notes and usernames are never in it."""

from services.commune.list_events import ListConfirmed, ListReturned
from shared.contracts.base import Data, Published
from shared.log.events import Event


def published(event: Event) -> Published | None:
    """The contract event that an own event is, whole; None where it concerns nobody else."""
    match event:
        case ListConfirmed():
            cases = tuple(decision.person_id for decision in event.decisions)
            return Published(
                "ListConfirmed", event.about.list_id, cases, event.occurred, _confirmation(event)
            )
        case ListReturned():
            return Published(
                "ListReturned", event.about.list_id, event.persons, event.occurred, _return(event)
            )
    return None


def _list(event: ListConfirmed | ListReturned) -> Data:
    about = event.about
    return {
        "list_id": str(about.list_id),
        "commune": about.commune,
        "month": about.month,
        "round": event.round,
    }


def _confirmation(event: ListConfirmed) -> Data:
    return _list(event) | {
        "decisions": [
            {
                "entry_id": str(decision.entry_id),
                "person_id": str(decision.person_id),
                "decision": "confirmed" if decision.reason is None else "struck",
                "reason": decision.reason,
            }
            for decision in event.decisions
        ],
        "entries": event.entries,
        "content_hash": event.content_hash,
        "document_no": event.document.number,
        "document_on": event.document.dated.isoformat(),
        "signer_name": event.document.signer_name,
        "signer_title": event.document.signer_title,
    }


def _return(event: ListReturned) -> Data:
    return _list(event) | {
        "reasons": [
            {
                "entry_id": None if objection.entry_id is None else str(objection.entry_id),
                "reason": objection.reason,
            }
            for objection in event.objections
        ],
        "returned_on": event.returned_on.isoformat(),
    }
